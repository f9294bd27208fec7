"""A clip that the browser plays by itself: one set of meshes with keyframe tracks for every joint and bone."""

from __future__ import annotations

import numpy as np
import pythreejs as three
from fitlab_widgets import geometry, meshes

from fitlab.colours import bone_colour
from fitlab.skeletons import Skeleton


class Playback:
    """A moving skeleton for a scene: add ``group`` to it, then ``play(second)`` and ``pause()``.

    Nothing passes between kernel and browser while it plays. An unknown joint stays where it was last known.
    """

    def __init__(self, points: np.ndarray, skeleton: Skeleton, times: np.ndarray) -> None:
        """``points`` are (T, J, 3) in the scene's axes, in metres, at (T,) seconds, with T of at least 2."""
        times = np.asarray(times, float) - times[0]
        balls, ball_tracks = _joints(points, skeleton, times)
        tubes, tube_tracks = _bones(points, skeleton, times)
        self.group = three.Group(children=[*balls, *tubes], visible=False)
        clip = three.AnimationClip(tracks=[*ball_tracks, *tube_tracks], duration=float(times[-1]))
        self._action = three.AnimationAction(three.AnimationMixer(self.group), clip, self.group)

    def play(self, second: float = 0.0) -> None:
        """Show the skeleton and let it move from ``second`` on, round and round."""
        self.group.visible = True
        self._action.time = second
        self._action.play()

    def pause(self) -> None:
        """Stop and hide it."""
        self._action.pause()
        self.group.visible = False


def _joints(points: np.ndarray, skeleton: Skeleton, times: np.ndarray) -> tuple[list, list]:
    shape = three.SphereBufferGeometry(meshes.JOINT_RADIUS, 12, 8)
    colours = _materials(bone_colour((name, name)) for name in skeleton.joints)
    filled = last_known(points)
    parts = [
        three.Mesh(
            shape, colours[bone_colour((name, name))], name=f"joint{j}", visible=not np.isnan(filled[:, j]).any()
        )
        for j, name in enumerate(skeleton.joints)
    ]
    tracks = [_track(f"joint{j}.position", filled[:, j], times) for j in range(len(skeleton))]
    return parts, tracks


def _bones(points: np.ndarray, skeleton: Skeleton, times: np.ndarray) -> tuple[list, list]:
    shape = three.CylinderBufferGeometry(meshes.BONE_RADIUS, meshes.BONE_RADIUS, 1, 10)
    colours = _materials(bone_colour(bone) for bone in skeleton.bones)
    middle, axes, length = meshes.bone_frames(last_known(points), skeleton)
    turn = geometry.quaternion(axes)
    scale = np.stack([np.ones_like(length), np.maximum(length, 1e-6), np.ones_like(length)], -1)
    parts, tracks = [], []
    for b, bone in enumerate(skeleton.bones):
        seen = bool((length[:, b] > 0).any())
        parts.append(three.Mesh(shape, colours[bone_colour(bone)], name=f"bone{b}", visible=seen))
        tracks.append(_track(f"bone{b}.position", middle[:, b], times))
        tracks.append(_track(f"bone{b}.quaternion", turn[:, b], times, three.QuaternionKeyframeTrack))
        tracks.append(_track(f"bone{b}.scale", scale[:, b], times))
    return parts, tracks


def last_known(points: np.ndarray) -> np.ndarray:
    """Put each unknown joint where it was last known, or will first be known.

    Parameters
    ----------
    points
        (T, J, 3) in any unit.

    Returns
    -------
    np.ndarray
        (T, J, 3); NaN where a joint is never known.
    """
    filled = points.copy()
    for j in range(points.shape[1]):
        known = np.flatnonzero(~np.isnan(points[:, j]).any(-1))
        if len(known):
            latest = np.searchsorted(known, np.arange(len(points)), side="right") - 1
            filled[:, j] = points[known[np.maximum(latest, 0)], j]
    return filled


def _materials(colours) -> dict[str, three.MeshStandardMaterial]:
    return {colour: three.MeshStandardMaterial(color=colour, roughness=0.6) for colour in set(colours)}


def _track(name: str, values: np.ndarray, times: np.ndarray, kind: type = three.VectorKeyframeTrack):
    return kind(name=name, times=times.astype(np.float32), values=np.nan_to_num(values).astype(np.float32).ravel())
