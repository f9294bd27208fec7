"""One person through a clip, with a detector that knows who stands where: no picture is looked at but for cuts."""

from dataclasses import dataclass, field, replace
from types import SimpleNamespace

import numpy as np
import pytest

from fitlab.detection.following import Followed, follow
from fitlab.detection.search import BELIEVED, Found
from fitlab.detection.views import View
from fitlab.skeletons import MPII16
from fitlab.videos import Frame

SIZE = (640, 360)
FPS = 10
ROOMS = [np.kron(np.random.default_rng(seed).integers(0, 255, (6, 8, 3)), np.ones((60, 80, 1))) for seed in range(3)]
HEIGHTS = {"ankle": 1.0, "knee": 0.75, "hip": 0.5, "shoulder": 0.2, "elbow": 0.35, "wrist": 0.5}


def person(x: float, y: float = 180.0, tall: float = 200.0) -> np.ndarray:
    """(16, 2) joints of somebody who stands with the middle at (x, y)."""
    points = np.empty((16, 2))
    for row, name in enumerate(MPII16.joints):
        side = {"left": 0.12, "right": -0.12}.get(name.split("_")[0], 0.0)
        middle = {"pelvis": 0.5, "thorax": 0.2, "upper_neck": 0.15, "head_top": 0.0}
        height = HEIGHTS.get(name.split("_")[-1], middle.get(name))
        points[row] = x + side * tall, y + (height - 0.5) * tall
    return points


@dataclass
class Knowing:
    """Answers with whoever is nearest to the middle of a view, if somebody is in it."""

    scenes: list[list[np.ndarray]]
    upright: bool = False
    finder: None = None
    looks: int = 0
    frame: int = field(default=-1)

    def look(self, image, views):
        self.looks += len(views)
        return [self._seen(view) for view in views]

    def _seen(self, view) -> Found:
        people = [each for each in self.scenes[self.frame] if self._inside(each, view)]
        if not people:
            noise = np.random.default_rng(self.looks).normal([view.x, view.y], view.side / 6, (16, 2))
            return Found(noise, np.tile(400.0 * np.eye(2), (16, 1, 1)), np.full(16, 0.1))
        nearest = min(people, key=lambda each: np.linalg.norm(each.mean(0) - [view.x, view.y]))
        return Found(nearest, np.tile(4.0 * np.eye(2), (16, 1, 1)), np.full(16, 0.9))

    @staticmethod
    def _inside(points, view) -> bool:
        return bool((np.abs(points.mean(0) - [view.x, view.y]) < view.side / 2).all())


class Reading(Knowing):
    """Reads in the picture which frame it is, in whatever order they come."""

    def look(self, image, views):
        self.frame = round(image[8, 8].mean() / 2)
        return super().look(image, views)


def numbered(number: int, room: int = 0) -> np.ndarray:
    """A picture of a room whose corner says which frame it is."""
    picture = ROOMS[room].astype(np.uint8)
    picture[:32, :32] = 2 * number
    return picture


def followed(scenes, rooms=None, box=None, box_at=None) -> tuple[Followed, Knowing]:
    detector = Knowing(scenes) if box_at is None else Reading(scenes)

    def frames():
        for number in range(len(scenes)):
            detector.frame = number
            yield Frame(number, number / FPS, numbered(number, 0 if rooms is None else rooms[number]))

    return follow(frames(), detector, SIZE, box, box_at), detector


def middles(found: Followed) -> np.ndarray:
    """(T,) x of the person's middle; NaN where nobody was seen."""
    return found.pose2d.points.mean(1)[:, 0]


def test_one_look_a_frame_while_somebody_is_followed():
    scenes = [[person(200 + 3 * number)] for number in range(30)]
    found, detector = followed(scenes)
    np.testing.assert_allclose(middles(found), [200 + 3 * number for number in range(30)], atol=1e-6)
    assert set(found.track.tolist()) == {0}
    assert found.cuts == ()
    assert detector.looks <= 2 * 30


def test_a_cut_to_another_person_ends_the_track():
    scenes = [[person(150)]] * 12 + [[person(500, tall=120)]] * 12
    found, _ = followed(scenes, [0] * 12 + [1] * 12)
    assert found.cuts == (1.2,)
    assert found.track.tolist() == [0] * 12 + [1] * 12
    np.testing.assert_allclose(middles(found), [150] * 12 + [500] * 12)


def test_a_cut_that_shows_nobody_and_one_back():
    scenes = [[person(150)]] * 10 + [[]] * 20 + [[person(160)]] * 10
    found, _ = followed(scenes, [0] * 10 + [1] * 20 + [0] * 10)
    assert np.isnan(middles(found)[10:30]).all()
    np.testing.assert_allclose(middles(found)[30:], 160)
    assert found.track[9] != found.track[-1]


