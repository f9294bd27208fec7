"""Posing people: placing trunk, limbs, hands and feet, and saying what must touch the floor."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from fitlab.rotations import X, Z, apply, between, frame, reach, rotation_vector, turn, unit
from fitlab.synthetic.people import body
from fitlab.synthetic.people.body import SIDES, body_model
from fitlab.synthetic.people.rig import SIGN, BonePose, Rig


@functools.cache
def _bone_numbers(names: tuple[str, ...]) -> list[int]:
    return [body_model().bone(name) for name in names]


@functools.cache
def _bones_of(side: str, prefix: str) -> tuple[str, ...]:
    ending = f".{SIDES[side]}"
    return tuple(name for name in body_model().bones if name.startswith(prefix) and name.endswith(ending))


@dataclass(frozen=True)
class Contact:
    """For which people (N,) a part's contact holds, and for which of them it may also be above the floor."""

    where: np.ndarray
    only_up: np.ndarray


class Posing:
    """People being posed: first the trunk, then limbs; `touch` names the parts that must end up on the floor."""

    def __init__(
        self,
        rig: Rig,
        hips: np.ndarray,
        pelvis: np.ndarray,
        chest: np.ndarray,
        head: np.ndarray,
        shrug: np.ndarray | float | dict[str, np.ndarray] = 0.0,
        protract: np.ndarray | float = 0.0,
    ) -> None:
        """Place the middle of the hips (N, 3) and turn pelvis, chest and head (N, 3, 3).

        ``shrug`` and ``protract`` lift and bring forward the shoulders (degrees; (N,) or {side: (N,)}).
        """
        self.rig = rig
        self.contacts: dict[str, Contact] = {}
        model = body_model()
        self._turns = np.broadcast_to(chest[:, None], (len(rig), len(model.bones), 3, 3)).copy()
        self._set(("root", "pelvis.L", "pelvis.R"), pelvis)
        for name, turned in zip(
            ("spine05", "spine04", "spine03", "spine02"), between(pelvis, chest, (0.12, 0.4, 0.7, 0.92)), strict=True
        ):
            self._set((name,), turned)
        for name, turned in zip(("neck01", "neck02", "neck03"), between(chest, head, (0.3, 0.55, 0.8)), strict=True):
            self._set((name,), turned)
        self._set(("head", "eye.L", "eye.R"), head)
        self.root = hips - apply(pelvis, rig.hips - rig.head("root"))
        for side in SIDES:
            up, forward = (value[side] if isinstance(value, dict) else value for value in (shrug, protract))
            up, forward = np.broadcast_to(up, len(rig)), np.broadcast_to(forward, len(rig))
            turned = chest @ turn([0, 1, 0], -SIGN[side] * up) @ turn([0, 0, 1], -SIGN[side] * forward)
            self._set((f"clavicle.{SIDES[side]}",), turned)
        self._posed = body.bone_positions(rig.heads, self._turns, self.root, _trunk_bones())
        self.chest, self.pelvis = chest, pelvis

    def _set(self, bones: tuple[str, ...], turned: np.ndarray) -> None:
        self._turns[:, _bone_numbers(bones)] = turned[:, None]

    def _turn_of(self, bone: str) -> np.ndarray:
        return self._turns[:, body_model().bone(bone)]

    def on_chest(self, offset: np.ndarray) -> np.ndarray:
        """A point that moves with the chest.

        Parameters
        ----------
        offset
            (N, 3) metres from the base of the neck: left, back, up, in the chest's axes.

        Returns
        -------
        np.ndarray
            (N, 3) metres, in world axes.
        """
        return self._posed[:, body_model().bone("neck01")] + apply(self.chest, offset)

    def hip(self, side: str) -> np.ndarray:
        """Where a hip joint is.

        Parameters
        ----------
        side
            ``left`` or ``right``.

        Returns
        -------
        np.ndarray
            (N, 3) metres.
        """
        return self.root + apply(self.pelvis, self.rig.joint(side, "upperleg01") - self.rig.head("root"))

    def shoulder(self, side: str) -> np.ndarray:
        """Where a shoulder joint is. See :meth:`hip` for the parameters and answer."""
        clavicle = body_model().bone(f"clavicle.{SIDES[side]}")
        offset = self.rig.joint(side, "upperarm01") - self.rig.heads[:, clavicle]
        return self._posed[:, clavicle] + apply(self._turns[:, clavicle], offset)

    def touch(self, part: str, where: np.ndarray | bool = True, only_up: np.ndarray | bool = False) -> None:
        """Declare that a part of the body rests on the floor.

        Parameters
        ----------
        part
            Its name.
        where
            (N,) bool, for which people.
        only_up
            It may also be above the floor: it is pushed up where it would sink in, and never pulled down.
        """
        self.contacts[part] = Contact(*(np.broadcast_to(choice, len(self.rig)) for choice in (where, only_up)))

    def leg_to(self, side: str, ankle: np.ndarray, pole: np.ndarray) -> None:
        """Bring an ankle to a point.

        Parameters
        ----------
        side
            ``left`` or ``right``.
        ankle
            (N, 3) metres.
        pole
            (N, 3), the direction in which the knee bends.
        """
        lengths = self.rig.lengths
        self.leg_along(
            side, *reach(self.hip(side), ankle, lengths[f"{side}_thigh"], lengths[f"{side}_shank"], pole), pole
        )

    def leg_along(self, side: str, thigh: np.ndarray, shank: np.ndarray, pole: np.ndarray) -> None:
        """Point thigh and shank along directions.

        Parameters
        ----------
        side
            ``left`` or ``right``.
        thigh, shank
            (N, 3) directions.
        pole
            (N, 3), where a straight knee faces. A bent one tells by itself: knees only bend one way.
        """
        hinge = np.cross(thigh, shank)
        bent = np.linalg.norm(hinge, axis=-1, keepdims=True)
        hinge = np.broadcast_to(unit(np.where(bent > 0.05, hinge, np.cross(pole, thigh))), thigh.shape)
        frames, letter = self.rig.frames, SIDES[side]
        upper = frame(thigh, hinge) @ np.swapaxes(frames[f"{side}_thigh"], -1, -2)
        lower = frame(shank, hinge) @ np.swapaxes(frames[f"{side}_shank"], -1, -2)
        self._set((f"upperleg01.{letter}", f"upperleg02.{letter}"), upper)
        self._set((f"lowerleg01.{letter}", f"lowerleg02.{letter}"), lower)
        self.foot_with_shank(side, 0.0)

    def _turn_foot(self, side: str, foot: np.ndarray, toes: np.ndarray) -> None:
        self._set((f"foot.{SIDES[side]}",), foot)
        self._set(_bones_of(side, "toe"), toes)

    def foot_on_floor(
        self,
        side: str,
        toe_out: np.ndarray,
        heel_up: np.ndarray | float = 0.0,
        flat_toes: np.ndarray | bool = True,
        where: np.ndarray | None = None,
    ) -> None:
        """Put a foot on the floor.

        Parameters
        ----------
        side
            ``left`` or ``right``.
        toe_out
            (N,) degrees that it is turned outwards from straight ahead.
        heel_up
            (N,) degrees that the heel is lifted; the toes stay on the floor.
        flat_toes
            (N,) bool, whether the toes lie flat.
        where
            (N,) bool, for which people; the feet of the others stay as they are. None for all.
        """
        count = len(self.rig)
        yaw = SIGN[side] * (np.broadcast_to(toe_out, count) - self.rig.lengths[f"{side}_toe_out"])
        across = apply(turn([0, 0, 1], SIGN[side] * np.broadcast_to(toe_out, count)), X)
        heel_up = np.broadcast_to(heel_up, count)
        straight = turn([0, 0, 1], yaw)
        toe_pitch = np.where(flat_toes, heel_up - np.minimum(heel_up, 58), heel_up)
        foot, toes = turn(across, heel_up) @ straight, turn(across, toe_pitch) @ straight
        if where is not None:
            foot = np.where(where[:, None, None], foot, self._turn_of(f"foot.{SIDES[side]}"))
            toes = np.where(where[:, None, None], toes, self._turn_of(f"toe1-1.{SIDES[side]}"))
        self._turn_foot(side, foot, toes)

    def foot_with_shank(self, side: str, point: np.ndarray | float) -> None:
        """Let a foot follow the shank.

        Parameters
        ----------
        side
            ``left`` or ``right``.
        point
            (N,) degrees by which the ankle is stretched (plantar flexion).
        """
        shank = self._turn_of(f"lowerleg01.{SIDES[side]}")
        # At rest the shank of the body leans slightly; the foot keeps its rest angle to it.
        turned = shank @ turn(X, np.broadcast_to(point, len(self.rig)))
        self._turn_foot(side, turned, turned)

    def arm_to(self, side: str, wrist: np.ndarray, pole: np.ndarray, elbow_height: float | None = None) -> None:
        """Bring a wrist to a point.

        Parameters
        ----------
        side
            ``left`` or ``right``.
        wrist
            (N, 3) metres.
        pole
            (N, 3), the direction in which the elbow bends.
        elbow_height
            Metres above the floor, below which the elbow does not go; None for no limit.
        """
        first, second = self.rig.lengths[f"{side}_upperarm"], self.rig.lengths[f"{side}_forearm"]
        shoulder, pole = self.shoulder(side), np.broadcast_to(np.asarray(pole, float), wrist.shape)
        upper, lower = reach(shoulder, wrist, first, second, pole)
        for up in (0.4, 1.0, 2.0, 5.0, 50.0) if elbow_height is not None else ():
            low = shoulder[:, 2] + first * upper[:, 2] < elbow_height
            if not low.any():
                break
            pole = np.where(low[:, None], unit(pole) + up * Z, pole)
            upper, lower = reach(shoulder, wrist, first, second, pole)
        self.arm_along(side, upper, lower, pole)

    def leg_directions(self, side: str) -> tuple[np.ndarray, np.ndarray]:
        """Where thigh and shank point now.

        Parameters
        ----------
        side
            ``left`` or ``right``.

        Returns
        -------
        tuple of (np.ndarray, np.ndarray)
            (N, 3) each, of length 1.
        """
        return self._direction("upperleg01", side, "thigh"), self._direction("lowerleg01", side, "shank")

    def arm_directions(self, side: str) -> tuple[np.ndarray, np.ndarray]:
        """Where upper arm and forearm point now. See :meth:`leg_directions` for the parameters and answer."""
        return self._direction("upperarm01", side, "upperarm"), self._direction("lowerarm01", side, "forearm")

    def _direction(self, bone: str, side: str, segment: str) -> np.ndarray:
        return (self._turn_of(f"{bone}.{SIDES[side]}") @ self.rig.frames[f"{side}_{segment}"])[..., 0]

    def arm_along(self, side: str, upper: np.ndarray, lower: np.ndarray, pole: np.ndarray) -> None:
        """Point upper arm and forearm along directions.

        Parameters
        ----------
        side
            ``left`` or ``right``.
        upper, lower
            (N, 3) directions.
        pole
            (N, 3), where a straight elbow faces.
        """
        normal = np.cross(upper, lower)
        bent = np.linalg.norm(normal, axis=-1, keepdims=True)
        normal = np.where(bent > 0.05, normal, unit(np.cross(np.broadcast_to(pole, upper.shape), upper)))
        frames, letter = self.rig.frames, SIDES[side]
        arm = frame(upper, normal) @ np.swapaxes(frames[f"{side}_upperarm"], -1, -2)
        forearm = frame(lower, normal) @ np.swapaxes(frames[f"{side}_forearm"], -1, -2)
        (shoulder,) = between(self._turn_of(f"clavicle.{letter}"), arm, (0.45,))
        self._set((f"shoulder01.{letter}",), shoulder)
        self._set((f"upperarm01.{letter}", f"upperarm02.{letter}"), arm)
        self._set((f"lowerarm01.{letter}", f"lowerarm02.{letter}"), forearm)
        self._hand(side, forearm, 12.0)

    def hand(self, side: str, direction: np.ndarray | None, palm: np.ndarray, curl: np.ndarray | float = 12.0) -> None:
        """Point a hand. The forearm shares its twist, as radius and ulna do; it is limited to what a forearm can.

        Parameters
        ----------
        side
            ``left`` or ``right``.
        direction
            (N, 3); the forearm's where it is None or NaN.
        palm
            (N, 3), where the palm faces.
        curl
            (N,) degrees that each finger is bent.
        """
        letter, count = SIDES[side], len(self.rig)
        forearm = self._turn_of(f"lowerarm01.{letter}")
        rest = self.rig.frames[f"{side}_forearm"]
        axis = (forearm @ rest)[..., 0]
        direction = np.broadcast_to(axis if direction is None else direction, (count, 3))
        direction = np.where(np.isnan(direction), axis, direction)
        rest_hand = self.rig.frames[f"{side}_hand"]
        wanted = frame(direction, np.broadcast_to(palm, (count, 3))) @ np.swapaxes(rest_hand, -1, -2)
        relative = rotation_vector(wanted @ np.swapaxes(forearm, -1, -2))
        twist = np.clip(np.rad2deg((relative * axis).sum(-1)), -140, 140)
        self._set((f"lowerarm01.{letter}",), turn(axis, 0.2 * twist) @ forearm)
        self._set((f"lowerarm02.{letter}",), turn(axis, 0.6 * twist) @ forearm)
        self._hand(side, wanted, curl)

    def _hand(self, side: str, turned: np.ndarray, curl: np.ndarray | float) -> None:
        letter = SIDES[side]
        curl = np.broadcast_to(curl, len(self.rig)).astype(float)
        axis = (turned @ self.rig.frames[f"{side}_hand"])[..., 2]
        bent = [turn(axis, curl * amount) @ turned for amount in (1, 2, 3)]
        thumb = [turn(axis, curl * amount) @ turned for amount in (0.25, 0.5, 0.75)]
        self._set((f"wrist.{letter}",), turned)
        self._set(_bones_of(side, "metacarpal"), turned)
        for name in _bones_of(side, "finger"):
            finger, joint = int(name[6]), int(name[8]) - 1
            self._set((name,), (thumb if finger == 1 else bent)[joint])

    def pose(self) -> BonePose:
        """The pose that all calls so far make.

        Returns
        -------
        BonePose
        """
        return BonePose(self._turns, self.root, body.bone_positions(self.rig.heads, self._turns, self.root))


@functools.cache
def _trunk_bones() -> frozenset[int]:
    model = body_model()
    names = ("spine05", "spine04", "spine03", "spine02", "spine01", "neck01", "clavicle.L", "clavicle.R")
    return frozenset(model.bone(name) for name in names)
