import numpy as np

from fitlab.datasets import lspet
from fitlab.datasets.records import PhotoSet
from fitlab.poses import OUTSIDE, VISIBLE
from fitlab.skeletons import MPII16

ROWS = {"head_top": 0, "upper_neck": 20, "thorax": 30, "shoulder": 30, "elbow": 60, "wrist": 90, "pelvis": 100}
ROWS |= {"hip": 100, "knee": 200, "ankle": 300}


def standing(count: int) -> PhotoSet:
    """People who stand, all alike; files are not looked at."""
    rows = [next(row for part, row in ROWS.items() if name.endswith(part)) for name in MPII16.joints]
    points = np.stack([np.full(16, 50.0), np.array(rows, float)], -1)
    points = np.repeat(points[None], count, 0)
    return PhotoSet("people", ("file",) * count, points, np.full((count, 16), VISIBLE), np.full(count, "sport"))


def outside(photos: PhotoSet, row: int) -> set[str]:
    return {name.split("_")[-1] for name, state in zip(MPII16.joints, photos.visibility[row], strict=True) if not state}


def test_photos_are_cut_where_people_cut_them():
    assert OUTSIDE == 0
    cut = lspet.cut_off(standing(4))
    assert cut.name == "people-cut"
    assert dict(zip(cut.groups, cut.ends[:, 1], strict=True)) == {
        "at the chest": 58,
        "below the hips": 115,
        "above the knees": 185,
        "above the ankles": 285,
    }
    legs = {"knee", "ankle"}
    assert [outside(cut, row) for row in range(4)] == [
        legs | {"elbow", "wrist", "hip", "pelvis"},
        legs,
        legs,
        {"ankle"},
    ]


def test_only_people_who_are_upright_and_labelled_are_cut():
    people = standing(3)
    people.points[0] = people.points[0][:, ::-1]  # lies
    people.points[1, MPII16.index("left_knee")] = np.nan
    cut = lspet.cut_off(people)
    assert len(cut) == 1
    assert cut.left_out == {"not upright, or not labelled": 2}


def test_people_are_halved_along_the_trunk():
    people = standing(3)
    sides = [-40 if name.startswith("right") else 40 if name.startswith("left") else 0 for name in MPII16.joints]
    people.points[:2, :, 0] += sides  # the last one is seen from the side
    people.points[1] = people.points[1][:, ::-1]  # lies
    half = lspet.halved(people)
    assert half.name == "people-halved"
    assert half.ends[:, 0].tolist() == [50]
    assert half.left_out == {"not upright, seen from the side, or not labelled": 2}
    assert [state == OUTSIDE for state in half.visibility[0]] == [
        not name.startswith("right") for name in MPII16.joints
    ]
