"""Clips of synthetic people of the kinds that people film: what they do between repetitions, and what cameras do."""

from dataclasses import dataclass, replace

import numpy as np

from fitlab.evaluation.known_clips import between, filmed
from fitlab.exercises.course import Course, course
from fitlab.exercises.definition import load_exercises
from fitlab.lifting.clips import lift_tracks
from fitlab.poses import Pose2D
from fitlab.skeletons import LIFT16, MPII16
from fitlab.smoothing import person_extent, steady
from fitlab.synthetic.pose_sets import sample_clip

FPS = 15.0
PARTS = ("lift16", "mpii16")
PARTS_2D = ("points", "score", "covariance", "depth", "visibility")
SKELETONS = {"lift16": LIFT16, "mpii16": MPII16}


@dataclass(frozen=True)
class Act:
    """Joints of T frames, z up in mm, and the frames in which repetitions turn."""

    lift16: np.ndarray
    mpii16: np.ndarray
    turns: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.lift16)

    def __add__(self, other: "Act") -> "Act":
        turns = (*self.turns, *(len(self) + turn for turn in other.turns))
        return Act(*(np.concatenate([getattr(self, name), getattr(other, name)]) for name in PARTS), turns)

    def __getitem__(self, rows: slice) -> "Act":
        first, last, _ = rows.indices(len(self))
        turns = tuple(turn - first for turn in self.turns if first <= turn < last)
        return Act(self.lift16[rows], self.mpii16[rows], turns)


def repeated(exercise: str, seed: int, count: int = 4, depths: tuple[float, ...] = (), rest: float = 0.0) -> Act:
    """Somebody who repeats an exercise; one of ``depths`` below 1 goes a share of the way, and does not count.

    ``rest`` seconds pass after each. The same seed is the same person in every exercise.
    """
    depths = depths or (1.0,) * count
    drawn = sample_clip(exercise, seed, len(depths), FPS, "none", "test")
    path, turns = [], []
    for number, depth in enumerate(depths):
        rows = np.flatnonzero(drawn["repetition"] == number)
        phase = drawn["phase"][rows]
        far = int(phase.argmax())
        if depth == 1.0:
            turns.append(len(path) + int(np.flatnonzero(phase >= phase.max() - 1e-9).mean()))
            path += rows.tolist()
        else:
            out = rows[:far][phase[:far] <= depth * phase.max()]
            path += [*out, *out[::-1]]
        path += [path[-1]] * round(rest * FPS)
    still = np.flatnonzero(drawn["repetition"] < 0).tolist()
    moved = np.array([*still, *path, *[path[-1]] * len(still)])
    return Act(drawn["lift16"][moved], drawn["mpii16"][moved], tuple(len(still) + turn for turn in turns))


def going(first: Act, second: Act, seconds: float) -> Act:
    """The way from the last pose of one act to the first of another."""
    wanted = np.linspace(0, 1, round(seconds * FPS))
    ends = (np.stack([getattr(first, name)[-1], getattr(second, name)[0]]) for name in PARTS)
    return Act(*(between(pair, np.array([0.0, 1.0]), wanted * wanted * (3 - 2 * wanted)) for pair in ends))


def one_arm(act: Act, still: str) -> Act:
    """An act in which the arm of one side stays as it hangs in the first frame."""
    parts = []
    for name in PARTS:
        joints = getattr(act, name).copy()
        shoulder, *others = SKELETONS[name].indices([f"{still}_{joint}" for joint in ("shoulder", "elbow", "wrist")])
        for joint in others:
            joints[:, joint] = joints[:, shoulder] + (joints[0, joint] - joints[0, shoulder])
        parts.append(joints)
    return Act(*parts, act.turns)


def walked(first: Act, seconds: float = 3.0, metres: float = 2.0) -> Act:
    """Somebody who walks to where an act begins, from behind."""
    time = np.arange(round(seconds * FPS)) / FPS
    swing = np.deg2rad(25) * np.sin(2 * np.pi * time)
    parts = []
    for name in PARTS:
        skeleton, pose = SKELETONS[name], getattr(first, name)[0]
        joints = np.repeat(pose[None], len(time), 0)
        for side, sign in (("left", 1), ("right", -1)):
            hip, knee, ankle = skeleton.indices([f"{side}_{joint}" for joint in ("hip", "knee", "ankle")])
            bent = np.deg2rad(50) * np.clip(sign * np.cos(2 * np.pi * time), 0, None)
            thigh, shin = pose[knee] - pose[hip], pose[ankle] - pose[knee]
            joints[:, knee] = pose[hip] + _pitched(thigh, sign * swing)
            joints[:, ankle] = joints[:, knee] + _pitched(shin, sign * swing - bent)
        joints[..., 1] += (1000 * metres * (1 - time / seconds))[:, None]
        parts.append(joints)
    return Act(*parts)


