"""What a person looks like: skin, clothes, shoes, hair, cap; all cut out of the body's own mesh.

A garment is the body's surface where a smooth field is positive (a sleeve ends where the field crosses zero), pushed
outwards, so that it follows every shape and pose. Fields are computed once on the body's template.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, diags_array

from fitlab.synthetic import textures
from fitlab.synthetic.body import HELPERS, body_model, template_normals
from fitlab.synthetic.raster import Material, Soup

SKIN_TONES = np.array([[238, 200, 178], [226, 182, 152], [205, 155, 122], [176, 124, 92], [138, 92, 66], [92, 60, 45], [62, 42, 34]])
HAIR_COLOURS = np.array([[35, 28, 24], [60, 42, 30], [100, 72, 48], [170, 135, 85], [215, 180, 120], [130, 65, 35], [165, 160, 155], [225, 222, 218]])  # fmt: skip


@dataclass(frozen=True)
class Part:
    """A piece of a dressed person: rest offsets (V, 3) on the body's vertices and how it is drawn."""

    faces: np.ndarray
    offset: np.ndarray
    material: Material
    corner_uv: np.ndarray | None = None
    colour: np.ndarray | None = None
    keep: np.ndarray | None = None


@dataclass(frozen=True)
class Outfit:
    """The parts of a dressed person; ``sole`` is the thickness of the shoes, metres; ``names`` says what is worn."""

    parts: tuple[Part, ...]
    sole: float
    names: dict[str, str]


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


def linear(colour: np.ndarray) -> np.ndarray:
    """Display colour 0..255 to linear light 0..1 (gamma 2, as the rasteriser has it)."""
    return (np.asarray(colour, float) / 255) ** 2


@functools.cache
def fields() -> Fields:
    model = body_model()
    position, weights = model.template, model.weights

    def head(bone: str) -> np.ndarray:
        return model.bone_template[model.bone(bone)]

    def share(*prefixes: str) -> np.ndarray:
        return weights[:, [name.startswith(prefixes) for name in model.bones]].sum(1)

    marks = [head("foot.L"), head("lowerleg01.L"), head("upperleg01.L"), head("spine04"), head("spine01"), head("neck01")]
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


@functools.cache
def _smoothing() -> coo_array:
    """Matrix (V, V) that replaces each vertex by the mean of its neighbours."""
    faces, count = body_model().faces, len(body_model().template)
    start, end = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).T
    links = coo_array((np.ones(len(start), np.float32), (start, end)), (count, count)).tocsr()
    links = ((links + links.T) > 0).astype(np.float32)
    degree = np.asarray(links.sum(1)).ravel()
    lonely = (degree == 0).astype(np.float32)
    return (diags_array(1 / np.maximum(degree, 1)) @ links + diags_array(lonely)).tocsr()


def _wrinkles(rng: np.random.Generator, amplitude: float) -> np.ndarray:
    """(V,) folds: a few waves of 4 to 20 cm across the body."""
    waves = rng.standard_normal((8, 3))
    waves *= (2 * np.pi / rng.uniform(0.04, 0.2, 8) / np.linalg.norm(waves, axis=1))[:, None]
    return amplitude * np.sin(body_model().template @ waves.T + rng.uniform(0, 2 * np.pi, 8)).sum(1) / 3


def _cloth(rng: np.random.Generator, patterned: float = 0.4) -> Material:
    """A random fabric: two tones of a pattern, dark and light kits as common as coloured ones."""
    pages = textures.bank()[1]
    first = textures.colour(rng, 8, 245)
    if rng.random() < 0.35:
        first = np.full(3, rng.choice([14.0, 22, 40, 235, 245])) + rng.normal(0, 3, 3)
    if rng.random() < patterned:
        kind = rng.choice(["stripes", "checks", "dots", "camouflage", "print", "heather"], p=[0.25, 0.15, 0.1, 0.15, 0.2, 0.15])
        second = np.clip(first * rng.uniform(0.4, 1.6) if rng.random() < 0.5 else textures.colour(rng), 5, 250)
    else:
        kind, second = "heather", first * 0.45
    page = int(rng.choice(pages[kind]))
    return Material(page, tuple(linear(second)), tuple(linear(first)), rng.uniform(0.08, 0.5), rng.choice([0.0, 0.03, 0.12]))