def test_a_passer_by_is_not_followed():
    """Somebody walks past far behind; for three frames the one who is followed is not seen."""
    scenes = []
    for number in range(30):
        people = [person(600 - 20 * number, tall=90)]
        scenes.append(people if 13 <= number <= 15 else [person(320), *people])
    found, _ = followed(scenes)
    seen = np.isfinite(middles(found))
    np.testing.assert_allclose(middles(found)[seen & (np.arange(30) < 13)], 320)
    np.testing.assert_allclose(middles(found)[16:], 320)
    assert found.track[-1] == 0


def test_leaving_and_coming_back_is_another_track():
    scenes = [[person(300)]] * 10 + [[]] * 15 + [[person(300)]] * 10
    found, _ = followed(scenes)
    assert np.isnan(middles(found)[10:25]).all()
    np.testing.assert_allclose(middles(found)[25:], 300)
    assert (found.track[9], found.track[-1]) == (0, 1)
    assert found.cuts == ()


@pytest.mark.parametrize("away", [3, 9])
def test_who_is_lost_for_less_than_a_second_keeps_the_track(away):
    """As counting lets a repetition go on unseen for a second."""
    scenes = [[person(300)]] * 10 + [[]] * away + [[person(305)]] * 10
    found, _ = followed(scenes)
    assert set(found.track.tolist()) == {0}
    assert np.isnan(middles(found)[10 : 10 + away]).all()
    np.testing.assert_allclose(middles(found)[10 + away :], 305)


def test_who_comes_far_from_where_somebody_was_lost_is_another_person():
    scenes = [[person(120)]] * 10 + [[]] * 9 + [[person(520)]] * 10
    found, _ = followed(scenes)
    assert (found.track[9], found.track[-1]) == (0, 1)


@pytest.mark.parametrize("dark", [3, 20])
def test_dark_frames(dark):
    """A light that goes out for a moment is no other person; for two seconds the track ends."""
    scenes = [[person(300)]] * 10 + [[]] * dark + [[person(300)]] * 10
    detector = Knowing(scenes)

    def frames():
        for number in range(len(scenes)):
            detector.frame = number
            black = not scenes[number]
            yield Frame(number, number / FPS, (ROOMS[0] * (0.02 if black else 1)).astype(np.uint8))

    found = follow(frames(), detector, SIZE)
    np.testing.assert_allclose(middles(found)[:10], 300)
    np.testing.assert_allclose(middles(found)[10 + dark :], 300)
    assert np.isnan(middles(found)[10 : 10 + dark]).all()


def test_nobody_in_the_first_seconds():
    found, detector = followed([[]] * 30 + [[person(300)]] * 10)
    assert np.isnan(middles(found)[:30]).all()
    np.testing.assert_allclose(middles(found)[30:], 300)
    assert set(found.track.tolist()) == {0}
    assert detector.looks < 30 * 6 + 3 * 40  # thorough searches only once a second
    assert followed([[]] * 20)[0].pose2d is None


def test_the_same_frame_again_and_again():
    found, _ = followed([[person(300)]] * 40)
    np.testing.assert_allclose(middles(found), 300)
    assert found.cuts == ()


@pytest.mark.parametrize("fps", [1, 240])
def test_slow_and_fast_cameras(fps):
    """A person who sinks by a quarter of the height in a second."""
    seconds = np.arange(12 if fps == 1 else 480) / fps
    scenes = [[person(300, 180 + 25 * np.sin(2 * np.pi * second / 4))] for second in seconds]
    detector = Knowing(scenes)

    def frames():
        for number, second in enumerate(seconds):
            detector.frame = number
            yield Frame(number, second, ROOMS[0].astype(np.uint8))

    found = follow(frames(), detector, SIZE)
    assert np.isfinite(middles(found)).all()
    assert set(found.track.tolist()) == {0}


class Depths(Knowing):
    """Also answers depth and visibility, and is as sure as it is told."""

    score = 0.9

    def _seen(self, view) -> Found:
        found = super()._seen(view)
        score = np.where(found.score > 0.5, self.score, found.score)
        return replace(found, score=score, depth=np.full((16, 2), 7.0), visibility=np.tile([0.1, 0.2, 0.7], (16, 1)))


def seen_by(detector: Depths) -> Followed:
    def frames():
        for number in range(len(detector.scenes)):
            detector.frame = number
            yield Frame(number, number / FPS, ROOMS[0].astype(np.uint8))

    return follow(frames(), detector, SIZE)


