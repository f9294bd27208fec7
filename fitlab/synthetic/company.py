"""People close together: beside, behind and in front of each other, and again in a mirror on the wall."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial import cKDTree

from fitlab.synthetic.exercises.catalogue import available
from fitlab.synthetic.people import body
from fitlab.synthetic.person import Mirror, Person, draw_person
from fitlab.synthetic.rendering import shapes, things
from fitlab.synthetic.rendering.meshes import Soup
from fitlab.synthetic.rendering.raster import Rendering, Room
from fitlab.synthetic.sets import PictureSet

#: No two people are nearer to each other than this, metres.
NEAREST = 0.03
#: The second most prominent person has at most this share of the labelled one's prominence.
RIVAL = 0.8
#: Where partners stand as the camera sees it -> how often: metres to one side and towards the camera.
PLACES = {
    "beside": (0.5, (0.3, 0.7), (-0.5, 0.35)),
    "behind": (0.35, (0.0, 0.5), (-1.3, -0.35)),
    "before": (0.15, (0.15, 0.5), (0.3, 0.7)),
}


def draw_exercise(rng: np.random.Generator, settings: PictureSet) -> str:
    """One of the set's movements, as often as the set says."""
    shares = available(settings.exercises)
    return str(rng.choice(list(shares), p=np.array(list(shares.values())) / sum(shares.values())))


def cloud_of(person: Person) -> np.ndarray:
    """Points all over the person; they move with :data:`CLOUD`.

    Parameters
    ----------
    person
        Dressed and posed.

    Returns
    -------
    np.ndarray
        (P, 3) metres.
    """
    return person.skinned(person.rest[CLOUD], CLOUD)


#: Every fifth vertex of the body.
CLOUD = np.arange(0, body.HELPERS, 5)


def draw_partners(rng: np.random.Generator, settings: PictureSet, exercise: str, split: str) -> list[Person]:
    """Nobody, one or two people who will be close to the subject; half of them do the same ``exercise``."""
    if rng.random() >= settings.partners:
        return []
    partners = []
    for _ in range(1 + (rng.random() < 0.15)):
        number = int(body.person_numbers(rng, split, 1)[0])
        doing = exercise if rng.random() < 0.5 else draw_exercise(rng, settings)
        heading = rng.normal(0, 25) if rng.random() < 0.5 else rng.uniform(0, 360)
        partners.append(draw_person(rng, number, doing, heading=heading))
    return partners


def place_partners(rng: np.random.Generator, cloud: np.ndarray, partners: list[Person], azimuth: float) -> list[Person]:
    """Put partners close to the subject, but not into it.

    Parameters
    ----------
    rng
        What the places are drawn from.
    cloud
        (P, 3) points of the subject, metres.
    partners
        Who are posed, wherever they are.
    azimuth
        Degrees, from where the camera will look.

    Returns
    -------
    list of Person
        The same people, where they stand.
    """
    turned = np.deg2rad(azimuth)
    towards, across = np.array([np.sin(turned), -np.cos(turned), 0]), np.array([np.cos(turned), np.sin(turned), 0])
    taken, placed = cloud[::6], []
    centre = (cloud.min(0) + cloud.max(0)) / 2 * [1, 1, 0]
    shares = np.array([share for share, _, _ in PLACES.values()])
    for partner in partners:
        _, aside, ahead = list(PLACES.values())[rng.choice(len(PLACES), p=shares / shares.sum())]
        offset = rng.choice([-1, 1]) * rng.uniform(*aside) * across + rng.uniform(*ahead) * towards
        own = cloud_of(partner)[::6]
        own = own - (own.min(0) + own.max(0)) / 2 * [1, 1, 0] + centre
        step = 0.1 * offset / max(np.linalg.norm(offset), 1e-6)
        tree = cKDTree(taken)
        for _ in range(30):
            if tree.query(own + offset, distance_upper_bound=1.0)[0].min() > NEAREST:
                break
            offset = offset + step
        moved = offset + (own - cloud_of(partner)[::6])[0]
        placed.append(replace(partner, place=partner.place + moved * [1, 1, 0]))
        taken = np.concatenate([taken, own + offset])
    return placed