def _skin_colour(rng: np.random.Generator, tone: np.ndarray, shaved: np.ndarray, beard: float) -> np.ndarray:
    """(V, 3) linear colours of the bare body."""
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
    brow = np.exp(-((below + 0.022) / 0.006) ** 2) * (np.abs(np.abs(model.template[:, 0]) - 0.033) < 0.022) * (front > 0.06)
    blend(0.8 * brow, shaved)
    eyes = model.weights[:, [model.bone("eye.L"), model.bone("eye.R")]].sum(1) > 0.5
    iris = linear(np.array([[70, 48, 30], [95, 65, 35], [60, 90, 120], [45, 32, 22]])[rng.integers(4)])
    centre = np.hypot(np.abs(model.template[:, 0]) - eye[0], model.template[:, 2] - eye[2])
    colours[eyes] = np.where((centre[eyes] < 0.007)[:, None], iris, 0.75)
    return colours


def dress(rng: np.random.Generator, rest: np.ndarray, woman: bool) -> Outfit:
    """Dress a body with rest vertices (V, 3): a new outfit for each state of ``rng``."""
    model, where = body_model(), fields()
    normals = template_normals()
    uv = model.corner_uv
    place = rng.uniform(0, len(SKIN_TONES) - 1)
    tone = linear(np.array([np.interp(place, range(len(SKIN_TONES)), column) for column in SKIN_TONES.T])) * rng.uniform(0.9, 1.1)
    dark_hair = place > 3.5 or rng.random() < 0.5
    hair = linear(HAIR_COLOURS[rng.integers(2) if dark_hair else rng.integers(len(HAIR_COLOURS))])
    parts, covers, names = [], [np.full(len(rest), -1.0)], {}

    def garment(name: str, keep: np.ndarray, gap: np.ndarray | float, smooth: int, wrinkle: float, material: Material) -> None:
        shape = rest
        for _ in range(smooth):
            shape = 0.4 * shape + 0.6 * (_smoothing() @ shape)
        push = gap + (_wrinkles(rng, wrinkle) if wrinkle else 0)
        inside = keep[model.faces].max(1) > 0
        offset = shape - rest + normals * np.maximum(push, 0.002)[:, None] if np.ndim(push) else shape - rest + normals * push
        outward = (offset * normals).sum(1)
        offset = offset + normals * np.maximum(0.003 - outward, 0)[:, None]
        parts.append(Part(model.faces[inside], offset, material, uv[inside], None, keep))
        covers.append(keep)
        names[name] = name

    bottom = str(rng.choice(["briefs", "shorts", "shorts", "loose_shorts", "loose_shorts", "leggings", "leggings", "track_pants"]))
    top_options = ["bra", "bra", "tank", "tank", "tee", "tee", "long", "hoodie"] if woman else ["bare", "tank", "tank", "tee", "tee", "tee", "long", "hoodie"]
    top = str(rng.choice(top_options))
    waist = rng.uniform(2.25, 2.75)
    hem = {"briefs": 1.9, "shorts": rng.uniform(1.25, 1.75), "loose_shorts": rng.uniform(0.95, 1.7)}.get(bottom, rng.uniform(0.02, 0.25))
    loose = bottom in ("loose_shorts", "track_pants")
    flare = np.clip((2 - where.height) / max(2 - hem, 0.3), 0, 1.2)
    gap = 0.008 + rng.uniform(0.008, 0.03) * flare if loose else np.full(len(rest), rng.uniform(0.002, 0.006))
    not_hand = np.where(where.arm > -0.5, -1.0, 1.0)
    legs = np.minimum.reduce([waist - where.height, where.height - hem, not_hand])
    if bottom == "briefs":
        gusset = np.minimum(0.055 - np.abs(model.template[:, 0]), where.height - 1.6)
        legs = np.maximum(legs, np.minimum(gusset, 2 - where.height))
    garment(bottom, legs, gap, 2 if loose else 0, 0.005 if loose else 0.0, _cloth(rng))
    if top != "bare":
        sleeve = {"tee": rng.uniform(0.3, 0.85), "long": rng.uniform(1.6, 1.95), "hoodie": rng.uniform(1.7, 1.95)}.get(top, rng.uniform(-0.1, 0.05))
        down = rng.uniform(2.85, 3.05) if top == "bra" else rng.uniform(1.75, 2.4) if top != "tank" or rng.random() < 0.7 else rng.uniform(2.5, 2.8)
        collar = rng.uniform(0.055, 0.075) + (rng.uniform(0.02, 0.05) if top in ("bra", "tank") else 0)
        neckline = where.neck - collar - rng.uniform(0, 0.5) * np.maximum(where.front, 0) * (where.height > 3)
        keep = np.minimum.reduce([0.2 * (sleeve - where.arm), 0.4 * (where.height - down), 2.5 * neckline, 4.05 - where.height])
        easy = top == "hoodie" or (top in ("tee", "long", "tank") and rng.random() < 0.6)
        drop = np.clip((3.2 - where.height) / 1.2, 0, 1) + 0.6 * np.clip(where.arm, 0, 1) * (sleeve < 1)
        gap = 0.007 + (rng.uniform(0.006, 0.03) * drop if easy else 0 * drop) + (0.008 if top == "hoodie" else 0)
        garment(top, keep, gap, int(rng.integers(2, 8)) if easy else 0, rng.uniform(0.002, 0.007) if easy else 0.0, _cloth(rng))
    else:
        names["bare"] = "bare"
    shod = rng.random() < 0.85
    sole = rng.uniform(0.008, 0.016) if shod else 0.0
    if shod:
        ankle = rng.uniform(0.0, 0.12)
        shoe = np.minimum(where.foot - 0.5, 0.6 * (ankle + 0.1 - where.height))
        garment("shoes", shoe, np.full(len(rest), sole), 0, 0.0, _cloth(rng, 0.2))
    if rng.random() < 0.55:
        sock = np.minimum(rng.uniform(0.08, 0.6) - where.height, not_hand)
        garment("socks", sock, np.full(len(rest), 0.002), 0, 0.0, _cloth(rng, 0.25))
    if rng.random() < 0.08:
        garment("gloves", where.arm - 1.95, np.full(len(rest), 0.003), 0, 0.0, _cloth(rng, 0.1))
    pages = textures.bank()[1]
    strands = Material(int(rng.choice(pages["hair"])), tuple(0.25 * hair), tuple(np.minimum(1.7 * hair, 1)), 0.3, 0.06)
    styles = ["short", "ponytail", "ponytail", "bun", "long", "short", "cap", "afro"] if woman else ["short"] * 5 + ["bald", "shaved", "cap", "afro", "long"]
    style = str(rng.choice(styles))
    names["hair"] = style
    hairline = where.scalp + rng.uniform(-0.03, 0.012)
    shaved_scalp = style == "shaved"
    if style not in ("bald", "shaved"):
        thickness = {"afro": rng.uniform(0.03, 0.07), "short": rng.uniform(0.006, 0.024)}.get(style, rng.uniform(0.006, 0.016))
        gap = thickness * np.clip(hairline / 0.04, 0.15, 1) + (0.004 if style != "afro" else 0.008) * rng.standard_normal(len(rest)) * (hairline > 0.01)
        garment("hair", hairline, np.maximum(gap, 0.002), 1, 0.003, strands)
    if style in ("long", "ponytail", "bun"):
        parts.extend(_long_hair(rng, rest, style, strands))
    if style == "cap" or rng.random() < 0.05:
        crown = np.minimum(where.scalp - 0.005, 1) if rng.random() < 0.8 else np.minimum(where.scalp, 0.035 - np.abs(where.scalp - 0.05))
        garment("cap", np.minimum(crown, where.height - 4.7), np.full(len(rest), 0.02), 2, 0.0, _cloth(rng, 0.2))
    colour = _skin_colour(rng, tone, hair, 0.0 if woman else rng.choice([0, 0, 0.25, 0.7]))
    if shaved_scalp:
        colour = np.where((hairline > 0)[:, None], 0.6 * colour + 0.4 * hair, colour)
    bare = 0.012 - np.maximum.reduce(covers)
    skin = Material(int(rng.choice(pages["skin"])), (0, 0, 0), (1.2, 1.2, 1.2), 0.25, rng.uniform(0.02, 0.22))
    parts.append(Part(model.faces, np.zeros_like(rest), skin, uv, colour, bare))
    return Outfit(tuple(parts), sole, names)


