"""The meshes of a scene and what they are made of, as the rasteriser takes them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit


@dataclass(frozen=True)
class Material:
    """How a surface looks: ``low`` where its texture page is black, ``high`` where it is white; linear RGB.

    tile  metres (or texture units) per repeat of the page; gloss 0..1; glow 0..1 is the share that needs no light.
    """

    page: int = 0
    low: tuple[float, float, float] = (0.0, 0.0, 0.0)
    high: tuple[float, float, float] = (1.0, 1.0, 1.0)
    tile: float = 1.0
    gloss: float = 0.0
    glow: float = 0.0

    def row(self) -> list[float]:
        """The material as a row of the rasteriser's table.

        Returns
        -------
        list of float
        """
        return [*self.low, *self.high, self.tile, self.gloss, self.glow]


class Soup:
    """Triangles of everything in a scene, part by part."""

    def __init__(self) -> None:
        self._parts: list[tuple[np.ndarray, ...]] = []
        self._materials: list[Material] = []
        self._count = 0

    def add(
        self,
        vertices: np.ndarray,
        faces: np.ndarray,
        material: Material,
        owner: int = 0,
        corner_uv: np.ndarray | None = None,
        colour: np.ndarray | None = None,
        keep: np.ndarray | None = None,
    ) -> None:
        """Add a mesh.

        Parameters
        ----------
        vertices
            (V, 3) metres.
        faces
            (F, 3) numbers of vertices.
        material
            Of all faces.
        owner
            The number of the person; 0 is a thing.
        corner_uv
            (F, 3, 2) texture coordinates of the faces' corners; None for 0.
        colour
            (V, 3) factors on the material's colour; None for 1.
        keep
            (V,) the surface exists where this, interpolated, is above 0: clean hems from a coarse mesh. None for
            all.
        """
        count, size = len(vertices), len(faces)
        vertices = vertices.astype(np.float32)
        self._parts.append(
            (
                vertices,
                vertex_normals(vertices, faces),
                np.ones((count, 3), np.float32) if colour is None else colour.astype(np.float32),
                np.ones(count, np.float32) if keep is None else keep.astype(np.float32),
                faces.astype(np.int32) + self._count,
                np.zeros((size, 3, 2), np.float32) if corner_uv is None else corner_uv.astype(np.float32),
                np.full(size, len(self._materials), np.int32),
                np.full(size, owner, np.int32),
            )
        )
        self._materials.append(material)
        self._count += count

    def copy(self) -> Soup:
        """The same triangles, to add more to."""
        other = Soup()
        other._parts, other._materials, other._count = list(self._parts), list(self._materials), self._count
        return other

    def merged(self) -> tuple[np.ndarray, ...]:
        """All meshes as one.

        Returns
        -------
        tuple of np.ndarray
            Vertices, normals, colours, keep, faces, corner_uv, material, owner, and the table of materials.
        """
        columns = [np.concatenate(column) for column in zip(*self._parts, strict=True)]
        pages = np.array([material.page for material in self._materials], np.int32)
        return (*columns, pages, np.array([material.row() for material in self._materials], np.float32))


def vertex_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Unit normals, the mean of the faces' normals weighted by area.

    Parameters
    ----------
    vertices
        (V, 3).
    faces
        (F, 3) numbers of vertices.

    Returns
    -------
    np.ndarray
        (V, 3).
    """
    normals = np.zeros(vertices.shape, np.float32)
    _add_face_normals(vertices, faces.astype(np.int32), normals)
    return normals / (np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12)


@njit(cache=True, fastmath=True)
def _add_face_normals(vertices, faces, normals):
    for f in range(len(faces)):
        a, b, c = faces[f]
        ux, uy, uz = vertices[b] - vertices[a]
        vx, vy, vz = vertices[c] - vertices[a]
        for corner in (a, b, c):
            normals[corner, 0] += uy * vz - uz * vy
            normals[corner, 1] += uz * vx - ux * vz
            normals[corner, 2] += ux * vy - uy * vx