def draw_mirror(rng: np.random.Generator, cloud: np.ndarray, azimuth: float) -> Mirror:
    """A mirror that stands behind or beside the subject, so that the camera sees the subject in it.

    Parameters
    ----------
    rng
        What it is drawn from.
    cloud
        (P, 3) points of the subject, metres.
    azimuth
        Degrees, from where the camera will look.

    Returns
    -------
    Mirror
    """
    turned = np.deg2rad(azimuth + rng.choice([-1, 1]) * rng.uniform(12, 70))
    normal = np.array([np.sin(turned), -np.cos(turned), 0.0])
    return Mirror(normal, float((cloud @ normal).min() - rng.uniform(0.15, 1.1)))


def add_mirror(soup: Soup, rng: np.random.Generator, mirror: Mirror, centre: np.ndarray, room: Room) -> Room:
    """Add the edges and seams of a mirror along the wall; the room goes on behind it.

    Parameters
    ----------
    soup
        The scene, which is changed.
    rng
        What the seams are drawn from.
    mirror
        Where it stands.
    centre
        (3,) metres, in the middle of the subject.
    room
        Round all of them.

    Returns
    -------
    Room
        One that reaches behind the mirror.
    """
    along = np.array([-mirror.normal[1], mirror.normal[0], 0.0])
    foot = (centre + (mirror.offset - centre @ mirror.normal) * mirror.normal) * [1, 1, 0]
    yaw, material = np.rad2deg(np.arctan2(along[1], along[0])), things.paint(rng, 0.2)
    low, high = rng.uniform(0.0, 0.12), rng.uniform(2.0, 2.6)
    for height, thick in ((low, rng.uniform(0.01, 0.06)), (high, rng.uniform(0.01, 0.06))):
        soup.add(*shapes.box(foot + height * things.UP, np.array([4, 0.01, thick]), yaw), material)
    pane = rng.uniform(0.8, 1.8)
    for k in range(-2, 3):
        middle = foot + (k + 0.5) * pane * along + (low + high) / 2 * things.UP
        soup.add(*shapes.box(middle, np.array([0.004, 0.006, (high - low) / 2]), yaw), material)
    box = room.box.copy()
    beyond = centre + 2 * (mirror.offset - centre @ mirror.normal) * mirror.normal
    for axis in (0, 1):
        box[2 * axis] = min(box[2 * axis], beyond[axis] - 1.5)
        box[2 * axis + 1] = max(box[2 * axis + 1], beyond[axis] + 1.5)
    return replace(room, box=box)


@dataclass(frozen=True)
class Prominence:
    """How much of the picture people fill, the more the nearer they are to its middle; by their numbers there."""

    shares: dict[int, float]

    def order(self, owners: list[int]) -> list[int]:
        """``owners`` from the most to the least prominent, without those that nothing is seen of."""
        seen = [owner for owner in owners if self.shares.get(owner, 0) > 0]
        return sorted(seen, key=lambda owner: -self.shares[owner])

    def clear(self, owners: list[int]) -> bool:
        """Whether one of ``owners`` is more prominent than any other by far."""
        ranked = [self.shares[owner] for owner in self.order(owners)]
        return len(ranked) == 1 or (len(ranked) > 1 and ranked[1] < RIVAL * ranked[0])


def prominence(rendering: Rendering) -> Prominence:
    """How prominent everybody is."""
    height, width = rendering.owner.shape
    shares = {}
    for owner in np.unique(rendering.owner[rendering.owner > 0]):
        rows, columns = np.nonzero(rendering.owner == owner)
        off = np.hypot(rows.mean() / height - 0.5, columns.mean() / width - 0.5)
        shares[int(owner)] = len(rows) / (height * width) * float(np.exp(-((off / 0.35) ** 2)))
    return Prominence(shares)
