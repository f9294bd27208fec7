import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bodies import before, body, squat
from calibrations import even
from paint import DOT, colour_detector, painted
from PIL import ExifTags, Image

import fitlab
from fitlab import cameras
from fitlab.analysis import HEIGHT_NOT_USED, OTHER_MODELS, analyze_pose, seen_in_picture
from fitlab.exercises.assessment import NOT_JUDGED
from fitlab.exercises.calibration import Calibration, write_calibration
from fitlab.exercises.definition import load_exercises, parse_exercises
from fitlab.exercises.feedback import NOBODY
from fitlab.exercises.recognition import Recognition
from fitlab.lifting.lifter import DEFAULT_LIFTER, lift, load_lifter
from fitlab.poses import Pose2D
from fitlab.skeletons import LIFT16, MPII16, convert

ROOT = Path(__file__).parents[1]
PHOTO = np.zeros((480, 640, 3), np.uint8)


def photographed(points: np.ndarray, azimuth: float, elevation: float = 0.0) -> Pose2D:
    """A made-up person 3 m away, as a detector that is always right would see them."""
    in_front = before(points, azimuth, elevation) + np.array([0, 0, 3000])
    flat = convert(cameras.project(in_front, cameras.intrinsics(600, 640, 480)), LIFT16, MPII16)
    flat[MPII16.index("upper_neck")] = flat[MPII16.indices(["thorax", "head_top"])].mean(0)
    return Pose2D(flat, np.ones(16), (640, 480), covariance=np.broadcast_to(4 * np.eye(2), (16, 2, 2)))


def test_the_field_of_view_in_the_photo_is_used(tmp_path):
    image, _ = painted(640, 480, (160, 230), 0.28)
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.FocalLengthIn35mmFilm] = 18
    Image.fromarray(image).save(tmp_path / "wide.jpg", exif=exif, quality=100, subsampling=0)
    told, given, usual = (
        fitlab.analyze_photo(photo, "squat", detector=colour_detector(), field_of_view=view)
        for photo, view in ((tmp_path / "wide.jpg", None), (image, 87.7), (image, None))
    )
    assert told.field_of_view == pytest.approx(87.7, abs=0.1)
    np.testing.assert_allclose(told.pose3d.points, given.pose3d.points, atol=5)
    assert np.abs(told.pose3d.points - usual.pose3d.points).max() > 20


def test_a_notebook_shows_the_figure():
    image, _ = painted(640, 480, (320, 230), 0.28)
    picture = fitlab.analyze_photo(image, "squat", detector=colour_detector())._repr_png_()
    assert Image.open(io.BytesIO(picture)).size[0] > 600


def test_from_a_photo_to_sentences():
    image, points = painted(640, 480, (320, 230), 0.28)
    analysis = fitlab.analyze_photo(image, "squat", detector=colour_detector())
    assert analysis.found
    assert np.abs(analysis.pose2d.points - points).max() < DOT / 3
    columns = ["angle", "degrees", "low", "high", "target", "probability", "verdict"]
    assert list(analysis.angles.columns) == columns
    assert len(analysis.angles) == len(load_exercises()["squat"].checks)
    assert analysis.feedback
    known = analysis.angles.dropna()
    assert known.probability.between(0, 1).all()
    assert ((known.low <= known.degrees) & (known.degrees <= known.high)).all()


def test_intervals_of_other_models_are_said_to_be_those_of_the_default_ones():
    image, _ = painted(900, 1200, (450, 560), 0.5)
    own = fitlab.analyze_photo(image, "squat", detector=colour_detector())
    assert own.feedback.count(OTHER_MODELS) == 1
    pose = own.pose2d
    assert OTHER_MODELS not in analyze_pose(image, pose, "squat").feedback
    assert OTHER_MODELS not in analyze_pose(image, pose, "squat", lifter=load_lifter()).feedback
    assert OTHER_MODELS in analyze_pose(image, pose, "squat", lifter="martinez-general").feedback
    both = fitlab.analyze_photo(image, "squat", detector=colour_detector(), lifter="martinez-general")
    assert both.feedback.count(OTHER_MODELS) == 1


