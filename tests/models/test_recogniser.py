import torch

from fitlab.models import catalogue
from fitlab.models.recogniser import Recogniser


def trained() -> Recogniser:
    torch.manual_seed(0)
    network = Recogniser(("a", "b", "c"), features=5, hidden=8).train()
    network(torch.randn(64, 5) * torch.tensor([1.0, 20, 0.1, 3, 5]) + 7)  # fills the statistics
    return network.eval()


def test_made_fast_it_answers_the_same():
    network, rows = trained(), torch.randn(4, 5) + 7
    fast = catalogue.network("recogniser").ready(network)
    torch.testing.assert_close(fast(rows), network(rows), rtol=1e-4, atol=1e-5)
    assert fast is not network


def test_a_temperature_divides_the_logits():
    network, rows = trained(), torch.randn(4, 5) + 7
    before = network(rows)
    network.calibrate(2.0)
    torch.testing.assert_close(network(rows), before / 2)
