"""InfiniteForm's labels, in both formats, in tiny files: one person standing at the origin before a level camera."""

import json

import numpy as np
import pytest

from fitlab.datasets import infiniteform
from fitlab.datasets.infiniteform import camera_rotation, keep_well_detected
from fitlab.poses import HIDDEN, OUTSIDE, VISIBLE
from fitlab.skeletons import COCO17, LIFT16, MPII16

# Metres, z up, facing -y, so that left is +x.
BODY = {
    "pelvis": (0, 0, 1.0),
    "left_hip": (0.1, 0, 0.95),
    "right_hip": (-0.1, 0, 0.95),
    "left_knee": (0.1, -0.1, 0.5),
    "right_knee": (-0.1, -0.1, 0.5),
    "left_ankle": (0.1, 0, 0.1),
    "right_ankle": (-0.1, 0, 0.1),
    "spine2": (0, 0, 1.25),
    "neck": (0, 0, 1.5),
    "head": (0, 0, 1.6),
    "left_shoulder": (0.2, 0, 1.45),
    "left_elbow": (0.3, 0.05, 1.2),
    "left_wrist": (0.3, -0.1, 1.0),
    "right_shoulder": (-0.2, 0, 1.45),
    "right_elbow": (-0.3, 0.05, 1.2),
    "right_wrist": (-0.3, -0.1, 1.0),
}
FOCAL = 600


def pixel(place):
    """Seen from 3 m before the person, 1 m above the floor, in a picture of 640 x 480 px."""
    x, y, z = place
    return 320 + FOCAL * x / (3 + y), 240 - FOCAL * (z - 1) / (3 + y)


def picture(number=0, **changes):
    file = {"id": number, "file_name": f"{number:08d}.rgb.png", "width": 640, "height": 480}
    camera = {"camera_location": [0, -3, 1], "camera_pitch": 90, "camera_yaw": 0, "camera_roll": 0}
    return file | camera | {"avatar_exercise": "OVERHEAD_PRESS"} | changes


def person(number=0, **changes):
    joints = {}
    for name, place in BODY.items():
        x, y = pixel(place)
        joints[name] = {"x": x, "y": y, **dict(zip(("x_global", "y_global", "z_global"), place, strict=True))}
    return {"image_id": number, "percent_in_fov": 100.0, "joint_keypoints": joints, **changes}


def coco(number=0, **changes):
    """The published format: a person seen from the front, its nose and ears not labelled."""
    table = np.zeros((17, 3))
    for name in COCO17.joints[5:]:
        table[COCO17.index(name)] = *pixel(BODY[name]), 2
    for name, row in changes.items():
        table[COCO17.index(name)] = row
    return {"image_id": number, "keypoints": table.ravel().tolist(), "pose_category": "squat"}


@pytest.fixture
def written(tmp_path):
    def write(pictures, people):
        file = tmp_path / "annotations.json"
        file.write_text(json.dumps({"images": pictures, "annotations": people}))
        (tmp_path / "00").mkdir(exist_ok=True)
        for one in pictures:
            (tmp_path / "00" / f"{one['id']:08d}.rgb.png").touch()
        return file

    return write


def test_pixels_and_space_in_the_cameras_axes(written, tmp_path):
    photos = infiniteform.read(written([picture()], [person()]))
    space = photos.space[0]
    assert photos.images == (tmp_path / "00" / "00000000.rgb.png",)
    assert photos.groups.tolist() == ["overhead press"]
    assert photos.points[0, MPII16.index("pelvis")].tolist() == [320, 240]
    assert photos.points[0, MPII16.index("left_hip")].tolist() == [340, 250]
    assert photos.points[0, MPII16.index("upper_neck")] == pytest.approx([320, 120])
    assert np.isnan(photos.points[0, MPII16.index("head_top")]).all(), "SMPL-X has no joint there"
    assert space[LIFT16.index("pelvis")] == pytest.approx([0, 0, 0])
    assert space[LIFT16.index("left_hip")] == pytest.approx([100, 50, 0]), "right in the picture, 5 cm down"
    assert space[LIFT16.index("left_knee")] == pytest.approx([100, 500, -100]), "10 cm nearer"
    assert space[LIFT16.index("spine")] == pytest.approx([0, -250, 0])
    assert space[LIFT16.index("thorax")] == pytest.approx([0, -500, 0])
    assert np.isnan(space[LIFT16.index("head_top")]).all()


