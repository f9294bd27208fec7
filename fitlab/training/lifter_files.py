"""The lifter that a training begins with, and the file that it writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from fitlab.models import catalogue
from fitlab.models.catalogue import LIFTER
from fitlab.training.run_folder import save_weights
from fitlab.weights import files, registry


def starting_lifter(
    network: str, options: Mapping[str, Any], normalisation: str, start: str = "", seed: int = 0
) -> nn.Module:
    """A network as its training begins.

    Parameters
    ----------
    network, options
        A lifter of :mod:`fitlab.models.catalogue`, and keyword arguments of it.
    normalisation
        Of its input, see :class:`fitlab.lifting.lifter.Lifter`.
    start
        Lifter to fine-tune, by name or file; empty for random weights.
    seed
        Of the random weights.

    Raises
    ------
    ValueError
        For options that the network has not, and a start that does not fit.
    """
    row = catalogue.network(network)
    if row.kind != LIFTER:
        raise ValueError(f"{network} is a {row.kind}, not a lifter")
    torch.manual_seed(seed)
    try:
        built = row.build(**options)
    except TypeError as error:
        raise ValueError(f"these are no options of {network}: {dict(options)}; {error}") from None
    if start:
        entry = registry.find(start, LIFTER)
        if entry.normalisation != normalisation:
            raise ValueError(
                f"the lifter {start} takes joints in the normalisation {entry.normalisation}, not {normalisation}: "
                f"give normalisation {entry.normalisation}, or another start"
            )
        state = dict(registry.state_dict(entry))
        files.load_into(built, row.grown(built, state) if row.grown else state, start)
    return built


def save_lifter(built: nn.Module, network: str, options: Mapping[str, Any], normalisation: str, folder: Path) -> None:
    """Write ``lifter.safetensors``, which :func:`fitlab.lifting.lifter.load_lifter` reads by its path.

    Parameters
    ----------
    built
        The trained network.
    network, options
        Its row in :mod:`fitlab.models.catalogue`, and keyword arguments of it.
    normalisation
        Of its input.
    folder
        To write into.
    """
    about = {"kind": "lifter", "network": network, "options": dict(options), "normalisation": normalisation}
    save_weights(built, folder / "lifter.safetensors", {"fitlab": json.dumps(about)})
