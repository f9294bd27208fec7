"""A clip's folder of files: what is in it is what the analysis says."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import av
import numpy as np
import pandas as pd
import pytest
from reports.clips import KNEES, SQUAT, WORDS, analysis, pictures

from fitlab.reports.clip import MOST_PICTURES, clip_page, highlights, write_clip_report
from fitlab.reports.curve import angle_curve
from fitlab.reports.tables import clip_json, frame_table, repetitions_with_moments

_ALONE = {"meta", "img", "rect", "line", "polygon", "polyline", "br"}


class Reader(HTMLParser):
    """Which tags, addresses and texts a page has; every tag that is opened must be closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open, self.tags, self.addresses, self.words = [], [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.addresses += [value for name, value in attributes if name in ("src", "href", "data", "action", "srcset")]
        if tag not in _ALONE:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in _ALONE:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def test_the_folder_has_every_file_and_each_frame_is_the_right_one(tmp_path):
    files = write_clip_report(analysis(), tmp_path, pictures(), "me.mp4", motion=[".trc", ".bvh"])
    names = {
        "annotated.mp4",
        "report.html",
        "frames.csv",
        "repetitions.csv",
        "analysis.json",
        "motion.trc",
        "motion.bvh",
    }
    assert {file.name for file in files} == {file.name for file in tmp_path.iterdir()} == names
    with av.open(str(tmp_path / "annotated.mp4")) as clip:
        frames = list(clip.decode(0))
    # The corner below the inset is drawn on by nothing.
    greys = [frame.to_ndarray(format="rgb24")[280:300, 620:].mean() for frame in frames]
    np.testing.assert_allclose(greys, 20 * np.arange(len(KNEES)), atol=4)


def test_without_pictures_there_is_no_clip_and_all_the_rest(tmp_path):
    write_clip_report(analysis(), tmp_path)
    names = {"report.html", "frames.csv", "repetitions.csv", "analysis.json"}
    assert {file.name for file in tmp_path.iterdir()} == names


def test_the_page_stands_alone_and_says_what_there_is(tmp_path):
    write_clip_report(analysis(), tmp_path, pictures(), "<me>.mp4")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    read = Reader(text)
    assert read.addresses
    assert all(address.startswith("data:image/jpeg;base64,") for address in read.addresses)
    assert not re.search(r"https?:|url\(|@import|<script|<link", text)
    words = " ".join(read.words)
    for said in ("Squat: <me>.mp4", "2 repetitions, 1 of them too shallow.", WORDS, "too large", "leaves the picture"):
        assert said in words
    assert "svg" in read.tags
    assert "@media print" in text


def test_each_angle_is_told_where_it_is_worst():
    page = clip_page(analysis())
    table = page.partition("Angles, each where it is worst")[2]
    (knee,) = re.findall(r"<tr><td[^>]*>left knee</td>(.*?)</tr>", table)
    cells = re.sub("<.*?>", " ", knee).split()
    assert cells[0] == "130°"
    assert cells[-4:] == ["too", "large", "0.4", "s"]
    assert "Left knee over time" in page  # the angle at fault, whichever side is seen better
    good = tuple(replace(each, verdict="good", sentence="Repetition: good.") for each in analysis().repetitions)
    assert "Repetition: good." not in clip_page(replace(analysis(), repetitions=good))


def test_the_worst_moments_are_shown_and_without_any_the_turns():
    shown = highlights(analysis())
    assert [(each.frame, each.verdict) for each in shown] == [(2, "too large")]
    assert shown[0].words.startswith("Repetition 1 at 0.4 s: left knee")
    made = analysis()
    good = tuple(replace(each, moments=(), verdict="good") for each in made.repetitions)
    assert [each.frame for each in highlights(replace(made, repetitions=good))] == [2, 7]
    many = tuple(
        replace(
            made.repetitions[0],
            number=number,
            moments=(replace(made.repetitions[0].moments[0], frame=number, degrees=110.0 + number),),
        )
        for number in range(1, 11)
    )
    frames = [each.frame for each in highlights(replace(made, repetitions=many))]
    assert frames == list(range(5, 11))
    assert len(frames) == MOST_PICTURES


def test_tables_have_a_row_for_each_frame_and_each_repetition(tmp_path):
    made = analysis()
    write_clip_report(made, tmp_path)
    frames = pd.read_csv(tmp_path / "frames.csv")
    assert frames.seconds.tolist() == pytest.approx(made.times.tolist())
    assert frames.frame.tolist() == list(range(0, 24, 2))
    assert frames.state.tolist()[-3:] == ["bridged", "bridged", "lost"]
    assert frames.repetition.tolist() == [1] * 4 + [2] * 7 + [0]
    np.testing.assert_allclose(frames.left_knee[:-1], KNEES[:-1], atol=0.1)
    assert np.isnan(frames.left_knee.iloc[-1])
    assert (frames.left_knee_low[:-1] < frames.left_knee[:-1]).all()
    repetitions = pd.read_csv(tmp_path / "repetitions.csv", index_col="number")
    assert repetitions.left_knee.tolist() == pytest.approx([130, 85], abs=0.1)
    assert repetitions.left_knee_verdict.tolist() == ["too large", "good"]
    assert repetitions.sentence[1] == WORDS
    assert frames.columns.tolist() == frame_table(made).columns.tolist()


def test_an_angle_that_is_checked_twice_has_two_columns():
    made = analysis()
    twice = replace(SQUAT, checks=(SQUAT.checks[0], SQUAT.checks[0]))
    columns = repetitions_with_moments(replace(made, exercise=twice)).columns
    assert {"left_knee", "left_knee_2", "left_knee_2_verdict"} <= set(columns)


def test_json_has_joints_and_no_nan():
    content = json.loads(clip_json(analysis()), parse_constant=lambda name: pytest.fail(name))
    assert content["exercise"] == "squat"
    frames = content["frames"]
    assert {len(column) for column in frames.values()} == {len(KNEES)}
    knee = content["joints_mm"].index("left_knee")
    np.testing.assert_allclose(frames["points_mm"][2][knee], analysis().pose3d.points[2, knee], atol=0.06)
    assert frames["points_mm"][-1][knee] == [None] * 3
    assert [each["number"] for each in content["repetitions"]] == [1, 2]
    assert content["repetitions"][0]["symmetry"] is None
    assert content["repetitions"][0]["worst_moments"][0]["verdict"] == "too large"


def test_nobody_and_no_frame_at_all_are_reported_too(tmp_path):
    made = analysis()
    nothing = replace(made, state=np.array(["lost"] * 12), repetitions=(), feedback=["Nobody was found."])
    gone = replace(nothing, pose3d=replace(made.pose3d, points=np.full((12, 16, 3), np.nan)))
    write_clip_report(gone, tmp_path, pictures(), motion=[".trc"])
    assert not (tmp_path / "motion.trc").exists()
    assert "Nobody was found." in (tmp_path / "report.html").read_text()
    empty = replace(
        made,
        times=made.times[:0],
        frames=made.frames[:0],
        pose2d=made.pose2d[:0],
        pose3d=made.pose3d[:0],
        findings=tuple(finding[:0] for finding in made.findings),
        repetitions=(),
        state=made.state[:0],
        track=made.track[:0],
        drive=made.drive[:0],
    )
    Reader(clip_page(empty))
    assert json.loads(clip_json(empty))["frames"]["seconds"] == []


def test_the_curve_has_gaps_a_band_and_a_mark_for_each_repetition():
    times = np.arange(100) / 10
    degrees = 120 + 40 * np.cos(times)
    degrees[40:50] = np.nan
    drawing = angle_curve(times, degrees, degrees - 5, degrees + 5, (80, 100), analysis().repetitions, "left knee")
    assert drawing.count("<polyline") == drawing.count("<polygon") == 2
    assert drawing.count("stroke-dasharray") == 2
    assert "NaN" not in drawing.replace("nan", "NaN")
    assert angle_curve(times, *[np.full(100, np.nan)] * 3, (80, np.inf)) == ""


def test_an_hour_of_frames_is_drawn_with_its_extremes_in_a_small_file():
    times = np.arange(108_000) / 30
    degrees = 120 + 40 * np.cos(times)
    degrees[70_000] = 3.0
    drawing = angle_curve(times, degrees, degrees, degrees, (80, 100))
    assert len(drawing) < 150_000
    [way] = re.findall(r'<polyline points="([^"]+)"', drawing)
    heights = [float(pair.split(",")[1]) for pair in way.split()]
    assert max(heights) - np.median(heights) > 80
