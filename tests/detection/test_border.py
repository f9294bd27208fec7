"""Who is believed to be there, and which joints are not seen because they may be beyond the photo's border."""

from dataclasses import replace

import numpy as np
import pytest
from finders import Knowing
from paint import ColourNetwork, painted

from fitlab.detection.detector import Detector
from fitlab.detection.search import BELIEVED, Found, as_pose
from fitlab.models.answers import Answer
from fitlab.poses import SEEN
from fitlab.skeletons import MPII16

WIDTH, HEIGHT = 400, 600
INSIDE = np.tile([0.1, 0.0, 0.9], (16, 1))


def person(lowest: float, **scores: float) -> Found:
    """Somebody of 400 px in a photo of 400 x 600, whose ankles are in row ``lowest``; all but ``scores`` are sure."""
    rows = {"head_top": 400, "upper_neck": 340, "thorax": 320, "shoulder": 310, "elbow": 250, "wrist": 200}
    rows |= {"pelvis": 200, "hip": 200, "knee": 100, "ankle": 0}
    up = [next(row for part, row in rows.items() if name.endswith(part)) for name in MPII16.joints]
    across = [160 if name.startswith("right") else 240 if name.startswith("left") else 200 for name in MPII16.joints]
    score = np.array([scores.get(name, 0.95) for name in MPII16.joints])
    points = np.stack([np.array(across, float), lowest - np.array(up, float)], -1)
    return Found(points, np.tile(np.eye(2), (16, 1, 1)), score, visibility=INSIDE)


def missing_of(found: Found) -> set[str]:
    """The joints that are not seen."""
    pose = as_pose(found, WIDTH, HEIGHT)
    return {name for name, score in zip(MPII16.joints, pose.score, strict=True) if score < SEEN}


@pytest.mark.parametrize(
    ("lowest", "score", "missing"),
    [(570, 0.6, True), (570, 0.8, False), (590, 0.8, True), (590, 0.91, False), (450, 0.6, False)],
)
def test_a_joint_at_the_border_must_be_surer_than_others(lowest, score, missing):
    assert missing_of(person(lowest, left_ankle=score)) == ({"left_ankle"} if missing else set())


@pytest.mark.parametrize(("score", "missing"), [(0.8, {"left_knee", "left_ankle"}), (0.91, {"left_knee"})])
def test_the_next_joint_of_a_limb_that_is_lost_at_the_border_must_be_surer_still(score, missing):
    found = person(450, left_knee=0.2, left_ankle=score)
    found.points[MPII16.index("left_knee")] = [240, 595]
    assert missing_of(found) == missing


@pytest.mark.parametrize(("across", "missing"), [(-170, True), (-120, False), (170, True), (0, False)])
def test_who_is_cut_in_halves_must_be_surer(across, missing):
    """A border that runs along the trunk; the joints of the half beyond it are put onto the other one."""
    found = person(500, left_knee=0.85, right_wrist=0.85, head_top=0.85, left_elbow=0.91)
    found.points[:, 0] = 200 + across + (found.points[:, 0] - 200) * 0.1
    assert missing_of(found) == ({"left_knee", "right_wrist"} if missing else set())


def test_hidden_joints_within_the_photo_do_not_take_others_with_them():
    assert missing_of(person(500, right_shoulder=0.2, right_elbow=0.8, right_wrist=0.8)) == {"right_shoulder"}


@pytest.mark.parametrize(("seen", "sureness"), [(16, 0.95), (8, 0.9), (7, 0.95 * 7 / 16)])
def test_beyond_the_picture_says_nothing_where_nobody_is(seen, sureness):
    """Half of the joints must be seen for somebody to be there; of the others it is known that they are beyond."""
    score, states = np.zeros(16), np.tile([0.85, 0.15, 0.0], (16, 1))
    score[:seen], states[:seen] = 0.95, INSIDE[:seen]
    found = replace(person(500), score=score, visibility=states)
    assert found.present == (seen >= 8)
    assert found.sureness == pytest.approx(sureness)


def test_detectors_that_do_not_know_what_is_outside_are_not_doubted():
    assert missing_of(replace(person(590, left_ankle=0.6), visibility=None)) == set()


class Unsure(ColourNetwork):
    """Sees every joint with the same score."""

    def __init__(self, score):
        super().__init__()
        self.logit = float(np.log(score / (1 - score)))

    def forward(self, batch):
        answer = super().forward(batch)
        return Answer(answer.heatmaps, answer.score * 0 + self.logit)


@pytest.mark.parametrize(("more", "found"), [(-0.05, False), (0.05, True)])
def test_who_is_hardly_seen_is_not_believed_unless_the_user_shows_where(more, found):
    image, points = painted(600, 600, (300, 290), 0.25)
    detector = Detector("unsure", Unsure(BELIEVED + more), 192, upright=True, finder=Knowing(points))
    assert detector.detect(image).found == found
    assert detector.detect(image, (*points.min(0) - 20, *points.max(0) + 20)).found
