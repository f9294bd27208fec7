"""A skeleton that agrees with the picture: lifted joints are moved onto their rays, as far as bones and depth allow.

A network regresses x, y and z, and its answer does not project onto the joints that it was given. Here the picture
says in which direction a joint is, the network how deep (with a scale of its error for each bone), and a body how long
bones are. The likeliest joints under all three are found by Gauss-Newton. The curvature there says how sure they are:
poses are drawn from it (Laplace's approximation), which show what the joints in the picture and their depth leave open.

References
----------
Bogo et al. 2016, Keep It SMPL: Automatic Estimation of 3D Human Pose and Shape from a Single Image (the same kind of
energy, with a body model).
"""

from __future__ import annotations

import numpy as np

from fitlab.bodies import REFERENCE_BONES
from fitlab.skeletons import LIFT16, SIDES, mirrored_name

#: Standard deviations of a bone's length: round what is expected, round its median in a clip of one person, and of the
#: difference between both sides; shares of the length.
_LENGTH, _OWN_LENGTH, _SIDES_DIFFER = 0.10, 0.03, 0.04
#: mm: no joint in a picture is known better than to this; it is about so far from where the network puts it, across its
#: ray; and so far where the picture does not show it.
_EXACT, _ASIDE, _SOMEWHERE = 3.0, 60.0, 300.0
#: Three in ten elbows are straight before the picture tells more, and then so by 12 degrees, as they have a carrying
#: angle; the others are bent by anything. Of a bend, the sine of half of it.
_STRAIGHT, _STRAIGHT_TO = 0.3, np.sin(np.radians(12) / 2)
_STEPS, _SETTLED = 8, 0.01  # at the most; mm that a joint moves in the last one
_NEAREST = 300.0  # mm from the camera
_SQUARE = np.sqrt(2.0)  # a standard deviation over Laplace's scale

_START, _END = LIFT16.bone_indices.T
#: (15, 16): a row for each bone, +1 at its end and -1 at its start.
_INCIDENCE = np.eye(len(LIFT16))[_END] - np.eye(len(LIFT16))[_START]


#: For each bone that of the other side; itself for one on the midline.
_MIRRORED = [LIFT16.bones.index((mirrored_name(start), mirrored_name(end))) for start, end in LIFT16.bones]


def _length_weights(deviation: float) -> np.ndarray:
    """(15, 15) what deviations of the bones' lengths (mm) cost: each by itself, and where both sides differ."""
    pairs = [(one, other) for one, other in enumerate(_MIRRORED) if one < other]
    relative = np.eye(len(_MIRRORED)) / REFERENCE_BONES[:, None]
    rows = [relative / deviation, *((relative[one] - relative[other])[None] / _SIDES_DIFFER for one, other in pairs)]
    return np.concatenate(rows).T @ np.concatenate(rows)


#: (2, 3) joints of each arm, the one that bends in the middle.
_ARMS = np.array([LIFT16.indices([f"{side}_{name}" for name in ("shoulder", "elbow", "wrist")]) for side in SIDES])


_ANYBODY, _ONE_PERSON = _length_weights(_LENGTH), _length_weights(_OWN_LENGTH)


