"""How fast a lifter is: one pose, and 4,096 in one batch beside the matrix products that it cannot do without."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from fitlab.datasets.anatomy import random_poses
from fitlab.lifting.lifter import load_lifter
from fitlab.poses import Pose2D
from fitlab.skeletons import LIFT16

BATCH = 4096


def best_of(repeats: int, work: Callable[[], object]) -> float:
    """Seconds of the fastest of several runs, after one that warms up: what the machine can do when left alone."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def matrix_products(network: nn.Module, batch: int, repeats: int) -> float:
    """Seconds of the products of all linear layers of ``network`` alone."""
    layers = [module for module in network.modules() if isinstance(module, nn.Linear)]
    inputs = [torch.randn(batch, layer.in_features) for layer in layers]
    weights = [layer.weight.detach().T.contiguous() for layer in layers]
    with torch.inference_mode():
        return best_of(repeats, lambda: [a @ b for a, b in zip(inputs, weights, strict=True)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lifter", default="martinez-fitness")
    parser.add_argument("--repeats", type=int, default=10)
    options = parser.parse_args()
    lifter = load_lifter(options.lifter)
    points = random_poses(np.random.default_rng(0), BATCH)[..., [0, 2]] * [0.3, -0.3] + 500
    poses = Pose2D(points, np.ones(points.shape[:-1]), (1000, 1000), skeleton=LIFT16)
    limit = matrix_products(lifter.network, BATCH, options.repeats)
    whole = best_of(options.repeats, lambda: lifter.lift(poses, flip=False))
    both = best_of(options.repeats, lambda: lifter.lift(poses))
    one = best_of(20 * options.repeats, lambda: lifter.lift(poses[0]))
    print(f"{options.lifter}, {torch.get_num_threads()} threads")
    print(
        f"{BATCH} poses: {1e3 * whole:.0f} ms, {BATCH / whole:,.0f} a second; the products alone {1e3 * limit:.0f} ms"
    )
    print(f"that is {limit / whole:.0%} of their speed, and {2 * limit / both:.0%} with the mirror image as well")
    print(f"one pose with its mirror image: {1e3 * one:.2f} ms")


if __name__ == "__main__":
    main()
