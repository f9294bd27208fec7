"""The two records that travel through fitlab: 2D joints in a photo, 3D joints in front of its camera."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fitlab.skeletons import LIFT16, MPII16, SKELETONS, Skeleton

#: A joint with a lower score is treated as not seen.
SEEN = 0.3
#: The states of a joint: outside the picture, hidden in it, or visible; the order of ``visibility``.
OUTSIDE, HIDDEN, VISIBLE = 0, 1, 2
_OPTIONAL = ("covariance", "depth", "visibility")
#: No joint of a pose in shares of the picture is larger, as it may be a little outside; fewer joints tell nothing.
_A_SHARE, _SEVERAL = 1.5, 4


@dataclass(frozen=True)
class Pose2D:
    """Joints in pixels of the original image.

    Leading axes are free: one pose is ``(J, 2)``, a clip is ``(T, J, 2)``.

    Parameters
    ----------
    points : (..., J, 2) array
        Pixels; x right, y down; the centre of the top-left pixel is (0, 0). NaN where unknown.
    score : (..., J) array
        Keypoint scores, 0..1: how probable it is that the joint is where ``points`` says.
    image_size : (width, height) or (..., 2) array
        Pixels; one size for all poses, or each pose's own.
    covariance : (..., J, 2, 2) array, optional
        px², where the detector gives it.
    skeleton : Skeleton
        Which joint is which. Every detector of fitlab answers in MPII16.
    depth : (..., J, 2) array, optional
        Pixels, where the detector gives it: how far each joint is behind the pelvis, at the scale of the picture there,
        and the mean absolute error to be expected.
    visibility : (..., J, 3) array, optional
        Probabilities that the joint is outside the picture, hidden in it, or visible, where the detector gives them.

    Raises
    ------
    ValueError
        For wrong shapes, infinite coordinates, or scores outside 0..1.
    """

    points: np.ndarray
    score: np.ndarray
    image_size: tuple[int, int] | np.ndarray
    covariance: np.ndarray | None = None
    skeleton: Skeleton = MPII16
    depth: np.ndarray | None = None
    visibility: np.ndarray | None = None

    def __post_init__(self) -> None:
        points = _checked_points(self.points, self.skeleton, 2, "Pose2D")
        score = _checked_score(self.score, points, "Pose2D")
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "score", score)
        object.__setattr__(self, "image_size", _checked_size(self.image_size, points))
        if self.covariance is not None:
            covariance = np.asarray(self.covariance, dtype=float)
            if covariance.shape != (*points.shape, 2):
                raise ValueError(f"covariance must be {(*points.shape, 2)} px², got {covariance.shape}")
            object.__setattr__(self, "covariance", covariance)
        for name, width in (("depth", 2), ("visibility", 3)):
            values = getattr(self, name)
            if values is not None:
                values = np.asarray(values, dtype=float)
                if values.shape != (*points.shape[:-1], width):
                    raise ValueError(f"{name} must be {(*points.shape[:-1], width)}, got {values.shape}")
                object.__setattr__(self, name, values)

    def __getitem__(self, frame: Any) -> Pose2D:
        """The pose of one frame, or of a slice of frames, of a clip."""
        optional = {name: getattr(self, name) for name in _OPTIONAL}
        chosen = {name: None if values is None else values[frame] for name, values in optional.items()}
        size = self.image_size if isinstance(self.image_size, tuple) else self.image_size[frame]
        return replace(self, points=self.points[frame], score=self.score[frame], image_size=size, **chosen)  # type: ignore[arg-type]

    @classmethod
    def stacked(cls, poses: Sequence[Pose2D]) -> Pose2D:
        """Poses of single pictures as one record with a leading axis; each keeps the size of its own picture.

        Parameters
        ----------
        poses : sequence of N Pose2D, each (J, 2)

        Returns
        -------
        Pose2D (N, J, 2)
            ``image_size`` is (N, 2). Covariance, depth and visibility are there where every pose of somebody has them;
            a pose of nobody has NaN in their place.

        Raises
        ------
        ValueError
            If there is no pose, or if they have different skeletons.
        """
        if not poses or len({pose.skeleton.name for pose in poses}) > 1:
            raise ValueError("poses are stacked where there is at least one, and all have the same skeleton")
        whole: dict[str, list[np.ndarray]] = {}
        for name in _OPTIONAL:
            known = [getattr(pose, name) for pose in poses if getattr(pose, name) is not None]
            if known and all(getattr(pose, name) is not None or np.isnan(pose.points).all() for pose in poses):
                unknown = np.full_like(known[0], np.nan)
                whole[name] = [unknown if getattr(pose, name) is None else getattr(pose, name) for pose in poses]
        return cls(
            np.stack([pose.points for pose in poses]),
            np.stack([pose.score for pose in poses]),
            np.stack([pose.image_size for pose in poses]),
            skeleton=poses[0].skeleton,
            **{name: np.stack(values) for name, values in whole.items()},
        )

    @property
    def found(self) -> bool:
        """Whether any joint is seen: a photo without a person has none."""
        return bool(((self.score >= SEEN) & ~np.isnan(self.points).any(-1)).any())

    def joint(self, name: str) -> np.ndarray:
        """One joint.

        Parameters
        ----------
        name : str
            Such as ``left_knee``.

        Returns
        -------
        (..., 2) array
            Pixels.

        Raises
        ------
        ValueError
            With suggestions, for a joint that the skeleton does not have.
        """
        return self.points[..., self.skeleton.index(name), :]


@dataclass(frozen=True)
class Pose3D:
    """Joints in millimetres in the axes of the camera, the pelvis at the origin.

    Leading axes are free: one pose is ``(J, 3)``, a clip is ``(T, J, 3)``.

    Parameters
    ----------
    points : (..., J, 3) array
        Millimetres; x right, y down, z away from the camera. NaN where unknown.
    score : (..., J) array
        0..1, carried over from the joints in the picture.
    samples : (S, ..., J, 3) array, optional
        Millimetres; the same pose lifted S times under the detector's uncertainty, for intervals.
    skeleton : Skeleton
        Which joint is which. Every lifter of fitlab answers in LIFT16.
    hidden : (..., J) array, optional
        How probable it is that the picture does not show the joint: hidden in it or outside; where the detector says.

    Raises
    ------
    ValueError
        For wrong shapes, infinite coordinates, or scores or probabilities outside 0..1.
    """

    points: np.ndarray
    score: np.ndarray
    samples: np.ndarray | None = None
    skeleton: Skeleton = LIFT16
    hidden: np.ndarray | None = None

    def __post_init__(self) -> None:
        points = _checked_points(self.points, self.skeleton, 3, "Pose3D")
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "score", _checked_score(self.score, points, "Pose3D"))
        if self.samples is not None:
            samples = np.asarray(self.samples, dtype=float)
            if samples.shape[1:] != points.shape:
                raise ValueError(f"samples must be (S, {', '.join(map(str, points.shape))}), got {samples.shape}")
            object.__setattr__(self, "samples", samples)
        if self.hidden is not None:
            object.__setattr__(self, "hidden", _checked_score(self.hidden, points, "Pose3D hidden"))

    def __getitem__(self, frame: Any) -> Pose3D:
        """The pose of one frame, or of a slice of frames, of a clip."""
        samples = None if self.samples is None else np.stack([sample[frame] for sample in self.samples])
        hidden = None if self.hidden is None else self.hidden[frame]
        return replace(self, points=self.points[frame], score=self.score[frame], samples=samples, hidden=hidden)

    def joint(self, name: str) -> np.ndarray:
        """One joint.

        See :meth:`Pose2D.joint` for the parameters and errors.

        Returns
        -------
        (..., 3) array
            Millimetres.
        """
        return self.points[..., self.skeleton.index(name), :]


def check_pose2d(pose: object) -> None:
    """Refuse what is not a :class:`Pose2D`, such as points alone: they tell neither scores nor the picture's size.

    Raises
    ------
    TypeError
        That says how to make one.
    ValueError
        For points that are shares of the picture, as some programs give them, and not pixels.
    """
    if not isinstance(pose, Pose2D):
        raise TypeError(
            f"joints in a picture are a Pose2D, got {type(pose).__name__}; make one of points in pixels, their scores "
            "and the picture's size: fitlab.Pose2D(points, score, (width, height))"
        )
    known = pose.points[np.isfinite(pose.points).all(-1) & (pose.score >= SEEN)]
    if len(known) >= _SEVERAL and np.abs(known).max() <= _A_SHARE < np.min(pose.image_size) / 10:
        raise ValueError(
            "all joints lie in one corner pixel of the picture, as if they were shares of its width and height; "
            "multiply them by these"
        )


def check_lift16(pose: Pose3D, what: str = "angles are measured on") -> None:
    """Refuse a pose in another skeleton than LIFT16.

    Parameters
    ----------
    pose
    what
        Is done with such poses only, as the error says.

    Raises
    ------
    ValueError
        That says which skeleton it has.
    """
    if pose.skeleton.joints != LIFT16.joints:
        raise ValueError(
            f"{what} poses in LIFT16, as the lifters give them, got one in {pose.skeleton.name}; "
            "bring its points there with fitlab.skeletons.convert"
        )


def _checked_points(points: np.ndarray, skeleton: Skeleton, axes: int, what: str) -> np.ndarray:
    points = np.asarray(points, dtype=float)
    if points.ndim < 2 or points.shape[-2:] != (len(skeleton), axes):
        others = [name for name, other in SKELETONS.items() if points.shape[-2:] == (len(other), axes)]
        hint = f"; for other joints give skeleton={' or '.join(others)}" if others else ""
        raise ValueError(
            f"{what} points must be (..., {len(skeleton)}, {axes}) for {skeleton.name}, got {points.shape}{hint}"
        )
    if np.isinf(points).any():
        raise ValueError(f"{what} points must be finite, or NaN where a joint is unknown; got infinite coordinates")
    return points


def _checked_size(size: Sequence[int] | np.ndarray, points: np.ndarray) -> tuple[int, int] | np.ndarray:
    """(width, height) as a tuple of ints where it is one for all, else as an integer array (..., 2)."""
    sides = np.asarray(size)
    if sides.shape not in ((2,), (*points.shape[:-2], 2)) or not np.all(sides > 0):
        raise ValueError(
            f"image_size is (width, height) in pixels, both above 0, one or one for each of {points.shape[:-2]} poses; "
            f"got {size}"
        )
    return (int(sides[0]), int(sides[1])) if sides.ndim == 1 else sides.astype(int)


def _checked_score(score: np.ndarray, points: np.ndarray, what: str) -> np.ndarray:
    score = np.asarray(score, dtype=float)
    if score.shape != points.shape[:-1]:
        raise ValueError(f"{what} score must be {points.shape[:-1]}, one for each joint, got {score.shape}")
    if not ((score >= 0) & (score <= 1)).all():
        wrong = score[~((score >= 0) & (score <= 1))][0]
        raise ValueError(f"{what} scores must lie in 0..1 (0 where a joint is unknown), got {wrong:.3g}")
    return score
