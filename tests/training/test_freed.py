from types import SimpleNamespace

import pytest
import torch
from torch import nn

from fitlab.training import crops
from fitlab.training.detector_settings import DetectorTraining
from fitlab.training.freed import RelativeSteps, free_parts


def network() -> nn.Sequential:
    """Channels of very different sizes, as in convolutions with a batch norm folded in."""
    torch.manual_seed(0)
    made = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 2, 1))
    sizes = torch.tensor([1e-3, 1e-1, 1.0, 10.0])
    made[0].weight.data = nn.functional.normalize(made[0].weight.data, dim=(1, 2, 3)) * sizes[:, None, None, None]
    return made


def changed(made: nn.Sequential, parts: list[str], rate: float) -> list[torch.Tensor]:
    """How much each channel of both layers changed in three steps, as a share of its size."""
    before = [layer.weight.detach().clone() for layer in made]
    steps = RelativeSteps(made, parts)
    optimiser = torch.optim.AdamW(made.parameters(), rate, weight_decay=0)
    for _ in range(3):
        made.zero_grad()
        made(torch.ones(1, 3, 5, 5)).square().sum().backward()
        steps.before(made)
        optimiser.step()
        steps.after(made)
    moved = zip(before, made, strict=True)
    return [(layer.weight.detach() - old).flatten(1).norm(dim=1) / old.flatten(1).norm(dim=1) for old, layer in moved]


def test_channels_of_all_sizes_change_by_the_same_share_and_other_parts_as_the_optimiser_says():
    shares, others = changed(network(), ["0"], rate=1e-2)
    assert shares.min() > 0.02
    assert shares.max() < 0.031 < others.min()


def test_without_that_large_channels_hardly_change_and_small_ones_beyond_recognition():
    shares, _ = changed(network(), [], rate=1e-2)
    assert shares.max() > 10
    assert shares.min() < 0.02


def test_a_part_is_meant_by_its_whole_name():
    made = nn.Sequential(*(nn.Linear(2, 2) for _ in range(11)))
    assert len(RelativeSteps(made, ["1"]).weights) == 2


@pytest.mark.parametrize(("relative", "layers"), [(True, ["0"]), (False, [])])
def test_a_training_makes_such_steps_where_its_settings_say_so(monkeypatch, tmp_path, relative, layers):
    tasks = []
    monkeypatch.setattr(crops, "fit", lambda network, task, *rest, **more: tasks.append(task))
    settings = DetectorTraining(data=("none",), free=("0",), free_relative=relative)
    made = network()
    crops.fit_on_crops(made, SimpleNamespace(config=settings), tmp_path, None, None)
    [task] = tasks
    steps = task.before_step.__self__
    assert steps is task.after_step.__self__
    assert [weight.shape for weight in steps.weights] == [made[0].weight.shape, made[0].bias.shape] * len(layers)


def test_parts_that_there_are_not_are_refused():
    with pytest.raises(ValueError, match=r"thing has no part '7' to free; its parts: 0, 1"):
        free_parts(network(), ["7"], "thing")
