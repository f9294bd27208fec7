"""Photos that arrive, and those that are refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from widget_parts import PHOTO, jpeg

pytest.importorskip("pythreejs")

from fitlab_widgets import PhotoInput

from fitlab.overlay.mp4 import mp4


def send(source: PhotoInput, content: bytes, name: str = "me.jpg", number: int = 1, **place: int) -> None:
    source._heard(source, {"action": "begin", "number": number, "name": name, "bytes": len(content), **place}, [])
    for start in range(0, len(content), 500):
        source._heard(source, {"action": "piece", "number": number}, [memoryview(content[start : start + 500])])


def test_a_photo_arrives_in_pieces():
    source = PhotoInput()
    send(source, jpeg())
    assert source.photo.shape == PHOTO.shape
    assert (source.name, source.status, source.failed) == ("me.jpg", "", False)


def test_a_pdf_named_jpg_is_refused_in_a_sentence_and_the_last_photo_stays():
    source = PhotoInput()
    send(source, jpeg())
    send(source, b"%PDF-1.7 nothing to see", "trick.jpg", number=2)
    assert source.failed
    assert "trick.jpg is not an image" in source.status
    assert source.photo.shape == PHOTO.shape


def test_pieces_of_an_upload_that_was_replaced_are_dropped():
    source = PhotoInput()
    source._heard(source, {"action": "begin", "number": 1, "name": "old.jpg", "bytes": 10}, [])
    send(source, jpeg(), "new.jpg", number=2)
    source._heard(source, {"action": "piece", "number": 1}, [b"0123456789"])
    assert source.name == "new.jpg"


def test_samples_are_the_photos_of_a_folder(tmp_path):
    (tmp_path / "squat.jpg").write_bytes(jpeg())
    (tmp_path / "notes.txt").write_text("no photo")
    source = PhotoInput(tmp_path)
    assert source.samples == ("squat",)
    source.choose("squat")
    assert source.name == "squat"
    with pytest.raises(ValueError, match="there are: squat"):
        source.choose("plank")


def test_samples_may_end_as_cameras_and_phones_write_it(tmp_path):
    for file in ("a.jpeg", "b.JPG", "c.PNG", "d.webp", "e.JPEG"):
        (tmp_path / file).write_bytes(jpeg())
    assert PhotoInput(tmp_path).samples == ("a", "b", "c", "d", "e")


def test_a_missing_folder_of_samples_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        PhotoInput(tmp_path / "nowhere")


def heard_by_views(source: PhotoInput, monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """What the views of ``source`` are told from now on."""
    answers: list[dict] = []
    monkeypatch.setattr(source, "send", lambda content, buffers=None: answers.append(content))
    return answers


def test_an_upload_that_another_view_replaces_is_answered_so_that_its_progress_ends(monkeypatch):
    source = PhotoInput()
    answers = heard_by_views(source, monkeypatch)
    for number, name in ((1, "a.png"), (2, "b.png")):
        source._heard(source, {"action": "begin", "number": number, "name": name, "bytes": 20}, [])
        source._heard(source, {"action": "piece", "number": 1}, [bytes(10)])
    assert answers == [
        {"received": 1, "bytes": 10},
        {"refused": 1, "why": "Another photo was uploaded instead."},
    ]


@pytest.mark.parametrize(
    ("announced", "sent", "said"),
    [(60_000_000, 0, "me.jpg has more than 50 MB"), (10, 11, "me.jpg is longer than it was said to be")],
)
def test_the_limits_of_an_upload_are_kept_here_too(announced, sent, said, monkeypatch):
    source = PhotoInput()
    answers = heard_by_views(source, monkeypatch)
    source._heard(source, {"action": "begin", "number": 1, "name": "me.jpg", "bytes": announced}, [])
    if sent:
        source._heard(source, {"action": "piece", "number": 1}, [bytes(sent)])
    assert said in source.status
    assert source.failed
    assert answers[-1]["refused"] == 1
    assert source._upload.received == 0


def test_the_stop_button_is_counted():
    source = PhotoInput()
    source._heard(source, {"action": "stop"}, [])
    assert source.stops == 1


def clip_of(folder, seconds: float) -> bytes:
    with mp4(folder / "made.mp4", 64, 48) as write:
        for second in (0.0, 0.5, seconds):
            write(np.full((48, 64, 3), 90, np.uint8), second)
    return (folder / "made.mp4").read_bytes()


def test_a_clip_comes_as_a_file_and_goes_when_nothing_can_show_it_any_more(tmp_path):
    given = PhotoInput()
    content = clip_of(tmp_path, 2)
    send(given, content, "../../squats.mp4")
    first = given.clip
    assert (first.name, first.read_bytes(), given.name) == ("squats.mp4", content, "../../squats.mp4")
    assert first.is_relative_to(given._folder.name)
    send(given, content, "again.mp4")
    assert first.exists()  # it is shown until the new one is analysed, if that is not stopped
    send(given, content, "once-more.mp4")
    assert not first.exists()
    assert given.clip.exists()


def test_a_long_or_broken_clip_is_refused_in_a_sentence(tmp_path):
    given = PhotoInput()
    send(given, clip_of(tmp_path, 90), "long.mp4")
    assert given.complaint.startswith("long.mp4 lasts 9")
    assert "up to 60 s" in given.complaint
    send(given, b"no clip" * 100, "broken.mov")
    assert given.complaint.startswith("broken.mov is not a clip that can be read")
    assert given.clip is None
    assert not any(file.is_file() for file in Path(given._folder.name).rglob("*"))


def test_photos_that_come_together_are_a_burst_in_the_order_of_their_names():
    given = PhotoInput()
    for place, (name, grey) in enumerate((("b.jpg", 200), ("no.jpg", None), ("a.jpg", 40))):
        content = b"no photo" if grey is None else jpeg(np.full((64, 64, 3), grey, np.uint8))
        send(given, content, name, place=place, of=3)
        assert given.photo is None
    assert [int(photo.mean().round()) for photo in given.burst] == [40, 200]
    assert given.name == "2 photos"
    send(given, jpeg(), "a.jpg", place=0, of=21)
    assert given.complaint == "Up to 20 photos are taken together; choose fewer."


_READS_THRICE = """
import resource, sys
from pathlib import Path
from fitlab_widgets import PhotoInput

def most():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

source, content = PhotoInput(preview=False), Path(sys.argv[1]).read_bytes()
before, peaks = most(), []
for number in range(3):
    assert source.offer(content, f"{number}.jpg"), source.complaint
    assert source.photo.shape == (4500, 6000, 3)
    peaks.append(most() - before)
print(*peaks)
"""


def test_a_photo_of_108_megapixels_is_read_at_half_its_sides_in_little_memory(tmp_path):
    """In full it would be 412 MB before anything is copied. What was uploaded before is not kept."""
    small = np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8)
    Image.fromarray(small).resize((12000, 9000), Image.Resampling.NEAREST).save(tmp_path / "108.jpg", quality=60)
    command = [sys.executable, "-c", _READS_THRICE, str(tmp_path / "108.jpg")]
    first, _, third = map(int, subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())
    assert first < 350
    assert third < first + 120  # the photo that is shown until the next one is there
