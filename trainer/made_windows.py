"""Windows put together from features of stills and of voices.

There is no openly had set of clips with faces and voices, so the starter learns from made ones: a face sequence with
onset, peak and offset put together from features of stills, and a voice. In a share of them the voice belongs to
another emotion, because a voice branch judged on the speakers it learned from looks better than it is; and branches are
left out at random, so that a window without a face or without speech can still be fused.
"""

from dataclasses import dataclass

import numpy as np

from engine.branches import FEATURES
from engine.emotions import COUNT, INDEX
from trainer.windows import FeatureSet, Made

EPOCH_WINDOWS = 4096
"""How many windows an epoch has unless the schedule says otherwise."""
NEUTRAL = INDEX["neutral"]


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


class Maker:
    """Puts windows together from banks of features. `classes` are the emotions of an epoch's: each equally often."""

    def __init__(self, faces: FaceBank, voices: VoiceBank, making: Making) -> None:
        self.faces, self.voices, self.making = faces, voices, making
        self.classes = np.arange(EPOCH_WINDOWS) % COUNT
        self.face_of = [np.flatnonzero(faces.emotion == label) for label in range(COUNT)]
        self.voice_of = [np.flatnonzero(voices.emotion == label) for label in range(COUNT)]

    def draw(self, index: np.ndarray, rng: np.random.Generator) -> tuple[list[FeatureSet], np.ndarray]:
        """New windows of the emotions `classes[index]`, and their (N, 7) targets."""
        made = [self.window(int(label), rng) for label in self.classes[index]]
        return [item.features for item in made], np.stack([item.target for item in made])

    def examples(self) -> tuple[np.ndarray, np.ndarray]:
        """(M, 256) frames and slices: the first of each face."""
        return self.faces.frame[:, 0], self.faces.slice[:, 0]

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
