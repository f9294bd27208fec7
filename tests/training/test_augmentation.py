from dataclasses import replace

import numpy as np
import pytest

from fitlab.poses import OUTSIDE, VISIBLE
from fitlab.skeletons import MPII16
from fitlab.training.augmentation import Augmentation, augmented_crop

SIZE = 128
MAGENTA = (255, 0, 255)
CALM = Augmentation(colour=0, grey=0, blur=0, noise=0, compress=0, occlude=0)
SEEN = np.full(16, VISIBLE)


def one_dot(joint: str) -> tuple[np.ndarray, np.ndarray]:
    """A black photo with a magenta dot at one joint of sixteen that are spread over a person's height."""
    points = np.stack([np.tile([150.0, 190, 230, 270], 4), np.repeat([80.0, 150, 220, 300], 4)], axis=1)
    image = np.zeros((400, 420, 3), np.uint8)
    x, y = points[MPII16.index(joint)].astype(int)
    image[y - 5 : y + 6, x - 5 : x + 6] = MAGENTA
    return image, points


@pytest.mark.parametrize("seed", range(20))
def test_joints_stay_on_what_they_mark(seed):
    """Under any rotation, scale and shift; a mirrored left knee is a right knee."""
    image, points = one_dot("left_knee")
    shown = augmented_crop(image, points, SEEN, SIZE, np.random.default_rng(seed), CALM)
    picture, moved = shown.picture, shown.points
    dot = np.abs(picture.astype(int) - MAGENTA).max(-1) < 80
    rows, columns = np.nonzero(dot)
    if len(rows) == 0 or min(rows.min(), columns.min()) < 1 or max(rows.max(), columns.max()) > SIZE - 2:
        return  # the dot is cut off, or not in the crop at all
    marks = moved[MPII16.indices(["left_knee", "right_knee"])]
    distance = np.linalg.norm(marks - [columns.mean(), rows.mean()], axis=1)
    assert sorted(distance < 1) == [False, True]


def test_half_of_all_crops_are_mirrored_and_their_names_swapped():
    """Without turns and shifts, what is left of the person in the photo is right of it in a mirrored crop."""
    settings = replace(CALM, rotate=0, full_turn=0, far=0, nobody=0, cut_off=0, edge=0, scale=(1, 1), shift=0)
    image, points = one_dot("right_ankle")
    ankles = MPII16.indices(["right_ankle", "left_ankle"])
    mirrored = []
    for seed in range(60):
        shown = augmented_crop(image, points, SEEN, SIZE, np.random.default_rng(seed), settings)
        picture, moved = shown.picture, shown.points
        _, columns = np.nonzero(np.abs(picture.astype(int) - MAGENTA).max(-1) < 80)
        right, left = np.abs(moved[ankles, 0] - columns.mean())
        mirrored.append(columns.mean() > SIZE / 2)
        assert (left < 1 < right) if mirrored[-1] else (right < 1 < left)
    assert 0.3 < np.mean(mirrored) < 0.7


def test_joints_beyond_an_edge_of_the_photo_keep_their_place_and_are_not_inside():
    """A white photo: what lies behind the new edge is black in the crop, what lies before it is white."""
    _, points = one_dot("left_knee")
    image = np.full((400, 420, 3), 255, np.uint8)
    plain = replace(CALM, edge=0, rotate=0, full_turn=0, far=0, nobody=0, cut_off=0, scale=(1, 1), shift=0)
    cut = replace(plain, edge=1)
    sides = set()
    for seed in range(40):
        before, cropped = (
            augmented_crop(image, points, SEEN, SIZE, np.random.default_rng(seed), settings)
            for settings in (plain, cut)
        )
        picture, after, inside = cropped.picture, cropped.points, cropped.visibility != OUTSIDE
        np.testing.assert_array_equal(before.points, after)
        assert (before.visibility != OUTSIDE).all()
        border = picture.reshape(-1, 3).min(0)
        if (border == 255).all():
            continue  # the edge's own white is repeated
        x, y = np.round(after).astype(int).T
        white = (picture[y, x] == 255).all(1)
        np.testing.assert_array_equal(white, inside)
        rows, columns = np.nonzero((picture != 255).any(2))
        sides.add((rows.min() == 0, rows.max() == SIZE - 1, columns.min() == 0, columns.max() == SIZE - 1))
    assert len(sides) == 4
    assert all(sum(side) == 3 for side in sides)


def test_unlabelled_joints_stay_unknown_and_outside_ones_are_flagged():
    image, points = one_dot("left_knee")
    points[MPII16.index("upper_neck")] = np.nan
    visibility = SEEN.copy()
    visibility[MPII16.index("head_top")] = OUTSIDE
    for seed in range(10):
        shown = augmented_crop(image, points, visibility, SIZE, np.random.default_rng(seed), CALM)
        moved, inside = shown.points, shown.visibility != OUTSIDE
        assert np.isnan(moved[MPII16.index("upper_neck")]).all()
        assert not inside[MPII16.index("head_top")]
        known = ~np.isnan(moved[:, 0])
        within = ((moved >= -0.5) & (moved <= SIZE - 0.5)).all(axis=1)
        assert not (inside & known & ~within).any()


UPRIGHT = replace(
    CALM, upright=1.0, upright_jitter=(0, 0, 0), rotate=0, full_turn=0, far=0, nobody=0, cut_off=0, edge=0
)


@pytest.mark.parametrize("turn", [0, 90, 180, 250])
def test_upright_crops_show_the_trunk_upright_whatever_the_person_does(turn):
    image, points = one_dot("left_knee")
    angle = np.deg2rad(turn)
    lying = (points - 200) @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) + 200
    for seed in range(6):
        moved = augmented_crop(image, lying, SEEN, SIZE, np.random.default_rng(seed), UPRIGHT).points
        hips = moved[MPII16.indices(["left_hip", "right_hip"])].mean(0)
        shoulders = moved[MPII16.indices(["left_shoulder", "right_shoulder"])].mean(0)
        np.testing.assert_allclose(hips, (SIZE - 1) / 2, atol=1e-6)
        assert shoulders[0] == pytest.approx(hips[0], abs=1e-6)
        assert shoulders[1] < hips[1]


def test_depth_is_in_sides_of_the_crop_and_mirrored_with_its_joint():
    image, points = one_dot("left_knee")
    depth = np.arange(16.0)
    plain, half = (
        augmented_crop(image, points, SEEN, SIZE, np.random.default_rng(1), settings, depth)
        for settings in (UPRIGHT, replace(UPRIGHT, cut_off=0))
    )
    np.testing.assert_array_equal(plain.depth, half.depth)
    mirrored = plain.points[MPII16.index("left_hip"), 0] < plain.points[MPII16.index("right_hip"), 0]
    order = list(MPII16.mirror) if mirrored else list(range(16))
    scale = np.linalg.norm(plain.points[0] - plain.points[9]) / np.linalg.norm(points[order][0] - points[order][9])
    np.testing.assert_allclose(plain.depth, depth[order] * scale / SIZE)


def test_a_picture_with_nobody_in_it_has_nobody_in_its_crops():
    image, points = one_dot("left_knee")
    nobody = np.full_like(points, np.nan)
    shown = augmented_crop(image, nobody, np.full(16, OUTSIDE), SIZE, np.random.default_rng(0), UPRIGHT)
    assert np.isnan(shown.points).all()
    assert (shown.visibility == OUTSIDE).all()
