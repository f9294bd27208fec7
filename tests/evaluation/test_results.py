import json

import numpy as np
import pandas as pd
import pytest

from fitlab.evaluation import results
from fitlab.evaluation.results import Result, file_name

WORDS = ["evaluate", "detector", "fitpose-lite0", "--data", "lspet-validation", "--whole"]


@pytest.fixture
def result() -> Result:
    table = pd.DataFrame({"judged": [3, 4], "held": [0.75, np.nan]}, index=["squat", "plank"])
    return Result("toy", 7, {"PCK@0.2": np.float64(1 / 3), "nobody found": 2}, {"by group": table}, {"blurred": 1})


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (WORDS, "detector-fitpose-lite0-lspet-validation-whole.json"),
        (
            ["evaluate", "lifter", "runs/a/lifter.safetensors", "--data", "../my people", "--detector", "hg8"],
            "lifter-lifter-my-people-detector-hg8.json",
        ),
    ],
)
def test_a_command_has_one_file(words, name):
    assert file_name(words) == name


def test_what_is_saved_says_how_to_get_it_again(result, tmp_path):
    file = results.save(result, WORDS, {"lifter": "martinez-fitness"}, tmp_path / "it.json")
    saved = results.load(file)
    assert saved["command"] == "fitlab evaluate detector fitpose-lite0 --data lspet-validation --whole"
    assert set(saved["versions"]) == {"fitlab", "torch", "numpy", "python"}
    assert len(saved["date"]) == len("2026-01-01")
    assert saved["weights"]["lifter"]["file"] == "martinez-fitness.safetensors"
    assert len(saved["weights"]["lifter"]["sha256"]) == 64
    assert saved["count"] == 7
    assert saved["left_out"] == {"blurred": 1}
    assert results.number(saved, "PCK@0.2") == pytest.approx(1 / 3, abs=1e-6)
    assert results.number(saved, "by group / squat / judged") == 3
    assert "NaN" not in file.read_text(), "JSON has none"
    assert results.table(file, "by group").loc["plank", "judged"] == 4


def test_by_default_it_goes_among_the_notebooks(result, tmp_path, monkeypatch):
    monkeypatch.setattr(results, "notebooks", lambda: tmp_path)
    file = results.save(result, WORDS, {})
    assert file == tmp_path / "results" / file_name(WORDS)
    assert results.load(file.name) == json.loads(file.read_text())
    monkeypatch.setattr(results, "notebooks", lambda: None)
    monkeypatch.chdir(tmp_path)
    assert results.save(result, WORDS, {}).resolve() == tmp_path / file_name(WORDS)


def test_a_result_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "notebooks", lambda: tmp_path)
    with pytest.raises(FileNotFoundError, match=r"there is no result none\.json; `make measure` writes"):
        results.load("none.json")


def test_the_text_shows_what_was_left_out_and_every_table(result):
    text = result.text()
    for part in ("toy: 7 scored", "1 left out: blurred", "PCK@0.2       0.333", "by group:", "squat"):
        assert part in text