@pytest.mark.parametrize(
    "photo",
    [
        np.full((120, 160, 3), 128, np.uint8),
        np.random.default_rng(0).integers(0, 256, (120, 160, 3), dtype=np.uint8),
        np.repeat(np.linspace(0, 255, 160).astype(np.uint8)[None, :, None], 120, 0).repeat(3, 2),
    ],
    ids=["flat", "noise", "gradient"],
)
def test_a_photo_without_a_person_gets_no_verdict(photo):
    analysis = fitlab.analyze_photo(photo, "squat")
    assert not analysis.found
    assert analysis.feedback == [NOBODY]
    assert set(analysis.angles.verdict) == {NOT_JUDGED}
    content = json.loads(analysis.to_json())
    assert content["found"] is False
    assert content["points_px"]["left_knee"] == [None, None]


def test_legs_out_of_the_frame_are_not_judged_and_the_reason_is_said():
    image, _ = painted(640, 480, (320, 400), 0.4)
    analysis = fitlab.analyze_photo(image, "squat", detector=colour_detector())
    assert analysis.found
    assert set(analysis.angles.verdict) == {NOT_JUDGED}
    assert any("knees" in said and "not seen in the photo" in said for said in analysis.feedback)


def test_joints_outside_the_picture_are_guessed_and_not_judged():
    """Both legs below the lower edge, whatever the score that came with them; a finger's width outside still counts."""
    pose = photographed(squat(), 40)
    edge = pose.points[MPII16.index("left_knee"), 1] - 0.03 * 640
    cut = replace(pose, image_size=(640, round(edge)))
    verdicts = fitlab.analyze_pose(PHOTO[: round(edge)], cut, "squat").angles.set_index("angle").verdict
    assert {verdicts["left_knee"], verdicts["trunk_lean"]} == {NOT_JUDGED}
    shown = seen_in_picture(cut)
    assert shown.score[MPII16.index("left_ankle")] == 0
    assert shown.score[MPII16.index("left_shoulder")] == 1
    barely = replace(pose, image_size=(640, round(pose.points[:, 1].max() - 0.01 * 640)))
    assert seen_in_picture(barely) is barely
    clip = Pose2D(np.stack([pose.points, pose.points + 2000]), np.ones((2, 16)), (640, 480))
    assert seen_in_picture(clip).score.tolist() == [[1] * 16, [0] * 16]


def test_a_pair_that_the_user_calibrated_gets_its_own_intervals(tmp_path, monkeypatch):
    monkeypatch.setenv("FITLAB_DATA", str(tmp_path))
    (tmp_path / "weights").mkdir()
    mine = Calibration("colours", DEFAULT_LIFTER, even(40).constants)
    pose = photographed(squat(), 40)
    before = fitlab.analyze_pose(PHOTO, pose, "squat", detector=colour_detector())
    write_calibration(tmp_path / "weights" / "calibration.toml", mine)
    after = fitlab.analyze_pose(PHOTO, pose, "squat", detector=colour_detector())
    assert OTHER_MODELS in before.feedback
    assert OTHER_MODELS not in after.feedback
    assert after.angles.low[0] == pytest.approx(after.angles.degrees[0] - 40, abs=2)
    assert fitlab.analyze_pose(PHOTO, pose, "squat").angles.low.equals(before.angles.low)


def test_a_forked_process_analyses_too():
    """Linux forks by default up to Python 3.13, and PyTorch's threads do not come along."""
    code = (
        "import multiprocessing, numpy as np, torch, fitlab\n"
        "from fitlab.analysis import analyze_pose\n"
        "points = np.random.default_rng(0).uniform(50, 400, (16, 2))\n"
        "pose = fitlab.Pose2D(points, np.ones(16), (480, 480), np.tile(np.eye(2), (16, 1, 1)))\n"
        "photo = np.zeros((480, 480, 3), np.uint8)\n"
        "def found(_): return analyze_pose(photo, pose, 'squat').found\n"
        "torch.set_num_threads(2); torch.ones(1000, 1000) @ torch.ones(1000, 1000); found(0)\n"
        "with multiprocessing.get_context('fork').Pool(2) as pool: print(pool.map_async(found, range(2)).get(100))\n"
    )
    environment = os.environ | {"OMP_NUM_THREADS": "2", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=150, env=environment
    )
    assert done.stdout == "[True, True]\n", done.stderr


