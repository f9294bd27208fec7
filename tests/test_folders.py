import sys
from pathlib import Path

import pytest

from fitlab import folders
from fitlab.folders import require, shipped

CHECKOUT = Path(__file__).parents[1] / "notebooks" / "data"


@pytest.mark.parametrize("name", ["fitness-test", "wild-test", "samples", "clip"])
def test_what_is_shipped_is_found_in_the_checkout(name):
    assert shipped(name) == CHECKOUT / name


def test_without_a_checkout_it_is_found_in_the_data_folder_and_then_in_the_package(tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "notebooks", lambda: None)
    monkeypatch.setenv("FITLAB_DATA", str(tmp_path / "data"))
    with pytest.raises(FileNotFoundError, match=r"samples was not found at .*data/samples; put it there, or install"):
        shipped("samples")
    package = tmp_path / "installed" / "fitlab_data"
    (package / "samples").mkdir(parents=True)
    (package / "__init__.py").touch()
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
