"""Where the branches disagree, and which one decided: pure arithmetic over what an analysis holds."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.emotions import COUNT
from engine.values import BRANCHES, F32, F64, Bools, FusedTrack, Person, SecondTrack

AUDIO_OVERLAP_S: Final = 0.5
"""A second of sound belongs to a window that it overlaps by this much, as in the engine's fusion."""
MARKED_AMOUNT: Final = 0.2
"""From this amount on a difference of leaders is worth a look: below, two nearly equal emotions swap places."""
_SAME_S: Final = 1e-6
_LEAST: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One row a fused window of a person.

    `amount` (T,) float32 is the Jensen-Shannon divergence of the mean answers of the branches that there are, as a
    share of the largest that so many branches can reach: 0 where all say the same or only one answers, 1 where each is
    sure of another emotion. `differs` (T,) says whether their leading emotions differ, `decided` (T) names the branch
    whose answer lies nearest to the fused one before smoothing ("" where none answered).
    """

    start_s: F64
    end_s: F64
    amount: F32
    differs: Bools
    decided: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.start_s)

    @property
    def marked(self) -> Bools:
        """(T,) windows worth a look: the leaders differ, and not by a hair."""
        return self.differs & (self.amount >= MARKED_AMOUNT)


def disagreement(person: Person, seconds: SecondTrack) -> Disagreement:
    """How much the branches disagree about a person, window by window.

    A branch's answer for a window is the mean of its own answers in it; the voice counts where the fusion used it.
    """
    fused = person.fused
    answers, there = _branch_means(person, seconds)
    count = there.sum(1)
    middle = np.divide(
        (answers * there[..., None]).sum(1), count[:, None], out=np.zeros((len(fused), COUNT)), where=count[:, None] > 0
    )
    apart = _entropy(middle) - np.divide((_entropy(answers) * there).sum(1), np.maximum(count, 1))
    amount = np.where(count > 1, apart / np.log(np.maximum(count, 2)), 0.0)
    leader = np.where(there, answers.argmax(2), -1)
    first = leader.max(1)
    differs = ((leader != first[:, None]) & there).any(1)
    decided = _nearest(answers, there, fused.raw)
    return Disagreement(fused.start_s, fused.end_s, np.clip(amount, 0, 1).astype(np.float32), differs, decided)


def next_disagreement(found: Disagreement, time_s: float) -> float | None:
    """Where the next run of marked windows begins after `time_s`; None when there is no other."""
    marked = found.marked
    begins = marked & ~np.concatenate([[False], marked[:-1]])
    later = found.start_s[begins & (found.start_s > time_s + _SAME_S)]
    return float(later[0]) if len(later) else None


def _branch_means(person: Person, seconds: SecondTrack) -> tuple[F64, Bools]:
    """Mean answers (T, 3, 7) of frame, slice and audio in each window, and whether the fusion used them (T, 3)."""
    fused = person.fused
    middle_s = (person.slices.start_s + person.slices.end_s) / 2
    speaks = seconds.speech
    spoken_s = (seconds.start_s[speaks], seconds.end_s[speaks])
    spans = (
        _rows_between(person.frames.time_s, fused.start_s, fused.end_s),
        _rows_between(middle_s, fused.start_s, fused.end_s),
        _rows_overlapping(*spoken_s, fused),
    )
    tables = (person.frames.probabilities, person.slices.probabilities, seconds.probabilities[speaks])
    answers = np.stack([_means(table, *span) for table, span in zip(tables, spans, strict=True)], axis=1)
    said = {text: [name in text.split("+") for name in BRANCHES] for text in set(fused.branches)}
    used = np.array([said[text] for text in fused.branches], np.bool_)
    filled = np.stack([stop > first for first, stop in spans], axis=1)
    return answers, used.reshape(-1, len(BRANCHES)) & filled


def _rows_between(time_s: F64, start_s: F64, end_s: F64) -> tuple[np.ndarray, np.ndarray]:
    return np.searchsorted(time_s, start_s - _SAME_S), np.searchsorted(time_s, end_s - _SAME_S)


def _rows_overlapping(from_s: F64, to_s: F64, fused: FusedTrack) -> tuple[np.ndarray, np.ndarray]:
    """Rows of intervals, ascending, that overlap a window by `AUDIO_OVERLAP_S` or half of it."""
    enough_s = np.minimum(AUDIO_OVERLAP_S, (fused.end_s - fused.start_s) / 2) - _SAME_S
    first = np.searchsorted(to_s, fused.start_s + enough_s)
    stop = np.searchsorted(from_s, fused.end_s - enough_s, side="right")
    return first, np.maximum(first, stop)


def _means(table: F32, first: np.ndarray, stop: np.ndarray) -> F64:
    """(T, 7) means of rows [first, stop) of a table; zeros where there are none."""
    if not len(first):
        return np.zeros((0, COUNT))
    # `reduceat` sums from each edge to the next: every second sum is a window's. An edge at the end needs a row there.
    padded = np.concatenate([table, np.zeros((1, COUNT), table.dtype)])
    sums = np.add.reduceat(padded, np.stack([first, stop], axis=1).ravel(), axis=0)[::2]
    count = (stop - first)[:, None]
    means: F64 = np.where(count > 0, sums, 0) / np.maximum(count, 1)
    return means


def _entropy(rows: F64) -> F64:
    """Natural entropy over the last axis."""
    held = np.maximum(rows, _LEAST)
    entropy: F64 = -(held * np.log(held)).sum(-1)
    return entropy


def _nearest(answers: F64, there: Bools, raw: F32) -> tuple[str, ...]:
    """The branch with the least Kullback-Leibler divergence of its answer from the fused one."""
    fused = np.maximum(raw, _LEAST)[:, None]
    away = (fused * (np.log(fused) - np.log(np.maximum(answers, _LEAST)))).sum(2)
    best = np.where(there, away, np.inf).argmin(1) if len(raw) else np.zeros(0, np.int64)
    names = (*BRANCHES, "")
    return tuple(names[row] for row in np.where(there.any(1), best, len(BRANCHES)).tolist())
