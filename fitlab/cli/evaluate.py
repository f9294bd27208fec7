"""``fitlab evaluate``: score networks, recognition and the counting of repetitions on people they never saw."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from fitlab.datasets import catalogue
from fitlab.detection.detector import DEFAULT_DETECTOR, load_detector
from fitlab.evaluation import detectors, intervals, lifters, recognition, reliability, results
from fitlab.evaluation.detections import detect_all
from fitlab.evaluation.results import Result
from fitlab.exercises.calibration import (
    Calibration,
    calibration_of,
    default_calibration,
    weights_name,
    write_calibration,
)
from fitlab.exercises.recognition import DEFAULT_RECOGNISER
from fitlab.lifting.lifter import DEFAULT_LIFTER, load_lifter

_NAME = "of the registry, or a .safetensors file that fitlab trained"
_FLAGS = ("whole", "no_flip", "no_scales", "no_zoom", "clips")
#: Options with a value that belong to a command as it is written into a result's file.
_VALUES = ("data", "detector", "lifter", "recogniser")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``fitlab evaluate``."""
    metavar = "detector | lifter | angles | viewpoints | recognition | repetitions | runs"
    kinds = parser.add_subparsers(dest="kind", metavar=metavar, required=True)
    detector = kinds.add_parser("detector", help="PCK of a detector, by joint and exercise")
    detector.add_argument("name", help=f"a detector {_NAME}")
    _add_common(detector, "lspet-validation", evaluate_detector)
    detector.add_argument("--whole", action="store_true", help="search the whole photo instead of using the true box")
    detector.add_argument("--no-flip", action="store_true", help="without the mirrored view")
    detector.add_argument("--no-scales", action="store_true", help="without a wider and a closer view")
    detector.add_argument("--no-zoom", action="store_true", help="squeeze the whole photo into the input (the report)")
    lifter = kinds.add_parser("lifter", help="MPJPE and angle errors of a lifter")
    lifter.add_argument("name", help=f"a lifter {_NAME}")
    _add_common(lifter, "cmu-validation", evaluate_lifter)
    lifter.add_argument("--detector", help="lift the joints that this detector finds, not the true ones")
    angles = kinds.add_parser("angles", help="angle errors from picture to degrees, and whether the intervals hold")
    _add_common(angles, "fitness-test", evaluate_angles)
    angles.add_argument("--detector", default=DEFAULT_DETECTOR, help=f"one {_NAME}")
    angles.add_argument("--lifter", default=DEFAULT_LIFTER, help=f"one {_NAME}")
    apart = kinds.add_parser("recognition", help="whether exercises are told apart, and nobody is refused wrongly")
    _add_common(apart, "fitness-test", evaluate_recognition)
    apart.add_argument("--detector", help=f"one {_NAME}; of pictures, not of motion (default: {DEFAULT_DETECTOR})")
    apart.add_argument("--lifter", default=DEFAULT_LIFTER, help=f"one {_NAME}")
    apart.add_argument("--recogniser", default=DEFAULT_RECOGNISER, help=f"one {_NAME}")
    places = kinds.add_parser("viewpoints", help="angle errors and verdicts by where the camera stands, simulated")
    places.add_argument("--lifter", default=DEFAULT_LIFTER, help=f"one {_NAME}")
    places.add_argument("--people", type=int, default=60, help="how many stand before each camera (default: 60)")
    _add_save(places, evaluate_viewpoints)
    counted = kinds.add_parser("repetitions", help="how well repetitions are counted in synthetic clips of known truth")
    _add_save(counted, evaluate_repetitions)
    _add_calibrate(
        counted, "fit the constants of the intervals of clips of the default pair, on other clips, and write"
    )
    runs = kinds.add_parser("runs", help="gather histories and scores of trainings by epochs for the notebooks")
    runs.add_argument("folder", type=Path, help="in which each training has a folder")
    runs.add_argument("--into", type=Path, required=True, help="folder of the results, such as notebooks/results/lifts")
    runs.set_defaults(evaluate=evaluate_runs)
    angles.add_argument(
        "--clips", action="store_true", help="the pictures of a group in their order are a clip (real-people)"
    )
    _add_calibrate(angles, "fit the constants of the intervals of this pair on this set, and write")


