"""Files of motion as other programs write them: one joint or bone that ends 10 to the left, whatever is said how.

The root is turned by 90 degrees about z, so that what pointed up (y) points to -x.
"""

import os

import numpy as np
import pytest
from motion_files import AMC, ASF, BVH

from fitlab.datasets.io import asf_amc, bvh

RADIANS = ":FULLY-SPECIFIED\n:RADIANS\n1\nroot 0 0 0 0 0 1.5707963268\na 0 0 0\n"


def lower_case(text: str) -> str:
    return text.replace("Zrotation", "zrotation").replace("Xposition", "xposition").replace("CHANNELS", "channels")


@pytest.mark.parametrize(
    ("content", "joint"),
    [
        (BVH, "A"),
        (BVH.replace("JOINT A", "JOINT Bip01 A"), "Bip01 A"),
        (BVH.replace("End Site", "End Site Toe"), "A"),
        (BVH.replace("Hips\n{", "Hips {").replace("A\n{", "A {").replace("}\n}\n}", "} } }"), "A"),
        (lower_case(BVH), "A"),
        (BVH.replace("\n", "\r\n").replace("Frames: 1", "  Frames :\t1"), "A"),
        ("\ufeff" + BVH, "A"),
        (BVH.encode("utf-16"), "A"),
    ],
    ids=["plain", "space", "named end", "braces", "small letters", "line ends", "byte-order mark", "UTF-16"],
)
def test_a_bvh_is_read_as_other_programs_read_it(content, joint, tmp_path):
    file = tmp_path / "a.bvh"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    joints, fps = bvh.read(file, unit_mm=1)
    assert fps == pytest.approx(100)
    np.testing.assert_allclose(joints[joint], [[-10, 0, 0]], atol=1e-9)
    np.testing.assert_allclose(joints[f"{joint}_end"], [[-15, 0, 0]], atol=1e-9)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BVH.replace("90 0 0 0 0 0", "90 0 0 0 0"), "line 19 has 8 numbers where 9 belong"),
        (BVH.replace("Frames: 1", "Frames: 2") + "0 0 0-90 0 0 0 0 0\n", "line 20 has '0-90' where a number belongs"),
        (BVH.replace("90", "nan"), "line 19 has 'nan' where a number belongs"),
        (BVH.replace("Frames: 1", "Frames: 2"), "announces 2 frames and has 1 lines"),
        (BVH.replace("Frames: 1", "Frames: one"), "line 17 has 'one'"),
        (BVH.replace("Frame Time: 0.01\n", ""), "line 18 should begin with 'Frame Time:'"),
        (BVH.replace("0.01", "0"), "line 18 gives a frame 0 seconds"),
        (BVH.replace("CHANNELS 3", "CHANNELS 4"), "line 9 announces 4 channels and has 3"),
        (BVH.replace("3 Zrotation", "3 Wrotation"), "line 9 has the channel 'Wrotation'"),
        (BVH.replace("OFFSET 0 10 0", "OFFSET 0 10"), "line 8 has 2 numbers where 3 belong"),
        (BVH.replace("}\n}\n}\n", "}\n}\n"), "hierarchy does not end"),
        (BVH.replace("JOINT A", "JOINT"), "line 6 names no joint"),
        (BVH.split("MOTION")[0], "no line MOTION"),
        (BVH.split("Frames")[0], "does not say its 'Frames:'"),
        ("MOTION\n" + BVH.split("MOTION\n")[1], "has no joints"),
    ],
)
def test_what_is_wrong_in_a_bvh_is_said_with_its_line(text, said, tmp_path):
    (tmp_path / "a.bvh").write_text(text)
    with pytest.raises(ValueError, match=f"a.bvh is not a BVH file that can be read: .*{said}"):
        bvh.read(tmp_path / "a.bvh")


