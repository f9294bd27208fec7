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


def test_several_recipes_and_seeds_are_trained_one_after_the_other(recipe, tmp_path):
    file, trained = recipe
    other = tmp_path / "tuned.toml"
    other.write_text('kind = "lifter"\nstart = "{out}/small-{seed}/lifter.safetensors"\n')
    words = ["train", "--recipe", str(file), str(other), "--seeds", "1", "2", "--out", str(tmp_path)]
    assert main(words) == 0
    assert [folder.name for _, folder in trained] == ["small-1", "small-2", "tuned-1", "tuned-2"]
    assert [settings.seed for settings, _ in trained] == [1, 2, 1, 2]
    assert trained[3][0].start == f"{tmp_path}/small-2/lifter.safetensors"


def test_all_recipes_are_checked_before_the_first_is_trained(recipe, tmp_path, capsys):
    file, trained = recipe
    other = tmp_path / "wrong.toml"
    other.write_text('kind = "lifter"\nbatch = 16\n')
    assert main(["train", "--recipe", str(file), str(other), "--out", str(tmp_path)]) == 2
    assert "wrong.toml: unknown setting 'batch'" in capsys.readouterr().err
    assert main(["train", "--recipe", "nowhere.toml", "--out", str(tmp_path / "run")]) == 2
    assert "there is no file nowhere.toml" in capsys.readouterr().err
    assert not trained
