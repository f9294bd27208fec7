"""Sets made by ``fitlab synthesize``: pictures of synthetic people with exact labels in 2D and 3D."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fitlab.datasets.records import PhotoSet
from fitlab.folders import require

TABLE = "labels.npz"


@dataclass(frozen=True)
class SyntheticSet:
    """A set of synthetic pictures.

    photos  groups are the exercises; joints outside the picture keep their place
    space   (N, 16, 3) mm, LIFT16, camera axes, relative to the pelvis
    labels  every column of the table as (N, ...) arrays, see the set's README
    """

    photos: PhotoSet
    space: np.ndarray
    labels: dict[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.photos)


def read(folder: Path | str) -> SyntheticSet:
    """The set in ``folder``; what is finished of it while it is still being made.

    FileNotFoundError for a folder without a set.
    """
    folder = require(Path(folder), "the synthetic set")
    labels = _table(folder)
    points = labels["mpii16"].astype(float)
    images = tuple(folder / str(name) for name in labels["image"])
    photos = PhotoSet(folder.name, images, points, labels["visibility"].astype(int), labels["exercise"].astype(str))
    space = labels["lift16_camera"].astype(float)
    return SyntheticSet(photos, space - space[:, :1], labels)


def read_finished(folder: Path | str) -> SyntheticSet:
    """As :func:`read`; ValueError for a set that is still being made, of which the last tenth is not known yet."""
    data = read(folder)
    if not (Path(folder) / TABLE).exists():
        raise ValueError(f"the set {folder} is not finished: finish it with the same `fitlab synthesize` command")
    return data


def _table(folder: Path) -> dict[str, np.ndarray]:
    """The columns of a set, or of those of its parts that are finished."""
    if (folder / TABLE).exists():
        return join_tables([folder / TABLE])
    parts = sorted(folder.glob("part-????.npz"))
    if not parts:
        raise FileNotFoundError(f"no {TABLE} in {folder}; make a set there with: fitlab synthesize --out {folder}")
    return join_tables(parts)


def join_tables(parts: list[Path]) -> dict[str, np.ndarray]:
    """The rows of several tables with the same columns, one after the other."""
    tables = []
    for part in parts:
        with np.load(part) as file:
            tables.append(dict(file))
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}
