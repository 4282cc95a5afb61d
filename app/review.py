"""Which segments of all videos to look at next, and what one click may accept.

A segment leaves the queue once corrections cover half of it. Neighbours teach a model little: of several segments of
one person whose middles lie within `APART_S`, the queue shows the first and puts the others off until nothing else is
left.
"""

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress, islice
from typing import Final, Literal

import numpy as np

from app.project.values import Correction
from engine.values import F64

Reason = Literal["least certain", "branches disagree", "rare class"]
REASONS: Final[tuple[Reason, ...]] = ("least certain", "branches disagree", "rare class")

APART_S: Final = 10.0
COVERED_SHARE: Final = 0.5
"""A segment counts as corrected from this share of its length on."""

LONGEST: Final = 500
"""Places in the queue: more than anybody answers before it is made again."""

RECENT: Final = 20
"""Answers looked at to say whether more of them still pay."""
ENOUGH_AGREED: Final = 18


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
class Waiting:
    """A place in the queue, with the words that say why it has it."""

    candidate: Candidate
    why: str


Whose = tuple[str, str | None]
"""A video and a person of it."""


def not_corrected(candidates: Sequence[Candidate], corrections: Iterable[Correction]) -> tuple[Candidate, ...]:
    """The candidates that corrections of the same person cover by less than half, in the order given."""
    rows: dict[Whose, list[int]] = defaultdict(list)
    for row, each in enumerate(candidates):
        rows[each.media_id, each.person].append(row)
    start_s = np.fromiter((each.start_s for each in candidates), np.float64, len(candidates))
    end_s = np.fromiter((each.end_s for each in candidates), np.float64, len(candidates))
    left = np.ones(len(candidates), np.bool_)
    for whose, intervals in _labelled(corrections).items():
        at = rows.get(whose, [])
        left[at] = _covered_s(intervals, start_s[at], end_s[at]) < COVERED_SHARE * (end_s[at] - start_s[at])
    return tuple(compress(candidates, left))


def queue(left: Sequence[Candidate], corrections: Sequence[Correction], reason: Reason) -> tuple[Waiting, ...]:
    """What to look at next, most worthwhile first and no two within `APART_S` of one another; at most `LONGEST`.

    Args:
        left: what is `not_corrected` yet. Equals keep their order.
        corrections: of all videos.
    """
    ordered, why = _ordered(left, corrections, reason)
    chosen = tuple(islice(_apart(ordered, _middles(corrections)), LONGEST))
    chosen = chosen or tuple(islice(_apart(ordered, {}), LONGEST))
    return tuple(Waiting(each, why(each)) for each in chosen)


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


def _middle_s(record: Candidate | Correction) -> float:
    return (record.start_s + record.end_s) / 2


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


def _covered_s(intervals: Sequence[tuple[float, float]], start_s: F64, end_s: F64) -> F64:
    """How much of each `[start_s, end_s)` the intervals, apart and in order, cover."""
    edges_s = np.array(intervals)
    lengths_s = edges_s[:, 1] - edges_s[:, 0]
    until_s = np.cumsum(lengths_s)
    # Between the edges, what is covered so far grows in a straight line or not at all.
    so_far_s = np.stack([until_s - lengths_s, until_s], axis=1).ravel()
    covered: F64 = np.interp(end_s, edges_s.ravel(), so_far_s) - np.interp(start_s, edges_s.ravel(), so_far_s)
    return covered


def _ordered(
    left: Sequence[Candidate], corrections: Iterable[Correction], reason: Reason
) -> tuple[list[Candidate], Callable[[Candidate], str]]:
    """The candidates by a reason, and the words for it."""
    match reason:
        case "least certain":
            return sorted(left, key=lambda c: c.confidence), lambda c: "uncertain" if c.uncertain else "fairly sure"
        case "branches disagree":
            split = [each for each in left if each.disagreement]
            split.sort(key=lambda c: -(c.disagreement or 0.0))
            return split, lambda c: f"disagree {c.disagreement:.2f}"
        case "rare class":
            labels = Counter(each.emotion for each in corrections)
            said = Counter(each.emotion for each in left)
            rank = {name: (labels[name], said[name], name) for name in said}
            # Within a class the surest first: that is where a true example of it is found.
            surest = sorted(left, key=lambda c: -c.confidence)
            return sorted(surest, key=lambda c: rank[c.emotion]), lambda c: _rarity(c.emotion, labels[c.emotion])


def _rarity(emotion: str, count: int) -> str:
    match count:
        case 0:
            return f"no {emotion} label yet"
        case 1:
            return f"1 {emotion} label"
        case _:
            return f"{count:,} {emotion} labels"


def _middles(corrections: Iterable[Correction]) -> dict[Whose, list[float]]:
    found: dict[Whose, list[float]] = defaultdict(list)
    for each in corrections:
        found[each.media_id, each.person].append(_middle_s(each))
    return {whose: sorted(middles) for whose, middles in found.items()}


def _apart(ordered: Iterable[Candidate], seen: dict[Whose, list[float]]) -> Iterator[Candidate]:
    """Those whose middle is `APART_S` away from what was `seen` and from all that come before them."""
    taken: dict[Whose, list[float]] = defaultdict(list, {whose: list(middles) for whose, middles in seen.items()})
    for each in ordered:
        middle_s, middles = _middle_s(each), taken[each.media_id, each.person]
        at = bisect_left(middles, middle_s)
        if all(abs(other_s - middle_s) >= APART_S for other_s in middles[max(0, at - 1) : at + 1]):
            insort(middles, middle_s)
            yield each