@pytest.mark.parametrize(
    ("angles", "world", "camera"),
    [
        ((90, 0, 0), (0, 1, 0), (0, 0, 1)),  # level: +y is straight ahead
        ((90, 0, 0), (1, 0, 0), (1, 0, 0)),
        ((90, 0, 0), (0, 0, 1), (0, -1, 0)),
        ((0, 0, 0), (0, 0, -1), (0, 0, 1)),  # pitch 0 looks at the floor
        ((90, 90, 0), (-1, 0, 0), (0, 0, 1)),  # turned left by a quarter
        ((180, 0, 0), (0, 0, 1), (0, 0, 1)),  # looks at the ceiling
    ],
)
def test_camera_angles(angles, world, camera):
    assert camera_rotation(*angles) @ world == pytest.approx(camera, abs=1e-12)


def test_without_the_size_of_the_picture_its_centre_is_fitted(written):
    file = picture()
    del file["width"], file["height"]
    assert len(infiniteform.read(written([file], [person()]))) == 1


def test_a_turned_camera_sees_the_same_person_from_the_side(written):
    """From the person's left (3 m along +x, looking along -x, yaw 90) the left arm is nearer than the right."""
    side = picture(camera_location=[3, 0, 1], camera_yaw=90)
    seen = person()
    for name, (x, y, z) in BODY.items():
        u, v = 320 + FOCAL * y / (3 - x), 240 - FOCAL * (z - 1) / (3 - x)
        seen["joint_keypoints"][name] |= {"x": u, "y": v}
    space = infiniteform.read(written([side], [seen])).space[0]
    assert space[LIFT16.index("left_shoulder")] == pytest.approx([0, -450, -200])
    assert space[LIFT16.index("right_shoulder")] == pytest.approx([0, -450, 200])


@pytest.mark.parametrize("changes", [{"camera_pitch": 0}, {"camera_yaw": 180}, {"camera_yaw": 40}, {"camera_roll": 90}])
def test_cameras_that_do_not_show_the_joints_at_their_pixels_are_refused(written, changes):
    with pytest.raises(ValueError, match=r"annotations.json: its cameras do not show the joints where they are"):
        infiniteform.read(written([picture(**changes)], [person()]))


def test_several_people_and_cut_off_ones_are_left_out_and_counted(written):
    pictures = [picture(number) for number in range(3)]
    people = [person(0), person(1), person(1), person(2, percent_in_fov=80.0)]
    people.append({"image_id": 0, "category_id": 2})  # a dumbbell
    file = written(pictures, people)
    labels = infiniteform.read(file)
    assert [image.name for image in labels.images] == ["00000000.rgb.png"]
    assert labels.left_out == {"several people": 1, "cut off": 1}
    assert len(infiniteform.read(file, whole=False)) == 2


def test_the_published_format(written):
    hidden = (*pixel(BODY["left_wrist"]), 1)
    pictures = [{"id": 0}, {"id": 1}]
    people = [coco(0, left_wrist=hidden), coco(1, left_ankle=(310, 500, 0))]
    file = written(pictures, people)
    labels = infiniteform.read(file)
    assert labels.left_out == {"several people": 0, "cut off": 1}
    points, visibility = labels.points[0], labels.visibility[0]
    assert labels.groups.tolist() == ["squat"]
    assert points[MPII16.index("pelvis")].tolist() == [320, 250], "between the hips"
    assert points[MPII16.index("left_hip")].tolist() == [340, 250]
    assert np.isnan(points[MPII16.indices(["head_top", "upper_neck"])]).all()
    shown = {name: visibility[MPII16.index(name)] for name in ("left_knee", "left_wrist", "thorax", "head_top")}
    assert shown == {"left_knee": VISIBLE, "left_wrist": HIDDEN, "thorax": VISIBLE, "head_top": HIDDEN}
    assert np.isnan(labels.space).all(), "this format has no places in the world"
    cut = infiniteform.read(file, whole=False)
    assert cut.visibility[1, MPII16.index("left_ankle")] == OUTSIDE
    assert cut.points[1, MPII16.index("left_ankle")].tolist() == [310, 500]


