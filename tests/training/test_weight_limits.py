"""Weights that are limited where they are used."""

import copy

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrize

from fitlab.models.martinez import Martinez
from fitlab.training.weight_limits import LimitedLinear, limit_weights, without_limits


class AsWritten(nn.Module):
    def forward(self, weight):
        return weight / weight.norm().clamp(min=1)


@pytest.mark.parametrize(("scale", "limited"), [(0.1, False), (3.0, True)])
def test_answers_and_gradients_are_those_of_the_limit_as_it_is_written(scale, limited):
    torch.manual_seed(0)
    expected = nn.Linear(6, 5).double()
    expected.weight.data *= scale
    layer = copy.deepcopy(expected)
    parametrize.register_parametrization(expected, "weight", AsWritten())
    limit_weights(layer)
    assert isinstance(layer, LimitedLinear)
    assert (layer.weight.norm() > 1) == limited
    inputs = [torch.arange(42.0, dtype=torch.float64).reshape(7, 6).sin().requires_grad_() for _ in range(2)]
    for network, given in zip((expected, layer), inputs, strict=True):
        network(given).pow(3).sum().backward()
    torch.testing.assert_close(layer(inputs[0]), expected(inputs[0]))
    torch.testing.assert_close(inputs[1].grad, inputs[0].grad)
    torch.testing.assert_close(layer.weight.grad, expected.parametrizations.weight.original.grad)
    torch.testing.assert_close(layer.bias.grad, expected.bias.grad)


def test_in_mixed_precision_the_weights_get_a_gradient_of_their_own_precision():
    layer = nn.Linear(6, 5)
    limit_weights(layer)
    with torch.autocast("cpu", torch.bfloat16):
        answer = layer(torch.ones(3, 6, requires_grad=True))
    answer.float().sum().backward()
    assert layer.weight.grad.dtype == torch.float32


def test_a_limited_network_answers_as_its_copy_without_the_limits():
    network = Martinez(hidden=8).eval()
    limit_weights(network)
    points = torch.randn(5, 16, 2)
    torch.testing.assert_close(without_limits(network, Martinez(hidden=8))(points), network(points))
