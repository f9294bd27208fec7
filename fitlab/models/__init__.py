"""The networks, a module each; they load PyTorch on first use."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

_NETWORKS = ("blazepose", "efficientpose", "fitpose", "fitpose_blaze", "hourglass", "martinez", "semgcn")


def __getattr__(name: str) -> ModuleType:
    if name in _NETWORKS:
        return import_module(f"fitlab.models.{name}")
    raise AttributeError(f"module 'fitlab.models' has no attribute {name!r}")
