"""A FormCheck whose models answer at once, and one that waits for its model."""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from widget_parts import jpeg, pose2d, pose3d

from fitlab.analysis import analyze_pose
from fitlab.lifting.lifter import Lifter
from fitlab.poses import Pose2D


@pytest.fixture
def app(monkeypatch, tmp_path):
    """A FormCheck whose models find everybody standing, and nobody in a photo that is all white."""

    def found(photo):
        size = photo.shape[1::-1]
        nobody = Pose2D(np.full((16, 2), np.nan), np.zeros(16), size)
        return nobody if photo.min() == 255 else replace(pose2d(), image_size=size)

    FormCheck = pytest.importorskip("fitlab_widgets.form_check").FormCheck
    monkeypatch.setattr("fitlab_widgets.questions.detect", found)
    monkeypatch.setattr("fitlab_widgets.questions.other_person", lambda photo, pose2d: None)
    monkeypatch.setattr("fitlab_widgets.questions.analyze_pose", partial(analyze_pose, lifter=Standing()))
    for name in ("squat", "plank"):
        (tmp_path / f"{name}.jpg").write_bytes(jpeg())
    return FormCheck(samples=tmp_path)


class Standing(Lifter):
    """Finds the same standing person in every picture."""

    def __init__(self):
        super().__init__(torch.nn.Identity())

    def lift(self, pose2d, height_mm=None, samples=0, seed=0, field_of_view=None, flip=True, one_person=False):
        return pose3d()


@pytest.fixture
def looking(app, monkeypatch):
    """The app while it looks for the joints in a photo, until the event is set."""
    begun, free = threading.Event(), threading.Event()

    def slow(photo):
        begun.set()
        assert free.wait(10)
        return pose2d()

    monkeypatch.setattr("fitlab_widgets.questions.detect", slow)
    app.input.offer(jpeg(), "me.jpg")
    assert begun.wait(10)
    yield app, free
    free.set()
    assert app.wait(10)
