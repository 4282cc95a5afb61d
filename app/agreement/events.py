"""Which events of two raters are the same event.

Two events are linked when they overlap by at least `OVERLAP_SHARE` of the longer one (as in EasyDIAg: H. Holle,
R. Rein, Behavior Research Methods 47, 2015), or when both their ends lie within the tolerance (as in GSEQ), which helps
short ones. Links go to the pairs that overlap most, one to one, whatever they say.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from app.agreement.values import Said
from app.timeline.coverage import covered_s
from engine.emotions import COUNT, INDEX

OVERLAP_SHARE: Final = 0.6
COVERED_SHARE: Final = 0.5
"""An event takes part from this share on that the other rater labelled, too."""
_SAME_S: Final = 1e-6


def joined(said: Iterable[Said]) -> tuple[Said, ...]:
    """Labels that touch and say the same as one; `said` is in order."""
    found: list[Said] = []
    for each in said:
        if found and found[-1].emotion == each.emotion and each.start_s - found[-1].end_s <= _SAME_S:
            found[-1] = replace(found[-1], end_s=each.end_s)
        else:
            found.append(each)
    return tuple(found)


def event_table(first: Sequence[Said], second: Sequence[Said], tolerance_s: float) -> tuple[np.ndarray, int, int]:
    """Matched events of one target: the table of `EventAgreement`, and how many events of each are alone."""
    events = [joined(one for one in said if one.emotion is not None) for said in (first, second)]
    kept = [_met(events[0], events[1]), _met(events[1], events[0])]
    links = _links(kept[0], kept[1], tolerance_s)
    table = np.zeros((COUNT + 1, COUNT + 1), np.int64)
    for row, column in links:
        table[_place(kept[0][row]), _place(kept[1][column])] += 1
    for row in set(range(len(kept[0]))) - {row for row, _ in links}:
        table[_place(kept[0][row]), COUNT] += 1
    for column in set(range(len(kept[1]))) - {column for _, column in links}:
        table[COUNT, _place(kept[1][column])] += 1
    return table, len(events[0]) - len(kept[0]), len(events[1]) - len(kept[1])


def _met(events: Sequence[Said], others: Sequence[Said]) -> tuple[Said, ...]:
    """The events about which the other rater said something."""
    start_s = np.array([one.start_s for one in events])
    end_s = np.array([one.end_s for one in events])
    labelled = [(one.start_s, one.end_s) for one in others]
    enough = covered_s(labelled, start_s, end_s) >= COVERED_SHARE * (end_s - start_s) - _SAME_S
    return tuple(one for one, met in zip(events, enough, strict=True) if met)


def _links(first: Sequence[Said], second: Sequence[Said], tolerance_s: float) -> list[tuple[int, int]]:
    """The pairs, those that overlap most before the others."""
    possible, begin = [], 0
    for row, one in enumerate(first):
        while begin < len(second) and second[begin].end_s < one.start_s - tolerance_s:
            begin += 1
        for column in range(begin, len(second)):
            other = second[column]
            if other.start_s > one.end_s + tolerance_s:
                break
            overlap_s = min(one.end_s, other.end_s) - max(one.start_s, other.start_s)
            if _same_event(one, other, overlap_s, tolerance_s):
                possible.append((-overlap_s, row, column))
    found, rows, columns = [], set(), set()
    for _, row, column in sorted(possible):
        if row not in rows and column not in columns:
            found.append((row, column))
            rows.add(row)
            columns.add(column)
    return found


def _same_event(one: Said, other: Said, overlap_s: float, tolerance_s: float) -> bool:
    longer_s = max(one.end_s - one.start_s, other.end_s - other.start_s)
    apart_s = max(abs(one.start_s - other.start_s), abs(one.end_s - other.end_s))
    return overlap_s >= OVERLAP_SHARE * longer_s - _SAME_S or apart_s <= tolerance_s + _SAME_S


def _place(said: Said) -> int:
    assert said.emotion is not None  # events are what says one of the seven
    return INDEX[said.emotion]
