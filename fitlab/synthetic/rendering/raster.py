"""A small software rasteriser: z-buffer, shadow maps of many lights, a textured box of a room around it all.

Colours are linear light; a texture page holds display values and is squared on reading (gamma 2). The centre of
the top-left pixel is (0, 0), as everywhere in fitlab.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from fitlab.synthetic.rendering.meshes import Material, Soup

NEAR = 0.05
NOTHING = -1
#: Pixels along each side of a shadow map.
SHADOW_SIZE = 256


@njit(cache=True, fastmath=True)
def _visible_faces(screen, faces, keep, perspective, depth, index):
    """Fill ``index`` with the nearest face of each pixel. screen (V, 3): x, y, distance.

    ``depth`` is 1/distance under perspective (larger is nearer, start at 0) and minus the distance for lights.
    """
    height, width = depth.shape
    for f in range(len(faces)):
        a, b, c = faces[f]
        if keep[a] <= 0 and keep[b] <= 0 and keep[c] <= 0:
            continue
        za, zb, zc = screen[a, 2], screen[b, 2], screen[c, 2]
        if perspective:
            if za < NEAR or zb < NEAR or zc < NEAR:
                continue
            za, zb, zc = 1 / za, 1 / zb, 1 / zc
        else:
            za, zb, zc = -za, -zb, -zc
        ax, ay, bx, by, cx, cy = screen[a, 0], screen[a, 1], screen[b, 0], screen[b, 1], screen[c, 0], screen[c, 1]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if abs(area) < 1e-12:
            continue
        x0, x1 = max(int(np.ceil(min(ax, bx, cx))), 0), min(int(np.floor(max(ax, bx, cx))), width - 1)
        y0, y1 = max(int(np.ceil(min(ay, by, cy))), 0), min(int(np.floor(max(ay, by, cy))), height - 1)
        whole = keep[a] > 0 and keep[b] > 0 and keep[c] > 0
        inverse = 1 / area
        for y in range(y0, y1 + 1):
            for x in range(x0, x1 + 1):
                w1 = ((x - ax) * (cy - ay) - (y - ay) * (cx - ax)) * inverse
                w2 = ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) * inverse
                w0 = 1 - w1 - w2
                if w0 < 0 or w1 < 0 or w2 < 0:
                    continue
                z = w0 * za + w1 * zb + w2 * zc
                if z <= depth[y, x]:
                    continue
                if not whole and w0 * keep[a] + w1 * keep[b] + w2 * keep[c] <= 0:
                    continue
                depth[y, x] = z
                index[y, x] = f


@njit(cache=True, fastmath=True)
def _texel(page, u, v):
    """Bilinear, repeating; squared to linear light."""
    size = page.shape[0]
    x, y = (u - np.floor(u)) * size - 0.5, (v - np.floor(v)) * size - 0.5
    x0, y0 = int(np.floor(x)), int(np.floor(y))
    fx, fy = x - x0, y - y0
    x1, y1 = (x0 + 1) % size, (y0 + 1) % size
    x0, y0 = x0 % size, y0 % size
    a, b, c, d = (1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy
    r = (a * page[y0, x0, 0] + b * page[y0, x1, 0] + c * page[y1, x0, 0] + d * page[y1, x1, 0]) / 255
    g = (a * page[y0, x0, 1] + b * page[y0, x1, 1] + c * page[y1, x0, 1] + d * page[y1, x1, 1]) / 255
    s = (a * page[y0, x0, 2] + b * page[y0, x1, 2] + c * page[y1, x0, 2] + d * page[y1, x1, 2]) / 255
    return r * r, g * g, s * s


@njit(cache=True, fastmath=True)
def _room_hit(cam, rx, ry, rz, box):
    """Distance, wall (0 floor, 1..4 walls at x0, x1, y0, y1, 5 ceiling) where a ray leaves the box."""
    distance, wall = 1e9, 0
    if rz < 0:
        distance = -cam[2] / rz
    elif rz > 0:
        distance, wall = (box[4] - cam[2]) / rz, 5
    for k in range(4):
        along, start = (rx, cam[0]) if k < 2 else (ry, cam[1])
        if (along < 0) == (k % 2 == 0) and along != 0:
            t = (box[k] - start) / along
            if 0 < t < distance:
                distance, wall = t, k + 1
    return distance, wall


@njit(cache=True, fastmath=True)
def _light(
    wx, wy, wz, nx, ny, nz, vx, vy, vz, gloss, wrap, jx, jy, directions, colours, axes, scale, maps, total, shine
):
    """Add up the light that reaches a point: ``total`` diffuse, ``shine`` specular, (3,) each."""
    size = maps.shape[1]
    for k in range(len(directions)):
        facing = nx * directions[k, 0] + ny * directions[k, 1] + nz * directions[k, 2]
        wrapped = (facing + wrap) / (1 + wrap)
        if wrapped <= 0:
            continue
        px, py, pz = wx + 0.011 * nx, wy + 0.011 * ny, wz + 0.011 * nz
        sx = (
            (axes[k, 0, 0] * px + axes[k, 0, 1] * py + axes[k, 0, 2] * pz - scale[k, 0]) * scale[k, 2] + 0.5 * size + jx
        )
        sy = (
            (axes[k, 1, 0] * px + axes[k, 1, 1] * py + axes[k, 1, 2] * pz - scale[k, 1]) * scale[k, 2] + 0.5 * size + jy
        )
        if 0 <= sx < size and 0 <= sy < size:
            depth = -(axes[k, 2, 0] * px + axes[k, 2, 1] * py + axes[k, 2, 2] * pz)
            if maps[k, int(sy), int(sx)] > depth + 0.012:
                continue
        for c in range(3):
            total[c] += wrapped * colours[k, c]
        if gloss > 0 and facing > 0:
            hx, hy, hz = directions[k, 0] + vx, directions[k, 1] + vy, directions[k, 2] + vz
            cosine = (nx * hx + ny * hy + nz * hz) / (np.sqrt(hx * hx + hy * hy + hz * hz) + 1e-9)
            if cosine > 0:
                for c in range(3):
                    shine[c] += gloss * cosine**24 * colours[k, c]


@njit(cache=True, fastmath=True)
def _point_on_face(x, y, f, distance, screen, normals, colours, faces, corner_uv, base):
    """Normal and texture coordinates where pixel (x, y) sees face ``f``; its vertices' colour goes to ``base``."""
    a, b, c = faces[f]
    ax, ay, bx, by, cx, cy = screen[a, 0], screen[a, 1], screen[b, 0], screen[b, 1], screen[c, 0], screen[c, 1]
    inverse = 1 / ((bx - ax) * (cy - ay) - (by - ay) * (cx - ax))
    w1 = ((x - ax) * (cy - ay) - (y - ay) * (cx - ax)) * inverse
    w2 = ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) * inverse
    q0 = (1 - w1 - w2) / screen[a, 2] * distance
    q1, q2 = w1 / screen[b, 2] * distance, w2 / screen[c, 2] * distance
    nx, ny, nz = q0 * normals[a] + q1 * normals[b] + q2 * normals[c]
    u, v = q0 * corner_uv[f, 0] + q1 * corner_uv[f, 1] + q2 * corner_uv[f, 2]
    base[:] = q0 * colours[a] + q1 * colours[b] + q2 * colours[c]
    return nx, ny, nz, u, v


