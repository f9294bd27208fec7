"""What a trained lifter is scored on, once: everything that the report's tables show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from fitlab.datasets import catalogue, studio
from fitlab.datasets.records import PoseSet
from fitlab.datasets.virtual_cameras import before_cameras
from fitlab.evaluation.lifters import evaluate_lifter, summarise
from fitlab.folders import has_data
from fitlab.lifting.inputs import UNIT_MM
from fitlab.poses import Pose2D, Pose3D
from fitlab.training.lifter_sets import Source, in_pictures, network_inputs
from fitlab.weights import registry

#: Whose joints the lifters are given, where they are here.
DETECTORS = ("fitpose-lite0", "efficientpose-rt-lite", "hg2-small", "hg8-small")
SCORES = "scores.json"


@dataclass(frozen=True)
class AtItsWord:
    """A network that takes every joint at its word, whatever its score, and looks once: as the report's.

    Parameters
    ----------
    network
        (B, 16, 2) -> (B, 15, 3), in eval mode, of the normalisation ``screen``.
    spine
        See :data:`fitlab.training.lifter_sets.SPINES`.
    """

    network: nn.Module
    spine: str = "middle"

    def lift(self, pose2d: Pose2D, field_of_view: object = None) -> Pose3D:
        """Poses as the network answers them, without a fit to the picture.

        Parameters
        ----------
        pose2d
            N poses, (N, J, 2) px.
        field_of_view
            Nothing that the network asks for.

        Returns
        -------
        Pose3D
            (N, 16, 3) mm.
        """
        inputs = torch.from_numpy(network_inputs(pose2d, self.spine).astype(np.float32))
        with torch.inference_mode():
            lifted = torch.cat([self.network(some) for some in inputs.split(4096)]).numpy() * UNIT_MM
        points = np.concatenate([np.zeros((len(lifted), 1, 3)), lifted], axis=1)
        return Pose3D(points, np.ones(points.shape[:-1]))


def tests(folder: Path) -> Iterator[tuple[str, PoseSet, str]]:
    """What every lifter is scored on, once.

    Parameters
    ----------
    folder
        Of a training. What a detector found is kept beside it.

    Yields
    ------
    name, poses, spine
        Clips and a person of everyday motion, before the cameras of the training, others of their kind, and any;
        the exercises of ``fitness-test``, from true joints and from those of each detector; for the first detector also
        from its look at the whole picture alone, and with MPII's thorax for a spine.
    """
    for part in ("clips", "person"):
        yield part, studio.test_set(part), "middle"
        yield f"{part}, cameras elsewhere", studio.test_set(f"{part}-elsewhere"), "middle"
        yield f"{part}, any camera", before_cameras(studio.parts()[part], part), "middle"
    if has_data("human36m"):
        yield "human36m", catalogue.open("human36m-test"), "middle"  # type: ignore[misc]
    photos = catalogue.open_photos("fitness-test")
    yield "fitness, true joints", photos.poses(), "middle"
    yield "fitness, true joints, thorax for spine", photos.poses(), "thorax"
    first = DETECTORS[0]
    for detector in filter(registry.is_here, DETECTORS):
        found = in_pictures(photos, Source("pictures", detector, ("fitness-test",)), folder)
        yield f"fitness, {detector}", found, "middle"
        if detector == first:
            yield f"fitness, {detector}, thorax for spine", found, "thorax"
            whole = in_pictures(photos, Source("pictures", detector, ("fitness-test",), zoom=False), folder)
            yield f"fitness, {detector}, whole picture", whole, "middle"


def score(network: nn.Module, folder: Path) -> dict[str, Any]:
    """The scores of a lifter in all of :func:`tests`, kept in ``folder``; name -> what a result has."""
    file = folder / SCORES
    if not file.exists():
        scores = {}
        for name, poses, spine in tests(folder):
            table = evaluate_lifter(AtItsWord(network, spine), poses)  # type: ignore[arg-type]
            scores[name] = summarise(table, poses).to_dict()
        temporary = file.with_suffix(".part")
        temporary.write_text(json.dumps(scores, indent=1) + "\n", encoding="utf-8")
        temporary.replace(file)
    return json.loads(file.read_text(encoding="utf-8"))
