"""Linear layers whose weights are limited where they are used, not where they are stored.

Martinez et al.'s code does so. To scale the stored weights down after each step is something else: a step of Adam with
a rate of 1e-3 is as long as such a weight matrix of a million numbers, so each step would replace the one before.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable


class _LimitedProduct(torch.autograd.Function):
    """``features @ (weight / max(1, |weight|)).T + bias``, without ever making the matrix of limited weights.

    The factor scales the product, which is far smaller than the weights. The weights' gradient is that of a plain
    layer, scaled, and where the limit holds the part along the weights themselves:
    d(1 / |W|) / dW = -W / |W|^3.
    """

    @staticmethod
    def forward(ctx: Any, features: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        product = nn.functional.linear(features, weight)
        ctx.norm = weight.norm().item()
        ctx.save_for_backward(features, weight, product)
        return torch.add(bias, product, alpha=1 / max(ctx.norm, 1.0))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor, Tensor]:
        (gradient,) = gradients
        features, weight, product = ctx.saved_tensors
        scaled = (gradient / max(ctx.norm, 1.0)).to(product.dtype)
        rows = scaled.flatten(0, -2)
        by_weight = (rows.T @ features.to(product.dtype).flatten(0, -2)).to(weight.dtype)
        if ctx.norm > 1:
            by_weight.add_(weight, alpha=-(gradient * product).sum().item() / ctx.norm**3)
        by_features = (scaled @ weight.to(product.dtype)).to(features.dtype) if ctx.needs_input_grad[0] else None
        return by_features, by_weight, gradient.flatten(0, -2).sum(0)


class LimitedLinear(nn.Linear):
    """A linear layer that scales its weights down where their (Frobenius) norm exceeds 1."""

    def forward(self, features: Tensor) -> Tensor:  # (..., in) -> (..., out)
        return _LimitedProduct.apply(features, self.weight, self.bias)

    def used(self) -> Tensor:
        """The weights as the layer uses them.

        Returns
        -------
        torch.Tensor
            (out, in), of a norm of 1 at most.
        """
        return self.weight.detach() / self.weight.detach().norm().clamp(min=1)


def limit_weights(network: nn.Module) -> None:
    """Make every linear layer a :class:`LimitedLinear`, with the weights that it has.

    Parameters
    ----------
    network
        Is changed. Its linear layers have a bias.
    """
    for module in network.modules():
        if type(module) is nn.Linear:
            module.__class__ = LimitedLinear


def without_limits(network: nn.Module, plain: nn.Module) -> nn.Module:
    """A plain network with the weights that the layers of a limited network use.

    Parameters
    ----------
    network
        With :func:`limit_weights`, or without.
    plain
        A network of the same kind, which is filled.

    Returns
    -------
    torch.nn.Module
        The plain one, in eval mode.
    """
    state = dict(network.state_dict())
    for name, module in network.named_modules():
        if isinstance(module, LimitedLinear):
            state[f"{name}.weight"] = module.used()
    plain.load_state_dict(state)
    return plain.eval()
