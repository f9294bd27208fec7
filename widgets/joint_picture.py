"""A photo with its joints, to look at, to pick joints from, or to correct them."""

from __future__ import annotations

import io
import threading
from dataclasses import replace

import anywidget
import cv2
import numpy as np
import traitlets as T
from fitlab_widgets.style import css, script
from fitlab_widgets.traits import checked
from PIL import Image
from traitlets.utils.bunch import Bunch

from fitlab.angles import MIDPOINTS
from fitlab.colours import bone_colour
from fitlab.exercises.words import spoken
from fitlab.poses import VISIBLE, Pose2D
from fitlab.skeletons import MPII16, Skeleton

#: Longest side in pixels of the picture that is sent to the browser.
PREVIEW_SIDE = 1280
#: A joint put in place by hand is known to about this share of the photo's longer side (one standard deviation).
_HAND = 0.004
_MOST_UNDO = 100
_MODES = ("show", "pick", "edit", "box")


class JointPicture(anywidget.AnyWidget):
    """A photo with the joints and bones of a pose drawn on it; uncertain joints are hollow, unseen ones left out.

    photo   (H, W, 3) uint8, or None
    pose2d  Pose2D of one person in the photo's pixels, or None
    mode    ``show``; or ``pick``: clicked joints are added to ``picked``; or ``edit``: see :class:`KeypointEditor`; or
            ``box``: a rectangle is drawn, or a place tapped, for ``box``
    box     (left, top, right, bottom) in pixels of the photo that was drawn last; without a size where it was tapped
    picked  names of the joints that were picked, the first one first; at most three
    hint    a sentence about the last click, such as one that hit nothing
    help    how joints are moved, shown under the photo in ``edit``
    angles  what is written at joints: (three joints or midpoints, words such as "92°", style of the verdict) each

    Two fingers magnify the photo. Where joints lie together a tap means the nearest, the next tap there the next one.
    """

    _esm = script("svg.js", "photo_view.js", "photo_angles.js", "joint_picture.js")
    _css = css()

    photo = T.Instance(np.ndarray, allow_none=True)
    pose2d = T.Instance(Pose2D, allow_none=True)
    mode = T.Enum(_MODES, "show").tag(sync=True)
    picked = T.Tuple().tag(sync=True)
    box = T.Tuple().tag(sync=True)
    hint = T.Unicode("").tag(sync=True)
    help = T.Unicode("").tag(sync=True)
    label = T.Unicode("Photo with the joints that were found").tag(sync=True)
    angles = T.Tuple()
    _image = T.CBytes(b"").tag(sync=True)
    _size = T.Tuple((4, 3)).tag(sync=True)
    _joints: T.List = T.List().tag(sync=True)
    _bones: T.List = T.List().tag(sync=True)
    _points: T.List = T.List().tag(sync=True)
    _angles: T.List = T.List().tag(sync=True)
    _can_undo = T.Bool(False).tag(sync=True)
    _can_reset = T.Bool(False).tag(sync=True)

    def __init__(self, **traits: object) -> None:
        super().__init__(**checked(self, traits))

    @T.observe("photo")
    def _send_photo(self, change: Bunch) -> None:
        if self.photo is None:
            self._image = b""
            return
        height, width = self.photo.shape[:2]
        with self.hold_sync():
            self._size = (width, height)
            self._image = preview(self.photo)

    def show_jpeg(self, content: bytes, size: tuple[int, int]) -> None:
        """Show a picture that is a JPEG already, of a photo of ``size`` (width, height); ``photo`` does not follow."""
        with self.hold_sync():
            self._size = size
            self._image = content

    @T.observe("pose2d")
    def _send_pose(self, change: Bunch) -> None:
        pose = self.pose2d
        if pose is None:
            self._points = []
            return
        with self.hold_sync():
            self._joints = [
                {"name": name, "label": spoken(name), "colour": bone_colour((name, name))}
                for name in pose.skeleton.joints
            ]
            self._bones = [[*pose.skeleton.indices(bone), bone_colour(bone)] for bone in pose.skeleton.bones]
            self._points = [_point(*row) for row in zip(pose.points, pose.score, strict=True)]
            self._send_angles()

    @T.observe("angles")
    def _send_angles(self, change: Bunch | None = None) -> None:
        skeleton = MPII16 if self.pose2d is None else self.pose2d.skeleton
        self._angles = [
            {"joints": [_numbers(name, skeleton) for name in triplet], "text": text, "style": style}
            for triplet, text, style in self.angles
            if all(name in MIDPOINTS or name in skeleton.joints for name in triplet)
        ]


