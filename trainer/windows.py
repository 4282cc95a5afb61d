"""What stage 2 learns from: sets of features of windows or whole clips, and what they should be called."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from engine.branches import FEATURES
from engine.emotions import COUNT

FeatureSet = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Features (T, D) of frames, slices and seconds of one window; T may be 0."""
START_ROWS = 20_000
"""Features for k-means to start from, at most."""


@dataclass(frozen=True, slots=True)
class Made:
    """A made window and what it should be called."""

    features: FeatureSet
    target: np.ndarray
    emotion: int


class Windows(Protocol):
    """Where the windows of stage 2 come from; what is drawn depends on the examples and the generator alone."""

    @property
    def classes(self) -> np.ndarray:
        """(N,) the emotion of each, by which an epoch is drawn and the loss weighed."""
        ...

    def draw(self, index: np.ndarray, rng: np.random.Generator) -> tuple[list[FeatureSet], np.ndarray]:
        """Feature sets of some windows and their (N, 7) float32 targets."""
        ...

    def examples(self) -> tuple[np.ndarray, np.ndarray]:
        """Features (M, 256) of frames and of slices, from which k-means starts the NetVLADs."""
        ...


class ClipWindows:
    """Real clips, each whole, as the paper pools them.

    Args:
        sets: features of each clip's frames, slices and seconds.
        emotions: (N,) the clips' emotions.
        targets: (N, 7) soft labels; one-hot ones by default.
    """

    def __init__(self, sets: Sequence[FeatureSet], emotions: np.ndarray, targets: np.ndarray | None = None) -> None:
        self.sets = sets
        self.classes = np.asarray(emotions, np.int64)
        self.targets = np.eye(COUNT, dtype=np.float32)[self.classes] if targets is None else targets

    def draw(self, index: np.ndarray, rng: np.random.Generator) -> tuple[list[FeatureSet], np.ndarray]:
        """The clips as they are."""
        return [self.sets[item] for item in index], self.targets[index]

    def examples(self) -> tuple[np.ndarray, np.ndarray]:
        """Frames and slices of all clips, evenly thinned to `START_ROWS`."""
        return self._rows(0), self._rows(1)

    def made(self) -> list[Made]:
        """The clips one by one, to be scored."""
        return [Made(*item) for item in zip(self.sets, self.targets, self.classes.tolist(), strict=True)]

    def _rows(self, column: int) -> np.ndarray:
        parts = [item[column] for item in self.sets if len(item[column])]
        if not parts:
            return np.zeros((0, FEATURES["frame"]), np.float32)
        rows = np.concatenate(parts)
        return rows[:: -(-len(rows) // START_ROWS)]


def thinned(features: FeatureSet, share: float, rng: np.random.Generator) -> FeatureSet:
    """A window with each of its branches left out by chance `share`, never all of those that it has."""
    there = [column for column, part in enumerate(features) if len(part)]
    out = [column for column in there if rng.random() < share]
    if there and len(out) == len(there):
        out.remove(int(rng.choice(there)))
    frames, slices, seconds = (part[:0] if column in out else part for column, part in enumerate(features))
    return frames, slices, seconds