def test_unknown_places_and_unknown_joints():
    nowhere = Pose2D(np.full((16, 2), np.nan), np.ones(16), (640, 480))
    assert fitlab.analyze_pose(PHOTO, nowhere, "squat").feedback == [NOBODY]
    pose = photographed(squat(), 40)
    pose.points[MPII16.index("left_ankle")] = np.nan
    table = fitlab.analyze_pose(PHOTO, pose, "squat").angles.set_index("angle")
    assert table.verdict["left_knee"] == NOT_JUDGED
    assert np.isnan(table.degrees["left_knee"])
    assert not np.isnan(table.degrees["right_knee"])


def test_one_seen_joint_is_no_reason_to_stumble():
    score = np.zeros(16)
    score[0] = 1
    lonely = Pose2D(np.zeros((16, 2)), score, (640, 480))
    assert set(fitlab.analyze_pose(PHOTO, lonely, "squat").angles.verdict) == {NOT_JUDGED}


def test_an_exercise_of_ones_own_with_a_free_angle():
    mine = parse_exercises(
        """
        [bow]
        title = "Bow"
        camera = "Stand sideways."
        must_see = []
        [[bow.checks]]
        angle = ["thorax", "pelvis", "mid_knees"]
        range = [0, 60]
        above = "Bow deeper."
        source = "test"
        """
    )["bow"]
    analysis = fitlab.analyze_pose(PHOTO, photographed(body(), 40), mine)
    assert analysis.angles.angle.tolist() == ["thorax - pelvis - mid_knees"]
    assert analysis.feedback[0].startswith("Bow deeper.")


def test_json_holds_everything_and_names_its_units():
    pose = photographed(squat(), 40)
    content = json.loads(fitlab.analyze_pose(PHOTO, pose, "squat").to_json())
    assert content["exercise"] == "squat"
    assert content["image_size"] == [640, 480]
    assert set(content["points_px"]) == set(MPII16.joints)
    assert set(content["points_mm"]) == set(LIFT16.joints)
    assert content["points_mm"]["pelvis"] == [0, 0, 0]
    assert content["angles"][0].keys() == {
        *("angle", "degrees", "low", "high", "target", "probability", "verdict", "reason")
    }
    assert content["field_of_view"] is None


@pytest.mark.parametrize("azimuth", [0, 45, 90, 135, 180, 270])
def test_an_upright_person_does_not_lean(azimuth):
    """Seen by a level camera; the commonest complaint about lifted skeletons is that they lean forward."""
    up = load_lifter().lift(photographed(body(), azimuth)).joint("thorax")
    assert np.degrees(np.arccos(-up[1] / np.linalg.norm(up))) < 12


def test_height_scales_every_bone_alike():
    """A tall person's legs are long as well."""
    pose = photographed(body(), 30)
    free, tall = (load_lifter().lift(pose, height_mm=height).points for height in (None, 2000))
    known = np.abs(free) > 1
    ratio = tall[known] / free[known]
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-6)
    short, large = (fitlab.analyze_pose(PHOTO, pose, "squat", height_mm=mm).angles.degrees for mm in (1500, 2000))
    np.testing.assert_allclose(short, large, atol=0.11)


def test_a_height_that_cannot_be_used_costs_no_verdict():
    """Only the arms are seen: nothing tells the scale, but elbows have angles."""
    pose = photographed(body(), 30)
    arms = [name for name in MPII16.joints if name.endswith(("shoulder", "elbow", "wrist"))]
    only_arms = replace(pose, score=np.where(np.isin(MPII16.joints, arms), 1.0, 0.1))
    free, tall = (fitlab.analyze_pose(PHOTO, only_arms, "overhead_press", height_mm=mm) for mm in (None, 1800))
    assert tall.angles.equals(free.angles)
    assert tall.feedback == [*free.feedback, HEIGHT_NOT_USED]
    with pytest.raises(ValueError, match="height_mm is the person's height in millimetres"):
        fitlab.analyze_pose(PHOTO, only_arms, "overhead_press", height_mm=1.8)


