"""How long and how much memory one photo takes: python tests/benchmarks/photo_to_verdict.py [PHOTO] [--detector NAME]

Prints the time of `import fitlab`, of loading the models, the median of photo to verdict, and the peak memory.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from pathlib import Path

SAMPLE = Path(__file__).parents[2] / "notebooks" / "data" / "photos" / "office_lunge_left.jpg"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photo", nargs="?", default=SAMPLE)
    parser.add_argument("--detector", default="fitpose-heavy")
    options = parser.parse_args()
    start = time.perf_counter()
    import fitlab

    print(f"import fitlab: {time.perf_counter() - start:.2f} s")
    import cv2

    picture = fitlab.read_image(options.photo)
    photo = cv2.resize(picture, (1080, 720))
    start = time.perf_counter()
    fitlab.analyze_photo(photo, "squat", detector=options.detector)
    print(f"first photo, models loaded on the way: {time.perf_counter() - start:.2f} s")
    times, spent = [], []
    for _ in range(21):
        start, before = time.perf_counter(), time.process_time()
        fitlab.analyze_photo(photo, "squat", detector=options.detector)
        times.append(time.perf_counter() - start)
        spent.append(time.process_time() - before)
    middle, worst = statistics.median(times) * 1000, max(times) * 1000
    print(f"{options.detector}, 1080x720 photo to verdict: median {middle:.0f} ms, worst {worst:.0f} ms")
    print(f"processor time of it, all threads, which other work changes less: {statistics.median(spent) * 1000:.0f} ms")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory: {peak:.0f} MB")


if __name__ == "__main__":
    main()
