import math

import torch

from fitlab.models.places import bells, read_places


def test_a_flat_heatmap_allows_every_place():
    place, facts = read_places(torch.zeros(2, 3, 4, 8))
    torch.testing.assert_close(place, torch.full((2, 3, 4, 8), 1 / 32))
    expected = torch.tensor([0.0, 0.0, 4 - math.log(32), 4 - math.log(32)])
    torch.testing.assert_close(facts, expected.expand(2, 3, 4), atol=1e-5, rtol=0)


def test_a_sharp_heatmap_has_one_place():
    heatmap = torch.zeros(1, 2, 4, 8)
    heatmap[0, 0, 0, 7] = heatmap[0, 1, 3, 0] = 50  # first row and last column; last row and first column
    place, facts = read_places(heatmap)
    assert place[0, 0, 0, 7] == place[0, 1, 3, 0] == 1
    torch.testing.assert_close(facts, torch.tensor([[[1.0, -1, 4, 4], [-1.0, 1, 4, 4]]]))


def test_half_precision_is_left_for_single():
    place, facts = read_places(torch.zeros(1, 1, 2, 2, dtype=torch.bfloat16))
    assert (place.dtype, facts.dtype) == (torch.float32, torch.float32)


def test_a_bell_is_highest_in_the_cell_of_its_point():
    centres = torch.tensor([[[1.5 / 8, 2.5 / 4], [-3.0, 9.0]]])  # column 1 of 8, row 2 of 4; far outside the map
    here, elsewhere = bells(centres, (4, 8), deviation=1.0)[0]
    assert here[2, 1] == 1
    assert here[2, 2] == here[1, 1] == math.exp(-0.5)
    assert elsewhere.max() < 1e-4
