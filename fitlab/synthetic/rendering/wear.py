"""Dressing people: clothes, shoes, gloves, hair and caps, all cut out of the body's own mesh.

A garment is the body's surface where a smooth field is positive (a sleeve ends where the field crosses zero), pushed
outwards, so that it follows every shape and pose. Fields are computed once on the body's template.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, diags_array

from fitlab.synthetic.people.body import HELPERS, body_model, template_normals
from fitlab.synthetic.people.surface import SKIN_TONES, fields, linear, skin_colour
from fitlab.synthetic.rendering import textures
from fitlab.synthetic.rendering.meshes import Material, Soup

HAIR_COLOURS = np.array(
    [
        [35, 28, 24], [60, 42, 30], [100, 72, 48], [170, 135, 85], [215, 180, 120], [130, 65, 35], [165, 160, 155],
        [225, 222, 218],
    ]
)  # fmt: skip
BOTTOMS = ("briefs", "shorts", "shorts", "loose_shorts", "loose_shorts", "leggings", "leggings", "track_pants")
TOPS = {
    True: ("bra", "bra", "tank", "tank", "tee", "tee", "long", "hoodie"),
    False: ("bare", "tank", "tank", "tee", "tee", "tee", "long", "hoodie"),
}
HAIR_STYLES = {
    True: ("short", "ponytail", "ponytail", "bun", "long", "short", "cap", "afro"),
    False: ("short", "short", "short", "short", "short", "bald", "shaved", "cap", "afro", "long"),
}
PATTERNS = {"stripes": 0.25, "checks": 0.15, "dots": 0.1, "camouflage": 0.15, "print": 0.2, "heather": 0.15}
#: How far inside a garment's edge the skin below it ends, in the units of the garment's field.
OVERLAP = 0.012
#: No cloth is closer to the skin, metres.
THINNEST = 0.003


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
        kind = rng.choice(list(PATTERNS), p=list(PATTERNS.values()))
        second = np.clip(first * rng.uniform(0.4, 1.6) if rng.random() < 0.5 else textures.colour(rng), 5, 250)
    else:
        kind, second = "heather", first * 0.45
    page = int(rng.choice(pages[kind]))
    return Material(
        page, tuple(linear(second)), tuple(linear(first)), rng.uniform(0.08, 0.5), rng.choice([0.0, 0.03, 0.12])
    )


class _Tailor:
    """Parts of one person's outfit as they are put on."""

    def __init__(self, rng: np.random.Generator, rest: np.ndarray) -> None:
        self.rng, self.rest = rng, rest
        self.parts: list[Part] = []
        self.names: dict[str, str] = {}
        self._covered = np.full(len(rest), -1.0)

    def add(
        self, name: str, keep: np.ndarray, gap: np.ndarray, material: Material, smooth: int = 0, wrinkle: float = 0.0
    ) -> None:
        """A garment where ``keep`` (V,) is above 0, ``gap`` (V,) metres off the skin.

        ``smooth`` rounds of drawing it tight over hollows, and folds of ``wrinkle`` metres.
        """
        model, normals = body_model(), template_normals()
        shape = self.rest
        for _ in range(smooth):
            shape = 0.4 * shape + 0.6 * (_smoothing() @ shape)
        push = gap + (_wrinkles(self.rng, wrinkle) if wrinkle else 0)
        offset = shape - self.rest + normals * np.maximum(push, 0.002)[:, None]
        outward = (offset * normals).sum(1)
        offset = offset + normals * np.maximum(THINNEST - outward, 0)[:, None]
        first, second, third = (keep > 0)[model.faces.T]
        inside = first | second | third
        self.parts.append(Part(model.faces[inside], offset, material, model.corner_uv[inside], None, keep))
        self._covered = np.maximum(self._covered, keep)
        self.names[name] = name

    def even(self, gap: float) -> np.ndarray:
        return np.full(len(self.rest), gap)

    def add_skin(self, colour: np.ndarray, material: Material) -> None:
        """The body, where nothing covers it."""
        model = body_model()
        bare = OVERLAP - self._covered
        self.parts.append(Part(model.faces, np.zeros_like(self.rest), material, model.corner_uv, colour, bare))