@njit(cache=True, fastmath=True)
def _point_on_wall(wall, px, py, pz, walls, mat):
    """Normal, texture coordinates and material of a point of the room."""
    nx, ny, nz, material = 0.0, 0.0, 0.0, walls[wall]
    if wall == 0 or wall == 5:
        nz, u, v = 1.0 if wall == 0 else -1.0, px, py
    elif wall < 3:
        nx, u, v = 1.0 if wall == 1 else -1.0, py, -pz
    else:
        ny, u, v = 1.0 if wall == 3 else -1.0, px, -pz
    if wall == 0 and mat[0] > 0:
        mx = (px - mat[1]) * mat[5] + (py - mat[2]) * mat[6]
        my = (py - mat[2]) * mat[5] - (px - mat[1]) * mat[6]
        if abs(mx) < mat[3] and abs(my) < mat[4]:
            material = walls[6]
    return nx, ny, nz, u, v, material


@njit(cache=True, fastmath=True)
def _shade(depth, index, screen, surface, looks, view, room, lights, seed, out):
    """Colour every pixel of ``out`` (H, W, 3); the tuples are as :func:`render` packs them."""
    normals, colours, faces, corner_uv, face_material = surface
    pages, rows, bank = looks
    matrix, rotation, cam = view
    box, walls, mat = room
    directions, light_colours, ambient, axes, scale, maps = lights
    state = np.uint32(seed)
    total, shine, base = np.zeros(3), np.zeros(3), np.zeros(3)
    for y in range(depth.shape[0]):
        for x in range(depth.shape[1]):
            state = np.uint32(state * np.uint32(1664525) + np.uint32(1013904223))
            jx = ((state >> np.uint32(9)) / 8388608.0 - 0.5) * 2.2
            state = np.uint32(state * np.uint32(1664525) + np.uint32(1013904223))
            jy = ((state >> np.uint32(9)) / 8388608.0 - 0.5) * 2.2
            dx, dy = (x - matrix[0, 2]) / matrix[0, 0], (y - matrix[1, 2]) / matrix[1, 1]
            rx = rotation[0, 0] * dx + rotation[1, 0] * dy + rotation[2, 0]
            ry = rotation[0, 1] * dx + rotation[1, 1] * dy + rotation[2, 1]
            rz = rotation[0, 2] * dx + rotation[1, 2] * dy + rotation[2, 2]
            f = index[y, x]
            if f >= 0:
                distance, material, wrap = 1 / depth[y, x], face_material[f], 0.15
                nx, ny, nz, u, v = _point_on_face(x, y, f, distance, screen, normals, colours, faces, corner_uv, base)
            else:
                distance, wall = _room_hit(cam, rx, ry, rz, box)
                px, py, pz = cam[0] + rx * distance, cam[1] + ry * distance, cam[2] + rz * distance
                nx, ny, nz, u, v, material = _point_on_wall(wall, px, py, pz, walls, mat)
                base[:] = 1
                wrap = 0.0
            norm = np.sqrt(nx * nx + ny * ny + nz * nz) + 1e-9
            nx, ny, nz = nx / norm, ny / norm, nz / norm
            length = np.sqrt(rx * rx + ry * ry + rz * rz)
            vx, vy, vz = -rx / length, -ry / length, -rz / length
            if nx * vx + ny * vy + nz * vz < 0:
                nx, ny, nz = -nx, -ny, -nz
            row = rows[material]
            r, g, s = _texel(bank[pages[material]], u / row[6], v / row[6])
            base[0] *= row[0] + (row[3] - row[0]) * r
            base[1] *= row[1] + (row[4] - row[1]) * g
            base[2] *= row[2] + (row[5] - row[2]) * s
            total[:] = ambient
            shine[:] = 0
            gloss, glow = row[7], row[8]
            if glow < 1:
                wx, wy, wz = cam[0] + rx * distance, cam[1] + ry * distance, cam[2] + rz * distance
                _light(
                    wx, wy, wz, nx, ny, nz, vx, vy, vz, gloss, wrap, jx, jy,
                    directions, light_colours, axes, scale, maps, total, shine,
                )  # fmt: skip
            for k in range(3):
                out[y, x, k] = base[k] * (glow + (1 - glow) * total[k]) + shine[k] * (1 - glow)


