"""Photo -> Pose2D: find the person, crop, find the joints."""

from fitlab.detection.detector import DEFAULT_DETECTOR, Detector, detect, load_detector

__all__ = ["DEFAULT_DETECTOR", "Detector", "detect", "load_detector"]
