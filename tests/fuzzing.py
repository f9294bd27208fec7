"""Broken files for every reader: each is read, or refused in one clear sentence, in bounded time and memory.

``python tests/fuzzing.py --count 10000`` (``make fuzz``) tries so many; the same seed makes the same files. What
crashes the process itself is in the file that the last line names.
"""

import argparse
import io
import json
import os
import random
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from motion_files import AMC, ASF, BVH
from PIL import Image
from safetensors.torch import save

from fitlab.datasets import human36m, infiniteform, mpii
from fitlab.datasets.io import asf_amc, bvh
from fitlab.evaluation import results
from fitlab.exercises.calibration import read_calibrations
from fitlab.exercises.definition import load_exercises
from fitlab.images import exif_field_of_view, read_image
from fitlab.skeletons import H36M17, LIFT16
from fitlab.training.recipes import read_recipe
from fitlab.weights import registry

ROOT = Path(__file__).parents[1]
SECONDS = 10  # of processor time, for one file
MEMORY = 3_000_000_000  # bytes beyond what the process has at the start
LONGEST = 600  # letters of a sentence
#: What a sentence for users does not have in it.
RAW = ("Traceback", "object at 0x", "index out of", "NoneType", "not subscriptable", "unhashable", "not iterable")
VALUES = (b"-1", b"0", b"1e999", b"nan", b"null", b"true", b'""', b"[]", b"{}", b"9" * 30, b"1.5", b"[[[[", b'"a"')


@dataclass(frozen=True)
class Reader:
    """A reader under test: what it reads, the sound files, and the name that a file has."""

    read: Callable[[Path], object]
    seeds: list[bytes]
    name: str


