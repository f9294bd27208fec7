import numpy as np
import torch

from fitlab.detection import heatmaps
from fitlab.detection.reading import Maps, merged, read
from fitlab.skeletons import MPII16

SIZE = 96
CELL = 4**2 / 12 * np.eye(2)  # px², a cell is 4 px wide
PLACES = torch.rand(1, 16, 2, generator=torch.manual_seed(3)) * 14 + 5


def maps(places: torch.Tensor) -> Maps:
    return Maps(heatmaps.gaussian_targets(places, SIZE // 4, 1.0), torch.ones(len(places), 16))


def test_joints_inside_the_trunk_are_uncertain_by_a_share_of_the_bones():
    plain, trunk = (read(maps(PLACES), SIZE, deviation_trunk=share) for share in (0.0, 0.1))
    bones = plain.points[0, MPII16.bone_indices]
    length = np.sqrt(np.square(bones[:, 1] - bones[:, 0]).sum(-1).mean())
    more = (trunk.covariance - plain.covariance)[0]
    for joint, name in enumerate(MPII16.joints):
        inside = name.split("_")[-1] in ("hip", "shoulder", "pelvis", "thorax", "neck")
        np.testing.assert_allclose(more[joint], (0.1 * length) ** 2 * np.eye(2) * inside, atol=1e-3)


def test_views_that_differ_make_a_joint_uncertain_whatever_the_factor():
    moved = PLACES.clone()
    moved[0, 0, 0] += 8
    mirror = list(MPII16.mirror)
    second = moved[:, mirror] * torch.tensor([-1.0, 1.0]) + torch.tensor([SIZE // 4 - 1.0, 0.0])
    views = ((1.0, False), (1.0, True))
    agree, differ = (
        read(merged(maps(torch.cat([PLACES, other])), views), SIZE, deviation_factor=1e-3)
        for other in (PLACES[:, mirror] * torch.tensor([-1.0, 1.0]) + torch.tensor([SIZE // 4 - 1.0, 0.0]), second)
    )
    np.testing.assert_allclose(agree.covariance[0], np.broadcast_to(CELL, (16, 2, 2)), atol=0.3)
    np.testing.assert_allclose(differ.covariance[0, 0], CELL + 8 * 4**2 * np.eye(2), rtol=0.05, atol=1)
    np.testing.assert_allclose(differ.covariance[0, 1:], agree.covariance[0, 1:], atol=0.3)
