"""Settings of a training from a TOML file and from the shell: nested frozen dataclasses, read strictly.

A recipe names the kind of training and the settings that differ from its defaults, a table for each nested dataclass::

    kind = "lifter"
    batch_size = 64
    [schedule]
    steps = 20_000

The same settings are options of the command line, by their path: ``--batch-size 64 --schedule.steps 20000``. The last
word is enough where no other setting ends with it: ``--steps 20000``.
"""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass, replace
from importlib import import_module
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from fitlab.plain_files import HANDWRITTEN, file_text, parse_toml, printable
from fitlab.skeletons import unknown

Settings = TypeVar("Settings")

#: Each kind of training: its module, the dataclass of its settings, and the function (settings, folder) that trains.
KINDS = {
    "finder": ("fitlab.training.people", "FinderTraining", "train_finder"),
    "detector": ("fitlab.training.detector", "DetectorTraining", "train_detector"),
    "lifter": ("fitlab.training.lifter", "LifterTraining", "train"),
    "lifter-by-epochs": ("fitlab.training.epochs", "EpochTraining", "train_and_score"),
    "recogniser": ("fitlab.training.recogniser", "RecogniserTraining", "train"),
}

_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text in quotes"}


@dataclass(frozen=True)
class Recipe:
    """What a recipe's file says.

    Parameters
    ----------
    file
        Its path.
    kind
        Of training, a name in :data:`KINDS`.
    table
        The settings that it names, not yet checked.
    """

    file: Path
    kind: str
    table: Mapping[str, Any]

    def settings(self, changes: Mapping[str, Any] | None = None) -> Any:
        """The settings with ``changes`` (dotted path -> value, as from the shell) in place of what the file says.

        Raises
        ------
        ValueError
            Names the file, the setting, and what was expected.
        """
        table = _nested(changes or {})
        return build(settings_of(self.kind), _merged(self.table, table), str(self.file))


def read_recipe(file: str | Path) -> Recipe:
    """The recipe in a TOML file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        For a file that is not TOML, or without a known ``kind``.
    """
    file = Path(file)
    table = parse_toml(file_text(file, HANDWRITTEN, "a recipe"), printable(file))
    kind = table.pop("kind", None)
    if kind not in KINDS:
        raise ValueError(f"{file}: kind: {unknown(kind, tuple(KINDS), 'kind of training')}")
    return Recipe(file, kind, table)


def settings_of(kind: str) -> type:
    """The dataclass of a kind of training, a name in :data:`KINDS`."""
    module, name, _ = KINDS[kind]
    return getattr(import_module(module), name)


def trainer_of(kind: str) -> Callable[[Any, Path], Any]:
    """What trains with such settings in a folder."""
    module, _, name = KINDS[kind]
    return getattr(import_module(module), name)


def build(kind: type[Settings], table: Mapping[str, Any], source: str) -> Settings:
    """A dataclass from a table of values. What the table does not name keeps its default.

    Parameters
    ----------
    kind
        A dataclass. Its fields are numbers, texts, truth values, tuples of them, mappings, or nested dataclasses of
        settings.
    table
        Name -> value, as TOML knows them.
    source
        Where the values come from, for errors.

    Raises
    ------
    ValueError
        For an unknown setting (with suggestions), a value of another type, or one that the dataclass refuses.
    """
    return _build(kind, None, table, source, "")


def _build(kind: type, base: Any, table: Mapping[str, Any], source: str, path: str) -> Any:
    """``base`` with the values of ``table``; a new ``kind`` where there is no base."""
    hints, known = get_type_hints(kind), {field.name: field for field in fields(kind)}
    values = {}
    for name, value in table.items():
        if name not in known:
            where = f"{source}: [{path.removesuffix('.')}]" if path else source
            raise ValueError(f"{where}: {unknown(name, tuple(known), 'setting')}")
        hint = hints[name]
        if is_dataclass(hint) and isinstance(value, Mapping):
            default = _default(known[name]) if base is None else getattr(base, name)
            values[name] = _build(hint, None if default is MISSING else default, value, source, f"{path}{name}.")  # type: ignore[arg-type]
        else:
            values[name] = _value(hint, value, source, path + name)
    try:
        return kind(**values) if base is None else replace(base, **values)
    except ValueError as error:
        raise ValueError(f"{source}: {error}") from None
    except TypeError as error:  # a setting without a default is missing
        raise ValueError(f"{source}: {error}") from None


