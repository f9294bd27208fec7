"""Sets made by ``fitlab synthesize``: pictures of synthetic people with exact labels in 2D and 3D."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fitlab.cameras import field_of_view
from fitlab.datasets.records import PhotoSet
from fitlab.folders import require
from fitlab.skeletons import MPII16

TABLE = "labels.npz"
_PARTS = "part-????.npz"


def is_set(folder: Path) -> bool:
    """Whether there is a set in ``folder``, finished or not."""
    return (folder / TABLE).exists() or any(folder.glob(_PARTS))


def read(folder: Path | str) -> PhotoSet:
    """The set in ``folder``; what is finished of it while it is still being made.

    Returns
    -------
    PhotoSet
        Groups are the exercises; joints outside the picture keep their place. ``labels`` are all columns of the set's
        table, see its README. ``complete`` is False while the set is being made.

    Raises
    ------
    FileNotFoundError
        If there is no set in the folder.
    """
    folder = require(Path(folder), "the synthetic set")
    labels = _table(folder)
    space = labels["lift16_camera"].astype(float)
    intrinsics = labels["intrinsics"].astype(float)
    # Where the table does not say the size, the middle of the picture is its principal point.
    size = labels.get("picture_size", np.rint(2 * intrinsics[:, :2, 2] + 1)).astype(int)
    return PhotoSet(
        folder.name,
        tuple(folder / str(name) for name in labels["image"]),
        labels["mpii16"].astype(float),
        labels["visibility"].astype(int),
        labels["exercise"].astype(str),
        people=labels["person"],
        space=space - space[:, :1],
        image_size=size,
        field_of_view=field_of_view(size.max(-1), intrinsics[:, 0, 0]),
        heights=1000 * labels["height_m"],
        labels=labels,
        complete=(folder / TABLE).exists(),
        depth=_depth(labels),
    )


def _depth(labels: dict[str, np.ndarray]) -> np.ndarray:
    """(N, 16) px: how far each MPII16 joint is behind the pelvis, at the scale of the picture there."""
    away = labels["mpii16_camera"][..., 2].astype(float)
    pelvis = away[:, MPII16.index("pelvis"), None]
    return (away - pelvis) * labels["intrinsics"][:, :1, 0] / pelvis


def _table(folder: Path) -> dict[str, np.ndarray]:
    """The columns of a set, or of those of its parts that are finished."""
    if (folder / TABLE).exists():
        return join_tables([folder / TABLE])
    parts = sorted(folder.glob(_PARTS))
    if not parts:
        raise FileNotFoundError(f"no {TABLE} in {folder}; make a set there with: fitlab synthesize --out {folder}")
    return join_tables(parts)


def join_tables(parts: list[Path]) -> dict[str, np.ndarray]:
    """The rows of several tables with the same columns, one after the other.

    Parameters
    ----------
    parts
        ``.npz`` files.

    Returns
    -------
    dict
        Column -> (N, ...) array.
    """
    tables = []
    for part in parts:
        with np.load(part) as file:
            tables.append(dict(file))
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}
