"""Photo -> Pose2D: find the person, crop, find the joints, and answer in the photo's own pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from fitlab.detection import heatmaps
from fitlab.images import Source, checked_image, crop, crop_matrix, inverse, read_image, square_around, transform
from fitlab.models.fitpose import FitPose
from fitlab.poses import SEEN, Pose2D
from fitlab.skeletons import MPII16, unknown
from fitlab.weights import registry

DEFAULT_DETECTOR = "fitpose-lite0"
HEATMAPS = ("softmax", "gaussian")
#: Somebody is found where at least this share of the joints is seen in the crop.
FOUND = 0.5
_PASSES = 3
_AT_ONCE = 16  # crops in one batch, which bounds the memory
_MOST_WINDOWS = 30  # along one side of a photo
_LIMBS = tuple(
    tuple((MPII16.index(f"left_{joint}"), MPII16.index(f"right_{joint}")) for joint in limb)
    for limb in (("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist"))
)
_GREY = (124, 116, 104)  # ImageNet's mean colour
#: A look at a crop: how many times its side is shown, and whether mirrored.
_Look = tuple[float, bool]
_PLAIN: tuple[_Look, ...] = ((1.0, False),)
_WIDER, _CLOSER = 1.2, 0.85  # these and the next chosen on LSPET's validation people and held-out synthetic ones
_TRUST = 8.0  # among several scales a look counts by the mean score of its joints to this power


def detect(
    image: np.ndarray | Source,
    box: tuple[float, float, float, float] | None = None,
    flip: bool = True,
    zoom: bool = True,
    detector: str | Path | Detector = DEFAULT_DETECTOR,
    scales: bool = True,
) -> Pose2D:
    """The 16 MPII joints of the most prominent person in a photo; see :meth:`Detector.detect`."""
    return _as_detector(detector).detect(read_image(image), box, flip, zoom, scales)


def load_detector(name: str | Path = DEFAULT_DETECTOR) -> Detector:
    """A detector by its name in the registry of weights, loaded once and kept; or a ``.safetensors`` file that
    ``fitlab train detector`` wrote, read anew each time.

    ValueError with suggestions for an unknown name, FileNotFoundError with the command to run where its weights have
    to be fetched first, :class:`fitlab.weights.registry.WeightsError` where they must not be used.
    """
    if registry.is_file_name(name):
        return _trained(Path(name))
    entry = registry.entry(str(name))
    if entry.kind != "detector":
        raise ValueError(f"{name} is a {entry.kind}, not a detector; see `fitlab weights list`")
    return _loaded(entry.name)


def _trained(file: Path) -> Detector:
    """What a training wrote; without the spread that is chosen on validation people later."""
    from fitlab.models.catalogue import trainable

    about, tensors = registry.read_trained(file, "detector")
    network = trainable(about["network"]).build()
    registry.load_into(network, tensors, file.name)
    return _ready(Detector(str(file), network, about["size"]))


@lru_cache(maxsize=4)
def _loaded(name: str) -> Detector:
    entry = registry.entry(name)
    network = registry.network(name)
    return _ready(Detector(name, network, entry.input_size, entry.normalisation, entry.heatmap, entry.spread))


def _ready(detector: Detector) -> Detector:
    """With its network made fast for inference."""
    detector.network.eval()
    if isinstance(detector.network, FitPose):
        detector.network.fold()
    detector.network.to(memory_format=torch.channels_last)
    return detector


def _as_detector(detector: str | Path | Detector) -> Detector:
    return detector if isinstance(detector, Detector) else load_detector(detector)


@dataclass(frozen=True)
class Detector:
    """A network with what is needed to ask it about a photo.

    size           side of its square input in pixels
    normalisation  of its pixels, a name in ``NORMALISATIONS``
    heatmap        how its heatmaps (B, 16, H, W), of any size, are read, one of ``HEATMAPS``: ``softmax`` logits, or
                   ``gaussian`` bumps
    spread         factor on the heatmaps' standard deviations that makes them those of the errors
    """

    name: str
    network: nn.Module = field(repr=False)
    size: int
    normalisation: str = "lite"
    heatmap: str = "softmax"
    spread: float = 1.0

    def __post_init__(self) -> None:
        if self.normalisation not in NORMALISATIONS:
            raise ValueError(unknown(self.normalisation, tuple(NORMALISATIONS), "normalisation"))
        if self.heatmap not in HEATMAPS:
            raise ValueError(unknown(self.heatmap, HEATMAPS, "kind of heatmap"))

    def detect(
        self,
        image: np.ndarray,
        box: tuple[float, float, float, float] | None = None,
        flip: bool = True,
        zoom: bool = True,
        scales: bool = True,
    ) -> Pose2D:
        """Joints, scores and covariances of one person in ``image`` (H, W, 3) uint8 RGB.

        box     (left, top, right, bottom) in pixels round the person, where it is known; it replaces the search. What
                of it is further outside the photo than half of the longer side is cut off
        flip    average with the mirrored picture (test-time augmentation; report, Sec. 4.4.3)
        zoom    look first at the whole photo, then at crops round the joints found there, up to three times in all;
                without it the whole photo is squeezed into the input and every joint gets its likeliest place, however
                unlikely, as in the report
        scales  average also with crops that show a little more and a little less; not of a photo that is squeezed in

        Where nobody is found with confidence every point is NaN and every score 0; in a box that was given somebody
        is taken to be, and the scores tell how sure each joint is. ValueError for a box without
        area or outside the photo, :class:`fitlab.images.ImageError` for an array that is no photo.
        """
        height, width = checked_image(image).shape[:2]
        known = box is not None or not zoom
        square = _whole(width, height) if box is None else _square_of(box, width, height)
        if zoom:
            found = self._search(image, square) if box is None else (square, self._look([(image, square)])[0])
            square, answer = self._closer(image, *found, _PASSES - 1 if box is None else 1)
        # To find the crop a plain look is enough; the answer is read from it with everything that helps.
        looks = _looks(flip, scales and (zoom or box is not None))
        if not zoom or (looks != _PLAIN and (known or answer.present)):
            answer = self._look([(image, square)], looks)[0]
        return self._pose(answer, width, height, known)

    def _search(self, image: np.ndarray, square: np.ndarray) -> tuple[np.ndarray, _Found]:
        """The whole photo's ``square``; where nobody shows up in it, overlapping windows, and the best of them."""
        found = self._look([(image, square)])[0]
        if found.present:
            return square, found
        windows = _windows(image.shape[1], image.shape[0])
        looks = self._look([(image, window) for window in windows])
        best = max(range(len(looks)), key=lambda i: looks[i].score.mean())
        if looks[best].score.mean() > found.score.mean():
            return windows[best], looks[best]
        return square, found

    def _closer(self, image: np.ndarray, square: np.ndarray, found: _Found, passes: int) -> tuple[np.ndarray, _Found]:
        """Look again at crops round the joints for as long as the crop still moves or changes its size; the last."""
        for _ in range(passes):
            closer = found.square()
            if closer is None or _same_view(square, closer):
                break
            again = self._look([(image, closer)])[0]
            if again.score.mean() < 0.7 * found.score.mean():
                break
            square, found = closer, again
        return square, found

    def _look(self, views: Sequence[tuple[np.ndarray, np.ndarray]], looks: Sequence[_Look] = _PLAIN) -> list[_Found]:
        """What the network sees in the square crop of each (image, square), in pixels of the image."""
        each = max(_AT_ONCE // len(looks), 1)
        parts = (views[first : first + each] for first in range(0, len(views), each))
        return [found for part in parts for found in self._look_at_once(part, looks)]

    def _look_at_once(self, views: Sequence[tuple[np.ndarray, np.ndarray]], looks: Sequence[_Look]) -> list[_Found]:
        crops = [self._crops(image, square, looks) for image, square in views]
        answers = self.answer(np.stack([each[number] for number in range(len(looks)) for each in crops]))
        place, covariance, score = self.read(*_merged(*answers, looks))
        results = []
        for i, (_, square) in enumerate(views):
            back = inverse(crop_matrix(square, self.size))
            linear = back[:, :2]
            results.append(_Found(transform(place[i], back), linear @ covariance[i] @ linear.T, score[i]))
        return results

    def _crops(self, image: np.ndarray, square: np.ndarray, looks: Sequence[_Look]) -> list[np.ndarray]:
        shown = {
            scale: crop(image, crop_matrix(square * [1, 1, scale], self.size), self.size, _GREY)
            for scale in {scale for scale, _ in looks}
        }
        return [shown[scale][:, ::-1] if mirrored else shown[scale] for scale, mirrored in looks]

    def answer(self, pictures: np.ndarray) -> tuple[Tensor, Tensor]:
        """Distributions (B, 16, H, W) of the joints' places, each adding up to 1, and scores (B, 16) in 0..1, in crops
        (B, size, size, 3) uint8.
        """
        batch = normalise(torch.from_numpy(pictures), self.normalisation)
        with torch.inference_mode():
            output = self.network(batch.contiguous(memory_format=torch.channels_last))
            heatmap, score = output if isinstance(output, tuple) else (output, None)
            if self.heatmap == "softmax":
                probability = heatmap.flatten(2).softmax(-1).view(heatmap.shape)
                return probability, heatmaps.concentration(probability) if score is None else score.sigmoid()
            bumps = heatmap.clamp_min(0)
            probability = bumps / bumps.sum((-2, -1), keepdim=True).clamp_min(1e-6)
            return probability, bumps.flatten(2).amax(-1).clamp(0, 1)

    def read(self, probability: Tensor, score: Tensor) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Places (B, 16, 2), covariances (B, 16, 2, 2) and scores (B, 16), in pixels of the crops, from what
        :meth:`answer` gives.
        """
        with torch.inference_mode():
            peak = heatmaps.separate_limbs(probability, _LIMBS)
            cells, covariance = heatmaps.decode(probability, peak, rival=peak[:, list(MPII16.mirror)])
        scale = self.size / probability.shape[-1]
        place = cells * scale + (scale - 1) / 2
        covariance = covariance * (self.spread * scale) ** 2 + torch.eye(2) * (scale**2 / 12)
        return place.double().numpy(), covariance.double().numpy(), score.double().numpy()

    def _pose(self, found: _Found, width: int, height: int, known: bool = False) -> Pose2D:
        """In pixels of the photo; nobody where too few joints are seen, unless somebody is ``known`` to be there."""
        if not (found.present or known):
            nothing = np.full_like(found.points, np.nan)
            return Pose2D(nothing, np.zeros(len(nothing)), (width, height), np.full_like(found.covariance, np.nan))
        inside = ((found.points > -1) & (found.points < [width, height])).all(axis=1)
        return Pose2D(found.points, np.where(inside, found.score, 0.0), (width, height), found.covariance)


@dataclass(frozen=True)
class _Found:
    points: np.ndarray
    covariance: np.ndarray
    score: np.ndarray

    @property
    def present(self) -> bool:
        return bool((self.score >= SEEN).mean() >= FOUND)

    def square(self) -> np.ndarray | None:
        """The square round the joints that may be seen, or None if there are too few to tell."""
        seen, doubtful = self.score >= SEEN, self.score >= SEEN / 2
        if seen.sum() < 4:
            return None
        # The fewer joints are seen, the more of the person may lie outside of what they span.
        return square_around(self.points[doubtful], margin=1.3 + 0.6 * (1 - seen.mean()))


def _looks(flip: bool, scales: bool) -> tuple[_Look, ...]:
    return _PLAIN + ((1.0, True),) * flip + ((_WIDER, False), (_CLOSER, flip)) * scales


def _merged(probability: Tensor, score: Tensor, looks: Sequence[_Look]) -> tuple[Tensor, Tensor]:
    """The answers (L * B, 16, H, W) and (L * B, 16) of L ``looks`` as one, (B, 16, H, W) and (B, 16), seen as in the
    plain crop. A look and its mirror image count the same (report, Sec. 4.4.3); among several scales surer looks count
    for more.
    """
    if len(looks) == 1:
        return probability, score
    mirror = list(MPII16.mirror)
    places, scores = [], []
    for (scale, mirrored), place, sure in zip(
        looks, probability.chunk(len(looks)), score.chunk(len(looks)), strict=True
    ):
        if mirrored:
            place, sure = place.flip(-1)[:, mirror], sure[:, mirror]
        places.append(heatmaps.enlarged(place, scale))
        scores.append(sure)
    power = _TRUST if len({scale for scale, _ in looks}) > 1 else 0.0
    trust = torch.stack([sure.mean(1).clamp_min(1e-3) ** power for sure in scores])
    trust = trust / trust.sum(0)
    place = torch.einsum("lb,lbjhw->bjhw", trust, torch.stack(places))
    total = place.sum((-2, -1), keepdim=True).clamp_min(1e-12)
    return place / total, torch.einsum("lb,lbj->bj", trust, torch.stack(scores))


def normalise(pictures: Tensor, name: str) -> Tensor:
    """Crops (B, S, S, 3) uint8 as the network's input (B, 3, S, S)."""
    values = pictures.permute(0, 3, 1, 2).float()
    mean, deviation = NORMALISATIONS[name]
    return (values - torch.tensor(mean).view(3, 1, 1)) / torch.tensor(deviation).view(3, 1, 1)


#: Mean and deviation of each channel, in 0..255.
NORMALISATIONS = {
    "lite": ((127.5, 127.5, 127.5), (127.5, 127.5, 127.5)),
    "imagenet": ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375)),
    "hourglass": ((112.302, 113.22, 110.3385), (255.0, 255.0, 255.0)),
}


