"""Joints as markers: TRC for OpenSim, C3D for tools of motion capture."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fitlab import __version__
from fitlab.export.sampling import EvenClip
from fitlab.extras import missing
from fitlab.skeletons import LIFT16
from fitlab.whole_files import whole_file, write_text

#: Camera axes (x right, y down, z away) as OpenSim has them: x to the right of the picture, y up, z to the camera.
Y_UP = np.diag([1.0, -1.0, -1.0])
#: Camera axes as laboratories have them in C3D: x to the right of the picture, y away from the camera, z up.
Z_UP = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])


def write_trc(path: Path, clip: EvenClip) -> None:
    """Write joints as a TRC file (Track Row Column), whole or not at all.

    Millimetres, y up. Every joint is a marker with fitlab's name. A gap is written as NaN, which OpenSim reads as a
    missing marker; empty cells would not do, since many readers take a row as words between white space.

    Parameters
    ----------
    path : Path
    clip : EvenClip

    References
    ----------
    OpenSim documentation, "Marker (.trc) Files".
    """
    points = clip.points @ Y_UP.T
    count, rate = len(points), f"{clip.rate:.10g}"
    numbers = range(1, len(LIFT16) + 1)
    head = {"DataRate": rate, "CameraRate": rate, "NumFrames": count, "NumMarkers": len(LIFT16), "Units": "mm"}
    head |= {"OrigDataRate": rate, "OrigDataStartFrame": 1, "OrigNumFrames": count}
    lines = [
        f"PathFileType\t4\t(X/Y/Z)\t{path.name}",
        "\t".join(head),
        "\t".join(map(str, head.values())),
        "\t".join(["Frame#", "Time", *(f"{name}\t\t" for name in LIFT16.joints)]),
        "\t".join(["", "", *(f"{axis}{number}" for number in numbers for axis in "XYZ")]),
        "",
    ]
    for number, (second, row) in enumerate(zip(clip.times, points.reshape(count, -1), strict=True), 1):
        cells = ("NaN" if np.isnan(value) else f"{value:.3f}" for value in row)
        lines.append("\t".join([str(number), f"{second:.6f}", *cells]))
    write_text(path, "\n".join(lines) + "\n")


def write_c3d(path: Path, clip: EvenClip) -> None:
    """Write joints as a C3D file, whole or not at all.

    Millimetres, z up (the parameters POINT:X_SCREEN and POINT:Y_SCREEN say so). Every joint is a point with fitlab's
    name as its label. A gap has the residual -1, which is the format's own mark of an invalid point.

    Parameters
    ----------
    path : Path
    clip : EvenClip

    Raises
    ------
    ImportError
        Without the package ezc3d.

    References
    ----------
    Motion Lab Systems, "The C3D File Format User Guide". B. Michaud and M. Begon, "ezc3d", JOSS 6(58), 2021.
    """
    try:
        import ezc3d
    except ImportError:
        raise missing("export", "C3D files are written by the package ezc3d, which is not installed") from None
    file = ezc3d.c3d()
    points = np.ones((4, len(LIFT16), len(clip.points)))
    points[:3] = (clip.points @ Z_UP.T).T
    known = ~np.isnan(points).any(0)
    file["parameters"]["POINT"]["RATE"]["value"] = [clip.rate]
    file["parameters"]["POINT"]["UNITS"]["value"] = ["mm"]
    file["parameters"]["POINT"]["LABELS"]["value"] = list(LIFT16.joints)
    file.add_parameter("POINT", "X_SCREEN", "+X")
    file.add_parameter("POINT", "Y_SCREEN", "+Z")
    file.add_parameter("MANUFACTURER", "COMPANY", "fitlab")
    file.add_parameter("MANUFACTURER", "SOFTWARE", "fitlab")
    file.add_parameter("MANUFACTURER", "VERSION_LABEL", __version__)
    file["data"]["points"] = points
    file["data"]["meta_points"]["residuals"] = np.where(known, 0.0, -1.0)[None]
    with whole_file(path) as part:
        file.write(str(part))
