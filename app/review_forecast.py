"""What the next labels will bring: how many of the next predictions a person would change, and whether that pays.

A calibrated model says itself how often it is wrong; the answers so far correct it. For each range of confidence the
share of changed answers is a Beta posterior whose prior is the model's own confidence, worth `PRIOR_ANSWERS` answers.
Unsure answers and those that were accepted in a batch tell nothing of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from app.project.values import Correction
from app.review_columns import Columns
from engine.values import F64, Ints

AHEAD: Final = 20
"""Labels looked ahead."""
HISTORY: Final = 200
"""Answers looked back at."""
BLOCK: Final = 20
EDGES: Final = (1 / 7, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Ranges of confidence, from the least that a leading emotion can have; the last one includes 1."""
PRIOR_ANSWERS: Final = 10.0
DRAWS: Final = 4000
LEVEL: Final = 0.95
FLAT_CHANGES: Final = 2.0
"""When no more than this many of the next 20 are expected to change, labels pay little."""
FLAT_GAIN: Final = 0.01
"""A revision that gains less than one point over the one before it gains little."""


@dataclass(frozen=True, slots=True)
class RevisionScore:
    """How accurate a revision was on the corrections, cross-validated, and its parent on the same ones."""

    name: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """About `changes` of the next `ahead` predictions would be changed, with a 95 % interval from `low` to `high`.

    `past` counts changed answers in blocks of 20 that end with the latest answer, the oldest first; `answers` is how
    many answers all this rests on. `gains` are the project's revisions in the order in which they were made.
    """

    ahead: int
    changes: float
    low: int
    high: int
    answers: int
    past: tuple[int, ...] = ()
    gains: tuple[RevisionScore, ...] = ()

    @property
    def is_flat(self) -> bool:
        """Whether more labels stop paying: few answers change any more, or the last revision gained next to nothing."""
        return bool(self.why_flat)

    @property
    def why_flat(self) -> str:
        """Why more labels stop paying, as a sentence; empty where they pay."""
        if self.answers >= BLOCK and self.ahead >= BLOCK and self.changes <= FLAT_CHANGES:
            return "More labels stop paying."
        gains = [score.after - score.before for score in self.gains]
        if len(gains) >= 2 and gains[-1] < FLAT_GAIN:
            return f"But learning stopped paying: revision {self.gains[-1].name} gained {100 * gains[-1]:+.1f} points."
        return ""

    @property
    def sentence(self) -> str:
        """ "About 9 of the next 20 would change (4 to 14)"."""
        about = f"About {self.changes:.0f} of the next {self.ahead} would change ({self.low} to {self.high})"
        rests = f", from {self.answers} answers" if self.answers else ", by the model's own confidence"
        return about + rests

    @property
    def gains_text(self) -> str:
        """ "1.1: 52 → 61 %, 1.2: 60 → 63 %"; empty with fewer than two revisions."""
        if len(self.gains) < 2:
            return ""
        return ", ".join(f"{one.name}: {100 * one.before:.0f} → {100 * one.after:.0f} %" for one in self.gains[-3:])


def forecast(
    columns: Columns,
    upcoming: Ints,
    corrections: Iterable[Correction],
    gains: Sequence[RevisionScore] = (),
    seed: int = 0,
) -> Forecast | None:
    """What the first `AHEAD` of a queue will bring; None where nothing is left to answer.

    Args:
        upcoming: rows in the order of the queue.
        corrections: of one coder, over all videos.
    """
    nearest = upcoming[:AHEAD]
    if not len(nearest):
        return None
    answers = _answers(corrections)
    confidence, changed = _history(columns, answers)
    rates = _rates(confidence, changed, seed)
    drawn = np.random.default_rng(seed).random((DRAWS, len(nearest))) < rates[:, _bin(columns.confidence[nearest])]
    counts = drawn.sum(1)
    low, high = np.quantile(counts, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], method="nearest")
    return Forecast(
        len(nearest), float(counts.mean()), int(low), int(high), len(changed), _blocks(answers), tuple(gains)
    )


def is_changed(answer: Correction) -> bool:
    """Whether an answer to a prediction says something else."""
    return answer.origin == "edited"


def _answers(corrections: Iterable[Correction]) -> list[Correction]:
    """The latest answers to a prediction, in the order in which they were given."""
    given = [each for each in corrections if each.origin in ("accepted", "edited") and each.emotion is not None]
    return sorted(given, key=lambda c: c.made_at)[-HISTORY:]


def _history(columns: Columns, answers: Sequence[Correction]) -> tuple[F64, np.ndarray]:
    """The confidence of what was answered, and whether it was changed. What is predicted no more is left out."""
    confidence, changed = [], []
    rows_of: dict[int, Ints] = {}
    for each in answers:
        number = columns.people.get((each.media_id, each.person))
        if number is None:
            continue
        rows = rows_of.setdefault(number, np.flatnonzero(columns.whose == number))
        middle_s = (each.start_s + each.end_s) / 2
        there = rows[(columns.start_s[rows] <= middle_s) & (middle_s < columns.end_s[rows])]
        if len(there):
            confidence.append(columns.confidence[there[0]])
            changed.append(is_changed(each))
    return np.array(confidence, np.float64), np.array(changed, np.bool_)


def _rates(confidence: F64, changed: np.ndarray, seed: int) -> F64:
    """(draws, ranges) how often an answer changes a prediction, drawn from each range's posterior."""
    place, ranges = _bin(confidence), len(EDGES) - 1
    middle = (np.array(EDGES[:-1]) + np.array(EDGES[1:])) / 2
    changes = np.bincount(place, changed.astype(np.float64), minlength=ranges)
    same = np.bincount(place, (~changed).astype(np.float64), minlength=ranges)
    rng = np.random.default_rng(seed + 1)
    return rng.beta(PRIOR_ANSWERS * (1 - middle) + changes, PRIOR_ANSWERS * middle + same, (DRAWS, ranges))


def _bin(confidence: F64) -> Ints:
    return np.clip(np.searchsorted(EDGES, confidence, side="right") - 1, 0, len(EDGES) - 2)


def _blocks(answers: Sequence[Correction]) -> tuple[int, ...]:
    """Changed answers of each whole block of 20, the latest block ending with the latest answer."""
    changed = [is_changed(each) for each in answers]
    first = len(changed) % BLOCK
    return tuple(sum(changed[at : at + BLOCK]) for at in range(first, len(changed), BLOCK))