def test_all_that_is_answered_is_kept_and_unknown_while_nobody_is_there():
    pose = seen_by(Depths([[], [person(320)], [person(322)]])).pose2d
    assert np.isnan(pose.depth[0]).all()
    assert (pose.depth[1:] == 7).all()
    assert np.allclose(pose.visibility[1:], [0.1, 0.2, 0.7])
    assert pose.covariance.shape == (3, 16, 2, 2)
    np.testing.assert_allclose(pose.points[1], person(320))
    pose.points[0] = 0  # a caller may write to what it was given
    plain = followed([[person(320)]] * 2)[0].pose2d
    assert plain.depth is None
    assert plain.visibility is None


@pytest.mark.parametrize(("finder", "found"), [(False, True), (True, False)])
def test_who_is_hardly_seen_is_not_believed_where_a_finder_is(finder, found):
    """As in photos; detectors without a finder were not measured for that."""
    detector = Depths([[person(320)]] * 3)
    detector.score = BELIEVED - 0.05
    detector.finder = Anywhere() if finder else None
    assert (seen_by(detector).pose2d is not None) == found


class Anywhere:
    """A finder that sees the person in whatever view it is shown."""

    present, certainty = True, 1.0

    def look(self, image, views):
        self.shown = views
        return [self] * len(views)

    def views(self):
        return self.shown[:1]


def test_the_person_in_a_box_is_followed_and_nobody_else():
    """Who is larger is not followed, not even while the chosen one is out of sight for long; a cut ends the choice."""
    large, small = person(200, tall=260), person(470, tall=150)
    scenes = [[large, small]] * 10 + [[large]] * 40 + [[large, small]] * 10 + [[large]] * 5
    rooms = [0] * 60 + [1] * 5
    found, _ = followed(scenes, rooms, box=(430, 100, 510, 260))
    x = middles(found)
    np.testing.assert_allclose([*x[:10], *x[50:60]], 470)
    assert np.isnan(x[10:50]).all()
    np.testing.assert_allclose(x[60:], 200)
    assert np.allclose(middles(followed(scenes, rooms)[0])[:10], 200)


@pytest.mark.parametrize("box", [(700, 0, 800, 100), (5, 5, 5, 90), (1, 2, 3)])
def test_a_box_that_is_none_or_outside(box):
    with pytest.raises(ValueError, match="box"):
        followed([[person(200)]] * 2, box=box)


def test_who_is_in_a_box_of_a_later_frame_is_followed_from_there_on_and_back():
    """Before a cut it may be anybody, and so whoever is most prominent; a bystander in the box earlier is nobody's."""
    mine = [person(100 + 6 * number, tall=150) for number in range(50)]
    others = [person(560 - 6 * number, tall=240) for number in range(50)]
    scenes = [[person(300)]] * 5 + [[one, other] for one, other in zip(mine, others, strict=True)]
    rooms = [1] * 5 + [0] * 50
    at = 5 + 45
    box = (*mine[45].min(0), *mine[45].max(0))
    found, _ = followed(scenes, rooms, box, at / FPS)
    np.testing.assert_allclose(middles(found)[5:], [each.mean(0)[0] for each in mine], atol=1)
    np.testing.assert_allclose(middles(found)[:5], 300, atol=1)
    np.testing.assert_allclose(found.times, np.arange(55) / FPS)
    assert found.numbers.tolist() == list(range(55))
    assert found.track.tolist() == [0] * 5 + [1] * 50
    assert found.cuts == (pytest.approx(5 / FPS),)
    late, _ = followed(scenes, rooms, box, 99.0)  # the last frame there is
    assert len(late.times) == 55


def test_of_two_in_a_box_the_more_prominent_one_is_followed():
    crowd = SimpleNamespace(views=lambda: [View(200, 180, 300), View(400, 180, 150)])
    finder = SimpleNamespace(look=lambda image, views: [crowd for _ in views])
    seen = {200: person(200, tall=240), 400: person(400, tall=120)}
    sure = np.tile(4.0 * np.eye(2), (16, 1, 1)), np.full(16, 0.9)
    nearest = lambda view: Found(seen[min(seen, key=lambda x: abs(x - view.x))], *sure)  # noqa: E731
    detector = SimpleNamespace(finder=finder, upright=False, look=lambda image, views: [*map(nearest, views)])
    frames = [Frame(0, 0.0, numbered(0)), Frame(1, 0.1, numbered(1))]
    found = follow(frames, detector, SIZE, (0, 0, *SIZE))
    np.testing.assert_allclose(middles(found), seen[200].mean(0)[0])


@pytest.mark.parametrize(("box", "at"), [((10, 10, 90, 90), np.nan), ((10, 10, 90, 90), -1), (None, 1.0)])
def test_a_time_of_a_box_that_is_none(box, at):
    with pytest.raises(ValueError, match="box_at is the second, from 0, of the frame"):
        followed([[person(200)]] * 2, box=box, box_at=at)
