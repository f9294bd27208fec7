"""Files of motion as texts: a root that is turned by 90 degrees about z, and one joint or bone 10 above it."""

BVH = """HIERARCHY
ROOT Hips
{
OFFSET 0 0 0
CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
JOINT A
{
OFFSET 0 10 0
CHANNELS 3 Zrotation Xrotation Yrotation
End Site
{
OFFSET 0 5 0
}
}
}
MOTION
Frames: 1
Frame Time: 0.01
0 0 0 90 0 0 0 0 0
"""
ASF = """:units
 length 1.0
 angle deg
:root
 order TX TY TZ RX RY RZ
 axis XYZ
 position 0 0 0
 orientation 0 0 0
:bonedata
 begin
 id 1
 name a
 direction 0 1 0
 length 10
 axis 0 0 0 XYZ
 dof rx ry rz
 end
:hierarchy
 begin
 root a
 end
"""
AMC = ":FULLY-SPECIFIED\n:DEGREES\n1\nroot 0 0 0 0 0 90\na 0 0 0\n"