def _whole(width: int, height: int) -> np.ndarray:
    return np.array([(width - 1) / 2, (height - 1) / 2, max(width, height)])


def _windows(width: int, height: int) -> list[np.ndarray]:
    """Squares that together cover the photo, for people who are small in it.

    Neighbours overlap by a third of their side, so that whoever is smaller than that is whole in one of them; only in
    photos many times longer than high by less.
    """
    side = min(width, height) if max(width, height) >= 1.3 * min(width, height) else 0.6 * max(width, height)

    def count(length: int, side: float) -> int:
        return int(np.clip(np.ceil(1.5 * (length / side - 1) - 1e-9) + 1, 2, _MOST_WINDOWS))

    centres = [
        np.linspace((side - 1) / 2, length - 1 - (side - 1) / 2, count(length, side))
        if length > side
        else np.array([(length - 1) / 2])
        for length in (width, height)
    ]
    return [np.array([x, y, side]) for y in centres[1] for x in centres[0]]


def _square_of(box: tuple[float, float, float, float], width: int, height: int) -> np.ndarray:
    """(x, y, side) round a box in a photo of that size; of a box much larger than the photo only what is near it."""
    values = np.asarray(box, dtype=float)
    if values.shape != (4,) or not np.isfinite(values).all():
        raise ValueError(f"a box is (left, top, right, bottom) in pixels, got {box}")
    left, top, right, bottom = values
    if right - left < 2 or bottom - top < 2:
        raise ValueError(f"the box {box} has no area; a box is (left, top, right, bottom) in pixels")
    if right <= 0 or bottom <= 0 or left >= width or top >= height:
        raise ValueError(f"the box {box} lies outside the photo of {width} x {height} pixels")
    near = max(width, height) / 2
    left, top = max(left, -near), max(top, -near)
    right, bottom = min(right, width + near), min(bottom, height + near)
    return np.array([(left + right) / 2, (top + bottom) / 2, max(right - left, bottom - top) * 1.1])


def _same_view(old: np.ndarray, new: np.ndarray) -> bool:
    """Whether a crop of ``new`` would show about what a crop of ``old`` has shown."""
    return bool(0.85 < new[2] / old[2] < 1.1 and np.abs(new[:2] - old[:2]).max() < 0.1 * old[2])
