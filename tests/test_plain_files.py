"""What is no file, never ends or is too large is refused at once, by every reader alike."""

import os
import time
from pathlib import Path

import pytest

from fitlab.cli.main import main
from fitlab.datasets import infiniteform, mocap, mpii
from fitlab.evaluation import results
from fitlab.exercises.calibration import read_calibrations
from fitlab.exercises.definition import load_exercises
from fitlab.images import ImageError, read_image
from fitlab.plain_files import file_bytes, file_text, parse_json, parse_toml, printable
from fitlab.training.recipes import read_recipe
from fitlab.videos import Clip, VideoError

#: Reader -> the ending of its files.
READERS = {
    read_image: ".jpg",
    mocap.read_clip: ".bvh",
    mpii.read: ".json",
    infiniteform.read: ".json",
    load_exercises: ".toml",
    read_calibrations: ".toml",
    read_recipe: ".toml",
    results.load: ".json",
}


@pytest.mark.parametrize(("read", "ending"), READERS.items(), ids=lambda read: getattr(read, "__module__", ""))
def test_a_file_of_eight_gigabytes_is_refused_at_once(read, ending, tmp_path):
    file = tmp_path / f"huge{ending}"
    with file.open("wb") as stream:
        stream.truncate(8_000_000_000)  # sparse: it takes no room
    start = time.process_time()
    with pytest.raises(ValueError, match=rf"huge{ending} is not .* that can be read: it has 8,000 MB, and at most"):
        read(file)
    assert time.process_time() - start < 1


@pytest.mark.parametrize(("read", "ending"), READERS.items(), ids=lambda read: getattr(read, "__module__", ""))
def test_a_pipe_that_nobody_writes_to_is_refused(read, ending, tmp_path):
    file = tmp_path / f"pipe{ending}"
    os.mkfifo(file)
    with pytest.raises((ValueError, FileNotFoundError), match=r"not a file but a device or a pipe|there is no result"):
        read(file)


@pytest.mark.skipif(not Path("/proc/kmsg").exists(), reason="only Linux has it")
def test_a_file_that_is_none_cannot_keep_the_reader_waiting():
    assert file_bytes("/proc/kmsg", 100, "a text") == b""


def test_as_much_is_read_as_is_allowed(tmp_path):
    file = tmp_path / "notes.txt"
    file.write_bytes(b"\xef\xbb\xbf" + b"a" * 7)
    assert file_text(file, 10, "a text") == "a" * 7
    with pytest.raises(ValueError, match=r"notes\.txt is not a text that can be read: it has 0 MB"):
        file_text(file, 9, "a text")
    file.write_bytes(b"\xff\xff")
    with pytest.raises(ValueError, match="is not a text file in UTF-8"):
        file_text(file, 10, "a text")
    with pytest.raises(ValueError, match="is a folder; give the path of a text"):
        file_text(tmp_path, 10, "a text")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Übung 1.jpg", "Übung 1.jpg"),
        ("a\0b.jpg", "a\\x00b.jpg"),
        ("a\nb.jpg", "a\\nb.jpg"),
        ("\x1b[31m", "\\x1b[31m"),
        ("caf\udce9", "caf\\udce9"),
    ],
)
def test_names_are_shown_without_what_moves_a_terminal(text, shown):
    assert printable(text) == shown


@pytest.mark.parametrize("name", ["a\0b.jpg", "a\x1b[31mb.jpg", "a\nb.jpg"])
def test_the_shell_shows_no_control_characters(name, capsys):
    assert main(["analyze", name, "--exercise", "squat"]) == 2
    told = capsys.readouterr().err
    assert "there is no file a\\" in told
    assert told.rstrip("\n").isprintable()


@pytest.mark.parametrize(("parse", "text"), [(parse_json, "[" * 200_000), (parse_toml, "a = " + "[" * 200_000)])
def test_what_is_nested_without_end_is_said_so(parse, text):
    with pytest.raises(ValueError, match=r"the file is not .*: it is nested too deep"):
        parse(text, "the file")


@pytest.mark.parametrize("address", ["https://example.org/me.jpg", "s3://bucket/me.jpg"])
def test_an_address_is_no_path(address):
    with pytest.raises(ImageError, match=f"{address} is an address; .*: download the file first"):
        read_image(address)
    with pytest.raises(VideoError, match=f"{address} is an address; .*: download the clip first"):
        Clip(Path(address)).seconds  # noqa: B018
