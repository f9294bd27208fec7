"""What an installed wheel holds: ``make wheel-test`` runs this in the environment that the wheel was installed in."""

import sys
import sysconfig
from importlib.metadata import version
from pathlib import Path

import fitlab_widgets

import fitlab
from fitlab.datasets import catalogue
from fitlab.detection.detector import load_detector
from fitlab.detection.people import load_person_finder
from fitlab.evaluation import report
from fitlab.exercises.calibration import calibrations
from fitlab.exercises.definition import load_exercises
from fitlab.exercises.recognition import load_recogniser
from fitlab.folders import shipped
from fitlab.lifting.lifter import load_lifter
from fitlab.weights import registry

INSTALLED = Path(sysconfig.get_path("purelib")).resolve()
LOADERS = {
    "detector": load_detector,
    "finder": load_person_finder,
    "lifter": load_lifter,
    "recogniser": load_recogniser,
}


def check(holds: bool, what: str) -> None:
    if not holds:
        sys.exit(f"the wheel in {INSTALLED} lacks {what}")


check(INSTALLED in Path(fitlab.__file__).parents, f"fitlab: {fitlab.__file__} was imported instead")
check(version("fitlab") == fitlab.__version__, f"the version {fitlab.__version__}")
for name in ("samples", "clip", "photos"):
    check(INSTALLED in shipped(name).parents, name)
    check(any(shipped(name).glob("*.jpg")), f"the pictures of {name}")
for name in ("fitness-test", "wild-test"):
    check(all(photo.is_file() for photo in catalogue.open_photos(name).images), f"the pictures of {name}")
for name, entry in registry.entries().items():
    if (Path(__file__).parents[1] / "weights" / entry.file).is_file():
        load = LOADERS[entry.kind]
        check(registry.is_here(name) and load(name) is not None, f"the weights {name}")
check(bool(load_exercises()), "exercises.toml")
check(bool(calibrations()), "calibration.toml")
check(not report.table(1).empty, "report.toml")
for file in (Path(__file__).parents[1] / "widgets").glob("*.*s"):
    check((Path(fitlab_widgets.__file__).parent / file.name).is_file(), file.name)
