"""The sets that a detector learns people from: any attitude, framed, in company, and pictures without anybody."""

import importlib.util
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from fitlab.extras import install_command

pytest.importorskip("numba", reason=install_command("synthetic"))

from fitlab import cameras
from fitlab.cli.main import main
from fitlab.datasets import synthetic
from fitlab.poses import OUTSIDE, VISIBLE
from fitlab.skeletons import LIFT16, MPII16
from fitlab.synthetic import company, nobody, sets
from fitlab.synthetic.exercises.catalogue import RECORDED, movement_named
from fitlab.synthetic.exercises.motion import draw_motion, draw_rig, solve
from fitlab.synthetic.generate import make_sample
from fitlab.synthetic.labels import LABELS, MORE_LABELS, labels_of, labels_of_others
from fitlab.synthetic.people import body, export
from fitlab.synthetic.people.clearance import clear_of_itself
from fitlab.synthetic.person import Mirror, draw_person
from fitlab.synthetic.pose_sets import sample_poses
from fitlab.synthetic.rendering import framing, photography, raster

EXPORTED = (export.body_folder() / export.FILE).exists() or importlib.util.find_spec("anny") is not None
needs_body = pytest.mark.skipif(not EXPORTED, reason=install_command("synthetic"))
SIZE = 40


@pytest.fixture(scope="module")
def person():
    return draw_person(np.random.default_rng(1), 5, "at_ease", phase=0.0)


@pytest.fixture(scope="module", params=["framed", "pairs", "attitudes"])
def samples(request):
    return [make_sample(sets.picture_set(request.param), 3, number, SIZE, samples=1) for number in range(4)]


def blank(size: int = SIZE) -> raster.Rendering:
    return raster.Rendering(np.zeros((size, size, 3)), np.full((size, size), np.inf), np.full((size, size), -1), 1)


# -- labels -----------------------------------------------------------------------------------------------------------


@needs_body
def test_the_labels_of_every_set_agree_with_each_other(samples):
    for sample in samples:
        labels = sample.labels
        assert set(labels) == set(LABELS) | set(MORE_LABELS)
        assert tuple(labels["picture_size"]) == sample.image.shape[1::-1]
        seen = cameras.to_camera(labels["lift16_world"].astype(float), labels["rotation"], labels["translation"])
        assert seen == pytest.approx(labels["lift16_camera"], abs=0.05)
        assert cameras.project(seen, labels["intrinsics"]) == pytest.approx(labels["lift16"], abs=0.05, rel=1e-4)
        flat = cameras.project(labels["mpii16_camera"].astype(float), labels["intrinsics"])
        assert flat == pytest.approx(labels["mpii16"], abs=0.05, rel=1e-4)
        inside = ((labels["mpii16"] >= -0.5) & (labels["mpii16"] < labels["picture_size"] - 0.5)).all(-1)
        assert ((labels["visibility"] != OUTSIDE) == inside).all()


@needs_body
def test_the_same_seed_gives_the_same_bytes():
    first, again = (make_sample(sets.picture_set("people"), 4, 1, SIZE, samples=1).jpeg for _ in range(2))
    assert first == again


# -- framed -----------------------------------------------------------------------------------------------------------


@needs_body
@pytest.mark.parametrize(
    ("kind", "outside", "inside"),
    [
        ("ankles", "ankle", "knee"),
        ("knees", "ankle", "hip"),
        ("hips", "knee", "shoulder"),
        ("chest", "hip", "shoulder"),
    ],
)
def test_what_a_photographer_leaves_out_is_below_the_frame(person, monkeypatch, kind, outside, inside):
    monkeypatch.setattr(framing, "SHARES", {kind: 1.0})
    cloud = company.cloud_of(person)
    for seed in range(6):
        rng = np.random.default_rng(seed)
        chosen = framing.draw_framing(rng, cloud, company.CLOUD)
        camera = photography.draw_camera(rng, sets.SETS["framed"], cloud, 320, 0.0, 0.0, None, chosen)
        points = dict(zip(MPII16.joints, labels_of(person, camera, blank(320))["mpii16"], strict=True))
        assert min(points[f"{side}_{outside}"][1] for side in ("left", "right")) > 300
        assert max(points[f"{side}_{inside}"][1] for side in ("left", "right")) < 320
        assert points["upper_neck"][1] > 0


