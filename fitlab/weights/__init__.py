"""Trained weights: what there is, whence it comes, under which licence, with which hash."""

from fitlab.weights.registry import *  # noqa: F403
