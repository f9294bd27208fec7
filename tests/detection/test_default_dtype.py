import numpy as np
import pytest
import torch
from paint import painted

import fitlab
from fitlab.detection import detector as detection


@pytest.fixture
def doubles():
    """A program that counts in double precision by default."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def test_the_default_precision_of_the_program_changes_nothing(doubles):
    image, _ = painted(320, 240, (160, 115), 0.14)
    detection._loaded.cache_clear()
    double = fitlab.detect(image, box=(60, 20, 260, 220))
    torch.set_default_dtype(torch.float32)
    detection._loaded.cache_clear()
    single = fitlab.detect(image, box=(60, 20, 260, 220))
    np.testing.assert_allclose(double.points, single.points, atol=0.01)
