import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from fitlab.training.loop import Schedule, Task, choose_device, fit, update_average
from fitlab.training.run_folder import History, save_weights, save_whole


def test_statistics_beyond_half_precision_are_kept_and_weights_beyond_it_refused(tmp_path):
    network = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2))
    network[1].running_var[:] = torch.tensor([70000.0, 1e-9])
    save_weights(network, tmp_path / "a.safetensors")
    stored = load_file(tmp_path / "a.safetensors")
    assert stored["1.running_var"].tolist() == network[1].running_var.tolist()
    assert stored["0.weight"].dtype == torch.float16
    torch.nn.init.constant_(network[0].weight, 70000)
    with pytest.raises(ValueError, match=r"0\.weight has values up to 70000, which cannot be written"):
        save_weights(network, tmp_path / "a.safetensors")


def line_task(**changes):
    """Fit y = 2 x: a batch of seven numbers from (seed, step, rank)."""

    def batch(key):
        x = torch.from_numpy(np.random.default_rng(key).normal(size=(7, 1)).astype(np.float32))
        return x, 2 * x

    def loss(network, tensors):
        x, y = tensors
        return (network(x) - y).square().mean()

    def validate(network):
        return {"error": abs(network.weight.item() - 2)}

    return Task(**({"batch": batch, "loss": loss, "validate": validate, "best_by": "error"} | changes))


def line():
    network = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(network.weight)
    return network


SCHEDULE = Schedule(steps=40, learning_rate=0.2, warmup=5, average=0.5, check_every=10)


def test_the_learning_rate_rises_and_falls():
    schedule = Schedule(steps=100, learning_rate=1.0, warmup=10)
    rates = [schedule.rate(step) for step in range(100)]
    assert rates[0] == 0.1
    assert np.argmax(rates) in (9, 10)
    assert rates[-1] == pytest.approx(0.01, abs=1e-3)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"steps": 0}, "steps must be a whole number of at least 1, got 0"),
        ({"check_every": 0}, "check_every must be a whole number of at least 1, got 0"),
        ({"warmup": -1}, "warmup must be a whole number of at least 0, got -1"),
        ({"learning_rate": float("nan")}, "learning_rate must be a number of at least 0, got nan"),
        ({"weight_decay": -1.0}, r"weight_decay must be a number of at least 0, got -1\.0"),
        ({"average": 1.5}, r"average must lie in 0\.\.1, got 1\.5"),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(wrong, complaint):
    with pytest.raises(ValueError, match=complaint):
        Schedule(**{"steps": 10} | wrong)


def test_it_learns_and_keeps_the_best(tmp_path):
    kept = []
    schedule = Schedule(steps=100, learning_rate=0.1, warmup=5, average=0.5, check_every=25)
    best = fit(line(), line_task(), schedule, tmp_path, lambda network: kept.append(network.weight.item()))
    assert best["error"] < 0.1
    assert abs(kept[-1] - 2) == pytest.approx(best["error"])
    rows = (tmp_path / "history.csv").read_text().splitlines()
    assert rows[0] == "step,loss,learning_rate,error"
    assert [row.split(",")[0] for row in rows[1:]] == ["25", "50", "75", "100"]


@pytest.mark.parametrize("killed_in", ["batch", "validate"])
def test_killed_anywhere_and_resumed_it_ends_the_same(tmp_path, killed_in):
    whole, resumed, calls = [], [], []
    fit(line(), line_task(), SCHEDULE, tmp_path / "whole", lambda network: whole.append(network.weight.item()))
    work = getattr(line_task(), killed_in)

    def killed(argument):
        calls.append(argument)
        if len(calls) == (25 if killed_in == "batch" else 3):
            raise KeyboardInterrupt
        return work(argument)

    def keep(network):
        resumed.append(network.weight.item())

    with pytest.raises(KeyboardInterrupt):
        fit(line(), line_task(**{killed_in: killed}), SCHEDULE, tmp_path / "resumed", keep)
    fit(line(), line_task(), SCHEDULE, tmp_path / "resumed", keep)
    assert resumed[-1] == whole[-1]
    assert (tmp_path / "resumed" / "history.csv").read_text() == (tmp_path / "whole" / "history.csv").read_text()


def test_slow_parts_are_learnt_at_their_share_of_the_rate(tmp_path):
    """Adam's first step is as long as the learning rate, whatever the gradient."""
    network = nn.Sequential(line(), nn.Linear(1, 1, bias=False))
    nn.init.ones_(network[0].weight)
    nn.init.ones_(network[1].weight)
    task = line_task(validate=lambda network: {"error": 0.0}, slow=("1",), slow_rate=0.1)
    fit(network, task, Schedule(steps=1, learning_rate=0.2, warmup=0, weight_decay=0.0), tmp_path, lambda model: None)
    assert network[0].weight.item() == pytest.approx(1.2, abs=1e-4)
    assert network[1].weight.item() == pytest.approx(1.02, abs=1e-4)


def test_each_step_ends_with_the_given_limit(tmp_path):
    def limit(network):
        with torch.no_grad():
            network.weight.clamp_(max=1)

    network = line()
    fit(network, line_task(after_step=limit), SCHEDULE, tmp_path, lambda network: None)
    assert network.weight.item() == 1


def test_a_checkpoint_is_replaced_whole(tmp_path):
    file = tmp_path / "checkpoint.pt"
    save_whole(file, {"step": 1})
    with pytest.raises(Exception, match="pickle"):
        save_whole(file, {"step": lambda: None})
    assert torch.load(file, weights_only=True) == {"step": 1}


def test_the_average_starts_as_a_mean_and_becomes_a_slow_one():
    averaged, network = line(), line()
    nn.init.ones_(network.weight)
    update_average(averaged, network, decay=0.9, step=0)
    assert averaged.weight.item() == 1
    nn.init.zeros_(network.weight)
    update_average(averaged, network, decay=0.9, step=10_000)
    assert averaged.weight.item() == pytest.approx(0.9)


def test_history_forgets_what_came_after_the_checkpoint(tmp_path):
    history = History(tmp_path / "history.csv", 0)
    for step in (10, 20):
        history.add({"step": step, "loss": 0.5})
    History(tmp_path / "history.csv", 10).add({"step": 20, "loss": 0.25})
    assert (tmp_path / "history.csv").read_text().splitlines() == ["step,loss", "10,0.5", "20,0.25"]


def test_an_unknown_device_is_named():
    assert choose_device("cpu").type == "cpu"
    with pytest.raises(ValueError, match="no device 'gpu' here; allowed: auto, cpu, cuda, or one of several as cuda:1"):
        choose_device("gpu")
