"""Training that can be killed at any moment and resumed to the same weights, on a CPU, a GPU, or several.

Nothing is drawn from a state that would have to be saved: batch ``step`` is a function of (seed, step, rank), the
learning rate of the step, and the random numbers of dropout are seeded anew at each step.
"""

from __future__ import annotations

import copy
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from fitlab.training.run_folder import History, save_whole


def check_whole(settings: Any, **least: int) -> None:
    """Refuse settings that are no whole number or too small.

    Parameters
    ----------
    settings
        With a field for each name in ``least``.
    least
        Name -> the smallest value.

    Raises
    ------
    ValueError
        That names the first one.
    """
    for name, smallest in least.items():
        value = getattr(settings, name)
        if not isinstance(value, int) or value < smallest:
            raise ValueError(f"{name} must be a whole number of at least {smallest}, got {value}")


@dataclass(frozen=True)
class Schedule:
    """How long and how fast a network is trained.

    Parameters
    ----------
    steps
        Optimiser steps in all.
    learning_rate
        At its highest. It rises over ``warmup`` steps and falls by a cosine to a hundredth.
    warmup
        Steps.
    decay
        Another fall: a factor on the rate after every ``decay_every`` steps; 0 for the cosine.
    weight_decay
        AdamW's.
    average
        The weights kept are a running mean with this decay at each step; 0 for the last ones.
    check_every
        Steps between validations, each of which writes a checkpoint.
    """

    steps: int
    learning_rate: float = 1e-3
    warmup: int = 200
    decay: float = 0.0
    decay_every: int = 100_000
    weight_decay: float = 0.0
    average: float = 0.999
    check_every: int = 500

    def __post_init__(self) -> None:
        check_whole(self, steps=1, check_every=1, warmup=0, decay_every=1)
        for name in ("learning_rate", "weight_decay"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be a number of at least 0, got {getattr(self, name)}")
        for name in ("average", "decay"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must lie in 0..1, got {getattr(self, name)}")

    def rate(self, step: int) -> float:
        """The learning rate of step 0, 1, ..."""
        if step < self.warmup:
            return self.learning_rate * (step + 1) / self.warmup
        if self.decay:
            return self.learning_rate * self.decay ** (step // self.decay_every)
        done = (step - self.warmup) / max(1, self.steps - self.warmup)
        return self.learning_rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))


@dataclass(frozen=True)
class Task:
    """What is learnt.

    Parameters
    ----------
    batch
        (seed, step, rank) -> tensors.
    loss
        (network, tensors) -> scalar.
    validate
        Network in eval mode -> numbers to record.
    best_by
        The one of these numbers to minimise.
    after_step, before_step
        Called with the network after each optimiser step, and before it, when the gradients are known.
    slow, slow_rate
        Names of parts of the network, and their learning rate as a share of the others'.
    """

    batch: Callable[[Sequence[int]], tuple[Tensor, ...]]
    loss: Callable[[nn.Module, tuple[Tensor, ...]], Tensor]
    validate: Callable[[nn.Module], dict[str, float]]
    best_by: str
    after_step: Callable[[nn.Module], None] | None = None
    before_step: Callable[[nn.Module], None] | None = None
    slow: tuple[str, ...] = ()
    slow_rate: float = 1.0


def fit(
    network: nn.Module,
    task: Task,
    schedule: Schedule,
    folder: Path,
    keep_best: Callable[[nn.Module], None],
    seed: int = 0,
    device: str = "auto",
) -> dict[str, float]:
    """Train a network. What a run in ``folder`` has already done is not done again.

    Under ``torchrun`` each process draws its own batches, and the gradients are averaged.

    Parameters
    ----------
    network
        To be trained, in place.
    task, schedule
        What is learnt, how long and how fast.
    folder
        Gets ``checkpoint.pt`` and ``history.csv``.
    keep_best
        Is handed the averaged network whenever it is the best so far.
    seed
        Of every batch and of dropout.
    device
        See :func:`choose_device`.

    Returns
    -------
    dict
        The best validation: its step and its numbers.

    Raises
    ------
    ValueError
        For a device that is not there.
    """
    where = choose_device(device)
    rank, world = join_processes(where.type)
    folder.mkdir(parents=True, exist_ok=True)
    network = network.to(where)
    averaged = copy.deepcopy(network).eval().requires_grad_(False)
    optimiser = torch.optim.AdamW(
        by_rate(network, task), schedule.learning_rate, weight_decay=schedule.weight_decay, fused=True
    )
    file = folder / "checkpoint.pt"
    parts = {"network": network, "averaged": averaged, "optimiser": optimiser}
    start, best = restore(file, parts, where)
    history = History(folder / "history.csv", start)
    parallel = nn.parallel.DistributedDataParallel(network) if world > 1 else network
    losses: list[float] = []
    progress = tqdm(range(start, schedule.steps), initial=start, total=schedule.steps, disable=rank > 0)
    for step in progress:
        losses.append(take_step(parallel, optimiser, task, schedule.rate(step), (seed, step, rank), where))
        if task.after_step is not None:
            task.after_step(network)
        done = step + 1
        if schedule.average or done % schedule.check_every == 0 or done == schedule.steps:
            update_average(averaged, network, schedule.average, step)
        if rank > 0 or (done % schedule.check_every and done < schedule.steps):
            continue
        scores = task.validate(averaged)
        if not best or scores[task.best_by] < best[task.best_by]:
            best = {"step": done, **scores}
            keep_best(averaged)
        loss = float(np.mean(losses))
        history.add({"step": done, "loss": loss, "learning_rate": schedule.rate(step), **scores})
        progress.set_postfix({task.best_by: f"{scores[task.best_by]:.4g}", "loss": f"{loss:.4f}"})
        save_whole(file, {name: part.state_dict() for name, part in parts.items()} | {"step": done, "best": best})  # type: ignore[attr-defined]
        losses = []
    return best


def by_rate(network: nn.Module, task: Task) -> list[dict[str, Any]]:
    """The network's parameters in groups for an optimiser, with the ``share`` of the learning rate that each gets."""
    rest: list[nn.Parameter] = []
    slow: list[nn.Parameter] = []
    for name, weight in network.named_parameters():
        (slow if any(name.startswith(f"{part}.") for part in task.slow) else rest).append(weight)
    groups: list[dict[str, Any]] = [{"params": rest}, {"params": slow, "share": task.slow_rate}]
    return [group for group in groups if group["params"]]


def take_step(
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    task: Task,
    rate: float,
    key: tuple[int, int, int],
    device: torch.device,
) -> float:
    """One step of the optimiser.

    Parameters
    ----------
    network, optimiser
        Are changed.
    task
        What is learnt.
    rate
        The learning rate.
    key
        (seed, step, rank), which give the batch.
    device
        Of the network.

    Returns
    -------
    float
        The loss.
    """
    for group in optimiser.param_groups:
        group["lr"] = rate * group.get("share", 1.0)
    torch.manual_seed(int(np.random.SeedSequence(key).generate_state(1)[0]))
    tensors = tuple(tensor.to(device) for tensor in task.batch(key))
    network.train()
    with mixed_precision(device):
        loss = task.loss(network, tensors)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    if task.before_step is not None:
        task.before_step(network)
    optimiser.step()
    return loss.item()


def restore(file: Path, parts: dict[str, Any], device: torch.device) -> tuple[int, dict[str, float]]:
    """Put a checkpoint's states into ``parts``; the steps done and the best validation, 0 and {} without one."""
    if not file.exists():
        return 0, {}
    saved = torch.load(file, map_location=device, weights_only=True)
    for name, part in parts.items():
        part.load_state_dict(saved[name])
    return saved["step"], saved["best"]


def join_processes(kind: str) -> tuple[int, int]:
    """(rank, number of processes); joins the others, on devices of that ``kind``, where ``torchrun`` started us."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world > 1 and not torch.distributed.is_initialized():
        torch.distributed.init_process_group("nccl" if kind == "cuda" else "gloo")
    return (torch.distributed.get_rank(), world) if world > 1 else (0, 1)


def choose_device(name: str = "auto") -> torch.device:
    """The device to train on.

    Parameters
    ----------
    name
        ``auto``: this process's GPU where there is one, else the CPU; ``cuda``: this process's GPU; or another by name.

    Raises
    ------
    ValueError
        For a device that is not there.
    """
    if name not in ("auto", "cuda"):
        try:
            torch.empty(0, device=name)
        except (RuntimeError, AssertionError):
            raise ValueError(
                f"there is no device {name!r} here; allowed: auto, cpu, cuda, or one of several as cuda:1"
            ) from None
        return torch.device(name)
    if torch.cuda.is_available():
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    if name == "cuda":
        raise ValueError(f"there is no device {name!r} here; allowed: auto, cpu, or one of several as cuda:1")
    return torch.device("cpu")


def mixed_precision(device: torch.device) -> torch.autocast:
    """bf16 where it is faster and safe: on GPUs, and on CPUs that multiply it in hardware."""
    return torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda" or _cpu_has_bf16())


def _cpu_has_bf16() -> bool:
    """Whether there are instructions for it; on other CPUs oneDNN emulates it, at half the speed of fp32."""
    asked = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, name, bool)() for name in asked)  # older versions of PyTorch do not tell


@torch.no_grad()
def update_average(averaged: nn.Module, network: nn.Module, decay: float, step: int) -> None:
    """Move ``averaged`` towards ``network``; early on the mean is over as many steps as there were."""
    weight = 1 - min(decay, step / (step + 10))
    for mean, value in zip(averaged.state_dict().values(), network.state_dict().values(), strict=True):
        if mean.is_floating_point():
            mean.lerp_(value, weight)
        else:
            mean.copy_(value)


def last_tenth(count: int, name: str | Path) -> np.ndarray:
    """Which pictures of a set are kept for validation: the last tenth, at most 400.

    Parameters
    ----------
    count
        Of usable pictures.
    name
        Of the set, for the error.

    Returns
    -------
    np.ndarray
        (count,) bool.

    Raises
    ------
    ValueError
        For a set so small that there would be none.
    """
    if count < 10:
        raise ValueError(
            f"{name} has {count} usable pictures, at least 10 are needed: one in ten is kept for validation"
        )
    return np.arange(count) >= count - min(400, count // 10)
