from dataclasses import replace

import numpy as np
import pytest
import torch
from killing import Killed, killed_at
from PIL import Image
from safetensors.torch import load_file, save_file

import fitlab
from fitlab.datasets import lspet
from fitlab.detection.detector import load_detector
from fitlab.lifting.lifter import load_lifter
from fitlab.models import catalogue
from fitlab.models.answers import Answer
from fitlab.models.fitpose_blaze import FitPoseBlaze
from fitlab.poses import HIDDEN, OUTSIDE, VISIBLE
from fitlab.skeletons import MPII16
from fitlab.training import crops, detector, detector_loss
from fitlab.training.detector import DetectorTraining, train_detector
from fitlab.training.loop import Schedule
from fitlab.training.start import starting_network

TINY = DetectorTraining(
    size=64, workers=0, start="random", batch_size=2, schedule=Schedule(steps=2, warmup=1, average=0.5, check_every=1)
)
LABELLED = [name for name in MPII16.joints if name not in ("pelvis", "upper_neck")]
NAMES = [{"thorax": "neck"}.get(name, name) for name in LABELLED]


@pytest.fixture(autouse=True)
def _photos(tmp_path, monkeypatch):
    """Four photos in the format of LSPET: two to train on, one to validate, one to test."""
    rng = np.random.default_rng(0)
    files = ["im00001.jpg", "im00002.jpg", "im07801.jpg", "im08371.jpg"]
    folder = tmp_path / "data" / "lspet"
    (folder / "images").mkdir(parents=True)
    for name in files:
        noise = rng.integers(0, 256, (80, 100, 3), dtype=np.uint8)
        Image.fromarray(noise).save(folder / "images" / name)
    labelled = np.ones((4, 14), bool)
    labelled[0, 0] = False
    xy = rng.uniform(10, 70, (4, 14, 2))
    np.savez(folder / "joints.npz", filename=files, xy=xy, labelled=labelled, joint=NAMES)
    monkeypatch.setenv("FITLAB_DATA", str(tmp_path / "data"))


def test_photos_are_split_by_number_and_named_joints_kept():
    train, validation, test = (lspet.read(split) for split in lspet.SPLITS)
    assert [len(train), len(validation), len(test)] == [2, 1, 1]
    first = MPII16.index(LABELLED[0])
    assert np.isnan(train.points[0, first]).all()
    assert train.visibility[0, first] == HIDDEN
    assert train.visibility[1, first] == VISIBLE
    hips = train.points[:, MPII16.indices(["left_hip", "right_hip"])].mean(1)
    np.testing.assert_allclose(train.points[1, MPII16.index("pelvis")], hips[1])
    assert np.isnan(train.points[:, MPII16.index("upper_neck")]).all()


def test_exchanged_labels_are_turned_round_where_that_is_asked_for(monkeypatch):
    monkeypatch.setattr(lspet, "EXCHANGED", {"validation": (7801,)})
    labelled, corrected = lspet.read("validation"), lspet.read("validation", corrected=True)
    np.testing.assert_array_equal(corrected.points, labelled.points[:, list(MPII16.mirror)])
    assert corrected.name == "lspet-validation-corrected"
    np.testing.assert_array_equal(lspet.read("test", corrected=True).points, lspet.read("test").points)


