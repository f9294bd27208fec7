import pytest

from fitlab.cli.main import main
from fitlab.training import recipes


@pytest.fixture
def recipe(tmp_path, monkeypatch):
    """A recipe of a lifter, and a list of what was trained with."""
    trained = []
    monkeypatch.setattr(recipes, "trainer_of", lambda kind: lambda settings, folder: trained.append((settings, folder)))
    file = tmp_path / "small.toml"
    file.write_text('kind = "lifter"\nbatch_size = 16\n')
    return file, trained


def test_a_recipe_is_trained_with_changes_from_the_shell(recipe, tmp_path):
    file, trained = recipe
    assert main(["train", "--recipe", str(file), "--seed", "3", "--out", str(tmp_path / "run")]) == 0
    ((settings, folder),) = trained
    assert (settings.batch_size, settings.seed, folder) == (16, 3, tmp_path / "run")


def test_a_recipe_that_is_wrong_is_said_in_a_sentence(recipe, tmp_path, capsys):
    file, trained = recipe
    file.write_text('kind = "lifter"\nbatch = 16\n')
    assert main(["train", "--recipe", str(file), "--out", str(tmp_path / "run")]) == 2
    assert "small.toml: unknown setting 'batch'" in capsys.readouterr().err
    assert main(["train", "--recipe", "nowhere.toml", "--out", str(tmp_path / "run")]) == 2
    assert "there is no recipe nowhere.toml" in capsys.readouterr().err
    assert not trained
