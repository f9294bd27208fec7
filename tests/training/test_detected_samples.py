import os
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from fitlab.datasets import catalogue
from fitlab.datasets.anatomy import random_poses
from fitlab.datasets.records import PhotoSet
from fitlab.datasets.virtual_cameras import IMAGE, Views, photograph
from fitlab.evaluation import detections
from fitlab.lifting.inputs import UNIT_MM, normalise_person, turn_to
from fitlab.poses import Pose2D
from fitlab.skeletons import LIFT16, MPII16, convert
from fitlab.training import detected_samples
from fitlab.training.detected_samples import Detected, detect_people, draw_detected, read, write
from fitlab.training.lifter import detected_people
from fitlab.training.lifter_settings import DetectionSettings, LifterTraining
from fitlab.training.samples import joined

ALL = np.ones((30, 16), bool)
UNKNOWN = np.full((30, 16, 2), np.nan)


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def relative(points):
    return points - points[:, :1]


def far_away(rng):
    """People so far away that the picture is their first two coordinates, to scale."""
    truth = relative(random_poses(rng, 30))
    return Detected(truth[..., :2] / 1e6, np.full((30, 16), 20e-6), ALL, truth, ALL[:, 0], UNKNOWN)


def test_exact_detections_are_the_samples_that_virtual_cameras_give(rng):
    camera, pixels = photograph(relative(random_poses(rng, 30)), rng, Views(field=(60.0, 60.0)))
    focal = IMAGE / 2 / np.tan(np.deg2rad(30))
    samples = Detected(pixels / focal, np.zeros((30, 16)), ALL, relative(camera), ALL[:, 0], UNKNOWN).samples()
    np.testing.assert_allclose(samples.points, normalise_person(pixels, ALL), atol=1e-9)
    np.testing.assert_allclose(samples.target, relative(camera) / UNIT_MM @ turn_to(camera[:, 0]), atol=1e-9)
    np.testing.assert_array_equal(samples.certainty, 1)


def test_people_drawn_are_rolled_and_mirrored_in_picture_and_truth_alike(rng):
    people = replace(far_away(rng), deviation=np.zeros((30, 16)))
    samples = draw_detected(people, rng, 400)
    scale = (samples.points * samples.target[..., :2]).sum((1, 2)) / np.square(samples.target[..., :2]).sum((1, 2))
    np.testing.assert_allclose(samples.points, scale[:, None, None] * samples.target[..., :2], atol=1e-3)
    depths = people.truth[..., 2] / UNIT_MM
    swapped = depths[:, list(LIFT16.mirror)]
    as_they_are = [np.abs(target[:, 2] - depths).sum(1).min() < 1e-3 for target in samples.target]
    mirrored = [np.abs(target[:, 2] - swapped).sum(1).min() < 1e-3 for target in samples.target]
    assert np.logical_xor(as_they_are, mirrored).all()
    assert 0.4 < np.mean(mirrored) < 0.6


def test_no_detection_is_drawn_twice_alike(rng):
    people = replace(far_away(rng).take(np.zeros(50, int)), depth=np.full((50, 16, 2), 1e-5))
    drawn = draw_detected(people, rng, 50)
    wrist = LIFT16.index("left_wrist")
    assert np.ptp(np.abs(drawn.points[:, wrist]).sum(-1)) > 0.01
    assert np.ptp(drawn.depth[:, wrist, 0]) > 0.001


def test_what_is_written_is_read(rng, tmp_path):
    people = far_away(rng)
    write(people, tmp_path / "people.npz")
    back = joined(read(tmp_path / "people.npz"), people)
    assert len(back) == 60
    np.testing.assert_array_equal(back.truth[:30], people.truth)


def test_processes_do_not_take_each_others_unfinished_file(rng, tmp_path, monkeypatch):
    people, file, savez = far_away(rng), tmp_path / "people.npz", np.savez

    def overtaken(temporary, **arrays):
        savez(temporary, **arrays)
        with monkeypatch.context() as other:
            other.setattr(np, "savez", savez)
            other.setattr(os, "getpid", lambda: 0)
            write(people, file)

    monkeypatch.setattr(np, "savez", overtaken)
    write(people, file)
    assert [path.name for path in tmp_path.iterdir()] == ["people.npz"]


