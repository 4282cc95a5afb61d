"""The intervals about which raters differ, to be walked through and settled."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from app.agreement.events import joined
from app.agreement.values import BLANK, GRID_S, Disagreement, Rater, Said, Target


def disagreements(
    raters: Sequence[Rater], targets: Sequence[Target], consensus: Rater | None = None, least_s: float = GRID_S
) -> tuple[Disagreement, ...]:
    """Where at least two of the seven were said of one moment, in the order of `targets` and of time.

    An interval is as long as all raters stay with what they say. What is shorter than `least_s` is left out: there only
    a border lies elsewhere.
    """
    return tuple(
        _with_consensus(found, consensus)
        for target in targets
        for found in _of_target(target, [joined(rater.said.get(target, ())) for rater in raters])
        if found.end_s - found.start_s >= least_s
    )


def _of_target(target: Target, said: Sequence[Sequence[Said]]) -> Iterator[Disagreement]:
    edges_s = sorted({edge_s for each in said for one in each for edge_s in (one.start_s, one.end_s)})
    at = [0] * len(said)
    open_one: Disagreement | None = None
    for start_s, end_s in pairwise(edges_s):
        answers = []
        for rater, each in enumerate(said):
            while at[rater] < len(each) and each[at[rater]].end_s <= start_s:
                at[rater] += 1
            here = at[rater] < len(each) and each[at[rater]].start_s <= start_s
            answers.append(each[at[rater]].emotion if here else BLANK)
        if open_one is not None and open_one.said == tuple(answers) and open_one.end_s == start_s:
            open_one = replace(open_one, end_s=end_s)
            continue
        if open_one is not None:
            yield open_one
        differ = len({answer for answer in answers if answer}) > 1
        open_one = Disagreement(*target, start_s, end_s, tuple(answers)) if differ else None
    if open_one is not None:
        yield open_one


def _with_consensus(found: Disagreement, consensus: Rater | None) -> Disagreement:
    """What the consensus coder said about at least half of it."""
    if consensus is None:
        return found
    for one in consensus.said.get((found.media_id, found.person), ()):
        if 2 * (min(one.end_s, found.end_s) - max(one.start_s, found.start_s)) >= found.end_s - found.start_s:
            return replace(found, consensus=one.emotion)
    return found
