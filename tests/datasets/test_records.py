import numpy as np
import pytest

from fitlab.datasets.records import PhotoSet
from fitlab.poses import HIDDEN, OUTSIDE, VISIBLE
from fitlab.skeletons import MPII16


def photos(**more) -> PhotoSet:
    """Three pictures; files are not looked at."""
    points = np.zeros((3, 16, 2)) + np.arange(3)[:, None, None]
    return PhotoSet("three", tuple("abc"), points, np.full((3, 16), VISIBLE), np.array(["x", "y", "x"]), **more)


def test_a_part_has_the_rows_of_all_that_is_known():
    space, shown = np.zeros((3, 16, 3)), np.array([50.0, 60.0, 70.0])
    part = photos(space=space, field_of_view=shown, labels={"number": np.arange(3)}, left_out={"blurred": 2}).subset(
        [2, 0], left_out={"small": 1}
    )
    assert part.images == ("c", "a")
    assert part.points[:, 0, 0].tolist() == [2, 0]
    assert part.field_of_view.tolist() == [70, 50]
    assert part.people.tolist() == part.labels["number"].tolist() == [2, 0]
    assert part.space.shape == (2, 16, 3)
    assert part.left_out == {"blurred": 2, "small": 1}
    assert part.heights is None


@pytest.mark.parametrize("column", ["space", "people", "field_of_view", "image_size", "ends"])
def test_every_column_has_a_row_for_each_picture(column):
    with pytest.raises(ValueError, match=f"three: 3 images need {column} "):
        photos(**{column: np.zeros(2)})


def test_a_picture_ends_where_the_set_says():
    whole = np.arange(24).reshape(4, 2, 3)
    one = photos(ends=np.array([[2, 1], [1, 4], [9, 9]]))
    assert [one.picture(index, lambda file: whole).shape for index in range(3)] == [(1, 2, 3), (4, 1, 3), (4, 2, 3)]
    assert one.subset([1, 2]).ends.tolist() == [[1, 4], [9, 9]]
    assert len(photos().picture(0, lambda file: whole)) == 4


def test_pictures_are_as_large_as_what_is_shown():
    sizes = photos(image_size=np.full((3, 2), 100), ends=np.array([[200, 50], [30, 100], [200, 200]])).sizes()
    assert sizes.tolist() == [[100, 50], [30, 100], [100, 100]]


@pytest.mark.parametrize("ends", [[1, 2, 0], [1, 2, -3], [1.0, 2.5, 3.0]])
def test_pictures_of_no_or_broken_rows_are_refused(ends):
    with pytest.raises(ValueError, match="three: ends are whole numbers of columns and rows, 1 or more"):
        photos(ends=np.array([[5, rows] for rows in ends]))


def test_joints_outside_unlabelled_or_derived_are_not_judged():
    one = photos(derived=("pelvis",))
    one.visibility[0, 0] = OUTSIDE
    one.visibility[0, 1] = HIDDEN
    unknown = np.isnan(one.judged_points()[..., 0])
    assert unknown[0, 0]
    assert not unknown[0, 1], "hidden joints are judged"
    assert unknown[:, MPII16.index("pelvis")].all()
    assert unknown.sum() == 4


def test_poses_know_which_joints_are_labelled():
    one = photos(space=np.zeros((3, 16, 3)), image_size=np.full((3, 2), 100))
    one.points[1, 5] = np.nan
    poses = one.poses()
    assert poses.pose2d.score[1, 5] == 0
    assert poses.pose2d.score.sum() == 47
    assert np.isnan(poses.field_of_view).all()
    assert np.isnan(poses.heights).all()
    assert poses.photos is one
