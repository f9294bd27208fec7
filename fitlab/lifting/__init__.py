"""Pose2D -> Pose3D: the joints of one person in the camera's axes."""

from fitlab.lifting.lifter import DEFAULT_LIFTER, Lifter, lift, load_lifter, rescaled

__all__ = ["DEFAULT_LIFTER", "Lifter", "lift", "load_lifter", "rescaled"]
