"""Which exercise is done, how to stand for it, and what it aims at."""

from __future__ import annotations

import html
from pathlib import Path

import ipywidgets as W
import traitlets as T
from fitlab_widgets.style import stylesheet
from fitlab_widgets.traits import assign, checked, unheard
from traitlets.utils.bunch import Bunch

from fitlab.exercises.definition import exercise_named, load_exercises
from fitlab.exercises.records import Exercise
from fitlab.exercises.words import angle_label, angle_meaning, in_sentence, with_article


class ExerciseSelector(W.VBox):
    """A menu of exercises with the advice where to put the camera and the targets of every angle.

    exercise   the chosen Exercise; assigning the name of one is allowed, too
    exercises  every exercise by name; those of a user's own TOML file come last
    targets    whether the targets and their sources can be unfolded
    proposal   name of the exercise that was recognised; one tap on the button that names it chooses it
    """

    exercise = T.Union([T.Instance(Exercise), T.Unicode()])
    exercises = T.Dict()
    targets = T.Bool(True)
    proposal = T.Unicode()

    def __init__(
        self, exercise: str | Exercise = "squat", file: str | Path | None = None, targets: bool = True, **traits: object
    ) -> None:
        """An Exercise that is not in the menu is added to it.

        ``file`` is a TOML file with exercises of the user's own; see the head of fitlab's exercises.toml.
        """
        traits = checked(self, traits)
        super().__init__()
        self.add_class("fitlab")
        self._menu = W.Dropdown(description="Exercise", tooltip="The exercise that is done in the photo")
        self._accept = W.Button(tooltip="Judge the photo as the exercise that it seems to show", button_style="primary")
        self._advice = W.HTML().add_class("fitlab-note").add_class("fitlab-advice")
        self._table = W.HTML().add_class("fitlab-fold")
        self.exercises = load_exercises(file)
        self.exercise = exercise_named(exercise, self.exercises)
        self.exercises = {**self.exercises, self.exercise.name: self.exercise}
        self.targets = targets
        self._menu.observe(self._chosen, "value")
        self.observe(self._list, "exercises")
        self._accept.on_click(self._accepted)
        self.observe(self._show, ["exercise", "targets", "proposal"])
        self._list()
        first = W.HBox([self._menu, self._accept]).add_class("fitlab-buttons")
        self.children = [stylesheet(), first, self._advice, self._table]
        assign(self, traits)

    @T.validate("exercise")
    def _known(self, proposal: dict) -> Exercise:
        return exercise_named(proposal["value"], self.exercises or None)

    def add(self, exercise: Exercise) -> None:
        """Put ``exercise`` in the menu, in place of one with the same name, and choose it."""
        self.exercises = {**self.exercises, exercise.name: exercise}
        self.exercise = exercise

    def _chosen(self, change: Bunch) -> None:
        # The menu follows an exercise that was assigned, which need not be the one that it knows by that name.
        if change.new not in (None, self.exercise.name):
            self.exercise = change.new

    def _accepted(self, button: W.Button) -> None:
        self.exercise = self.proposal

    def _list(self, change: Bunch | None = None) -> None:
        with unheard(self._menu, self._chosen, "value"):
            self._menu.options = [(known.title, name) for name, known in self.exercises.items()]
        self._show()

    def _show(self, change: Bunch | None = None) -> None:
        self._menu.value = self.exercise.name if self.exercise.name in self.exercises else None
        proposed = self.exercises.get(self.proposal)
        self._accept.layout.display = "none"
        if proposed is not None and self.proposal not in (self.exercise.name, self.exercise.variant_of):
            self._accept.description = f"Looks like {with_article(in_sentence(proposed.title))}: judge that"
            self._accept.layout.display = ""
        self._advice.value = html.escape(self.exercise.camera)
        self._table.value = (
            f"<details><summary>How to take the photo; targets and sources</summary>"
            f"<p>{html.escape(self.exercise.camera)}</p>{targets_table(self.exercise)}</details>"
        )
        self._table.layout.display = "" if self.targets else "none"


def targets_table(exercise: Exercise) -> str:
    """HTML: angle, target range and where the range comes from; what an angle means, when it is pointed at."""
    rows = "".join(
        f"<tr title='{html.escape(angle_meaning(check.angle), quote=True)}'>"
        f"<th scope='row'>{html.escape(angle_label(check.angle))}</th><td>{check.target}°</td>"
        f"<td>{html.escape(check.source)}</td></tr>"
        for check in exercise.checks
    )
    heads = "<tr><th scope='col'>angle</th><th scope='col'>target</th><th scope='col'>source</th></tr>"
    return f"<table class='fitlab-table'><thead>{heads}</thead><tbody>{rows}</tbody></table>"
