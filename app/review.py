"""Which segments of all videos to look at next, and what one click may accept.

A segment leaves the queue once corrections cover half of it. How the rest is ordered, `app.review_order` says; what
more labels will bring, `app.review_forecast`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from app.project.values import Correction
from app.review_columns import COVERED_SHARE, Candidate, Columns, columns_of, rows_left
from app.review_forecast import Forecast, RevisionScore, forecast
from app.review_order import APART_S, LONGEST, REASONS, Reason, chosen
from engine.values import F64

__all__ = [
    "APART_S", "COVERED_SHARE", "ENOUGH_AGREED", "LONGEST", "REASONS", "RECENT", "Candidate", "Columns", "Forecast",
    "Reason", "Review", "RevisionScore", "Waiting", "acceptable", "columns_of", "not_corrected", "prepare", "queue",
    "returns",
]  # fmt: skip

RECENT: Final = 20
"""Answers looked at to say whether more of them still pay."""
ENOUGH_AGREED: Final = 18


@dataclass(frozen=True, slots=True)
class Waiting:
    """A place in the queue, with the words that say why it has it."""

    candidate: Candidate
    why: str


@dataclass(frozen=True, slots=True)
class Review:
    """Everything the review panel shows, made at once, away from the window.

    `left` is what is not corrected yet, in the order given; `sure` its confidences, the lowest first; `queues` and
    `forecasts` are there for every reason.
    """

    columns: Columns
    corrections: tuple[Correction, ...]
    left: tuple[Candidate, ...]
    sure: F64
    queues: Mapping[Reason, tuple[Waiting, ...]]
    forecasts: Mapping[Reason, Forecast | None]
    returns: str | None

    def acceptable_count(self, confidence: float) -> int:
        """How many one click accepts: as many as `acceptable` gives."""
        return len(self.sure) - int(np.searchsorted(self.sure, confidence))


def prepare(columns: Columns, corrections: Sequence[Correction], gains: Sequence[RevisionScore] = ()) -> Review:
    """All queues and what they will bring. Of 150,000 segments it takes a quarter of a second of one core.

    Args:
        corrections: of one coder, over all videos.
        gains: of the project's revisions, in the order in which they were made.
    """
    left = rows_left(columns, corrections)
    queues: dict[Reason, tuple[Waiting, ...]] = {}
    forecasts: dict[Reason, Forecast | None] = {}
    for reason in REASONS:
        rows, why = chosen(columns, left, corrections, reason)
        queues[reason] = tuple(Waiting(columns.candidates[row], why(row)) for row in rows.tolist())
        forecasts[reason] = forecast(columns, rows, corrections, gains)
    return Review(
        columns=columns,
        corrections=tuple(corrections),
        left=tuple(columns.candidates[row] for row in left.tolist()),
        sure=np.sort(columns.confidence[left]),
        queues=queues,
        forecasts=forecasts,
        returns=returns(corrections),
    )


def not_corrected(candidates: Sequence[Candidate], corrections: Iterable[Correction]) -> tuple[Candidate, ...]:
    """The candidates that corrections of the same person cover by less than half, in the order given."""
    return tuple(candidates[row] for row in rows_left(columns_of(candidates), corrections).tolist())


def queue(left: Sequence[Candidate], corrections: Sequence[Correction], reason: Reason) -> tuple[Waiting, ...]:
    """What to look at next, most worthwhile first and no two within `APART_S` of one another; at most `LONGEST`.

    Args:
        left: what is `not_corrected` yet. Equals keep their order.
        corrections: of all videos.
    """
    columns = columns_of(left)
    rows, why = chosen(columns, np.arange(len(columns)), corrections, reason)
    return tuple(Waiting(columns.candidates[row], why(row)) for row in rows.tolist())


def acceptable(candidates: Iterable[Candidate], confidence: float) -> tuple[Candidate, ...]:
    """What one click accepts: every candidate at least that sure."""
    return tuple(each for each in candidates if each.confidence >= confidence)


def returns(corrections: Iterable[Correction]) -> str | None:
    """Whether more answers still pay, from the last `RECENT` answers to a prediction; None before there are so many."""
    answers = sorted((each for each in corrections if each.origin in ("accepted", "edited")), key=lambda c: c.made_at)
    if len(answers) < RECENT:
        return None
    agreed = sum(each.origin == "accepted" for each in answers[-RECENT:])
    verdict = "more labels pay little now" if agreed >= ENOUGH_AGREED else "labels still pay"
    return f"{agreed} of the last {RECENT} answers agreed: {verdict}"
