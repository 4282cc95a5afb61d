"""The predicted segments of all videos as columns, so that a hundred thousand of them are sorted in no time."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from app.project.values import Correction
from app.timeline.coverage import covered_s
from engine.emotions import INDEX
from engine.values import F64, Ints

COVERED_SHARE: Final = 0.5
"""A segment counts as corrected from this share of its length on."""

Whose = tuple[str, str | None]
"""A video and a person of it."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A predicted segment of some video; `person` None is the scene.

    `disagreement` runs from 0 to 1 and is None where fewer than two branches answered.
    """

    media_id: str
    video_name: str
    person: str | None
    start_s: float
    end_s: float
    emotion: str
    confidence: float
    uncertain: bool
    disagreement: float | None = None
    person_name: str | None = None


@dataclass(frozen=True, slots=True)
class Columns:
    """Candidates, and what they are sorted by: all (N,), `disagreement` NaN where there is none.

    `whose` numbers the persons as `people` does, `media` their videos as `videos` does; `emotion` is in the order of
    the seven.
    """

    candidates: tuple[Candidate, ...]
    people: Mapping[Whose, int]
    videos: Mapping[str, int]
    whose: Ints
    media: Ints
    start_s: F64
    end_s: F64
    emotion: Ints
    confidence: F64
    disagreement: F64

    def __len__(self) -> int:
        return len(self.candidates)

    @property
    def middle_s(self) -> F64:
        return (self.start_s + self.end_s) / 2


def columns_of(candidates: Sequence[Candidate]) -> Columns:
    """The columns of candidates in the order given."""
    people: dict[Whose, int] = {}
    videos: dict[str, int] = {}
    count = len(candidates)
    return Columns(
        candidates=tuple(candidates),
        whose=np.fromiter(
            (people.setdefault((c.media_id, c.person), len(people)) for c in candidates), np.int64, count
        ),
        media=np.fromiter((videos.setdefault(c.media_id, len(videos)) for c in candidates), np.int64, count),
        people=people,
        videos=videos,
        start_s=np.fromiter((c.start_s for c in candidates), np.float64, count),
        end_s=np.fromiter((c.end_s for c in candidates), np.float64, count),
        emotion=np.fromiter((INDEX[c.emotion] for c in candidates), np.int64, count),
        confidence=np.fromiter((c.confidence for c in candidates), np.float64, count),
        disagreement=np.fromiter(
            (np.nan if c.disagreement is None else c.disagreement for c in candidates), np.float64, count
        ),
    )


def rows_left(columns: Columns, corrections: Iterable[Correction]) -> Ints:
    """The rows that corrections of the same person cover by less than half."""
    left = np.ones(len(columns), np.bool_)
    for whose, intervals in _labelled(corrections).items():
        number = columns.people.get(whose)
        if number is not None:
            at = np.flatnonzero(columns.whose == number)
            start_s, end_s = columns.start_s[at], columns.end_s[at]
            left[at] = covered_s(intervals, start_s, end_s) < COVERED_SHARE * (end_s - start_s)
    return np.flatnonzero(left)


def _labelled(corrections: Iterable[Correction]) -> dict[Whose, list[tuple[float, float]]]:
    """For each person the intervals that somebody labelled, apart and in order."""
    found: dict[Whose, list[tuple[float, float]]] = defaultdict(list)
    for each in sorted(corrections, key=lambda c: c.start_s):
        intervals = found[each.media_id, each.person]
        if intervals and each.start_s <= intervals[-1][1]:
            start_s, end_s = intervals[-1]
            intervals[-1] = (start_s, max(end_s, each.end_s))
        else:
            intervals.append((each.start_s, each.end_s))
    return found
