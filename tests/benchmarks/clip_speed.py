"""How fast a clip is analysed, and how much memory it takes: python tests/benchmarks/clip_speed.py [--minutes 10]

Writes a clip of 1280x720 at 30 frames a second, in which the synthetic person of the notebooks squats again and again,
and analyses it from its file to the table of repetitions. Prints frames a second by the clock, processor time a frame
of all threads, and the memory in use after each fifth of the frames.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import av
import cv2
import numpy as np
import psutil

import fitlab
from fitlab.video_analysis import CLIP_DETECTOR

FRAMES = Path(__file__).parents[2] / "notebooks" / "data" / "clip"
WIDTH, HEIGHT, RATE = 1280, 720, 30


def write_clip(file: Path, count: int) -> None:
    """``count`` frames, forth and back through the pictures."""
    once = [fitlab.read_image(picture) for picture in sorted(FRAMES.glob("*.jpg"))]
    pictures = [_on_screen(picture) for picture in (*once, *once[-2:0:-1])]
    with av.open(str(file), "w") as container:
        stream = container.add_stream("libx264", RATE, options={"preset": "ultrafast", "crf": "23"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(count):
            frame = av.VideoFrame.from_ndarray(pictures[number % len(pictures)], format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _on_screen(picture: np.ndarray) -> np.ndarray:
    screen = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
    left = (WIDTH - HEIGHT) // 2
    screen[:, left : left + HEIGHT] = cv2.resize(picture, (HEIGHT, HEIGHT), interpolation=cv2.INTER_CUBIC)
    return screen


def megabytes() -> float:
    """Memory of this process that is in use now."""
    return psutil.Process().memory_info().rss / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=0.5, help="of the clip")
    parser.add_argument("--detector", default=CLIP_DETECTOR)
    options = parser.parse_args()
    count = int(60 * RATE * options.minutes)
    fitlab.analyze_photo(fitlab.read_image(FRAMES / "000.jpg"), "squat", detector=options.detector)  # loads the models
    memory: list[float] = []

    def note(done: int, _: int | None) -> bool:
        if done * 5 >= count * (len(memory) + 1):
            memory.append(megabytes())
        return True

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "clip.mp4"
        write_clip(file, count)
        start, before = time.perf_counter(), time.process_time()
        analysis = fitlab.analyze_video(file, "squat", detector=options.detector, progress=note)
        took, spent = time.perf_counter() - start, time.process_time() - before
    print(f"{options.detector}, {count} frames of {WIDTH}x{HEIGHT}: {len(analysis.table)} repetitions")
    print(f"{count / took:.1f} frames a second; processor time a frame {1000 * spent / count:.0f} ms")
    print("memory after each fifth of the frames, MB: " + ", ".join(f"{each:.0f}" for each in memory))


if __name__ == "__main__":
    main()
