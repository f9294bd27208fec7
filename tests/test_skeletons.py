import numpy as np
import pytest

from fitlab.skeletons import (
    COCO17,
    H36M17,
    LIFT16,
    MPII16,
    SKELETONS,
    both_sides,
    convert,
    convert_scores,
    mirrored_name,
    side_of,
    unknown,
    without_side,
)


@pytest.mark.parametrize("skeleton", SKELETONS.values(), ids=SKELETONS)
def test_every_skeleton_is_sound(skeleton):
    assert len(set(skeleton.joints)) == len(skeleton)
    assert np.array_equal(np.array(skeleton.mirror)[list(skeleton.mirror)], np.arange(len(skeleton)))
    assert set(skeleton.bone_indices.ravel()) <= set(range(len(skeleton)))
    assert str(len(skeleton)) in skeleton.name


def test_orders_are_the_published_ones():
    assert [MPII16.index(name) for name in ("right_ankle", "pelvis", "thorax", "head_top", "left_wrist")] == [
        0,
        6,
        7,
        9,
        15,
    ]
    assert [H36M17.index(name) for name in ("pelvis", "right_hip", "spine", "thorax", "nose", "right_wrist")] == [
        0,
        1,
        7,
        8,
        9,
        16,
    ]
    assert [COCO17.index(name) for name in ("nose", "left_shoulder", "right_ankle")] == [0, 5, 16]
    assert LIFT16.joints == tuple(name for name in H36M17.joints if name != "nose")


def test_left_and_right_are_told_apart_by_name_only():
    assert mirrored_name("left_knee") == "right_knee"
    assert mirrored_name(mirrored_name("right_wrist")) == "right_wrist"
    assert mirrored_name("pelvis") == "pelvis"
    assert mirrored_name("upper_left") == "upper_left"


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [("knee", "did you mean right_knee or left_knee?"), ("left_kne", "left_knee"), ("leftknee", "left_knee")],
)
def test_an_unknown_joint_gets_suggestions(name, suggestion):
    with pytest.raises(ValueError, match=f"unknown joint of MPII16 '{name}'") as caught:
        MPII16.index(name)
    assert suggestion in str(caught.value).split("known:")[0]


@pytest.mark.parametrize("name", ["", "zzz", None, 7])
def test_without_anything_near_all_is_listed(name):
    sentence = unknown(name, LIFT16.joints, "joint")
    assert "did you mean" not in sentence
    assert "left_wrist" in sentence


def numbered(skeleton):
    """Joint number n at (n, -n)."""
    count = np.arange(len(skeleton), dtype=float)
    return np.stack([count, -count], axis=-1)


def test_conversion_goes_by_name_not_by_index():
    """MPII's thorax is H36M's thorax; its spine, which MPII lacks, is half way down to the pelvis."""
    points = numbered(MPII16)
    lifted = convert(points, MPII16, LIFT16)
    for name in set(MPII16.joints) & set(LIFT16.joints):
        assert np.array_equal(lifted[LIFT16.index(name)], points[MPII16.index(name)]), name
    pelvis, thorax = points[MPII16.index("pelvis")], points[MPII16.index("thorax")]
    assert np.array_equal(lifted[LIFT16.index("spine")], (pelvis + thorax) / 2)


def test_coco_has_its_trunk_derived_and_no_head_top():
    points = numbered(COCO17)
    lifted = convert(points, COCO17, LIFT16)
    assert lifted[LIFT16.index("pelvis")].tolist() == [11.5, -11.5]
    assert lifted[LIFT16.index("thorax")].tolist() == [5.5, -5.5]
    assert lifted[LIFT16.index("spine")].tolist() == [8.5, -8.5]
    assert np.isnan(lifted[LIFT16.index("head_top")]).all()


def test_a_clip_in_space_keeps_its_axes():
    assert convert(np.zeros((2, 5, 16, 3)), MPII16, H36M17).shape == (2, 5, 17, 3)


def test_points_of_another_skeleton_are_refused():
    with pytest.raises(ValueError, match=r"\(\.\.\., 16, C\) points of MPII16, got shape \(17, 2\)"):
        convert(np.zeros((17, 2)), MPII16, LIFT16)


def test_a_derived_joint_is_as_sure_as_its_less_sure_parent():
    score = np.ones(16)
    score[MPII16.index("thorax")] = 0.4
    lifted = convert_scores(score, MPII16, LIFT16)
    assert lifted[LIFT16.index("spine")] == 0.4
    assert convert_scores(np.ones(17), COCO17, LIFT16)[LIFT16.index("head_top")] == 0


def test_a_name_has_a_side_or_none():
    assert both_sides("knee") == ("left_knee", "right_knee")
    assert [side_of(name) for name in ("left_knee", "right_wrist", "pelvis", "leftover")] == ["left", "right", "", ""]
    assert [without_side(name) for name in ("left_knee", "right_knee", "pelvis")] == ["knee", "knee", "pelvis"]
