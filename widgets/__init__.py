"""Widgets of fitlab for Jupyter and, through Voila, for web pages; each can be used alone, observed and linked.

The names below load their modules, and with them PyTorch, on first use.
"""

from importlib import import_module

_HOMES = {
    "AngleCurve": "angle_curve",
    "AngleTripletPicker": "angle_picker",
    "ClipScrubber": "clip_scrubber",
    "ExerciseSelector": "exercise_selector",
    "FormCheck": "form_check",
    "FrameScrubber": "scrubber",
    "JointPicture": "joint_picture",
    "KeypointEditor": "joint_picture",
    "LiveCamera": "live_camera",
    "PhotoComparison": "photo_comparison",
    "PhotoInput": "photo_input",
    "PoseViewer": "viewer",
    "ReportSaver": "report_saver",
}
__all__ = [*_HOMES]


def __getattr__(name: str) -> type:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
