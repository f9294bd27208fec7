"""Data sets: one source per file, all read into the records of :mod:`fitlab.datasets.records`, opened by name."""

from fitlab.datasets.catalogue import open, open_for_training, open_photos, open_poses
from fitlab.datasets.io import asf_amc, bvh

__all__ = ["asf_amc", "bvh", "open", "open_for_training", "open_photos", "open_poses"]