def _value(hint: Any, value: Any, source: str, path: str) -> Any:
    if is_dataclass(hint):
        raise ValueError(f"{source}: {path} is a table of settings, got {value!r}")
    kind = get_origin(hint) or hint
    if kind is tuple and isinstance(value, (list, tuple)):
        inner = get_args(hint)
        inner = inner[:1] * len(value) if inner[-1:] == (Ellipsis,) else inner
        if len(inner) != len(value):
            raise ValueError(f"{source}: {path} is {len(inner)} values, got {len(value)}: {value!r}")
        return tuple(_value(each, one, source, path) for each, one in zip(inner, value, strict=True))
    if _is_mapping(hint) and isinstance(value, Mapping):
        return dict(value)
    if kind in (Union, UnionType):
        kind = next(each for each in get_args(hint) if each is not NoneType)
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        expected = _WORDS.get(kind, "a list" if kind is tuple else "a table")
        raise ValueError(f"{source}: {path} is {expected}, got {value!r}")
    return value


def _is_mapping(hint: Any) -> bool:
    kind = get_origin(hint) or hint
    return isinstance(kind, type) and issubclass(kind, Mapping)


def add_options(parser: argparse.ArgumentParser, kind: type) -> None:
    """Give a parser an option for each setting; only what the user gives is in the parsed arguments.

    Parameters
    ----------
    parser
        Is changed.
    kind
        The dataclass of the settings.
    """
    leaves = list(_leaves(kind))
    last_words = [path.rsplit(".", 1)[-1] for path, _, _ in leaves]
    for (path, hint, default), last in zip(leaves, last_words, strict=True):
        options = [_option(path)]
        if "." in path and last_words.count(last) == 1:
            options.append(_option(last))
        common: dict[str, Any] = {"dest": path, "default": argparse.SUPPRESS, "help": f"default: {_shown(default)}"}
        origin = get_origin(hint) or hint
        if origin in (Union, UnionType):
            origin = next(each for each in get_args(hint) if each is not NoneType)
        if origin is bool:
            parser.add_argument(*options, action=argparse.BooleanOptionalAction, **common)
        elif origin is tuple:
            parser.add_argument(*options, nargs="+", type=get_args(hint)[0], **common)
        elif _is_mapping(hint):
            parser.add_argument(*options, nargs="+", type=_pair, metavar="NAME=VALUE", **common)
        else:
            parser.add_argument(*options, type=origin, **common)


def changes(arguments: argparse.Namespace, kind: type) -> dict[str, Any]:
    """The settings that the user gave.

    Parameters
    ----------
    arguments
        From a parser with the options of :func:`add_options`.
    kind
        The dataclass of the settings.

    Returns
    -------
    dict
        Dotted path -> value.
    """
    given = {path: getattr(arguments, path) for path, _, _ in _leaves(kind) if hasattr(arguments, path)}
    mappings = {path for path, hint, _ in _leaves(kind) if _is_mapping(hint)}
    return {path: dict(value) if path in mappings else value for path, value in given.items()}


def from_options(arguments: argparse.Namespace, kind: type[Settings]) -> Settings:
    """The settings with what the user gave; errors as :func:`build`.

    See :func:`changes` for the parameters.

    Returns
    -------
    kind
    """
    return build(kind, _nested(changes(arguments, kind)), "the command line")


def _leaves(kind: type, base: Any = MISSING, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """(dotted path, type, default) of every setting that is not a dataclass itself."""
    hints = get_type_hints(kind)
    for field in fields(kind):
        default = _default(field) if base is MISSING else getattr(base, field.name)
        if is_dataclass(hints[field.name]):
            yield from _leaves(hints[field.name], default, f"{path}{field.name}.")
        else:
            yield path + field.name, hints[field.name], default


def _default(field: Field) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


def _option(path: str) -> str:
    return f"--{path.replace('_', '-')}"


def _shown(default: Any) -> str:
    if default is MISSING:
        return "none, it must be given"
    if isinstance(default, (tuple, list)):
        return " ".join(map(str, default)).replace("%", "%%") or "none"
    return repr(default).replace("%", "%%")


def _pair(word: str) -> tuple[str, Any]:
    """``name=value``; the value as TOML reads it, or else as a text."""
    name, equals, text = word.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"expected NAME=VALUE, got {word!r}")
    try:
        return name, tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return name, text


def _nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """``{"a.b": 1}`` as ``{"a": {"b": 1}}``."""
    nested: dict[str, Any] = {}
    for path, value in flat.items():
        *parents, last = path.split(".")
        table = nested
        for name in parents:
            table = table.setdefault(name, {})
        table[last] = value
    return nested


def _merged(table: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """``table`` with the values of ``over`` in place of its own, table by table."""
    merged = dict(table)
    for name, value in over.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(name), Mapping)
        merged[name] = _merged(merged[name], value) if both else value
    return merged
