"""The 3D skeleton: turn it, look from three sides at once, compare two, see the angles in it."""

from __future__ import annotations

import html
from collections.abc import Sequence

import ipywidgets as W
import numpy as np
import pythreejs as three
import traitlets as T
from fitlab_widgets import geometry, meshes
from fitlab_widgets.playback import Playback
from fitlab_widgets.style import stylesheet
from fitlab_widgets.touch import TouchGuard
from fitlab_widgets.traits import assign, checked
from traitlets.utils.bunch import Bunch

from fitlab.angles import joint_angle, point
from fitlab.exercises.words import spoken
from fitlab.gravity import gravity, levelling, upright
from fitlab.poses import Pose3D, check_lift16
from fitlab.skeletons import LIFT16

#: The sides to look from, with what is said of each: where the camera stood, the person's right side, and above.
DIRECTIONS = {"front": "as the camera sees it", "side": "from the person's right", "top": "from above"}
_BUTTONS = {"front": "Camera", "side": "Right side", "top": "Above"}
MOST_ARCS = 8
_FIELD_OF_VIEW = 40.0
_BACKGROUND = "#f5f6f8"
_NOWHERE = (99.0, 99.0, 99.0)
# Vertices of no face that keep the bounding sphere, which clicks are first tested against, as large as any pose.
_ANCHORS = np.array([[-2.0, -2.0, -2.0], [2.0, 2.0, 2.0]], np.float32)
_NOBODY = np.full((len(LIFT16), 3), np.nan)


