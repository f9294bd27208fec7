import pytest
import torch

from fitlab.models.semgcn import PAIRS, NonLocal, SemanticGraphConv, SemGCN
from fitlab.skeletons import LIFT16


@pytest.mark.parametrize(("non_local", "millions"), [(False, 0.27), (True, 0.43)])
def test_it_has_as_many_parameters_as_the_paper_says(non_local, millions):
    count = sum(weight.numel() for weight in SemGCN(non_local=non_local).parameters())
    assert round(count / 1e6, 2) == millions


@pytest.mark.parametrize("non_local", [False, True])
@pytest.mark.parametrize("certainty", [False, True])
def test_its_contract_is_that_of_martinez(non_local, certainty):
    network = SemGCN(hidden=16, blocks=2, non_local=non_local, certainty=certainty).eval()
    points = torch.randn(3, 16, 2)
    assert network(points).shape == (3, 15, 3)
    sure = network(points, torch.ones(3, 16))
    torch.testing.assert_close(network(points), sure)
    unsure = network(points, torch.zeros(3, 16))
    assert torch.equal(unsure, sure) != certainty


def test_a_joint_hears_of_its_neighbours_only():
    convolution = SemanticGraphConv(1, 1)
    with torch.no_grad():
        convolution.weight.fill_(1.0)
        convolution.bias.zero_()
    wrist = torch.zeros(16, 1, 1)
    wrist[LIFT16.index("left_wrist")] = 1.0
    heard = convolution(wrist)[:, 0, 0]
    by_name = {name: heard[LIFT16.index(name)].item() for name in LIFT16.joints if heard[LIFT16.index(name)] != 0}
    # The wrist has one neighbour, the elbow two: the softmax of equal numbers gives shares of 1/2 and 1/3.
    assert by_name == pytest.approx({"left_wrist": 1 / 2, "left_elbow": 1 / 3})


def test_joint_and_neighbours_have_weights_of_their_own():
    convolution = SemanticGraphConv(1, 1)
    with torch.no_grad():
        convolution.weight[0], convolution.weight[1] = 1.0, 10.0
        convolution.bias.zero_()
    wrist = torch.zeros(16, 1, 1)
    wrist[LIFT16.index("left_wrist")] = 1.0
    heard = convolution(wrist)[:, 0, 0]
    assert heard[LIFT16.index("left_wrist")].item() == pytest.approx(1 / 2)
    assert heard[LIFT16.index("left_elbow")].item() == pytest.approx(10 / 3)


def test_learnt_edges_shift_what_is_heard():
    convolution = SemanticGraphConv(1, 1)
    with torch.no_grad():
        convolution.weight.fill_(1.0)
        convolution.bias.zero_()
        convolution.edges[-1] = 20.0  # the last joint, the right wrist, to itself
    heard = convolution(torch.eye(16)[:, :, None])[LIFT16.index("right_wrist"), :, 0]
    assert heard[LIFT16.index("right_wrist")].item() == pytest.approx(1, abs=1e-6)


def test_the_pairs_are_all_joints_once():
    assert sorted(name for pair in PAIRS for name in pair) == sorted(LIFT16.joints)


def test_an_untrained_non_local_layer_changes_nothing():
    joints = torch.randn(16, 4, 8)
    assert torch.equal(NonLocal(8)(joints), joints)


def test_it_learns_a_pose_by_heart():
    torch.manual_seed(0)
    network, points, target = SemGCN(hidden=32, blocks=1, non_local=True), torch.randn(8, 16, 2), torch.randn(8, 15, 3)
    optimiser = torch.optim.Adam(network.parameters(), 0.01)
    losses = []
    for _ in range(60):
        loss = (network(points) - target).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2
