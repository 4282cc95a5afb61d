"""What a fine-tuning brings: before and after, on corrections it did not see and on the guard set."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.bundle import Bundle
from engine.emotions import COUNT
from engine.values import F64, Bools, Ints
from trainer import metrics
from trainer.finetune.calibrating import Judged, probabilities, temperatures
from trainer.finetune.examples import Taught
from trainer.finetune.fit import Cancelled, Heads, answers, fit
from trainer.finetune.progress import Pace
from trainer.finetune.splits import Split
from trainer.finetune.values import Change, Comparison, FinetuneStep, Options, Scored
from trainer.intervals import group_count, percentiles, resampled
from trainer.practice import FeatureSets, Practice

POINT: Final = 0.01
"""A drop of the guard set's accuracy, or a growth of a calibration error, from which a revision is called worse."""


@dataclass(frozen=True, slots=True)
class Held:
    """Answers to corrections by models that did not see them.

    `index` (N,) of the corrections, `logits` (C, N, 7) at each checkpoint, `steps` (C,) of those, `fold` (N,).
    """

    index: Ints
    logits: F64
    steps: Ints
    fold: Ints
    fair: Bools
    """(N,) those that may judge: by the others nothing is chosen either, where there are any."""

    def best_step(self, truth: Ints, without_fold: int | None = None) -> int:
        """The checkpoint (not its number of steps) at which the held answers are likeliest, at their best temperature.

        Args:
            truth: (N,) of the held corrections.
            without_fold: whose answers do not choose, so that they can be judged at what the others chose.
        """
        if len(self.steps) == 1:  # too few lessons: no fold trained
            return 0
        used = self.fair if self.fair.any() else np.ones(len(self.fold), np.bool_)
        if without_fold is not None:
            used = used & (self.fold != without_fold)
        if not used.any():
            return len(self.steps) - 1
        losses = []
        for logits in self.logits[1:, used]:
            temperature = metrics.fit_temperature(logits, truth[used])
            losses.append(metrics.log_loss(truth[used], probabilities(logits, temperature)))
        return 1 + int(np.argmin(losses))


def crossed(
    bundle: Bundle, lessons: Taught, split: Split, replay: FeatureSets | None, options: Options, pace: Pace,
    cancelled: Cancelled,
) -> Generator[FinetuneStep, None, Held]:  # fmt: skip
    """Train once a fold without what it holds, and answer that."""
    index, logits, fold = [], [], []
    biases_only = few(lessons, options)  # as what is kept learns, also where a part of the lessons would be too few
    for number, (train, held) in enumerate(split.folds):
        heads = Heads(bundle)
        held_sets = lessons.sets.chosen(held)
        seen: list[F64] = []
        if len(train) >= options.least:
            mine = lessons.chosen(train)
            for point in fit(heads, mine, replay, options, options.steps, biases_only, cancelled):
                seen.append(answers(heads, held_sets))
                yield pace.step("estimate", f"without part {number + 1} of {len(split.folds)}", point)
        index.append(held)
        logits.append(seen or [answers(heads, held_sets)])
        fold.append(np.full(len(held), number))
    checkpoints = max(len(seen) for seen in logits)
    full = [np.stack(seen + [seen[-1]] * (checkpoints - len(seen))) for seen in logits]
    steps = np.minimum(np.arange(checkpoints) * options.check_every, options.steps)
    held_index = np.concatenate(index)
    return Held(held_index, np.concatenate(full, axis=1), steps, np.concatenate(fold), lessons.scores[held_index])


def few(lessons: Taught, options: Options) -> bool:
    """Whether lessons move biases only: they are few, or all say the same."""
    return len(lessons) < options.least_whole or len(set(lessons.sets.emotion.tolist())) < 2


def chosen_logits(held: Held, truth: Ints) -> F64:
    """(N, 7) of the held corrections, each fold at the checkpoint that the other folds chose."""
    after = np.empty(held.logits.shape[1:])
    for number in np.unique(held.fold):
        mine = held.fold == number
        after[mine] = held.logits[held.best_step(truth, int(number)), mine]
    return after


