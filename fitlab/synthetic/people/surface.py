"""Smooth coordinates on the body's surface, and the colours of bare skin."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from fitlab.synthetic.people.body import body_model

SKIN_TONES = np.array(
    [[238, 200, 178], [226, 182, 152], [205, 155, 122], [176, 124, 92], [138, 92, 66], [92, 60, 45], [62, 42, 34]]
)
IRISES = np.array([[70, 48, 30], [95, 65, 35], [60, 90, 120], [45, 32, 22]])


@dataclass(frozen=True)
class Fields:
    """Smooth coordinates of the template's vertices (V,).

    height  0 ankle, 1 knee, 2 hip joint, 2.6 waist, 3.2 chest, 4 base of the neck; arms count as 3.5
    arm     -1 off the arm, 0 shoulder, 1 elbow, 2 wrist, 3 finger tips
    neck    metres from the base of the neck; front is the distance in front of the body's middle
    scalp   above 0 where hair grows
    foot    weight of the foot's bones
    """

    height: np.ndarray
    arm: np.ndarray
    neck: np.ndarray
    front: np.ndarray
    scalp: np.ndarray
    foot: np.ndarray


def linear(colour: ArrayLike) -> np.ndarray:
    """Display colour as linear light (gamma 2, as the rasteriser has it).

    Parameters
    ----------
    colour
        (...) 0..255.

    Returns
    -------
    np.ndarray
        (...) 0..1.
    """
    return (np.asarray(colour, float) / 255) ** 2


@functools.cache
def fields() -> Fields:
    """What the body's surface is like at each vertex of the template, for cutting clothes and painting skin.

    Returns
    -------
    Fields
    """
    model = body_model()
    position, weights = model.template, model.weights

    def head(bone: str) -> np.ndarray:
        return model.bone_template[model.bone(bone)]

    def share(*prefixes: str) -> np.ndarray:
        return weights[:, [name.startswith(prefixes) for name in model.bones]].sum(1)

    marks = [
        head("foot.L"),
        head("lowerleg01.L"),
        head("upperleg01.L"),
        head("spine04"),
        head("spine01"),
        head("neck01"),
    ]
    height = np.interp(position[:, 2], [mark[2] for mark in marks], [0, 1, 2, 2.6, 3.2, 4])
    height = np.where(position[:, 2] > marks[-1][2], 4 + (position[:, 2] - marks[-1][2]) * 8, height)
    on_arm = share("shoulder", "upperarm", "lowerarm", "wrist", "metacarpal", "finger")
    height = np.where(on_arm > 0.5, 3.5, height)
    arm = np.full(len(position), -1.0)
    mirrored = position * [1, 1, 1]
    mirrored[:, 0] = np.abs(position[:, 0])
    start = 0.0
    for first, second in (("upperarm01.L", "lowerarm01.L"), ("lowerarm01.L", "wrist.L"), ("wrist.L", "finger3-3.L")):
        bone = head(second) - head(first)
        along = (mirrored - head(first)) @ bone / (bone @ bone)
        arm = np.where((on_arm > 0.3) & (along > 0), start + np.minimum(along, 1), arm)
        start += 1
    eye = head("eye.L")
    scalp = (position[:, 2] - eye[2]) + (position[:, 1] - eye[1]) - 0.065
    scalp = np.where(share("head", "neck03", "neck02") > 0.5, scalp, -0.1)
    ears = np.zeros(len(position))
    ears[: len(model.skin_masks["ears"])] = model.skin_masks["ears"]
    scalp = np.minimum(scalp, np.where(ears > 0.25, -0.02, 1))
    neck = np.linalg.norm(mirrored - head("neck01") - [0, -0.01, 0.0], axis=1)
    return Fields(height, arm, neck, head("neck01")[1] - position[:, 1], scalp, share("foot", "toe"))


def skin_colour(rng: np.random.Generator, tone: np.ndarray, shaved: np.ndarray, beard: float) -> np.ndarray:
    """Colours of the bare body.

    Parameters
    ----------
    rng
        What spots and shades are drawn from.
    tone
        (3,) linear light, of the skin.
    shaved
        (3,) linear light of stubble and brows.
    beard
        How dense the beard is, 0..1.

    Returns
    -------
    np.ndarray
        (V, 3) linear light.
    """
    model, where = body_model(), fields()
    colours = np.ones((len(model.template), 3)) * tone

    def blend(mask: np.ndarray, target: np.ndarray) -> None:
        colours[: len(mask)] += mask[:, None] * (target - colours[: len(mask)])

    masks = model.skin_masks
    blend(0.7 * masks["lips"], tone * [0.86, 0.6, 0.62])
    blend(0.35 * masks["eyelids"], tone * [0.8, 0.75, 0.75])
    blend(0.3 * masks["face"], tone * [1.05, 0.95, 0.94])
    blend(0.6 * masks["fingernails"], np.minimum(tone * 1.25, 1))
    eye = model.bone_template[model.bone("eye.L")]
    below = eye[2] - model.template[:, 2]
    front = eye[1] + 0.075 - model.template[:, 1]
    jaw = np.clip((below - 0.055) / 0.02, 0, 1) * np.clip(front / 0.03, 0, 1) * (where.height > 4.1) * (below < 0.14)
    blend(beard * jaw[: len(masks["lips"])] * (1 - masks["lips"]), shaved)
    brow = (
        np.exp(-(((below + 0.022) / 0.006) ** 2))
        * (np.abs(np.abs(model.template[:, 0]) - 0.033) < 0.022)
        * (front > 0.06)
    )
    blend(0.8 * brow, shaved)
    eyes = model.weights[:, [model.bone("eye.L"), model.bone("eye.R")]].sum(1) > 0.5
    iris = linear(IRISES[rng.integers(4)])
    centre = np.hypot(np.abs(model.template[:, 0]) - eye[0], model.template[:, 2] - eye[2])
    colours[eyes] = np.where((centre[eyes] < 0.007)[:, None], iris, 0.75)
    return colours
