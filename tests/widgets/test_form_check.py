"""The whole of fitlab in one widget, without a browser."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
from widget_parts import during, jpeg, part

from fitlab.exercises.assessment import GOOD, NOT_JUDGED
from fitlab.exercises.definition import exercise_named
from fitlab.exercises.recognition import Recognition

pytest.importorskip("pythreejs")

from fitlab_widgets import FormCheck
from fitlab_widgets.joint_picture import moved_joint, preview
from fitlab_widgets.results import headline


def test_it_starts_with_the_sample_of_its_exercise(app):
    assert app.analysis.exercise.name == "squat"
    assert "left knee" in app._table.value
    assert app.editor.pose2d is app.analysis.pose2d
    assert app.viewer.pose is app.analysis.pose3d


def test_a_sample_named_after_an_exercise_chooses_it(app):
    app.input.choose("plank")
    assert app.wait(10)
    assert app.exercise.name == app.analysis.exercise.name == "plank"
    assert app.selector.exercise.name == "plank"


def test_another_exercise_judges_the_same_joints_anew(app):
    before = app.analysis.pose2d
    app.selector._menu.value = "lunge"
    assert app.analysis.exercise.name == "lunge"
    assert app.analysis.pose2d is before


def test_the_exercise_that_is_recognised_is_proposed_and_not_forced(app, monkeypatch):
    planks = Recognition(("squat", "plank", "unknown"), np.array([0.001, 0.998, 0.001]))
    monkeypatch.setattr("fitlab.analysis.recognise", lambda pose: planks)
    app.editor.move("left_knee", 50, 60)
    assert app.exercise.name == "squat"
    assert app.selector.proposal == "plank"
    assert {finding.reason for finding in app.analysis.findings} == {"this looks like a plank, not a squat"}
    app.selector._accept.click()
    assert app.analysis.exercise.name == "plank"


def test_a_moved_joint_is_analysed_at_once(app):
    app.editor.move("left_knee", 50, 60)
    assert app.analysis.pose2d.joint("left_knee").tolist() == [50, 60]


def test_without_a_person_it_says_so(app):
    app.input.offer(jpeg(np.full((100, 200, 3), 255, np.uint8)), "wall.jpg")
    assert app.wait(10)
    assert not app.analysis.found
    assert "Nobody" in app.input.status
    assert app.input.failed
    assert "Nobody was found" in app._headline.value


def test_joints_put_in_place_by_hand_end_the_complaint(app):
    app.input.offer(jpeg(np.full((100, 200, 3), 255, np.uint8)), "wall.jpg")
    assert app.wait(10)
    app.editor.move("left_knee", 50, 60)
    assert app.analysis.found
    assert (app.input.status, app.input.failed) == ("", False)
    app.editor.undo()
    assert "Nobody" in app.input.status
    assert app.input.failed


def test_a_refused_upload_is_told_while_another_photo_is_analysed_and_afterwards(app):
    free, work = threading.Event(), app._worker._work
    app._worker._work = lambda question, step: free.wait(10) and work(question, step)
    app.input.offer(jpeg(), "me.jpg")
    app.input.offer(b"no photo", "trick.jpg")
    assert "trick.jpg is not an image" in app.input.status
    assert "me.jpg" in app.input.status
    assert app.input.failed
    assert app.input.busy
    free.set()
    assert app.wait(10)
    assert app.input.status == app.input.complaint
    assert "trick.jpg is not an image" in app.input.status
    assert app.input.failed
    assert not app.input.busy


@pytest.mark.parametrize(
    "action",
    [
        lambda app: app.input.offer(jpeg(), "me.jpg"),
        lambda app: app.input._heard(None, {"action": "begin", "number": 7, "name": "me.jpg", "bytes": 9}, []),
        lambda app: setattr(app.selector._menu, "value", "lunge"),
        lambda app: app.editor.move("left_knee", 50, 60),
        lambda app: app.editor.undo(),
        lambda app: app.editor.reset(),
    ],
    ids=["photo", "upload", "exercise", "drag", "undo", "reset"],
)
def test_a_refused_upload_is_forgotten_with_the_next_action(app, action):
    app.editor.move("left_knee", 20, 20)
    app.input.offer(b"no photo", "trick.jpg")
    assert app.input.failed
    action(app)
    assert app.wait(10)
    assert (app.input.status, app.input.failed) == ("", False)


def test_little_that_can_be_judged_is_no_reason_for_praise(app):
    only = replace(app.analysis.findings[0], verdict=GOOD, reason="")
    others = [replace(only, verdict=NOT_JUDGED)] * 2
    assert "fitlab-good" in headline(replace(app.analysis, findings=(only, only, *others)))
    assert "fitlab-unjudged" in headline(replace(app.analysis, findings=(only, *others)))
    risk = replace(only, verdict=NOT_JUDGED, check=replace(only.check, severity="risk"))
    assert "fitlab-unjudged" in headline(replace(app.analysis, findings=(only, only, risk)))


def test_what_goes_wrong_is_told_and_the_last_result_stays(app, monkeypatch):
    before = app.analysis

    def broken(*_):
        raise RuntimeError("the weights are gone")

    monkeypatch.setattr("fitlab_widgets.form_check.answer", broken)
    app._worker._work = broken
    app.input.offer(jpeg(), "me.jpg")
    assert app.wait(10)
    assert "the weights are gone" in app.input.status
    assert app.analysis is before
    assert not app.busy


def test_a_damaged_sample_is_told_and_the_next_photo_is_analysed(app, tmp_path):
    (tmp_path / "squat.jpg").write_bytes(jpeg()[:100])
    other = FormCheck(samples=tmp_path)
    assert other.input.status.startswith("squat is ")
    assert other.input.failed
    other.input.choose("plank")
    assert other.wait(10)
    assert other.analysis.found


def test_an_exercise_of_ones_own_is_judged_as_it_is(app, tmp_path):
    own = replace(exercise_named("squat"), title="Mine")
    app.selector._menu.value = "plank"
    app.exercise = own
    assert app.exercise is app.selector.exercise is own
    assert app.analysis.exercise == own
    app.input.choose("squat")
    assert app.wait(10)
    assert app.analysis.exercise == own
    new = replace(own, name="mine")
    assert FormCheck(new, tmp_path).analysis.exercise == new


def test_a_drag_while_a_photo_arrives_moves_a_joint_of_the_new_one(app, monkeypatch):
    before = app.editor.pose2d
    drag = during(monkeypatch, preview, lambda: app.editor.move("left_knee", 20, 20))
    app.input.offer(jpeg(), "me.jpg")
    assert app.wait(10)
    drag.join(10)
    assert app.analysis.photo is app.editor.photo is app.input.photo
    assert app.analysis.pose2d is app.editor.pose2d
    app.editor.undo()
    assert app.analysis.pose2d is app.editor.pose2d
    assert app.editor.pose2d is not before


def test_a_drag_and_a_photo_at_the_same_time_do_not_wait_for_each_other(app, monkeypatch):
    offer = during(monkeypatch, moved_joint, lambda: app.input.offer(jpeg(), "me.jpg"))
    drag = threading.Thread(target=app.editor.move, args=("left_knee", 20, 20), daemon=True)
    drag.start()
    drag.join(10)
    assert not drag.is_alive()
    offer.join(10)
    assert app.wait(10)
    assert app.analysis.photo is app.editor.photo is app.input.photo


def test_an_answer_that_comes_late_does_not_end_the_wait_for_the_newest(app):
    free, delivered, work, deliver = threading.Event(), threading.Event(), app._worker._work, app._worker._deliver
    newest = threading.Thread(target=app.input.offer, args=(jpeg(), "newest.jpg"), daemon=True)

    def work_until_free(question, step):
        assert newest.ident is None or free.wait(10)
        return work(question, step)

    def deliver_late(question, analysis):
        if newest.ident is None:
            newest.start()
            newest.join(0.3)
        deliver(question, analysis)
        delivered.set()

    app._worker._work, app._worker._deliver = work_until_free, deliver_late
    app.input.offer(jpeg(), "first.jpg")
    assert delivered.wait(10)
    newest.join(10)
    assert app.busy
    assert "newest.jpg" in app.input.status
    free.set()
    assert app.wait(10)
    assert not app.busy


def test_progress_is_shown_while_a_photo_is_analysed_and_gone_afterwards(app):
    shares = []
    app.input.observe(lambda change: shares.append((change.new, app.input.busy)), "progress")
    app.input.offer(jpeg(), "me.jpg")
    assert app.wait(10)
    assert shares == [(0.0, True), (0.7, True), (None, False)]
    assert app.input.status == ""


def test_what_is_stopped_is_not_delivered_and_the_last_result_stays(looking):
    (app, free), before = looking, looking[0].analysis
    app.input._heard(app.input, {"action": "stop"}, [])
    assert not app.busy
    assert (app.input.status, app.input.busy) == ("Stopped. What is shown is the photo before.", False)
    free.set()
    assert app.wait(10)
    assert app.analysis is before
    assert (app.input.status, app.input.progress) == ("Stopped. What is shown is the photo before.", None)


def test_after_a_stop_the_next_photo_is_analysed_even_while_the_old_job_ends(looking):
    app, free = looking
    app.stop()
    app.input.offer(jpeg(), "next.jpg")
    assert app.busy
    free.set()
    assert app.wait(10)
    assert app.analysis.photo is app.input.photo
    assert (app.busy, app.input.status) == (False, "")


def test_a_stop_with_nothing_to_stop_says_nothing(app):
    app.stop()
    assert app.input.status == ""


def test_joints_judged_anew_and_a_job_that_reports_do_not_wait_for_each_other(looking, monkeypatch):
    """The one holds the widgets' lock and waits for the model; the other has the model, and reports under that lock."""
    app, free = looking
    judged = threading.Thread(target=app.editor.move, args=("left_knee", 50, 60), daemon=True)
    judged.start()
    judged.join(0.3)
    free.set()
    judged.join(10)
    assert not judged.is_alive()
    assert app.wait(10)


