"""Poses over time as files for other tools: TRC and C3D (markers), BVH (a skeleton with rotations)."""

from fitlab.export.formats import FORMATS, write

__all__ = ["FORMATS", "write"]