@dataclass(frozen=True)
class Lights:
    """Directions (L, 3) towards distant lights, their colours (L, 3), and light that comes from everywhere (3,)."""

    directions: np.ndarray
    colours: np.ndarray
    ambient: np.ndarray


@dataclass(frozen=True)
class Room:
    """A box (x0, x1, y0, y1, height) in metres with the floor at 0; seven materials: floor, the walls at x0, x1, y0,
    y1, ceiling, mat. The mat is a rectangle on the floor: (there, x, y, half width, half length, cos, sin)."""

    box: np.ndarray
    materials: tuple[Material, ...]
    mat: np.ndarray


@dataclass(frozen=True)
class Rendering:
    """colour (H, W, 3) linear; depth (sH, sW) metres, inf where there is only room; owner (sH, sW), -1 for the room.

    Depth and owner have ``samples`` times as many pixels each way as the picture.
    """

    colour: np.ndarray
    depth: np.ndarray
    owner: np.ndarray
    samples: int


def _shadow_maps(vertices: np.ndarray, faces: np.ndarray, keep: np.ndarray, directions: np.ndarray, size: int) -> tuple:
    axes, scales = np.empty((len(directions), 3, 3), np.float32), np.empty((len(directions), 3), np.float32)
    maps = np.full((len(directions), size, size), -1e9, np.float32)
    scratch = np.empty((size, size), np.int32)
    for k, direction in enumerate(directions):
        up = np.array([0, 0, 1.0]) if abs(direction[2]) < 0.95 else np.array([1.0, 0, 0])
        across = np.cross(up, -direction)
        across /= np.linalg.norm(across)
        axes[k] = [across, np.cross(-direction, across), -direction]
        seen = vertices @ axes[k].T
        columns = np.ascontiguousarray(seen[:, :2].T)
        low, high = columns.min(1), columns.max(1)
        scales[k] = [*(low + high) / 2, (size - 4) / (high - low).max()]
        seen[:, :2] = (seen[:, :2] - scales[k, :2]) * scales[k, 2] + size / 2 - 0.5
        _visible_faces(seen, faces, keep, False, maps[k], scratch)
    return axes, scales, maps