def test_missing_photos_and_splits_are_named(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="unknown split 'all'"):
        lspet.read("all")
    monkeypatch.setenv("FITLAB_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match="FITLAB_DATA"):
        lspet.read("train")


def test_a_killed_and_resumed_training_ends_in_the_same_weights(tmp_path, monkeypatch):
    whole = load_file(train_detector(TINY, tmp_path / "whole"))
    validate = detector.validate
    monkeypatch.setattr(detector, "validate", killed_at(2, validate))
    with pytest.raises(Killed):
        train_detector(TINY, tmp_path / "resumed")
    monkeypatch.setattr(detector, "validate", validate)
    resumed = load_file(train_detector(TINY, tmp_path / "resumed"))
    assert all(torch.equal(whole[key], resumed[key]) for key in whole)
    assert (tmp_path / "whole/history.csv").read_text() == (tmp_path / "resumed/history.csv").read_text()
    last = [torch.load(tmp_path / run / "checkpoint.pt", weights_only=True) for run in ("whole", "resumed")]
    assert all(torch.equal(last[0]["network"][key], last[1]["network"][key]) for key in last[0]["network"])


def test_another_training_is_not_continued(tmp_path):
    (tmp_path / "run").mkdir()
    detector.claim(tmp_path / "run", TINY)
    detector.claim(tmp_path / "run", TINY)
    with pytest.raises(ValueError, match="holds a training with batch_size = 2, not 32"):
        train_detector(DetectorTraining(size=96, start="random"), tmp_path / "run")


@pytest.mark.parametrize("wrong", [{"data": ("nowhere",)}, {"start": "imagnet"}, {"network": "fitpos"}])
def test_a_mistake_leaves_the_folder_free(tmp_path, wrong):
    with pytest.raises((FileNotFoundError, ValueError), match="|".join(("nowhere", "imagnet", "fitpos"))):
        train_detector(replace(TINY, **wrong), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def synthetic_set(folder, count, table):
    folder.mkdir()
    people = {"image": ["a.jpg"] * count, "exercise": ["squat"] * count, "visibility": np.full((count, 16), VISIBLE)}
    points, space = np.zeros((count, 16, 2)), np.zeros((count, 16, 3))
    cameras = {"person": np.arange(count), "height_m": np.ones(count), "intrinsics": np.tile(np.eye(3), (count, 1, 1))}
    cameras |= {"lift16_camera": space, "mpii16_camera": space + np.array([0, 0, 4000])}
    np.savez(folder / table, **people, **cameras, mpii16=points)
    return replace(TINY, data=(str(folder),))


def test_depth_is_learnt_alone_for_a_network_that_had_no_part_for_it(tmp_path, monkeypatch):
    """All else stays as it was; networks without such a part, and data without depth, are refused."""
    blaze = catalogue.network("fitpose-blaze")
    sizes = {name: catalogue.Variant({"size": "lite", "deep": name == "deep"}, 256) for name in ("deep", "flat")}
    monkeypatch.setitem(catalogue.NETWORKS, "fitpose-blaze", replace(blaze, variants=sizes))
    start = tmp_path / "start.safetensors"
    save_file({key: value.contiguous() for key, value in blaze.build(size="lite").state_dict().items()}, start)
    settings = synthetic_set(tmp_path / "set", 20, "labels.npz")
    Image.fromarray(np.zeros((80, 100, 3), np.uint8)).save(tmp_path / "set" / "a.jpg")
    labels = dict(np.load(tmp_path / "set" / "labels.npz"))
    labels["mpii16"] = np.random.default_rng(0).uniform(10, 70, (20, 16, 2))
    np.savez(tmp_path / "set" / "labels.npz", **labels)
    settings = replace(settings, network="deep", learn="depth", start=str(start), size=256, looks=30)
    before, after = load_file(start), load_file(train_detector(settings, tmp_path / "depth"))
    assert all(torch.equal(before[key].to(after[key].dtype), after[key]) for key in before)
    assert {key.partition(".")[0] for key in after.keys() - before.keys()} == {"depth"}
    with pytest.raises(ValueError, match="flat has no depth of its own to learn"):
        train_detector(replace(settings, network="flat"), tmp_path / "flat")
    assert not (tmp_path / "flat").exists()
    with pytest.raises(ValueError, match=r"nothing else is free to be: leave out \('heatmap',\)"):
        replace(settings, free=("heatmap",))
    monkeypatch.setattr(FitPoseBlaze, "asked_of_depth", None)  # what was computed is kept
    (tmp_path / "depth" / "checkpoint.pt").unlink()
    again = load_file(train_detector(settings, tmp_path / "depth"))
    assert all(torch.equal(again[key], after[key]) for key in after)
    with pytest.raises(ValueError, match="lspet-validation has no labels of depth to learn from"):
        train_detector(replace(settings, data=("lspet",)), tmp_path / "photos")


def test_one_in_ten_synthetic_pictures_is_kept_for_validation(tmp_path):
    (training,), (validation,) = crops.read_sets(synthetic_set(tmp_path / "set", 25, "labels.npz"))
    assert (len(training), len(validation)) == (23, 2)
    with pytest.raises(ValueError, match="few has 9 usable pictures, at least 10 are needed: one in ten is kept"):
        crops.read_sets(synthetic_set(tmp_path / "few", 9, "labels.npz"))


def test_a_set_that_still_grows_is_not_trained_on(tmp_path):
    """Its last tenth moves: a resumed run would train on what it was validated on."""
    with pytest.raises(ValueError, match="set is not finished: finish it with the same `fitlab synthesize` command"):
        crops.read_sets(synthetic_set(tmp_path / "set", 25, "part-0000.npz"))


def test_a_sample_depends_on_its_number_alone():
    drawn = crops.JointCrops([lspet.read("train")], TINY)
    first, again, other = drawn[5], drawn[5], drawn[6]
    assert torch.equal(first[0], again[0])
    assert not torch.equal(first[0], other[0])


def test_every_data_set_needs_a_share(tmp_path):
    with pytest.raises(ValueError, match="2 data sets need as many shares, got 1"):
        train_detector(DetectorTraining(data=("lspet", "other"), shares=(1.0,)), tmp_path)


def test_learning_the_score_leaves_the_places_alone(tmp_path):
    start = train_detector(TINY, tmp_path / "start")
    settings = replace(TINY, learn="score", start=str(start), score_weight=1.0)
    before, after = load_file(start), load_file(train_detector(settings, tmp_path / "score"))
    changed = {key for key in before if not torch.equal(before[key], after[key])}
    assert changed
    assert all(key.startswith("score.") for key in changed)


def test_a_photo_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"no photo")
    with pytest.raises(ValueError, match=r"broken\.jpg of the training data cannot be read"):
        crops.read_photo(tmp_path / "broken.jpg")


def test_a_score_is_not_learnt_for_random_heatmaps():
    for start in ("imagenet", "random"):
        with pytest.raises(ValueError, match=f"start is a weights file, not {start}"):
            replace(TINY, learn="score", start=start)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"size": -1}, "size must be a whole number of at least 1, got -1"),
        ({"size": 64.5}, r"size must be a whole number of at least 1, got 64\.5"),
        ({"batch_size": 0}, "batch_size must be a whole number of at least 1, got 0"),
        ({"seed": -1}, "seed must be a whole number of at least 0, got -1"),
        ({"shares": (0,)}, r"shares must be numbers of at least 0, and one of them above 0; got \(0,\)"),
        ({"shares": (np.nan,)}, "shares must be numbers of at least 0"),
        ({"data": ("lspet", "other"), "shares": (2, -1)}, "shares must be numbers of at least 0"),
        ({"data": (), "shares": ()}, "there is no data to train on; name lspet"),
        ({"sigma": 0.0}, r"sigma must be a number of heatmap cells above 0, got 0\.0"),
        ({"score_weight": -1.0}, r"score_weight must be a number of at least 0, got -1\.0"),
        ({"learn": "scores"}, "unknown part to learn 'scores'"),
        ({"network": "fitpos"}, "fitpos"),
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong, complaint):
    with pytest.raises(ValueError, match=complaint):
        replace(TINY, **wrong)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"size": 100}, "fitpose cannot be trained on crops of 100 px, 2 at once: .* multiples of 32.*own size is 192"),
        ({"size": 32, "batch_size": 1}, "cannot be trained on crops of 32 px, 1 at once"),
        ({"size": 96, "network": "hg2-small"}, "multiples of 64 px, .*; its own size is 128"),
        ({"size": 100, "network": "efficientpose-rt-lite"}, "multiples of 8 px, .*; its own size is 224"),
    ],
)
def test_crops_that_the_network_cannot_take_leave_the_folder_free(tmp_path, wrong, complaint):
    with pytest.raises(ValueError, match=complaint):
        train_detector(replace(TINY, **wrong), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_network_without_a_score_has_none_to_learn(tmp_path):
    with pytest.raises(ValueError, match="hg2-small has no score of its own to learn"):
        train_detector(replace(TINY, network="hg2-small", learn="score"), tmp_path)


def test_every_stack_is_taught():
    points = torch.full((1, 16, 2), 32.0)
    right, wrong = torch.zeros(1, 16, 16, 16), torch.zeros(1, 16, 16, 16)
    right[..., 8, 8], wrong[..., 2, 2] = 9, 9
    labels = points, torch.full((1, 16), VISIBLE), torch.full((1, 16), torch.nan)
    one, other = (detector_loss.loss_of(Answer((stack,)), labels, TINY) for stack in (right, wrong))
    torch.testing.assert_close(detector_loss.loss_of(Answer((wrong, right)), labels, TINY), (one + other) / 2)


def test_a_joint_beyond_the_photo_has_a_place_and_a_low_score():
    heatmap = torch.zeros(1, 16, 16, 16)
    heatmap[..., 8, 8] = 9
    here, elsewhere, gone = (torch.full((1, 16, 2), place) for place in (33.5, 9.5, 90.0))
    outside, sure = torch.full((1, 16), OUTSIDE), torch.full((1, 16), 9.0)
    unknown = torch.full((1, 16), torch.nan)
    judged = replace(TINY, score_weight=1.0)

    def place(points):
        return detector_loss.loss_of(Answer((heatmap,)), (points, outside, unknown), TINY)

    assert 0 < place(here) < place(elsewhere)
    assert place(gone) == 0
    wrongly_sure, rightly_unsure = (
        detector_loss.loss_of(Answer((heatmap,), score), (here, outside, unknown), judged) - place(here)
        for score in (sure, -sure)
    )
    assert rightly_unsure < 0.01 < 5 < wrongly_sure


def test_a_score_is_right_where_the_joint_is_found_inside_the_photo():
    """Found is within a fifth of the torso, or of a quarter of the crop where no torso is labelled."""
    heatmap = torch.zeros(1, 16, 16, 16)
    heatmap[..., 8, 8] = 9
    sure, unknown = torch.full((1, 16), 9.0), torch.full((1, 16), torch.nan)
    settings = replace(TINY, score_weight=1.0)

    def wrong_by(place, visibility):
        points = torch.full((1, 16, 2), place)
        points[:, MPII16.indices(["left_hip", "right_hip"])] = torch.nan
        labels = points, torch.full((1, 16), visibility), unknown
        with_score, without = (Answer((heatmap,), score) for score in (sure, None))
        return detector_loss.loss_of(with_score, labels, settings) - detector_loss.loss_of(without, labels, settings)

    assert wrong_by(33.5, VISIBLE) < 0.01
    assert wrong_by(33.5, OUTSIDE) > 5
    assert wrong_by(9.5, VISIBLE) > 5


@pytest.mark.parametrize("name", ["fitpose", "hg2-small"])
def test_what_was_trained_can_be_used(tmp_path, name):
    file = train_detector(replace(TINY, network=name), tmp_path / "run")
    trained = load_detector(file)
    assert trained.size == 64
    photo = np.random.default_rng(0).integers(0, 256, (80, 90, 3), dtype=np.uint8)
    pose = fitlab.detect(photo, box=(10, 10, 70, 70), detector=str(file))
    np.testing.assert_allclose(pose.points, trained.detect(photo, box=(10, 10, 70, 70)).points)
    with pytest.raises(ValueError, match="is a detector, not a lifter"):
        load_lifter(file)


@pytest.mark.parametrize("name", ["hg2-small", "efficientpose-rt-lite"])
def test_other_networks_are_trained_by_the_same_command(tmp_path, name):
    file = train_detector(replace(TINY, network=name), tmp_path / "run")
    assert file.name == f"{name}-64.safetensors"
    starting_network(name, str(file), seed=0)


def test_depth_and_visibility_are_taught_where_they_are_known():
    points, shown = torch.full((1, 16, 2), 33.5), torch.full((1, 16), VISIBLE)
    depth = torch.full((1, 16), torch.nan)
    depth[0, 3] = 0.2
    heatmap = torch.zeros(1, 16, 16, 16)

    def loss(middle, state):
        visibility = torch.zeros(1, 16, 3)
        visibility[..., state] = 5
        answer = Answer((heatmap,), visibility=visibility, depth=torch.tensor([middle, 0.0]).expand(1, 16, 2))
        return detector_loss.loss_of(
            answer, (points, shown, depth), replace(TINY, depth_weight=1.0, visibility_weight=1.0)
        )

    assert loss(0.2, VISIBLE) < loss(0.2, HIDDEN)
    torch.testing.assert_close(loss(0.5, VISIBLE) - loss(0.2, VISIBLE), torch.tensor(0.3))


def test_a_detector_that_answers_depth_and_visibility_says_so_in_its_pose(tmp_path):
    """Trained from random weights, saved, loaded: what the network answers arrives in the photo's pixels."""
    settings = replace(TINY, network="fitpose-full", size=256, batch_size=1)
    settings = replace(settings, schedule=replace(TINY.schedule, steps=1, warmup=0))
    trained = load_detector(train_detector(settings, tmp_path / "run"))
    assert trained.upright
    photo = np.random.default_rng(0).integers(0, 256, (80, 90, 3), dtype=np.uint8)
    pose = trained.detect(photo, box=(10, 10, 70, 70))
    assert pose.depth.shape == (16, 2)
    np.testing.assert_allclose(pose.visibility.sum(-1), 1)
    with pytest.raises(ValueError, match=r"has no part 'blazepose\.stem' to free"):
        train_detector(replace(settings, free=("blazepose.stem",)), tmp_path / "other")


def test_what_is_not_given_follows_from_the_network_and_the_data():
    settings = DetectorTraining(network="fitpose-heavy", data=("one", "other"))
    assert (settings.size, settings.shares) == (256, (1.0, 1.0))
    assert replace(TINY, network="hg2-small", size=0).size == 128


def test_learning_scores_means_the_same_from_python_and_from_the_shell():
    import argparse

    from fitlab.training import recipes

    parser = argparse.ArgumentParser()
    detector.add_arguments(parser)
    words = ["--out", "run", "--learn", "score", "--start", "mine.safetensors", "--steps", "9"]
    shell = recipes.from_options(parser.parse_args(words), DetectorTraining)
    python = DetectorTraining(learn="score", start="mine.safetensors", schedule=replace(shell.schedule, steps=9))
    assert shell == python
    assert shell.crops.edge == 0.3
    assert DetectorTraining().crops.edge == DetectorTraining().augmentation.edge == 0.12
