"""How far raters agree: in time on a grid, in matched events, and, of more than two, all at once."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from app.agreement import grid
from app.agreement.coefficients import agreement, alpha, coincidences, event_kappa, kappa
from app.agreement.disagreements import disagreements
from app.agreement.events import event_table
from app.agreement.tables import Tables, tables_of
from app.agreement.values import (
    GRID_S,
    TOLERANCE_S,
    Agreement,
    EmotionAgreement,
    EventAgreement,
    GroupAgreement,
    PairAgreement,
    Rater,
    Target,
)
from engine.emotions import COUNT, EMOTIONS
from engine.values import F64, Ints

Codes = Mapping[Target, Ints]
"""What all raters say about each target, (R, N) on the grid."""


def compare(
    raters: Sequence[Rater],
    media: Sequence[str],
    tolerance_s: float = TOLERANCE_S,
    consensus: Rater | None = None,
    seed: int = 0,
) -> Agreement:
    """Everything about at least two raters, over the people of videos about whom at least two said something.

    Args:
        media: ids of the videos, in the order in which disagreements are listed; others are left out.
        tolerance_s: see `app.agreement.events`.
        consensus: who settled what the raters disagree about.
        seed: of the bootstrap.

    Raises:
        ValueError: there are fewer than two raters.
    """
    if len(raters) < 2:
        raise ValueError("agreement takes at least two raters")
    order = {media_id: place for place, media_id in enumerate(media)}
    said_of = Counter(target for rater in raters for target in rater.said if target[0] in order)
    shared = (target for target, count in said_of.items() if count > 1)
    targets = sorted(shared, key=lambda target: (order[target[0]], target[1] or ""))
    codes = {target: grid.codes([rater.said.get(target, ()) for rater in raters]) for target in targets}
    return Agreement(
        raters=tuple(rater.name for rater in raters),
        pairs=tuple(
            _pair((raters[one], raters[other]), {target: given[[one, other]] for target, given in codes.items()},
                  tolerance_s, seed)
            for one, other in combinations(range(len(raters)), 2)
        ),
        group=_group(codes, seed) if len(raters) > 2 else None,
        disagreements=disagreements(raters, targets, consensus, max(tolerance_s, GRID_S)),
    )  # fmt: skip


def _pair(raters: tuple[Rater, Rater], codes: Codes, tolerance_s: float, seed: int) -> PairAgreement:
    steps: dict[str, Ints] = defaultdict(lambda: np.zeros((COUNT, COUNT), np.int64))
    alone_s, unsure_s = np.zeros(2), np.zeros(2)
    for (media_id, _), given in codes.items():
        steps[media_id] += grid.confusion(*given)
        alone_s += grid.alone(given) * GRID_S
        unsure_s += grid.unsure(given) * GRID_S
    time = tables_of(steps, COUNT, seed)
    events, matched = _events(raters, codes, tolerance_s, seed)
    share = time.whole / max(time.whole.sum(), 1.0)
    return PairAgreement(
        raters=(raters[0].name, raters[1].name),
        videos=time.videos,
        joint_s=float(time.whole.sum()) * GRID_S,
        alone_s=(float(alone_s[0]), float(alone_s[1])),
        unsure_s=(float(unsure_s[0]), float(unsure_s[1])),
        confusion_s=time.whole * GRID_S,
        kappa=time.estimate(kappa),
        agreement=time.estimate(agreement),
        emotions=tuple(
            EmotionAgreement(
                emotion=emotion,
                kappa=time.estimate(kappa, place),
                agreement=time.estimate(agreement, place),
                prevalence=(float(share[place].sum()), float(share[:, place].sum())),
                event_kappa=events.estimate(kappa, place),
            )
            for place, emotion in enumerate(EMOTIONS)
        ),
        events=matched,
    )


def _events(raters: tuple[Rater, Rater], codes: Codes, tolerance_s: float, seed: int) -> tuple[Tables, EventAgreement]:
    """The matched events of two raters by video, and what they say."""
    counts: dict[str, Ints] = defaultdict(lambda: np.zeros((COUNT + 1, COUNT + 1), np.int64))
    alone = np.zeros(2, np.int64)
    for target in codes:
        first, second = (rater.said.get(target, ()) for rater in raters)
        table, *of_one = event_table(first, second, tolerance_s)
        counts[target[0]] += table
        alone += of_one
    events = tables_of(counts, COUNT + 1, seed)
    matched = EventAgreement(
        tolerance_s=tolerance_s,
        kappa=events.estimate(event_kappa),
        agreement=events.estimate(agreement),
        table=events.whole.astype(np.int64),
        alone=(int(alone[0]), int(alone[1])),
    )
    return events, matched


def _group(codes: Codes, seed: int) -> GroupAgreement:
    counts: dict[str, F64] = defaultdict(lambda: np.zeros((COUNT, COUNT)))
    joint_steps = 0
    for (media_id, _), given in codes.items():
        answers = grid.answers(given)
        joint_steps += int((answers.sum(1) >= 2).sum())
        counts[media_id] += coincidences(answers)
    together = tables_of(counts, COUNT, seed)
    emotions = tuple(together.estimate(alpha, place) for place in range(COUNT))
    return GroupAgreement(joint_steps * GRID_S, together.estimate(alpha), emotions)
