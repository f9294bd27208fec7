import pytest
import torch

from fitlab.models.fitpose import FitPose


@pytest.fixture(scope="module")
def network() -> FitPose:
    torch.manual_seed(0)
    network = FitPose().eval()
    for module in network.modules():  # batch norms that do something
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2)
    return network


@pytest.mark.parametrize("size", [64, 96])
def test_heatmaps_have_a_quarter_of_the_inputs_side(network: FitPose, size: int):
    with torch.inference_mode():
        heatmap, score = network(torch.zeros(2, 3, size, size))
    assert heatmap.shape == (2, 16, size // 4, size // 4)
    assert score.shape == (2, 16)


def test_the_network_is_small(network: FitPose):
    assert sum(parameter.numel() for parameter in network.parameters()) < 3.5e6


def test_folded_batch_norms_give_the_same_answers(network: FitPose):
    picture = torch.rand(1, 3, 64, 64) * 2 - 1
    with torch.inference_mode():
        heatmap, score = network(picture)
        folded = FitPose()
        folded.load_state_dict(network.state_dict())
        again, judged = folded.fold()(picture)
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in folded.modules())
    torch.testing.assert_close(again, heatmap, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(judged, score, rtol=1e-3, atol=1e-3)


def test_the_score_does_not_train_the_heatmaps():
    network = FitPose()
    _, score = network(torch.zeros(1, 3, 64, 64))
    score.sum().backward()
    assert network.heatmap.weight.grad is None