def test_a_kept_angle_gets_a_row_in_the_table(app):
    app.picker.triplet = ("left_hip", "left_knee", "left_ankle")
    app.picker.keep("my knee", 80, 100)
    assert "my knee" in app._table.value
    assert app.analysis.findings[-1].verdict == "too large"


def test_an_angle_kept_without_a_target_is_shown_and_not_judged(app):
    counted = headline(app.analysis)
    app.picker.triplet = ("left_hip", "left_knee", "left_ankle")
    app.picker.keep("my knee")
    row = app._table.value[app._table.value.index("my knee") :]
    assert "180°" in row
    assert "no target" in row
    assert GOOD not in row
    assert headline(app.analysis) == counted
    assert "no target" in app.picker._list.children[0].children[1].value
    loose = app.analysis.findings[-1]
    assert "fitlab-good" not in headline(replace(app.analysis, findings=(loose,)))


def test_measuring_changes_what_a_click_on_a_joint_does(app):
    app.measuring = True
    assert app.editor.mode == "pick"
    app.measuring = False
    assert app.editor.mode == "edit"


def test_measuring_leaves_no_marks_but_kept_angles(app):
    arcs = app.viewer.arcs
    app.measuring = True
    app.editor.picked = ("left_shoulder", "right_shoulder", "right_hip")
    assert app.viewer.arcs != arcs
    app.measuring = False
    assert app.editor.picked == app.picker.triplet == ()
    assert app.viewer.arcs == arcs


