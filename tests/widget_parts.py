"""Photos, poses and threads for the tests of the widgets."""

from __future__ import annotations

import io
import threading

import numpy as np
import pytest
from PIL import Image

from fitlab.poses import Pose2D, Pose3D
from fitlab.skeletons import LIFT16, side_of, without_side

PHOTO = np.full((100, 200, 3), 90, np.uint8)


def standing() -> np.ndarray:
    """LIFT16 in mm: upright, arms hanging, y down."""
    places = {
        "pelvis": (0, 0), "hip": (100, 0), "knee": (100, 400), "ankle": (100, 800), "spine": (0, -250),
        "thorax": (0, -500), "head_top": (0, -800), "shoulder": (180, -480), "elbow": (180, -200), "wrist": (180, 50),
    }  # fmt: skip
    points = []
    for name in LIFT16.joints:
        x, y = places[without_side(name)]
        points.append((-x if side_of(name) == "right" else x, y, 0))
    return np.array(points, float)


def pose3d(points: np.ndarray | None = None) -> Pose3D:
    points = standing() if points is None else points
    return Pose3D(points, np.ones(points.shape[:-1]))


def pose2d(score: float = 0.9) -> Pose2D:
    points = np.stack([np.linspace(10, 160, 16), np.linspace(10, 85, 16)], 1)
    return Pose2D(points, np.full(16, score), (200, 100), np.tile(np.eye(2) * 9.0, (16, 1, 1)))


def jpeg(photo: np.ndarray = PHOTO) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(photo).save(stream, "JPEG")
    return stream.getvalue()


def during(monkeypatch: pytest.MonkeyPatch, function, action) -> threading.Thread:
    """A thread that does ``action`` during the next call of a function of joint_picture, unless a lock lets it wait."""
    thread = threading.Thread(target=action, daemon=True)

    def interrupted(*arguments: object) -> object:
        if thread.ident is None:
            thread.start()
            thread.join(0.3)
        return function(*arguments)

    monkeypatch.setattr(f"fitlab_widgets.joint_picture.{function.__name__}", interrupted)
    return thread


def part(widget, description: str):
    """The part of ``widget``, however deep, that bears ``description``."""
    inside = [widget]
    for one in inside:
        inside += getattr(one, "children", ())
    return next(one for one in inside if getattr(one, "description", "") == description)


def contrast_with_white(colour: str) -> float:
    """WCAG 2's ratio of white to a colour such as #1550b8."""
    share = np.array(list(bytes.fromhex(colour.removeprefix("#")))) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return 1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05)