def fit(
    rays: np.ndarray,
    deviation: np.ndarray,
    seen: np.ndarray,
    lifted: np.ndarray,
    scale: np.ndarray,
    samples: int = 0,
    seed: int = 0,
    one_person: bool = False,
) -> tuple[np.ndarray, np.ndarray | None]:
    """The likeliest pose, and poses drawn round it.

    Parameters
    ----------
    rays : (..., 16, 2) array
        Joints in the picture from its middle, over the focal length.
    deviation : (..., 16) array
        One standard deviation of these along one axis.
    seen : (..., 16) bool array
        Which of them count.
    lifted : (..., 16, 3) array
        Millimetres relative to the pelvis, camera axes: what the network says.
    scale : (..., 15) array
        Millimetres, the mean error of each bone's depth by the network, in the order of LIFT16's joints without pelvis.
    samples : int
        How many poses to draw.
    seed : int
        Fixes what is drawn.
    one_person : bool
        Whether all poses are of one person, whose bones have one length in all of them. The clip then tells how long
        an arm is, and with that how bent; without it, some arms are taken to be straight.

    Returns
    -------
    points : (..., 16, 3) array
        Millimetres relative to the pelvis, camera axes.
    drawn : (samples, ..., 16, 3) array, or None
    """
    shape = lifted.shape[:-2]
    rays, seen, lifted = rays.reshape(-1, 16, 2), seen.reshape(-1, 16), lifted.reshape(-1, 16, 3)
    rays = np.where(seen[..., None], rays, 0.0)
    place = _place(rays, seen, lifted)
    joints = lifted + place[:, None]
    linear = _linear(rays, deviation.reshape(-1, 16), seen, joints, scale.reshape(-1, 15))
    expected = np.sqrt(REFERENCE_BONES * _bones(joints)[1])  # halfway between anybody's and what the network says
    joints, whole = _settled(joints, *linear, expected, _ANYBODY)
    if one_person:
        lengths = _own_lengths(joints, seen)
        joints, whole = _settled(joints, *linear, (lengths + lengths[_MIRRORED]) / 2, _ONE_PERSON)
    else:
        curvature, pull = linear
        joints, whole = _settled(joints, curvature + _straightness(joints, whole), pull, expected, _ANYBODY)
    drawn = _draw(whole, joints, samples, seed).reshape(samples, *shape, 16, 3) if samples else None
    joints = joints.reshape(*shape, 16, 3)
    return joints - joints[..., :1, :], None if drawn is None else drawn - drawn[..., :1, :]


