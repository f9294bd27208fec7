import numpy as np
import pytest

from fitlab.datasets.records import OUTSIDE, VISIBLE
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
    picture, moved, _ = augmented_crop(image, points, SEEN, SIZE, np.random.default_rng(seed), CALM)
    dot = np.abs(picture.astype(int) - MAGENTA).max(-1) < 80
    rows, columns = np.nonzero(dot)
    if len(rows) == 0 or min(rows.min(), columns.min()) < 1 or max(rows.max(), columns.max()) > SIZE - 2:
        return  # the dot is cut off, or not in the crop at all
    marks = moved[MPII16.indices(["left_knee", "right_knee"])]
    distance = np.linalg.norm(marks - [columns.mean(), rows.mean()], axis=1)
    assert sorted(distance < 1) == [False, True]


def test_half_of_all_crops_are_mirrored_and_their_names_swapped():
    """Without turns, the order of joint 4 and joint 3 from left to right tells whether a crop is mirrored."""
    settings = Augmentation(rotate=0, full_turn=0, colour=0, occlude=0)
    image, points = one_dot("left_knee")
    names = []
    for seed in range(60):
        picture, moved, _ = augmented_crop(image, points, SEEN, SIZE, np.random.default_rng(seed), settings)
        assert picture.shape == (SIZE, SIZE, 3)
        ankles = moved[MPII16.index("left_ankle"), 0] - moved[MPII16.index("right_ankle"), 0]
        names.append(ankles)
    # right_ankle is left of left_ankle in the photo; so it is in a mirrored crop, where their names are swapped.
    assert (np.array(names) > 0).all()


def test_unlabelled_joints_stay_unknown_and_outside_ones_are_flagged():
    image, points = one_dot("left_knee")
    points[MPII16.index("upper_neck")] = np.nan
    visibility = SEEN.copy()
    visibility[MPII16.index("head_top")] = OUTSIDE
    for seed in range(10):
        _, moved, inside = augmented_crop(image, points, visibility, SIZE, np.random.default_rng(seed), CALM)
        assert np.isnan(moved[MPII16.index("upper_neck")]).all()
        assert not inside[MPII16.index("head_top")]
        known = ~np.isnan(moved[:, 0])
        within = ((moved >= -0.5) & (moved <= SIZE - 0.5)).all(axis=1)
        assert not (inside & known & ~within).any()
