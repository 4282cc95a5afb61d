"""Stage 2: NetVLADs, the FCs after them and the fusion network, on features of branches that stay as they are.

There is no openly had set of clips with faces and voices, so the starter learns from made ones: a face sequence with
onset, peak and offset put together from features of stills, and a voice. In a share of them the voice belongs to
another emotion, because a voice branch judged on the speakers it learned from looks better than it is; and branches are
left out at random, so that a window without a face or without speech can still be fused.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from engine.branches import FEATURES
from engine.emotions import COUNT, INDEX
from engine.errors import CancelledError, DatasetError
from engine.fusion import Fusion, FusionConfig
from engine.model import padded_sets
from trainer import metrics
from trainer.checkpoint import write_tensors
from trainer.losses import soft_cross_entropy
from trainer.stage1 import Schedule, learning_rate
from trainer.values import TrainStep

NEUTRAL = INDEX["neutral"]
FeatureSet = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Features (T, D) of frames, slices and seconds of one window; T may be 0."""


@dataclass(frozen=True, slots=True)
class FaceBank:
    """Features of faces: `frame` (M, V, 256) of V frames and `slice` (M, W, 256) of W slices of each still in motion.

    `target` (M, 7) soft labels, `emotion` (M,) their leader.
    """

    frame: np.ndarray
    slice: np.ndarray
    target: np.ndarray
    emotion: np.ndarray


@dataclass(frozen=True, slots=True)
class VoiceBank:
    """Features of clips: `seconds[i]` (W, 128) of a clip of `emotion[i]`."""

    seconds: tuple[np.ndarray, ...]
    emotion: np.ndarray


@dataclass(frozen=True, slots=True)
class Making:
    """How made windows are put together."""

    frames: int = 24
    slices: int = 4
    pure: float = 0.5
    """Share that shows one expression throughout; the others start or end neutral."""
    least_peak: float = 0.4
    wrong_voice: float = 0.4
    no_face: float = 0.15
    no_slices: float = 0.15
    no_voice: float = 0.45


@dataclass(frozen=True, slots=True)
class Made:
    """A made window and what it should be called."""

    features: FeatureSet
    target: np.ndarray
    emotion: int


