"""The MTCNN cascade (Zhang et al. 2016) on a downscaled picture, batched, without a loop over candidates.

Differences from the published procedure, all for speed: candidates are cut by bilinear sampling from a halving pyramid
instead of one area-averaging resize each, and networks see batches of a fixed size, so that a face's numbers do not
depend on what else is in the batch. Thresholds and the pyramid's factor are the published ones.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from engine.faces.detections import Detections
from engine.faces.networks import O_SIDE_PX, P_CELL_PX, R_SIDE_PX, load_networks
from engine.faces.suppression import suppress, suppress_inside
from engine.values import F32, F64, Ints

WORK_PX = 640
MIN_FACE_SHARE = 1 / 12
MIN_FACE_PX = 20.0
PYRAMID_FACTOR = 0.709
P_THRESHOLD, R_THRESHOLD, O_THRESHOLD = 0.6, 0.7, 0.7
P_STRIDE_PX = 2
R_BATCH, O_BATCH = 16, 4
ACCELERATOR_BATCHES = 8
"""How many times larger the batches are where starting a kernel costs more than what it computes."""

Picture = NDArray[np.uint8]
Network = Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]]


@dataclass(frozen=True, slots=True)
class Halvings:
    """A picture (H, W, 3) uint8, and the same at a half, a quarter, ... of its size: makes shrinking cheap."""

    levels: tuple[Picture, ...]

    @classmethod
    def of(cls, picture: Picture) -> "Halvings":
        levels: list[Picture] = [picture]
        while min(levels[-1].shape[:2]) >= 2 * P_CELL_PX:
            height, width = levels[-1].shape[:2]
            levels.append(_resized(levels[-1], (width // 2, height // 2)))
        return cls(tuple(levels))

    @property
    def whole(self) -> Picture:
        return self.levels[0]

    def resized(self, size: tuple[int, int]) -> Picture:
        """The picture at a size (width, height) no larger than its own, area-averaged."""
        large_enough = [level for level in self.levels if level.shape[1] >= size[0] and level.shape[0] >= size[1]]
        return _resized((large_enough or self.levels[:1])[-1], size)

    def patches(self, corners: F64, side_px: int) -> Picture:
        """Boxes (N, 4) x1 y1 x2 y2 cut from the picture and brought to one size: (N, side_px, side_px, 3) uint8.

        Each is sampled bilinearly from the level where it is one to two times as large as wanted.
        """
        patches = np.empty((len(corners), side_px, side_px, 3), np.uint8)
        longer = (corners[:, 2:] - corners[:, :2]).max(1, initial=1)
        wanted = np.floor(np.log2(np.maximum(longer / side_px, 1))).astype(int)
        level_of = np.minimum(wanted, len(self.levels) - 1)
        offset = (np.arange(side_px) + 0.5) / side_px
        for index in np.unique(level_of):
            level, rows = self.levels[index], np.flatnonzero(level_of == index)
            x1, y1, x2, y2 = corners[rows].T[:, :, None]
            x = (x1 + (x2 - x1) * offset) * (level.shape[1] / self.whole.shape[1]) - 0.5
            y = (y1 + (y2 - y1) * offset) * (level.shape[0] / self.whole.shape[0]) - 0.5
            patches[rows] = _sampled(level, x, y)
        return patches


def _sampled(picture: Picture, x: F64, y: F64) -> Picture:
    """The picture at columns x (N, S) and rows y (N, S): (N, S, S, 3), bilinear, its edge repeated beyond it."""
    count, side = x.shape
    shape = count, side, side
    columns = np.broadcast_to(x[:, None, :], shape).reshape(count, -1).astype(np.float32)
    rows = np.broadcast_to(y[:, :, None], shape).reshape(count, -1).astype(np.float32)
    cut = cv2.remap(picture, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cut, np.uint8).reshape(*shape, 3)


@dataclass(frozen=True, slots=True)
class _Candidates:
    """`corners` (N, 4) x1 y1 x2 y2 in working pixels, `score` (N,), `shift` (N, 4) in shares of the box,
    `picture` (N,) index into the batch."""

    corners: F64
    score: F32
    shift: F32
    picture: Ints

    def __getitem__(self, which: NDArray[np.bool_] | Ints) -> "_Candidates":
        return _Candidates(self.corners[which], self.score[which], self.shift[which], self.picture[which])

    def at(self, corners: F64) -> "_Candidates":
        """The same with other corners."""
        return replace(self, corners=corners)

    def suppressed(self, threshold: float) -> "_Candidates":
        """Without those that overlap a better one of the same picture by more than `threshold` IoU."""
        kept = [
            rows[suppress(self.corners[rows], self.score[rows], threshold)]
            for rows in (np.flatnonzero(self.picture == picture) for picture in np.unique(self.picture))
        ]
        return self[np.concatenate(kept)] if kept else self


class FaceDetector:
    """MTCNN.

    Args:
        device: where the networks run.
        min_face_px: side of the smallest face looked for, in pixels of the working picture; by default a twelfth of
            its shorter side, and at least 20.
        work_px: longer side of the working picture. Pictures that are smaller are not enlarged.

    Raises:
        WeightsError: the networks' weights are missing or broken.
    """

    def __init__(
        self, device: torch.device | str = "cpu", min_face_px: float | None = None, work_px: int = WORK_PX
    ) -> None:
        self._device = torch.device(device)
        self._min_face_px = min_face_px
        self._work_px = work_px
        self._larger = 1 if self._device.type == "cpu" else ACCELERATOR_BATCHES
        self._proposal, self._refine, self._output = load_networks(self._device)

    @torch.inference_mode()
    def detect(self, frames: Sequence[Picture]) -> list[Detections]:
        """The faces in each of `frames`, (H, W, 3) uint8 RGB of one size, the surest first.

        A picture too small to hold a face has none.
        """
        if not frames:
            return []
        work = [Halvings.of(_downscaled(frame, self._work_px)) for frame in frames]
        with _one_thread():
            found = self._proposals(work)
            found = self._judged(work, found, self._refine, R_SIDE_PX, R_BATCH, R_THRESHOLD).suppressed(0.7)
            found = found.at(_squared(_corrected(found)))
            found = self._judged(work, found, self._output, O_SIDE_PX, O_BATCH, O_THRESHOLD)
        return [_final(found[found.picture == index], frame, work[index].whole) for index, frame in enumerate(frames)]

    def _proposals(self, work: list[Halvings]) -> _Candidates:
        """Squares that the first network would look at more closely."""
        height, width = work[0].whole.shape[:2]
        step = 1 if self._device.type == "cpu" else len(work)  # alone, a picture's numbers cannot depend on others
        answers = []
        for scale in _scales(height, width, self._min_face_px):
            size = int(width * scale + 1), int(height * scale + 1)
            level = np.stack([halvings.resized(size) for halvings in work])
            for first in range(0, len(level), step):
                answer = self._proposal(_normalised(level[first : first + step], self._device))
                answers.append((answer, first, scale))
        found = _joined([_proposed(answer, first, scale).suppressed(0.5) for answer, first, scale in answers])
        found = found.suppressed(0.7)
        span = found.corners[:, 2:] - found.corners[:, :2]
        return found.at(_squared(found.corners + found.shift * np.tile(span, 2)))

    def _judged(
        self, work: list[Halvings], found: _Candidates, network: Network, side_px: int, batch: int, threshold: float
    ) -> _Candidates:
        """Those of `found` that a network takes for faces, with its scores and corrections."""
        batch *= self._larger
        height, width = work[0].whole.shape[:2]
        inside = _inside(found.corners, width, height)
        usable = (inside[:, 2] > inside[:, 0]) & (inside[:, 3] > inside[:, 1])
        found, inside = found[usable], inside[usable]
        patches = np.empty((math.ceil(len(inside) / batch) * batch, side_px, side_px, 3), np.uint8)
        for index, halvings in enumerate(work):
            rows = np.flatnonzero(found.picture == index)
            patches[rows] = halvings.patches(inside[rows], side_px)
        patches[len(inside) :] = 0
        answers = [
            network(_normalised(patches[start : start + batch], self._device))
            for start in range(0, len(patches), batch)
        ]
        if not answers:
            return found
        score = torch.cat([answer[0] for answer in answers])[: len(inside)].cpu().numpy()
        shift = torch.cat([answer[1] for answer in answers])[: len(inside)].cpu().numpy()
        return _Candidates(found.corners, score, shift, found.picture)[score > threshold]


@contextmanager
def _one_thread() -> Iterator[None]:
    """Many small products: on several threads each would wait for one that the decoder has pushed from its core."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _downscaled(frame: Picture, work_px: int) -> Picture:
    height, width = frame.shape[:2]
    scale = work_px / max(height, width)
    if scale >= 1:
        return frame
    return _resized(frame, (max(1, round(width * scale)), max(1, round(height * scale))))


