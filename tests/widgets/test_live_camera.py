"""Pictures of the camera come in, joints and the count go out."""

from __future__ import annotations

import pytest
from widget_parts import PHOTO, jpeg, pose2d, pose3d

from fitlab.live import LiveMoment

pytest.importorskip("pythreejs")

from fitlab_widgets import LiveCamera


@pytest.fixture
def camera(monkeypatch):
    """A LiveCamera whose counter counts pictures; ``sent`` is what the browser hears."""

    class Counts:
        def __init__(self, exercise):
            self.seen = 0

        def see(self, image, seconds):
            assert image.shape == PHOTO.shape
            self.seen += 1
            return LiveMoment(pose2d(), pose3d(), 91.4, self.seen)

    monkeypatch.setattr("fitlab_widgets.live_camera.LiveCounter", Counts)
    live = LiveCamera("squat", running=True)
    live._heard(None, {"action": "claim", "view": "first"}, [])
    live.sent = []
    live.send = lambda message: live.sent.append(message)
    return live


def look(camera, number: int = 1, content: bytes | None = None, view: str = "first") -> None:
    camera._heard(None, {"action": "picture", "view": view, "number": number, "seconds": number}, [content or jpeg()])


def test_each_picture_is_answered_with_joints_and_count(camera):
    look(camera, 1)
    look(camera, 2)
    first, second = camera.sent
    assert (first["seen"], second["seen"], second["count"]) == (1, 2, 2)
    assert first["points"][0] == pose2d().points[0].round(1).tolist()
    assert second["words"] == "knee 91°"
    assert (camera.count, camera.degrees) == (2, 91.4)


def test_what_is_no_picture_is_answered_and_not_counted(camera):
    look(camera, 1, b"no picture")
    assert (camera.sent[0]["seen"], camera.count) == (1, 0)


def test_another_exercise_and_a_new_start_begin_at_0(camera):
    look(camera)
    camera.exercise = "push_up"
    assert camera.count == 0
    look(camera)
    camera.running = False
    assert (camera.count, camera.moment) == (0, None)
    look(camera)
    assert camera.count == 0  # a picture that was on its way


def test_of_two_views_the_first_that_asks_has_the_camera(camera):
    camera._heard(None, {"action": "claim", "view": "second"}, [])
    assert camera._view == "first"
    look(camera, view="second")
    assert (camera.count, camera.sent) == (0, [])
    camera.running = False
    camera._heard(None, {"action": "claim", "view": "second"}, [])
    assert (camera.running, camera._view) == (True, "second")
    look(camera)
    assert camera.count == 0
    look(camera, view="second")
    assert camera.count == 1


def test_in_the_app_it_is_begun_beside_the_photo_and_counts_what_is_chosen(app):
    assert app.live.layout.display == "none"
    app.input._heard(None, {"action": "live"}, [])
    assert app.live.running
    assert (app.live.layout.display, "fitlab-hidden" in app._results._dom_classes) == ("", True)
    app.exercise = "lunge"
    assert app.live.exercise.name == "lunge"
    app.live.running = False
    assert (app.live.layout.display, "fitlab-hidden" in app._results._dom_classes) == ("none", False)


def test_why_there_is_no_camera_is_told_beside_the_verdict_until_it_is_asked_for_again(app):
    before = app._headline.value
    app.input._heard(None, {"action": "live"}, [])
    app.live.set_state({"complaint": "The browser did not allow the camera.", "running": False})  # as its script does
    assert (app.input.status, app.input.failed) == ("The browser did not allow the camera.", True)
    assert (app._headline.value, app.live.layout.display) == (before, "none")
    app.input._heard(None, {"action": "live"}, [])
    assert (app.live.complaint, app.input.status) == ("", "")


def test_no_camera_leaves_photo_and_progress_as_they_are(app):
    before = app._headline.value
    app.input.tell("Looking ...", busy=True, progress=0.5)
    app.input._heard(None, {"action": "no camera", "why": "No camera was found."}, [])
    assert (app.input.status, app.input.failed) == ("No camera was found.", True)
    assert (app.input.busy, app.input.progress, app._headline.value) == (True, 0.5, before)