class KeypointEditor(JointPicture):
    """A photo whose joints can be dragged with mouse or finger, or moved with the arrow keys.

    ``pose2d`` follows every movement; a joint that was moved counts as surely known. Joints that were not found lie
    pale where the pose says, or at the edge of the photo, and can be dragged into place. ``undo`` takes back the last
    movement, as far as it is remembered, ``reset`` all of them, back to the pose that was loaded. Each of these happens
    as a whole, under ``lock``, whatever thread it comes from.
    """

    mode = T.Enum(_MODES, "edit").tag(sync=True)
    label = T.Unicode("Photo with joints that can be dragged").tag(sync=True)
    help = T.Unicode(
        "Drag a joint. Where several lie together, tap and choose. By keyboard: Tab, then the arrow keys."
    ).tag(sync=True)

    def __init__(self, photo: np.ndarray | None = None, pose2d: Pose2D | None = None, **traits: object) -> None:
        super().__init__(**traits)
        self.lock = threading.RLock()
        self._loaded: Pose2D | None = None
        self._history: list[Pose2D] = []
        self._moving = ""
        self.on_msg(self._heard)
        self.load(photo, pose2d)

    def load(self, photo: np.ndarray | None, pose2d: Pose2D | None) -> None:
        """Show another photo and its joints; what was done before cannot be undone any more.

        Parameters
        ----------
        photo
            (H, W, 3) uint8.
        pose2d
            (J, 2) px of it.
        """
        with self.lock, self.hold_sync(), self.hold_trait_notifications():
            self._loaded, self._history, self._moving = pose2d, [], ""
            self._can_undo = self._can_reset = False
            self.photo = photo
            self.pose2d = pose2d

    def move(self, joint: str, x: float, y: float, more: bool = False) -> None:
        """Put a joint elsewhere.

        Parameters
        ----------
        joint
            Its name.
        x, y
            px of the photo.
        more
            Whether the same movement goes on; it is undone as one.

        Raises
        ------
        ValueError
            If there is no pose, or no such joint.
        """
        with self.lock:
            if self.pose2d is None:
                raise ValueError("there is no pose to correct; load a photo and its pose first")
            moved = moved_joint(self.pose2d, joint, x, y)
            if self._moving != joint:
                self._history = [*self._history, self.pose2d][-_MOST_UNDO:]
            self._moving = joint if more else ""
            self._can_undo = self._can_reset = True
            self.pose2d = moved

    def undo(self) -> None:
        """Take back the last movement."""
        with self.lock:
            if self._history:
                *self._history, self.pose2d = self._history
            self._moving, self._can_undo = "", bool(self._history)
            self._can_reset = self.pose2d is not self._loaded  # more was moved than is remembered

    def reset(self) -> None:
        """Take back every movement."""
        with self.lock:
            self._history, self._moving, self._can_undo, self._can_reset = [], "", False, False
            self.pose2d = self._loaded

    def _heard(self, widget: object, message: dict, buffers: list) -> None:
        action = message.get("action")
        with self.lock:
            if action == "move" and self.pose2d is not None and self.mode == "edit":
                self.move(message["joint"], message["x"], message["y"], message["more"])
                self.send({"moved": message["number"]})
            elif action == "undo":
                self.undo()
            elif action == "reset":
                self.reset()


def moved_joint(pose: Pose2D, joint: str, x: float, y: float) -> Pose2D:
    """A pose with one joint elsewhere, surely seen and known to a few pixels; how deep it is is not known.

    Parameters
    ----------
    pose
        (J, 2) px.
    joint
        Its name.
    x, y
        px; beyond the photo's edge it is put on the edge.

    Returns
    -------
    Pose2D

    Raises
    ------
    ValueError
        For a joint that there is not.
    """
    at = pose.skeleton.index(joint)
    width, height = pose.image_size
    points, score = pose.points.copy(), pose.score.copy()
    points[at] = np.clip([x, y], 0, [width - 1, height - 1])
    score[at] = 1.0
    covariance = None
    if pose.covariance is not None:
        covariance = pose.covariance.copy()
        covariance[at] = np.eye(2) * (_HAND * max(width, height)) ** 2
    depth = None if pose.depth is None else pose.depth.copy()
    if depth is not None:  # it was read elsewhere
        depth[at] = np.nan
    visibility = None if pose.visibility is None else pose.visibility.copy()
    if visibility is not None:
        visibility[at] = np.eye(3)[VISIBLE]
    return replace(pose, points=points, score=score, covariance=covariance, depth=depth, visibility=visibility)


def _numbers(name: str, skeleton: Skeleton) -> list[int]:
    """The joints that a name means: one, or two whose middle it is."""
    return [skeleton.index(joint) for joint in MIDPOINTS.get(name, (name,))]


def _point(place: np.ndarray, score: float) -> list[float] | None:
    """[x, y, score] as it is sent; None for an unknown joint."""
    return None if np.isnan(place).any() else [*np.round(place, 2).tolist(), round(float(score), 3)]


def preview(photo: np.ndarray, side: int = PREVIEW_SIDE) -> bytes:
    """A photo as a JPEG for the browser.

    Parameters
    ----------
    photo
        (H, W, 3) uint8.
    side
        px that its longer side has at most.

    Returns
    -------
    bytes
    """
    height, width = photo.shape[:2]
    scale = side / max(height, width)
    if scale < 1:
        size = max(round(width * scale), 1), max(round(height * scale), 1)
        photo = cv2.resize(photo, size, interpolation=cv2.INTER_AREA)
    stream = io.BytesIO()
    Image.fromarray(photo).save(stream, "JPEG", quality=85)
    return stream.getvalue()
