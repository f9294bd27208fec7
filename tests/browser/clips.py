"""Clips for the browser tests, made of the pictures that come with the notebooks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from servers import ROOT

from fitlab import read_image
from fitlab.overlay.mp4 import mp4

FOLDER = ROOT / "notebooks" / "data" / "clip"


def write_squats(path: Path, times: int = 2) -> Path:
    """The synthetic clip, one squat, so many times in a row."""
    fps = float(np.load(FOLDER / "truth.npz")["fps"])
    pictures = [read_image(file) for file in sorted(FOLDER.glob("*.jpg"))]
    height, width = pictures[0].shape[:2]
    with mp4(path, width, height, fps) as write:
        for number, picture in enumerate(pictures * times):
            write(picture, number / fps)
    return path
