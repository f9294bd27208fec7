"""A network as its training begins."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from fitlab.models import catalogue
from fitlab.weights import files, registry


def starting_network(name: str, start: str, seed: int, kind: str = catalogue.DETECTOR) -> nn.Module:
    """The network ``name`` as its training begins.

    Parameters
    ----------
    name
        One that can be trained, see :func:`fitlab.models.catalogue.trainable`.
    start
        ``random``; one of the starts that its row names, as ``imagenet`` (``random`` where it names none); or a file of
        weights, which may be of an hourglass with fewer stacks, but at least two.
    seed
        Of the random weights.
    kind
        ``detector`` or ``lifter``.

    Returns
    -------
    nn.Module

    Raises
    ------
    FileNotFoundError
        For a start that is none of these.
    fitlab.weights.WeightsError
        For weights that do not fit.
    """
    row_name, variant = catalogue.variant(name, kind)
    row = catalogue.network(row_name)
    torch.manual_seed(seed)
    network = row.build(**variant.options)
    if start in row.starts:
        row.starts[start](network, registry.state_dict)
    elif start not in ("random", "imagenet"):
        file = Path(start)
        if not file.is_file():
            allowed = ", ".join(dict.fromkeys([*row.starts, "imagenet", "random"]))
            raise FileNotFoundError(f"start is {allowed} or a weights file; there is no file {start!r}")
        state = files.read_tensors(file.read_bytes(), file)
        files.load_into(network, row.grown(network, state) if row.grown else state, file.name)
    for part in row.frozen if start != "random" else ():
        network.get_submodule(part).requires_grad_(False)
    return network
