"""What learning from corrections takes and gives. Frozen values of numpy arrays; nothing here needs torch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from engine.emotions import COUNT, EMOTIONS
from engine.values import F64

if TYPE_CHECKING:
    from engine.bundle import Calibration

SeenIn = Literal["face", "voice", "both", ""]
Stage = Literal["examples", "estimate", "fit", "guard", "rescoring"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Tracks of a video that were the person between two times."""

    tracks: tuple[int, ...]
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Lesson:
    """One correction as training sees it: an interval, who is seen in it, and what it should be called.

    `store` is the folder of the video's feature store. `stretches` is empty for the scene: its voice alone teaches.
    `voice` False: the sound of the interval is not this person's. `participant` and `media` are the groups that never
    cross from training to scoring; `participant` is the person's own key where nobody said who it is.
    """

    id: str
    media: str
    participant: str
    store: Path
    stretches: tuple[Stretch, ...]
    start_s: float
    end_s: float
    emotion: int
    seen_in: SeenIn = ""
    voice: bool = True
    coder: str = ""
    scores: bool = True
    """False: it may teach but never judges, as what was accepted by the batch."""


@dataclass(frozen=True, slots=True)
class Options:
    """Every choice of a fine-tuning. The defaults are those whose effect was measured."""

    seed: int = 1
    steps: int = 120
    """Most steps of one fit; the held-out corrections choose how many of them are taken."""
    check_every: int = 20
    corrections_a_step: int = 18
    learning_rate: float = 3e-4
    bias_rate: float = 0.02
    """Learning rate where the classes' biases alone move."""
    weight_decay: float = 0.0
    warm_up: int = 10
    """Steps in which the learning rate rises."""
    replay_worth: float = 100.0
    """How many corrections what is known weighs as much as: it counts more where little is new. Thirty corrections
    among 65 % of replay brought 7.0 points and cost 1.0 of the guard set, among 77 % 7.0 and 0.6, among 83 % 6.0 and
    0.6; ten among 65 % brought 2.3 for 1.1, among 90 % 2.5 for 0.3; a hundred among 65 % 9.1 for 0.6."""
    replay_least: float = 0.65
    replay_most: float = 0.9
    """Bounds of the share of replay in a step."""
    anchor: float = 30.0
    """Pull towards the parent's weights: a step moves them back by this times the learning rate of the way. With it
    1.4 points of the guard set went in place of 2.4, for the same gain; to learn the parent's answers on replay in its
    place kept nothing."""
    folds: int = 5
    least: int = 3
    """Fewer corrections than this teach nothing."""
    least_whole: int = 10
    """Fewer than this move the classes' biases only."""
    gap_s: float = 5.0
    """Between time blocks of a single video, so that neighbouring corrections do not vouch for each other."""
    prefer: str = ""
    """The coder whose word holds where two contradict each other; without one neither teaches."""

    def replay_a_step(self, corrections: int) -> int:
        """How many windows of the replay set go with `corrections_a_step` of so many corrections."""
        share = self.replay_worth / (self.replay_worth + corrections)
        share = min(max(share, self.replay_least), self.replay_most)
        return round(self.corrections_a_step * share / (1 - share))


@dataclass(frozen=True, slots=True)
class FinetuneStep:
    """A progress point; `loss`, `accuracy` and `guard` (accuracy on the guard set) where they are known."""

    stage: Stage
    message: str
    done: int
    total: int
    remaining_s: float | None = None
    loss: float | None = None
    accuracy: float | None = None
    guard: float | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A figure before and after on the same examples; `low`..`high` is the paired 95 % interval of the difference."""

    before: float
    after: float
    low: float
    high: float

    @property
    def difference(self) -> float:
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Scored:
    """Before and after on one set of examples.

    `confusion_before`, `confusion_after` (7, 7) int64, rows the truth; `recall_before`, `recall_after` (7,), nan where
    there is no example. `calibration` is the expected calibration error; smaller is better.
    """

    name: str
    count: int
    accuracy: Change
    uar: Change
    calibration: Change
    recall_before: F64
    recall_after: F64
    confusion_before: np.ndarray
    confusion_after: np.ndarray
    how: str = ""
    """How it was estimated, in a few words: "cross-validated over 4 participants", "same video, optimistic"."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Before and after: on the corrections (cross-validated), and on the guard set.

    `worse` are reasons not to keep it by itself: sentences, empty when there are none.
    """

    corrections: Scored | None
    guard: Scored | None
    worse: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Retrained:
    """A new revision: `weights` are safetensors bytes of the trained part, `manifest` all that makes it again."""

    weights: bytes
    calibration: "Calibration"
    comparison: Comparison
    manifest: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClassCount:
    """How many corrections of a class there are to learn from, by how many participants; `thin` when too few."""

    emotion: str
    count: int
    participants: int
    thin: bool


def class_counts(lessons: tuple[Lesson, ...], thin_below: int = 5) -> tuple[ClassCount, ...]:
    """The seven classes in their order."""
    found = []
    for label in range(COUNT):
        mine = [lesson for lesson in lessons if lesson.emotion == label]
        found.append(
            ClassCount(EMOTIONS[label], len(mine), len({lesson.participant for lesson in mine}), len(mine) < thin_below)
        )
    return tuple(found)
