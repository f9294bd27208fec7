"""The 3D skeleton from a side of the person, wherever the camera stood."""

import numpy as np
import pytest
from bodies import before, body, squat

from fitlab.overlay.inset import SIDES, inset
from fitlab.skeletons import LIFT16

LEFT, RIGHT, KNEE = (LIFT16.index(name) for name in ("left_shoulder", "right_shoulder", "left_knee"))


def seen(side: str, azimuth: float, points: np.ndarray | None = None) -> np.ndarray:
    """(16, 3) a squat in the axes of the inset's camera: x right, y down, z away."""
    return inset(before(squat() if points is None else points, azimuth)[None], side).points[0]


@pytest.mark.parametrize("azimuth", [0, 40, 90, 180, 250])
def test_sides_are_those_of_the_person_whatever_the_clip_shows(azimuth):
    front, left, right, back = (seen(side, azimuth) for side in ("front", "left", "right", "back"))
    assert front[LEFT, 0] - front[RIGHT, 0] == pytest.approx(220, abs=1)  # the person's left is at the right
    assert back[LEFT, 0] - back[RIGHT, 0] == pytest.approx(-220, abs=1)
    assert left[LEFT, 2] < left[RIGHT, 2] - 200
    assert right[RIGHT, 2] < right[LEFT, 2] - 200
    assert left[KNEE, 0] < left[LIFT16.index("left_hip"), 0] - 300  # who is seen from their left faces left
    assert right[KNEE, 0] > right[LIFT16.index("left_hip"), 0] + 300


def test_by_itself_it_shows_what_the_clip_does_not():
    for azimuth, side in ((0, "left"), (180, "left"), (90, "front"), (270, "front")):
        np.testing.assert_allclose(seen("auto", azimuth), seen(side, azimuth))


def test_feet_stay_on_the_floor_when_the_hips_sink():
    clip = np.stack([before(squat(knee), 0) for knee in (180, 90)])
    ankles = inset(clip, "front").points[:, LIFT16.index("left_ankle")]
    pelvis = inset(clip, "front").points[:, LIFT16.index("pelvis")]
    assert ankles[0, 1] - ankles[1, 1] == pytest.approx(0, abs=70)  # seen a little from above
    assert pelvis[1, 1] - pelvis[0, 1] > 350


def test_from_above_the_head_is_near():
    above = seen("above", 0, body())
    assert above[LIFT16.index("head_top"), 2] < above[LIFT16.index("left_ankle"), 2] - 1000


def test_the_whole_clip_fits_into_the_square():
    view = inset(np.stack([before(squat(knee), 30) for knee in range(60, 180, 10)]), "left")
    image = np.zeros((200, 300, 3), np.uint8)
    view.draw(image, 5, 60, 20, 150)
    rows, columns = (image.max(-1) > 120).nonzero()
    assert columns.min() >= 60
    assert columns.max() < 210
    assert rows.min() >= 20
    assert rows.max() < 170


def test_a_wrong_side_is_said():
    with pytest.raises(ValueError, match=r"unknown side 'top'.*known: auto, front"):
        seen("top", 0)
    assert "auto" not in SIDES
