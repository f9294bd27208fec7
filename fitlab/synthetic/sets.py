"""The named sets that pictures are made for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from fitlab.skeletons import unknown
from fitlab.synthetic.exercises.attitudes import ATTITUDES


@dataclass(frozen=True)
class PictureSet:
    """What the pictures of a set show.

    Parameters
    ----------
    exercises
        Movement -> share.
    size_range
        Smallest and largest share: of the frame's longer side that the person fills or, where ``by_area``, of the
        frame's area that the person's bounding box fills (drawn evenly on a logarithmic scale).
    cut
        Probability that the person is partly outside the frame.
    company, most_people
        Probability of further people, and how many at most.
    occluders
        Probability of something between camera and person.
    framed
        Probability that the picture is framed as people frame photos: parts of the body are left out.
    upended
        Probability that the picture is taller than wide, or wider than tall.
    any_camera
        Cameras also look from far above, from the floor, and are rolled.
    partners
        Probability of one or two people close by.
    mirrors
        Probability of a mirror on the wall in which the person is seen again; where there are no partners there is one.
    nobody
        Nobody is in the picture.
    fewest
        A picture is drawn again when fewer joints are visible.
    mixture
        Set -> share: each picture is of one of these sets.
    in_mixture
        This is a part of a mixture, which has the same labels for all its pictures.
    """

    exercises: dict[str, float]
    size_range: tuple[float, float]
    by_area: bool = False
    cut: float = 0.0
    company: float = 0.0
    most_people: int = 4
    occluders: float = 0.0
    framed: float = 0.0
    upended: float = 0.0
    any_camera: bool = False
    partners: float = 0.0
    mirrors: float = 0.0
    nobody: bool = False
    fewest: int = 6
    mixture: dict[str, float] = field(default_factory=dict)
    in_mixture: bool = False

    @property
    def names_others(self) -> bool:
        """Whether the labels also hold the joints of the other people: in all sets but the first three."""
        return bool(self.any_camera or self.framed or self.partners or self.nobody or self.mixture or self.in_mixture)


_CUSTOM = {"overhead_press": 101.0, "push_up": 56.0, "squat": 94.0}
_INFINITEFORM = (
    "push_up", "squat", "overhead_press", "curl", "jumping_jack", "lunge", "plank", "side_plank", "leg_raise", "sit_up",
    "boat", "hip_bridge", "downward_dog", "upward_dog", "tree", "warrior",
)  # fmt: skip
_TRAIN = dict.fromkeys(_INFINITEFORM, 1.0) | {
    "squat": 3.0, "push_up": 3.5, "overhead_press": 2.5, "plank": 2.5, "lunge": 2.5, "sit_up": 2.0,
    "deep_squat": 2.0, "deadlift": 1.0, "knee_raise": 1.0, "standing": 1.5, "everyday": 3.5,
}  # fmt: skip
_ATTITUDES = dict.fromkeys(ATTITUDES, 1.0) | {
    "free": 7.0, "flying": 5.0, "everyday_turned": 6.0, "twisted": 3.0, "handstand": 1.5, "handstand_split": 1.5,
    "cartwheel": 2.0, "seated": 2.0, "upright": 2.0, "throw": 1.5, "run": 1.5, "kick": 1.5, "layout": 1.5,
}  # fmt: skip
#: What people do in front of a camera: stand, sit, and exercise.
_DAILY = {
    "upright": 2.0, "at_ease": 3.0, "standing": 3.0, "everyday": 4.0, "seated": 3.0, "seated_low": 1.0, "kneel": 0.5,
    "cross_legged": 0.5, "run": 0.5, "throw": 0.5,
}  # fmt: skip
_EXERCISE = {"squat": 2.0, "lunge": 1.5, "overhead_press": 2.0, "push_up": 1.0, "plank": 1.0, "curl": 1.0, "tree": 0.5,
             "warrior": 0.5, "deadlift": 0.7, "knee_raise": 0.7, "jumping_jack": 0.7}  # fmt: skip

#: ``fitness`` and ``wild`` follow the report's two data sets; ``mixed`` is what lifters should be trained on, and
#: ``people`` what a detector should be; the sets between are its parts, each for something that real photos have.
#: Pictures of one seed, number and split show the same person in every set: independent sets need different seeds.
SETS = {
    "fitness": PictureSet(_CUSTOM | {"plank": 30.0, "lunge": 30.0}, (0.5, 0.94)),
    "wild": PictureSet(
        dict.fromkeys(_INFINITEFORM, 1.0), (0.01, 0.5), by_area=True, cut=0.09, company=0.6, occluders=0.1
    ),
    "mixed": PictureSet(_TRAIN, (0.4, 0.97), cut=0.14, company=0.28, occluders=0.16),
    "framed": PictureSet(
        _DAILY | _EXERCISE, (0.55, 0.97), company=0.2, occluders=0.1, framed=0.8, upended=0.4, fewest=4
    ),
    "pairs": PictureSet(
        _DAILY | _EXERCISE | {"free": 1.0, "twisted": 1.0}, (0.5, 0.95), partners=0.8, mirrors=0.22, occluders=0.08
    ),
    "empty": PictureSet({}, (0.2, 0.9), upended=0.2, nobody=True),
    "attitudes": PictureSet(_ATTITUDES, (0.35, 0.97), cut=0.08, company=0.15, occluders=0.1, any_camera=True),
    "daily": PictureSet(
        _DAILY | _EXERCISE, (0.02, 0.7), by_area=True, cut=0.12, company=0.35, occluders=0.15, upended=0.25,
        any_camera=True,
    ),
}  # fmt: skip
_PEOPLE = {"mixed": 0.22, "attitudes": 0.28, "framed": 0.17, "pairs": 0.15, "daily": 0.14, "empty": 0.04}
SETS["people"] = PictureSet(
    {name: 1.0 for part in _PEOPLE for name in SETS[part].exercises}, (0.02, 0.97), mixture=_PEOPLE
)


def picture_set(name: str) -> PictureSet:
    """The set of pictures of that name.

    Parameters
    ----------
    name
        One of :data:`SETS`.

    Returns
    -------
    PictureSet

    Raises
    ------
    ValueError
        With suggestions, for a name that there is not.
    """
    if name not in SETS:
        raise ValueError(unknown(name, tuple(SETS), "set of pictures"))
    return SETS[name]


def part_of(settings: PictureSet, seed: int, number: int) -> PictureSet:
    """The set that picture ``number`` of a mixture is of; a set that is no mixture is its own part."""
    if not settings.mixture:
        return settings
    shares = np.array(list(settings.mixture.values()))
    drawn = np.random.default_rng([seed, number, 29]).choice(list(settings.mixture), p=shares / shares.sum())
    return replace(SETS[str(drawn)], in_mixture=True)
