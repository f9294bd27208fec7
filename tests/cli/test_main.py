import io
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from test_images import BAD

import fitlab
from fitlab.cli.main import main
from fitlab.weights import registry

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "notebooks" / "data" / "samples"


@pytest.fixture
def empty_room(tmp_path) -> str:
    Image.fromarray(np.full((120, 160, 3), 128, np.uint8)).save(tmp_path / "room.png")
    return str(tmp_path / "room.png")


@pytest.fixture
def no_work(monkeypatch):
    monkeypatch.setattr("fitlab.analysis.analyze_photo", lambda *_, **__: pytest.fail("the photo was analysed"))


def complaint(capsys) -> str:
    """The one sentence on standard error."""
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("fitlab: ")
    assert err.count("\n") == 1
    return err


@pytest.mark.parametrize("data", [data for data, _ in BAD.values()], ids=BAD)
def test_a_bad_photo_is_one_sentence_and_no_traceback(data, tmp_path, capsys):
    (tmp_path / "me.jpg").write_bytes(data)
    assert main(["analyze", str(tmp_path / "me.jpg"), "--exercise", "squat"]) == 2
    assert "me.jpg" in complaint(capsys)


def test_so_are_paths_and_names_that_are_wrong(empty_room, tmp_path, capsys):
    for arguments, said in (
        ([str(tmp_path / "none.jpg"), "--exercise", "squat"], "there is no file"),
        ([str(tmp_path), "--exercise", "squat"], "is a folder"),
        ([empty_room, "--exercise", "sqat"], "did you mean squat"),
        ([empty_room, "--exercise", "squat", "--exercises", "none.toml"], "there is no file none.toml"),
        (
            [empty_room, "--exercise", "squat", "--exercises", str(tmp_path)],
            "is a folder; give the path of a TOML file",
        ),
        ([empty_room, "--exercise", "mine"], "an exercise of your own needs --exercises FILE"),
        ([empty_room, "--exercise", "squat", "--json", str(tmp_path)], f"--json {tmp_path} is a folder; name the file"),
        ([empty_room, "--exercise", "squat", "--figure", str(tmp_path)], f"--figure {tmp_path} is a folder; name the"),
        ([empty_room, "--exercise", "squat", "--box", "9", "9", "9", "9"], "is less than 2 pixels wide or high"),
    ):
        assert main(["analyze", *arguments]) == 2
        assert said in complaint(capsys)


def test_outputs_that_cannot_be_written_are_said_before_any_work(no_work, empty_room, tmp_path, capsys):
    (tmp_path / "no").mkdir()
    for option, name, said in (
        ("--json", "none/a.json", f"there is no folder {tmp_path / 'none'} to write --json a.json in; make it first"),
        ("--figure", "none/a.png", f"there is no folder {tmp_path / 'none'} to write --figure a.png in; make it first"),
        ("--json", "room.png/a.json", f"there is no folder {tmp_path / 'room.png'}"),
        ("--json", "no", "is a folder; name the file to write in it"),
        ("--figure", "a", "has no ending that tells its format; use one of .avif"),
        ("--figure", "a.txt", "has no ending that tells its format; use one of .avif"),
        ("--figure", "a.pgf", "has no ending that tells its format; use one of .avif"),
    ):
        assert main(["analyze", empty_room, "--exercise", "squat", option, str(tmp_path / name)]) == 2
        assert said in complaint(capsys)


def test_no_output_takes_the_place_of_what_is_read_or_of_another_output(no_work, empty_room, tmp_path, capsys):
    (tmp_path / "link.png").symlink_to(empty_room)
    around = f"{tmp_path}/../{tmp_path.name}/a.png"
    own = tmp_path / "mine.toml"
    own.write_text("")
    before = Path(empty_room).read_bytes()
    for options, said in (
        (["--json", empty_room], f"--json {empty_room} would overwrite the photo; name another file"),
        (["--figure", str(tmp_path / "link.png")], "link.png would overwrite the photo; name another file"),
        (["--exercises", str(own), "--json", str(own)], "mine.toml would overwrite the exercises; name another file"),
        (["--json", str(tmp_path / "a.png"), "--figure", around], "--json and --figure are the same file"),
    ):
        assert main(["analyze", empty_room, "--exercise", "squat", *options]) == 2
        assert said in complaint(capsys)
    assert Path(empty_room).read_bytes() == before
    assert own.read_text() == ""


def test_the_verdict_is_said_where_a_file_cannot_be_written(empty_room, tmp_path, capsys):
    (tmp_path / "a.json").symlink_to(tmp_path / "none" / "a.json")
    assert main(["analyze", empty_room, "--exercise", "squat", "--json", str(tmp_path / "a.json")]) == 2
    said = capsys.readouterr()
    assert said.out.startswith("Nobody was found")
    assert said.err == f"fitlab: there is no folder {tmp_path / 'none'} to write a.json in; make it first\n"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--motion", "trc"), "--motion is not for a photo"),
        (("--workers", "2"), "--workers is not for a photo"),
        (("--exercise", ""), "unknown exercise ''"),
        (("--detector", "fitpose-hevy"), "did you mean fitpose-heavy or fitpose-lite0 or fitpose-full? known:"),
        (("--height", "1.75"), "got 1.75; 1.75 m are 1750"),
    ],
)
def test_options_that_mean_nothing_here_are_refused(options, said, empty_room, capsys):
    assert main(["analyze", empty_room, *options]) == 2
    complained = complaint(capsys)
    assert said in complained
    assert "fitpose-person" not in complained


