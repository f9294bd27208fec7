"""``fitlab analyze`` of photos, clips and folders: what is printed, what is written, what is refused."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from many.test_many import NOBODY, clip, photo, tree
from paint import painted
from reports.clips import WORDS
from reports.clips import analysis as clip_analysis

from fitlab.analysis import analyze_pose
from fitlab.cli.main import main
from fitlab.many import work
from fitlab.many.work import Outcome
from fitlab.poses import Pose2D


@pytest.fixture
def made_up(monkeypatch) -> list[object]:
    """Analyses that are made up; what each was asked for."""
    asked: list[object] = []

    def of_clip(source: object, exercise: object, **options: object) -> object:
        asked.append((source, options))
        return clip_analysis()

    def of_photo(source: object, exercise: object, **options: object) -> object:
        asked.append((source, options))
        return analyze_pose(painted(640, 480, (320, 230), 0.28)[0], NOBODY, exercise)

    monkeypatch.setattr(work, "analyze_video", of_clip)
    monkeypatch.setattr("fitlab.analysis.analyze_photo", of_photo)
    monkeypatch.setattr("fitlab.detection.company.other_person", lambda photo, pose2d, detector="": None)
    return asked


def analyze(path: Path, *options: object) -> int:
    return main(["analyze", str(path), "--exercise", "squat", *map(str, options)])


def test_a_clip_is_counted_and_reported(made_up, tmp_path, capsys):
    clip(tmp_path / "a.mp4")
    options = [
        "--out",
        tmp_path / "new" / "out",
        "--motion",
        "trc",
        ".BVH",
        "--json",
        tmp_path / "a.json",
        "--side",
        "back",
    ]
    assert analyze(tmp_path / "a.mp4", "--end", 9, "--stride", 1, *options) == 0
    printed = capsys.readouterr().out
    assert WORDS in printed
    assert "too large" in printed
    assert "leaves the picture" in printed
    names = [
        "analysis.json",
        "annotated.mp4",
        "frames.csv",
        "motion.bvh",
        "motion.trc",
        "repetitions.csv",
        "report.html",
    ]
    assert tree(tmp_path / "new" / "out") == names
    assert json.loads((tmp_path / "a.json").read_text())["exercise"] == "squat"
    [(asked, _)] = made_up
    assert (asked.end, asked.stride) == (9, 1)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.mp4", b"", "empty.mp4 is empty; copy the clip again"),
        ("text.mp4", b"not a clip", "is not a clip that can be read"),
        ("missing.mp4", None, "there is no clip"),
    ],
)
def test_what_is_no_clip_ends_with_one_sentence(name, content, said, tmp_path, capsys):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert analyze(tmp_path / name, "--out", tmp_path / "out") == 2
    printed = capsys.readouterr()
    assert said in printed.err
    assert printed.err.count("\n") == 1
    assert not printed.out
    assert not (tmp_path / "out").exists()


def test_a_photo_has_a_report_as_well(made_up, tmp_path, capsys):
    photo(tmp_path / "a.png")
    assert analyze(tmp_path / "a.png", "--out", tmp_path / "out") == 0
    assert tree(tmp_path / "out") == ["analysis.json", "angles.csv", "report.html"]
    assert capsys.readouterr().out.startswith("Nobody was found")


def test_a_folder_is_carried_out_and_the_exit_code_says_whether_all_went_well(monkeypatch, tmp_path, capsys):
    photo(tmp_path / "a.png")
    summary = {"repetitions": 1, "feedback": ["Squat: 1 repetition, 3 s.", "Well done.", "And more."]}
    answers = [Outcome(tmp_path / "b.mp4", summary=summary, done_before=True)]

    def many(paths, exercise, out, workers, progress, **settings):
        assert (paths, workers, settings["motion"]) == (tmp_path, 3, (".c3d",))
        for answer in answers:
            progress(answer)
        return answers

    monkeypatch.setattr("fitlab.many.run.analyze_many", many)
    options = ["--out", tmp_path / "out", "--workers", 3, "--motion", "c3d"]
    assert analyze(tmp_path, *options) == 0
    assert capsys.readouterr().out.splitlines()[0] == "b.mp4: 1 repetition. Well done. (from before)"
    answers.append(Outcome(tmp_path / "a.png", error="a.png is damaged"))
    assert analyze(tmp_path, *options) == 1
    assert capsys.readouterr().out.splitlines()[1:] == [
        "a.png is damaged",
        f"1 analysed, 1 not: {tmp_path / 'out' / 'index.html'}",
    ]


def test_several_files_are_carried_out_together(monkeypatch, tmp_path):
    photos = [tmp_path / "a.png", tmp_path / "b.png"]
    for path in photos:
        photo(path)
    given = []
    monkeypatch.setattr("fitlab.many.run.analyze_many", lambda paths, **settings: given.append(paths) or [])
    assert main(["analyze", *map(str, photos), "--out", str(tmp_path / "out")]) == 0
    assert given == [photos]


def test_several_need_a_place_and_are_files(tmp_path, capsys):
    for words, said in (
        (["a.png", "b.png"], "these are 2 files; say with --out DIR where the reports go"),
        (["a.png", str(tmp_path), "--out", str(tmp_path / "o")], "is a folder; give one folder alone"),
    ):
        assert main(["analyze", *words]) == 2
        assert said in capsys.readouterr().err


def test_the_person_of_a_clip_can_be_chosen(made_up, tmp_path, capsys, monkeypatch):
    """What is said of somebody else can be typed as it is."""
    clip(tmp_path / "a.mp4")
    points = np.stack([np.linspace(300, 400, 16), np.linspace(10, 200, 16)], axis=1)
    other = Pose2D(points, np.ones(16), (640, 480))
    monkeypatch.setattr("fitlab.detection.company.other_person", lambda photo, pose2d, detector: other)
    assert analyze(tmp_path / "a.mp4") == 0
    said = capsys.readouterr().out.splitlines()[-1]
    assert said.startswith("Somebody else is in this clip, further ")
    typed = said.partition("add ")[2].split()
    assert typed == ["--box-at", "1.40", "--box", "300", "10", "400", "200."]
    assert analyze(tmp_path / "a.mp4", *typed) == 0
    assert made_up[-1][1] == made_up[0][1] | {"box": [300, 10, 400, 200], "box_at": 1.4}
    assert "Somebody else" not in capsys.readouterr().out
    assert analyze(tmp_path / "a.mp4", "--box-at", 1) == 2
    assert "--box-at says in which frame --box is; give that, too" in capsys.readouterr().err


def test_what_means_nothing_is_refused_before_any_work(made_up, tmp_path, capsys):
    photo(tmp_path / "a.png")
    clip(tmp_path / "a.mp4", 2)
    (tmp_path / "file").write_text("")
    for path, options, said in (
        ("a.mp4", ["--other"], "--other is not for a clip; leave it out"),
        ("", ["--out", tmp_path / "o", "--box", 1, 2, 30, 40], "--box is not for several photos and clips"),
        ("a.mp4", ["--figure", tmp_path / "a.pdf"], "--figure is not for a clip"),
        ("a.png", ["--start", 1], "--start is not for a photo"),
        ("", [], "is a folder; say with --out DIR where the reports go"),
        ("", ["--out", tmp_path / "o", "--json", tmp_path / "a.json"], "--json is not for several photos and clips"),
        ("a.mp4", ["--out", tmp_path / "file"], "is a file; name a folder for the report"),
        ("a.mp4", ["--motion", "fbx"], "unknown ending of a motion file '.fbx'"),
        ("a.mp4", ["--side", "top"], "unknown side 'top'"),
        ("a.mp4", ["--json", tmp_path / "a.mp4"], "would overwrite the photo"),
    ):
        assert analyze(tmp_path / path, *options) == 2
        assert said in capsys.readouterr().err
    assert made_up == []


@pytest.fixture
def two_people(made_up, monkeypatch):
    """A photo of one person, and another who is seen standing further right."""
    image, points = painted(640, 480, (200, 230), 0.28)
    pose = Pose2D(points, np.ones(16), (640, 480), np.tile(np.eye(2), (16, 1, 1)))
    other = replace(pose, points=np.add(points, [250, 0]))
    monkeypatch.setattr("fitlab.analysis.analyze_photo", lambda *asked, **options: analyze_pose(image, pose, "squat"))
    monkeypatch.setattr("fitlab.detection.company.other_person", lambda photo, pose2d, detector="": other)
    return other


def test_somebody_else_is_told_of_after_the_verdict(two_people, tmp_path, capsys):
    assert analyze(photo(tmp_path / "a.png")) == 0
    *_, table, _, last = capsys.readouterr().out.splitlines()
    assert last == "Somebody else is in this photo, further right; to judge them, add --other."
    assert "judged" in table
    assert analyze(tmp_path / "a.png", "--box", 0, 0, 300, 400) == 0
    assert "Somebody else" not in capsys.readouterr().out


def test_the_other_person_can_be_judged(two_people, tmp_path, capsys):
    assert analyze(photo(tmp_path / "a.png"), "--other", "--json", tmp_path / "a.json") == 0
    assert "Somebody else" not in capsys.readouterr().out
    points = json.loads((tmp_path / "a.json").read_text())["points_px"]
    np.testing.assert_allclose(list(points.values()), two_people.points)


@pytest.mark.parametrize("others", [["--other"], ["--other", "--box", 0, 0, 300, 400]])
def test_another_person_who_is_not_seen_or_chosen_twice_is_refused(made_up, others, tmp_path, capsys):
    assert analyze(photo(tmp_path / "a.png"), *others) != 0
    assert "--box" in capsys.readouterr().err
