"""Widgets of fitlab for Jupyter and, through Voila, for web pages; each can be used alone, observed and linked."""

from fitlab_widgets.angle_curve import AngleCurve
from fitlab_widgets.angle_picker import AngleTripletPicker
from fitlab_widgets.exercise_selector import ExerciseSelector
from fitlab_widgets.form_check import FormCheck
from fitlab_widgets.joint_picture import JointPicture, KeypointEditor
from fitlab_widgets.photo_input import PhotoInput
from fitlab_widgets.scrubber import FrameScrubber
from fitlab_widgets.viewer import PoseViewer

__all__ = [
    "AngleCurve",
    "AngleTripletPicker",
    "ExerciseSelector",
    "FormCheck",
    "FrameScrubber",
    "JointPicture",
    "KeypointEditor",
    "PhotoInput",
    "PoseViewer",
]
