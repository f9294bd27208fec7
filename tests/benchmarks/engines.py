"""What runs a network fastest: python tests/benchmarks/engines.py [--save FILE] [NAME ...]

Each network by PyTorch, by ONNX Runtime (`fitlab[fast]`) and, where ai-edge-litert and the official files are,
MediaPipe's network of the same size by its own interpreter. They take turns in one process. Milliseconds of
processor time stand beside those of the clock: on a machine with other work only the former can be compared.
"""

from __future__ import annotations

# ruff: noqa: I001
import fitlab  # before PyTorch: its threads then sleep while they wait

import argparse
import json
import platform
import time
from collections.abc import Callable, Iterator
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch

from fitlab.evaluation.results import weights_used
from fitlab.folders import data_folder
from fitlab.weights import engine, registry

NAMES = ("fitpose-heavy", "fitpose-full", "fitpose-lite0")
OFFICIAL = {f"fitpose-{size}": f"blazepose/pose_landmark_{size}.tflite" for size in ("heavy", "full")}


def runners(name: str) -> dict[str, Callable[[], object]]:
    """Engine -> what looks at one picture."""
    entry = registry.entry(name)
    picture = torch.rand(1, 3, entry.input_size, entry.input_size).contiguous(memory_format=torch.channels_last)
    plain, fast = engine.by_pytorch(entry), engine.network(entry)
    found: dict[str, Callable[[], object]] = {"PyTorch": lambda: plain(picture)}
    if isinstance(fast, engine.Exported):
        found["ONNX Runtime"] = lambda: fast(picture)
    official = data_folder() / OFFICIAL.get(name, "none")
    if official.is_file() and find_spec("ai_edge_litert"):
        from ai_edge_litert.interpreter import Interpreter

        interpreter = Interpreter(str(official), num_threads=torch.get_num_threads())
        interpreter.allocate_tensors()
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], picture.permute(0, 2, 3, 1).numpy())
        found["official network and interpreter"] = interpreter.invoke
    return found


def timed(looks: dict[str, Callable[[], object]], repeats: int) -> dict[str, dict[str, float]]:
    """Engine -> median milliseconds of processor time and of the clock."""
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in looks}
    with torch.inference_mode():
        for _ in range(repeats + 2):
            for name, look in looks.items():
                before = time.process_time(), time.perf_counter()
                look()
                spent[name].append((time.process_time() - before[0], time.perf_counter() - before[1]))
    medians = {name: 1000 * np.median(times[2:], axis=0) for name, times in spent.items()}
    return {
        name: {"processor ms": round(cpu, 1), "clock ms": round(clock, 1)} for name, (cpu, clock) in medians.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=[name for name in NAMES if name in registry.entries()])
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--save", type=Path, help="a JSON file")
    options = parser.parse_args()
    tables = {name: timed(runners(name), options.repeats) for name in options.names}
    for name, rows in tables.items():
        for row, times in rows.items():
            print(f"{name:15} {row:33}", "  ".join(f"{kind} {value:6.1f}" for kind, value in times.items()))
    if options.save:
        packages = [name for name in ("torch", "onnxruntime", "ai-edge-litert") if find_spec(name.replace("-", "_"))]
        about = {
            "command": "python tests/benchmarks/engines.py",
            "threads": torch.get_num_threads(),
            "machine": platform.machine(),
            "versions": {"fitlab": fitlab.__version__} | {name: metadata.version(name) for name in packages},
            "data": "a crop of random pixels",
            "weights": {name: weights_used(name) for name in tables},
            "tables": {},
            "summary": {f"{name} / {row} / {kind}": value for name, row, kind, value in _flat(tables)},
        }
        options.save.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def _flat(tables: dict[str, dict[str, dict[str, float]]]) -> Iterator[tuple[str, str, str, float]]:
    for name, rows in tables.items():
        for row, times in rows.items():
            for kind, value in times.items():
                yield name, row, kind, value


if __name__ == "__main__":
    main()
