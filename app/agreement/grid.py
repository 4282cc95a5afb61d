"""What raters say, on a grid of `GRID_S`: a step has the label that holds at its middle."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from app.agreement.values import GRID_S, Said
from engine.emotions import COUNT, INDEX
from engine.values import Ints

UNSURE: Final = -1
NOTHING: Final = -2
"""Beside the emotions 0 to 6: looked and could not say; did not say anything."""


def codes(said: Sequence[Sequence[Said]]) -> Ints:
    """(R, N) what each of R raters says about one target in each step, from the first label to the last."""
    ends = [(one.start_s, one.end_s) for each in said for one in each]
    if not ends:
        return np.zeros((len(said), 0), np.int64)
    first = int(min(start_s for start_s, _ in ends) / GRID_S)
    last = int(np.ceil(max(end_s for _, end_s in ends) / GRID_S))
    middle_s = (np.arange(first, last) + 0.5) * GRID_S
    return np.stack([_codes(each, middle_s) for each in said])


def confusion(first: Ints, second: Ints) -> Ints:
    """(7, 7) steps to which both gave one of the seven."""
    both = (first >= 0) & (second >= 0)
    counts: Ints = np.bincount(first[both] * COUNT + second[both], minlength=COUNT * COUNT)
    return counts.reshape(COUNT, COUNT)


def alone(given: Ints) -> Ints:
    """(2,) steps to which one of two raters (2, N) gave one of the seven, and about which the other said nothing."""
    return np.asarray(((given >= 0) & (given[::-1] == NOTHING)).sum(1))


def unsure(given: Ints) -> Ints:
    """(2,) steps of which one of two raters (2, N) was unsure, and about which the other said something, too."""
    return np.asarray(((given == UNSURE) & (given[::-1] != NOTHING)).sum(1))


def answers(given: Ints) -> Ints:
    """(N, 7) how many of the raters (R, N) gave each emotion to each step."""
    return np.stack([(given == place).sum(0) for place in range(COUNT)], axis=1)


def _codes(said: Sequence[Said], middle_s: np.ndarray) -> Ints:
    if not said:
        return np.full(len(middle_s), NOTHING, np.int64)
    start_s = np.array([one.start_s for one in said])
    end_s = np.array([one.end_s for one in said])
    label = np.array([UNSURE if one.emotion is None else INDEX[one.emotion] for one in said], np.int64)
    at = np.searchsorted(start_s, middle_s, side="right") - 1
    return np.where((at >= 0) & (middle_s < end_s[at]), label[at], NOTHING)
