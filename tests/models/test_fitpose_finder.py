import pytest
import torch

from fitlab.models import catalogue
from fitlab.models.blazepose import BlazePose
from fitlab.models.fitpose_finder import FitPoseFinder


@pytest.mark.parametrize("size", ["lite", "full"])
def test_joints_and_scores_are_answered(size):
    with torch.inference_mode():
        answer = FitPoseFinder(size).eval()(torch.zeros(2, 3, 256, 256))
    assert [heatmap.shape for heatmap in answer.heatmaps] == [(2, 16, 64, 64)]
    assert answer.score.shape == (2, 16)


def test_other_sizes_are_refused():
    with pytest.raises(ValueError, match=r"images .B, 3, 256, 256., got .1, 3, 224, 224."):
        FitPoseFinder()(torch.zeros(1, 3, 224, 224))
    with pytest.raises(ValueError, match=r"unknown BlazePose .fulll.;.*did you mean full"):
        FitPoseFinder("fulll")


def test_it_starts_from_blazepose_and_its_encoder_stays():
    row = catalogue.network("fitpose-finder")
    theirs, network = BlazePose("full"), row.build(size="full")
    row.starts["blazepose"](network, lambda name: theirs.state_dict() if name == "blazepose-full" else {})
    torch.testing.assert_close(network.encoder.state_dict(), theirs.encoder.state_dict())
    assert row.frozen == ("encoder",)


def test_what_scores_learn_does_not_move_the_joints():
    network = FitPoseFinder("lite")
    network(torch.rand(2, 3, 256, 256)).score.sum().backward()
    assert network.heatmap.weight.grad is None
    assert network.score.weight.grad is not None
