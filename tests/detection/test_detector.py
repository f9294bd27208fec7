from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from paint import DOT, ColourNetwork, colour_detector, painted

from fitlab.detection import search
from fitlab.detection.detector import Detector, augmentations, detect, load_detector
from fitlab.detection.heatmaps import decode, gaussian_targets
from fitlab.detection.reading import Maps, merged
from fitlab.detection.search import FOUND, Found, as_pose
from fitlab.detection.views import View
from fitlab.images import ImageError
from fitlab.poses import SEEN
from fitlab.skeletons import MPII16
from fitlab.weights import registry


def error_mm(pose, points, scale):
    return np.linalg.norm(pose.points - points, axis=1).max() / scale


@pytest.mark.parametrize(
    ("width", "height", "centre", "scale"),
    [
        (640, 480, (320, 230), 0.28),
        (1920, 300, (1500, 145), 0.17),
        (300, 1920, (150, 1560), 0.18),
        (1200, 900, (300, 600), 0.2),
        (2400, 1800, (1200, 900), 1.0),
        (240, 400, (120, 190), 0.22),
        (3600, 180, (2500, 88), 0.1),
        (120, 160, (60, 76), 0.09),
    ],
)
def test_a_person_is_found_in_photos_of_any_shape(width, height, centre, scale):
    """To within a third of the dot that marks a joint, however small the person is in the photo."""
    image, points = painted(width, height, centre, scale)
    pose = detect(image, detector=colour_detector())
    assert pose.image_size == (width, height)
    assert (pose.score > 0.8).all()
    assert error_mm(pose, points, scale) < DOT / 3


@pytest.mark.parametrize("aspect", [0.4, 0.56, 0.75, 1, 1.25, 4 / 3, 1.5, 16 / 9, 2, 2.3, 5])
def test_neighbouring_windows_overlap_by_a_third(aspect):
    """Else a small person between two of them is cut in half in both."""
    windows = np.array([(view.x, view.y, view.side) for view in search.windows(round(1000 * aspect), 1000)])
    side = windows[0, 2]
    for axis, length in enumerate((round(1000 * aspect), 1000)):
        centres = np.unique(windows[:, axis])
        assert np.diff(centres).max(initial=0) <= 2 / 3 * side + 1
        assert centres[0] - side / 2 <= 0
        assert centres[-1] + side / 2 >= length - 1


def test_a_detector_with_settings_that_do_not_exist_is_refused():
    with pytest.raises(ValueError, match="unknown normalisation 'litee'; did you mean lite"):
        Detector("mine", ColourNetwork(), 96, normalisation="litee")
    with pytest.raises(ValueError, match="unknown kind of heatmap 'sofmax'; did you mean softmax"):
        Detector("mine", ColourNetwork(), 96, heatmap="sofmax")


def test_a_detector_is_named_by_a_path_too():
    assert load_detector(Path("fitpose-lite0")) is load_detector("fitpose-lite0")


def test_the_deviation_factor_is_one_on_the_standard_deviations():
    blurred = torch.rand(1, 16, 24, 24)
    blurred /= blurred.sum((-2, -1), keepdim=True)
    wide, narrow = (Detector("mine", ColourNetwork(), 96, deviation_factor=factor) for factor in (1.0, 0.5))
    cell = 4**2 / 12 * np.eye(2)  # a cell is 4 px wide
    much, little = (each.read(Maps(blurred, torch.ones(1, 16))).covariance for each in (wide, narrow))
    np.testing.assert_allclose(little - cell, (much - cell) / 4, rtol=1e-4, atol=1e-3)


def test_deviations_grow_where_the_score_is_low():
    blurred = torch.rand(1, 16, 24, 24)
    maps = [Maps(blurred / blurred.sum((-2, -1), keepdim=True), torch.full((1, 16), score)) for score in (1.0, 0.5)]
    growing = Detector("mine", ColourNetwork(), 96, deviation_growth=2.0)
    cell = 4**2 / 12 * np.eye(2)
    sure, unsure = (growing.read(each).covariance - cell for each in maps)
    np.testing.assert_allclose(unsure, 4 * sure, rtol=1e-4, atol=1e-3)