def _add_calibrate(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument(
        "--calibrate",
        type=Path,
        metavar="FILE",
        help=f"{what} them into FILE (TOML); fitlab finds them where FILE is weights/calibration.toml in its data "
        "folder",
    )
    parser.add_argument(
        "--widen",
        type=float,
        default=1.0,
        metavar="FACTOR",
        help="with --calibrate: make every interval so many times as wide, for people unlike those that are measured",
    )


def evaluate_repetitions(options: argparse.Namespace) -> None:
    """Carry out ``fitlab evaluate repetitions``."""
    from fitlab.evaluation.clip_intervals import calibration_clips, clip_angles
    from fitlab.evaluation.repetitions import score_repetitions

    if options.calibrate:
        table = clip_angles(calibration_clips())
        clips = intervals.calibrate(table, widen=options.widen)
        write_calibration(options.calibrate, replace(default_calibration(), clips=clips))
        print(f"{options.calibrate}: {len(clips)} angles from {table['clip'].nunique()} clips")
        return
    _tell(options, score_repetitions(), {"lifter": DEFAULT_LIFTER})


def evaluate_viewpoints(options: argparse.Namespace) -> None:
    """Carry out ``fitlab evaluate viewpoints``.

    Raises
    ------
    ValueError
        For too few people.
    """
    from fitlab.evaluation.viewpoints import score_viewpoints

    if options.people < 1:
        raise ValueError(f"--people is how many stand before each camera, at least 1; got {options.people}")
    _tell(options, score_viewpoints(load_lifter(options.lifter), options.people), {"lifter": options.lifter})


def evaluate_runs(options: argparse.Namespace) -> None:
    """Carry out ``fitlab evaluate runs``."""
    from fitlab.training import runs

    names = runs.collect(options.folder, options.into)
    print(f"{options.into}: {', '.join(names) or f'there is no training in {options.folder}'}")
    if names:
        print(runs.Runs.read(options.into).progress().to_string())


def _add_common(parser: argparse.ArgumentParser, data: str, evaluate: Callable[[argparse.Namespace], None]) -> None:
    parser.add_argument("--data", default=data, metavar="SET", help=f"{catalogue.names()} (default: {data})")
    _add_save(parser, evaluate)


def _add_save(parser: argparse.ArgumentParser, evaluate: Callable[[argparse.Namespace], None]) -> None:
    parser.add_argument(
        "--save",
        nargs="?",
        type=Path,
        const=Path(),
        metavar="FILE",
        help="write the numbers as JSON (default: into notebooks/results, named after the command)",
    )
    parser.set_defaults(evaluate=evaluate)


def run(options: argparse.Namespace) -> None:
    """Evaluate as the options of :func:`add_arguments` say, and print the result."""
    options.evaluate(options)


def evaluate_detector(options: argparse.Namespace) -> None:
    """Carry out ``fitlab evaluate detector``."""
    photos = catalogue.open_photos(options.data)
    detector = load_detector(options.name)
    found = detect_all(
        detector,
        photos,
        use_box=not (options.whole or options.no_zoom),
        flip=not options.no_flip,
        zoom=not options.no_zoom,
        scales=not options.no_scales,
    )
    _tell(options, detectors.score_detections(photos, found), {"detector": options.name})


def evaluate_lifter(options: argparse.Namespace) -> None:
    """Carry out ``fitlab evaluate lifter``."""
    lifter, poses = load_lifter(options.name), catalogue.open_poses(options.data)
    weights = {"lifter": options.name}
    if options.detector:
        poses = lifters.detected(poses, load_detector(options.detector))
        weights["detector"] = options.detector
    _tell(options, lifters.score_lifter(lifter, poses), weights)


def evaluate_angles(options: argparse.Namespace) -> None:
    """Carry out ``fitlab evaluate angles``.

    Parameters
    ----------
    options
        What the command line asks for.

    Raises
    ------
    ValueError
        For a calibration on a test set, or on clips, and where the pictures of a set are no clips.
    """
    from fitlab.evaluation.clip_intervals import lifted_clips

    if options.calibrate and options.clips:
        raise ValueError("--calibrate is for photos; for clips: fitlab evaluate repetitions --calibrate FILE")
    if options.calibrate:
        catalogue.refuse_test(options.data, "calibrate")
    photos = catalogue.open_photos(options.data)
    calibration = calibration_of(options.detector, options.lifter)
    lifted = lifted_clips if options.clips else intervals.lifted_people
    people = lifted(photos, load_detector(options.detector), load_lifter(options.lifter))
    if options.clips:
        calibration = (calibration or default_calibration()).of_clips()
    table = intervals.measured_angles(photos, *people, calibration)
    if options.calibrate:
        known = intervals.calibrate(table, widen=options.widen)
        pair = weights_name(options.detector), weights_name(options.lifter)
        clips = {} if calibration is None else calibration.clips  # they do not depend on those of photos
        write_calibration(options.calibrate, Calibration(*pair, known, clips))
        print(f"{options.calibrate}: {len(known)} angles from {table['picture'].nunique()} pictures")
        return
    weights = {"detector": options.detector, "lifter": options.lifter}
    result, (numbers, pose) = intervals.score_angles(photos, table), people
    if pose is not None:
        truth, groups = photos.poses().truth[numbers], photos.groups[numbers]
        result = reliability.with_targets(result, reliability.judged_targets(pose, truth, groups, calibration))
    _tell(options, result, weights)


def evaluate_recognition(options: argparse.Namespace) -> None:
    """Carry out ``fitlab evaluate recognition``.

    Parameters
    ----------
    options
        What the command line asks for.

    Raises
    ------
    ValueError
        Where a detector is asked for and the data has no pictures.
    """
    poses, lifter = catalogue.open_poses(options.data), load_lifter(options.lifter)
    weights = {"lifter": options.lifter, "recogniser": options.recogniser}
    if poses.photos is not None:
        options.detector = weights["detector"] = options.detector or DEFAULT_DETECTOR
        poses = lifters.detected(poses, load_detector(options.detector))
    elif options.detector:
        raise ValueError(f"{options.data} has no pictures to detect joints in; leave --detector out")
    _tell(options, recognition.score_recognition(lifter, poses, options.recogniser), weights)


def command(options: argparse.Namespace) -> list[str]:
    """The words of the command that was given, without ``fitlab``, defaults written out and all in one order."""
    words = ["evaluate", options.kind, *([options.name] if "name" in options else [])]
    for name in _VALUES:
        if getattr(options, name, None):
            words += [f"--{name}", str(getattr(options, name))]
    return words + [f"--{flag.replace('_', '-')}" for flag in _FLAGS if getattr(options, flag, False)]


def _tell(options: argparse.Namespace, result: Result, weights: dict[str, str]) -> None:
    print(result.text())
    if options.save is not None:
        file = None if options.save == Path() else options.save
        print(f"\nwritten: {results.save(result, command(options), weights, file)}")