@needs_body
def test_framed_people_are_cut_off_and_keep_the_places_of_their_joints():
    samples = [make_sample(sets.picture_set("framed"), 8, number, SIZE, samples=1) for number in range(8)]
    states = np.stack([sample.labels["visibility"] for sample in samples])
    assert (states == OUTSIDE).any(1).mean() >= 0.4
    assert ((states == VISIBLE).sum(1) >= 4).all()
    assert np.isfinite([sample.labels["mpii16"] for sample in samples]).all()
    assert any(sample.image.shape[0] != sample.image.shape[1] for sample in samples)


# -- pairs ------------------------------------------------------------------------------------------------------------


@needs_body
def test_in_pairs_the_labelled_person_is_not_the_only_one():
    for number in range(5):
        labels = make_sample(sets.picture_set("pairs"), 2, number, SIZE, samples=1).labels
        others = labels["others_mpii16"]
        assert labels["people"] >= 2
        known = np.isfinite(others).any((1, 2))
        assert known.sum() <= labels["people"] - 1
        assert (np.diff(known.astype(int)) <= 0).all()
        assert np.nanmin(np.linalg.norm(others - labels["mpii16"], axis=-1).max(-1), initial=np.inf) > 1, "px"


@needs_body
@pytest.mark.parametrize("azimuth", [0.0, 130.0])
def test_partners_stand_close_by_but_not_in_each_other(person, azimuth):
    partners = [draw_person(np.random.default_rng(k), 20 + k, "upright") for k in range(2)]
    placed = company.place_partners(np.random.default_rng(2), company.cloud_of(person), partners, azimuth)
    clouds = [company.cloud_of(one) for one in (person, *placed)]
    for k, one in enumerate(clouds):
        for other in clouds[:k]:
            apart = np.linalg.norm(one[::6, None] - other[None, ::6], axis=-1).min()
            assert company.NEAREST < apart < 1.5
        assert abs(one[:, 2].min()) < 0.1


@needs_body
def test_in_a_mirror_left_and_right_are_as_they_look(person):
    mirror = Mirror(np.array([0.0, -1.0, 0.0]), -1.0)
    assert mirror.reflect(np.array([3.0, 0.0, 2.0])) == pytest.approx([3, 2, 2])
    camera = photography.camera_at(company.cloud_of(person), 100, 0.0, 0.0, 0.0, 60.0, 6.0)
    seen = replace(person, mirror=mirror)
    there = labels_of_others([person, seen], camera, blank(100))["others_mpii16"]
    assert np.isnan(there[2]).all()
    real, reflected = (dict(zip(MPII16.joints, row, strict=True)) for row in there[:2])
    assert real["left_hip"][0] > real["right_hip"][0]
    # The person in the mirror shows the back, as somebody who turned round would.
    assert reflected["left_hip"][0] < reflected["right_hip"][0]
    assert abs(reflected["left_hip"][0] - 49.5) < abs(real["right_hip"][0] - 49.5)


def test_who_is_large_and_in_the_middle_is_the_most_prominent():
    owner = np.full((20, 20), -1)
    owner[5:15, 8:12], owner[5:15, 16:20], owner[0:2, 0:2] = 1, 2, 3
    seen = company.prominence(raster.Rendering(np.zeros((20, 20, 3)), np.ones((20, 20)), owner, 1))
    assert seen.order([3, 2, 1, 9]) == [1, 2, 3]
    assert seen.clear([1, 2, 3])
    assert not seen.clear([9])


# -- nobody -----------------------------------------------------------------------------------------------------------


@needs_body
def test_pictures_without_people_have_no_joints_and_can_be_read(tmp_path):
    out = ["--size", str(SIZE), "--split", "test", "--processes", "1", "--out", str(tmp_path)]
    assert main(["synthesize", "--set", "empty", "--count", "4", "--seed", "6", *out]) == 0
    data = synthetic.read(tmp_path)
    assert len(data) == 4
    assert np.isnan(data.points).all()
    assert np.isnan(data.space).all()
    assert (data.visibility == OUTSIDE).all()
    assert (data.labels["people"] == 0).all()
    assert np.isnan(data.labels["box"]).all()
    with Image.open(data.images[0]) as picture:
        assert picture.size == tuple(data.labels["picture_size"][0]) == tuple(data.image_size[0])


