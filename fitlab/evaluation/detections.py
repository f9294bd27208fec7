"""One detector in every picture of a set. Whoever needs joints of many pictures gets them here."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from fitlab.datasets.records import PhotoSet
from fitlab.detection.detector import Detector
from fitlab.detection.mediapipe import Landmarker
from fitlab.images import read_image, square_around
from fitlab.poses import SEEN, Pose2D


@dataclass(frozen=True)
class Detections:
    """What a detector answered for every picture of a set.

    Parameters
    ----------
    pose : Pose2D (N, 16, 2)
        ``image_size`` is (N, 2): each picture's own.
    seconds : (N,)
        How long each answer took.
    """

    pose: Pose2D
    seconds: np.ndarray

    def __len__(self) -> int:
        return len(self.seconds)

    @property
    def points(self) -> np.ndarray:
        """(N, 16, 2) px."""
        return self.pose.points

    @property
    def score(self) -> np.ndarray:
        """(N, 16) 0..1."""
        return self.pose.score

    @property
    def deviation(self) -> np.ndarray:
        """(N, 16) px, the standard deviation along one axis by the covariances; NaN where there are none."""
        if self.pose.covariance is None:
            return np.full(self.score.shape, np.nan)
        return np.sqrt(np.trace(self.pose.covariance, axis1=-2, axis2=-1) / 2)

    @property
    def found(self) -> np.ndarray:
        """(N,) bool, whether any joint is seen."""
        return np.asarray((self.score >= SEEN).any(-1))


def detect_all(
    detector: Detector | Landmarker,
    photos: PhotoSet,
    use_box: bool = False,
    flip: bool = True,
    zoom: bool = True,
    scales: bool = True,
) -> Detections:
    """Find the joints in every picture of a set, with a progress bar.

    Parameters
    ----------
    detector : Detector or Landmarker
    photos : PhotoSet of N pictures
    use_box : bool
        Give the detector the crop round the true joints; it does not look closer by itself then, as that would judge
        the search and not the joints. By default it searches the whole picture.
    flip, zoom, scales : bool
        See :meth:`fitlab.detection.detector.Detector.detect`.

    Returns
    -------
    Detections

    Raises
    ------
    ValueError
        For a set without pictures.
    """
    if not len(photos):
        raise ValueError(f"{photos.name} has no pictures to find joints in")
    poses, seconds = [], []
    for index, truth in enumerate(tqdm(photos.points, desc=photos.name, leave=False)):
        image = photos.picture(index, read_image)
        box = true_box(truth) if use_box else None
        start = time.perf_counter()
        poses.append(detector.detect(image, box, flip, zoom and not use_box, scales))
        seconds.append(time.perf_counter() - start)
    return Detections(Pose2D.stacked(poses), np.array(seconds))


def true_box(truth: np.ndarray) -> tuple[float, float, float, float]:
    """Box round the true joints, with room for hands and feet.

    Parameters
    ----------
    truth
        (16, 2) px, NaN where unlabelled.

    Returns
    -------
    tuple of float
        Left, top, right and bottom in px.
    """
    x, y, side = square_around(truth, margin=1.15)
    return x - side / 2, y - side / 2, x + side / 2, y + side / 2
