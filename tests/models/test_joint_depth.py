import torch

from fitlab.models.joint_depth import JointDepth, under


def test_what_is_under_a_joint_is_read_at_every_scale():
    """The fine map's cell, and of the coarser map the cells round it, by how much of them is near."""
    place = torch.zeros(1, 2, 32, 32)
    place[0, 0, 4, 20] = place[0, 1, 15, 15] = 1
    fine, coarse = torch.randn(1, 3, 32, 32), torch.randn(1, 5, 16, 16)
    seen = under(place, [fine, coarse])
    assert seen.shape == (1, 2, 8)
    torch.testing.assert_close(seen[0, 0, :3], fine[0, :, 4, 20])
    # Nine by nine cells round (4, 20) reach to row 8 and column 24: half of the coarse map's fifth cells.
    shares = torch.tensor([1.0, 1.0, 1.0, 1.0, 0.5]) / 4.5
    expected = torch.einsum("chw,h,w->c", coarse[0, :, 0:5, 8:13], shares, shares)
    torch.testing.assert_close(seen[0, 0, 3:], expected)


def test_every_joint_is_told_what_is_known_of_the_others():
    torch.manual_seed(0)
    part = JointDepth(joints=3, channels=4, facts=2, known=6).eval()
    asked = [torch.randn(2, 3, 4), torch.randn(2, 3, 2), torch.randn(2, 6)]
    answer = part(*asked)
    assert answer.shape == (2, 3, 2)
    for number, first in enumerate(((0, 0, 0), (0, 0, 0), (0, 0))):
        changed = [each.clone() for each in asked]
        changed[number][first] += 1
        moved = (part(*changed) - answer).abs()
        assert moved[0].min() > 0
        assert moved[1].max() == 0
