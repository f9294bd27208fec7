import numpy as np
import pytest
from people import standing

from fitlab import bodies
from fitlab.skeletons import LIFT16


def test_height_is_told_by_any_part_of_the_body():
    person = np.concatenate([standing(), np.zeros((16, 1))], axis=-1)  # hips to shoulders 470, shins and thighs 410 mm
    whole = (470 + 4 * 410) / (bodies.TRUNK + 2 * bodies.SHIN + 2 * bodies.THIGH)
    assert bodies.body_height(person) == pytest.approx(whole)
    person[LIFT16.indices(["left_knee", "right_knee"])] = np.nan
    assert bodies.body_height(person) == pytest.approx(470 / bodies.TRUNK)
    person[LIFT16.index("spine")] = np.nan
    assert np.isnan(bodies.body_height(person))