def _own_lengths(joints: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """(15,) mm, the median lengths of one person's bones in joints (N, 16, 3), where both their ends are seen."""
    lengths, known = _bones(joints)[1], seen[:, _END] & seen[:, _START]
    return np.nanmedian(np.where(known | ~known.any(0), lengths, np.nan), axis=0)


def _settled(
    joints: np.ndarray, curvature: np.ndarray, pull: np.ndarray, lengths: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The likeliest joints (N, 16, 3) mm under linear terms and expected ``lengths``, and the curvature there.

    A pose that has settled is not touched any more, whatever the others of its batch do.
    """
    joints, whole = joints.copy(), curvature.copy()
    lengths = np.broadcast_to(lengths, (len(joints), len(_END)))
    moving = np.arange(len(joints))
    for _ in range(_STEPS):
        before = joints[moving]
        change, now = _bones(before)
        turned = np.swapaxes(change, 1, 2) @ weights
        whole[moving] = curvature[moving] + turned @ change
        target = change @ before.reshape(-1, 48, 1) - (now - lengths[moving])[..., None]
        joints[moving] = np.linalg.solve(whole[moving], pull[moving] + turned @ target).reshape(before.shape)
        moving = moving[np.abs(joints[moving] - before).max((1, 2)) > _SETTLED]
        if not len(moving):
            break
    return joints, whole


def _straightness(joints: np.ndarray, curvature: np.ndarray) -> np.ndarray:
    """(N, 48, 48) what bent elbows cost, of joints (N, 16, 3) mm that are as sure as ``curvature`` says.

    Whatever is wrong with the depth of a straight arm bends it, and few errors straighten a bent one. So the bend is
    taken for an error as far as it probably is one: by how large it is, how sure, and how often arms are straight.
    """
    start, middle, end = np.moveaxis(joints[:, _ARMS], 2, 0)
    upper, lower = (np.maximum(np.linalg.norm(bone, axis=-1), 1.0) for bone in (middle - start, end - middle))
    size, share = (upper + lower) / 2, lower / (upper + lower)
    every = np.arange(len(_ARMS))
    rows = np.zeros((*share.shape, 16))  # from the joints to how far the middle one is from the line between the others
    rows[:, every, _ARMS[:, 0]], rows[:, every, _ARMS[:, 1]], rows[:, every, _ARMS[:, 2]] = -share, 1.0, share - 1
    aside = rows @ joints
    off = np.maximum(np.linalg.norm(aside, axis=-1), 1e-6)
    along = (rows[..., None] * (aside / off[..., None])[..., None, :]).reshape(len(joints), len(_ARMS), 48)
    variance = (along * np.swapaxes(np.linalg.solve(curvature, np.swapaxes(along, 1, 2)), 1, 2)).sum(-1)
    deviation = np.hypot(np.sqrt(variance) / size, _STRAIGHT_TO)
    straight = _STRAIGHT * np.sqrt(2 / np.pi) / deviation * np.exp(-((off / size / deviation) ** 2) / 2)
    weight = straight / (straight + 1 - _STRAIGHT) / (_STRAIGHT_TO * size) ** 2
    every_axis = np.einsum("nl,nli,nlj->nij", weight, rows, rows)[:, :, None, :, None] * np.eye(3)[:, None, :]
    return every_axis.reshape(len(joints), 48, 48)


def _place(rays: np.ndarray, seen: np.ndarray, joints: np.ndarray) -> np.ndarray:
    """(N, 3) mm, where the pelvis must be for joints (N, 16, 3) relative to it to lie nearest to their rays."""
    rows = _across(rays) * seen[..., None, None]
    target = -(rows @ joints[..., None]).reshape(len(rays), 32, 1)
    rows = rows.reshape(len(rays), 32, 3)
    turned = np.swapaxes(rows, 1, 2)
    place = np.linalg.solve(turned @ rows + 1e-9 * np.eye(3), turned @ target)[..., 0]
    nearest = _NEAREST - joints[..., 2].min(-1)
    return np.concatenate([place[:, :2], np.maximum(place[:, 2:], nearest[:, None])], axis=-1)


def _across(rays: np.ndarray) -> np.ndarray:
    """(N, 16, 2, 3) what takes a point to how far it is from its ray, in x and y."""
    rows = np.zeros((*rays.shape, 3))
    rows[..., 0, 0] = rows[..., 1, 1] = 1.0
    rows[..., 2] = -rays
    return rows


def _linear(
    rays: np.ndarray, deviation: np.ndarray, seen: np.ndarray, joints: np.ndarray, scale: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Curvature (N, 48, 48) and pull (N, 48, 1) of rays and depths: what is linear in the joints."""
    count = len(rays)
    depth = np.maximum(joints[..., 2], _NEAREST)
    precision = seen / (np.square(np.where(seen, deviation, 0.0) * depth) + _EXACT**2)
    rows = _across(rays)
    each = np.swapaxes(rows, -1, -2) @ rows * precision[..., None, None]  # (N, 16, 3, 3)
    somewhere = np.where(seen[..., None], [_ASIDE, _ASIDE, 1e4], _SOMEWHERE) ** -2.0
    each = each + somewhere[..., None] * np.eye(3)
    curvature = np.zeros((count, 16, 3, 16, 3))
    every = np.arange(16)
    curvature[:, every, :, every, :] = np.moveaxis(each, 1, 0)
    sure = 1 / (_SQUARE * scale[:, _END - 1]) ** 2
    curvature[:, :, 2, :, 2] += np.einsum("bi,nb,bj->nij", _INCIDENCE, sure, _INCIDENCE)
    pull = somewhere * joints
    pull[..., 2] += (sure * (joints[..., 2] @ _INCIDENCE.T)) @ _INCIDENCE
    return curvature.reshape(count, 48, 48), pull.reshape(count, 48, 1)


def _bones(joints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How the bones' lengths change with the joints (N, 15, 48), and the lengths (N, 15) mm."""
    along = joints[:, _END] - joints[:, _START]
    lengths = np.maximum(np.linalg.norm(along, axis=-1), 1.0)
    change = _INCIDENCE[:, :, None] * (along / lengths[..., None])[:, :, None, :]  # (N, 15, 16, 3)
    return change.reshape(len(joints), len(_END), 48), lengths


def _draw(curvature: np.ndarray, joints: np.ndarray, samples: int, seed: int) -> np.ndarray:
    """(samples, N, 48) joints from the normal distribution of that curvature."""
    root = np.swapaxes(np.linalg.cholesky(curvature), 1, 2)
    noise = np.random.default_rng(seed).standard_normal((48, samples))
    return np.moveaxis(
        joints.reshape(-1, 48, 1) + np.linalg.solve(root, np.broadcast_to(noise, (len(root), *noise.shape))), 2, 0
    )
