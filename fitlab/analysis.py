"""The whole way at once: a photo in, joints, angles, verdicts and advice out."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fitlab.bodies import body_height, check_height
from fitlab.detection.detector import DEFAULT_DETECTOR, Detector, detect
from fitlab.exercises.assessment import NOT_JUDGED, Finding, assess
from fitlab.exercises.calibration import calibration_of
from fitlab.exercises.definition import exercise_named
from fitlab.exercises.feedback import HEADS, NOBODY, cells, sentences
from fitlab.exercises.intervals import SAMPLES
from fitlab.exercises.recognition import NO_EXERCISE, Recognition, looks_more_like, proposed, recognise
from fitlab.exercises.records import Exercise
from fitlab.images import Source, exif_field_of_view, read_image
from fitlab.lifting.inputs import FIELD_OF_VIEW, check_field_of_view
from fitlab.lifting.lifter import DEFAULT_LIFTER, Lifter, lift, rescaled
from fitlab.poses import Pose2D, Pose3D, check_pose2d
from fitlab.skeletons import LIFT16

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OTHER_MODELS = (
    f"The intervals were measured with {DEFAULT_DETECTOR} and {DEFAULT_LIFTER}; with other models they may be too "
    "narrow, and the verdicts too sure."
)
NO_COVARIANCE = (
    "These joints came without a covariance, which says how sure each is; so the intervals are too narrow, and the "
    "verdicts too sure."
)
HEIGHT_NOT_USED = "The height was not used: to scale the 3D pose by it, a leg or the trunk must be seen."
#: How far outside the picture a joint may be and count as seen, as a share of the picture's longer side: around a joint
#: there is some body, and its place is known to about as much.
OUTSIDE = 0.02


@dataclass(frozen=True, repr=False)
class PhotoAnalysis:
    """What one photo says about one exercise.

    Parameters
    ----------
    photo : (H, W, 3) uint8 array
        As analysed.
    exercise : Exercise
        What was done.
    pose2d : Pose2D
        Joints (16, 2) in the photo's pixels; all NaN where nobody was found.
    pose3d : Pose3D
        Joints (16, 3) in mm in the camera's axes.
    findings : tuple of Finding
        One for each check of the exercise.
    feedback : list of str
        Sentences, the most important first.
    field_of_view : float, optional
        Degrees that the photo's longer side shows, where that is known.
    recognition : Recognition, optional
        What the person seems to do; None where nobody was found.
    """

    photo: np.ndarray
    exercise: Exercise
    pose2d: Pose2D
    pose3d: Pose3D
    findings: tuple[Finding, ...]
    feedback: list[str]
    field_of_view: float | None = None
    recognition: Recognition | None = None

    def __repr__(self) -> str:
        return f"<PhotoAnalysis of {self.exercise.name}: {' '.join(self.feedback)}>"

    @property
    def found(self) -> bool:
        """Whether there is a person in the photo."""
        return self.pose2d.found

    @property
    def angles(self) -> pd.DataFrame:
        """One row for each check: angle, degrees, low and high (90 % interval), target, probability, verdict.

        The probability is that the angle is within its target; NaN where that is not judged.
        """
        rows = [
            (f.check.angle, *(round(value, 1) for value in (f.degrees, f.low, f.high)), f.check.target)
            for f in self.findings
        ]
        table = pd.DataFrame(rows, columns=["angle", "degrees", "low", "high", "target"])
        return table.assign(
            probability=[round(finding.probability, 2) for finding in self.findings],
            verdict=[finding.verdict for finding in self.findings],
        )

    def table(self) -> pd.DataFrame:
        """The same for people: everyday names, full degrees and percents (:data:`HEADS`)."""
        return pd.DataFrame([cells(finding) for finding in self.findings], columns=list(HEADS))

    def figure(self) -> Figure:
        """The photo with its joints, the skeleton from three sides, and the angles."""
        from fitlab.figures import analysis_figure

        return analysis_figure(self.photo, self.pose2d, self.pose3d, self.findings, self.feedback, self.exercise.title)

    def _repr_png_(self) -> bytes:
        """What a notebook shows of it."""
        picture = io.BytesIO()
        self.figure().savefig(picture, format="png", dpi=72)
        return picture.getvalue()

    def to_json(self) -> str:
        """Verdicts, advice and joints, without the photo and the covariances; unknown numbers are null."""
        points = {
            "points_px": _named(self.pose2d.points, self.pose2d.skeleton.joints),
            "score": _named(self.pose2d.score, self.pose2d.skeleton.joints),
            "points_mm": _named(self.pose3d.points, self.pose3d.skeleton.joints),
        }
        rows = zip(self.angles.to_dict("records"), self.findings, strict=True)
        angles = [{key: _plain(value) for key, value in row.items()} | {"reason": f.reason} for row, f in rows]
        content = {
            "exercise": self.exercise.name,
            "recognised": self._recognised(),
            "found": self.found,
            "image_size": list(self.pose2d.image_size),
            "field_of_view": self.field_of_view,
            "angles": angles,
            "feedback": self.feedback,
            **points,
        }
        return json.dumps(content, indent=2, allow_nan=False)

    def _recognised(self) -> dict[str, object] | None:
        known = self.recognition
        if known is None:
            return None
        return {"name": known.name, "probability": _plain(round(known.probability, 3))}


def analyze_photo(
    photo: np.ndarray | Source,
    exercise: str | Exercise | None = None,
    height_mm: float | None = None,
    box: tuple[float, float, float, float] | None = None,
    detector: str | Path | Detector = DEFAULT_DETECTOR,
    lifter: str | Path | Lifter = DEFAULT_LIFTER,
    field_of_view: float | None = None,
) -> PhotoAnalysis:
    """Judge how well an exercise is done in a photo.

    Parameters
    ----------
    photo : (H, W, 3) uint8 array, or what :func:`fitlab.images.read_image` reads
    exercise : str or Exercise, optional
        One of fitlab's by name, or one of the user's own; by default the one that is recognised in the photo.
    height_mm : float, optional
        The person's height, which fixes the scale of the 3D pose where leg or trunk are seen; angles do not depend on
        it.
    box : (left, top, right, bottom), optional
        Pixels round the person, where several are in the photo.
    detector, lifter
        Names in the registry, files that a training wrote, or loaded ones. The intervals are those that were calibrated
        with this pair; of another pair the feedback says that they are those of the default one.
    field_of_view : float, optional
        Degrees that the photo's longer side shows; by default what the photo's EXIF says, else 50.

    Returns
    -------
    PhotoAnalysis

    Raises
    ------
    fitlab.images.ImageError
        For a photo that cannot be read.
    ValueError
        For an unknown exercise, a height that no person has or a field of view that no lens has.
    """
    exercise = None if exercise is None else exercise_named(exercise)
    _check_numbers(height_mm, field_of_view)
    image = read_image(photo)
    if field_of_view is None and not isinstance(photo, np.ndarray):
        field_of_view = exif_field_of_view(photo)
    pose2d = detect(image, box, detector=detector)
    return analyze_pose(image, pose2d, exercise, height_mm, lifter, field_of_view, detector)


def analyze_pose(
    photo: np.ndarray,
    pose2d: Pose2D,
    exercise: str | Exercise | None = None,
    height_mm: float | None = None,
    lifter: str | Path | Lifter = DEFAULT_LIFTER,
    field_of_view: float | None = None,
    detector: str | Path | Detector = DEFAULT_DETECTOR,
) -> PhotoAnalysis:
    """As :func:`analyze_photo`, from joints that are already known, for example corrected by hand.

    Parameters
    ----------
    photo
        (H, W, 3) uint8, the picture that the joints are in.
    pose2d
        One person, (16, 2) px of ``photo``. Intervals need its covariance, and depth and visibility make angles better;
        a detector of fitlab gives all three.
    exercise, height_mm, lifter, field_of_view
        As for :func:`analyze_photo`.
    detector
        Where the joints come from. It is not asked again; the intervals depend on it.

    Returns
    -------
    PhotoAnalysis
        Where no joint is known, with no angle judged and one sentence that says so.

    Raises
    ------
    ValueError
        As :func:`analyze_photo`, and for several poses, or a photo of another size than ``pose2d.image_size``.
    TypeError
        For a ``pose2d`` that is not a Pose2D.
    """
    check_pose2d(pose2d)
    if pose2d.points.ndim != 2:
        raise ValueError(f"one pose is judged at a time, got {pose2d.points.shape[:-2]} of them; take pose2d[0]")
    if tuple(pose2d.image_size) != np.shape(photo)[1::-1]:
        raise ValueError(
            f"the joints are in a picture of {' x '.join(map(str, pose2d.image_size))} pixels, and the photo has "
            f"{' x '.join(map(str, np.shape(photo)[1::-1]))}; give the photo that they were found in"
        )
    chosen = None if exercise is None else exercise_named(exercise)
    _check_numbers(height_mm, field_of_view)
    pose2d = seen_in_picture(pose2d)
    if not pose2d.found:
        nothing = Pose3D(np.full((len(LIFT16), 3), np.nan), np.zeros(len(LIFT16)))
        chosen = chosen or NO_EXERCISE
        unjudged = (Finding(check, np.nan, np.nan, np.nan, NOT_JUDGED, "nobody was found") for check in chosen.checks)
        return PhotoAnalysis(photo, chosen, pose2d, nothing, tuple(unjudged), [NOBODY], field_of_view)
    samples = 0 if pose2d.covariance is None else SAMPLES
    view = FIELD_OF_VIEW if field_of_view is None else field_of_view
    pose3d = lift(pose2d, samples=samples, lifter=lifter, field_of_view=view)
    calibration = calibration_of(detector, lifter)
    recognition = recognise(pose3d)
    guessed, said = proposed(recognition)
    findings = assess(pose3d, chosen or guessed, calibration, recognition=recognition)
    feedback = ([] if chosen else [said]) + (sentences(findings, chosen or guessed) if findings else [])
    if chosen and any(finding.verdict != NOT_JUDGED for finding in findings):
        feedback += filter(None, [looks_more_like(recognition, chosen)])
    if height_mm is not None:
        if np.isnan(body_height(pose3d.points)):
            feedback.append(HEIGHT_NOT_USED)
        else:
            pose3d = rescaled(pose3d, height_mm)
    if calibration is None:
        feedback.append(OTHER_MODELS)
    if pose2d.covariance is None:
        feedback.append(NO_COVARIANCE)
    return PhotoAnalysis(
        photo, chosen or guessed, pose2d, pose3d, tuple(findings), feedback, field_of_view, recognition
    )


def seen_in_picture(pose2d: Pose2D) -> Pose2D:
    """Give joints outside the picture a score of 0: they are guessed, not seen.

    A joint may be outside by :data:`OUTSIDE` of the picture's longer side.

    Parameters
    ----------
    pose2d
        (..., J, 2) px.

    Returns
    -------
    Pose2D
        With the same points; ``pose2d`` itself where no joint is outside.
    """
    size = np.asarray(pose2d.image_size)[..., None, :]
    margin = OUTSIDE * size.max(-1, keepdims=True)
    with np.errstate(invalid="ignore"):
        outside = ((pose2d.points < -margin) | (pose2d.points > size - 1 + margin)).any(-1)
    return replace(pose2d, score=np.where(outside, 0.0, pose2d.score)) if outside.any() else pose2d


def _check_numbers(height_mm: float | None, field_of_view: float | None) -> None:
    if height_mm is not None:
        check_height(height_mm)
    if field_of_view is not None:
        check_field_of_view(field_of_view)


def _named(values: np.ndarray, joints: tuple[str, ...]) -> dict[str, object]:
    return {name: _plain(value.round(3).tolist()) for name, value in zip(joints, values, strict=True)}


def _plain(value: object) -> object:
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return None if isinstance(value, float) and np.isnan(value) else value
