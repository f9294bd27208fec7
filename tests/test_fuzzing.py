"""A few hundred broken files, always the same; ``make fuzz`` tries thousands."""

import random

import fuzzing
import pytest
from fuzzing import Reader, broken, complaint, fuzz, readers


def test_broken_files_are_read_or_refused_in_one_sentence(tmp_path, capsys):
    found = fuzz(count=360, seed=0, folder=tmp_path)
    assert not found, capsys.readouterr().out


@pytest.mark.parametrize("name", readers())
def test_every_sound_file_is_read_or_refused_as_well(name, tmp_path):
    reader = readers()[name]
    for seed in reader.seeds:
        (tmp_path / reader.name).write_bytes(seed)
        assert complaint(reader, tmp_path / reader.name) == ""


@pytest.mark.parametrize(
    "name", ["photos", "exercises", "calibrations", "recipes", "results", "bvh", "asf", "amc", "mpii"]
)
def test_the_files_that_are_broken_were_sound(name, tmp_path):
    reader = readers()[name]
    for seed in reader.seeds:
        (tmp_path / reader.name).write_bytes(seed)
        reader.read(tmp_path / reader.name)


def test_the_same_seed_breaks_a_file_in_the_same_way():
    first, again, other = (broken(random.Random(seed), bytes(range(200))) for seed in (1, 1, 2))
    assert first == again != other


def crash(error: Exception):
    def read(file):
        raise error

    return read


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyError("root"), "KeyError: 'root'"),
        (ValueError(""), "a sentence of 0 letters"),
        (ValueError("a\nb"), "signs that are no text"),
        (ValueError("list index out of range"), "no sentence for users"),
    ],
)
def test_a_bad_refusal_is_noticed(tmp_path, error, said):
    assert complaint(Reader(crash(error), [b"x"], "file"), tmp_path / "file").startswith(said)


def test_noise_and_waiting_are_noticed(tmp_path, monkeypatch):
    def noisy(file):
        fuzzing.os.write(2, b"TIFFReadDirectory: warning")

    assert "it prints: b'TIFFRead" in complaint(Reader(noisy, [b"x"], "file"), tmp_path / "file")
    monkeypatch.setattr(fuzzing, "SECONDS", 0.01)
    assert "it takes" in complaint(Reader(lambda file: sum(range(3_000_000)), [b"x"], "file"), tmp_path / "file")
