"""People for tests."""

import numpy as np

from fitlab.skeletons import LIFT16


def standing(scale: float = 1.0) -> np.ndarray:
    """(16, 2) LIFT16 joints of the reference body from the front, ``scale`` px/mm, arms hanging, all straight."""
    place = {"pelvis": (0, 0), "spine": (0, -235), "thorax": (0, -470), "head_top": (0, -750)}
    for side, sign in (("left", 1), ("right", -1)):
        for joint, x, y in (
            ("hip", 110, 0),
            ("knee", 110, 410),
            ("ankle", 110, 820),
            ("shoulder", 185, -470),
            ("elbow", 185, -175),
            ("wrist", 185, 55),
        ):
            place[f"{side}_{joint}"] = (sign * x, y)
    return scale * np.array([place[joint] for joint in LIFT16.joints], float)
