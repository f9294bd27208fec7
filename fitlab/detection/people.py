"""Finding people by the person detector: one look at a photo gives everybody's circle, and that is the joints' crop.

MediaPipe's way (Bazarevsky et al. 2020): two points say where somebody's hips are, how large the circle round the
whole body is, and which way up the trunk stands. So nobody need be looked at again before the joints are looked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from fitlab.detection.pixels import as_input
from fitlab.detection.search import search
from fitlab.detection.views import View, upright_square
from fitlab.images import crop, inverse, transform
from fitlab.models import catalogue
from fitlab.models.person_detector import INPUT_SIZE, People
from fitlab.weights import engine, registry

#: Somebody is there from this probability on, as MediaPipe has it; somebody may be there from the other one on.
PRESENT, _GLIMPSED = 0.5, 0.1
#: Side of MediaPipe's crop over the radius of the circle, and of ours, in which people are larger.
MEDIAPIPE_CROP, CROP = 2.5, 2.3
#: Two answers are of one person if their points are nearer than this on average, as a share of the smaller radius.
_SAME = 0.4
_MOST = 8  # people in a view
_NEARER = 1.15  # side of a second look at somebody over that of their crop
_TURNS = (45.0, -45.0, 90.0, -90.0, 135.0, -135.0, 180.0)  # of the view, degrees
_AT_ONCE = 16
_BLACK = (0, 0, 0)


@dataclass(frozen=True)
class Person:
    """Somebody in a photo.

    Attributes
    ----------
    centre
        (2,) px, the middle of the hips.
    top
        (2,) px, the point above it, along the trunk, on the circle that holds the body.
    score
        Probability that somebody is there.
    """

    centre: np.ndarray
    top: np.ndarray
    score: float

    @property
    def radius(self) -> float:
        """Of the circle, px."""
        return float(np.linalg.norm(self.top - self.centre))

    @property
    def prominence(self) -> float:
        """By which the person is chosen who is judged; of those who are hardly seen, whoever is surest."""
        return self.score * (self.radius**0.5 if self.score >= PRESENT else 1.0)

    def view(self) -> View:
        """The square round the person, turned so that the trunk stands upright."""
        return upright_square(self.centre, self.top - self.centre, CROP * self.radius)


@dataclass(frozen=True)
class Crowd:
    """Everybody who was seen in one view, the most prominent first.

    Attributes
    ----------
    people
        Those who are surely there, then those who may be there, each by :attr:`Person.prominence`.
    """

    people: tuple[Person, ...]

    @property
    def present(self) -> bool:
        """Whether there is somebody."""
        return bool(self.people) and self.people[0].score >= PRESENT

    @property
    def certainty(self) -> float:
        """Of the first person, 0..1."""
        return self.people[0].score if self.people else 0.0

    def views(self) -> list[View]:
        """The view of each."""
        return [person.view() for person in self.people]


@dataclass(frozen=True)
class PersonFinder:
    """A person detector with what is needed to ask it about a photo.

    Attributes
    ----------
    name
        In the registry, or the path of its file.
    network
        (B, 3, 224, 224) -> :class:`~fitlab.models.person_detector.People`.
    normalisation
        Of its pixels, a name in :data:`fitlab.detection.pixels.PIXELS`.
    """

    name: str
    network: nn.Module = field(repr=False)
    normalisation: str = "lite"

    def look(self, image: np.ndarray, views: Sequence[View]) -> list[Crowd]:
        """Who is seen in several views of a photo.

        Parameters
        ----------
        image
            (H, W, 3) uint8 RGB.
        views
            V views of it.

        Returns
        -------
        list of V Crowd
            In pixels of the photo.
        """
        parts = (views[first : first + _AT_ONCE] for first in range(0, len(views), _AT_ONCE))
        return [crowd for part in parts for crowd in self._look_at_once(image, part)]

    def search(self, image: np.ndarray) -> tuple[View, Crowd]:
        """Who is in a photo: in the whole of it or, where nobody shows up, in the best of overlapping windows.

        Parameters
        ----------
        image
            (H, W, 3) uint8 RGB.

        Returns
        -------
        view, crowd
            The view that was chosen, and who was seen in it.
        """
        height, width = image.shape[:2]
        return search(lambda views: self.look(image, views), width, height)

    def first(self, image: np.ndarray, start: View, crowd: Crowd) -> list[View]:
        """Where the most prominent person was seen.

        Parameters
        ----------
        image
            (H, W, 3) uint8 RGB.
        start, crowd
            A view, and who was seen in it.

        Returns
        -------
        list of View
            Upright; empty where nobody is glimpsed.
        """
        return crowd.views()[:1]

    def again(self, image: np.ndarray, start: View, crowd: Crowd) -> list[View]:
        """Where the most prominent person is seen in the mirror, and from nearer.

        See :meth:`first` for the parameters and answer.
        """
        nearer = [replace(view.scaled(_NEARER), rotation=0.0) for view in crowd.views()[:1]]
        return [view for other in self.look(image, [start.mirrored(), *nearer]) for view in other.views()[:1]]

    def elsewhere(self, image: np.ndarray, start: View, crowd: Crowd) -> list[View]:
        """Where else the person may be: who else was seen, and the first in views that are turned.

        See :meth:`first` for the parameters.

        Returns
        -------
        list of View
            Upright.
        """
        turned = self.look(image, [replace(start, rotation=turn) for turn in _TURNS])
        return crowd.views()[1:3] + [view for other in turned for view in other.views()[:1]]

    def _look_at_once(self, image: np.ndarray, views: Sequence[View]) -> list[Crowd]:
        crops = np.stack([crop(image, view.matrix(INPUT_SIZE), INPUT_SIZE, _BLACK) for view in views])
        with torch.inference_mode():
            answer = self.network(as_input(torch.from_numpy(crops), self.normalisation))
        return [
            crowd_of(People(logits, points), inverse(view.matrix(INPUT_SIZE)))
            for logits, points, view in zip(*answer, views, strict=True)
        ]


def crowd_of(answer: People, back: np.ndarray) -> Crowd:
    """Everybody in one view: of the anchors that see the same person the weighted mean (as in MediaPipe's graph).

    Parameters
    ----------
    answer
        For one view, without the first axis.
    back
        (2, 3) affine map from its pixels to those of the photo.

    Returns
    -------
    Crowd
    """
    score = answer.logits.double().sigmoid().numpy()
    order = np.argsort(-score)
    order = order[(score[order] >= _GLIMPSED) & answer.points[order].isfinite().all(-1).all(-1).numpy()]
    score = score[order]
    points = transform(answer.points.double().numpy()[order] - 0.5, back)  # to pixels whose middle is whole
    radius = np.linalg.norm(points[:, 1] - points[:, 0], axis=-1)
    people: list[Person] = []
    left = np.ones(len(order), bool)
    while left.any() and len(people) < _MOST:
        first = int(np.argmax(left))
        apart = np.linalg.norm(points - points[first], axis=-1).mean(-1)
        same = left & (apart < _SAME * np.minimum(radius, radius[first]))
        same[first] = True
        left &= ~same
        centre, top = np.average(points[same], axis=0, weights=score[same])
        people.append(Person(centre, top, float(score[first])))
    people.sort(key=lambda person: (person.score < PRESENT, -person.prominence))
    return Crowd(tuple(people))


def load_person_finder(name: str | Path) -> PersonFinder:
    """A person finder by its name in the registry, or from a file that ``fitlab train`` wrote.

    See :func:`fitlab.detection.detector.load_detector` for the errors.
    """
    entry = registry.find(name, catalogue.FINDER)
    return PersonFinder(entry.name, engine.network(entry), entry.normalisation)
