"""Below which probability is an exercise refused? What each limit costs, on people of whom nothing is reported.

    python tests/benchmarks/recognition_limit.py

Poses of bodies that neither the recogniser nor the lifter learnt from, before virtual cameras and as the lifter answers
them, at any moment of an exercise but its beginning. At ``fitlab.exercises.recognition.IMPROBABLE`` fewer than one in a
hundred should be refused who do the chosen exercise.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from fitlab.exercises.definition import load_exercises
from fitlab.exercises.recognition import BEGINNINGS, recognise
from fitlab.lifting.lifter import load_lifter
from fitlab.poses import Pose3D
from fitlab.training.recogniser import RecogniserTraining
from fitlab.training.recogniser_samples import as_lifted, draw_named, loosened
from fitlab.training.samples import Noise

POSES, SEED = 6000, 77
LIMITS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05)


def main() -> None:
    """Print a row for each limit."""
    settings = RecogniserTraining(noise=Noise(depth=0.8))
    drawn, rng = draw_named(POSES, SEED, "test"), np.random.default_rng(5)
    seen = (settings.views, settings.variation, settings.noise)
    points = as_lifted(loosened(drawn.points, drawn.names, rng), rng, load_lifter(settings.lifter), *seen)
    found = recognise(Pose3D(points, np.ones(points.shape[:2])))
    exercises = [name for name in load_exercises() if name in found.names]
    doing = np.array([BEGINNINGS.get(name, name) for name in drawn.names.tolist()])
    own = np.concatenate([found.of(name)[drawn.names == name] for name in exercises])
    others = [found.of(name)[doing != name] for name in exercises]
    rows = {
        f"{limit:.1%}": {
            "own refused": f"{(own < limit).mean():.1%}",
            "others refused": f"{np.mean([(part < limit).mean() for part in others]):.1%}",
        }
        for limit in LIMITS
    }
    print(f"{len(own)} poses of the chosen exercise\n{pd.DataFrame.from_dict(rows, orient='index').to_string()}")


if __name__ == "__main__":
    main()
