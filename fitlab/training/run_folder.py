"""What a training keeps in its folder: settings, states, a history and weights, each file whole or not at all."""

from __future__ import annotations

import csv
import json
import os
from dataclasses import MISSING, asdict, fields
from pathlib import Path
from typing import Any

import torch
from torch import nn

#: What settings were called when folders were written that may be gone on with.
_FORMER = {"noise.deviation": "noise.spread"}


def claim(folder: Path, settings: Any) -> None:
    """Write the settings of a run as ``settings.json``.

    Parameters
    ----------
    folder
        Of the run; it is made.
    settings
        A dataclass.

    Raises
    ------
    ValueError
        If the folder's run has others.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "settings.json"
    text = json.dumps(asdict(settings), indent=2) + "\n"
    if file.exists():
        wanted, there = _flat(json.loads(text)), _flat(json.loads(file.read_text(encoding="utf-8")))
        # What the run did not know of yet it did by default.
        usual = {each.name: each.default for each in fields(settings) if each.default is not MISSING}
        for name in wanted:
            kept = there.get(name, there.get(_FORMER.get(name, name), usual.get(name)))
            if kept != wanted[name]:
                raise ValueError(
                    f"{folder} holds a training with {name} = {kept!r}, not {wanted[name]!r}: "
                    "give the same settings to go on with it, or another folder"
                )
        return
    temporary = file.with_suffix(f".{os.getpid()}")  # under torchrun every process comes by, each with the same text
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(file)


def _flat(settings: dict[str, Any], path: str = "") -> dict[str, Any]:
    """``{"schedule.steps": 100}`` for ``{"schedule": {"steps": 100}}``."""
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        flat |= _flat(value, f"{path}{name}.") if isinstance(value, dict) else {path + name: value}
    return flat


def save_whole(file: Path, content: object) -> None:
    """Write a checkpoint so that a kill at any moment leaves the old one or the new one, never half a file."""
    temporary = file.with_suffix(".part")
    with temporary.open("wb") as stream:
        torch.save(content, stream)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(file)


class History:
    """A CSV of one row for each validation; rows after the step that is resumed from are dropped."""

    def __init__(self, file: Path, resumed_from: int) -> None:
        self.file = file
        self.rows: list[dict[str, Any]] = []
        if file.exists():
            with file.open(newline="") as stream:
                self.rows = [row for row in csv.DictReader(stream) if int(row["step"]) <= resumed_from]

    def add(self, row: dict[str, float]) -> None:
        """Add a row, and write the file anew, whole or not at all.

        Parameters
        ----------
        row
            Column -> value.
        """
        self.rows.append(row)
        temporary = self.file.with_suffix(".part")
        with temporary.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, list(self.rows[-1]))
            writer.writeheader()
            writer.writerows(self.rows)
        temporary.replace(self.file)


def save_weights(network: nn.Module, file: Path, about: dict[str, str] | None = None) -> None:
    """Write the network's weights as half-precision safetensors, whole or not at all.

    The statistics of batch norms, which half precision cannot always hold, stay as they are.

    Parameters
    ----------
    network
    file
        To write.
    about
        What the header says.

    Raises
    ------
    ValueError
        For a weight that half precision cannot hold.
    """
    from safetensors.torch import save_file

    stored = {}
    for key, value in network.state_dict().items():
        halved = value.is_floating_point() and ".running_" not in key
        stored[key] = (value.half() if halved else value).contiguous()
        if halved and not stored[key].isfinite().all():
            raise ValueError(f"{key} has values up to {value.abs().max():g}, which cannot be written in half precision")
    temporary = file.with_suffix(".part")
    save_file(stored, temporary, about)
    temporary.replace(file)
