"""Steps a second of a lifter's training beside an ordinary DataLoader loop of the same network on the same samples.

The ordinary loop is what the public repositories have: a Dataset whose ``__getitem__`` gives one sample, a DataLoader
that gathers them, PyTorch's own layers, parametrisation and ``torch.optim.Adam`` as they come. Ours is the step of
``fitlab train lifter`` on whole batches. Two kinds of samples:

- ``drawn``: of ``fitlab train lifter``: camera, body, noise and hidden joints are drawn anew for each sample;
- ``fixed``: of the report's protocol: four cameras, all samples known beforehand, each layer's weights limited to a
  norm of 1. Both loops have them in memory.

Both take turns, and the fastest turn counts. Seconds are of the processor, all threads together, so that other work on
the machine does not count; workers of the DataLoader only spread the same work, and are left out.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize
from torch.utils.data import DataLoader, Dataset

from fitlab.datasets.anatomy import random_poses
from fitlab.datasets.mocap import Motion
from fitlab.datasets.studio import film
from fitlab.models.martinez import Martinez
from fitlab.training.epochs import PoseTensors, ShuffledBatches
from fitlab.training.lifter_sets import Source
from fitlab.training.loop import Task, take_step
from fitlab.training.samples import Noise, Variation, Views, draw_samples, frames
from fitlab.training.weight_limits import limit_weights

Batch = tuple[Tensor, Tensor, Tensor]


class Drawn(Dataset):
    """One sample of ``fitlab train lifter`` at a time."""

    def __init__(self, poses: np.ndarray) -> None:
        self.source = frames(poses)

    def __len__(self) -> int:
        return 1 << 20

    def __getitem__(self, number: int) -> Batch:
        return tuple(part[0] for part in drawn(self.source, number, 1))


def drawn(source: Callable, seed: int, count: int) -> Batch:
    some = draw_samples(source, np.random.default_rng(seed), count, Views(), Variation(), Noise())
    return tuple(torch.from_numpy(part.astype(np.float32)) for part in (some.points, some.certainty, some.target))


class Fixed(Dataset):
    """One sample at a time out of arrays that hold them all, as in VideoPose3D's and SemGCN's code."""

    def __init__(self, samples: PoseTensors) -> None:
        self.points, self.targets = samples.inputs.numpy(), samples.targets.numpy()

    def __len__(self) -> int:
        return len(self.points)

    def __getitem__(self, number: int) -> tuple[Tensor, Tensor]:
        return torch.from_numpy(self.points[number]).float(), torch.from_numpy(self.targets[number]).float()


class Limited(nn.Module):
    """Martinez et al.'s limit as one writes it with ``torch.nn.utils.parametrize``."""

    def forward(self, weight: Tensor) -> Tensor:
        return weight / weight.norm().clamp(min=1)


def network(options: argparse.Namespace, limited: bool, own: bool) -> Martinez:
    torch.manual_seed(0)
    made = Martinez(options.hidden, certainty=not limited).train()
    if own and limited:
        limit_weights(made)
    if not own:
        for module in list(made.modules()):
            for name, part in module.named_children():
                if isinstance(part, nn.Dropout):
                    setattr(module, name, nn.Dropout(part.p))
            if limited and isinstance(module, nn.Linear):
                parametrize.register_parametrization(module, "weight", Limited())
    return made


def ordinary(model: nn.Module, dataset: Dataset, batch: int) -> Callable[[], float]:
    """The ordinary loop, a step at each call; a sample is (inputs of the network ..., target)."""
    loader = DataLoader(dataset, batch, shuffle=True, drop_last=True)
    samples = itertools.chain.from_iterable(itertools.repeat(loader))
    optimiser = torch.optim.Adam(model.parameters(), 1e-3)

    def step() -> float:
        *inputs, target = next(samples)
        optimiser.zero_grad()
        loss = nn.functional.mse_loss(model(*inputs), target[:, -15:])
        loss.backward()
        optimiser.step()
        return loss.item()

    return step


def ours(model: nn.Module, batches: Callable) -> Callable[[], float]:
    """The loop of ``fitlab train``, a step at each call."""

    def loss(model: nn.Module, tensors: tuple[Tensor, ...]) -> Tensor:
        *inputs, target = tensors
        return (model(*inputs).float() - target[:, -15:]).square().mean()

    task = Task(batches, loss, lambda model: {}, "")
    optimiser = torch.optim.AdamW(model.parameters(), 1e-3, weight_decay=0, fused=True)
    count, device = itertools.count(), torch.device("cpu")
    return lambda: take_step(model, optimiser, task, 1e-3, (1, next(count), 0), device)


def milliseconds(loops: dict[str, Callable[[], float]], rounds: int, steps: int) -> dict[str, float]:
    """Of the processor, for a step of each loop: of the fastest of several rounds, in which they take turns."""
    best = dict.fromkeys(loops, float("inf"))
    for turn in range(rounds + 1):
        for name, loop in loops.items():
            start = time.process_time()
            for _ in range(steps):
                loop()
            took = 1e3 * (time.process_time() - start) / steps
            best[name] = min(best[name], took) if turn else best[name]  # the first round warms up
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hidden", type=int, default=1024)
    parser.add_argument("--batch", type=int, nargs="+", default=[64, 128])
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--steps", type=int, default=4, help="of each round")
    options = parser.parse_args()
    poses = random_poses(np.random.default_rng(0), 5000) + np.array([0, 0, 900.0])
    motion = Motion(poses, np.zeros(len(poses), int), ("clip_1",), 30)
    fixed = PoseTensors(film(motion, every=1), Source(), torch.device("cpu"))
    source = frames(poses)
    print(f"Martinez, hidden layers of {options.hidden}, {torch.get_num_threads()} threads; processor ms a step")
    for batch in options.batch:
        kinds = {
            "fixed": (Fixed(fixed), ShuffledBatches(fixed, batch), True),
            "drawn": (Drawn(poses), lambda key, batch=batch: drawn(source, key[1], batch), False),
        }
        for name, (dataset, batches, limited) in kinds.items():
            loops = {
                "ours": ours(network(options, limited, own=True), batches),
                "DataLoader": ordinary(network(options, limited, own=False), dataset, batch),
            }
            took = milliseconds(loops, options.rounds, options.steps)
            print(
                f"{name}, batches of {batch}: {took['ours']:.1f} ms, {1e3 / took['ours']:.1f} steps a second; "
                f"DataLoader {took['DataLoader']:.1f} ms, {1e3 / took['DataLoader']:.1f} steps a second; "
                f"{took['DataLoader'] / took['ours']:.1f} times",
                flush=True,
            )


if __name__ == "__main__":
    main()
