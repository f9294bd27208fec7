"""Any angle by three clicks: seen in the picture and in space, with its interval; named, kept, given a target."""

from __future__ import annotations

import html
from dataclasses import replace

import ipywidgets as W
import numpy as np
import traitlets as T
from fitlab_widgets.joint_picture import JointPicture
from fitlab_widgets.style import stylesheet
from fitlab_widgets.traits import assign, checked, unheard
from fitlab_widgets.viewer import MOST_ARCS, PoseViewer
from traitlets.utils.bunch import Bunch

from fitlab.angles import MIDPOINTS, joint_angle, measure
from fitlab.exercises.calibration import Calibration
from fitlab.exercises.intervals import interval
from fitlab.exercises.records import Check, Exercise
from fitlab.exercises.words import spoken
from fitlab.poses import Pose2D, Pose3D
from fitlab.skeletons import LIFT16, MPII16

_NO_JOINT = "There is no joint at that place; click on one of the balls."


class AngleTripletPicker(W.VBox):
    """Choose three joints, the vertex in the middle, by clicks in the picture or the 3D view or from the lists.

    photo, pose2d, pose3d  what is measured; any of them may be None
    triplet    the joints chosen so far, at most three
    seen       degrees in the picture, NaN if unknown or not yet three
    degrees    in space, with ``low`` and ``high`` of the 90 % interval
    kept       checks by name: the angles that were kept, with their targets; see :meth:`added_to`
    arcs       triplets to draw: those that were kept and the one being chosen

    ``calibration`` is that of the intervals, None for the default pair's of photos.
    ``picture`` and ``viewer`` may be those of another widget, which then looks after their photo, poses and arcs.
    """

    photo = T.Instance(np.ndarray, allow_none=True)
    pose2d = T.Instance(Pose2D, allow_none=True)
    pose3d = T.Instance(Pose3D, allow_none=True)
    triplet = T.Tuple()
    seen = T.Float(np.nan)
    degrees = T.Float(np.nan)
    low = T.Float(np.nan)
    high = T.Float(np.nan)
    kept = T.Dict()
    arcs = T.Tuple()

    def __init__(
        self,
        photo: np.ndarray | None = None,
        pose2d: Pose2D | None = None,
        pose3d: Pose3D | None = None,
        picture: JointPicture | None = None,
        viewer: PoseViewer | None = None,
        **traits: object,
    ) -> None:
        traits = checked(self, traits)
        self.calibration: Calibration | None = None
        super().__init__()
        self.picture = picture or JointPicture(mode="pick", label="Photo whose joints can be picked")
        self.viewer = viewer or PoseViewer(views="one", size=360)
        self._own = [part for part, given in ((self.picture, picture), (self.viewer, viewer)) if given is None]
        self._build()
        self.picture.observe(self._clicked_picture, "picked")
        self.viewer.observe(self._clicked_viewer, "clicks")
        self.observe(self._poses_changed, ["photo", "pose2d", "pose3d"])
        self.observe(self._on_triplet, "triplet")
        self.photo, self.pose2d, self.pose3d = photo, pose2d, pose3d
        self._poses_changed()
        assign(self, traits)

    @T.validate("triplet")
    def _known(self, proposal: dict) -> tuple[str, ...]:
        names = tuple(proposal["value"])
        if len(names) == 3:
            measure(names)
        return names

    def keep(self, name: str, low: float = 0.0, high: float = 180.0) -> Check:
        """Keep the chosen angle under a name.

        Parameters
        ----------
        name
        low, high
            Degrees, the target. From 0 to 180 is no target: the angle is measured and not judged.

        Returns
        -------
        Check

        Raises
        ------
        ValueError
            For no name, fewer than three joints, or no range.
        """
        name = name.strip()
        if len(self.triplet) != 3:
            raise ValueError("choose three joints first, the vertex in the middle")
        if not name:
            raise ValueError("give the angle a name")
        if not low < high:
            raise ValueError(f"a target goes from the smaller to the larger angle; got {low:g} to {high:g}")
        said = (f"The angle {name} is below its target.", f"The angle {name} is above its target.")
        check = Check(name, "any", low, high, *said, "form", "chosen by the user", self.triplet)
        self.kept = {**self.kept, name: check}
        return check

    def forget(self, name: str) -> None:
        """Let go of a kept angle."""
        self.kept = {known: check for known, check in self.kept.items() if known != name}

    def clear(self) -> None:
        """Let go of the three joints; kept angles stay."""
        self._choose(())
        self.picture.hint = ""

    def added_to(self, exercise: Exercise) -> Exercise:
        """``exercise`` with the kept angles after its own checks."""
        return replace(exercise, checks=(*exercise.checks, *self.kept.values()))

    def _build(self) -> None:
        places = [(spoken(name), name) for name in (*LIFT16.joints, *MIDPOINTS)]
        titles = ("First joint", "Vertex", "Last joint")
        self._lists = [W.Dropdown(options=[("-", ""), *places], description=title) for title in titles]
        for menu in self._lists:
            menu.observe(self._chosen_from_lists, "value")
        self._result = W.HTML().add_class("fitlab-result")
        self._hint = W.HTML().add_class("fitlab-note")
        self._name = W.Text(description="Name", placeholder="such as: left shin to thigh")
        narrow = {"style": {"description_width": "initial"}, "layout": W.Layout(width="150px")}
        self._from = W.BoundedFloatText(0, min=0, max=180, description="Target from", **narrow)
        self._to = W.BoundedFloatText(180, min=0, max=180, description="to", **narrow)
        keep = W.Button(description="Keep this angle", tooltip="Keep in the table, for every exercise")
        self._clear = W.Button(description="Clear", tooltip="Let go of the three joints")
        keep.on_click(self._keep_pressed)
        self._clear.on_click(lambda _: self.clear())
        self._list = W.VBox()
        self.observe(self._list_kept, "kept")
        self.add_class("fitlab")
        self.children = [
            stylesheet(),
            W.Box([W.VBox([part]) for part in self._own]).add_class("fitlab-columns"),
            W.HBox(self._lists).add_class("fitlab-buttons"),
            self._result,
            self._hint,
            W.HBox([self._name, self._from, self._to, keep, self._clear]).add_class("fitlab-buttons"),
            self._list,
        ]

    def _poses_changed(self, change: Bunch | None = None) -> None:
        if self.picture in self._own:
            self.picture.photo, self.picture.pose2d = self.photo, self.pose2d
        if self.viewer in self._own:
            self.viewer.pose = self.pose3d
        self._measure()

    def _clicked_picture(self, change: Bunch) -> None:
        names = tuple(name for name in change.new if name in LIFT16.joints)
        self._choose(_with_hidden(self.triplet, names))
        self._mark_picked()
        if left_out := set(change.new) - set(names):
            self._hint.value = f"The {spoken(left_out.pop())} has no place in the 3D pose; choose another joint."

    def _clicked_viewer(self, change: Bunch) -> None:
        name = self.viewer.picked
        self._hint.value = "" if name else _NO_JOINT
        if name:
            rest = tuple(other for other in self.triplet if other != name)
            grown = (name,) if len(rest) == 3 else (*rest, name)
            self._choose(rest if len(rest) < len(self.triplet) else grown)

    def _chosen_from_lists(self, change: Bunch) -> None:
        self._hint.value = ""
        names = tuple(menu.value for menu in self._lists)
        if not all(names):
            return
        if len(set(names)) == 3:
            self._choose(names)
        else:
            self._show_in_lists()
            self._hint.value = "Choose three different joints."

    def _choose(self, names: tuple[str, ...]) -> None:
        self._hint.value = ""
        self.triplet = names
        self._show_in_lists()

    def _on_triplet(self, change: Bunch) -> None:
        self._hint.value = ""
        self._show_in_lists()
        self._measure()

    def _show_in_lists(self) -> None:
        for menu, name in zip(self._lists, (*self.triplet, "", "", ""), strict=False):
            with unheard(menu, self._chosen_from_lists, "value"):
                menu.value = name

    def _mark_picked(self) -> None:
        with unheard(self.picture, self._clicked_picture, "picked"):
            self.picture.picked = tuple(name for name in self.triplet if name in MPII16.joints)

    def _measure(self) -> None:
        self._mark_picked()
        whole = len(self.triplet) == 3
        self.seen = _in_picture(self.pose2d, self.triplet) if whole else np.nan
        pose = self.pose3d if whole else None
        known = (np.nan,) * 3 if pose is None else interval(pose, self.triplet, self.calibration)
        self.degrees, self.low, self.high = known
        arcs = [check.joints for check in self.kept.values()] + ([self.triplet] if whole else [])
        self.arcs = tuple(dict.fromkeys(arcs))[-MOST_ARCS:]
        if self.viewer in self._own:
            self.viewer.arcs = self.arcs
        self._result.value = self._told()

    def _told(self) -> str:
        if len(self.triplet) < 3:
            which = ("the first joint", "the vertex", "the last joint")[len(self.triplet)]
            return f"Choose {which}."
        name = html.escape(" - ".join(spoken(joint) for joint in self.triplet))
        space = f"{self.degrees:.0f}° in space ({self.low:.0f} to {self.high:.0f}°)"
        if np.isnan(self.degrees):
            space = "unknown in space"
        seen = "not seen in the picture" if np.isnan(self.seen) else f"{self.seen:.0f}° in the picture"
        return f"<b>{name}</b>: {space}, {seen}"

    def _keep_pressed(self, button: W.Button) -> None:
        try:
            self.keep(self._name.value or " - ".join(self.triplet), self._from.value, self._to.value)
        except ValueError as error:
            self._hint.value = html.escape(f"{error}.".capitalize())
        else:
            self._name.value, self._hint.value = "", ""

    def _list_kept(self, change: Bunch) -> None:
        rows = []
        for name, check in self.kept.items():
            drop = W.Button(description="Remove", tooltip=f"Remove {name}")
            drop.on_click(lambda _, name=name: self.forget(name))
            joints = " - ".join(spoken(joint) for joint in check.joints)
            target = f"target {check.target}°" if check.has_target else "no target"
            words = W.HTML(f"<b>{html.escape(name)}</b>: {html.escape(joints)}, {target}")
            rows.append(W.HBox([drop, words]).add_class("fitlab-buttons"))
        self._list.children = rows
        self._measure()


def _with_hidden(triplet: tuple[str, ...], picked: tuple[str, ...]) -> tuple[str, ...]:
    """What is chosen after a click in the picture, which cannot show the spine or midpoints: those of them stay."""
    hidden = set(triplet) - set(MPII16.joints)
    if not hidden:
        return picked
    kept = tuple(name for name in triplet if name in hidden or name in picked)
    added = tuple(name for name in picked if name not in triplet)
    return (*kept, *added) if len(kept) + len(added) <= 3 else added


def _in_picture(pose: Pose2D | None, triplet: tuple[str, ...]) -> float:
    """Degrees between three joints as the picture shows them; NaN for a joint that 2D poses do not have."""
    known = (*MPII16.joints, *MIDPOINTS)
    if pose is None or not all(name in known for name in triplet):
        return np.nan
    return joint_angle(pose, *triplet)  # type: ignore[return-value]