def test_badly_detected_pictures_are_rejected_and_counted(written):
    """The waist is 40 px, so a joint is right within 20 px; 0.6 of 15 labelled joints are 9."""
    labels = infiniteform.read(written([picture(0), picture(1)], [person(0), person(1)]))
    detected = labels.points.copy()
    detected += 19, 0
    detected[0, :6] += 200, 0
    detected[1, :7] += 200, 0
    kept, mask = keep_well_detected(labels, detected)
    assert mask.tolist() == [True, False]
    assert len(kept) == 1
    assert kept.space.shape == (1, 16, 3)
    assert kept.left_out == {"several people": 0, "cut off": 0, "badly detected": 1}


def test_missing_pictures_are_named(written, tmp_path):
    file = written([picture()], [person()])
    (tmp_path / "00" / "00000000.rgb.png").unlink()
    with pytest.raises(FileNotFoundError, match=r"1 pictures of annotations.json are missing, the first is 00000000"):
        infiniteform.read(file)


def test_pictures_of_one_name_in_two_folders_are_told_apart(tmp_path):
    for folder in ("a", "b", "elsewhere"):
        (tmp_path / folder).mkdir()
    for file in ("a/0.png", "b/0.png", "elsewhere/1.png"):
        (tmp_path / file).touch()
    file = tmp_path / "labels.json"

    def read(*names):
        pictures = [picture(number, file_name=name) for number, name in enumerate(names)]
        file.write_text(json.dumps({"images": pictures, "annotations": [person(k) for k in range(len(names))]}))
        return [image.relative_to(tmp_path).as_posix() for image in infiniteform.read(file).images]

    assert read("a/0.png", "b/0.png", "a/1.png") == ["a/0.png", "b/0.png", "elsewhere/1.png"]
    with pytest.raises(ValueError, match=r"c/0.png is not in .*2 there and 1 in the annotations are called 0.png"):
        read("c/0.png")
    with pytest.raises(ValueError, match=r"a/1.png is not in .*1 there and 2 in the annotations are called 1.png"):
        read("a/1.png", "b/1.png")


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_numbers_that_are_not_finite_are_refused(written, value):
    file = written([picture(camera_location=[value, -3, 1])], [person()])
    with pytest.raises(ValueError, match=r"not annotated as InfiniteForm is .*not finite"):
        infiniteform.read(file)
    with pytest.raises(ValueError, match=r"not annotated as InfiniteForm is .*not finite"):
        infiniteform.read(written([picture()], [coco(left_knee=(value, 1, 2))]), whole=False)


WITHOUT_TABLE = '{"images": [{"id": 0}], "annotations": [{"image_id": 0, "keypoints": 3}]}'


@pytest.mark.parametrize("text", ["{", "[]", '{"images": []}', WITHOUT_TABLE])
def test_other_json_is_refused(tmp_path, text):
    (tmp_path / "labels.json").write_text(text)
    with pytest.raises(ValueError, match=r"labels.json is not (JSON|annotated as InfiniteForm is)"):
        infiniteform.read(tmp_path / "labels.json")


def test_without_the_set_it_says_where_it_looked(tmp_path, monkeypatch):
    monkeypatch.setenv("FITLAB_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"InfiniteForm was not found at .*infiniteform/annotations.json"):
        infiniteform.read()