def test_somebody_is_found_where_half_of_the_joints_are_seen():
    assert FOUND == 0.5
    image, points = painted(640, 480, (320, 230), 0.28)
    hidden = image.copy()
    hidden[round(np.quantile(points[:, 1], 0.3)) - 20 :] = 0
    assert detect(image, detector=colour_detector()).found
    assert not detect(hidden, detector=colour_detector()).found


def found_at(points, score) -> Found:
    return Found(np.asarray(points, float), np.tile(np.eye(2), (16, 1, 1)), np.full(16, float(score)))


def test_a_joint_beyond_the_photo_is_not_seen():
    points = np.full((16, 2), 50.0)
    points[:4] = [[-1.5, 50], [100.5, 50], [50, -1.5], [50, 80.5]]
    pose = as_pose(found_at(points, 0.9), 100, 80)
    assert pose.score.tolist() == [0] * 4 + [0.9] * 12


def test_a_closer_view_that_loses_the_person_does_not_count():
    joints = np.random.default_rng(0).uniform(200, 300, (16, 2))
    whole, first = View(500, 500, 1000), found_at(joints, 0.9)
    for score, kept in ((0.5, False), (0.8, True)):
        view, found = search.closer(lambda _, score=score: [found_at(joints, score)], whole, first, 1, upright=False)
        assert (found is not first) == kept
        assert (view.side < 1000) == kept


def test_accuracy_needs_the_zoom():
    """Squeezed into the input as a whole, as in the report, most joints of a small person are not seen."""
    image, points = painted(1600, 1200, (500, 700), 0.25)
    squeezed = colour_detector().detect(image, zoom=False)
    assert (squeezed.score < SEEN).sum() > 8
    assert error_mm(squeezed, points, 0.25) > DOT
    assert error_mm(colour_detector().detect(image, zoom=True), points, 0.25) < DOT / 3


def test_a_box_says_who_is_meant():
    image, first = painted(1000, 500, (250, 240), 0.25)
    other, second = painted(1000, 500, (750, 240), 0.2)
    both = np.maximum(image, other)
    for points, scale in ((first, 0.25), (second, 0.2)):
        box = (*points.min(0) - 20, *points.max(0) + 20)
        assert error_mm(colour_detector().detect(both, box), points, scale) < DOT / 3
        assert error_mm(colour_detector().detect(both, box, zoom=False), points, scale) < DOT / 3


@pytest.mark.parametrize(
    ("box", "complaint"),
    [
        ((10, 10, 10, 90), "is less than 2 pixels wide or high"),
        ((90, 10, 10, 90), "is less than 2 pixels wide or high"),
        ((700, 10, 800, 90), "outside the photo of 640 x 480"),
        ((-90, 10, -10, 90), "outside the photo"),
        ((10, 10, 90), "a box is"),
        ((10, 10, float("nan"), 90), "a box is"),
        ((10, 10, float("inf"), 90), "a box is"),
        ("abcd", "a box is .* in pixels, got 'abcd'"),
        ({"left": 10}, "a box is"),
    ],
)
def test_a_box_that_makes_no_sense_is_refused(box, complaint):
    with pytest.raises(ValueError, match=complaint):
        colour_detector().detect(np.zeros((480, 640, 3), np.uint8), box)


@pytest.mark.parametrize(
    ("box", "square"),
    [
        ((100, 50, 300, 450), (200, 250, 440)),
        ((-100, -20, 700, 500), (300, 240, 880)),
        ((0, 0, 1e6, 1e6), (480, 400, 1056)),
        ((-1e6, -1e6, 1e6, 1e6), (320, 240, 1408)),
    ],
)
def test_a_box_reaches_at_most_half_the_longer_side_beyond_the_photo(box, square):
    view = search.box_view(box, 640, 480)
    np.testing.assert_allclose((view.x, view.y, view.side), square)


