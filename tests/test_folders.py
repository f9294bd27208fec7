import sys
from pathlib import Path

import pytest

from fitlab import folders
from fitlab.cli.main import main
from fitlab.datasets import mocap, real_people
from fitlab.folders import require, shipped
from fitlab.synthetic.exercises import everyday
from fitlab.synthetic.people.export import body_folder

CHECKOUT = Path(__file__).parents[1] / "notebooks" / "data"


@pytest.mark.parametrize("name", ["fitness-test", "wild-test", "samples", "clip", "photos"])
def test_what_is_shipped_is_found_in_the_checkout(name):
    assert shipped(name) == CHECKOUT / name


def test_without_a_checkout_it_is_found_in_the_data_folder_and_then_in_the_package(tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "notebooks", lambda: None)
    monkeypatch.setenv("FITLAB_DATA", str(tmp_path / "data"))
    monkeypatch.setitem(sys.modules, "fitlab_data", None)  # as where it is not installed
    with pytest.raises(FileNotFoundError, match=r"samples was not found at .*data/samples; put it there, or install"):
        shipped("samples")
    package = tmp_path / "installed" / "fitlab_data"
    (package / "samples").mkdir(parents=True)
    (package / "__init__.py").touch()
    monkeypatch.delitem(sys.modules, "fitlab_data")
    monkeypatch.syspath_prepend(package.parent)
    assert shipped("samples") == package / "samples"
    (tmp_path / "data" / "samples").mkdir(parents=True)
    assert shipped("samples") == tmp_path / "data" / "samples"
    sys.modules.pop("fitlab_data")


def test_only_what_belongs_into_the_data_folder_is_looked_for_there(tmp_path, monkeypatch):
    monkeypatch.setenv("FITLAB_DATA", str(tmp_path / "data"))
    with pytest.raises(FileNotFoundError, match=r"the photos was not found at .*data/photos; .* set FITLAB_DATA"):
        require(tmp_path / "data" / "photos", "the photos")
    with pytest.raises(FileNotFoundError, match=r"photos; check the path$"):
        require(tmp_path / "photos", "the photos")


@pytest.fixture
def nobody(monkeypatch):
    """A user without an entry in passwd and without HOME, as `docker run --user 12345` makes one."""

    def home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("FITLAB_DATA", raising=False)
    monkeypatch.delenv("FITLAB_CACHE", raising=False)
    monkeypatch.setattr(Path, "home", home)


@pytest.mark.usefixtures("nobody")
@pytest.mark.parametrize("find", [folders.data_folder, mocap.everyday, real_people.home, body_folder])
def test_a_user_without_a_home_is_told_what_to_set(find):
    with pytest.raises(FileNotFoundError, match=r"no home folder: set HOME, or set FITLAB_(DATA|CACHE)"):
        find()


@pytest.mark.usefixtures("nobody")
def test_a_user_without_a_home_has_what_is_shipped(capsys, tmp_path):
    assert main(["weights", "list"]) == 0
    assert "fitpose-lite0" in capsys.readouterr().out
    assert shipped("samples").is_dir()
    assert not everyday.available()
    with pytest.raises(FileNotFoundError, match="check the path"):
        require(tmp_path / "none", "the photos")


@pytest.mark.parametrize("told", ["~/data", "~nobody-of-this-name/data"])
def test_the_data_folder_may_be_told_from_home(told, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("FITLAB_DATA", told)
    assert folders.data_folder() == (tmp_path / "data" if told == "~/data" else Path(told))