def _long_hair(rng: np.random.Generator, rest: np.ndarray, style: str, strands: Material) -> list[Part]:
    """Hair that hangs: the exported hull of long hair, cut at a length; a tail or bun is the hull drawn together."""
    model = body_model()
    faces = model.hull_faces["hair"]
    chosen = np.unique(faces)
    hull = rest[chosen]
    top, bottom = hull[:, 2].max(), hull[:, 2].min()
    length = {"bun": 0.3, "ponytail": rng.uniform(0.4, 0.8)}.get(style, rng.uniform(0.35, 0.85))
    cut = top - length * (top - bottom)
    keep = np.full(len(rest), -1.0)
    keep[chosen] = hull[:, 2] - cut
    offset = np.zeros_like(rest)
    if style != "long":
        skull = rest[:HELPERS][fields().scalp[:HELPERS] > 0]
        back = skull[:, 1].max()
        knot = np.array([0, back, skull[:, 2].mean() + rng.uniform(-0.03, 0.05)])
        radius = rng.uniform(0.03, 0.05) if style == "bun" else rng.uniform(0.018, 0.032)
        hang = np.clip((top - hull[:, 2]) / (top - cut), 0, 1)
        angle = np.arctan2(hull[:, 1] - hull[:, 1].mean(), hull[:, 0])
        drop = radius * 2 if style == "bun" else length * (top - bottom)
        swell = radius * np.sqrt(np.clip(np.sin(np.pi * (0.04 + 0.92 * hang)), 0, 1))
        centre = knot + np.stack([0 * hang, 0.03 + 0.03 * np.sin(2.5 * hang), 0.02 - drop * hang], -1)
        offset[chosen] = centre + swell[:, None] * np.stack([np.cos(angle), np.sin(angle), 0 * angle], -1) - hull
        keep[chosen] = 1
    corner_uv = np.stack([rest[faces][..., 0] * 3, rest[faces][..., 2] * 3], -1)
    return [Part(faces, offset, strands, corner_uv, None, keep)]


def add_person(soup: Soup, outfit: Outfit, rest: np.ndarray, skinner, owner: int) -> None:
    """Add a dressed person to a scene; ``skinner(points (V, 3), vertices (V,)) -> (V, 3)`` poses rest points."""
    for part in outfit.parts:
        used, faces = np.unique(part.faces, return_inverse=True)
        posed = skinner(rest[used] + part.offset[used], used)
        # Cloth and soles are squeezed, not sunk, where they meet the floor.
        posed[:, 2] = np.maximum(posed[:, 2], 0.001)
        soup.add(
            posed, faces.reshape(-1, 3), part.material, owner, part.corner_uv,
            None if part.colour is None else part.colour[used], None if part.keep is None else part.keep[used],
        )  # fmt: skip
