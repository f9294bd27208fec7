"""The hourglass has the tensors of the public weights and computes what the public code computes.

``data/hourglass.json``: facts of the public networks. ``state_dict`` lists every tensor of hg1; for all three there are
the number of tensors, and the hash of the sorted lines ``key [shape]``. ``golden`` are outputs of the public code where
each tensor is filled by the rule of ``filled``.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from fitlab.models.hourglass import VARIANTS, hourglass
from fitlab.weights.registry import WeightsError, load_into

FACTS = json.loads((Path(__file__).parents[1] / "data" / "hourglass.json").read_text())


def tensors(network) -> dict[str, list[int]]:
    """Every tensor's shape; the public weights were saved before batch norm counted its batches."""
    return {
        key: list(value.shape) for key, value in network.state_dict().items() if not key.endswith("num_batches_tracked")
    }


def filled(shapes: dict[str, list[int]]) -> dict[str, torch.Tensor]:
    """Weights made by a rule that needs no random numbers."""
    state = {}
    for key, shape in shapes.items():
        phase = sum(map(ord, key)) % 97
        value = np.sin(0.7 * np.arange(np.prod(shape)) + phase).reshape(shape)
        if key.endswith("running_var"):
            value = 1 + 0.5 * abs(value)
        elif len(shape) == 1 and "bn" in key and key.endswith("weight"):
            value = 1 + 0.1 * value
        elif len(shape) == 4:
            value = value * np.sqrt(2 / np.prod(shape[1:]))
        else:
            value = 0.05 * value
        state[key] = torch.tensor(value, dtype=torch.float32)
    return state


def test_hg1_has_the_tensors_of_the_public_weights():
    assert tensors(hourglass("hg1")) == FACTS["hg1"]["state_dict"]


@pytest.mark.parametrize("variant", ["hg1", "hg2", "hg8"])
def test_names_shapes_and_parameters(variant):
    with torch.device("meta"):
        network = hourglass(variant)
    shapes = tensors(network)
    lines = "\n".join(f"{key} {shape}" for key, shape in sorted(shapes.items()))
    assert len(shapes) == FACTS[variant]["tensors"]
    assert hashlib.sha256(lines.encode()).hexdigest() == FACTS[variant]["sha256"]
    assert sum(parameter.numel() for parameter in network.parameters()) == FACTS[variant]["parameters"]


@pytest.mark.parametrize("variant", ["hg1", "hg2"])
def test_golden_outputs(variant):
    network = hourglass(variant).eval()
    load_into(network, filled(tensors(network)), variant)
    image = torch.from_numpy(0.5 + 0.5 * np.sin(0.01 * np.arange(3 * 256 * 256))).float().reshape(1, 3, 256, 256)
    with torch.inference_mode():
        heatmaps = network(image)[0]
    golden = FACTS[variant]["golden"]
    assert heatmaps.shape == (16, 64, 64)
    assert heatmaps.mean().item() == pytest.approx(golden["mean"], abs=1e-4)
    assert heatmaps.std().item() == pytest.approx(golden["std"], abs=1e-4)
    for place, value in golden["values"].items():
        assert heatmaps[tuple(map(int, place.split(",")))].item() == pytest.approx(value, abs=1e-4)


def test_every_stack_answers_and_the_last_one_counts():
    torch.manual_seed(0)
    network = hourglass("hg2-small").eval()
    image = torch.rand(2, 3, 128, 128)
    with torch.inference_mode():
        first, last = network.every_stack(image)
        assert first.shape == last.shape == (2, 16, 32, 32)
        assert torch.equal(network(image), last)


def test_the_small_ones_have_half_the_width():
    for small in ("hg2-small", "hg8-small"):
        full = small.removesuffix("-small")
        assert VARIANTS[small] == (VARIANTS[full][0], VARIANTS[full][1] // 2)


def test_a_checkpoint_of_another_network_is_refused_by_its_first_mismatch():
    state = filled(FACTS["hg1"]["state_dict"])
    with pytest.raises(WeightsError, match=r"do not fit StackedHourglass: hg.1.hg.0.0.0.bn1.weight is missing"):
        load_into(hourglass("hg2"), state, "hg1")
    with pytest.raises(WeightsError, match=r"score.0.weight is \(16, 256, 1, 1\), expected \(14, 256, 1, 1\)"):
        load_into(hourglass("hg1", joints=14), state, "hg1")
    with pytest.raises(WeightsError, match=r"conv1.weight is \(64, 3, 7, 7\), expected \(32, 3, 7, 7\)"):
        load_into(hourglass("hg2-small"), state, "hg1")


def test_what_cannot_be_pooled_is_refused():
    with pytest.raises(ValueError, match=r"multiples of 64 px, got \(1, 3, 100, 100\)"):
        hourglass("hg2-small")(torch.zeros(1, 3, 100, 100))


def test_an_unknown_variant_gets_a_suggestion():
    with pytest.raises(ValueError, match="unknown hourglass 'hg4'; did you mean"):
        hourglass("hg4")
