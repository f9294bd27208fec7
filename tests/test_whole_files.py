"""A file is there whole or not at all."""

import errno
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from fitlab.whole_files import whole_file, write_text

ROOT = Path(__file__).parents[1]


def test_a_file_gets_its_name_when_it_is_whole(tmp_path):
    with whole_file(tmp_path / "a.csv") as part:
        part.write_text("1")
        assert part.suffix == ".csv"
        assert not (tmp_path / "a.csv").exists()
    assert [file.name for file in tmp_path.iterdir()] == ["a.csv"]


def test_what_was_there_stays_when_writing_fails(tmp_path):
    write_text(tmp_path / "a.csv", "old")
    with pytest.raises(ZeroDivisionError), whole_file(tmp_path / "a.csv") as part:
        part.write_text(str(1 / 0))
    assert [file.read_text() for file in tmp_path.iterdir()] == ["old"]


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "a.csv was not written: the disk is full; free some space and try again"),
        (errno.EROFS, "may not be written to; choose another folder"),
        (errno.EACCES, "may not be written to; choose another folder"),
        (errno.ENOENT, "a.csv was not written: no such file or directory"),
    ],
)
def test_what_the_system_says_becomes_a_sentence(number, said, tmp_path, monkeypatch):
    def refused(self: Path, *_: object, **__: object) -> None:
        self.write_bytes(b"half")
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "write_text", refused)
    with pytest.raises(OSError, match=said):
        write_text(tmp_path / "a.csv", "whole")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no such device")
def test_a_device_is_written_to_and_stays_one():
    with pytest.raises(OSError, match="/dev/full was not written: the disk is full"):
        write_text("/dev/full", "some words")
    assert Path("/dev/full").is_char_device()


def test_what_is_wrong_with_another_file_is_said_of_that_one(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there\.jpg"), whole_file(tmp_path / "a.csv"):
        Path("/not/there.jpg").read_bytes()


def test_a_file_that_may_not_grow_leaves_nothing(tmp_path):
    """A limit of the system on the size of files stands in for a disk that fills up while the file is written."""
    code = f"""
        import resource, signal
        from fitlab.whole_files import write_text
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        try:
            write_text({str(tmp_path / "a.csv")!r}, "x" * 5000)
        except OSError as error:
            print(error)
    """
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    code = textwrap.dedent(code)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert "the disk is full" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_said(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no folder .* to write a\.csv in; make it first"):
        write_text(tmp_path / "none" / "a.csv", "")