def test_no_two_drawings_are_the_same():
    first, second = (nobody.drawing(np.random.default_rng(seed)) for seed in (1, 2))
    assert first.shape == second.shape == (256, 256, 3)
    assert (first != second).any()


# -- attitudes --------------------------------------------------------------------------------------------------------


@needs_body
def test_bodies_are_upright_lying_and_upside_down_as_athletes_are():
    shares = {name: share for name, share in sets.SETS["attitudes"].exercises.items() if name not in RECORDED}
    poses = sample_poses(240, 2, shares)["lift16"]
    torso = poses[:, LIFT16.index("thorax")] - poses[:, LIFT16.index("pelvis")]
    tilt = np.rad2deg(np.arccos(torso[:, 2] / np.linalg.norm(torso, axis=-1)))
    assert 0.35 < (tilt < 45).mean() < 0.65
    assert (abs(tilt - 90) < 30).mean() > 0.12
    assert 0.12 < (tilt > 120).mean() < 0.35


@needs_body
@pytest.mark.parametrize(("name", "end"), [("handstand", "wrist"), ("upright", "ankle")])
def test_who_stands_on_hands_or_feet_has_them_on_the_floor(name, end):
    poses = sample_poses(20, 3, [name])["lift16"]
    ends = poses[:, LIFT16.indices([f"left_{end}", f"right_{end}"]), 2]
    assert (ends.min(1) < 130).all(), "mm"
    assert (np.argmin(poses[..., 2], 1)[:, None] == LIFT16.indices([f"left_{end}", f"right_{end}"])).any(1).all()


@needs_body
def test_a_hand_in_the_belly_is_not_possible():
    rig, _ = draw_rig(np.arange(3))
    motion = draw_motion(movement_named("upright"), rig, np.random.default_rng(0))
    for side in ("left", "right"):
        motion.parameters[f"{side}_raised"][:] = 30.0
        motion.parameters[f"{side}_plane"][:] = 0.0
        motion.parameters[f"{side}_elbow"][:] = 0.0
    pose, _ = solve(motion, np.zeros(3))
    assert clear_of_itself(rig, pose).all()
    heads = pose.heads.copy()
    hand = [body.body_model().bone(name) for name in ("wrist.L", "finger3-1.L")]
    heads[:, hand] = heads[:, [body.body_model().bone("spine03")]]
    assert not clear_of_itself(rig, replace(pose, heads=heads)).any()


@needs_body
def test_a_bridge_rests_on_hands_and_feet():
    poses = sample_poses(20, 5, ["backbend"])["lift16"]
    wrists, ankles = (
        poses[:, LIFT16.indices([f"{side}_{joint}" for side in ("left", "right")]), 2].mean(1)
        for joint in ("wrist", "ankle")
    )
    assert np.median(np.abs(wrists - ankles)) < 60, "mm"


# -- people -----------------------------------------------------------------------------------------------------------


def test_a_mixture_draws_all_its_parts_as_often_as_it_says():
    people = sets.SETS["people"]
    drawn = [replace(sets.part_of(people, 1, number), in_mixture=False) for number in range(600)]
    for name, share in people.mixture.items():
        assert np.mean([part == sets.SETS[name] for part in drawn]) == pytest.approx(share, abs=0.05)
    assert sets.part_of(sets.SETS["mixed"], 1, 0) is sets.SETS["mixed"]


@needs_body
def test_every_picture_of_a_mixture_has_the_same_columns():
    people, parts = sets.SETS["people"], ["mixed", "empty", "pairs"]
    drawn = [replace(sets.part_of(people, 1, number), in_mixture=False) for number in range(60)]
    for name in parts:
        labels = make_sample(people, 1, drawn.index(sets.SETS[name]), SIZE, samples=1).labels
        assert set(labels) == set(LABELS) | set(MORE_LABELS), name


@needs_body
def test_a_bare_room_can_be_drawn():
    sample = make_sample(sets.picture_set("people"), 7301, 493, SIZE, samples=1)
    assert sample.labels["people"] == 0


def test_sets_of_the_report_keep_their_columns():
    assert not any(sets.SETS[name].names_others for name in ("fitness", "wild", "mixed"))
    assert all(sets.SETS[name].names_others for name in ("framed", "pairs", "empty", "attitudes", "daily", "people"))
