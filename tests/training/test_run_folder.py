import json

import pytest

from fitlab.training.lifter_settings import LifterTraining
from fitlab.training.run_folder import claim
from fitlab.training.samples import Noise


def test_a_run_goes_on_whose_settings_were_called_otherwise(tmp_path):
    claim(tmp_path, LifterTraining())
    file = tmp_path / "settings.json"
    settings = json.loads(file.read_text())
    settings["noise"]["spread"] = settings["noise"].pop("deviation")
    file.write_text(json.dumps(settings))
    claim(tmp_path, LifterTraining())
    with pytest.raises(ValueError, match=r"holds a training with noise\.deviation = 25\.0, not 10"):
        claim(tmp_path, LifterTraining(noise=Noise(deviation=10)))


def test_a_run_goes_on_that_did_not_know_of_a_setting_yet(tmp_path):
    """It did then what is done by default."""
    claim(tmp_path, LifterTraining())
    file = tmp_path / "settings.json"
    settings = json.loads(file.read_text())
    usual = settings.pop("batch_size")
    file.write_text(json.dumps(settings))
    claim(tmp_path, LifterTraining())
    with pytest.raises(ValueError, match=f"holds a training with batch_size = {usual}, not {usual + 1}"):
        claim(tmp_path, LifterTraining(batch_size=usual + 1))
