import pytest
import torch

from fitlab.detection import heatmaps

SIZE = 24


def bump(x: float, y: float, sigma: float = 1.2) -> torch.Tensor:
    """(1, 1, SIZE, SIZE) distribution round one place."""
    return heatmaps.gaussian_targets(torch.tensor([[[x, y]]]), SIZE, sigma)


def test_targets_are_distributions():
    points = torch.rand(2, 16, 2) * 40 - 8  # some of them outside the map
    torch.testing.assert_close(heatmaps.gaussian_targets(points, SIZE, 1.2).sum((-2, -1)), torch.ones(2, 16))


def test_a_target_is_highest_at_its_cell():
    assert heatmaps.peaks(bump(7, 3)).tolist() == [[[7, 3]]]


@pytest.mark.parametrize("place", [(10.0, 12.0), (10.3, 12.45), (4.5, 19.5)])
def test_decoding_is_exact_below_a_cell(place):
    found, covariance = heatmaps.decode(bump(*place))
    assert found[0, 0].tolist() == pytest.approx(place, abs=0.05)
    assert covariance[0, 0, 0, 0].item() == pytest.approx(1.2**2, rel=0.05)
    assert covariance[0, 0, 0, 1].item() == pytest.approx(0, abs=0.02)


def test_a_second_lower_peak_is_doubt_and_no_pull():
    found, covariance = heatmaps.decode(0.7 * bump(5, 5) + 0.3 * bump(18, 5))
    assert found[0, 0].tolist() == pytest.approx((5, 5), abs=0.05)
    assert covariance[0, 0, 0, 0] > 10 * heatmaps.decode(bump(5, 5))[1][0, 0, 0, 0]
    assert covariance[0, 0, 1, 1].item() == pytest.approx(1.2**2, rel=0.1)


def test_an_oblique_ridge_has_an_oblique_covariance():
    _, covariance = heatmaps.decode(sum(bump(8 + i, 8 + i) for i in range(7)) / 7)
    assert covariance[0, 0, 0, 1] > 2


def test_two_peaks_are_half_as_concentrated_as_one():
    both = torch.cat([bump(5, 5), 0.5 * bump(5, 5) + 0.5 * bump(18, 18)], dim=1)
    assert heatmaps.concentration(both)[0].tolist() == pytest.approx([1, 0.5], abs=0.02)


def test_an_empty_map_is_no_error():
    found, covariance = heatmaps.decode(torch.zeros(1, 1, SIZE, SIZE))
    assert torch.isfinite(found).all()
    assert torch.isfinite(covariance).all()


def test_cells_lie_in_the_middle_of_their_pixels():
    """Cell 0 covers the crop's pixels 0 to 3, so its centre is at 1.5."""
    assert heatmaps.to_crop(torch.tensor([0.0, 1.0])).tolist() == [1.5, 5.5]
    points = torch.rand(5, 2) * 96
    torch.testing.assert_close(heatmaps.to_crop(heatmaps.to_cells(points)), points)


def test_cross_entropy_is_least_for_the_target_itself():
    target = bump(10, 10)
    right, wrong = target.clamp_min(1e-9).log(), bump(13, 10).clamp_min(1e-9).log()
    entropy = -(target * target.clamp_min(1e-30).log()).sum()
    assert heatmaps.cross_entropy(right, target).item() == pytest.approx(entropy.item(), rel=1e-3)
    assert heatmaps.cross_entropy(wrong, target) > heatmaps.cross_entropy(right, target) + 1


LEGS = (((0, 1), (2, 3), (4, 5)),)  # left and right hip, knee, ankle


def legs(left_ankle: torch.Tensor, right_ankle: torch.Tensor) -> torch.Tensor:
    """Hips and knees in their places, and the given ankles: (1, 6, SIZE, SIZE)."""
    return torch.cat([bump(5, 3), bump(17, 3), bump(5, 11), bump(17, 11), left_ankle, right_ankle], dim=1)


def test_ankles_that_a_network_confuses_are_given_to_both_legs():
    left, right = 0.7 * bump(5, 19) + 0.3 * bump(17, 19), 0.6 * bump(5, 19) + 0.4 * bump(17, 19)
    assert heatmaps.peaks(legs(left, right))[0, 4:].tolist() == [[5, 19], [5, 19]]
    assert heatmaps.separate_limbs(legs(left, right), LEGS)[0, 4:].tolist() == [[5, 19], [17, 19]]


def test_limbs_that_really_overlap_stay_together():
    together = legs(bump(11, 19), bump(11, 19))
    assert heatmaps.separate_limbs(together, LEGS)[0, 4:].tolist() == [[11, 19], [11, 19]]


def test_what_the_other_side_has_taken_is_no_doubt():
    heatmap = 0.6 * bump(5, 19) + 0.4 * bump(17, 19)
    own, other = torch.tensor([[[5, 19]]]), torch.tensor([[[17, 19]]])
    doubtful, sure = heatmaps.decode(heatmap, own)[1], heatmaps.decode(heatmap, own, rival=other)[1]
    assert doubtful[0, 0, 0, 0] > 10 * sure[0, 0, 0, 0]
    torch.testing.assert_close(heatmaps.decode(heatmap, own, rival=own)[1], doubtful)


def test_sums_and_maxima_round_cells_are_those_of_pooling():
    maps = torch.rand(2, 3, 9, 12, generator=torch.Generator().manual_seed(0))
    summed = torch.nn.functional.avg_pool2d(maps, 5, 1, 2) * 25
    torch.testing.assert_close(heatmaps.over_neighbours(torch.add, maps), summed)
    highest = torch.nn.functional.max_pool2d(maps, 5, 1, 2)
    assert torch.equal(heatmaps.over_neighbours(torch.maximum, maps), highest)


def test_views_that_agree_leave_nothing_open_and_others_half_of_what_they_differ_by():
    alike = heatmaps.variance_of_views([bump(7, 9), bump(7, 9)])
    torch.testing.assert_close(alike, torch.zeros(1, 1))
    apart = heatmaps.variance_of_views([bump(5, 9), bump(13, 9)])
    # Each is 4 cells from their mean along x: a variance of 32 and 0, of two views 16 and 0, along one axis 8.
    torch.testing.assert_close(apart, torch.full((1, 1), 8.0), rtol=0.02, atol=0)