def test_a_new_photo_comes_without_the_marks_of_the_last_one(app):
    arcs = app.viewer.arcs
    app.measuring = True
    app.editor.picked = ("left_shoulder", "right_shoulder", "right_hip")
    app.input.offer(jpeg(), "me.jpg")
    assert app.wait(10)
    assert app.editor.picked == app.picker.triplet == ()
    assert app.viewer.arcs == arcs
    assert app.measuring


def test_the_button_that_keeps_an_angle_says_for_how_long(app):
    app.picker.triplet = ("left_hip", "left_knee", "left_ankle")
    keep = part(app, "Keep this angle")
    keep.click()
    app.selector._menu.value = "lunge"
    assert app.analysis.findings[-1].check.joints == app.picker.triplet
    assert keep.tooltip == "Keep in the table, for every exercise"


def test_it_says_what_it_does_not_judge_beside_the_results(app):
    column = app._results.children[1].children
    note = column[column.index(app.viewer) + 1]
    assert "A training aid, not a medical device." in note.value
    for unseen in ("heels", "rounding of the back", "neck", "knees that fall inward", "uneven load"):
        assert unseen in note.value


def test_words_of_a_users_exercise_cannot_break_the_page(app):
    strange = replace(app.exercise, title="<script>alert(1)</script>")
    app.selector.add(replace(strange, name="strange"))
    assert "<script>" not in app._headline.value