def _resized(picture: Picture, size: tuple[int, int]) -> Picture:
    """At a size (width, height), area-averaged where that is smaller."""
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _scales(height: int, width: int, min_face_px: float | None) -> list[float]:
    """By how much the pyramid's levels are smaller than the working picture."""
    shorter = min(height, width)
    scale = P_CELL_PX / (min_face_px or max(MIN_FACE_PX, shorter * MIN_FACE_SHARE))
    scales = []
    while shorter * scale >= P_CELL_PX:
        scales.append(scale)
        scale *= PYRAMID_FACTOR
    return scales


def _normalised(pictures: Picture, device: torch.device) -> torch.Tensor:
    """(N, H, W, 3) uint8 -> (N, 3, H, W) float32 in [-1, 1]."""
    return (torch.from_numpy(pictures).to(device).permute(0, 3, 1, 2).float() - 127.5) * 0.0078125


def _proposed(answer: tuple[torch.Tensor, torch.Tensor], first: int, scale: float) -> _Candidates:
    """The cells of the first network's maps that may be faces; `first` is the index of the maps' first picture."""
    probability, shift = answer[0].cpu().numpy(), answer[1].cpu().numpy()
    picture, row, column = np.nonzero(probability >= P_THRESHOLD)
    start = P_STRIDE_PX * np.stack([column, row], 1) + 1.0
    corners = np.floor(np.concatenate([start, start + P_CELL_PX - 1], 1) / scale)
    return _Candidates(corners, probability[picture, row, column], shift[picture, :, row, column], picture + first)