def test_a_terminal_that_knows_no_degree_sign_gets_the_rest(monkeypatch):
    printed = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(printed, encoding="ascii", write_through=True))
    assert main(["analyze", str(SAMPLES / "squat.jpg"), "--exercise", "squat"]) == 0
    assert b"?" in printed.getvalue()  # in the degree sign's place


@pytest.mark.parametrize("degrees", ["nan", "-5", "179.9"])
def test_a_field_of_view_that_no_lens_has_is_said_where_nobody_is_found_too(degrees, empty_room, tmp_path, capsys):
    options = ["--field-of-view", degrees, "--json", str(tmp_path / "a.json")]
    assert main(["analyze", empty_room, "--exercise", "squat", *options]) == 2
    assert "field_of_view is a number of degrees from 1 to 160; got" in complaint(capsys)
    assert not (tmp_path / "a.json").exists()


def test_detector_lifter_and_field_of_view_can_be_chosen(tmp_path, capsys):
    photo = SAMPLES / "squat.jpg"
    answers = []
    for options in ((), ("--lifter", "martinez-general"), ("--field-of-view", "80")):
        assert main(["analyze", str(photo), "--exercise", "squat", *options, "--json", str(tmp_path / "a.json")]) == 0
        answers.append(json.loads((tmp_path / "a.json").read_text())["points_mm"])
    assert answers[0] != answers[1] != answers[2] != answers[0]
    for option, said in (
        ("--field-of-view", "degrees from 1 to 160; got 200"),
        ("--detector", "unknown detector '200'"),
    ):
        assert main(["analyze", str(photo), "--exercise", "squat", option, "200"]) == 2
        assert said in capsys.readouterr().err


def test_nobody_is_an_answer_and_files_are_written(empty_room, tmp_path, capsys):
    files = tmp_path / "out.json", tmp_path / "out.png"
    arguments = ["analyze", empty_room, "--exercise", "plank", "--json", str(files[0]), "--figure", str(files[1])]
    assert main(arguments) == 0
    assert capsys.readouterr().out.startswith("Nobody was found")
    assert json.loads(files[0].read_text())["found"] is False
    assert Image.open(files[1]).size[0] > 1000


@pytest.mark.parametrize("command", [[], ["analyze"], ["train"], ["weights"]])
def test_help_is_there(command, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([*command, "--help"])
    assert stopped.value.code == 0
    assert "usage: fitlab" in capsys.readouterr().out


def test_every_public_name_is_there():
    for name in fitlab.__all__:
        assert getattr(fitlab, name) is not None
    assert set(fitlab.__all__) <= set(dir(fitlab))
    with pytest.raises(AttributeError, match="'analyse_photo'"):
        _ = fitlab.analyse_photo


def test_a_reader_that_has_read_enough_is_no_error():
    script = f"set -o pipefail; {shlex.quote(sys.executable)} -m fitlab weights list | head -1"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1


def test_the_version_is_told(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--version"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out == f"fitlab {fitlab.__version__}\n"


def test_networks_and_uncertainty_are_reached_from_fitlab_alone():
    """In a process of its own, where nothing else has imported them."""
    code = (
        "import sys, fitlab, fitlab.exercises.intervals; assert 'torch' not in sys.modules; "
        "fitlab.models.martinez.Martinez; "
        "fitlab.models.hourglass.hourglass; fitlab.models.efficientpose.efficientpose; fitlab.models.fitpose.FitPose; "
        "print(fitlab.exercises.intervals.COVERAGE)"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout == "0.9\n"
    with pytest.raises(AttributeError, match=r"'fitlab\.models' has no attribute 'hourglas'"):
        _ = fitlab.models.hourglas


def test_importing_fitlab_is_quick_and_loads_no_pytorch():
    """Measured as processor time of a process of its own, so that a busy machine does not matter."""
    code = "import time, sys, fitlab; print('torch' in sys.modules, time.process_time())"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    loaded, seconds = done.stdout.split()
    assert loaded == "False"
    assert float(seconds) < 1.5


def test_every_registered_weight_names_its_licence_and_training_data():
    for entry in registry.entries().values():
        assert entry.licence, entry.name
        assert entry.trained_on, entry.name


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["analyze", "me.jpg", "--exercize", "squat"], "unknown: --exercize squat; did you mean --exercise?"),
        (["evaluate", "angles", "--detectr=fitpose-heavy"], "did you mean --detector?"),
        (["analyze", "me.jpg", "--xyz"], "unknown: --xyz; --help tells what there is"),
    ],
)
def test_for_a_misspelt_option_the_nearest_is_named(words, said, capsys):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err