def photos() -> list[bytes]:
    """A small picture in every format and kind that is read."""
    rgb = Image.fromarray(np.random.default_rng(0).integers(0, 256, (32, 40, 3), dtype=np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8769)[0xA405] = 28
    deep = Image.fromarray(np.arange(32 * 40, dtype=np.uint16).reshape(32, 40) * 50)
    kinds = [
        (rgb, "JPEG", {"exif": exif}),
        (rgb, "JPEG", {"progressive": True, "quality": 30}),
        (rgb.convert("CMYK"), "JPEG", {}),
        (rgb, "PNG", {"exif": exif}),
        (rgb.convert("RGBA"), "PNG", {}),
        (rgb.convert("P"), "PNG", {"transparency": 3}),
        (deep, "PNG", {}),
        (rgb, "WEBP", {}),
        (rgb, "AVIF", {}),
        (rgb, "GIF", {}),
        (rgb, "BMP", {}),
        (deep, "TIFF", {}),
        (Image.fromarray(np.linspace(0, 1, 1280, dtype=np.float32).reshape(32, 40)), "TIFF", {}),
        *((rgb, "TIFF", {"compression": kind}) for kind in ("tiff_lzw", "tiff_adobe_deflate", "jpeg", "packbits")),
    ]
    return [_encoded(*kind) for kind in kinds]


def _encoded(picture: Image.Image, kind: str, options: dict) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def labels_of_mpii() -> list[bytes]:
    table = [[100.0 + joint, 50.0 * joint, 1.0] for joint in range(16)]
    own = {"dataset": "MPI", "img_paths": "0.jpg", "isValidation": 1, "joint_self": table}
    simple = {"image": "0.jpg", "joints": [row[:2] for row in table], "joints_vis": [1] * 16}
    return [json.dumps([one, one]).encode() for one in (own, simple)]


def labels_of_infiniteform() -> list[bytes]:
    place = {"x": 320.0, "y": 200.0, "x_global": 0.1, "y_global": 0.0, "z_global": 1.2}
    joints = {name: place | {"x": 320.0 + k, "x_global": k / 200} for k, name in enumerate(LIFT16.joints)}
    camera = {"camera_location": [0, -3, 1], "camera_pitch": 90, "camera_yaw": 0, "camera_roll": 0}
    picture = {"id": 0, "file_name": "0.png", "width": 640, "height": 480, "avatar_exercise": "SQUAT"}
    person = {"image_id": 0, "percent_in_fov": 100.0, "joint_keypoints": joints}
    coco = {"image_id": 0, "keypoints": [1.0, 2.0, 2.0] * 17, "pose_category": "squat"}
    return [json.dumps({"images": [picture | camera], "annotations": [one]}).encode() for one in (person, coco)]


def recordings() -> list[bytes]:
    """Human3.6M's two files, the one in space first, for one subject, one action and one frame."""
    still = np.zeros((1, 32, 3), np.float32) + np.linspace(0, 1.7, 32)[:, None]
    shown = [np.zeros((1, 17, 2), np.float32)] * 4
    metadata = {"num_joints": len(H36M17), "keypoints_symmetry": [[4, 5, 6, 11, 12, 13], [1, 2, 3, 14, 15, 16]]}
    files = []
    for save_all in (np.savez, np.savez_compressed):
        for content in (
            {"positions_3d": {"S1": {"Walking 1": still}}},
            {"positions_2d": {"S1": {"Walking 1": shown}}, "metadata": metadata},
        ):
            stream = io.BytesIO()
            save_all(stream, **{name: np.array(value, dtype=object) for name, value in content.items()})
            files.append(stream.getvalue())
    return files


def read_recordings(file: Path) -> object:
    """A broken file in the place of either of the two."""
    space, picture = recordings()[:2]
    content = file.read_bytes()
    in_space = b"positions_3d" in content
    (file.parent / "data_3d_h36m.npz").write_bytes(content if in_space else space)
    (file.parent / "data_2d_h36m_gt.npz").write_bytes(picture if in_space else content)
    return human36m.read(["S1"], folder=file.parent, actions=("Walking",))


def read_photo(file: Path) -> object:
    return exif_field_of_view(file), read_image(file)


def read_weights(file: Path) -> object:
    return registry.network(registry.find(str(file), "lifter"))


def weights() -> list[bytes]:
    header = {"network": "martinez", "kind": "lifter", "normalisation": "person", "joints_in": list(LIFT16.joints)}
    tensors = {"last.bias": torch.zeros(3), "last.weight": torch.zeros(3, 4)}
    whole = (ROOT / "weights" / "martinez-fitness.safetensors").read_bytes()
    return [save(tensors, {"fitlab": json.dumps(header)}), save(tensors), whole[:4000]]


def _read_acclaim(name: str) -> Callable[[Path], object]:
    def read(file: Path) -> object:
        content = file.read_bytes()
        texts = {"a.asf": ASF.encode(), "a.amc": TWO_STATES.encode()} | {name: content}
        for other, text in texts.items():
            (file.parent / other).write_bytes(text)
        return asf_amc.read(file.parent / "a.asf", file.parent / "a.amc")

    return read


TWO_FRAMES = BVH.replace("JOINT A\n{", "JOINT Left Leg {").replace("Frames: 1", "Frames: 2") + "0 0 0 90 0 0 0 1 0\n"
TWO_STATES = AMC + "2\nroot 0 0 0 0 0 91\na 1 0 0\n"


def readers() -> dict[str, Reader]:
    recipes = [file.read_bytes() for file in sorted((ROOT / "notebooks" / "recipes").glob("*.toml"))]
    saved = [file.read_bytes() for file in sorted((ROOT / "notebooks" / "results").glob("lifter-*.json"))[:3]]
    calibration = (ROOT / "weights" / "calibration.toml").read_bytes()
    exercises = (ROOT / "fitlab" / "exercises" / "exercises.toml").read_bytes()
    return {
        "photos": Reader(read_photo, photos(), "photo.jpg"),
        "exercises": Reader(load_exercises, [exercises[:6000].rsplit(b"\n[", 1)[0], exercises], "mine.toml"),
        "calibrations": Reader(read_calibrations, [calibration], "calibration.toml"),
        "recipes": Reader(lambda file: read_recipe(file).settings(), recipes, "recipe.toml"),
        "results": Reader(results.load, saved, "result.json"),
        "weights": Reader(read_weights, weights(), "own.safetensors"),
        "bvh": Reader(bvh.read, [TWO_FRAMES.encode()], "a.bvh"),
        "asf": Reader(_read_acclaim("a.asf"), [ASF.encode()], "b.asf"),
        "amc": Reader(_read_acclaim("a.amc"), [TWO_STATES.encode()], "b.amc"),
        "mpii": Reader(mpii.read, labels_of_mpii(), "labels.json"),
        "infiniteform": Reader(infiniteform.read, labels_of_infiniteform(), "annotations.json"),
        "human36m": Reader(read_recordings, recordings(), "broken.npz"),
    }


def broken(rng: random.Random, seed: bytes) -> bytes:
    """The file after one to eight faults, such as bits that flip, a piece that is lost, or a value of another kind."""
    data = bytearray(seed)
    for _ in range(rng.choice((1, 1, 2, 4, 8))):
        at, end = sorted(rng.randrange(len(data) + 1) for _ in range(2))
        end = min(end, at + rng.choice((1, 4, 40, 400)))
        match rng.randrange(9):
            case 0 if at < len(data):
                data[at] ^= 1 << rng.randrange(8)
            case 1 if at < len(data):
                data[at] = rng.choice((0, 1, 127, 128, 255, ord("-"), ord('"'), ord("9"), ord("\n")))
            case 2:
                del data[at:end]
            case 3:
                data[at:at] = data[at:end]
            case 4:
                data[at : at + 4] = rng.choice((b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff", b"\0\0\0\x80"))
            case 5:
                data[at:end] = rng.randbytes(end - at)
            case 6 if rng.random() < 0.3:
                del data[at:]
            case 7:
                lines = bytes(data).split(b"\n")
                some = rng.randrange(len(lines))
                lines[some] = rng.choice((b"", lines[rng.randrange(len(lines))], lines[some] * 2))
                data = bytearray(b"\n".join(lines))
            case _:
                _other_value(rng, data)
    return bytes(data)


def _other_value(rng: random.Random, data: bytearray) -> None:
    """Put another value in the place of a number of a text."""
    if places := [at for at, sign in enumerate(data[:20_000]) if 48 <= sign <= 57]:
        at = end = rng.choice(places)
        while end < len(data) and (48 <= data[end] <= 57 or data[end] == 46):
            end += 1
        data[at:end] = rng.choice(VALUES)


def complaint(reader: Reader, file: Path) -> str:
    """What is wrong with how a file is read or refused; empty if nothing."""
    start = time.process_time()
    try:
        with _printed_nothing() as printed:
            reader.read(file)
    except (ValueError, FileNotFoundError, ImportError) as error:
        told = str(error)
        if not 0 < len(told) <= LONGEST:
            return f"a sentence of {len(told)} letters: {told[:200]}"
        if not told.isprintable():
            return f"signs that are no text: {told!r}"
        if raw := [words for words in RAW if words in told]:
            return f"no sentence for users ({raw[0]}): {told}"
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:300]}"
    if printed:
        return f"it prints: {printed[0][:300]!r}"
    if time.process_time() - start > SECONDS:
        return f"it takes {time.process_time() - start:.0f} seconds"
    return ""


@contextmanager
def _printed_nothing() -> Iterator[list[bytes]]:
    """Collects what anybody, libraries in C too, writes to standard error."""
    printed: list[bytes] = []
    with tempfile.TemporaryFile() as caught:
        kept = os.dup(2)
        os.dup2(caught.fileno(), 2)
        try:
            yield printed
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            caught.seek(0)
            if text := caught.read():
                printed.append(text)


def fuzz(count: int, seed: int, folder: Path, names: list[str] | None = None) -> Counter:
    """The complaints about ``count`` files, shared out among the readers, and how often each was heard."""
    known = readers()
    chosen = names or list(known)
    found: Counter = Counter()
    for number in range(count):
        name = chosen[number % len(chosen)]
        reader = known[name]
        rng = random.Random(f"{seed} {number}")
        content = broken(rng, rng.choice(reader.seeds))
        file = folder / reader.name
        file.write_bytes(content)
        if said := complaint(reader, file):
            if found[name, said[:60]] == 0:
                (folder / f"fault-{number}").write_bytes(content)
                print(f"{name}, file {number} (fault-{number}): {said}", flush=True)
            found[name, said[:60]] += 1
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="+", choices=list(readers()))
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="fitlab-fuzz-"))
    print(f"the broken files are in {folder}", flush=True)
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, size + MEMORY))
    signal.signal(signal.SIGVTALRM, lambda *_: sys.exit(f"it does not end: the file is in {folder}"))
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS * options.count)
    start = time.process_time()
    found = fuzz(options.count, options.seed, folder, options.only)
    used = time.process_time() - start
    print(
        f"{options.count} broken files in {used:.0f} s of processor time: {sum(found.values())} were not refused well"
    )
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