def _pitched(bone: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """(T, 3) a bone turned about the x axis; positive angles bring what hangs down forward, to -y."""
    cosine, sine = np.cos(angles), np.sin(angles)
    x = np.full(len(angles), bone[0])
    return np.stack([x, cosine * bone[1] + sine * bone[2], cosine * bone[2] - sine * bone[1]], axis=-1)


@dataclass(frozen=True)
class Film:
    """What a detector saw of an act, frame by frame."""

    times: np.ndarray
    pose2d: Pose2D
    track: np.ndarray

    def kept(self, rows: np.ndarray) -> "Film":
        """Only some of the frames."""
        return Film(self.times[rows], self.pose2d[rows], self.track[rows])

    def after(self, other: "Film") -> "Film":
        """The two in a row, with a cut between them."""
        both = Pose2D.stacked([other.pose2d[row] for row in range(len(other.times))])
        mine = Pose2D.stacked([self.pose2d[row] for row in range(len(self.times))])
        joined = {name: np.concatenate([getattr(both, name), getattr(mine, name)]) for name in PARTS_2D}
        times = np.concatenate([other.times, other.times[-1] + 1 / FPS + self.times])
        pose = replace(self.pose2d, **joined)
        return Film(times, pose, np.concatenate([other.track, self.track + other.track.max() + 1]))


def film(act: Act, seed: int, azimuth: float | None = None) -> Film:
    """An act before a camera that sees all of it."""
    rng = np.random.default_rng([seed, 41])
    pose2d, _, _ = filmed(act.lift16, act.mpii16, rng, FPS, azimuth)
    return Film(np.arange(len(act)) / FPS, pose2d, np.zeros(len(act), int))


def counted(film: Film, exercise: str) -> list[float]:
    """The seconds at which fitlab sees repetitions turn."""
    return [each.turn for each in course_of(film, exercise).timings]


def course_of(film: Film, exercise: str) -> Course:
    """What fitlab sees of an exercise in a film."""
    pose2d, points = lifted(film)
    return course(points, pose2d, film.times, film.track, load_exercises()[exercise])


def lifted(film: Film) -> tuple[Pose2D, np.ndarray]:
    """The steady joints of a film, and (T, 16, 3) mm."""
    parts = [steady(film.pose2d[film.track == number], film.times[film.track == number])[0]
             for number in np.unique(film.track)]  # fmt: skip
    joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in PARTS_2D}
    pose2d = replace(film.pose2d, **joined)
    return pose2d, lift_tracks(pose2d, film.track).points


def in_a_hand(film: Film, seed: int, zoom: float = 0.2, seconds: float = 5.0) -> Film:
    """The camera sways, and comes nearer and goes by a share in some seconds."""
    rng = np.random.default_rng([seed, 43])
    pose = film.pose2d
    sway = np.cumsum(rng.normal(0, 4, (len(film.times), 1, 2)), 0)
    scale = 1 + zoom * np.sin(2 * np.pi * film.times / seconds + rng.uniform(0, 6))[:, None, None]
    points = 360 + (pose.points - 360) * scale + sway
    covariance = pose.covariance * scale[..., None] ** 2
    return replace(film, pose2d=replace(pose, points=points, covariance=covariance, depth=pose.depth * scale))


def in_the_dark(film: Film, seed: int) -> Film:
    """The detector is less sure, errs by more, and finds nobody in one frame of eight."""
    rng = np.random.default_rng([seed, 47])
    points = film.pose2d.points
    points = points + 0.03 * person_extent(points)[:, None, None] * rng.standard_normal(points.shape)
    points[rng.random(len(points)) < 0.125] = np.nan
    score = np.where(np.isnan(points).any(-1), 0.0, 0.7 * film.pose2d.score)
    return replace(film, pose2d=replace(film.pose2d, points=points, score=score, covariance=2 * film.pose2d.covariance))


def with_dropped_frames(film: Film, seed: int) -> Film:
    """A third of the frames are not there, and now and then four in a row stand still."""
    rng = np.random.default_rng([seed, 53])
    rows = np.arange(len(film.times))
    for begin in np.flatnonzero(rng.random(len(rows)) < 0.03):
        rows[begin : begin + 4] = begin
    frozen = replace(film, pose2d=film.pose2d[rows])
    return frozen.kept(np.flatnonzero(rng.random(len(rows)) > 1 / 3))


def with_a_passer_by(film: Film, other: Film, at: float, seconds: float = 0.4) -> Film:
    """For a moment somebody else of the same size, who walks across, is taken for the person.

    Where the joints are far from the person's own, nobody is seen: then :mod:`fitlab.detection.following` waits.
    """
    rows = np.flatnonzero((film.times >= at) & (film.times < at + seconds))
    points, score = film.pose2d.points.copy(), film.pose2d.score.copy()
    own, walker = points[rows], other.pose2d.points[: len(rows)]
    extent = np.nanmedian(person_extent(points))
    size = extent / np.nanmedian(person_extent(walker))
    across = np.linspace(-150, 150, len(rows))[:, None, None] * [1.0, 0.0]
    walker = (
        np.nanmean(own, axis=1, keepdims=True) + size * (walker - np.nanmean(walker, axis=1, keepdims=True)) + across
    )
    far = np.nanmedian(np.linalg.norm(walker - own, axis=-1), axis=1) > 0.25 * extent
    points[rows] = np.where(far[:, None, None], np.nan, walker)
    score[rows] = np.where(far[:, None], 0.0, score[rows])
    return replace(film, pose2d=replace(film.pose2d, points=points, score=score))
