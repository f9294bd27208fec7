"""``fitlab synthesize``: make a set of labelled pictures, or poses without pictures."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

SETS = (
    "fitness, wild, mixed (to train lifters), people (to train detectors) or one of its parts: attitudes, framed, "
    "pairs, daily, empty; default fitness"
)
SMALLEST = 16  # pixels: no joint can be told from another on less


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what ``fitlab synthesize`` takes.

    Parameters
    ----------
    parser
        To add them to.
    """
    parser.add_argument("--set", default="fitness", help=SETS)
    parser.add_argument("--count", type=int, default=100, help="how many pictures or poses; default 100")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same bytes; default 1")
    parser.add_argument("--size", type=int, default=256, help="pixels along each side; default 256")
    parser.add_argument("--split", default="train", choices=("train", "test"), help="whose bodies; they share none")
    parser.add_argument("--processes", type=int, default=2, help="default 2; does not change the result")
    parser.add_argument("--no-images", action="store_true", help="poses and cameras only, thousands a second")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")


def run(args: argparse.Namespace) -> int:
    """Carry out ``fitlab synthesize``.

    Parameters
    ----------
    args
        What the command line asks for.

    Returns
    -------
    int
        0, the exit status.

    Raises
    ------
    ValueError
        For a count, a seed or a size that is too small.
    """
    from fitlab.synthetic.store import write_poses, write_set

    if args.count < 1:
        raise ValueError(f"--count must be at least 1, got {args.count}")
    if args.seed < 0:
        raise ValueError(f"--seed must be at least 0, got {args.seed}")
    if args.size < SMALLEST:
        raise ValueError(f"--size must be at least {SMALLEST} pixels, got {args.size}")
    what = "poses" if args.no_images else "pictures"

    start = time.monotonic()

    def report(done: int, count: int) -> None:
        pace = done / max(time.monotonic() - start, 1e-9)
        print(f"{done} of {count} {what}, {pace:.1f} a second", file=sys.stderr)

    if args.no_images:
        table = write_poses(args.out, args.set, args.count, args.seed, args.split, args.processes, report)
    else:
        table = write_set(args.out, args.set, args.count, args.seed, args.size, args.split, args.processes, report)
    print(f"{args.count} {what} in {args.out}, labels in {table}")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    sys.exit(run(parser.parse_args()))