def render(
    soup: Soup, bank: np.ndarray, intrinsics: np.ndarray, rotation: np.ndarray, translation: np.ndarray,
    size: tuple[int, int], lights: Lights, room: Room, seed: int, samples: int = 2,
) -> Rendering:  # fmt: skip
    """Render a scene as a camera sees it.

    Parameters
    ----------
    soup
        The meshes, metres.
    bank
        (P, S, S, 3) texture pages.
    intrinsics
        (3, 3) of the camera, pixels.
    rotation, translation
        (3, 3) and (3,) metres, from the world's to the camera's axes.
    size
        (width, height) in pixels.
    lights, room
        What it is lit by, and what is round it.
    seed
        Of the noise in shadows.
    samples
        Rays along each side of a pixel.

    Returns
    -------
    Rendering
    """
    vertices, normals, colours, keep, faces, corner_uv, face_material, owner, pages, rows = soup.merged()
    width, height = size[0] * samples, size[1] * samples
    fine = intrinsics.copy()
    fine[:2] *= samples
    fine[:2, 2] += (samples - 1) / 2
    seen = vertices @ rotation.T.astype(np.float32) + translation.astype(np.float32)
    distance = np.maximum(seen[:, 2:], 1e-3)
    screen = np.concatenate([seen[:, :2] / distance * fine[[0, 1], [0, 1]] + fine[:2, 2], seen[:, 2:]], 1).astype(
        np.float32
    )
    depth, index = np.zeros((height, width), np.float32), np.full((height, width), NOTHING, np.int32)
    _visible_faces(screen, faces, keep, True, depth, index)
    shadows = _shadow_maps(vertices, faces, keep, lights.directions, SHADOW_SIZE)
    walls = np.arange(len(rows), len(rows) + len(room.materials))
    pages = np.concatenate([pages, [material.page for material in room.materials]]).astype(np.int32)
    rows = np.concatenate([rows, [material.row() for material in room.materials]]).astype(np.float32)
    out = np.empty((height, width, 3), np.float32)
    _shade(
        depth,
        index,
        screen,
        (normals, colours, faces, corner_uv, face_material),
        (pages, rows, bank),
        (fine, rotation, -rotation.T @ translation),
        (room.box, walls, room.mat),
        (lights.directions, lights.colours, lights.ambient, *shadows),
        seed,
        out,
    )
    colour = out.reshape(size[1], samples, size[0], samples, 3).mean((1, 3))
    distance = np.where(depth > 0, 1 / np.maximum(depth, 1e-6), np.inf)
    return Rendering(colour, distance, np.where(index >= 0, owner[np.maximum(index, 0)], NOTHING), samples)
