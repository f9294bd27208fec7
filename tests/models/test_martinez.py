import pytest
import torch

from fitlab.models.martinez import Dropout, Martinez, with_depth


def test_the_papers_network_has_the_papers_size():
    first, blocks, last = 32 * 1024 + 1024, 4 * (1024 * 1024 + 1024), 1024 * 45 + 45
    norms = 5 * 2 * 1024
    network = Martinez()
    assert sum(weight.numel() for weight in network.parameters()) == first + blocks + last + norms
    assert network(torch.zeros(2, 16, 2)).shape == (2, 15, 3)


def test_certainty_is_heard_only_if_asked_for():
    points, sure = torch.randn(4, 16, 2), torch.ones(4, 16)
    plain, hearing = Martinez(8).eval(), Martinez(8, certainty=True).eval()
    assert torch.equal(plain(points, sure), plain(points, 0 * sure))
    assert not torch.equal(hearing(points, sure), hearing(points, 0 * sure))
    assert torch.equal(hearing(points), hearing(points, sure))


def test_weights_are_limited_and_short_ones_left_alone():
    network = Martinez(8)
    torch.nn.init.constant_(network.last.weight, 0.01)
    network.limit_weights(1.0)
    assert network.first[0].weight.norm() <= 1 + 1e-6
    assert (network.last.weight == 0.01).all()


def test_without_its_layers_a_block_passes_its_input_on():
    network = Martinez(8).eval()
    block = network.blocks[0]
    torch.nn.init.zeros_(block.layers[5].weight)
    torch.nn.init.zeros_(block.layers[5].bias)
    features = torch.randn(3, 8)
    assert torch.equal(block(features), features)


def test_the_folded_network_answers_the_same():
    torch.manual_seed(0)
    network = Martinez(hidden=8, certainty=True)
    network(torch.randn(50, 16, 2))  # batch norms that have seen something
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm1d):
                module.weight.uniform_(0.5, 2)
                module.bias.uniform_(-1, 1)
    points, certainty = torch.randn(5, 16, 2), torch.rand(5, 16)
    folded = network.eval().fold()
    torch.testing.assert_close(folded(points, certainty), network(points, certainty))
    assert not any(isinstance(module, torch.nn.BatchNorm1d) for module in folded.modules())


def test_what_is_grown_for_depth_answers_the_same_joints():
    plain = Martinez(8, certainty=True).eval()
    deep = Martinez(8, certainty=True, depth=True, scale=True).eval()
    deep.load_state_dict(with_depth(deep, plain.state_dict()))
    points, sure, depth = torch.randn(4, 16, 2), torch.rand(4, 16), torch.randn(4, 16, 2)
    answer = deep(points, sure, depth)
    assert answer.shape == (4, 15, 4)
    torch.testing.assert_close(answer[..., :3], plain(points, sure))


def test_depth_is_heard_only_if_asked_for():
    points, sure = torch.randn(4, 16, 2), torch.ones(4, 16)
    deep = Martinez(8, certainty=True, depth=True).eval()
    assert not torch.equal(deep(points, sure), deep(points, sure, torch.ones(4, 16, 2)))
    assert torch.equal(deep(points, sure), deep(points, sure, torch.zeros(4, 16, 2)))


@pytest.mark.parametrize("probability", [0.5, 0.25, 0.1])
def test_dropout_keeps_its_share_and_the_mean(probability):
    torch.manual_seed(0)
    dropped = Dropout(probability).train()(torch.ones(500, 500))
    assert sorted(dropped.unique().tolist()) == pytest.approx([0, 1 / (1 - probability)])
    assert (dropped == 0).float().mean().item() == pytest.approx(probability, abs=0.005)
    torch.testing.assert_close(Dropout(probability).eval()(torch.ones(3)), torch.ones(3))