@pytest.mark.parametrize("degrees", [np.nan, np.inf, -5.0, 0.0, 180.0])
def test_a_field_of_view_that_no_lens_has_is_refused_as_the_lifter_does(degrees):
    """Also where nobody was found, and no lifter is asked."""
    nobody = Pose2D(np.full((16, 2), np.nan), np.zeros(16), (640, 480))
    with pytest.raises(ValueError) as by_lifter:
        lift(nobody, field_of_view=degrees)
    with pytest.raises(ValueError) as refused:
        fitlab.analyze_pose(PHOTO, nobody, "squat", field_of_view=degrees)
    assert str(refused.value) == str(by_lifter.value)


@pytest.mark.parametrize("wrong", [{"field_of_view": np.nan}, {"height_mm": 1.8}])
def test_a_number_that_cannot_be_right_is_refused_before_the_photo_is_looked_at(wrong, monkeypatch):
    monkeypatch.setattr("fitlab.analysis.detect", lambda *_, **__: pytest.fail("joints were detected"))
    with pytest.raises(ValueError, match=next(iter(wrong))):
        fitlab.analyze_photo(PHOTO, "squat", **wrong)


def test_json_never_holds_what_json_does_not_know():
    analysis = replace(fitlab.analyze_pose(PHOTO, photographed(squat(), 40), "squat"), field_of_view=np.nan)
    with pytest.raises(ValueError, match="JSON"):
        analysis.to_json()


@pytest.mark.parametrize("exercise", ["sqat", "squats"])
def test_an_unknown_exercise_gets_a_suggestion(exercise):
    with pytest.raises(ValueError, match="did you mean squat"):
        fitlab.analyze_photo(PHOTO, exercise)


def test_the_table_is_what_was_found():
    analysis = fitlab.analyze_pose(PHOTO, photographed(squat(), 40), "squat")
    assert [finding.verdict for finding in analysis.findings] == analysis.angles.verdict.tolist()


def test_an_exercise_that_nobody_chose_is_recognised(monkeypatch):
    pose2d = photographed(squat(80), 60)
    for shares, name in (([0.9, 0.1], "squat"), ([0.1, 0.9], "unknown")):
        found = Recognition(("squat", "unknown"), np.array(shares))
        monkeypatch.setattr("fitlab.analysis.recognise", lambda pose, found=found: found)
        analysis = analyze_pose(PHOTO, pose2d)
        assert analysis.exercise.name == json.loads(analysis.to_json())["exercise"] == name
        assert bool(analysis.findings) == (name == "squat")
        assert json.loads(analysis.to_json())["recognised"] == {"name": name, "probability": 0.9}
        assert analysis.figure() is not None
    assert analysis.feedback[0].startswith("Which exercise this is cannot be told")


def test_what_plainly_is_another_exercise_is_not_judged(monkeypatch):
    found = Recognition(("squat", "push_up", "unknown"), np.array([0.001, 0.998, 0.001]))
    monkeypatch.setattr("fitlab.analysis.recognise", lambda pose: found)
    analysis = analyze_pose(PHOTO, photographed(squat(80), 60), "squat")
    assert {finding.reason for finding in analysis.findings} == {"this looks like a push-up, not a squat"}
    assert "this looks like a push-up, not a squat" in " ".join(analysis.feedback)


def test_nobody_does_no_exercise():
    nobody = Pose2D(np.full((16, 2), np.nan), np.zeros(16), (640, 480))
    analysis = analyze_pose(PHOTO, nobody)
    assert (analysis.exercise.name, analysis.recognition, analysis.feedback) == ("unknown", None, [NOBODY])
    assert json.loads(analysis.to_json())["recognised"] is None
