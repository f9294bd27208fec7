import pytest
import torch

from fitlab.models.fitpose import FitPose, _Context


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
        answer = network(torch.zeros(2, 3, size, size))
    assert answer.heatmaps[0].shape == (2, 16, size // 4, size // 4)
    assert answer.score.shape == (2, 16)


def test_other_sizes_are_refused(network: FitPose):
    with pytest.raises(ValueError, match="multiples of 32"):
        network(torch.zeros(1, 3, 100, 100))


def test_the_network_is_small(network: FitPose):
    assert sum(parameter.numel() for parameter in network.parameters()) < 4e6


def test_folded_batch_norms_give_the_same_answers(network: FitPose):
    picture = torch.rand(1, 3, 64, 64) * 2 - 1
    with torch.inference_mode():
        (heatmap,), score, *_ = network(picture)
        folded = FitPose()
        folded.load_state_dict(network.state_dict())
        (again,), judged, *_ = folded.fold()(picture)
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in folded.modules())
    torch.testing.assert_close(again, heatmap, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(judged, score, rtol=1e-3, atol=1e-3)


def test_every_place_sees_every_other():
    torch.manual_seed(0)
    context = _Context(16, layers=1)
    x = torch.randn(1, 16, 5, 7, requires_grad=True)
    torch.testing.assert_close(context(x), x)  # untrained it adds nothing
    torch.nn.init.normal_(context.answer.weight)
    context(x)[0, :, 0, 0].sum().backward()
    assert (x.grad.abs().amax(1) > 0).all()


def test_heatmaps_follow_the_attention():
    torch.manual_seed(0)
    network, picture = FitPose().eval(), torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        (before,), *_ = network(picture)
        torch.nn.init.normal_(network.context.answer.weight)
        assert (network(picture).heatmaps[0] - before).abs().max() > 1e-3


def test_attention_tells_places_apart():
    # The same features everywhere, and yet an answer that depends on where.
    torch.manual_seed(0)
    context = _Context(16, layers=1)
    torch.nn.init.normal_(context.answer.weight)
    answer = context(torch.ones(1, 16, 4, 6))[0].flatten(1)
    assert torch.cdist(answer.T, answer.T)[~torch.eye(24, dtype=bool)].min() > 1e-3


def test_the_score_does_not_train_the_heatmaps():
    network = FitPose()
    network(torch.zeros(1, 3, 64, 64)).score.sum().backward()
    assert network.heatmap.weight.grad is None