def test_a_box_much_larger_than_the_photo_still_shows_the_person():
    image, points = painted(640, 480, (320, 230), 0.28)
    assert error_mm(colour_detector().detect(image, (0, 0, 1e6, 1e6)), points, 0.28) < DOT / 3


@pytest.mark.parametrize(
    "image", [np.zeros((480, 640)), np.zeros((480, 640, 4), np.uint8), np.zeros((1, 1, 3), np.uint8)]
)
def test_an_array_that_is_no_photo_is_refused(image):
    with pytest.raises(ImageError):
        colour_detector().detect(image)


@pytest.mark.parametrize("shape", [(480, 640), (300, 1920), (1920, 300), (16, 16)])
def test_an_empty_photo_has_nobody_in_it(shape):
    pose = colour_detector().detect(np.zeros((*shape, 3), np.uint8))
    assert not pose.found
    assert np.isnan(pose.points).all()
    assert (pose.score == 0).all()


def test_legs_out_of_the_frame_score_nothing():
    image, points = painted(640, 480, (320, 380), 0.4)
    pose = colour_detector().detect(image)
    below = points[:, 1] > 480
    assert below.sum() == 4
    assert (pose.score[below] < SEEN).all()
    assert (pose.score[~below] > 0.9).all()


def test_the_mirrored_picture_gives_the_same_joints_the_same_names():
    image, points = painted(640, 480, (320, 230), 0.28)
    plain, flipped = (colour_detector().detect(image, flip=flip) for flip in (False, True))
    assert error_mm(plain, points, 0.28) < DOT / 3
    assert error_mm(flipped, points, 0.28) < DOT / 3
    np.testing.assert_allclose(flipped.points, plain.points, atol=1.5)
    assert flipped.joint("left_wrist")[0] > flipped.joint("right_wrist")[0]


@pytest.mark.parametrize(("flip", "scales", "views"), [(True, True, 4), (True, False, 2), (False, True, 3)])
def test_every_view_takes_part_however_the_person_fills_the_photo(flip, scales, views):
    """Where the first view is close enough already, it is repeated with the others."""
    for scale in (0.28, 0.2):
        detector = colour_detector()
        image, points = painted(420, 480, (210, 230), scale)
        assert error_mm(detector.detect(image, flip=flip, scales=scales), points, scale) < DOT / 3
        assert detector.network.calls[-1] == views - 1  # the plain one has been seen
        detector.network.calls.clear()
        detector.detect(image, flip=False, scales=False)
        assert set(detector.network.calls) == {1}


def test_a_photo_that_is_squeezed_in_is_seen_at_one_scale():
    """As in the report; but a box is a crop, which can be wider and closer."""
    detector = colour_detector()
    image, points = painted(640, 480, (320, 230), 0.28)
    detector.detect(image, zoom=False)
    assert detector.network.calls == [2]
    detector.network.calls.clear()
    detector.detect(image, (*points.min(0) - 20, *points.max(0) + 20), zoom=False)
    assert detector.network.calls == [4]


def test_half_of_the_views_are_mirrored_and_none_without_flip():
    """So that left and right stay alike."""
    assert [mirrored for _, mirrored in augmentations(flip=True, scales=True)] == [False, True, False, True]
    assert [mirrored for _, mirrored in augmentations(flip=False, scales=True)] == [False, False, False]