class Maker:
    """Puts windows together from banks of features."""

    def __init__(self, faces: FaceBank, voices: VoiceBank, making: Making) -> None:
        self.faces, self.voices, self.making = faces, voices, making
        self.face_of = [np.flatnonzero(faces.emotion == label) for label in range(COUNT)]
        self.voice_of = [np.flatnonzero(voices.emotion == label) for label in range(COUNT)]

    def window(self, emotion: int, rng: np.random.Generator) -> Made:
        """One window of an emotion, with branches left out and voices exchanged as `making` says."""
        m = self.making
        frames, slices, target = self.face(emotion, rng)
        voice_emotion = emotion if rng.random() >= m.wrong_voice else int(rng.integers(COUNT))
        alone = rng.random() < m.no_face
        voice = self.voice(emotion if alone else voice_emotion, rng)
        if alone:
            frames, slices = frames[:0], slices[:0]
            target = np.eye(COUNT, dtype=np.float32)[emotion]
        elif rng.random() < m.no_voice:
            voice = voice[:0]
        if rng.random() < m.no_slices:
            slices = slices[:0]
        return Made((frames, slices, voice), target, emotion)

    def face(self, emotion: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Frames (T, 256) and slices (S, 256) of one face sequence, and its soft label."""
        m = self.making
        peak = int(rng.choice(self.face_of[emotion]))
        rest = int(rng.choice(self.face_of[NEUTRAL]))
        share = 1.0 if emotion == NEUTRAL or rng.random() < m.pure else rng.uniform(m.least_peak, 1.0)
        place = rng.uniform(0, 1 - share) if share < 1 else 0.0
        return (
            self._sequence(self.faces.frame, peak, rest, m.frames, share, place, rng),
            self._sequence(self.faces.slice, peak, rest, m.slices, share, place, rng),
            self.faces.target[peak],
        )

    def voice(self, emotion: int, rng: np.random.Generator, most: int = 3) -> np.ndarray:
        """(W, 128) seconds of one clip, at most `most`; none when no clip has the emotion."""
        if not len(self.voice_of[emotion]):
            return np.zeros((0, FEATURES["audio"]), np.float32)
        seconds = self.voices.seconds[int(rng.choice(self.voice_of[emotion]))]
        start = int(rng.integers(0, max(1, len(seconds) - most + 1)))
        return seconds[start : start + most]

    @staticmethod
    def _sequence(
        bank: np.ndarray, peak: int, rest: int, count: int, share: float, place: float, rng: np.random.Generator
    ) -> np.ndarray:
        """Rows of the resting face, of the peak from `place` on for `share` of the time, and of the resting face."""
        at = (np.arange(count) + 0.5) / count
        who = np.where((at >= place) & (at < place + share), peak, rest)
        return bank[who, rng.integers(0, bank.shape[1], count)]


def train_fusion(
    config: FusionConfig, maker: Maker, schedule: Schedule, done: Path, dev: Sequence[Made],
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[TrainStep]:  # fmt: skip
    """Train the fusion from a k-means start; writes its state to `done`. Classes are drawn equally often.

    Raises:
        CancelledError: at the next batch after `cancelled()` turns true.
        DatasetError: the loss is no longer a number.
    """
    torch.manual_seed(schedule.seed)
    fusion = Fusion(config)
    fusion.frame_vlad.start_from(maker.faces.frame[:, 0], schedule.seed)
    fusion.slice_vlad.start_from(maker.faces.slice[:, 0], schedule.seed)
    optimiser = torch.optim.AdamW(fusion.parameters(), schedule.learning_rate, weight_decay=schedule.weight_decay)
    per_epoch = -(-(schedule.epoch_examples or 4096) // schedule.batch)
    steps = per_epoch * schedule.epochs
    began = time.monotonic()
    for epoch in range(schedule.epochs):
        rng = np.random.default_rng([schedule.seed, 2, epoch])
        right, losses = 0, []
        fusion.train()
        for at in range(per_epoch):
            if cancelled():
                raise CancelledError("training cancelled")
            made = [maker.window(int(label), rng) for label in rng.integers(0, COUNT, schedule.batch)]
            targets = torch.from_numpy(np.stack([item.target for item in made]))
            logits = fusion(padded_sets([item.features for item in made]))
            loss = soft_cross_entropy(logits, targets)
            if not bool(torch.isfinite(loss)):
                raise DatasetError(done, f"the loss is not a number in epoch {epoch + 1}, batch {at + 1}")
            for part in optimiser.param_groups:
                part["lr"] = learning_rate(schedule, epoch * per_epoch + at, steps)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(fusion.parameters(), schedule.clip)
            optimiser.step()
            losses.append(float(loss.detach()))
            right += int((logits.argmax(1) == targets.argmax(1)).sum())
        truth = np.array([item.emotion for item in dev])
        answers = fuse(fusion, [item.features for item in dev]).argmax(1)
        spent, count = time.monotonic() - began, (epoch + 1) * per_epoch * schedule.batch
        yield TrainStep(
            "fusion", epoch + 1, schedule.epochs, (epoch + 1) * per_epoch, steps, float(np.mean(losses)),
            right / (per_epoch * schedule.batch), count / spent, spent / (epoch + 1) * (schedule.epochs - epoch - 1),
            metrics.accuracy(truth, answers), metrics.uar(truth, answers),
        )  # fmt: skip
    write_tensors(done, fusion.state_dict())


@torch.inference_mode()
def fuse(fusion: Fusion, sets: Sequence[FeatureSet], batch: int = 128) -> np.ndarray:
    """(N, 7) logits."""
    fusion.eval()
    return np.concatenate([fusion(padded_sets(sets[at : at + batch])).numpy() for at in range(0, len(sets), batch)])
