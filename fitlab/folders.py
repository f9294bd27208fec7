"""Where data lies on this machine: the user's data folder, and the sets and samples that come with fitlab."""

from __future__ import annotations

import contextlib
import os
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

_PACKAGE = "fitlab_data"  # holds what is shipped where fitlab was installed from a wheel


def data_folder() -> Path:
    """The folder of the user's data.

    Returns
    -------
    Path
        ``$FITLAB_DATA``, or ``~/.cache/fitlab`` where it is not set.

    Raises
    ------
    FileNotFoundError
        If it is not set and the user has no home folder, as in some containers.
    """
    if told := os.environ.get("FITLAB_DATA"):
        return Path(os.path.expanduser(told))
    return home_folder("FITLAB_DATA") / ".cache" / "fitlab"


def cache_folder() -> Path:
    """The folder of what fitlab made on this machine and can make again.

    Returns
    -------
    Path
        ``$FITLAB_CACHE``, or ``~/.cache/fitlab`` where it is not set.

    Raises
    ------
    FileNotFoundError
        If it is not set and the user has no home folder.
    """
    if told := os.environ.get("FITLAB_CACHE"):
        return Path(told)
    return home_folder("FITLAB_CACHE") / ".cache" / "fitlab"


def home_folder(variable: str) -> Path:
    """The user's home folder.

    Parameters
    ----------
    variable : str
        The variable that says where to go where there is no home, for the error.

    Returns
    -------
    Path

    Raises
    ------
    FileNotFoundError
        If the user has none.
    """
    try:
        return Path.home()
    except RuntimeError:
        raise FileNotFoundError(
            f"this user has no home folder: set HOME, or set {variable} to the folder that holds the data"
        ) from None


def has_data(*names: str) -> bool:
    """Whether something is in the user's data folder.

    Parameters
    ----------
    *names : str
        The parts of its path in there.

    Returns
    -------
    bool
        False where there is no data folder.
    """
    try:
        return data_folder().joinpath(*names).exists()
    except FileNotFoundError:
        return False


def is_in_data_folder(path: Path) -> bool:
    """Whether something lies in the user's data folder, or would.

    Parameters
    ----------
    path : Path

    Returns
    -------
    bool
        False where there is no data folder.
    """
    try:
        return data_folder().absolute() in path.absolute().parents
    except FileNotFoundError:
        return False


def require(path: Path, what: str) -> Path:
    """A path that must exist.

    Parameters
    ----------
    path : Path
    what : str
        What is looked for, for the error.

    Returns
    -------
    Path
        The same path.

    Raises
    ------
    FileNotFoundError
        If there is nothing; the message says where it was looked for and what to do.
    """
    if path.exists():
        return path
    if is_in_data_folder(path):
        advice = "put it there, or set FITLAB_DATA to the folder that holds it"
    else:
        advice = "check the path"
    raise FileNotFoundError(f"{what} was not found at {path}; {advice}")


def notebooks() -> Path | None:
    """The folder of the notebooks.

    Returns
    -------
    Path or None
        None where fitlab is installed from a wheel, and not run from a checkout.
    """
    folder = Path(__file__).parents[1] / "notebooks"
    return folder if folder.is_dir() else None


def shipped(name: str) -> Path:
    """The folder of something that comes with fitlab.

    Parameters
    ----------
    name : str
        ``fitness-test``, ``wild-test``, ``samples`` (photos) or ``clip``.

    Returns
    -------
    Path
        In the checkout's ``notebooks/data``, in the data folder, or in the installed package ``fitlab_data``: the
        first that is there.

    Raises
    ------
    FileNotFoundError
        If it is in none of them.
    """
    places = []
    if (folder := notebooks()) is not None:
        places.append(folder / "data" / name)
    with contextlib.suppress(FileNotFoundError):  # no home, and so no data folder
        places.append(data_folder() / name)
    if find_spec(_PACKAGE):
        places.append(Path(str(files(_PACKAGE) / name)))
    for place in places:
        if place.is_dir():
            return place
    looked = " or ".join(str(place) for place in places)
    raise FileNotFoundError(f"{name} was not found at {looked}; put it there, or install fitlab again")
