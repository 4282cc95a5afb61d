"""In which order segments are worth a look, by a reason, and the words for it.

Neighbours teach a model little: of several segments of one person whose middles lie within `APART_S`, the first comes
and the others wait until nothing else is left. The diverse order goes further: it is drawn one by one, the worthier the
likelier, and what is of a video, a person or a class that was chosen lately waits for others.
"""

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, Literal

import numpy as np

from app.project.values import Correction
from app.review_columns import Candidate, Columns
from engine.emotions import COUNT, EMOTIONS, INDEX
from engine.values import F64, Ints

Reason = Literal["least certain", "branches disagree", "rare class", "diverse"]
REASONS: Final[tuple[Reason, ...]] = ("least certain", "branches disagree", "rare class", "diverse")

APART_S: Final = 10.0
LONGEST: Final = 500
"""Places in the queue: more than anybody answers before it is made again."""
LATELY: Final = 20
"""Labels given last, which count as chosen when the next ones are to be different."""

Why = Callable[[int], str]
"""From a row to the words that say why it has its place."""
Middles = dict[int, list[float]]
"""By the number of a person, middles of what was labelled or chosen, in order."""


def chosen(
    columns: Columns, left: Ints, corrections: Sequence[Correction], reason: Reason, seed: int = 0
) -> tuple[Ints, Why]:
    """At most `LONGEST` rows of `left`, most worthwhile first, and the words that say why.

    Args:
        corrections: of all videos.
        seed: of the draws of the diverse order; in the others, equals keep their order.
    """
    labels = Counter(each.emotion for each in corrections if each.emotion is not None)
    seen = _middles(columns, corrections)
    if reason == "diverse":
        value, why = _worth(columns, left, labels)
        lately = sorted(corrections, key=lambda c: c.made_at)[-LATELY:]
        pick = lambda middles: _diverse(columns, left, value, lately, middles, seed)  # noqa: E731
    else:
        rows, why = _ordered(columns, left, labels, reason)
        pick = lambda middles: _apart(columns, rows, middles)  # noqa: E731
    found = list(islice(pick(seen), LONGEST)) or list(islice(pick({}), LONGEST))
    return np.array(found, np.int64), why


def _ordered(columns: Columns, left: Ints, labels: Counter[str], reason: Reason) -> tuple[Ints, Why]:
    match reason:
        case "branches disagree":
            split = left[columns.disagreement[left] > 0]
            split = split[np.argsort(-columns.disagreement[split], kind="stable")]
            return split, lambda row: _disagreement_text(columns.candidates[row])
        case "rare class":
            rank = _rarity_rank(columns, left, labels)[columns.emotion[left]]
            # Within a class the surest first: that is where a true example of it is found.
            rare = left[np.lexsort((-columns.confidence[left], rank))]
            return rare, lambda row: rarity_text(columns.candidates[row].emotion, labels)
        case _:
            unsure = left[np.argsort(columns.confidence[left], kind="stable")]
            return unsure, lambda row: _certainty_text(columns.candidates[row])


def _certainty_text(candidate: Candidate) -> str:
    return "uncertain" if candidate.uncertain else "fairly sure"


def _disagreement_text(candidate: Candidate) -> str:
    return f"disagree {candidate.disagreement or 0.0:.2f}"


def rarity_text(emotion: str, labels: Counter[str]) -> str:
    """How many labels there are of a class."""
    match labels[emotion]:
        case 0:
            return f"no {emotion} label yet"
        case 1:
            return f"1 {emotion} label"
        case count:
            return f"{count:,} {emotion} labels"


def _rarity_rank(columns: Columns, left: Ints, labels: Counter[str]) -> Ints:
    """(7,) place of each class, the one with the fewest labels first, then the one predicted least."""
    said = np.bincount(columns.emotion[left], minlength=COUNT)
    order = sorted(range(COUNT), key=lambda place: (labels[EMOTIONS[place]], said[place], EMOTIONS[place]))
    rank = np.empty(COUNT, np.int64)
    rank[order] = np.arange(COUNT)
    return rank


# One after the other


def _apart(columns: Columns, rows: Ints, seen: Middles) -> Iterator[int]:
    """Those whose middle is `APART_S` away from what was `seen` and from all that come before them."""
    taken = _copied(seen)
    for row, whose, middle_s in zip(rows.tolist(), columns.whose[rows].tolist(), columns.middle_s[rows].tolist(),
                                    strict=True):  # fmt: skip
        if _is_free(taken[whose], middle_s):
            insort(taken[whose], middle_s)
            yield row


