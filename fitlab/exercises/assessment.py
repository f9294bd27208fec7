"""Pose3D -> verdicts: is every angle where the exercise wants it?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fitlab.exercises.calibration import Calibration, default_calibration
from fitlab.exercises.intervals import Distribution, distribution
from fitlab.exercises.recognition import Recognition, recognised_as, something_else
from fitlab.exercises.records import Check, Exercise
from fitlab.exercises.words import not_seen
from fitlab.poses import SEEN, Pose3D, check_lift16
from fitlab.skeletons import LIFT16

GOOD, TOO_SMALL, TOO_LARGE, UNSURE, NOT_JUDGED = "good", "too small", "too large", "unsure", "not judged"
#: Every verdict; its place is its code (:attr:`Finding.code`).
VERDICTS = (GOOD, TOO_SMALL, TOO_LARGE, UNSURE, NOT_JUDGED)
WRONG = (TOO_SMALL, TOO_LARGE)

_PER_FRAME = ("degrees", "low", "high", "verdict", "reason", "probability", "below", "above", "unseen")

_TOO_FEW = "too few joints are known"
_NO_ANGLE = "two of its joints are in one place"
_NO_TARGET = "no target was set"
_POSTURE_REASONS = {
    "lying": "you are upright in this photo, and this exercise is done lying",
    "upright": "you are lying in this photo (or it is on its side), and this exercise is done upright",
}
MAY_HAVE_BEGUN = "the repetition may have only begun in this photo"
_PHASE_REASONS = {
    "start": "the repetition has not begun in this photo",
    "between": MAY_HAVE_BEGUN,
    "end": "the repetition is under way in this photo",
    "unknown": "too little is seen to tell how far the repetition has come",
}
#: Where the phases of a clip are known from its repetitions: on the way between start and end, and in no repetition.
MOVING, OUTSIDE = "moving", "outside"
_CLIP_REASONS = {MOVING: "the repetition is on its way here", OUTSIDE: "this is not part of a repetition"}
MOMENT_REASONS = (*_PHASE_REASONS.values(), *_POSTURE_REASONS.values())


@dataclass(frozen=True)
class Finding:
    """One check on one pose, or on every frame of a clip.

    For one pose the fields are floats and texts, for a clip arrays (T,) of them; ``finding[7]`` is that of frame 7.

    Parameters
    ----------
    check : Check
        What was asked.
    degrees, low, high : float or (...) array
        The angle with its 90 % interval; NaN where it is unknown.
    verdict : str or (...) array of str
        One of :data:`VERDICTS`.
    reason : str or (...) array of str
        Why it is not judged; empty where it is.
    probability : float or (...) array
        That the angle is within its target; NaN where it is not judged.
    below, above : float or (...) array
        That it is below its target, and above it; the three add up to 1.
    unseen : int or (...) array of int
        The joints for whose sake it is not judged, as they are not seen in the photo: 1 for the first of LIFT16, 2 for
        the second, 4 for the third and so on, added up.
    """

    check: Check
    degrees: Any
    low: Any
    high: Any
    verdict: Any
    reason: Any = ""
    probability: Any = np.nan
    below: Any = np.nan
    above: Any = np.nan
    unseen: Any = 0

    def __getitem__(self, frame: Any) -> Finding:
        """The finding of one frame of a clip, or of several."""
        parts = {name: np.asarray(getattr(self, name))[frame] for name in _PER_FRAME}
        return replace(self, **{name: part if np.ndim(part) else part.item() for name, part in parts.items()})

    @property
    def likeliest(self) -> tuple[str, float]:
        """Of one pose, the likeliest of good, too small and too large, and how probable that is; NaN if not judged."""
        choices = {GOOD: self.probability, TOO_SMALL: self.below, TOO_LARGE: self.above}
        verdict = max(choices, key=lambda each: choices[each])
        return verdict, choices[verdict]

    @property
    def unseen_joints(self) -> list[str]:
        """Of one pose, the joints of :attr:`unseen` by name."""
        return _joints_of(self.unseen)

    @property
    def code(self) -> Any:
        """The place of the verdict in :data:`VERDICTS`: an int, or an array (...) of int8."""
        codes = (np.asarray(self.verdict)[..., None] == np.array(VERDICTS)).argmax(-1)
        return codes.astype(np.int8) if codes.ndim else int(codes)


def assess(
    pose: Pose3D,
    exercise: Exercise,
    calibration: Calibration | None = None,
    phase: np.ndarray | None = None,
    recognition: Recognition | None = None,
) -> list[Finding]:
    """Judge every check of ``exercise``, on one pose or on every frame of a clip at once.

    An angle is good, too small or too large when that is probable enough (:attr:`Exercise.certainty`) by what the angle
    may be (:func:`fitlab.exercises.intervals.distribution`); unsure when none of them is; not judged when a joint it
    needs is not seen, when what is done plainly is something else, when the person is upright in an exercise that is
    done lying or the other way round, when the pose is or may be from another phase of the repetition or the phase
    cannot be told, or when the check has no target. A check of any phase is not judged either where the repetition has
    not begun and the pose is not recognised as the exercise, unless the user chose its joints.
    Degrees and probabilities count as they are shown, in full degrees and percents: what reads alike is judged alike.

    Parameters
    ----------
    pose : Pose3D
        One pose (16, 3) in LIFT16 and mm, a clip (T, 16, 3), or any other leading axes.
    exercise : Exercise
        Whose checks are judged.
    calibration : Calibration, optional
        Of the pair of detector and lifter that the pose comes from; by default that of the default pair.
    phase : (...) array of str, optional
        ``start``, ``end``, :data:`MOVING` or :data:`OUTSIDE` where repetitions have told it; by default it is taken
        from the driving angle of each pose (:meth:`fitlab.exercises.records.Exercise.phase`).
    recognition : Recognition, optional
        What the pose shows, with its leading axes (:func:`fitlab.exercises.recognition.recognise`).

    Returns
    -------
    list of Finding
        One for each check, in their order; with arrays of the pose's leading axes where it has any.

    Raises
    ------
    ValueError
        For a pose in another skeleton than LIFT16.
    """
    check_lift16(pose)
    frames = _Frames(pose, exercise, calibration or default_calibration(), phase, recognition)
    return [frames.find(check) for check in exercise.checks]


class _Frames:
    """The frames of a pose, and what is the same for every check on them."""

    def __init__(
        self,
        pose: Pose3D,
        exercise: Exercise,
        calibration: Calibration,
        phase: np.ndarray | None,
        recognition: Recognition | None,
    ) -> None:
        self.pose, self.exercise, self.calibration = pose, exercise, calibration
        known = (pose.score >= SEEN) & ~np.isnan(pose.points).any(-1)
        #: The pose's points with NaN for joints that are not seen.
        self.points = np.where(known[..., None], pose.points, np.nan)
        self.phase = self._phase(recognition) if phase is None else phase
        self.contradicted = exercise.contradicts_posture(self.points)
        self.other, self.why_other = something_else(recognition, exercise, self.phase)
        self.lost, self.lost_joints = self.missing(exercise.must_see)
        self.why_lost = _why_missing(self.lost_joints)
        #: Whether a pose before the repetition is not recognised as the exercise: then it says nothing about it.
        self.idle = np.isin(self.phase, ("start", "between")) & ~recognised_as(recognition, exercise)

    def _phase(self, recognition: Recognition | None) -> np.ndarray:
        """(...) as :meth:`Exercise.phase`; ``between`` where it may be less than half of the way from start to end."""
        phase, exercise = self.exercise.phase(self.points), self.exercise
        if not exercise.drive:
            return phase
        seen = np.isfinite(self.points)
        samples = None if self.pose.samples is None else np.where(seen, self.pose.samples, np.nan)
        pose = replace(self.pose, points=self.points, samples=samples)
        halfway = (exercise.start + exercise.end) / 2
        begun = distribution(pose, exercise.drive, self.calibration, exercise.drive_measure).share_below(halfway)
        begun = begun if exercise.start > exercise.end else 1 - begun
        unsure = _less(begun, exercise.certainty.moment)
        if recognition is not None:
            before = recognition.begins(exercise.variant_of or exercise.name)
            unsure = unsure | ~_less(before, exercise.certainty.moment)
        return np.where((phase == "end") & unsure, "between", phase)

    def find(self, check: Check) -> Finding:
        """One check on all frames."""
        unknown, joints = self.missing(check.measure.joints)
        angle = distribution(self.pose, check.joints or check.angle, self.calibration)
        degrees, low, high = (np.where(unknown, np.nan, part) for part in (angle.degrees, *angle.interval()))
        reason = np.select(
            [unknown, np.isnan(degrees), self.lost, self.other, self.contradicted, *self._other_phases(check)],
            [
                _why_missing(joints),
                _NO_ANGLE,
                self.why_lost,
                self.why_other,
                _POSTURE_REASONS.get(self.exercise.posture, ""),
                *_PHASE_REASONS.values(),
                *_CLIP_REASONS.values(),
            ],
            "" if check.has_target else _NO_TARGET,
        )
        within, below, above = (np.where(reason == "", part, np.nan) for part in chances(angle, check))
        verdict = np.where(reason == "", likely_verdict((within, below, above), check, self.exercise), NOT_JUDGED)
        unseen = np.select([unknown, ~np.isnan(degrees) & self.lost], [joints, self.lost_joints], 0)
        finding = Finding(check, degrees, low, high, verdict, reason, within, below, above, unseen)
        return finding if degrees.ndim else finding[()]

    def _other_phases(self, check: Check) -> list[np.ndarray]:
        """For each phase that there is a reason for (...) whether a frame is in it and ``check`` is of another."""
        idle = self.idle & (not check.joints)
        apart = (self.phase == OUTSIDE) | idle if check.phase == "any" else self.phase != check.phase
        return [apart & (self.phase == name) for name in (*_PHASE_REASONS, *_CLIP_REASONS)]

    def missing(self, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """(...) whether any of the joints ``names`` is missing, and which are not seen (:attr:`Finding.unseen`)."""
        rows = LIFT16.indices(list(dict.fromkeys(names)))
        unknown = np.isnan(self.points[..., rows, :]).any(-1)
        unseen = unknown & (self.pose.score[..., rows] < SEEN)
        return np.asarray(unknown.any(-1)), np.asarray(unseen @ (1 << np.array(rows, int)))


def chances(angle: Distribution, check: Check) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How probable it is that an angle is where a check wants it.

    Parameters
    ----------
    angle : Distribution
    check : Check

    Returns
    -------
    within, below, above : (...) arrays
        Of the target, in full degrees; they add up to 1, and are NaN where the angle is unknown.
    """
    floor, ceiling = check.limits
    below, up_to = angle.share_below(floor - 0.5), angle.share_below(ceiling + 0.5)
    return up_to - below, below, 1 - up_to