def scored(name: str, judged: Judged, chances: tuple[F64, F64], cluster: Ints, how: str) -> Scored:
    """Figures before and after with the paired intervals of their differences, by drawing clusters.

    Args:
        chances: probabilities (N, 7) before and after, for the calibration error.
    """
    truth = judged.truth
    answers_of = [side.argmax(1) for side in (judged.before, judged.after)]

    def figures(weights: F64 | None) -> F64:
        sides = [
            (
                metrics.accuracy(truth, said, weights), metrics.uar(truth, said, weights),
                metrics.calibration_error(truth, chance, weights),
            )
            for said, chance in zip(answers_of, chances, strict=True)
        ]  # fmt: skip
        return np.array(sides)

    before, after = figures(None)
    drawn = resampled(lambda weights: np.subtract(*figures(weights)[::-1]), cluster)
    low, high = percentiles(drawn, group_count(cluster))
    right, uar, error = (Change(*map(float, values)) for values in zip(before, after, low, high, strict=True))
    recall = [metrics.recalls(truth, said) for said in answers_of]
    table = [metrics.confusion(truth, said) for said in answers_of]
    return Scored(name, len(truth), right, uar, error, recall[0], recall[1], table[0], table[1], how)


def compared(
    corrections: Judged, fold: Ints, cluster: Ints, how: str, guard: Judged | None, practice: Practice | None
) -> tuple[Comparison, tuple[float, float]]:
    """Before and after on both, what is worse, and the temperatures of single windows before and after.

    The probabilities of a held correction are at a temperature that the other folds and the guard set chose.
    """
    before, after = temperatures(corrections, guard)
    own = np.tile([before, after], (len(corrections.truth), 1))
    for number in np.unique(fold):
        others = fold != number
        rest = Judged(corrections.before[others], corrections.after[others], corrections.truth[others])
        if len(rest.truth) or guard is not None:
            own[fold == number] = temperatures(rest, guard)
    on_corrections = on_guard = None
    if len(corrections.truth):
        chances = probabilities(corrections.before, own[:, 0]), probabilities(corrections.after, own[:, 1])
        on_corrections = scored("corrections", corrections, chances, cluster, how)
    if guard is not None and practice is not None:
        chances = probabilities(guard.before, before), probabilities(guard.after, after)
        on_guard = scored("guard", guard, chances, practice.guard.group, "windows that trained nothing")
    worse = tuple(worse_of(on_corrections, on_guard))
    return Comparison(on_corrections, on_guard, worse), (before, after)


def worse_of(corrections: Scored | None, guard: Scored | None) -> list[str]:
    """Reasons not to keep a revision by itself: what got worse by more than a point, and not by chance."""
    found = []
    if guard is not None and certain(guard.accuracy, -1):
        found.append(
            f"on the guard set it is right {_points(guard.accuracy)} points less often "
            f"({100 * guard.accuracy.before:.1f} % before, {100 * guard.accuracy.after:.1f} % after)"
        )
    for side, where in ((guard, "on the guard set"), (corrections, "on the corrections")):
        if side is not None and certain(side.calibration, 1):
            found.append(
                f"its probabilities are further from how often it is right {where}: "
                f"calibration error {side.calibration.before:.2f} before, {side.calibration.after:.2f} after"
            )
    return found


def certain(change: Change, sign: int) -> bool:
    """Whether a figure moved by more than a point in a direction, and its paired interval leaves out 0."""
    moved = sign * change.difference > POINT
    edge = change.low if sign > 0 else change.high
    return moved and (np.isnan(edge) or sign * edge > 0)


def _points(change: Change) -> str:
    return f"{abs(100 * change.difference):.1f}"


def unanswered() -> Judged:
    """Nothing was held out."""
    none = np.zeros((0, COUNT))
    return Judged(none, none, np.zeros(0, np.int64))
