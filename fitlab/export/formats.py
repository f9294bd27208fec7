"""The formats of motion files by the ending of their names."""

from __future__ import annotations

from pathlib import Path

from numpy.typing import ArrayLike

from fitlab.export.bvh import write_bvh
from fitlab.export.markers import write_c3d, write_trc
from fitlab.export.sampling import evenly
from fitlab.gravity import standing_upright
from fitlab.poses import Pose3D
from fitlab.skeletons import unknown

#: Ending -> what writes such a file of an :class:`~fitlab.export.sampling.EvenClip`.
FORMATS = {".trc": write_trc, ".c3d": write_c3d, ".bvh": write_bvh}


def write(path: str | Path, times: ArrayLike, pose: Pose3D) -> None:
    """Write a clip of poses for other tools, in the format that the ending of the name says.

    The files have an even frame rate: a clip without one is taken in between its frames
    (:func:`fitlab.export.sampling.evenly`). Joints that are not seen are gaps. The pelvis is where the pose has it: at
    the origin, unless the pose says otherwise. Up is against gravity, in one direction for the whole clip, by what the
    poses tell of it (:func:`fitlab.gravity.gravity`).

    Parameters
    ----------
    path : str or Path
        ``.trc`` (:func:`~fitlab.export.markers.write_trc`), ``.c3d`` (:func:`~fitlab.export.markers.write_c3d`) or
        ``.bvh`` (:func:`~fitlab.export.bvh.write_bvh`).
    times : (T,) array
        Seconds of the frames.
    pose : Pose3D (T, 16, 3)
        In LIFT16 and camera axes.

    Raises
    ------
    ValueError
        For another ending, and for poses and times as :func:`~fitlab.export.sampling.evenly` refuses them.
    ImportError
        For C3D without the package ezc3d.
    OSError
        If the file cannot be written.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending not in FORMATS:
        raise ValueError(unknown(ending, tuple(FORMATS), "ending of a motion file"))
    FORMATS[ending](path, evenly(times, standing_upright(pose)))