def views_of_one_person(score):
    """What a faultless network answers in each of the four views, ``score`` (4,) the mean of each."""
    views, size = augmentations(flip=True, scales=True), 56
    places = torch.zeros(4, 16, size, size)
    truth = torch.stack([torch.linspace(12, 40, 16), torch.linspace(18, 44, 16)], dim=-1)
    middle = (size - 1) / 2
    for number, (scale, mirrored) in enumerate(views):
        seen = middle + (truth - middle) / scale
        if mirrored:
            seen = torch.stack([size - 1 - seen[:, 0], seen[:, 1]], dim=-1)[list(MPII16.mirror)]
        places[number] = gaussian_targets(seen[None], size, 1.5 / scale)[0]
    return views, places, torch.as_tensor(score)[:, None].expand(4, 16).clone(), truth


def merged_maps(places, scores, views):
    maps = merged(Maps(places, scores), views)
    return maps.place, maps.score


def test_views_are_merged_in_the_frame_of_the_plain_one():
    views, places, scores, truth = views_of_one_person([0.9, 0.9, 0.9, 0.9])
    place, score = merged_maps(places, scores, views)
    torch.testing.assert_close(place.sum((-2, -1)), torch.ones(1, 16))
    torch.testing.assert_close(score, torch.full((1, 16), 0.9))
    torch.testing.assert_close(decode(place)[0][0], truth, atol=0.1, rtol=0)
    deviation = decode(place)[1][0, :, 0, 0].sqrt()
    assert ((deviation > 1.5) & (deviation < 1.7)).all()  # as blurred as one of them, so not apart


def test_a_view_that_is_sure_counts_for_more():
    views, places, scores, truth = views_of_one_person([0.9, 0.9, 0.9, 0.3])
    places[3] = places[3].roll(15, dims=-1)
    place, score = merged_maps(places, scores, views)
    torch.testing.assert_close(decode(place)[0][0], truth, atol=0.1, rtol=0)
    assert score.min() > 0.89
    scores[:3] = 0.3
    assert (decode(merged_maps(places, scores, views)[0])[1][0, :, 0, 0] > 9).all()  # alike now: doubt about the place


def test_the_mirrored_view_counts_as_much_as_the_plain_one_as_in_the_report():
    _, places, scores, _ = views_of_one_person([0.9, 0.2, 0.9, 0.9])
    places[1] = places[1].roll(15, dims=-1)
    place, score = merged_maps(places[:2], scores[:2], augmentations(flip=True, scales=False))
    torch.testing.assert_close(place, (places[:1] + places[1:2].flip(-1)[:, list(MPII16.mirror)]) / 2)
    torch.testing.assert_close(score, torch.full((1, 16), 0.55))


def test_what_a_wider_view_sees_beyond_the_crop_is_lost():
    views, places, scores, _ = views_of_one_person([0.9, 0.9, 0.9, 0.9])
    places[2] = 0
    places[2, :, 0, 0] = 1
    place, _ = merged_maps(places, scores, views)
    torch.testing.assert_close(place.sum((-2, -1)), torch.ones(1, 16))
    assert place[..., 0, 0].max() < 1e-3


def test_the_reports_way_always_answers():
    """Without zoom every joint gets its likeliest place, as an argmax does; the scores say that nothing is there."""
    pose = colour_detector().detect(np.zeros((300, 400, 3), np.uint8), zoom=False)
    assert not np.isnan(pose.points).any()
    assert not pose.found


def test_at_most_three_views_for_somebody_in_plain_view_and_one_to_answer():
    detector = colour_detector()
    image, _ = painted(640, 480, (320, 230), 0.25)
    detector.detect(image)
    assert detector.network.calls[-1] == 3
    assert set(detector.network.calls[:-1]) == {1}
    assert len(detector.network.calls) <= 4


def test_the_covariance_is_in_pixels_of_the_photo():
    """The same person at twice the size is as unsure in mm, and four times so in px²."""
    small, large = (
        colour_detector().detect(painted(640 * k, 480 * k, (320 * k, 230 * k), 0.28 * k)[0]).covariance for k in (1, 2)
    )
    assert np.linalg.eigvalsh(small).min() > 0
    np.testing.assert_allclose(np.trace(large.mean(0)), 4 * np.trace(small.mean(0)), rtol=0.25)


