"""A made-up analysis of a clip: two squats, of which the first is too shallow, and a gap."""

import numpy as np
from bodies import before, squat
from test_analysis import photographed

from fitlab.exercises.assessment import GOOD, TOO_LARGE, assess
from fitlab.exercises.definition import exercise_named
from fitlab.exercises.repetitions import Moment, Repetition
from fitlab.poses import Pose2D, Pose3D
from fitlab.video_analysis import BRIDGED, LOST, SEEN, VideoAnalysis

SQUAT = exercise_named("squat")
KNEES = [175, 150, 130, 150, 175, 150, 110, 85, 110, 150, 175, 175]
SIZE = (640, 480)
WORDS = "Repetition 1: go deeper & <b>bend</b> the knees."


def analysis(times: np.ndarray | None = None) -> VideoAnalysis:
    count = len(KNEES)
    times = np.arange(count) / 5 if times is None else times
    pose2d = Pose2D.stacked([photographed(squat(knee), 60) for knee in KNEES])
    points = np.stack([before(squat(knee), 60) for knee in KNEES])
    points[-1] = np.nan
    pose3d = Pose3D(points, np.ones((count, 16)))
    findings = tuple(assess(pose3d, SQUAT))
    repetitions = (
        _repetition(1, 0, 2, 4, times, findings, TOO_LARGE, WORDS),
        _repetition(2, 4, 7, 10, times, findings, GOOD, "Repetition 2: well done."),
    )
    state = np.array([SEEN] * 9 + [BRIDGED] * 2 + [LOST])
    drive = np.array(KNEES, float)
    return VideoAnalysis(
        exercise=SQUAT,
        times=times,
        frames=np.arange(count) * 2,
        pose2d=pose2d,
        pose3d=pose3d,
        findings=findings,
        repetitions=repetitions,
        feedback=["2 repetitions, 1 of them too shallow."],
        image_size=SIZE,
        state=state,
        track=np.where(state == LOST, -1, 0),
        drive=drive,
        notes=["The person leaves the picture at 2.2 s."],
    )


def _repetition(number, start, turn, end, times, findings, verdict, sentence):
    moments = tuple(
        Moment(
            finding.check,
            turn,
            float(times[turn]),
            *(float(part[turn]) for part in (finding.degrees, finding.low, finding.high)),
            verdict if finding.check.angle == "left_knee" else GOOD,
            0.4,
        )
        for finding in findings
    )
    ends = (float(times[at]) for at in (start, turn, end))
    tempo = {"down": 0.4, "bottom": 0.0, "up": 0.4, "top": 0.0}
    angles = (float(min(KNEES[start : end + 1])), 175.0)
    return Repetition(number, *ends, start, turn, end, tempo, angles, np.nan, moments, verdict, sentence)


def pictures():
    """Every frame of the clip, of which each second was analysed; its grey says its number."""
    for number in range(2 * len(KNEES) + 3):
        yield number, np.full((SIZE[1], SIZE[0], 3), 10 * number % 256, np.uint8)
