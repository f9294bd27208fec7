"""Recorded motion in a room with fixed cameras, as Human3.6M was recorded.

Four cameras stand round the room, each 4 to 5.5 m from the people, with a focal length of about 1,145 px for a picture
1,000 px wide, and people move about. A lifter that was trained in such a room has only ever seen these four views;
:data:`ELSEWHERE` are cameras of the same kind that stand between them, to see what it has learnt of the room.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from fitlab.bodies import body_height
from fitlab.cameras import field_of_view, intrinsics, look_at, project, to_camera
from fitlab.datasets import mocap
from fitlab.datasets.mocap import Motion
from fitlab.datasets.records import PoseSet
from fitlab.metrics import relative
from fitlab.poses import Pose2D
from fitlab.rotations import about_axis
from fitlab.skeletons import LIFT16

#: px, the side of a picture.
IMAGE = 1000
#: mm; nobody walks farther from the middle of the room.
ROOM = 800.0
_LOOKED_AT = np.array([0.0, 0.0, 900.0])
_UP = np.array([0.0, 0.0, 1.0])
_SEED = 36


@dataclass(frozen=True)
class Camera:
    """A camera of the room that looks at its middle.

    Parameters
    ----------
    azimuth
        Degrees round the room.
    distance, height
        mm from the middle along the floor, and above the floor.
    roll
        Degrees.
    focal
        px.
    """

    azimuth: float
    distance: float
    height: float
    roll: float
    focal: float

    def pose(self) -> tuple[np.ndarray, np.ndarray]:
        """Rotation and translation from the world's axes to the camera's.

        Returns
        -------
        tuple of np.ndarray
            (3, 3), and (3,) mm.
        """
        elevation = np.rad2deg(np.arctan2(self.height - _LOOKED_AT[2], self.distance))
        rotation = look_at(self.azimuth, elevation, self.roll)
        return rotation, np.array([0, 0, np.hypot(self.distance, self.height - _LOOKED_AT[2])]) - rotation @ _LOOKED_AT


FIXED = (
    Camera(azimuth=52, distance=4800, height=1560, roll=0.4, focal=1145),
    Camera(azimuth=131, distance=4500, height=1480, roll=-0.6, focal=1149),
    Camera(azimuth=229, distance=5000, height=1610, roll=0.2, focal=1144),
    Camera(azimuth=312, distance=4600, height=1450, roll=-0.3, focal=1146),
)

ELSEWHERE = (
    Camera(azimuth=5, distance=4400, height=1250, roll=0.5, focal=1145),
    Camera(azimuth=92, distance=5100, height=1900, roll=-0.4, focal=1147),
    Camera(azimuth=181, distance=4700, height=1100, roll=-0.2, focal=1146),
    Camera(azimuth=268, distance=4900, height=2100, roll=0.3, focal=1143),
)


@cache
def parts() -> dict[str, Motion]:
    """Everyday motion split by person and clip.

    Returns
    -------
    name -> Motion
        ``training``; ``validation``, other clips, to choose by; ``clips``, yet other clips, and ``person``, all clips
        of a person of whom there is nothing in the others, to be scored on once.
    """
    motion = mocap.load_packed(mocap.EVERYDAY)
    names = np.array([part_of(name) for name in motion.clip_names])[motion.clip]
    return {part: motion[names == part] for part in ("training", "validation", "clips", "person")}


def part_of(clip: str) -> str:
    """The part of :func:`parts` that a clip of the everyday motion belongs to.

    Clips are called ``01_05`` (person and number), or ``train/soccer/soccer_1`` where nobody tells the person.
    """
    number = int(clip.rsplit("_", 1)[1])
    if clip.startswith("02_"):
        return "person"
    if clip.startswith("test/") or ("/" not in clip and number % 5 == 0):
        return "clips"
    return "validation" if number % 5 == 4 else "training"


def film(
    motion: Motion, cameras: tuple[Camera, ...] = FIXED, name: str = "studio", every: int = 5, takes: int = 1
) -> PoseSet:
    """Motion in the room before its cameras.

    Parameters
    ----------
    motion
        N frames, z up.
    cameras
        Each sees every frame.
    name
        Of the set.
    every
        Takes each ``every``-th frame.
    takes
        How often each clip is done, each time facing another way: there are fewer clips than Human3.6M has.

    Returns
    -------
    PoseSet
        True joints, of all takes before the first camera, then the second, and so on. The intervals are over clips.
    """
    motion = motion[np.arange(0, len(motion), every)]
    world = np.concatenate([placed(motion, take) for take in range(takes)])
    clips = np.tile(np.array(motion.clip_names)[motion.clip], takes)
    seen = [to_camera(world, *camera.pose()) for camera in cameras]
    pixels = [project(one, intrinsics(camera.focal, IMAGE, IMAGE)) for one, camera in zip(seen, cameras, strict=True)]
    points = np.concatenate(pixels)
    shown = [field_of_view(IMAGE, np.full(len(world), camera.focal)) for camera in cameras]
    return PoseSet(
        name,
        Pose2D(points, np.ones(points.shape[:-1]), (IMAGE, IMAGE), skeleton=LIFT16),
        relative(np.concatenate(seen)),
        np.tile(clips, len(cameras)),
        np.tile([_activity(clip) for clip in clips], len(cameras)),
        np.tile(body_height(world), len(cameras)),
        np.concatenate(shown),
    )


def test_set(name: str) -> PoseSet:
    """Each fifth frame of a part of :func:`parts`; ``clips-elsewhere`` is ``clips`` before :data:`ELSEWHERE`."""
    part, elsewhere, _ = name.partition("-elsewhere")
    return film(parts()[part], ELSEWHERE if elsewhere else FIXED, f"studio-{name}")


def placed(motion: Motion, take: int = 0) -> np.ndarray:
    """Each clip about the middle of the room, turned to face anywhere, in each take elsewhere.

    Paths longer than the room are bent into it; since single frames are lifted, nothing but the place changes.

    Parameters
    ----------
    motion
    take
        Its number; another one turns the clips otherwise.

    Returns
    -------
    np.ndarray
        (N, 16, 3) mm, z up.
    """
    points = motion.points.astype(float).copy()
    for clip in np.unique(motion.clip):
        rows = motion.clip == clip
        # Drawn from the clip's name: a clip faces the same way in whatever part of the motion it is.
        turn = np.random.default_rng([_SEED, take, *motion.clip_names[clip].encode()]).uniform(0, 2 * np.pi)
        path = points[rows, 0] * [1, 1, 0]
        away = path - (path.min(0) + path.max(0)) / 2
        far = np.linalg.norm(away, axis=-1, keepdims=True) / ROOM
        inside = away * np.tanh(far) / np.maximum(far, 1e-9)
        points[rows] = (points[rows] - path[:, None] + inside[:, None]) @ about_axis(_UP, turn).T
    return points


def _activity(clip: str) -> str:
    return clip.split("/")[1] if "/" in clip else f"person {clip[:2]}"
