"""What is shown of the photo before while a new one comes, and where it fails; degrees on the photo."""

from __future__ import annotations

from widget_parts import jpeg


def greyed(app) -> bool:
    return all("fitlab-stale" in part._dom_classes for part in (app._results, app._table))


def test_old_results_are_greyed_while_new_ones_are_made(looking):
    app, free = looking
    assert greyed(app)
    free.set()
    assert app.wait(10)
    assert not greyed(app)


def test_after_a_stop_the_results_are_those_that_are_shown(looking):
    app, _ = looking
    app.stop()
    assert not greyed(app)


def test_a_failed_upload_leaves_no_sentence_of_the_photo_before(app):
    app.input.offer(b"no photo", "trick.jpg")
    assert greyed(app)
    assert "No verdict" in app._headline.value
    assert app._advice.value == app._table.value == ""
    app.selector._menu.value = "lunge"
    assert not greyed(app)
    assert "lunge" in app._headline.value.lower()
    assert "knee" in app._table.value


def test_a_photo_that_breaks_the_analysis_leaves_no_sentence_of_the_one_before(app):
    def broken(*_):
        raise RuntimeError("the weights are gone")

    app._worker._work = broken
    app.input.offer(jpeg(), "me.jpg")
    assert app.wait(10)
    assert greyed(app)
    assert "No verdict" in app._headline.value


def test_degrees_are_written_on_the_photo(app):
    words = {triplet: (text, style) for triplet, text, style in app.editor.angles}
    assert words["left_hip", "left_knee", "left_ankle"][0] == "180°"
    assert [angle["text"] for angle in app.editor._angles[:2]] == ["180°"] * 2