class PoseViewer(W.VBox):
    """A pose in 3D: the right side red, the left blue, the middle green.

    Drag to turn, Ctrl and wheel to zoom; on a touch screen turn with two fingers, pinch to zoom. The wheel alone, or
    one finger, scrolls the page.

    It stands upright: down is where gravity pulls, by what the pose tells of it (:func:`fitlab.gravity.gravity`).

    pose         Pose3D of one frame, of LIFT16, or None
    comparison   a second Pose3D, drawn paler in the same place, or None
    arcs         up to eight triplets of joints or midpoints, each drawn as a sector and told below with its degrees
    views        "one" or "three"
    direction    the side that the (first) view shows, one of :data:`DIRECTIONS`; "" once it was turned by hand
    uncertainty  whether uncertain joints show the ellipsoid that holds them in nine of ten cases
    uncertain_mm half axis from which on an ellipsoid is drawn
    picked       the joint that was clicked last, "" where the click hit nothing; ``clicks`` counts them
    centre       (3,) scene point in the middle of the view; None follows the pose
    down         (3,) direction of gravity in the camera's axes, such as that of a whole clip; None follows the pose
    legend       whether the degrees of the arcs are told below
    """

    pose = T.Instance(Pose3D, allow_none=True)
    comparison = T.Instance(Pose3D, allow_none=True)
    arcs = T.Tuple()
    views = T.Enum(("one", "three"), "three")
    direction = T.Enum((*DIRECTIONS, ""), "front")
    uncertainty = T.Bool(False)
    uncertain_mm = T.Float(60.0)
    picked = T.Unicode("")
    clicks = T.Int(0)
    centre = T.Instance(np.ndarray, allow_none=True)
    down = T.Instance(np.ndarray, allow_none=True)
    legend = T.Bool(True)

    def __init__(self, pose: Pose3D | None = None, size: int = 260, **traits: object) -> None:
        """``size`` is the side of each view in pixels; where the page is narrower the views shrink."""
        traits = checked(self, traits)
        super().__init__()
        self._playing = False
        self.add_class("fitlab")
        self.add_class("fitlab-viewer")
        self._build_scene()
        self._build_views(size)
        self._build_controls()
        self.observe(lambda change: self._draw(), ["pose", "comparison", "centre", "down"])
        self.observe(lambda change: self._draw_arcs(self._placed(self.pose)), "arcs")
        self.observe(lambda change: self._draw_ellipsoids(self._placed(self.pose)), ["uncertainty", "uncertain_mm"])
        self.observe(lambda change: self._arrange(), "views")
        assign(self, traits)
        self.pose = pose
        self._arrange()
        self._draw()
        self.fit()

    @T.validate("pose", "comparison")
    def _one_pose(self, proposal: dict) -> Pose3D | None:
        pose = proposal["value"]
        if pose is not None:
            check_lift16(pose, "the 3D view is built on")
            if pose.points.ndim != 2:
                raise ValueError(f"the viewer shows one pose (16, 3), got {pose.points.shape}; index the clip")
        return pose

    def look_from(self, direction: str) -> None:
        """Turn the (first) view to ``front``, ``side`` or ``top``."""
        self._aim(self._cameras[0], direction)
        self.direction = direction

    def tell(self, pose: Pose3D | None) -> None:
        """Write the degrees of the arcs below, if there is a legend.

        Parameters
        ----------
        pose
            One person, (16, 3) mm.
        """
        arcs = _checked_arcs(self.arcs) if self.legend else []
        self._words.value = "" if pose is None else "; ".join(_told(pose, names) for names in arcs)

    def play(self, playback: Playback, second: float = 0.0) -> None:
        """Show a moving skeleton instead of ``pose``, from ``second`` on."""
        if playback.group not in self.stage.children:
            self.stage.children = [*self.stage.children, playback.group]
        for mesh in self._meshes:
            mesh.mesh.visible = False
        self._playing = True
        playback.play(second)

    def pause(self, playback: Playback) -> None:
        """Show ``pose`` again."""
        playback.pause()
        self._playing = False
        self._skeleton.mesh.visible = True
        self._draw()

    def drop(self, playback: Playback) -> None:
        """Forget a moving skeleton."""
        self.stage.children = [part for part in self.stage.children if part is not playback.group]

    def _build_scene(self) -> None:
        self._skeleton = _Mesh(meshes.skeleton_faces(LIFT16))
        self._second = _Mesh(meshes.skeleton_faces(LIFT16))
        self._clouds = _Mesh(meshes.ellipsoid_faces(len(LIFT16)), colour="#7a5cc4", opacity=0.28)
        self._sectors = _Mesh(meshes.sector_faces(MOST_ARCS), colour="#e08a00", opacity=0.6, flat=True)
        self._floor = three.GridHelper(2.4, 12, colorCenterLine="#9aa3b2", colorGrid="#cdd3dc")
        self._meshes = (self._skeleton, self._second, self._clouds, self._sectors)
        self.stage = three.Group(children=[*(mesh.mesh for mesh in self._meshes), self._floor])
        # A light without a target and a shadow of its own gets them in the browser, which pythreejs cannot read back.
        lights = [
            three.AmbientLight(intensity=0.65),
            three.DirectionalLight(position=[2, 4, 3], intensity=0.6, target=self._floor, shadow=_shadow()),
            three.DirectionalLight(position=[-3, 1, -2], intensity=0.25, target=self._floor, shadow=_shadow()),
        ]
        self._scene = three.Scene(children=[self.stage, *lights], background=_BACKGROUND)

    def _build_views(self, size: int) -> None:
        self._cameras, self._renderers, self._reach = [], [], 0.9
        for number in range(len(DIRECTIONS)):
            camera = three.PerspectiveCamera(aspect=1, fov=_FIELD_OF_VIEW, near=0.05, far=50)
            picker = three.Picker(controlling=self._skeleton.mesh, event="click")
            picker.point = _NOWHERE
            picker.observe(lambda change, picker=picker: self._pick(picker), "point")
            renderer = three.Renderer(
                camera=camera,
                scene=self._scene,
                controls=[three.OrbitControls(controlling=camera), picker],
                width=size if number == 0 else size * 2 // 3,
                height=size if number == 0 else size * 2 // 3,
                antialias=True,
                alpha=False,
            )
            renderer.add_class("fitlab-view")
            self._cameras.append(camera)
            self._renderers.append(renderer)
        self._cameras[0].observe(self._turned, "position")

    def _build_controls(self) -> None:
        self._sides = {}
        for name, words in DIRECTIONS.items():
            button = W.ToggleButton(description=_BUTTONS[name], tooltip=f"One view, {words}")
            button.observe(lambda change, name=name: self._side_pressed(name), "value")
            self._sides[name] = button
        self._three = W.ToggleButton(description="All three", tooltip="Three sides at once")
        self._certainty = W.ToggleButton(description="Certainty", tooltip="Show how certain the place of each joint is")
        self._three.observe(lambda change: self._three_pressed(), "value")
        T.link((self, "uncertainty"), (self._certainty, "value"))
        buttons = [*self._sides.values(), self._three, self._certainty]
        self._controls = W.HBox(buttons).add_class("fitlab-buttons")
        self._frames = [
            W.VBox([renderer, W.HTML()]).add_class("fitlab-frame").add_class(f"fitlab-frame-{number}")
            for number, renderer in enumerate(self._renderers)
        ]
        self._box = W.Box().add_class("fitlab-views")
        self._words = W.HTML().add_class("fitlab-note")
        touch = W.HTML("Turn with two fingers.").add_class("fitlab-note").add_class("fitlab-touch-only")
        self.children = [stylesheet(), self._controls, self._box, touch, self._words, TouchGuard()]
        self.observe(lambda change: self._mark(), ["views", "direction"])

    def _arrange(self) -> None:
        self._box.children = self._frames if self.views == "three" else self._frames[:1]
        self._mark()

    def _mark(self) -> None:
        """Mark the buttons of what is shown, and write below each view what it shows."""
        for name, button in self._sides.items():
            button.value = self.views == "one" and name == self.direction
        self._three.value = self.views == "three"
        for frame, name in zip(self._frames, (self.direction, "side", "top"), strict=True):
            frame.children[1].value = DIRECTIONS.get(name, "turned by hand")

    def _side_pressed(self, direction: str) -> None:
        if self._sides[direction].value and (self.views, self.direction) != ("one", direction):
            self.views = "one"
            self.look_from(direction)
        else:
            self._mark()

    def _three_pressed(self) -> None:
        if self._three.value and self.views == "one":
            self.look_from("front")
            self.views = "three"
        else:
            self._mark()

    def _turned(self, change: Bunch) -> None:
        away = np.linalg.norm(_unit(change.new) - _unit(self._aimed))
        if away > 0.02:
            self.direction = ""

    def fit(self) -> None:
        """Bring every view back to its side, as near as the pose allows."""
        points = np.concatenate([self._placed(self.pose), self._placed(self.comparison)])
        known = points[~np.isnan(points).any(1)]
        radius = np.linalg.norm(known - geometry.centre_of(points), axis=1).max() if len(known) else 0.9
        self._reach = max(float(radius) + meshes.JOINT_RADIUS, 0.4)
        first = self.direction if self.views == "one" and self.direction else "front"
        for camera, direction in zip(self._cameras[1:], ("side", "top"), strict=True):
            self._aim(camera, direction)
        self.look_from(first)

    def _aim(self, camera: three.PerspectiveCamera, direction: str) -> None:
        distance = self._reach / np.sin(np.radians(_FIELD_OF_VIEW / 2))
        stood = geometry.to_scene(levelling(self._down()) @ [0.0, 0.0, -1.0])
        place = _unit(geometry.view_from(direction, self._placed(self.pose), stood)) * distance
        if camera is self._cameras[0]:
            self._aimed = place
        with camera.hold_trait_notifications():
            camera.position = place.tolist()
            camera.quaternion = geometry.looking_at_origin(place).tolist()

    def _pick(self, picker: three.Picker) -> None:
        if tuple(picker.point) == _NOWHERE:
            return
        name = ""
        if picker.object is not None and self.pose is not None:
            points = self._placed(self.pose) + self.stage.position
            away = np.linalg.norm(points - np.array(picker.point), axis=1)
            if np.nanmin(away) < 3 * meshes.JOINT_RADIUS:
                name = LIFT16.joints[int(np.nanargmin(away))]
        # The next click is only heard if it changes this.
        picker.point = _NOWHERE
        self.picked = name
        self.clicks += 1

    def _down(self) -> np.ndarray:
        """(3,) the direction of gravity in the camera's axes; straight down where nothing tells it."""
        if self.down is not None:
            return self.down
        return np.array([0.0, 1.0, 0.0]) if self.pose is None else gravity(self.pose).down

    def _placed(self, pose: Pose3D | None) -> np.ndarray:
        """(16, 3) scene points of a pose that stands upright; NaN for none."""
        return _NOBODY if pose is None else geometry.to_scene(upright(pose, self._down()).points)

    def _draw(self) -> None:
        points = self._placed(self.pose)
        second = self._placed(self.comparison)
        both = np.concatenate([points, second])
        centre = geometry.centre_of(both) if self.centre is None else self.centre
        self.stage.position = (-centre).tolist()
        known = both[~np.isnan(both).any(1)]
        self._floor.position = [
            float(centre[0]),
            float(known[:, 1].min()) - 0.04 if len(known) else 0.0,
            float(centre[2]),
        ]
        score = np.zeros(len(LIFT16)) if self.pose is None else self.pose.score
        self._skeleton.show(*meshes.bake_skeleton(points, LIFT16), meshes.skeleton_colours(LIFT16, score))  # type: ignore[call-arg]
        if self.comparison is not None:
            baked = meshes.bake_skeleton(second, LIFT16)
            self._second.show(*baked, meshes.skeleton_colours(LIFT16, self.comparison.score, pale=True))  # type: ignore[call-arg]
        self._second.mesh.visible = self.comparison is not None and not self._playing
        self._draw_ellipsoids(points)
        self._draw_arcs(points)

    def _draw_ellipsoids(self, points: np.ndarray) -> None:
        pose = self.pose if self.uncertainty else None
        covariance = None if pose is None else meshes.joint_covariance(upright(pose, self._down()))
        self._clouds.mesh.visible = covariance is not None and not self._playing
        if covariance is not None:
            self._clouds.show(*meshes.bake_ellipsoids(points, covariance, self.uncertain_mm / 1000))

    def _draw_arcs(self, points: np.ndarray) -> None:
        triplets = _checked_arcs(self.arcs)
        self._sectors.mesh.visible = bool(triplets) and self.pose is not None and not self._playing
        self.tell(self.pose)
        if not triplets or self.pose is None:
            return
        sectors = [meshes.bake_sector(*(point(points, name) for name in names)) for names in triplets]
        sectors += [np.zeros_like(sectors[0])] * (MOST_ARCS - len(sectors))
        vertices = np.nan_to_num(np.concatenate(sectors))
        self._sectors.show(vertices, np.zeros_like(vertices))


