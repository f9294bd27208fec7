"""How long and how much memory one photo takes: python tests/benchmarks/photo_to_verdict.py [PHOTO]

Prints the time of `import fitlab`, of loading the models, the median of photo to verdict, and the peak memory.
"""

from __future__ import annotations

import resource
import statistics
import sys
import time
from pathlib import Path

SAMPLE = Path(__file__).parents[2] / "notebooks" / "data" / "samples" / "squat.jpg"


def main() -> None:
    start = time.perf_counter()
    import fitlab

    print(f"import fitlab: {time.perf_counter() - start:.2f} s")
    import cv2

    picture = fitlab.read_image(sys.argv[1] if len(sys.argv) > 1 else SAMPLE)
    photo = cv2.resize(picture, (1080, 720))
    start = time.perf_counter()
    fitlab.analyze_photo(photo, "squat")
    print(f"first photo, models loaded on the way: {time.perf_counter() - start:.2f} s")
    times, spent = [], []
    for _ in range(21):
        start, before = time.perf_counter(), time.process_time()
        fitlab.analyze_photo(photo, "squat")
        times.append(time.perf_counter() - start)
        spent.append(time.process_time() - before)
    print(
        f"1080x720 photo to verdict: median {statistics.median(times) * 1000:.0f} ms, worst {max(times) * 1000:.0f} ms"
    )
    print(f"processor time of it, all threads, which other work changes less: {statistics.median(spent) * 1000:.0f} ms")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory: {peak:.0f} MB")


if __name__ == "__main__":
    main()
