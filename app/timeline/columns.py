"""From intervals to columns of pixels: what an interval lane shows in each column, in a few numpy calls."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np

from app.timeline.axis import Axis
from engine.values import F32, F64, Ints

NOTHING = -1


def column_edges(axis: Axis, columns: int) -> F64:
    """(columns + 1,) media times of the bounds of the columns."""
    return np.asarray(axis.start_s + np.arange(columns + 1) * (axis.span_s / columns), np.float64)


def column_items(start_s: F64, end_s: F64, edges_s: F64) -> Ints:
    """Which interval (ascending, not overlapping) holds the middle of each column; `NOTHING` where none does."""
    if len(start_s) == 0:
        return np.full(len(edges_s) - 1, NOTHING)
    middle_s = (edges_s[:-1] + edges_s[1:]) / 2
    item = np.searchsorted(start_s, middle_s, side="right") - 1
    return np.where((item >= 0) & (middle_s < end_s[item]), item, NOTHING)


@dataclass(frozen=True, slots=True)
class Steps:
    """Probabilities that hold over intervals, with running sums so that any stretch has its mean at once.

    `start_s`, `end_s` (T,) ascending and not overlapping, `values` (T, C).
    """

    start_s: F64
    end_s: F64
    values: F32
    sums: F64
    """(T + 1, C): sums[i] is the sum of the first i rows."""

    @classmethod
    def of(cls, start_s: F64, end_s: F64, values: F32) -> "Steps":
        """Steps that overlap (a slice that runs on past its cut) end where the next one begins."""
        start_s = np.asarray(start_s, np.float64)
        end_s = np.minimum(end_s, np.append(start_s[1:], np.inf))
        sums = np.zeros((len(values) + 1, values.shape[1]))
        np.cumsum(values, axis=0, dtype=np.float64, out=sums[1:])
        return cls(start_s, end_s, values, sums)

    def __len__(self) -> int:
        return len(self.start_s)

    def means(self, edges_s: F64) -> F32:
        """(columns, C): the step under each column, or the mean of those that begin in it; NaN where there is none."""
        first = np.searchsorted(self.start_s, edges_s)
        count = np.diff(first)
        many = count > 1
        single = column_items(self.start_s, self.end_s, edges_s)
        found = np.full((len(count), self.values.shape[1]), np.nan, np.float32)
        found[single >= 0] = self.values[single[single >= 0]]
        found[many] = (self.sums[first[1:][many]] - self.sums[first[:-1][many]]) / count[many, None]
        return found


class Spanning(Protocol):
    """Anything with two ends."""

    @property
    def start_s(self) -> float: ...
    @property
    def end_s(self) -> float: ...


S = TypeVar("S", bound=Spanning)


@dataclass(frozen=True, slots=True)
class Spans(Generic[S]):
    """Things that follow one another without overlapping, found quickly by time."""

    items: tuple[S, ...]
    start_s: F64
    end_s: F64

    @classmethod
    def of(cls, items: Iterable[S]) -> "Spans[S]":
        """In the order of their times."""
        ordered = tuple(sorted(items, key=lambda item: item.start_s))
        return cls(ordered, np.array([i.start_s for i in ordered]), np.array([i.end_s for i in ordered]))

    def __len__(self) -> int:
        return len(self.items)

    def at(self, time_s: float) -> S | None:
        """The one that holds a moment."""
        place = int(np.searchsorted(self.start_s, time_s, side="right")) - 1
        return self.items[place] if place >= 0 and time_s < self.end_s[place] else None