class _Mesh:
    """One pythreejs mesh whose vertices are sent anew; its faces stay. ``flat`` needs no light and has two sides."""

    def __init__(self, faces: np.ndarray, colour: str = "", opacity: float = 1.0, flat: bool = False) -> None:
        count = int(faces.max()) + 1 + len(_ANCHORS)
        empty = np.zeros((count, 3), np.float32)
        empty[-len(_ANCHORS) :] = _ANCHORS
        self._place = three.BufferAttribute(empty, dynamic=True)
        self._normal = three.BufferAttribute(empty, dynamic=True)
        attributes = {"position": self._place, "normal": self._normal}
        self._colour = None
        surface: dict[str, object] = {"transparent": opacity < 1, "opacity": opacity}
        if colour:
            surface["color"] = colour
        else:
            self._colour = attributes["color"] = three.BufferAttribute(empty, dynamic=True)
            surface["vertexColors"] = "VertexColors"
        if flat:
            material = three.MeshBasicMaterial(side="DoubleSide", depthWrite=False, **surface)
        else:
            material = three.MeshStandardMaterial(roughness=0.6, depthWrite=opacity == 1, **surface)
        shape = three.BufferGeometry(attributes=attributes, index=three.BufferAttribute(faces))
        self.mesh = three.Mesh(shape, material, frustumCulled=False)

    def show(self, vertices: np.ndarray, normals: np.ndarray, colours: np.ndarray | None = None) -> None:
        if colours is not None:
            colours = np.concatenate([colours, _ANCHORS])
            if not np.array_equal(colours, self._colour.array):  # type: ignore[union-attr]
                self._colour.array = colours  # type: ignore[union-attr]
        self._normal.array = np.concatenate([normals, _ANCHORS])
        self._place.array = np.concatenate([vertices, _ANCHORS])


def _shadow() -> three.DirectionalLightShadow:
    return three.DirectionalLightShadow(camera=three.OrthographicCamera())


def _unit(vector: Sequence[float]) -> np.ndarray:
    return np.asarray(vector, float) / np.linalg.norm(vector)


def _checked_arcs(arcs: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    if len(arcs) > MOST_ARCS:
        raise ValueError(f"at most {MOST_ARCS} arcs are drawn, got {len(arcs)}")
    return [tuple(names) for names in arcs]


def _told(pose: Pose3D, names: tuple[str, ...]) -> str:
    degrees = joint_angle(pose, *names)
    value = "unknown" if np.isnan(degrees) else f"{degrees:.0f}°"
    return html.escape(f"{' - '.join(spoken(name) for name in names)}: {value}")
