"""Batches for stage 1 from prepared clips: a frame, a slice or a second of a clip, changed at random.

A clip is several examples, its views: each shows another part of it, drawn anew every time. So long clips weigh no
more than short ones, and what is read from disk is what is looked at. A source's `fingerprint` names its unchanged
examples (`plain`), of which frozen trunks keep what they make.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from engine.branches import AUDIO_RATE_HZ, AudioConfig, FrameConfig, SliceConfig
from engine.emotions import COUNT
from engine.inputs import audio_input, frame_input, slice_input
from engine.speech import is_speech
from trainer import augment
from trainer.paper.steps import fingerprint
from trainer.preparing.item import Item
from trainer.preparing.values import Prepared

U8 = NDArray[np.uint8]
Ints = NDArray[np.int64]

GENTLE: Final = augment.FaceAugment(rotate_deg=10.0, scale=0.1, contrast=0.2)
"""Changes of faces that were cut as analysis cuts them."""


def part_of(view: int, views: int, count: int) -> tuple[int, int]:
    """First and stop of the rows of a clip's `view`-th part of `views`; at least one row of `count`."""
    first = view * count // views
    return first, max(first + 1, (view + 1) * count // views)


class FrameSource:
    """Frames of clips, and stills beside them.

    Args:
        clips: those without a face are passed over.
        views: examples a clip.
        stills: (M, 48, 48) grey pictures, and their targets (M, 7).
    """

    def __init__(
        self, clips: Sequence[Prepared], config: FrameConfig, views: int,
        stills: tuple[U8, NDArray[np.float32]] | None = None, change: augment.FaceAugment = GENTLE,
    ) -> None:  # fmt: skip
        seen = [clip for clip in clips if clip.item.facts.face is not None]
        self.items = [clip.item for clip in seen]
        self.views, self.config, self.change = views, config, change
        pixels, labels = stills or (np.zeros((0, 48, 48), np.uint8), np.zeros((0, COUNT), np.float32))
        self.stills = pixels
        own = np.repeat(_one_hot(seen), views, axis=0)
        self.targets = torch.from_numpy(np.concatenate([own, labels]))
        self.classes = self.targets.argmax(1).numpy()
        shown = hashlib.sha256(pixels.tobytes()).hexdigest()
        self.fingerprint = fingerprint(
            {"items": _names(seen), "views": views, "config": asdict(config), "stills": shown}
        )

    def batch(self, index: np.ndarray, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        pictures = self._pictures([self._crop(int(at), rng) for at in index])
        changed = augment.stills(pictures.float(), self.change, rng)
        return self._laid_out(changed), self.targets[index]

    def plain(self, index: np.ndarray) -> torch.Tensor:
        return self._laid_out(self._pictures([self._crop(int(at), None) for at in index]))

    def _crop(self, at: int, rng: np.random.Generator | None) -> U8:
        """(S, S, C) of one example: some frame of its part of a clip, the middle one without a generator."""
        clip, view = divmod(at, self.views)
        if clip >= len(self.items):
            return self._still(at - self.views * len(self.items))
        frames = self.items[clip].frames()
        first, stop = part_of(view, self.views, len(frames))
        return np.asarray(frames[int(rng.integers(first, stop)) if rng is not None else (first + stop) // 2])

    def _still(self, place: int) -> U8:
        side, channels = self.config.crop_px, 1 if self.config.grey else 3
        picture = self.stills[place]
        if side != picture.shape[0]:
            picture = np.asarray(cv2.resize(picture, (side, side), interpolation=cv2.INTER_CUBIC), np.uint8)
        return np.repeat(picture[..., None], channels, axis=-1)

    def _pictures(self, crops: list[U8]) -> torch.Tensor:
        return torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2)

    def _laid_out(self, pictures: torch.Tensor) -> torch.Tensor:
        return frame_input(pictures, self.config).contiguous(memory_format=torch.channels_last)


class SliceSource:
    """Slices of clips, each an example; all sixteen pictures of one are changed alike."""

    def __init__(self, clips: Sequence[Prepared], config: SliceConfig, change: augment.FaceAugment = GENTLE) -> None:
        seen = [clip for clip in clips if clip.item.facts.face is not None]
        counts = [_slices(clip.item) for clip in seen]
        self.items = [clip.item for clip in seen]
        self.clip = np.repeat(np.arange(len(seen)), counts)
        self.row = np.concatenate([np.arange(count) for count in counts]) if counts else np.zeros(0, np.int64)
        self.targets = torch.from_numpy(_one_hot(seen)[self.clip])
        self.classes = self.targets.argmax(1).numpy()
        self.config, self.change = config, change
        self.fingerprint = fingerprint({"items": _names(seen), "config": asdict(config)})

    def batch(self, index: np.ndarray, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        runs = self._runs(index).float()
        changed = augment.stills(runs.flatten(1, 2), self.change, rng).unflatten(1, tuple(runs.shape[1:3]))
        return slice_input(changed, self.config), self.targets[index]

    def plain(self, index: np.ndarray) -> torch.Tensor:
        return slice_input(self._runs(index), self.config)

    def _runs(self, index: np.ndarray) -> torch.Tensor:
        """(N, 16, C, S, S)."""
        runs = [self.items[self.clip[at]].slices(self.row[at : at + 1]) for at in index]
        return torch.from_numpy(np.concatenate(runs)).permute(0, 1, 4, 2, 3)


class SecondSource:
    """Seconds of clips in which somebody speaks."""

    def __init__(
        self, clips: Sequence[Prepared], config: AudioConfig, views: int,
        change: augment.VoiceAugment | None = None,
    ) -> None:  # fmt: skip
        heard = [clip for clip in clips if is_speech(clip.item.facts.speech).any()]
        self.items = [clip.item for clip in heard]
        self.views, self.config = views, config
        self.change = change or augment.VoiceAugment()
        self.targets = torch.from_numpy(np.repeat(_one_hot(heard), views, axis=0))
        self.classes = self.targets.argmax(1).numpy()
        self.fingerprint = fingerprint({"items": _names(heard), "views": views, "config": asdict(config)})

    def batch(self, index: np.ndarray, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        waves = [self.items[int(at) // self.views].wave() for at in index]
        seconds = np.stack([augment.second_of(wave, AUDIO_RATE_HZ, self.change, rng) for wave in waves])
        return audio_input(torch.from_numpy(seconds), self.config), self.targets[index]

    def plain(self, index: np.ndarray) -> torch.Tensor:
        rows = []
        for at in index:
            clip, view = divmod(int(at), self.views)
            seconds, speech = self.items[clip].seconds()
            spoken = np.flatnonzero(is_speech(speech))
            kept = spoken if len(spoken) else np.arange(len(seconds.length))
            rows.append(seconds.samples[kept[part_of(view, self.views, len(kept))[0]]])
        return audio_input(torch.from_numpy(np.stack(rows)), self.config)


def _slices(item: Item) -> int:
    face = item.facts.face
    return 0 if face is None else len(face.slice_rows)


def _names(clips: Sequence[Prepared]) -> list[str]:
    """What the prepared clips are called, which is by their content."""
    return [clip.item.folder.name for clip in clips]


def _one_hot(clips: Sequence[Prepared]) -> NDArray[np.float32]:
    return np.eye(COUNT, dtype=np.float32)[np.array([clip.example.emotion for clip in clips], np.int64)]
