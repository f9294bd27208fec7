"""The named sets that pictures are made for."""

from __future__ import annotations

from dataclasses import dataclass

from fitlab.skeletons import unknown


@dataclass(frozen=True)
class PictureSet:
    """What the pictures of a set show.

    exercises     name -> share
    size_range    smallest and largest share: of the frame's longer side that the person fills or, where ``by_area``,
                  of the frame's area that the person's bounding box fills (drawn evenly on a logarithmic scale)
    cut           probability that the person is partly outside the frame
    company       probability of further people; most_people of them
    occluders     probability of something between camera and person
    """

    exercises: dict[str, float]
    size_range: tuple[float, float]
    by_area: bool = False
    cut: float = 0.0
    company: float = 0.0
    most_people: int = 4
    occluders: float = 0.0


_CUSTOM = {"overhead_press": 101.0, "push_up": 56.0, "squat": 94.0}
_INFINITEFORM = (
    "push_up", "squat", "overhead_press", "curl", "jumping_jack", "lunge", "plank", "side_plank", "leg_raise", "sit_up",
    "boat", "hip_bridge", "downward_dog", "upward_dog", "tree", "warrior",
)  # fmt: skip
_TRAIN = dict.fromkeys(_INFINITEFORM, 1.0) | {
    "squat": 3.0, "push_up": 3.5, "overhead_press": 2.5, "plank": 2.5, "lunge": 2.5, "sit_up": 2.0,
    "deep_squat": 2.0, "deadlift": 1.0, "knee_raise": 1.0, "standing": 1.5, "everyday": 3.5,
}  # fmt: skip

#: ``fitness`` and ``wild`` follow the report's two data sets; ``mixed`` is what a detector should be trained on.
#: Pictures of one seed, number and split show the same person in every set: independent sets need different seeds.
SETS = {
    "fitness": PictureSet(_CUSTOM | {"plank": 30.0, "lunge": 30.0}, (0.5, 0.94)),
    "wild": PictureSet(
        dict.fromkeys(_INFINITEFORM, 1.0), (0.01, 0.5), by_area=True, cut=0.09, company=0.6, occluders=0.1
    ),
    "mixed": PictureSet(_TRAIN, (0.4, 0.97), cut=0.14, company=0.28, occluders=0.16),
}


def picture_set(name: str) -> PictureSet:
    """The set; ValueError with suggestions for a name that there is not."""
    if name not in SETS:
        raise ValueError(unknown(name, tuple(SETS), "set of pictures"))
    return SETS[name]