def likely_verdict(probable: Sequence[np.ndarray], check: Check, exercise: Exercise) -> np.ndarray:
    """What is probable enough to be said.

    Parameters
    ----------
    probable : three (...) arrays
        As :func:`chances` gives them.
    check : Check
    exercise : Exercise
        Whose certainty is asked for.

    Returns
    -------
    (...) array of str
        ``good``, ``too small`` or ``too large``, else ``unsure``.
    """
    sure = exercise.certainty
    least = (sure.good_from(check.severity), sure.wrong, sure.wrong)
    enough = [~_less(chance, limit) for chance, limit in zip(probable, least, strict=True)]
    return np.select(enough, [GOOD, TOO_SMALL, TOO_LARGE], UNSURE)


def _why_missing(unseen: np.ndarray) -> np.ndarray:
    """(...) in words which joints are not seen (:attr:`Finding.unseen`), each of the few different sets once."""
    sets, which = np.unique(unseen, return_inverse=True)
    words = [not_seen(_joints_of(one)) if one else _TOO_FEW for one in sets.tolist()]
    return np.array(words)[which.reshape(np.shape(unseen))]


def _joints_of(unseen: int) -> list[str]:
    return [joint for number, joint in enumerate(LIFT16.joints) if unseen >> number & 1]


def _less(chance: np.ndarray, limit: float) -> np.ndarray:
    """(...) whether a probability is smaller than ``limit``, both in full percents; unknown is not."""
    return np.rint(100 * chance) < round(100 * limit)


def enough_judged(findings: Sequence[Finding]) -> bool:
    """Whether the exercise as a whole may be praised if all that is judged is good, on one pose.

    At least half of the checks with a target are judged, none is left out because of the phase of the repetition, and
    none of severity ``risk`` is left out at all.
    """
    left_out = [finding for finding in with_target(findings) if finding.verdict == NOT_JUDGED]
    telling = any(f.check.severity == "risk" or f.reason in _PHASE_REASONS.values() for f in left_out)
    return half_judged(findings) and not telling


def half_judged(findings: Sequence[Finding]) -> bool:
    """Whether at least half of the checks with a target are judged, on one pose."""
    aimed = with_target(findings)
    return 2 * sum(finding.verdict != NOT_JUDGED for finding in aimed) >= len(aimed)


def with_target(findings: Sequence[Finding]) -> list[Finding]:
    """The findings whose check has a target."""
    return [finding for finding in findings if finding.check.has_target]
