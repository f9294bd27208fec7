"""The packages that only some purposes need, and the command that installs them."""

from __future__ import annotations

#: Extra of pyproject.toml -> what needs it.
EXTRAS = {
    "synthetic": "making synthetic people",
    "train": "training a detector from ImageNet's weights",
    "official": "reading the official weights of EfficientPose and BlazePose, and MPII's labels as a .mat file",
    "export": "C3D files",
    "cluster": "many clips on a Dask cluster",
    "phone": "the app for phones in the local network",
    "fast": "detectors at twice the speed, by ONNX Runtime",
    "test": "the tests",
    "docs": "the pages of the documentation",
}


def install_command(extra: str) -> str:
    """What installs an extra.

    Parameters
    ----------
    extra : str
        A key of ``EXTRAS``.

    Returns
    -------
    str
        The command that README names, for a shell in the folder of fitlab's checkout.

    Raises
    ------
    ValueError
        For an extra that there is not.
    """
    if extra not in EXTRAS:
        raise ValueError(f"there is no extra {extra!r}; known: {', '.join(EXTRAS)}")
    return f'pip install -e ".[{extra}]"'


def missing(extra: str, what: str) -> ImportError:
    """The error for a package that is not installed.

    Parameters
    ----------
    extra : str
        A key of ``EXTRAS``.
    what : str
        What cannot be done, or what is not there: a whole clause.

    Returns
    -------
    ImportError
        To be raised.
    """
    return ImportError(f"{what}; run `{install_command(extra)}` in the folder of fitlab")
