"""Clips that are encoded here: every container fault that a user's clip may have gets its sentence."""

import os
import struct
from fractions import Fraction

import av
import numpy as np
import pytest

from fitlab.video_analysis import analyze_video
from fitlab.videos import Clip, VideoError, is_clip, watched


def write_clip(path, frames=20, fps=10, size=(64, 48), stamps=None, codec="libx264"):
    """A clip whose left half grows brighter from frame to frame; ``stamps`` in milliseconds."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=fps)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
        stream.codec_context.max_b_frames = 0
        for number in range(frames):
            image = np.full((size[1], size[0], 3), 20, np.uint8)
            image[:, : size[0] // 2] = 40 + 10 * number % 200
            frame = av.VideoFrame.from_ndarray(image, "rgb24")
            frame.time_base = stream.time_base
            frame.pts = round(1000 * number / fps) if stamps is None else stamps[number]
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def turned(path, matrix):
    """Write a display matrix into the track header of an MP4."""
    data = bytearray(path.read_bytes())
    place = data.index(b"tkhd") + 4 + 4 + 20 + 8 + 8
    data[place : place + 36] = struct.pack(
        ">9i", *(round(x * 65536) for x in matrix[:2]), 0, *(round(x * 65536) for x in matrix[2:4]), 0, 0, 0, 1 << 30
    )
    path.write_bytes(data)
    return path


def test_frames_come_in_order_with_their_times(tmp_path):
    clip = Clip(write_clip(tmp_path / "a.mp4"))
    frames = list(clip)
    assert (clip.width, clip.height, len(frames), clip.expected) == (64, 48, 20, 20)
    np.testing.assert_allclose([frame.seconds for frame in frames], np.arange(20) / 10, atol=1e-3)
    assert frames[0].image[24, 10, 0] < frames[9].image[24, 10, 0] - 50
    assert clip.notes == []
    assert len(list(clip)) == 20  # and again


@pytest.mark.parametrize("ending", ["mkv", "mov", "ts"])
def test_containers(tmp_path, ending):
    frames = list(Clip(write_clip(tmp_path / f"a.{ending}")))
    assert len(frames) == 20
    np.testing.assert_allclose(np.diff([frame.seconds for frame in frames]), 0.1, atol=2e-3)


def test_an_old_avi(tmp_path):
    frames = list(Clip(write_clip(tmp_path / "a.avi", codec="mpeg4")))
    assert len(frames) == 20
    assert (np.diff([frame.seconds for frame in frames]) > 0).all()
    assert frames[0].image[24, 10, 0] < frames[9].image[24, 10, 0] - 50


@pytest.mark.parametrize("fps", [1, 240])
def test_slow_and_fast_cameras(tmp_path, fps):
    clip = Clip(write_clip(tmp_path / "a.mp4", frames=24, fps=fps))
    np.testing.assert_allclose([frame.seconds for frame in clip], np.arange(24) / fps, atol=1e-3)
    assert clip.expected == pytest.approx(24, abs=1)


def test_frames_that_stand_still_are_all_given(tmp_path):
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(30):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((48, 64, 3), 90, np.uint8), "rgb24")))
        container.mux(stream.encode())
    assert len(list(Clip(path))) == 30


def test_a_size_that_changes_inside_the_stream(tmp_path):
    """Two parts of a transport stream, one after the other, as a broadcast or a call has them."""
    parts = [
        write_clip(tmp_path / "a.ts", frames=10),
        write_clip(tmp_path / "b.ts", frames=10, size=(96, 48), stamps=[1000 + 100 * number for number in range(10)]),
    ]
    (tmp_path / "both.ts").write_bytes(b"".join(part.read_bytes() for part in parts))
    clip = Clip(tmp_path / "both.ts")
    frames = list(clip)
    assert {frame.image.shape for frame in frames} == {(48, 64, 3)}
    assert len(frames) >= 19
    assert any("size of the frames changes" in note for note in clip.notes)
    assert frames[-1].image[24, 10, 0] > 60  # its bright half is still at the left
    assert abs(int(frames[-1].image[2, 32, 0]) - 124) < 3  # grey above it


def test_variable_frame_rate_keeps_its_times(tmp_path):
    stamps = [0, 40, 200, 210, 700, 1500]
    clip = Clip(write_clip(tmp_path / "a.mkv", frames=6, stamps=stamps))
    np.testing.assert_allclose([frame.seconds for frame in clip], np.array(stamps) / 1000, atol=1e-3)


def test_a_range_and_a_stride(tmp_path):
    path = write_clip(tmp_path / "a.mp4", frames=40)
    assert [frame.number for frame in Clip(path, 1.0, 2.0)] == list(range(10, 21))
    assert [frame.number for frame in Clip(path, 1.05, 2.0, 3)] == [11, 14, 17, 20]
    for wrong in ({"start": 2, "end": 1}, {"stride": 0}, {"start": -1}):
        with pytest.raises(VideoError, match=r"range|stride"):
            Clip(path, **wrong)


@pytest.mark.parametrize(
    ("matrix", "bright"),
    [
        ((1, 0, 0, 1), "left"),
        ((0, 1, -1, 0), "top"),
        ((-1, 0, 0, -1), "right"),
        ((0, -1, 1, 0), "bottom"),
        ((-1, 0, 0, 1), "right"),
    ],
)
def test_phone_clips_are_upright(tmp_path, matrix, bright):
    """A quarter turn clockwise shows on top what is stored at the left."""
    clip = Clip(turned(write_clip(tmp_path / "a.mp4"), matrix))
    image = list(clip)[5].image[..., 0].astype(int)
    assert image.shape == ((64, 48) if matrix[0] == 0 else (48, 64))
    height, width = image.shape
    halves = {"left": image[:, : width // 2], "right": image[:, width // 2 :]}
    halves |= {"top": image[: height // 2], "bottom": image[height // 2 :]}
    assert max(halves, key=lambda name: halves[name].mean()) == bright


def test_a_clip_that_is_cut_short_keeps_its_beginning(tmp_path):
    path = write_clip(tmp_path / "a.mkv", frames=60, size=(320, 240))
    data = path.read_bytes()
    path.write_bytes(data[: int(0.6 * len(data))])
    clip = Clip(path)
    frames = list(clip)
    assert 5 < len(frames) < 60
    assert any("ends at" in note for note in clip.notes)


def test_what_is_no_clip_is_refused_in_a_sentence(tmp_path):
    whole = write_clip(tmp_path / "whole.mp4")
    (tmp_path / "index.mp4").write_bytes(whole.read_bytes()[:400])
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "text.mp4").write_text("not a clip")
    from PIL import Image

    Image.new("RGB", (64, 64)).save(tmp_path / "photo.jpg")
    with av.open(str(tmp_path / "sound.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        sound.sample_rate = 44100
        container.mux(stream.encode(sound))
        container.mux(stream.encode())
    with av.open(str(tmp_path / "nothing.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=5)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.start_encoding()
    for name, words in {
        "nothing.mp4": "holds no pictures",
        "index.mp4": "cut short",
        "empty.mp4": "empty",
        "text.mp4": "not a clip",
        "photo.jpg": "photo",
        "sound.mp4": "sound",
        "missing.mp4": "no clip",
        ".": "folder",
    }.items():
        with pytest.raises(VideoError, match=words) as error:
            Clip(tmp_path / name)
        assert "\n" not in str(error.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with a name here")
def test_a_pipe_is_no_clip_and_is_not_called_empty(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(VideoError, match="a device or a pipe"):
        Clip(tmp_path / "pipe.mp4")


def test_what_is_taken_for_a_clip(tmp_path):
    assert is_clip(tmp_path / "missing.MOV")
    assert is_clip(write_clip(tmp_path / "a.mp4").rename(tmp_path / "noname"))
    from PIL import Image

    Image.new("RGB", (64, 64)).save(tmp_path / "photo.jpg")
    assert not is_clip(tmp_path / "photo.jpg")
    assert not is_clip(tmp_path / "missing.jpg")


def test_watching_can_stop(tmp_path):
    clip = Clip(write_clip(tmp_path / "a.mp4"))
    seen = []

    def progress(done, expected):
        seen.append((done, expected))
        return done < 5

    assert len(list(watched(clip, progress))) == 5
    assert seen[-1] == (5, 20)
    assert "Stopped" in clip.notes[-1]


def test_a_clip_that_ends_before_the_range_is_said_to(tmp_path):
    path = write_clip(tmp_path / "a.mp4")
    with pytest.raises(VideoError, match=r"a\.mp4 shows nothing from 100 s on: it is 2\.0 s long"):
        analyze_video(Clip(path, start=100), "squat")


def test_one_frame_by_its_time(tmp_path):
    clip = Clip(write_clip(tmp_path / "a.mp4"), start=1.0)
    for wanted in list(Clip(clip.path))[::6]:
        found = clip.frame_at(wanted.seconds)
        assert found.number == wanted.number
        np.testing.assert_array_equal(found.image, wanted.image)
    with pytest.raises(VideoError, match=r"a.mp4 has no frame at 99.00 s"):
        clip.frame_at(99.0)
