"""The constants of the 90 % intervals: which pair of detector and lifter they were measured with, and where they lie.

Constants belong to one pair. The shipped ones lie with the weights (``calibration.toml`` of the package
``fitlab_weights``), a user's own in ``weights/calibration.toml`` of the data folder, where they take precedence.
``fitlab evaluate angles --calibrate FILE`` measures them and writes such a file. It has a table for each pair, named
``detector+lifter``, and in it a row for each angle. A table ``clips`` inside it has the rows of clips, whose joints are
smoothed over time and whose bones have one length; ``fitlab evaluate repetitions --calibrate FILE`` writes them.
Without it the constants of photos hold for clips, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np

from fitlab.angles import MEASURES
from fitlab.folders import data_folder
from fitlab.plain_files import HANDWRITTEN, file_text, parse_toml, printable
from fitlab.skeletons import without_side
from fitlab.weights.registry import fingerprint, is_file_name

#: The name of the file, beside the shipped weights and in the ``weights`` folder of the user's data.
FILE_NAME = "calibration.toml"
#: Angles that are that of one of two sides, and have its constants.
_LIKE = {"bent_elbow": "elbow"}
#: Every angle that needs constants; both sides of the body share theirs.
ANGLES = tuple(name for name in dict.fromkeys(map(without_side, MEASURES)) if name not in _LIKE)
#: The name of the table with the constants of clips.
_CLIPS = "clips"
_HEAD = (
    "# constants of the 90 % intervals by pair of detector and lifter: `fitlab evaluate angles --calibrate FILE`;\n"
    "# of clips: `fitlab evaluate repetitions --calibrate FILE`\n"
)
_FIELDS = ("floor", "growth", "factor")


class CalibrationError(ValueError):
    """A file of constants that cannot be used; the message names the file, the pair and what is wrong with it."""


@dataclass(frozen=True)
class Constants:
    """What turns the uncertainty of one angle into half the width of its interval.

    Parameters
    ----------
    floor : float
        Degrees, the standard deviation of what the samples do not show: several 3D poses fit the same 2D joints.
    growth : float
        How much wider an interval becomes from a keypoint score of 1 to one of 0, as a share.
    factor : float
        From a standard deviation to half the width of the interval.
    """

    floor: float
    growth: float
    factor: float

    def half_width(self, deviation: np.ndarray | float, uncertainty: np.ndarray | float) -> np.ndarray | float:
        """Half the width of an interval.

        Parameters
        ----------
        deviation : (...) array or float
            Degrees, the standard deviation of the angle over the samples of a pose.
        uncertainty : (...) array or float
            1 less the lowest score of the angle's joints.

        Returns
        -------
        (...) array or float
            Degrees.
        """
        return self.factor * np.hypot(deviation, self.floor) * (1 + self.growth * uncertainty)


@dataclass(frozen=True)
class Calibration:
    """The constants of every angle for one pair of detector and lifter.

    Parameters
    ----------
    detector, lifter : str
        What they were measured with, as :func:`weights_name` says it.
    constants : mapping
        Of :class:`Constants`, by angle without its side: ``knee``, ``body_line``.
    clips : mapping
        The same for clips; empty where they were not measured.
    """

    detector: str
    lifter: str
    constants: Mapping[str, Constants]
    clips: Mapping[str, Constants] = field(default_factory=dict)

    @property
    def pair(self) -> str:
        """``detector+lifter``, the name of its table in a file."""
        return _pair(self.detector, self.lifter)

    def of_clips(self) -> Calibration:
        """With the constants of clips in place of those of photos, where they were measured."""
        return replace(self, constants=self.clips) if self.clips else self

    def of(self, angle: str) -> Constants:
        """The constants of a named angle, the same on both sides of the body; KeyError if there are none."""
        name = without_side(angle)
        return self.constants[_LIKE.get(name, name)]

    def half_width(
        self, angle: str | Sequence[str], deviation: np.ndarray | float, uncertainty: np.ndarray | float
    ) -> np.ndarray | float:
        """Half the width of the interval of a named or free angle; see :meth:`Constants.half_width`.

        A free angle between the joints of a named one is as certain as that. Of any other three joints nothing was
        measured: their angle is as uncertain as the least certain of all angles between three joints.

        Parameters
        ----------
        angle
            A name, or three joints.
        deviation
            (...) degrees, the standard deviation of the samples.
        uncertainty
            (...), as :meth:`Constants.half_width` takes it.

        Returns
        -------
        float or np.ndarray
            (...) degrees.

        Raises
        ------
        ValueError
            For an unknown angle.
        """
        widths = [self.of(name).half_width(deviation, uncertainty) for name in _comparable(angle)]
        return np.maximum.reduce(widths) if np.ndim(widths[0]) else max(widths)  # type: ignore[arg-type]


def calibration_of(detector: object, lifter: object) -> Calibration | None:
    """The calibration of a pair.

    Parameters
    ----------
    detector, lifter
        A name of the registry, a ``.safetensors`` file that a training wrote, or a loaded one.

    Returns
    -------
    Calibration or None
        None where the pair was never calibrated.

    Raises
    ------
    CalibrationError
        For a file of the user's that cannot be used.
    """
    return calibrations().get(_pair(weights_name(detector), weights_name(lifter)))


def default_calibration() -> Calibration:
    """The calibration of the default pair: the first in the shipped file, unless the user has measured it anew."""
    return calibrations()[next(iter(_shipped()))]


def calibrations() -> dict[str, Calibration]:
    """Every calibration by ``detector+lifter``: the shipped ones and, over them, those in the user's data folder.

    Raises
    ------
    CalibrationError
        For a file of the user's that cannot be used.
    """
    own = _user_file()
    return _shipped() | (read_calibrations(own) if own is not None and own.is_file() else {})


def weights_name(model: object) -> str:
    """How a calibration calls a detector or lifter.

    Parameters
    ----------
    model
        A name of the registry, a ``.safetensors`` file that a training wrote, or a loaded model with a ``name``.

    Returns
    -------
    str
        The name; for a file its own name with the start of its SHA-256, since every training writes the same names.
    """
    name = model if isinstance(model, str | Path) else getattr(model, "name", "")
    file = Path(name)
    if is_file_name(name) and file.is_file():
        return f"{file.name}@{fingerprint(file)[0][:12]}"
    return str(name)


def read_calibrations(file: str | Path) -> dict[str, Calibration]:
    """The calibrations in a TOML file, by ``detector+lifter``.

    Raises
    ------
    CalibrationError
        Where it is not as this module describes it, or a pair lacks an angle.
    """
    try:
        text = file_text(file, HANDWRITTEN, "a TOML file with calibrations")
    except ValueError as error:
        raise CalibrationError(str(error)) from None
    return parse_calibrations(text, printable(file))


def parse_calibrations(text: str, source: str = FILE_NAME) -> dict[str, Calibration]:
    """As :func:`read_calibrations`, from the file's text.

    See :func:`fitlab.exercises.definition.parse_exercises` for the parameters.

    Returns
    -------
    dict
        Pair of detector and lifter -> Calibration.

    Raises
    ------
    CalibrationError
        For what is not TOML or not as the file describes it.
    """
    try:
        tables = parse_toml(text, source)
    except ValueError as error:
        raise CalibrationError(str(error)) from None
    return {pair: _calibration(pair, table, f"{source}, pair {pair}") for pair, table in tables.items()}


def write_calibration(file: str | Path, calibration: Calibration) -> None:
    """Write ``calibration`` into a TOML file, in place of one of the same pair; other pairs in it stay.

    Raises
    ------
    CalibrationError
        Where the file is there and is none of calibrations; it is left as it is.
    """
    file = Path(file)
    known = (read_calibrations(file) if file.exists() else {}) | {calibration.pair: calibration}
    blocks = [_HEAD]
    for pair, each in known.items():
        for title, rows in ((f'"{pair}"', each.constants), (f'"{pair}".{_CLIPS}', each.clips)):
            blocks += [f"\n[{title}]\n", *map(_written, rows.items())] if rows else []
    file.write_text("".join(blocks), encoding="utf-8")


def _written(row: tuple[str, Constants]) -> str:
    angle, constants = row
    floor, growth, factor = constants.floor, constants.growth, constants.factor
    return f"{angle} = {{ floor = {floor:.1f}, growth = {growth:g}, factor = {factor:.3f} }}\n"


def _calibration(pair: str, table: object, where: str) -> Calibration:
    detector, plus, lifter = pair.partition("+")
    if not (plus and isinstance(table, dict)):
        raise CalibrationError(f'{where} must be a table ["detector+lifter"] with a row for each angle')
    photos = {key: row for key, row in table.items() if key != _CLIPS}
    clips = _rows(table[_CLIPS], f"{where}, {_CLIPS}") if _CLIPS in table else {}
    return Calibration(detector, lifter, _rows(photos, where), clips)


def _rows(table: object, where: str) -> dict[str, Constants]:
    if not isinstance(table, dict):
        raise CalibrationError(f"{where} must be a table with a row for each angle, got {table!r}")
    if missing := [angle for angle in ANGLES if angle not in table]:
        raise CalibrationError(f"{where} lacks {', '.join(missing)}; calibrate it anew")
    return {angle: _constants(row, f"{where}, {angle}") for angle, row in table.items()}


def _constants(row: object, where: str) -> Constants:
    values = [row.get(key) for key in _FIELDS] if isinstance(row, dict) and set(row) == set(_FIELDS) else []
    if not values or not all(_is_size(value) for value in values):
        raise CalibrationError(f"{where} must have {', '.join(_FIELDS)}, three numbers from 0 up, got {row!r}")
    return Constants(*map(float, values))  # type: ignore[arg-type]


def _is_size(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < np.inf


def _pair(detector: str, lifter: str) -> str:
    return f"{detector}+{lifter}"


def _comparable(angle: str | Sequence[str]) -> list[str]:
    """The named angles whose constants hold for ``angle``."""
    if isinstance(angle, str):
        return [angle]
    between = {name: named.triplet for name, named in MEASURES.items() if named.triplet}
    same = [name for name, triplet in between.items() if tuple(angle) in (triplet, triplet[::-1])]
    return same or list(between)


def _user_file() -> Path | None:
    try:
        return data_folder() / "weights" / FILE_NAME
    except FileNotFoundError:  # a user without a home has no data folder either
        return None


@cache
def _shipped() -> dict[str, Calibration]:
    return parse_calibrations((files("fitlab_weights") / FILE_NAME).read_text(encoding="utf-8"))
