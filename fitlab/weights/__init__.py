"""Trained weights: what there is, whence it comes, under which licence, with which hash."""

from fitlab.weights.files import WeightsError, fingerprint
from fitlab.weights.registry import Entry, entries, entry, path

__all__ = ["Entry", "WeightsError", "entries", "entry", "fingerprint", "path"]
