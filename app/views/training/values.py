"""What the training panel is given to show. Frozen values; who makes them knows projects and training, not this."""

import math
from dataclasses import dataclass
from typing import Final

from engine.values import Ints


@dataclass(frozen=True, slots=True)
class ClassShare:
    """Corrections of one emotion that teach, and how many participants they come from; `thin` when too few."""

    emotion: str
    count: int
    participants: int
    thin: bool


@dataclass(frozen=True, slots=True)
class ParticipantShare:
    """Corrections of one participant that teach."""

    name: str
    count: int
    videos: int


@dataclass(frozen=True, slots=True)
class LeftOutRow:
    """Corrections that do not teach, and why. `offer` is what can be done about it; the panel tells `key` back."""

    key: str
    why: str
    count: int
    offer: str = ""


@dataclass(frozen=True, slots=True)
class Basis:
    """What would be learned from now. `why_not` is a sentence where nothing can be learned; empty where it can."""

    parent: str
    """The revision it starts from, such as "starter 1"."""
    classes: tuple[ClassShare, ...] = ()
    participants: tuple[ParticipantShare, ...] = ()
    left_out: tuple[LeftOutRow, ...] = ()
    why_not: str = ""
    notes: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        return sum(share.count for share in self.classes)


@dataclass(frozen=True, slots=True)
class Moment:
    """A point of the progress. `loss`, `accuracy` and `guard` (accuracy on the guard set) where they are known."""

    text: str
    done: int
    total: int
    stage: str = ""
    remaining_s: float | None = None
    loss: float | None = None
    accuracy: float | None = None
    guard: float | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure before and after on the same examples; `low`..`high` is the 95 % interval of the difference."""

    before: float
    after: float
    low: float = math.nan
    high: float = math.nan

    @property
    def difference(self) -> float:
        return self.after - self.before

    @property
    def clear(self) -> bool:
        """Whether the interval leaves no doubt about the direction."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class ClassScore:
    """Recall of one emotion, with the 95 % intervals of both; nan where there is no example."""

    emotion: str
    count: int
    before: float
    after: float
    before_low: float = math.nan
    before_high: float = math.nan
    after_low: float = math.nan
    after_high: float = math.nan


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Before and after on one set of examples. `confusion_*` (7, 7), rows what people said."""

    title: str
    how: str
    count: int
    accuracy: Figure
    uar: Figure
    calibration: Figure
    classes: tuple[ClassScore, ...]
    confusion_before: Ints
    confusion_after: Ints


@dataclass(frozen=True, slots=True)
class Verdict:
    """A revision beside the one it was made from. `worse` are reasons against keeping it."""

    revision_id: str
    name: str
    parent: str
    learned_from: int
    judged: tuple[Judged, ...]
    worse: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    candidate: bool = False
    """It waits to be kept or discarded."""
    unfinished: str = ""
    """What is missing of it, when it was interrupted."""


@dataclass(frozen=True, slots=True)
class ChangedRow:
    """A stretch whose label differs between two revisions; None where one of them gives no label."""

    media_id: str
    video: str
    person: str | None
    person_name: str
    start_s: float
    end_s: float
    before: str | None
    after: str | None
    said: str | None = None
    """What coders said there."""


@dataclass(frozen=True, slots=True)
class RevisionRow:
    """A revision in the list. `id` None is the bundle as it came; accuracies are on its corrections, or None."""

    id: str | None
    name: str
    made: str
    lessons: int = 0
    before: float | None = None
    after: float | None = None
    guard_before: float | None = None
    guard_after: float | None = None
    current: bool = False
    candidate: bool = False
    note: str = ""
    """Something that is wrong with it, in a few words."""


def scores_of(before: Ints, after: Ints, emotions: tuple[str, ...]) -> tuple[ClassScore, ...]:
    """Recalls of the classes with Wilson's intervals, from two confusion matrices (7, 7) of the same examples."""
    found = []
    for label, emotion in enumerate(emotions):
        one, other = (wilson(int(matrix[label, label]), int(matrix[label].sum())) for matrix in (before, after))
        found.append(ClassScore(emotion, int(after[label].sum()), one[0], other[0], *one[1:], *other[1:]))
    return tuple(found)


Z: Final = 1.959964
"""Of the normal distribution, for 95 %."""


def wilson(right: int, count: int) -> tuple[float, float, float]:
    """A share with its 95 % interval by Wilson (1927), good for few examples; nan where there is none."""
    if count == 0:
        return math.nan, math.nan, math.nan
    share, spread = right / count, Z * Z / count
    middle = (share + spread / 2) / (1 + spread)
    half = Z / (1 + spread) * math.sqrt(share * (1 - share) / count + spread / (4 * count))
    return share, max(0.0, middle - half), min(1.0, middle + half)