def _joined(parts: list[_Candidates]) -> _Candidates:
    if not parts:
        return _Candidates(np.empty((0, 4)), np.empty(0, np.float32), np.empty((0, 4), np.float32), np.empty(0, int))
    return _Candidates(
        np.concatenate([part.corners for part in parts]),
        np.concatenate([part.score for part in parts]),
        np.concatenate([part.shift for part in parts]),
        np.concatenate([part.picture for part in parts]),
    )


def _corrected(found: _Candidates) -> F64:
    """Corners moved as the second and third network say; these count a box's last pixel as part of its width."""
    size = found.corners[:, 2:] - found.corners[:, :2] + 1
    return found.corners + found.shift * np.tile(size, 2)


def _squared(corners: F64) -> F64:
    """Squares of the longer side about the same centres."""
    centre = (corners[:, :2] + corners[:, 2:]) / 2
    half = (corners[:, 2:] - corners[:, :2]).max(1, initial=0, keepdims=True) / 2
    return np.concatenate([centre - half, centre + half], 1)


def _inside(corners: F64, width: int, height: int) -> F64:
    """The part of each box within the picture, on whole pixels, its first pixel included (they count from one)."""
    start = np.maximum(np.trunc(corners[:, :2]), 1) - 1
    end = np.minimum(np.trunc(corners[:, 2:]), (width, height))
    return np.concatenate([start, end], 1)


def _final(found: _Candidates, frame: Picture, work: Picture) -> Detections:
    corners = _corrected(found)
    kept = suppress_inside(corners, found.score, 0.7)
    corners, score = corners[kept], found.score[kept]
    across, down = frame.shape[1] / work.shape[1], frame.shape[0] / work.shape[0]
    box = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], 1) * (across, down, across, down)
    return Detections(box.astype(np.float32), score.astype(np.float32))
