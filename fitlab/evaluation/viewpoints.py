"""Where to put the camera? Synthetic people before cameras at known places: ``fitlab evaluate viewpoints``.

No picture is made. A simulated detector errs as the real one does on synthetic pictures: by so many mm where a joint is
seen, by more where the body itself hides it, and in depth as :mod:`fitlab.evaluation.measured_depth` says.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from fitlab.analysis import SAMPLES
from fitlab.cameras import intrinsics, look_at, project, to_camera
from fitlab.evaluation.measured_depth import seen_depth
from fitlab.evaluation.results import Result, pivot
from fitlab.exercises.assessment import GOOD, TOO_LARGE, TOO_SMALL, assess
from fitlab.exercises.calibration import calibration_of
from fitlab.exercises.definition import Exercise, load_exercises
from fitlab.lifting.inputs import person_size
from fitlab.lifting.lifter import Lifter
from fitlab.metrics import angle_errors
from fitlab.poses import Pose2D
from fitlab.skeletons import LIFT16, without_side

#: Degrees round the person, 0 being straight in front; left and right are alike.
SIDES = {"front": 0.0, "half front": 45.0, "side": 90.0, "half back": 135.0, "back": 180.0}
#: Metres of the camera above the floor: on it, on a chair, held by somebody who stands, held up.
HEIGHTS = {"floor": 0.2, "chair": 0.9, "eyes": 1.6, "held up": 2.3}
DETECTOR = "fitpose-heavy"
_DISTANCE = (2600.0, 3600.0)  # mm from the person along the floor
_JITTER = 12.0, 80.0  # degrees round the person, mm in height; one standard deviation
_SIZE, _FIELD = 1000, 60.0  # pixels, degrees
#: mm along one axis, one standard deviation of what fitpose-heavy finds in 300 pictures of `fitlab synthesize --set
#: fitness` that it did not learn from: of joints that are visible, and of those that are hidden.
_SEEN = {"ankle": 13, "knee": 15, "hip": 22, "pelvis": 22, "spine": 22, "thorax": 21, "head_top": 22, "wrist": 20,
         "elbow": 20, "shoulder": 20}  # fmt: skip
_HIDDEN = {"ankle": 26, "knee": 28, "hip": 29, "pelvis": 23, "spine": 23, "thorax": 25, "head_top": 35, "wrist": 54,
           "elbow": 58, "shoulder": 30}  # fmt: skip
_DEVIATIONS = np.array([[by[without_side(joint)] for joint in LIFT16.joints] for by in (_SEEN, _HIDDEN)], float)
_UNEVEN, _MISJUDGED = 0.5, 0.3  # logarithms: of a joint's deviation, and of what is said of it
_SCORES = np.array([0.95, 0.85])
_SHOWN = np.array([[0.0, 0.1, 0.9], [0.0, 0.7, 0.3]])  # outside, hidden, visible
#: Parts of a body that hide what is behind them: their ends, and half their width in mm.
_PARTS = [("pelvis", "thorax", 110.0), ("thorax", "head_top", 85.0)] + [
    (f"{side}_{start}", f"{side}_{end}", width)
    for side in ("left", "right")
    for start, end, width in (
        ("hip", "shoulder", 75.0),
        ("hip", "knee", 75.0),
        ("knee", "ankle", 50.0),
        ("shoulder", "elbow", 45.0),
        ("elbow", "wrist", 35.0),
    )
]
_ALONG = np.linspace(0.08, 0.92, 12)[:, None]
_BEHIND = 60.0  # mm that a joint must be behind a part to be hidden by it


def score_viewpoints(lifter: Lifter, people: int = 60, seed: int = 41) -> Result:
    """Angle errors and verdicts of each exercise at the moment to judge, by the camera's side and height.

    Parameters
    ----------
    lifter : Lifter
    people : int
        How many stand before each camera.
    seed : int
        Draws people, cameras and errors.

    Returns
    -------
    Result
        Summary: how many poses, and the median error in degrees of all angles that are checked. Tables: a row for each
        exercise, side and height, with the median and the ninth decile of the error, the share of firm verdicts, the
        share of those that are wrong, and the share of limb joints that are hidden; the median error by angle.
    """
    from fitlab.synthetic.pose_sets import sample_poses

    rows, angles = {}, []
    calibration = calibration_of(DETECTOR, lifter)
    for number, (name, exercise) in enumerate(_judged().items()):
        drawn = sample_poses(6 * people, seed + number, [name], "test")["lift16"]
        drawn = drawn[exercise.phase(drawn) == "end"][:people]
        for side, azimuth in SIDES.items():
            for height, metres in HEIGHTS.items():
                rng = np.random.default_rng([seed, number, round(azimuth), round(10 * metres)])
                camera = before_camera(drawn, azimuth, 1000 * metres, rng)
                found, hidden = simulated(camera, rng)
                pose = lifter.lift(found, samples=SAMPLES, seed=seed)
                table = _table(exercise, assess(pose, exercise, calibration), camera)
                rows[f"{name}, {side}, {height}"] = _row(table, len(camera)) | {"hidden": float(hidden.mean())}
                angles.append(table.assign(exercise=name, side=side))
    every = pd.concat(angles)
    by_angle = every.assign(angle=every["angle"].map(without_side)).pivot_table(
        index=["exercise", "angle"], columns="side", values="error", aggfunc="median", sort=False
    )
    by_angle.index = [", ".join(pair) for pair in by_angle.index]
    by_place = pd.DataFrame.from_dict(rows, orient="index")
    summary = {"people before each camera": people, "median error": float(every["error"].median())}
    tables = {"by exercise, side and height": by_place, "median error by angle and side": by_angle[list(SIDES)]}
    return Result("synthetic people", int(by_place["poses"].sum()), summary, tables)


def places(table: pd.DataFrame, exercise: str, column: str) -> pd.DataFrame:
    """The numbers of one exercise by where the camera stands.

    Parameters
    ----------
    table : DataFrame
        ``by exercise, side and height`` of :func:`score_viewpoints`.
    exercise : str
    column : str
        Of the table.

    Returns
    -------
    DataFrame
        A row for each height, the highest first, and a column for each side.
    """
    rows = table[table.index.str.startswith(f"{exercise}, ")]
    rows = rows.set_axis([name.removeprefix(f"{exercise}, ") for name in rows.index])
    return pivot(rows, column).T.reindex(index=list(HEIGHTS)[::-1], columns=list(SIDES))


def before_camera(points: np.ndarray, azimuth: float, height: float, rng: np.random.Generator) -> np.ndarray:
    """People as a camera sees them that looks at their middle.

    Parameters
    ----------
    points : (N, 16, 3) mm
        LIFT16, z up, the floor at 0, facing -y.
    azimuth : float
        Degrees round the person; half of the people are seen from their left.
    height : float
        mm above the floor.
    rng : Generator
        Draws distances, and by how much cameras are elsewhere.

    Returns
    -------
    (N, 16, 3) mm
        In the cameras' axes.
    """
    count = len(points)
    turned = (azimuth + rng.normal(0, _JITTER[0], count)) * rng.choice([-1.0, 1.0], count)
    distance = rng.uniform(*_DISTANCE, count)
    middle = (points.min(1) + points.max(1)) / 2
    above = np.maximum(height + rng.normal(0, _JITTER[1], count), 80) - middle[:, 2]
    rotation = look_at(turned, np.rad2deg(np.arctan2(above, distance)), rng.normal(0, 2, count))
    away = np.array([0, 0, 1.0]) * np.hypot(distance, above)[:, None]
    return to_camera(points - middle[:, None], rotation, away)


def simulated(camera: np.ndarray, rng: np.random.Generator) -> tuple[Pose2D, np.ndarray]:
    """What a detector would find.

    Parameters
    ----------
    camera : (N, 16, 3) mm
        People in the camera's axes.
    rng : Generator
        Draws the errors.

    Returns
    -------
    Pose2D
        In LIFT16.
    (N, 8) bool array
        Which knees, ankles, elbows and wrists are hidden.
    """
    hidden = hidden_joints(camera)
    focal = _SIZE / 2 / np.tan(np.deg2rad(_FIELD) / 2)
    pixels = project(camera, intrinsics(focal, _SIZE, _SIZE))
    centred = pixels - (_SIZE - 1) / 2
    size = person_size(pixels, np.ones(hidden.shape, bool))[:, None]
    code = hidden.astype(int)
    deviation = _DEVIATIONS[code, np.arange(len(LIFT16))] * size * np.exp(rng.normal(0, _UNEVEN, hidden.shape))
    said = deviation * np.exp(rng.normal(0, _MISJUDGED, hidden.shape))
    depth = seen_depth(camera, centred, rng, 1.0)
    found = Pose2D(
        pixels + deviation[..., None] * rng.standard_normal(pixels.shape),
        _SCORES[code],
        (_SIZE, _SIZE),
        np.square(said)[..., None, None] * np.eye(2),
        LIFT16,
        depth,
        _SHOWN[code],
    )
    limbs = [j for j, name in enumerate(LIFT16.joints) if without_side(name) in ("knee", "ankle", "elbow", "wrist")]
    return found, hidden[:, limbs]


def hidden_joints(camera: np.ndarray) -> np.ndarray:
    """Which joints the body itself hides.

    Parameters
    ----------
    camera : (N, 16, 3) mm
        People in the camera's axes.

    Returns
    -------
    (N, 16) bool array
        Whether a part of the body is between the camera and the joint.
    """
    far = np.linalg.norm(camera, axis=-1)
    ray = camera / far[..., None]
    hidden = np.zeros(far.shape, bool)
    for start, end, width in _PARTS:
        first, last = camera[:, LIFT16.index(start)], camera[:, LIFT16.index(end)]
        part = first[:, None] + _ALONG * (last - first)[:, None]  # (N, P, 3)
        along = np.einsum("njk,npk->njp", ray, part)
        aside = np.sqrt(np.maximum(np.square(part).sum(-1)[:, None] - along**2, 0))
        covered = ((aside < width) & (along < far[..., None] - width - _BEHIND)).any(-1)
        covered[:, LIFT16.indices([start, end])] = False
        hidden |= covered
    return hidden


def _judged() -> dict[str, Exercise]:
    """fitlab's exercises without their variants."""
    return {name: exercise for name, exercise in load_exercises().items() if not exercise.variant_of}


def _table(exercise: Exercise, findings: list, camera: np.ndarray) -> pd.DataFrame:
    """A row for each check and person: angle, error in degrees, and whether the verdict is firm, and wrong."""
    truth = camera - camera[:, :1]
    parts = []
    for finding in findings:
        floor, ceiling = finding.check.limits
        true = finding.check.measure.compute(truth)
        right = np.select([true < floor - 0.5, true > ceiling + 0.5], [TOO_SMALL, TOO_LARGE], GOOD)
        firm = np.isin(finding.verdict, (GOOD, TOO_SMALL, TOO_LARGE))
        error = angle_errors(finding.degrees, true)
        table = {"angle": finding.check.angle, "error": error, "firm": firm, "wrong": firm & (finding.verdict != right)}
        parts.append(pd.DataFrame(table))
    return pd.concat(parts, ignore_index=True)


def _row(table: pd.DataFrame, poses: int) -> dict[str, float]:
    firm = table["firm"].sum()
    return {
        "poses": poses,
        "median error": table["error"].median(),
        "ninth decile": table["error"].quantile(0.9),
        "firm": table["firm"].mean(),
        "wrong": float(table["wrong"].sum() / firm) if firm else np.nan,
    }
