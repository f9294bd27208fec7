import pytest
import torch

from fitlab.models import catalogue
from fitlab.models.fitpose_blaze import FitPoseBlaze


@pytest.fixture(scope="module")
def network() -> FitPoseBlaze:
    torch.manual_seed(0)
    network = FitPoseBlaze("full").eval()
    for answer in (network.joints.answer, network.blazepose.landmarks.weight):
        torch.nn.init.normal_(answer, std=0.1)
    return network


@pytest.mark.parametrize(
    ("size", "guided", "deep"),
    [
        ("lite", False, True),
        ("full", False, False),
        ("full", True, True),
        ("heavy", False, False),
        ("heavy", False, True),
    ],
)
def test_every_question_is_answered_of_every_joint(size, guided, deep):
    with torch.inference_mode():
        answer = FitPoseBlaze(size, guided=guided, deep=deep).eval()(torch.zeros(2, 3, 256, 256))
    assert [heatmap.shape for heatmap in answer.heatmaps] == [(2, 16, 64, 64)]
    assert answer.score.shape == (2, 16)
    assert answer.visibility.shape == (2, 16, 3)
    assert answer.depth.shape == (2, 16, 2)


def test_a_guided_head_is_shown_where_the_landmarks_lie():
    """Twelve maps after the encoder's, each with its peak in the cell of shoulder, elbow, wrist, hip, knee or ankle."""
    guided, shown = FitPoseBlaze("full", guided=True).eval(), []
    numbers = torch.arange(39 * 5).view(39, 5) % 60 * 4.0 + 2  # places in the middle of a cell of 4 px
    torch.nn.init.zeros_(guided.blazepose.landmarks.weight)
    guided.blazepose.landmarks.bias.data = numbers.flatten()
    guided.features.register_forward_pre_hook(lambda _, inputs: shown.append(inputs[0]))
    with torch.inference_mode():
        guided(torch.zeros(1, 3, 256, 256))
    maps = shown[0][0, -12:].flatten(1)
    rows, columns = maps.argmax(1) // 64, maps.argmax(1) % 64
    joints = numbers[[*range(11, 17), *range(23, 29)], :2]
    torch.testing.assert_close(torch.stack([columns, rows], 1) * 4.0 + 2, joints)


def test_other_sizes_are_refused(network):
    with pytest.raises(ValueError, match=r"images .B, 3, 256, 256., got .1, 3, 224, 224."):
        network(torch.zeros(1, 3, 224, 224))
    with pytest.raises(ValueError, match=r"unknown BlazePose .heavi.;.*did you mean heavy"):
        FitPoseBlaze("heavi")


def test_folded_batch_norms_give_the_same_answers(network):
    picture = torch.rand(1, 3, 256, 256)
    folded = FitPoseBlaze("full")
    folded.load_state_dict(network.state_dict())
    with torch.inference_mode():
        expected, got = network(picture), folded.fold()(picture)
    torch.testing.assert_close(got.heatmaps[0], expected.heatmaps[0], rtol=1e-3, atol=1e-4)
    for part in ("score", "visibility", "depth"):
        torch.testing.assert_close(getattr(got, part), getattr(expected, part), rtol=1e-3, atol=1e-3)


def test_what_is_said_of_joints_does_not_move_them(network):
    network.zero_grad()
    answer = network(torch.rand(1, 3, 256, 256))
    (answer.score.sum() + answer.depth.sum() + answer.visibility.sum()).backward()
    assert network.heatmap.weight.grad is None
    start = catalogue.network("fitpose-blaze").alone["score"]
    judges = [key for key, _ in network.named_parameters() if key.startswith(start)]
    assert judges