def dress(rng: np.random.Generator, rest: np.ndarray, woman: bool) -> Outfit:
    """Dress a body: a new outfit for each state of ``rng``.

    Parameters
    ----------
    rng
        What it is drawn from.
    rest
        (V, 3) metres, vertices of the body at rest.
    woman
        Whether the body is a woman's.

    Returns
    -------
    Outfit
    """
    place = rng.uniform(0, len(SKIN_TONES) - 1)
    tone = linear(np.array([np.interp(place, range(len(SKIN_TONES)), column) for column in SKIN_TONES.T]))
    tone = tone * rng.uniform(0.9, 1.1)
    dark_hair = place > 3.5 or rng.random() < 0.5
    hair = linear(HAIR_COLOURS[rng.integers(2) if dark_hair else rng.integers(len(HAIR_COLOURS))])
    tailor = _Tailor(rng, rest)
    bottom = str(rng.choice(BOTTOMS))
    top = str(rng.choice(TOPS[woman]))
    _put_on_bottom(tailor, bottom)
    if top == "bare":
        tailor.names["bare"] = "bare"
    else:
        _put_on_top(tailor, top)
    sole = _put_on_shoes_and_socks(tailor)
    if rng.random() < 0.08:
        tailor.add("gloves", fields().arm - 1.95, tailor.even(0.003), _cloth(rng, 0.1))
    style, hairline = _do_hair(tailor, hair, woman)
    colour = skin_colour(rng, tone, hair, 0.0 if woman else rng.choice([0, 0, 0.25, 0.7]))
    if style == "shaved":
        colour = np.where((hairline > 0)[:, None], 0.6 * colour + 0.4 * hair, colour)
    page = int(rng.choice(textures.bank()[1]["skin"]))
    tailor.add_skin(colour, Material(page, (0, 0, 0), (1.2, 1.2, 1.2), 0.25, rng.uniform(0.02, 0.22)))
    return Outfit(tuple(tailor.parts), sole, tailor.names)


def _put_on_bottom(tailor: _Tailor, kind: str) -> None:
    rng, where = tailor.rng, fields()
    waist = rng.uniform(2.25, 2.75)
    hems = {"briefs": 1.9, "shorts": rng.uniform(1.25, 1.75), "loose_shorts": rng.uniform(0.95, 1.7)}
    hem = hems.get(kind, rng.uniform(0.02, 0.25))
    loose = kind in ("loose_shorts", "track_pants")
    flare = np.clip((2 - where.height) / max(2 - hem, 0.3), 0, 1.2)
    gap = 0.008 + rng.uniform(0.008, 0.03) * flare if loose else tailor.even(rng.uniform(0.002, 0.006))
    keep = np.minimum.reduce([waist - where.height, where.height - hem, _not_arm()])
    if kind == "briefs":
        gusset = np.minimum(0.055 - np.abs(body_model().template[:, 0]), where.height - 1.6)
        keep = np.maximum(keep, np.minimum(gusset, 2 - where.height))
    tailor.add(kind, keep, gap, _cloth(rng), 2 if loose else 0, 0.005 if loose else 0.0)


def _put_on_top(tailor: _Tailor, kind: str) -> None:
    rng, where = tailor.rng, fields()
    sleeves = {"tee": rng.uniform(0.3, 0.85), "long": rng.uniform(1.6, 1.95), "hoodie": rng.uniform(1.7, 1.95)}
    sleeve = sleeves.get(kind, rng.uniform(-0.1, 0.05))
    if kind == "bra":
        hem = rng.uniform(2.85, 3.05)
    elif kind != "tank" or rng.random() < 0.7:
        hem = rng.uniform(1.75, 2.4)
    else:
        hem = rng.uniform(2.5, 2.8)
    collar = rng.uniform(0.055, 0.075) + (rng.uniform(0.02, 0.05) if kind in ("bra", "tank") else 0)
    neckline = where.neck - collar - rng.uniform(0, 0.5) * np.maximum(where.front, 0) * (where.height > 3)
    # The factors bring the fields to one scale, so that all edges are equally soft.
    edges = [0.2 * (sleeve - where.arm), 0.4 * (where.height - hem), 2.5 * neckline, 4.05 - where.height]
    easy = kind == "hoodie" or (kind in ("tee", "long", "tank") and rng.random() < 0.6)
    drop = np.clip((3.2 - where.height) / 1.2, 0, 1) + 0.6 * np.clip(where.arm, 0, 1) * (sleeve < 1)
    gap = 0.007 + (rng.uniform(0.006, 0.03) * drop if easy else 0 * drop) + (0.008 if kind == "hoodie" else 0)
    smooth, wrinkle = (int(rng.integers(2, 8)), rng.uniform(0.002, 0.007)) if easy else (0, 0.0)
    tailor.add(kind, np.minimum.reduce(edges), gap, _cloth(rng), smooth, wrinkle)