class TwoPeaks(torch.nn.Module):
    """Gaussian bumps as an hourglass answers: joint 0 at one place, joint 1 at two, the others nowhere."""

    def forward(self, batch):
        bumps = torch.zeros(len(batch), 16, 48, 48)
        bumps[:, 0, 20, 10] = 0.9
        bumps[:, 1, 20, 10] = 0.9
        bumps[:, 1, 20, 40] = 0.6
        return bumps


def test_two_places_for_one_joint_are_doubt():
    detector = Detector("two", TwoPeaks(), 192, heatmap="gaussian")
    read = detector.read(detector.answer(np.zeros((1, 192, 192, 3), np.uint8)))
    np.testing.assert_allclose(read.points[0, :2], [[41.5, 81.5]] * 2)
    assert read.covariance[0, 1, 0, 0] > 100 * read.covariance[0, 0, 0, 0]
    assert read.score[0, :3].tolist() == pytest.approx([0.9, 0.9, 0])


def test_cells_become_pixels_at_any_size():
    for size in (96, 192, 256):
        image, points = painted(size, size, (size / 2, size / 2 - 4), size / 1900)
        detector = Detector("colours", ColourNetwork(), size)
        np.testing.assert_allclose(detector.read(detector.answer(image[None])).points[0], points, atol=3)


def test_a_detector_is_found_by_its_name():
    with pytest.raises(ValueError, match="unknown detector 'fitpose'; did you mean fitpose-full or fitpose-lite0"):
        load_detector("fitpose")
    with pytest.raises(ValueError, match="is a lifter, not a detector"):
        load_detector("martinez-general")


def test_weights_that_are_not_here_are_not_fetched_silently(tmp_path, monkeypatch):
    monkeypatch.setenv("FITLAB_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="fitlab weights get hg8"):
        detect(np.zeros((64, 64, 3), np.uint8), detector="hg8")


def test_changed_weights_are_refused(tmp_path, monkeypatch):
    file = tmp_path / "fitpose-lite0.safetensors"
    file.write_bytes(registry.path("fitpose-lite0").read_bytes() + b" ")
    monkeypatch.setattr(registry, "path", lambda name: file)
    with pytest.raises(registry.WeightsError, match="is not the published file"):
        registry.network("fitpose-lite0")


def test_joints_are_in_the_order_of_mpii():
    image, points = painted(640, 480, (320, 230), 0.28)
    pose = colour_detector().detect(image)
    assert pose.skeleton is MPII16
    np.testing.assert_allclose(pose.joint("left_ankle"), points[5], atol=12)


def test_a_box_asserts_a_person_and_without_one_nobody_is_guessed():
    empty = np.full((240, 320, 3), 128, np.uint8)
    assert np.isnan(detect(empty, detector=colour_detector()).points).all()
    assert np.isfinite(detect(empty, (50, 20, 200, 220), detector=colour_detector()).points).all()


def test_nobody_found_is_a_pose_in_which_nothing_is_known():
    """Also where the network says how far away joints are and whether they are seen."""
    doubtful = found_at(np.full((16, 2), 50.0), 0.1)
    pose = as_pose(replace(doubtful, depth=np.ones((16, 2)), visibility=np.full((16, 3), 1 / 3)), 100, 80)
    assert (pose.score == 0).all()
    assert np.isnan(pose.points).all()
    assert np.isnan(pose.depth).all()


def test_a_joint_that_is_likely_outside_the_picture_scores_low():
    visibility = np.tile([0.9, 0.05, 0.05], (16, 1))
    pose = as_pose(replace(found_at(np.full((16, 2), 50.0), 0.8), visibility=visibility), 100, 80)
    np.testing.assert_allclose(pose.score, 0.1)
