"""Steps a second of a lifter's training beside an ordinary DataLoader loop of the same network on the same samples.

The ordinary loop is what the public repositories have: a Dataset whose ``__getitem__`` makes one sample, a DataLoader
that gathers them, ``torch.optim.Adam`` as it comes. Ours makes whole batches. Two kinds of samples:

- ``drawn``: of ``fitlab train lifter``: camera, body, noise and hidden joints are drawn anew for each sample;
- ``fixed``: of the report's protocol: four cameras, all samples known beforehand, which ours keeps as tensors.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from fitlab.cameras import intrinsics, project, to_camera
from fitlab.datasets.anatomy import random_poses
from fitlab.datasets.mocap import Motion
from fitlab.datasets.studio import FIXED, IMAGE, film
from fitlab.lifting.inputs import UNIT_MM
from fitlab.models.martinez import Martinez
from fitlab.training.epochs import Batches, Samples
from fitlab.training.lifter_sets import Source
from fitlab.training.samples import Noise, Variation, Views, draw_samples, frames

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
    """One frame before one of the room's cameras at a time."""

    def __init__(self, poses: np.ndarray) -> None:
        self.poses = poses
        self.cameras = [(*camera.pose(), intrinsics(camera.focal, IMAGE, IMAGE)) for camera in FIXED]

    def __len__(self) -> int:
        return len(self.poses) * len(self.cameras)

    def __getitem__(self, number: int) -> Batch:
        rotation, translation, lens = self.cameras[number % len(self.cameras)]
        seen = to_camera(self.poses[number // len(self.cameras)], rotation, translation)
        points = (2 * (project(seen, lens) + 0.5) - IMAGE) / IMAGE
        target = (seen - seen[:1]) / UNIT_MM
        return torch.from_numpy(points).float(), torch.ones(16), torch.from_numpy(target).float()


def ordinary(dataset: Dataset, batch: int, workers: int) -> Iterator[Batch]:
    loader = DataLoader(dataset, batch, shuffle=True, num_workers=workers, drop_last=True)
    return itertools.chain.from_iterable(itertools.repeat(loader))


def ours_drawn(poses: np.ndarray, batch: int) -> Iterator[Batch]:
    source = frames(poses)
    return (drawn(source, step, batch) for step in itertools.count())


def ours_fixed(poses: np.ndarray, batch: int) -> Iterator[Batch]:
    motion = Motion(poses, np.zeros(len(poses), int), ("clip_1",), 30)
    batches = Batches(Samples(film(motion, every=1), Source(), torch.device("cpu")), batch)
    root, certainty = torch.zeros(batch, 1, 3), torch.ones(batch, 16)
    for step in itertools.count():
        points, target = batches((1, step, 0))
        yield points, certainty, torch.cat([root, target], dim=1)


def steps_a_second(batches: Iterator[Batch], hidden: int, seconds: float, fused: bool) -> float:
    """Of a training on ``batches``; the first three steps are not counted."""
    torch.manual_seed(0)
    network = Martinez(hidden, certainty=True).train()
    kind = torch.optim.AdamW if fused else torch.optim.Adam
    optimiser = kind(network.parameters(), 1e-3, weight_decay=0, **({"fused": True} if fused else {}))
    done, start = -3, 0.0
    for points, certainty, target in batches:
        if done == 0:
            start = time.perf_counter()
        loss = nn.functional.mse_loss(network(points, certainty), target[:, 1:])
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        done += 1
        if done > 2 and time.perf_counter() - start > seconds:
            return done / (time.perf_counter() - start)
    raise AssertionError("batches are endless")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hidden", type=int, default=1024)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each measurement")
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 2], help="of the DataLoader; the best one counts")
    options = parser.parse_args()
    poses = random_poses(np.random.default_rng(0), 5000) + np.array([0, 0, 900.0])
    print(f"Martinez, hidden layers of {options.hidden}, batches of {options.batch}, {torch.get_num_threads()} threads")
    for name, dataset, ours in (("drawn", Drawn(poses), ours_drawn), ("fixed", Fixed(poses), ours_fixed)):
        mine = steps_a_second(ours(poses, options.batch), options.hidden, options.seconds, fused=True)
        theirs = {}
        for workers in options.workers:
            batches = ordinary(dataset, options.batch, workers)
            theirs[workers] = steps_a_second(batches, options.hidden, options.seconds, fused=False)
        shown = ", ".join(f"{speed:.1f} with {workers} workers" for workers, speed in theirs.items())
        print(
            f"{name}: {mine:.1f} steps a second; DataLoader {shown}; {mine / max(theirs.values()):.1f} times",
            flush=True,
        )


if __name__ == "__main__":
    main()
