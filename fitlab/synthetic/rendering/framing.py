"""How people frame people: whole, or cut above the ankles or knees, below the hips, at the chest, an arm left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fitlab.synthetic.people.body import body_model
from fitlab.synthetic.people.surface import fields
from fitlab.synthetic.rendering.photography import Camera, Framing
from fitlab.synthetic.rendering.raster import Rendering

#: Where the frame cuts the body, in the heights of :class:`fitlab.synthetic.people.surface.Fields`.
CUTS = {
    "ankles": (0.05, 0.6),
    "knees": (0.85, 1.5),
    "hips": (1.6, 2.3),
    "chest": (2.5, 3.3),
}
#: Framings -> how often.
SHARES = {"ankles": 0.18, "knees": 0.22, "hips": 0.22, "chest": 0.12, "arm": 0.14, "head": 0.07, "side": 0.05}


def draw_framing(rng: np.random.Generator, cloud: np.ndarray, vertices: np.ndarray) -> Framing:
    """Choose what of a person a photographer leaves out.

    Parameters
    ----------
    rng
        What it is drawn from.
    cloud
        (P, 3) points of the person, metres.
    vertices
        (P,) numbers of the body's vertices at those points.

    Returns
    -------
    Framing
    """
    where, across = fields(), body_model().template[vertices, 0]
    height, arm = where.height[vertices], where.arm[vertices]
    kind = str(rng.choice(list(SHARES), p=np.array(list(SHARES.values())) / sum(SHARES.values())))
    side = rng.choice([-1, 1])
    body = arm < 0
    if kind in CUTS:
        cut = rng.uniform(*CUTS[kind])
        # Hands may hang below the frame of a portrait.
        reach = {"hips": rng.uniform(0, 3), "chest": rng.uniform(0, 1.2)}.get(kind, 3.5)
        kept = ((height > cut) & body) | ((arm >= 0) & (arm < reach))
    elif kind == "arm":
        kept = (arm < rng.uniform(0.2, 1.7)) | (across * side < 0)
        if rng.random() < 0.4:
            kept &= height > rng.uniform(0.1, 2.2)
    elif kind == "head":
        kept = height < rng.uniform(3.0, 4.6)
    else:
        kept = across * side > rng.uniform(-0.12, 0.02)
    if kept.sum() < 30 or kept.all():
        kept = height > 1.0
    towards = cloud[~kept].mean(0) - cloud[kept].mean(0)
    return Framing(cloud[kept], rng.uniform(0.8, 1.08), towards)


def upend(rng: np.random.Generator, camera: Camera, rendering: Rendering) -> tuple[Camera, Rendering]:
    """Cut a square picture to one that is taller than wide, or now and then wider, about the person.

    Nobody: about the middle.
    """
    size, samples = rendering.colour.shape[0], rendering.samples
    short = round(size * rng.uniform(0.55, 0.85))
    axis = 1 if rng.random() < 0.7 else 0
    covered = np.flatnonzero((rendering.owner == 1).any(1 - axis)) / samples
    middle = covered.mean() if len(covered) else size / 2
    start = int(np.clip(round(middle - short / 2 + rng.normal(0, 0.06) * size), 0, size - short))
    window = [slice(None), slice(None)]
    window[axis] = slice(start, start + short)
    fine = [slice(None), slice(None)]
    fine[axis] = slice(start * samples, (start + short) * samples)
    matrix = camera.intrinsics.copy()
    matrix[1 - axis, 2] -= start
    cut = replace(
        rendering,
        colour=np.ascontiguousarray(rendering.colour[tuple(window)]),
        depth=rendering.depth[tuple(fine)],
        owner=rendering.owner[tuple(fine)],
    )
    return replace(camera, intrinsics=matrix), cut