def _worth(columns: Columns, left: Ints, labels: Counter[str]) -> tuple[F64, Why]:
    """(len(left),) how much each is worth by itself: the mean of its places by all three reasons, 0 to 1."""
    given = np.array([labels[emotion] for emotion in EMOTIONS])
    apart = np.nan_to_num(columns.disagreement[left])
    shares = np.stack([_place(-columns.confidence[left]), _place(apart), _place(-given[columns.emotion[left]])])
    foremost = np.zeros(len(columns), np.int64)
    foremost[left] = shares.argmax(0)
    texts = (_certainty_text, _disagreement_text, lambda c: rarity_text(c.emotion, labels))
    return shares.mean(0), lambda row: texts[foremost[row]](columns.candidates[row])


def _place(values: np.ndarray) -> F64:
    """Where each value stands among the different ones there are: 0 the least, 1 the greatest."""
    kinds, place = np.unique(values, return_inverse=True)
    share: F64 = place / max(len(kinds) - 1, 1)
    return share


def _diverse(
    columns: Columns, left: Ints, value: F64, lately: Iterable[Correction], seen: Middles, seed: int
) -> Iterator[int]:
    """The highest draw each time: worth times chance, divided by one more than what was chosen of the same video,
    person and class.

    Without chance the first thirty are all from the edge between two classes, and a model that learns from those alone
    can get worse. A row keeps its draw while others are answered. All of one person and class share the divisor, so
    only the first of each such group is ever looked at.
    """
    rng, taken = np.random.default_rng(seed), _copied(seen)
    value = value * rng.random(len(columns))[left]
    kinds, group = np.unique(columns.whose[left] * COUNT + columns.emotion[left], return_inverse=True)
    group = rng.permutation(len(kinds))[group]
    order = np.lexsort((rng.permutation(len(left)), -value, group))
    rows, worth = left[order], value[order]
    begin = np.searchsorted(group[order], np.arange(len(kinds)))
    end = np.append(begin[1:], len(rows))
    keys = [columns.media[rows[begin]], columns.whose[rows[begin]], columns.emotion[rows[begin]]]
    counts = _lately(columns, lately)
    first = np.array(worth[begin], np.float64)
    middle_s, whose = columns.middle_s[rows], columns.whose[rows]
    while len(first):
        share = first / (1 + sum(count[key] for count, key in zip(counts, keys, strict=True)))
        best = int(share.argmax())
        if share[best] < 0:
            return
        at = begin[best]
        while at < end[best] and not _is_free(taken[int(whose[at])], float(middle_s[at])):
            at += 1
        if at > begin[best]:  # neighbours of what was taken: another one is the first of its group now
            begin[best] = at
            first[best] = worth[at] if at < end[best] else -1.0
            continue
        insort(taken[int(whose[at])], float(middle_s[at]))
        for count, key in zip(counts, keys, strict=True):
            count[key[best]] += 1
        begin[best] = at + 1
        first[best] = worth[at + 1] if at + 1 < end[best] else -1.0
        yield int(rows[at])


def _lately(columns: Columns, corrections: Iterable[Correction]) -> tuple[Ints, ...]:
    """How many labels were given lately of each video, person and class."""
    counts = tuple(np.zeros(length, np.int64) for length in (len(columns.videos), len(columns.people), COUNT))
    for each in corrections:
        keys = (
            columns.videos.get(each.media_id),
            columns.people.get((each.media_id, each.person)),
            INDEX[each.emotion] if each.emotion is not None else None,
        )
        for count, key in zip(counts, keys, strict=True):
            if key is not None:
                count[key] += 1
    return counts


def _middles(columns: Columns, corrections: Iterable[Correction]) -> Middles:
    found: Middles = defaultdict(list)
    for each in corrections:
        number = columns.people.get((each.media_id, each.person))
        if number is not None:
            insort(found[number], (each.start_s + each.end_s) / 2)
    return found


def _copied(seen: Middles) -> defaultdict[int, list[float]]:
    return defaultdict(list, {whose: list(middles) for whose, middles in seen.items()})


def _is_free(middles: Sequence[float], middle_s: float) -> bool:
    at = bisect_left(middles, middle_s)
    return all(abs(other_s - middle_s) >= APART_S for other_s in middles[max(0, at - 1) : at + 1])