def end_of_bone(asf: str, amc: str, folder) -> np.ndarray:
    """Inches."""
    (folder / "a.asf").write_text(asf, encoding="utf-8")
    (folder / "a.amc").write_text(amc, encoding="utf-8")
    return asf_amc.read(folder / "a.asf", folder / "a.amc")[0]["a"][0] / 25.4


@pytest.mark.parametrize(
    ("asf", "amc"),
    [
        (ASF, AMC),
        (ASF, RADIANS),
        (ASF.replace("angle deg", "angle rad"), AMC),
        (ASF.replace("angle deg", "angle rad"), RADIANS.replace(":RADIANS\n", "")),
        (ASF, AMC.replace(":DEGREES\n", "")),
        (ASF.replace("1.0", "0.5 inches").replace("length 10", "length 5"), AMC),
        (ASF.replace("10", "10 # arm").replace("name a", "name a   # the only one"), AMC.replace("90", "90 # turned")),
        ("\ufeff# written by hand\n" + ASF.replace(":units", ":UNITS"), "\ufeff" + AMC),
        (ASF.replace("\n", "\r\n"), AMC.replace("\n", "\r\n").replace(":DEGREES", ":degrees")),
    ],
    ids=["plain", "radians", "degrees", "skeleton's", "unsaid", "inches", "comments", "marks", "line ends"],
)
def test_asf_and_amc_say_their_units_in_many_ways(asf, amc, tmp_path):
    np.testing.assert_allclose(end_of_bone(asf, amc, tmp_path), [-10, 0, 0], atol=1e-6)


def test_the_axes_of_bones_have_the_skeletons_unit(tmp_path):
    """The bone turns about its own z, which its axis lays along the world's -y: from y it stays where it is."""
    degrees = ASF.replace("axis 0 0 0 XYZ", "axis 90 0 0 XYZ")
    radians = ASF.replace("axis 0 0 0 XYZ", "axis 1.5707963268 0 0 XYZ").replace("angle deg", "angle rad")
    turned = AMC.replace("a 0 0 0", "a 0 0 30")
    expected = end_of_bone(degrees, turned, tmp_path)
    np.testing.assert_allclose(expected, [-10, 0, 0], atol=1e-6)
    np.testing.assert_allclose(end_of_bone(radians, turned, tmp_path), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("asf", "amc", "said"),
    [
        (ASF, AMC.replace("a 0 0 0", "a 0 0"), "a.amc .* line 5 has 2 numbers where 3 belong"),
        (ASF, AMC.replace("a 0 0 0\n", ""), "a.amc .* frame 1 lacks a, which 3 numbers move"),
        (ASF, ":FULLY-SPECIFIED\n", "a.amc .* no frames"),
        (ASF.replace("angle deg", "angle grad"), AMC, "a.asf .* line 3 has angles in 'grad'; known: deg, rad"),
        (ASF.replace("length 1.0", "length 1.0 cm"), AMC, "a.asf .* line 2 has lengths of 1.0 cm; known: inches"),
        (ASF.replace("length 1.0", "length 0"), AMC, "line 2 has lengths of 0"),
        (ASF.replace("dof rx", "dof l"), AMC, "line 16 has the degree of freedom 'L'"),
        (ASF.replace("0 0 0 XYZ", "0 0 0 XYX"), AMC, "line 15 has axes in the order 'XYX'"),
        (ASF.replace("root a", "root b"), AMC, "line 20 names the bone 'b'"),
        (ASF.replace("position 0 0 0", "position 0 1 0"), AMC, "line 7 has a root whose position is not 0 0 0"),
    ],
)
def test_what_is_wrong_in_asf_and_amc_is_said_with_its_line(asf, amc, said, tmp_path):
    with pytest.raises(ValueError, match=said):
        end_of_bone(asf, amc, tmp_path)


def test_pipes_are_no_motion(tmp_path):
    os.mkfifo(tmp_path / "a.bvh")
    with pytest.raises(ValueError, match="is not a file but a device or a pipe"):
        bvh.read(tmp_path / "a.bvh")
