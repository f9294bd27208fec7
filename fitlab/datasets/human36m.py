"""Human3.6M: seven people in 15 everyday actions before four cameras, joints in space by motion capture.

Ionescu, Papava, Olaru and Sminchisescu, "Human3.6M: Large Scale Datasets and Predictive Methods for 3D Human Sensing in
Natural Environments", TPAMI 2014. For research; to be had from its authors. This module reads the files that the
repositories of VideoPose3D and SemGCN make of it, in ``human36m/`` of the data folder: ``data_3d_h36m.npz`` and
``data_2d_h36m_NAME.npz``, the joints in the picture as the cameras show them (``gt``) or as a detector found them
(``cpn_ft_h36m_dbb``, ``sh_ft_h36m``, ``sh_pt_mpii``...).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from fitlab.bodies import body_height
from fitlab.cameras import field_of_view
from fitlab.datasets.io.objects import read_dictionary
from fitlab.datasets.records import PoseSet
from fitlab.folders import data_folder, require
from fitlab.metrics import relative
from fitlab.plain_files import HANDWRITTEN, file_text, parse_toml
from fitlab.poses import Pose2D
from fitlab.skeletons import H36M17, LIFT16, MPII16, Skeleton, convert, unknown

TRAINING, TEST = ("S1", "S5", "S6", "S7", "S8"), ("S9", "S11")
#: Who is kept from the training subjects to choose by: the usual protocol has no validation and chooses on the test.
VALIDATION = ("S8",)
ACTIONS = (
    *("Directions", "Discussion", "Eating", "Greeting", "Phoning", "Photo", "Posing", "Purchases", "Sitting"),
    *("SittingDown", "Smoking", "Waiting", "WalkDog", "Walking", "WalkTogether"),
)
_OTHER_NAMES = {"TakingPhoto": "Photo", "WalkingDog": "WalkDog"}

#: px, median; joints that a camera shows farther than this from where the file has them were not seen by it.
MISPLACED = 50.0

_NAMED = dict(zip((0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27), H36M17.joints, strict=True))
#: The 32 joints of the motion capture; those without a name here are fingers, toes and copies of others.
H36M32 = Skeleton("H36M32", tuple(_NAMED.get(index, f"other_{index}") for index in range(32)), ())
#: Sixteen joints of a hourglass that was fine-tuned on Human3.6M: in MPII's order, but spine, thorax and head are
#: where Human3.6M has them.
_TUNED16 = Skeleton(
    "TUNED16", tuple({"thorax": "spine", "upper_neck": "thorax"}.get(name, name) for name in MPII16.joints), ()
)

Tracks = dict[str, dict[str, np.ndarray]]


@dataclass(frozen=True)
class Camera:
    """A camera of the data set.

    Parameters
    ----------
    centre, focal : (2,) px
    radial, tangential : (3,), (2,)
        Of the lens.
    size : (width, height) px
    rotation, place : (3, 3), (3,) mm
        From the camera's axes to the world's (z up), and where it stands.
    """

    centre: np.ndarray
    focal: np.ndarray
    radial: np.ndarray
    tangential: np.ndarray
    size: tuple[int, int]
    rotation: np.ndarray
    place: np.ndarray

    def to_camera(self, world: np.ndarray) -> np.ndarray:
        """World points in the camera's axes, by the inverse extrinsics.

        Parameters
        ----------
        world
            (..., J, 3) mm.

        Returns
        -------
        np.ndarray
            (..., J, 3) mm.
        """
        return (world - self.place) @ self.rotation

    def project(self, camera: np.ndarray) -> np.ndarray:
        """Camera points in pixels, through the lens as the data set defines it.

        Parameters
        ----------
        camera
            (..., J, 3) mm, in the camera's axes.

        Returns
        -------
        np.ndarray
            (..., J, 2) px.
        """
        plane = camera[..., :2] / camera[..., 2:]
        square = np.square(plane).sum(-1, keepdims=True)
        stretched = 1 + sum(factor * square ** (power + 1) for power, factor in enumerate(self.radial))
        sideways = (plane * self.tangential[::-1]).sum(-1, keepdims=True)
        bent = plane * (stretched + sideways) + self.tangential[::-1] * square
        return bent * self.focal + self.centre


def read(
    subjects: Sequence[str],
    joints: str = "gt",
    every: int = 1,
    folder: Path | None = None,
    actions: Sequence[str] = ACTIONS,
) -> PoseSet:
    """People before the four cameras.

    Parameters
    ----------
    subjects
        As :data:`TRAINING` or :data:`TEST` names them.
    joints
        Which joints in the picture: the NAME of ``data_2d_h36m_NAME.npz``.
    every
        One frame in so many is taken; the recordings have 50 a second.
    folder
        Of the files; by default ``human36m`` in the data folder.
    actions
        Some of :data:`ACTIONS`.

    Returns
    -------
    PoseSet
        Groups are the actions, people the subjects.

    Raises
    ------
    FileNotFoundError
        Where a file is not there.
    ValueError
        For files in another layout, missing subjects, joints that are unknown or too many or few, numbers of cameras or
        frames that differ, and cameras that see the joints elsewhere; with file, key and what was expected.
    """
    for action in actions:
        if action not in ACTIONS:
            raise ValueError(unknown(action, ACTIONS, "action of Human3.6M"))
    folder = Path(folder) if folder else data_folder() / "human36m"
    space_file = require(folder / "data_3d_h36m.npz", "the joints in space of Human3.6M")
    picture_file = require(folder / f"data_2d_h36m_{joints}.npz", f"the joints {joints} of Human3.6M")
    space = read_dictionary(space_file, "positions_3d")
    picture = read_dictionary(picture_file, "positions_2d")
    skeleton = _layout(picture_file)
    parts = []
    for subject in subjects:
        views = cameras(subject, folder)
        for file, content in ((space_file, space), (picture_file, picture)):
            if subject not in content:
                raise ValueError(f"{file}: there is no subject {subject}; it has {', '.join(map(str, content))}")
        for track, world in space[subject].items():
            action = _action(track)
            if action not in actions:
                continue
            where = f"{subject} {track!r}"
            world = 1000 * _checked(world, (None, len(H36M32), 3), space_file, where)
            shown = _shown(picture[subject], track, len(world), len(skeleton), picture_file, where, len(views))
            for number, (view, points) in enumerate(zip(views, shown, strict=True)):
                camera = view.to_camera(convert(world[::every], H36M32, LIFT16))
                points = points[::every]
                _check_place(view.project(camera), points, skeleton, f"{picture_file}: {where}, camera {number}")
                parts.append((subject, action, view, camera, points))
    if not parts:
        raise ValueError(f"{space_file}: there is nothing of {', '.join(subjects)} doing {', '.join(actions)}")
    return _pose_set(f"human36m {joints} of {', '.join(subjects)}", parts, skeleton)


def _pose_set(name: str, parts: list[tuple], skeleton: Skeleton) -> PoseSet:
    counts = [len(points) for *_, points in parts]

    def of_each(values: list) -> np.ndarray:
        return np.repeat(np.array(values), counts, axis=0)

    points = np.concatenate([points for *_, points in parts])
    truth = np.concatenate([camera for *_, camera, _ in parts])
    sizes = of_each([view.size for _, _, view, _, _ in parts])
    shown = of_each([field_of_view(max(view.size), view.focal.mean()) for _, _, view, _, _ in parts])
    return PoseSet(
        name,
        Pose2D(points, np.ones(points.shape[:-1]), sizes, skeleton=skeleton),
        relative(truth),
        of_each([subject for subject, *_ in parts]),
        of_each([action for _, action, *_ in parts]),
        body_height(truth),
        shown,
    )


@cache
def cameras(subject: str, folder: Path) -> tuple[Camera, ...]:
    """The four cameras as they stood for a subject.

    Parameters
    ----------
    subject
        Such as ``S9``.
    folder
        Whose ``cameras.toml``, if there is one, is taken in the place of fitlab's own.

    Returns
    -------
    tuple of Camera

    Raises
    ------
    ValueError
        For a subject without cameras, and a file that is not as the one beside this module.
    """
    own = folder / "cameras.toml"
    file = own if own.is_file() else Path(__file__).with_suffix(".toml")
    facts = parse_toml(file_text(file, HANDWRITTEN, "the cameras of Human3.6M"), str(file))
    if subject not in facts.get("subject", {}):
        known = tuple(facts.get("subject", {}))
        raise ValueError(f"{file}: subject: {unknown(subject, known, 'subject with cameras')}")
    placed = facts["subject"][subject]
    if not len(facts["camera"]) == len(placed["turn"]) == len(placed["place"]):
        raise ValueError(f"{file}: subject.{subject}: expected turn and place of {len(facts['camera'])} cameras")
    return tuple(
        Camera(  # type: ignore[misc]
            *(np.array(lens[name]) for name in ("centre", "focal", "radial", "tangential")),  # type: ignore[arg-type]
            size=tuple(lens["size"]),
            rotation=_rotation(np.array(turn)),
            place=np.array(place),
        )
        for lens, turn, place in zip(facts["camera"].values(), placed["turn"], placed["place"], strict=True)
    )


def _rotation(quaternion: np.ndarray) -> np.ndarray:
    """(3, 3) of a quaternion (w, x, y, z)."""
    w, x, y, z = quaternion / np.linalg.norm(quaternion)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def _layout(file: Path) -> Skeleton:
    """Which joints a file of joints in the picture has, by its count and by which of them are left and right."""
    about = read_dictionary(file, "metadata")
    left = tuple(tuple(side) for side in about.get("keypoints_symmetry", ()))[:1]
    layouts = {
        (17, ((4, 5, 6, 11, 12, 13),)): H36M17,
        (16, ((4, 5, 6, 10, 11, 12),)): LIFT16,
        (16, ((3, 4, 5, 13, 14, 15),)): MPII16 if "mpii" in file.stem else _TUNED16,
    }
    found = (about.get("num_joints"), left)
    if found not in layouts:
        raise ValueError(
            f"{file}: metadata: {found[0]} joints with {left} on the left are no layout that is known; expected "
            "Human3.6M's 17 joints, the same without the nose, or MPII's 16"
        )
    return layouts[found]


def _action(track: str) -> str:
    """``Walking`` for the recording ``Walking 1``."""
    name = str(track).split(" ")[0]
    return _OTHER_NAMES.get(name, name)


def _shown(tracks: dict, track: str, frames: int, joints: int, file: Path, where: str, count: int) -> list[np.ndarray]:
    """The joints in the picture before each camera, as many frames as there are in space: some videos run on."""
    if track not in tracks:
        raise ValueError(f"{file}: {where} is missing; {file.parent.name} has it in space")
    if len(tracks[track]) != count:
        raise ValueError(f"{file}: {where}: expected joints before {count} cameras, got {len(tracks[track])}")
    shown = []
    for number, points in enumerate(tracks[track]):
        points = _checked(points, (None, joints, None), file, f"{where}, camera {number}")[..., :2]
        if len(points) < frames:
            raise ValueError(f"{file}: {where}, camera {number}: expected {frames} frames, got {len(points)}")
        shown.append(points[:frames])
    return shown


def _checked(points: object, shape: tuple[int | None, ...], file: Path, where: str) -> np.ndarray:
    """``points`` as floats; ValueError for another shape than ``shape`` (None: any), or numbers that are none."""
    points = np.asarray(points)
    fits = points.ndim == len(shape) and all(
        want in (None, have) for want, have in zip(shape, points.shape, strict=True)
    )
    if not fits or points.dtype.kind != "f":
        wanted = ", ".join("any" if side is None else str(side) for side in shape)
        raise ValueError(f"{file}: {where}: expected numbers of shape ({wanted}), got {points.dtype} {points.shape}")
    if not np.isfinite(points).all():
        frame = int(np.flatnonzero(~np.isfinite(points).all((1, 2)))[0])
        raise ValueError(f"{file}: {where}: a joint of frame {frame} is not a number")
    return points.astype(float)


def _check_place(expected: np.ndarray, points: np.ndarray, skeleton: Skeleton, where: str) -> None:
    """ValueError where the joints are not where the camera shows them."""
    ends = ("left_wrist", "right_wrist", "left_ankle", "right_ankle")
    error = expected[:, LIFT16.indices(list(ends))] - points[:, skeleton.indices(list(ends))]
    median = float(np.median(np.linalg.norm(error, axis=-1))) if len(points) else 0.0
    if median > MISPLACED:
        raise ValueError(
            f"{where}: wrists and ankles are {median:.0f} px (median) from where the camera shows them: expected the "
            "joints of that camera in pixels, and joints in space in metres, z up"
        )
