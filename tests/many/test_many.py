"""Many photos and clips: whole results or none, one bad one is told, the same on processes and on a cluster."""

import json
import os
import pickle
import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import av
import numpy as np
import pandas as pd
import pytest
from paint import painted
from PIL import Image
from reports.clips import analysis as clip_analysis
from reports.test_clip_report import Reader

import fitlab
from fitlab.analysis import analyze_pose
from fitlab.many import work
from fitlab.many.run import analyze_many, media_in
from fitlab.many.work import DONE, Settings, carried_out, whole_folder
from fitlab.many.workers import on_this_machine
from fitlab.poses import Pose2D
from fitlab.videos import is_clip

ROOT = Path(__file__).parents[2]
QUICK = {"detector": "fitpose-lite0"}
NOBODY = Pose2D(np.full((16, 2), np.nan), np.zeros(16), (640, 480))
REPORT = {"report.html", "angles.csv", "analysis.json", DONE}


def photo(path: Path, colour: int = 90) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((48, 64, 3), colour, np.uint8)).save(path)
    return path


def clip(path: Path, frames: int = 30) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("h264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuv420p"
        for number in range(frames):
            picture = av.VideoFrame.from_ndarray(np.full((480, 640, 3), 5 * number, np.uint8), format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


def tree(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def instead(monkeypatch) -> list[str]:
    """Nothing is looked at: each photo and clip has a made-up analysis. The names of those that were asked for."""
    asked: list[str] = []

    def made_up(path: Path, settings: Settings, progress: bool = False) -> object:
        asked.append(path.name)
        if "bad" in path.name:
            raise ValueError(f"{path.name} is damaged")
        if is_clip(path):
            return clip_analysis()
        return analyze_pose(painted(640, 480, (320, 230), 0.28)[0], NOBODY, settings.exercise)

    monkeypatch.setattr(work, "analysed", made_up)
    return asked


@pytest.fixture
def client():
    distributed = pytest.importorskip("distributed")
    options = {"n_workers": 1, "threads_per_worker": 2, "processes": False, "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as one:
        yield one


def test_on_a_cluster_each_has_its_folder_and_a_bad_one_stops_nobody(instead, client, tmp_path):
    photo(tmp_path / "in" / "a b.jpg")
    photo(tmp_path / "in" / "deeper" / "a b.jpg")
    (tmp_path / "in" / "bad.png").write_bytes(b"nothing")
    clip(tmp_path / "in" / "c.mp4")
    (tmp_path / "in" / "notes.txt").write_text("not for us")
    told = []
    out = tmp_path / "in" / "out"
    outcomes = analyze_many(tmp_path / "in", "squat", out, client=client, progress=told.append)
    assert [outcome.path.name for outcome in outcomes] == ["a b.jpg", "bad.png", "c.mp4", "a b.jpg"]
    assert len(told) == 4
    assert [outcome.error for outcome in outcomes] == ["", "bad.png is damaged", "", ""]
    assert set(tree(out / "deeper" / "a b.jpg")) == REPORT
    assert {"annotated.mp4", "frames.csv", "repetitions.csv", DONE} <= set(tree(out / "c.mp4"))
    assert not (out / "bad.png").exists()
    overview = pd.read_csv(out / "overview.csv")
    assert overview.repetitions.tolist()[2] == 2
    assert overview.good.tolist()[2] == 1
    assert overview.error.tolist()[1] == "bad.png is damaged"
    read = Reader((out / "index.html").read_text(encoding="utf-8"))
    assert read.addresses == ["a%20b.jpg/report.html", "c.mp4/report.html", "deeper/a%20b.jpg/report.html"]
    assert "3 analysed, 1 not" in read.words


def test_what_is_done_is_left_and_what_has_changed_is_done_anew(instead, client, tmp_path):
    for name in "abc":
        photo(tmp_path / f"{name}.png")
    paths = [tmp_path / f"{name}.png" for name in "abc"]
    analyze_many(paths[:2], "squat", tmp_path / "out", client=client)
    before = (tmp_path / "out" / "a.png" / "report.html").stat().st_mtime_ns
    photo(paths[1], colour=200)
    os.utime(paths[1], (1, 1))
    instead.clear()
    outcomes = analyze_many(paths, "squat", tmp_path / "out", client=client)
    assert sorted(instead) == ["b.png", "c.png"]
    assert [outcome.done_before for outcome in outcomes] == [True, False, False]
    assert outcomes[0].summary == outcomes[2].summary
    assert (tmp_path / "out" / "a.png" / "report.html").stat().st_mtime_ns == before
    instead.clear()
    analyze_many(paths, "plank", tmp_path / "out", client=client)
    assert sorted(instead) == ["a.png", "b.png", "c.png"]


def test_without_a_folder_the_analyses_are_answered(instead, client, tmp_path):
    photo(tmp_path / "a.png")
    [outcome] = fitlab.analyze_many(tmp_path / "a.png", "squat", client=client)
    assert outcome.analysis.exercise.name == "squat"
    assert outcome.folder is None


NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def test_processes_answer_what_one_process_answers_and_each_frame_is_true(tmp_path):
    """Real analyses, in two processes and in this one."""
    source = ROOT / "notebooks" / "data" / "samples" / "squat.jpg"
    small = tmp_path / "in" / "small.jpg"
    small.parent.mkdir()
    Image.open(source).resize((270, 180)).save(small)
    (tmp_path / "in" / "bad.jpg").write_bytes(small.read_bytes()[:400])
    bad, good = analyze_many(tmp_path / "in", "squat", tmp_path / "out", workers=2, **QUICK)
    assert "bad.jpg is damaged or cut short" in bad.error
    assert not good.error
    alone = carried_out(small, tmp_path / "alone", Settings("squat", **QUICK))
    assert not alone.error
    for name in ("analysis.json", "angles.csv"):
        ours, theirs = ((folder / name).read_text() for folder in (tmp_path / "alone", tmp_path / "out" / "small.jpg"))
        assert NUMBER.sub("number", ours) == NUMBER.sub("number", theirs)
        # Other numbers of threads add up in another order, which may turn the last digit.
        numbers = [[float(number) for number in NUMBER.findall(text)] for text in (ours, theirs)]
        np.testing.assert_allclose(*numbers, atol=0.0015)


class Deadly(type(Path())):
    """A path that ends the process that opens it, as a decoder that crashes would."""

    def __reduce__(self):
        return os._exit, (9,)


def test_a_process_that_dies_costs_its_own_piece_alone(tmp_path):
    pieces = [(Deadly("deadly.mp4"), None), (tmp_path / "none.jpg", None)]
    outcomes = {each.path.name: each.error for each in on_this_machine(pieces, Settings("squat"), workers=1)}
    assert outcomes["deadly.mp4"] == "deadly.mp4 was not analysed: its process ended with code 9"
    assert "there is no file" in outcomes["none.jpg"]


def test_killed_at_any_moment_it_goes_on_where_it_stopped(tmp_path):
    """Killed with its processes when the first results are there; nothing half is under a final name."""
    for name in "abcdef":
        photo(tmp_path / "in" / f"{name}.png", colour=30 * ord(name) % 200)
    out = tmp_path / "out"
    code = f"""
        from fitlab.many.run import analyze_many
        analyze_many({str(tmp_path / "in")!r}, "squat", {str(out)!r}, workers=1, detector="fitpose-lite0")
    """
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    run = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], env=environment, start_new_session=True)
    until = time.monotonic() + 300
    while not list(out.glob("*/done.json")) and time.monotonic() < until:
        time.sleep(0.01)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    whole = [folder for folder in out.iterdir() if not folder.name.startswith(".")]
    assert 1 <= len(whole) <= 6
    assert all(set(tree(folder)) == REPORT for folder in whole)
    times = {folder.name: (folder / DONE).stat().st_mtime_ns for folder in whole}
    outcomes = analyze_many(tmp_path / "in", "squat", out, workers=1, **QUICK)
    assert [outcome.error for outcome in outcomes] == [""] * 6
    assert {each.path.name for each in outcomes if each.done_before} == set(times)
    assert all((out / name / DONE).stat().st_mtime_ns == moment for name, moment in times.items())
    assert {path.split("/")[0] for path in tree(out)} == {
        *(f"{name}.png" for name in "abcdef"),
        "index.html",
        "overview.csv",
    }


def test_a_folder_is_replaced_whole_and_only_where_it_is_ours(tmp_path):
    with whole_folder(tmp_path / "a") as part:
        (part / DONE).write_text("1")
    with whole_folder(tmp_path / "a") as part:
        (part / DONE).write_text("2")
    assert (tmp_path / "a" / DONE).read_text() == "2"
    with pytest.raises(ZeroDivisionError), whole_folder(tmp_path / "a") as part:
        (part / DONE).write_text(str(1 / 0))
    assert tree(tmp_path) == ["a/done.json"]
    (tmp_path / "mine").mkdir()
    with pytest.raises(FileExistsError, match="holds no results of fitlab"), whole_folder(tmp_path / "mine"):
        pass


def test_a_disk_that_is_full_is_said_and_leaves_nothing(tmp_path):
    """A limit of the system on the size of files stands in for the disk."""
    code = f"""
        import resource, signal
        from pathlib import Path
        import numpy as np
        from PIL import Image
        from fitlab.many.work import Settings, carried_out
        noise = np.random.default_rng(0).integers(0, 255, (480, 640, 3), dtype=np.uint8)
        Image.fromarray(noise).save({str(tmp_path / "a.png")!r})
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
        settings = Settings("squat", detector="fitpose-lite0")
        print(carried_out(Path({str(tmp_path / "a.png")!r}), Path({str(tmp_path / "out")!r}), settings).error)
    """
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True, env=environment
    )
    assert "the disk is full; free some space" in done.stdout
    assert tree(tmp_path) == ["a.png"]
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_begun_is_said_before_any_work(instead, client, tmp_path):
    (tmp_path / "empty").mkdir()
    photo(tmp_path / "a.png")
    (tmp_path / "file").write_text("")
    for arguments, options, error, words in (
        ((tmp_path / "empty", "squat"), {}, ValueError, "holds neither photos nor clips"),
        ((tmp_path / "none", "squat"), {}, FileNotFoundError, "there is no folder"),
        (([], "squat"), {}, ValueError, "the list of paths is empty"),
        ((tmp_path / "a.png", "sqat"), {}, ValueError, "did you mean squat"),
        ((tmp_path / "a.png", "squat", tmp_path / "file"), {}, FileExistsError, "is a file; name a folder"),
        ((tmp_path / "a.png", "squat", tmp_path / "file" / "x"), {}, OSError, "file"),
        ((tmp_path / "a.png", "squat"), {"workers": 0}, ValueError, "1 or more; got 0"),
        ((tmp_path / "a.png", "squat"), {"motion": [".fbx"]}, ValueError, "unknown ending of a motion file"),
        ((tmp_path / "a.png", "squat"), {"side": "top"}, ValueError, "unknown side"),
        ((tmp_path / "a.png", "squat"), {"height_mm": 9}, ValueError, "500 to 2500"),
        ((tmp_path / "a.png", "squat"), {"client": "localhost"}, TypeError, "is a dask.distributed.Client, got str"),
    ):
        with pytest.raises(error, match=words):
            analyze_many(*arguments, **({"client": client} | options))
    assert instead == []


def test_a_folder_that_may_not_be_written_to_is_said(monkeypatch, tmp_path):
    photo(tmp_path / "a.png")

    def refused(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refused)
    with pytest.raises(PermissionError, match="may not be written to; choose another folder"):
        analyze_many(tmp_path / "a.png", "squat", tmp_path / "out")


def test_what_is_looked_for_in_a_folder(tmp_path):
    for name in ("b.JPG", "a.mp4", "sub/c.mov", ".hidden/d.png", "out/a.mp4/annotated.mp4", "e.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    found = media_in(tmp_path, tmp_path / "out")
    assert [path.relative_to(tmp_path).as_posix() for path in found] == ["a.mp4", "b.JPG", "sub/c.mov"]


def test_settings_and_outcomes_travel_between_processes(instead, tmp_path):
    photo(tmp_path / "a.png")
    outcome = carried_out(tmp_path / "a.png", tmp_path / "out", pickle.loads(pickle.dumps(Settings("squat"))))
    assert pickle.loads(pickle.dumps(outcome)) == outcome
    assert json.loads((tmp_path / "out" / DONE).read_text())["summary"] == outcome.summary