def _put_on_shoes_and_socks(tailor: _Tailor) -> float:
    """The thickness of the soles, metres; 0 without shoes."""
    rng, where = tailor.rng, fields()
    shod = rng.random() < 0.85
    sole = rng.uniform(0.008, 0.016) if shod else 0.0
    if shod:
        ankle = rng.uniform(0.0, 0.12)
        shoe = np.minimum(where.foot - 0.5, 0.6 * (ankle + 0.1 - where.height))
        tailor.add("shoes", shoe, tailor.even(sole), _cloth(rng, 0.2))
    if rng.random() < 0.55:
        sock = np.minimum(rng.uniform(0.08, 0.6) - where.height, _not_arm())
        tailor.add("socks", sock, tailor.even(0.002), _cloth(rng, 0.25))
    return sole


def _not_arm() -> np.ndarray:
    """(V,) above 0 off the arms: hands hang where trousers are."""
    return np.where(fields().arm > -0.5, -1.0, 1.0)


def _do_hair(tailor: _Tailor, colour: np.ndarray, woman: bool) -> tuple[str, np.ndarray]:
    """Hair and perhaps a cap; the style and the hairline's field (V,)."""
    rng, where, rest = tailor.rng, fields(), tailor.rest
    page = int(rng.choice(textures.bank()[1]["hair"]))
    strands = Material(page, tuple(0.25 * colour), tuple(np.minimum(1.7 * colour, 1)), 0.3, 0.06)
    style = str(rng.choice(HAIR_STYLES[woman]))
    hairline = where.scalp + rng.uniform(-0.03, 0.012)
    if style not in ("bald", "shaved"):
        lengths = {"afro": rng.uniform(0.03, 0.07), "short": rng.uniform(0.006, 0.024)}
        length = lengths.get(style, rng.uniform(0.006, 0.016))
        tousle = (0.004 if style != "afro" else 0.008) * rng.standard_normal(len(rest)) * (hairline > 0.01)
        gap = length * np.clip(hairline / 0.04, 0.15, 1) + tousle
        tailor.add("hair", hairline, np.maximum(gap, 0.002), strands, 1, 0.003)
    tailor.names["hair"] = "hair" if style == "cap" else style  # the cap itself comes below
    if style in ("long", "ponytail", "bun"):
        tailor.parts.append(_long_hair(rng, rest, style, strands))
    if style == "cap" or rng.random() < 0.05:
        headband = 0.035 - np.abs(where.scalp - 0.05)
        crown = where.scalp - 0.005 if rng.random() < 0.8 else np.minimum(where.scalp, headband)
        tailor.add("cap", np.minimum(crown, where.height - 4.7), tailor.even(0.02), _cloth(rng, 0.2), 2)
    return style, hairline


def _long_hair(rng: np.random.Generator, rest: np.ndarray, style: str, strands: Material) -> Part:
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
    return Part(faces, offset, strands, corner_uv, None, keep)


#: Rest points (P, 3) and the vertices (P,) that they move with -> (P, 3) in the world.
PosedPoints = Callable[[np.ndarray, np.ndarray], np.ndarray]


def add_person(soup: Soup, outfit: Outfit, rest: np.ndarray, posed_points: PosedPoints, owner: int) -> None:
    """Add a dressed person to a scene.

    Parameters
    ----------
    soup
        The scene, which is changed.
    outfit
        Of :func:`dress`.
    rest
        (V, 3) metres, vertices of the body at rest.
    posed_points
        Takes points at rest, and the vertices that they move with, to where they are.
    owner
        The number of the person.
    """
    for part in outfit.parts:
        marked = np.zeros(len(rest), bool)
        marked[part.faces] = True
        used, renumbered = np.flatnonzero(marked), np.cumsum(marked) - 1
        posed = posed_points(rest[used] + part.offset[used], used)
        # Cloth and soles are squeezed, not sunk, where they meet the floor.
        posed[:, 2] = np.maximum(posed[:, 2], 0.001)
        soup.add(
            posed,
            renumbered[part.faces],
            part.material,
            owner,
            part.corner_uv,
            None if part.colour is None else part.colour[used],
            None if part.keep is None else part.keep[used],
        )
