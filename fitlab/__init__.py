"""fitlab: is this exercise done well? From one photo to 2D joints, a 3D skeleton, joint angles and plain advice.

The names below load their modules, and with them PyTorch, on first use.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module

_HOMES = {
    "Pose2D": "poses",
    "Pose3D": "poses",
    "PhotoAnalysis": "analysis",
    "analyze_many": "many.run",
    "analyze_photo": "analysis",
    "analyze_pose": "analysis",
    "VideoAnalysis": "video_analysis",
    "analyze_video": "video_analysis",
    "detect": "detection.detector",
    "joint_angle": "angles",
    "lift": "lifting.lifter",
    "load_detector": "detection.detector",
    "load_exercises": "exercises.definition",
    "load_lifter": "lifting.lifter",
    "read_image": "images",
}
_MODULES = (
    "angles",
    "analysis",
    "cameras",
    "detection",
    "datasets",
    "evaluation",
    "exercises",
    "export",
    "figures",
    "images",
    "lifting",
    "metrics",
    "models",
    "poses",
    "rotations",
    "skeletons",
    "weights",
)

__all__ = sorted(_HOMES)
__version__ = "0.1.0"


def _let_others_work() -> None:
    """Threads that wait for each other sleep instead of spinning: on a machine with other work to do, spinning made a
    photo six times as slow. What the user has set stays; after PyTorch was imported it is too late.
    """
    if "torch" not in sys.modules:
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        os.environ.setdefault("GOMP_SPINCOUNT", "0")


_let_others_work()


def _with_one_thread() -> None:
    """In a forked child the threads of PyTorch's pool are gone; with one thread it does not wait for them for ever."""
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)


if hasattr(os, "register_at_fork"):  # Windows knows no fork
    os.register_at_fork(after_in_child=_with_one_thread)


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"fitlab.{_HOMES[name]}"), name)
    if name in _MODULES:
        return import_module(f"fitlab.{name}")
    raise AttributeError(f"module 'fitlab' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES, *_MODULES])