@pytest.fixture
def pictures(rng, monkeypatch):
    """A set of 30 people whom a detector finds exactly, but for two of them; its files are not looked at."""
    camera, pixels = photograph(relative(random_poses(rng, 30)), rng, Views())
    names = [name for name in MPII16.joints if name not in LIFT16.joints]
    mpii = np.concatenate([convert(pixels, LIFT16, MPII16)], axis=0)
    mpii[:, MPII16.indices(names)] = np.nan_to_num(mpii[:, MPII16.indices(names)])
    labels = {"lift16": pixels, "intrinsics": np.broadcast_to(np.diag([900.0, 900.0, 1.0]), (30, 3, 3))}
    visibility, groups = np.full((30, 16), 2), np.full(30, "squat")
    data = PhotoSet("people", tuple(range(30)), mpii, visibility, groups, space=relative(camera), labels=labels)

    def detect(number, *how):
        score, points = np.ones(16), mpii[number].copy()
        if number == 3:
            score[:] = 0.1
        if number == 4:
            points += 900
        return Pose2D(points, score, (1000, 1000), np.broadcast_to(4 * np.eye(2), (16, 2, 2)))

    monkeypatch.setattr(catalogue, "open_for_training", lambda folder: data)
    monkeypatch.setattr(detections, "read_image", lambda file: file)
    monkeypatch.setattr(detected_samples, "load_detector", lambda name: SimpleNamespace(detect=detect))
    return data


def test_a_detector_that_sees_nobody_or_somebody_else_is_not_learnt_from(pictures):
    said = []
    people = detect_people("folder", "a detector", said.append)
    assert said == ["30 people: 1 with too few joints seen, 1 with somebody else found"]
    assert len(people) == 28
    np.testing.assert_allclose(people.truth[3], pictures.space[5])
    np.testing.assert_allclose(people.points[3] * 900, pictures.labels["lift16"][5], atol=60)
    np.testing.assert_allclose(people.deviation * 900, 2)


def test_the_last_people_are_kept_for_validation_and_found_again(pictures, tmp_path):
    settings = LifterTraining(detections=DetectionSettings(0.5, ("folder",)))
    training, validation = detected_people(tmp_path, settings)
    assert (len(training), len(validation)) == (25, 3)  # the last three of 30, whoever else cannot be used
    np.testing.assert_allclose(validation.truth, pictures.space[27:])
    detected_samples.load_detector = None  # what was detected is kept
    again, _ = detected_people(tmp_path, settings)
    np.testing.assert_array_equal(again.points, training.points)


def test_too_few_people_are_refused(pictures, tmp_path):
    write(far_away(np.random.default_rng(0)), tmp_path / "detected-0.npz")  # all of them held out
    with pytest.raises(ValueError, match="0 are usable for training and 30 for validation"):
        detected_people(tmp_path, LifterTraining(detections=DetectionSettings(0.5, ("folder",))))


def test_pictures_that_are_still_being_made_are_refused(tmp_path):
    columns = {"mpii16": np.zeros((20, 16, 2)), "visibility": np.full((20, 16), 2), "exercise": np.full(20, "squat")}
    columns |= {"person": np.arange(20), "height_m": np.ones(20), "intrinsics": np.tile(np.eye(3), (20, 1, 1))}
    np.savez(
        tmp_path / "part-0000.npz",
        image=np.full(20, "0.jpg"),
        lift16_camera=np.zeros((20, 16, 3)),
        mpii16_camera=np.zeros((20, 16, 3)),
        **columns,
    )
    with pytest.raises(ValueError, match="is not finished: finish it with the same `fitlab synthesize` command"):
        detect_people(tmp_path, "fitpose-lite0")


@pytest.mark.parametrize(
    ("share", "pictures", "normalisation"),
    [(0.5, (), "person"), (0.0, ("a",), "person"), (1.5, ("a",), "person"), (0.5, ("a",), "screen")],
)
def test_settings_that_make_no_sense_are_refused(share, pictures, normalisation):
    with pytest.raises(ValueError, match="detect"):
        LifterTraining(detections=DetectionSettings(share, pictures), normalisation=normalisation)
