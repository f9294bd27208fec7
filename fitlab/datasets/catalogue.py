"""Every data set by name. A new one is a file with its reader, and a row here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from fitlab.datasets import human36m, infiniteform, lspet, mocap, mpii, real_people, studio, synthetic, virtual_cameras
from fitlab.datasets.mocap import Motion
from fitlab.datasets.records import PhotoSet, PoseSet
from fitlab.folders import shipped
from fitlab.skeletons import unknown

#: What :func:`open` answers: labelled photos, poses with their truth but without photos, or recorded motion.
DataSet = PhotoSet | PoseSet | Motion


@dataclass(frozen=True)
class Row:
    """One data set.

    Parameters
    ----------
    name : str
        What the user types.
    read : () -> data set
    about : str
        What it is, in a line.
    test : bool
        Everything is scored on it; nothing may be trained, chosen or calibrated on it.
    validation : str
        Name of the set that a training on this one is validated on. Where there is none, a part is held out.
    home : () -> Path, optional
        The folder that the set fills, so that its path is known to be the set too.
    """

    name: str
    read: Callable[[], DataSet]
    about: str
    test: bool = False
    validation: str = ""
    home: Callable[[], Path] | None = None


@dataclass(frozen=True)
class Format:
    """Data sets of the user's own, which have no name but a path.

    Parameters
    ----------
    name : str
        How help and errors call it.
    read : path -> data set
    about : str
        What it is, in a line.
    fits : path -> bool
        Whether there is such a set at this path.
    """

    name: str
    read: Callable[[Path], DataSet]
    about: str
    fits: Callable[[Path], bool]


def _studio(name: str, about: str, test: bool = True) -> Row:
    return Row(f"studio-{name}", lambda: studio.test_set(name), about, test=test)


def _shipped(name: str, about: str) -> Row:
    return Row(name, lambda: synthetic.read(shipped(name)), about, test=True, home=lambda: shipped(name))


SETS: tuple[Row, ...] = (
    Row(
        "lspet-train",
        lambda: lspet.read("train"),
        "photos of sport and gymnastics, 14 joints by hand",
        validation="lspet-validation",
    ),
    Row("lspet-validation", lambda: lspet.read("validation"), "the same of other people, to choose by"),
    Row(
        "lspet-validation-corrected",
        lambda: lspet.read("validation", corrected=True),
        "the same, where left and right were plainly exchanged turned round",
    ),
    Row(
        "lspet-validation-cut",
        lambda: lspet.cut_off(lspet.read("validation")),
        "those of upright people, cut off at the chest, the hips, the knees or the ankles",
    ),
    Row(
        "lspet-validation-halved",
        lambda: lspet.halved(lspet.read("validation")),
        "those of upright people from the front or behind, cut along the trunk",
    ),
    Row("lspet-test", lambda: lspet.read("test"), "the same of yet other people", test=True),
    Row("lspet-test-cut", lambda: lspet.cut_off(lspet.read("test")), "those of upright people, cut off", test=True),
    Row("lspet-test-halved", lambda: lspet.halved(lspet.read("test")), "those of upright people, halved", test=True),
    _shipped("fitness-test", "311 synthetic people exercising, with joints in space"),
    _shipped("wild-test", "300 synthetic people, some far away or cut off, with joints in space"),
    Row(
        "real-people",
        real_people.read,
        "a man who balances for 1.5 seconds before four cameras, with joints in space",
        test=True,
        home=real_people.home,
    ),
    Row("infiniteform", infiniteform.read, "people exercising, rendered; where the user has it"),
    Row("cmu-train", lambda: mocap.everyday()[0], "everyday motion of three persons", validation="cmu-validation"),
    Row("cmu-validation", lambda: mocap.everyday()[1], "the same, other clips, to choose by"),
    Row("cmu-exercise", mocap.exercise, "motion of a fourth person who exercises", test=True),
    _studio("validation", "everyday motion before the four cameras of a room, to choose by", test=False),
    _studio("clips", "the same, other clips"),
    _studio("person", "the same, another person, whose motion fitlab's own lifters were trained on"),
    _studio("clips-elsewhere", "the other clips before four cameras that stand elsewhere"),
    _studio("person-elsewhere", "the other person before those"),
    Row(
        "human36m-test",
        lambda: human36m.read(human36m.TEST, every=64),
        "two people of Human3.6M, where the user has it, each 64th frame",
        test=True,
    ),
)

FORMATS: tuple[Format, ...] = (
    Format(
        "the labels of MPII (.mat or .json)",
        mpii.read,
        "MPII Human Pose, where the user has it",
        lambda path: path.suffix in (".mat", ".json"),
    ),
    Format(
        "a folder that `fitlab synthesize` wrote",
        synthetic.read,
        "synthetic people with joints in space",
        synthetic.is_set,
    ),
    Format(
        "a folder of .bvh or .amc clips",
        mocap.read_folder,
        "motion capture of the CMU database",
        mocap.is_folder,
    ),
)

_OLD_NAMES = {"lspet": "lspet-train"}


def names() -> str:
    """What ``--data`` may be, as a text for help and errors."""
    return ", ".join([*(row.name for row in SETS), *(form.name for form in FORMATS)])


def find(name: str | Path) -> Row:
    """The row of a set by its name, its path, or an old name.

    Raises
    ------
    ValueError
        With suggestions, for a name that no set has.
    FileNotFoundError
        For a path at which no data set is.
    """
    text = _OLD_NAMES.get(str(name), str(name))
    for row in SETS:
        if row.name == text or _is_home(row, Path(text)):
            return row
    path = Path(text)
    for form in FORMATS:
        if form.fits(path):
            return Row(text, partial(form.read, path), form.about)
    if path.exists():
        raise ValueError(f"{text} is not a data set; a path is {' or '.join(form.name for form in FORMATS)}")
    if len(path.parts) > 1:
        raise FileNotFoundError(f"there is no data set at {text}; check the path, or use a name: {names()}")
    raise ValueError(unknown(text, [row.name for row in SETS], "data set"))


def _is_home(row: Row, path: Path) -> bool:
    """Whether ``path`` is the folder of the set, by whatever way."""
    if row.home is None or not path.is_dir():
        return False
    try:
        return path.samefile(row.home())
    except FileNotFoundError:  # wherever the set is, it is not here
        return False


def open(name: str | Path) -> DataSet:
    """A data set by name, or by the path of one that the user has.

    Parameters
    ----------
    name : str or path
        A name of :data:`SETS`, or a path that fits one of :data:`FORMATS`.

    Returns
    -------
    PhotoSet, PoseSet or Motion

    Raises
    ------
    ValueError
        For an unknown name (with suggestions), or files in another format.
    FileNotFoundError
        Where the files of the set are not on this machine; the message says where they were looked for.
    """
    return find(name).read()


def open_photos(name: str | Path) -> PhotoSet:
    """As :func:`open`, for a set with pictures.

    Parameters
    ----------
    name
        Of the set, or its path.

    Returns
    -------
    PhotoSet

    Raises
    ------
    ValueError
        For a set without pictures, and as :func:`open`.
    """
    data = open(name)
    if isinstance(data, PhotoSet):
        return data
    if isinstance(data, PoseSet) and data.photos is not None:
        return data.photos
    raise ValueError(f"{name} has no pictures to find joints in; use one that has")


def open_poses(name: str | Path) -> PoseSet:
    """As :func:`open`, for a set with a truth in space; ValueError for another one.

    Recorded motion is put before fixed random cameras (:func:`fitlab.datasets.virtual_cameras.before_cameras`).
    """
    data = open(name)
    if isinstance(data, Motion):
        return virtual_cameras.before_cameras(data, str(name))
    return data if isinstance(data, PoseSet) else data.poses()


def open_for_training(name: str | Path) -> PhotoSet:
    """As :func:`open_photos`, for what is trained on.

    Raises
    ------
    ValueError
        For a test set, and for a set that is still being made: which of it is held out would change.
    """
    refuse_test(name, "train")
    data = open_photos(name)
    if not data.complete:
        raise ValueError(f"the set {name} is not finished: finish it with the same `fitlab synthesize` command")
    return data


def refuse_test(name: str | Path, purpose: str) -> None:
    """Refuse to learn from a test set, by name or by path.

    Parameters
    ----------
    name
        Of the set, or its path.
    purpose
        ``train`` or ``calibrate``, for the error.

    Raises
    ------
    ValueError
        For a test set.
    """
    if find(name).test:
        raise ValueError(f"{name} is a test set, on which everything is scored; {purpose} on another set")
