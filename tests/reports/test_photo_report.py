"""A photo's folder of files."""

import json
import re
import zlib
from dataclasses import replace

import pandas as pd
from paint import colour_detector, painted
from reports.test_clip_report import Reader

import fitlab
from fitlab.analysis import analyze_photo
from fitlab.poses import Pose2D
from fitlab.reports.photo import photo_page, photo_sheet, write_photo_report


def test_the_folder_says_what_the_analysis_says(tmp_path):
    image, _ = painted(640, 480, (320, 230), 0.28)
    made = analyze_photo(image, "squat", detector=colour_detector())
    write_photo_report(made, tmp_path, "<me>.jpg")
    assert {file.name for file in tmp_path.iterdir()} == {"report.html", "angles.csv", "analysis.json"}
    read = Reader((tmp_path / "report.html").read_text(encoding="utf-8"))
    words = " ".join(read.words)
    for said in ("Squat: <me>.jpg", *made.feedback, "left knee", *set(made.angles.verdict)):
        assert said in words
    assert len(read.addresses) == 3
    assert all(address.startswith("data:image/jpeg;base64,") for address in read.addresses)
    assert pd.read_csv(tmp_path / "angles.csv").verdict.tolist() == made.angles.verdict.tolist()
    assert json.loads((tmp_path / "analysis.json").read_text())["exercise"] == "squat"


def test_why_something_is_not_judged_has_a_column_where_something_is_not():
    image, _ = painted(640, 480, (320, 230), 0.28)
    made = analyze_photo(image, "squat", detector=colour_detector())
    plain, unjudged = (tuple(replace(each, reason=why) for each in made.findings) for why in ("", "it is dark"))
    assert "why not" not in photo_page(replace(made, findings=plain))
    page = photo_page(replace(made, findings=unjudged))
    assert "why not" in page
    assert page.count("it is dark") == len(made.findings)


def test_the_photo_itself_is_not_drawn_on():
    image, _ = painted(640, 480, (320, 230), 0.28)
    before = image.copy()
    photo_page(analyze_photo(image, "squat", detector=colour_detector()))
    assert (image == before).all()


def test_a_photo_without_a_person_has_a_page_that_says_so():
    image, _ = painted(640, 480, (320, 230), 0.28)
    nobody = Pose2D([[float("nan")] * 2] * 16, [0] * 16, (640, 480))
    made = fitlab.analyze_pose(image, nobody, "squat")
    read = Reader(photo_page(made))
    assert "table" not in read.tags
    assert any("Nobody was found" in words for words in read.words)


def test_the_sheet_is_one_page_with_the_name_of_the_photo():
    image, _ = painted(640, 480, (320, 230), 0.28)
    sheet = photo_sheet(analyze_photo(image, "squat", detector=colour_detector()), "me.jpg")
    assert sheet.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type /Page\b", sheet)) == 1
    assert b"(Squat: me.jpg)" in sheet
    drawn = b"".join(_inflated(part) for part in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", sheet, re.DOTALL))
    written = b"".join(re.findall(rb"\((.*?)\)", drawn))  # letters stand in groups, with the space between them
    assert b"left knee" in written


def _inflated(part: bytes) -> bytes:
    try:
        return zlib.decompress(part)
    except zlib.error:
        return part
