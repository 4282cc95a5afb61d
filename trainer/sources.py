"""Batches for stage 1: faces as stills, as runs of 16 in motion, and seconds of sound."""

from collections.abc import Sequence

import numpy as np
import torch

from engine.branches import AUDIO_RATE_HZ, SLICE_FRAMES, AudioConfig, Branch, FrameConfig, SliceConfig
from engine.emotions import COUNT
from engine.inputs import audio_input, frame_input, slice_input
from trainer import augment
from trainer.datasets.fer2013 import FerImages
from trainer.datasets.fer2013 import targets as fer_targets
from trainer.datasets.sound import Waves, voice_windows


class StillSource:
    """Grey stills for the frame branch.

    Args:
        images: the data set.
        index: which of its images, (N,).
        targets: (N, 7) soft labels of those.
    """

    def __init__(
        self, images: FerImages, index: np.ndarray, config: FrameConfig, change: augment.FaceAugment | None = None,
        targets: np.ndarray | None = None,
    ) -> None:  # fmt: skip
        self.pixels = torch.from_numpy(np.ascontiguousarray(images.pixels[index]))[:, None]
        self.targets = torch.from_numpy(fer_targets(images)[index] if targets is None else targets)
        self.classes = self.targets.argmax(1).numpy()
        self.config = config
        self.change = change or augment.FaceAugment()

    def batch(self, index: np.ndarray, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        changed = augment.stills(self.pixels[index].float(), self.change, rng)
        return self._laid_out(changed), self.targets[index]

    def plain(self, index: np.ndarray) -> torch.Tensor:
        return self._laid_out(self.pixels[index])

    def _laid_out(self, pictures: torch.Tensor) -> torch.Tensor:
        return frame_input(pictures, self.config).contiguous(memory_format=torch.channels_last)


def views_of(images: FerImages, index: np.ndarray, count: int, seed: int) -> torch.Tensor:
    """(count, N, 1, 48, 48) uint8: each image changed `count` times, the same for the same seed."""
    views = []
    for view in range(count):
        rng = np.random.default_rng([seed, view])
        parts = [
            augment.stills(torch.from_numpy(images.pixels[some])[:, None].float(), augment.FaceAugment(erase=0.0), rng)
            for some in np.array_split(index, -(-len(index) // 256))
        ]
        views.append(torch.cat(parts).round().to(torch.uint8))
    return torch.stack(views)


class FlatSource(StillSource):
    """The same stills as slices of one step, for a slice branch of depth 1."""

    def __init__(
        self, images: FerImages, index: np.ndarray, config: SliceConfig, change: augment.FaceAugment | None = None
    ) -> None:
        super().__init__(images, index, FrameConfig(), change)
        self.slices = config

    def _laid_out(self, pictures: torch.Tensor) -> torch.Tensor:
        return slice_input(pictures[:, None], self.slices)


class MotionSource:
    """Slices made from stills in motion. `plain` gives the fixed ones: the same for the same index and seed."""

    def __init__(
        self, images: FerImages, index: np.ndarray, config: SliceConfig, seed: int = 0,
        change: augment.FaceAugment | None = None, motion: augment.Motion | None = None,
    ) -> None:  # fmt: skip
        self.pixels = torch.from_numpy(np.ascontiguousarray(images.pixels[index]))[:, None]
        self.targets = torch.from_numpy(fer_targets(images)[index])
        self.classes = self.targets.argmax(1).numpy()
        self.config = config
        self.seed = seed
        self.change = change or augment.FaceAugment()
        self.motion = motion or augment.Motion()

    def batch(self, index: np.ndarray, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        return slice_input(self.made(index, rng), self.config), self.targets[index]

    def plain(self, index: np.ndarray) -> torch.Tensor:
        runs = [self.made(np.array([item]), np.random.default_rng([self.seed, int(item)])) for item in index]
        return slice_input(torch.cat(runs), self.config)

    def made(self, index: np.ndarray, rng: np.random.Generator) -> torch.Tensor:
        """(N, 16, 1, 48, 48) float 0..255."""
        return augment.in_motion(self.pixels[index].float(), SLICE_FRAMES, self.change, self.motion, rng)


class VoiceSource:
    """Seconds of sound: random changed ones to train on, all of a clip's to judge by.

    `classes` is by clip; `windows` (W, 22050), `window_clip` (W,) are the plain seconds that `plain` indexes.
    """

    def __init__(
        self, waves: Waves, config: AudioConfig, change: augment.VoiceAugment | None = None, smoothing: float = 0.1
    ) -> None:
        self.waves = waves.samples
        self.classes = np.array([clip.emotion for clip in waves.clips], np.int64)
        seconds = [voice_windows(wave).samples for wave in waves.samples]
        self.windows = torch.from_numpy(np.concatenate(seconds))
        self.window_clip = np.repeat(np.arange(len(seconds)), [len(item) for item in seconds])
        self.config = config
        self.change = change or augment.VoiceAugment()
        self.targets = torch.full((len(self.classes), COUNT), smoothing / COUNT)
        self.targets[torch.arange(len(self.classes)), torch.from_numpy(self.classes)] += 1 - smoothing

    def batch(self, index: np.ndarray, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        seconds = np.stack([augment.second_of(self.waves[item], AUDIO_RATE_HZ, self.change, rng) for item in index])
        return audio_input(torch.from_numpy(seconds), self.config), self.targets[index]

    def plain(self, index: np.ndarray) -> torch.Tensor:
        return audio_input(self.windows[index], self.config)


class TaughtVoiceSource:
    """Seconds of sound whose targets are partly what others answer to the very same, changed seconds.

    Args:
        others: prepared branches; their probabilities are averaged.
        share: how much of a target is their answer; the rest is the label.
    """

    def __init__(self, voices: VoiceSource, others: Sequence[Branch], share: float) -> None:
        self.voices, self.others, self.share = voices, tuple(others), share
        self.classes = voices.classes

    def batch(self, index: np.ndarray, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        inputs, targets = self.voices.batch(index, rng)
        with torch.no_grad():
            answers = [torch.softmax(other.classifier(other(inputs)), 1) for other in self.others]
        return inputs, torch.lerp(targets, torch.stack(answers).mean(0), self.share)

    def plain(self, index: np.ndarray) -> torch.Tensor:
        return self.voices.plain(index)
