"""The person that was pointed at, and photos that are turned and cropped."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from widget_parts import PHOTO, jpeg, part, pose2d

from fitlab.poses import Pose2D

pytest.importorskip("pythreejs")

from fitlab_widgets import PhotoInput
from fitlab_widgets.person_choice import person_at

PEOPLE = {"left": (40, 0.5), "right": (150, 0.8)}


@pytest.fixture
def two_people(monkeypatch):
    """A detector that finds, in a box, the one of two people whose middle is nearer to that of the box."""

    def found(photo, box):
        middle = (box[0] + box[2]) / 2
        x, score = min(PEOPLE.values(), key=lambda person: abs(person[0] - middle))
        points = np.stack([np.linspace(x - 15, x + 15, 16), np.linspace(10, 90, 16)], 1)
        return Pose2D(points, np.full(16, score), (200, 100))

    monkeypatch.setattr("fitlab_widgets.person_choice.detect", found)


@pytest.mark.parametrize(("place", "person"), [((40, 50), "left"), ((28, 80), "left"), ((150, 50), "right")])
def test_a_tap_means_the_person_who_is_there(two_people, place, person):
    found = person_at(PHOTO, (*place, *place))
    assert found.points[:, 0].mean() == pytest.approx(PEOPLE[person][0])


def test_a_tap_beside_everybody_means_nobody(two_people):
    assert not person_at(PHOTO, (95, 50, 95, 50)).found


def test_in_the_app_a_tap_beside_everybody_leaves_who_was_judged(app, two_people):
    before = app.analysis
    part(app, "Choose the person").value = True
    app.editor.box = (95, 50, 95, 50)
    assert app.wait(10)
    assert app.analysis is before
    assert "nobody at that place" in app.input.status


def test_a_box_means_who_is_in_it(two_people):
    assert person_at(PHOTO, (10, 0, 80, 99)).points[:, 0].mean() == pytest.approx(40)


def test_in_the_app_a_tap_chooses_and_dragging_works_again(app, two_people):
    choose = part(app, "Choose the person")
    choose.value = True
    assert app.editor.mode == "box"
    assert "Tap the person" in app.editor.hint
    app.editor.box = (150, 50, 150, 50)
    assert app.wait(10)
    assert app.editor.pose2d.points[:, 0].mean() == pytest.approx(150)
    assert (app.editor.mode, choose.value, app.editor.hint) == ("edit", False, "")


def test_the_app_tells_of_somebody_else_and_a_tap_on_them_is_enough(app, monkeypatch):
    other = pose2d()
    other = replace(other, points=np.add(other.points, [80, 0]))
    asked = []
    monkeypatch.setattr("fitlab_widgets.questions.other_person", lambda *photo: asked.append(photo) or other)
    app.input.offer(jpeg(), "two.jpg")
    assert app.wait(10)
    assert app._company.wait(10)
    assert asked[-1][0] is app.analysis.photo
    first = app.analysis.pose2d
    assert "Somebody else is in this photo, further right; to judge them, press Choose the person" in app._beside.value
    part(app, "Choose the person").value = True
    x, y = other.joint("left_knee")
    app.editor.box = (x, y, x, y)
    assert app.wait(10)
    assert app.analysis.pose2d.points.tolist() == other.points.tolist()
    assert app._company.wait(10)
    assert asked[-1][1] is app.analysis.pose2d
    monkeypatch.setattr("fitlab_widgets.questions.other_person", lambda *photo: None)
    app.input.offer(jpeg(), "one.jpg")
    assert app.wait(10)
    assert (app._beside.value, app.analysis.pose2d.points.tolist()) == ("", first.points.tolist())


@pytest.mark.parametrize(
    ("box", "who"), [((120, 0, 199, 99), "other"), ((0, 0, 199, 99), "searched"), ((40, 50) * 2, "searched")]
)
def test_a_box_or_tap_means_the_other_only_where_they_are_alone_in_it_or_nearer(two_people, box, who):
    judged, other = (
        Pose2D(np.stack([np.linspace(x - 15, x + 15, 16), np.linspace(10, 90, 16)], 1), np.ones(16), (200, 100))
        for x in (40, 150)
    )
    assert (person_at(PHOTO, box, judged, other) is other) == (who == "other")


def test_a_photo_can_be_turned_until_it_is_as_it_was():
    source = PhotoInput()
    source.offer(jpeg(np.dstack([np.arange(20000).reshape(100, 200) % 256] * 3).astype(np.uint8)), "me.jpg")
    first = source.photo
    source.turn()
    assert source.photo.shape == (200, 100, 3)
    assert (source.photo[0, -1] == first[0, 0]).all()
    for _ in range(3):
        source.turn()
    assert (source.photo == first).all()


def test_what_is_left_of_a_cropped_photo_shows_less_of_the_world(app):
    app.input.field_of_view = 60.0
    part(app, "Crop").value = True
    app.editor.box = (50.2, -5, 149.4, 400)
    assert app.wait(10)
    assert app.input.photo.shape == app.analysis.photo.shape == (100, 100, 3)
    assert app.input.field_of_view == pytest.approx(2 * np.degrees(np.arctan(0.5 * np.tan(np.radians(30)))))


def test_a_crop_to_next_to_nothing_is_refused(app):
    part(app, "Crop").value = True
    app.editor.box = (50, 50, 52, 52)
    assert "draw a larger box" in app.editor.hint
    assert app.input.photo.shape == (100, 200, 3)


def test_choosing_and_measuring_exclude_each_other(app):
    choose, crop = part(app, "Choose the person"), part(app, "Crop")
    choose.value = True
    crop.value = True
    assert not choose.value
    app.measuring = True
    assert (crop.value, app.editor.mode) == (False, "pick")
    choose.value = True
    assert (app.measuring, app.editor.mode) == (False, "box")


@pytest.mark.parametrize("box", [(210, 50, 210, 50), (-30, 10, -5, 90), (10, 100, 10, 100)])
def test_a_tap_or_box_beside_the_photo_means_nobody(box):
    assert not person_at(PHOTO, box).found
