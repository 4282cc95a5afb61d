"""Before and after: on what was held out, with paired intervals, and what is called worse."""

from dataclasses import replace

import numpy as np
import pytest

from engine.bundle import Bundle
from engine.emotions import COUNT
from tests.unit.trainer.finetune.conftest import QUICK, MakeExample
from trainer.finetune.calibrating import Judged, probabilities
from trainer.finetune.estimate import Held, chosen_logits, compared, crossed, few, scored, unanswered, worse_of
from trainer.finetune.examples import Example, Taught, taught
from trainer.finetune.progress import Pace
from trainer.finetune.splits import Split, split
from trainer.finetune.values import Change, Comparison, FinetuneStep, Scored
from trainer.practice import Practice


def logits_of(said: np.ndarray, sure: float = 3.0) -> np.ndarray:
    return sure * np.eye(COUNT)[said]


def judged(right_before: float, right_after: float, count: int = 400) -> Judged:
    """Answers of which a share is right; the same ones are right after, and some more or fewer."""
    truth = np.arange(count) % COUNT
    place = np.random.default_rng(0).permutation(count) / count
    sides = [logits_of(np.where(place < share, truth, (truth + 1) % COUNT)) for share in (right_before, right_after)]
    return Judged(sides[0], sides[1], truth)


def figures(before: float, after: float, count: int = 400, groups: int = 40) -> Scored:
    made = judged(before, after, count)
    chances = probabilities(made.before, 1.0), probabilities(made.after, 1.0)
    return scored("guard", made, chances, np.arange(count) % groups, "somehow")


def test_figures_before_and_after() -> None:
    made = figures(0.5, 0.75)
    assert (made.name, made.count, made.how) == ("guard", 400, "somehow")
    assert (made.accuracy.before, made.accuracy.after) == (0.5, 0.75)
    assert made.accuracy.difference == 0.25
    assert made.accuracy.low < 0.25 < made.accuracy.high
    assert made.accuracy.low > 0.15
    assert made.confusion_before.sum() == made.confusion_after.sum() == 400
    assert np.trace(made.confusion_after) == 300
    assert made.recall_after == pytest.approx(np.diag(made.confusion_after) / made.confusion_after.sum(1))
    assert made.uar.after == pytest.approx(made.recall_after.mean())
    assert made.calibration.before == pytest.approx(abs(0.5 - probabilities(logits_of(np.array([0])), 1.0).max()))


def test_what_is_as_hard_for_both_cancels_out() -> None:
    same = figures(0.5, 0.5)
    assert (same.accuracy.low, same.accuracy.high) == (0, 0)


def test_a_single_group_leaves_no_interval() -> None:
    alone = figures(0.5, 0.75, groups=1)
    assert np.isnan(alone.accuracy.low)
    assert alone.accuracy.difference == 0.25


def test_a_drop_that_is_more_than_chance_is_worse() -> None:
    (reason,) = [text for text in worse_of(None, figures(0.8, 0.7)) if "right" in text]
    assert "10.0 points less often (80.0 % before, 70.0 % after)" in reason


def test_a_gain_or_a_drop_under_a_point_is_not_worse() -> None:
    assert not [text for text in worse_of(None, figures(0.7, 0.8)) if "less often" in text]
    assert not [text for text in worse_of(None, figures(0.8, 0.795)) if "less often" in text]


def test_a_drop_that_may_be_chance_is_not_worse() -> None:
    drop = replace(figures(0.5, 0.5), accuracy=Change(0.5, 0.47, -0.08, 0.01), calibration=Change(0.1, 0.1, 0, 0))
    assert worse_of(None, drop) == []
    assert len(worse_of(None, replace(drop, accuracy=Change(0.5, 0.47, -0.05, -0.001)))) == 1
    unknown = replace(drop, accuracy=Change(0.5, 0.47, float("nan"), float("nan")))
    assert len(worse_of(None, unknown)) == 1


def test_a_growing_calibration_error_is_worse() -> None:
    calm = replace(figures(0.5, 0.5), calibration=Change(0.05, 0.05, 0.0, 0.0))
    grown = replace(calm, calibration=Change(0.05, 0.09, 0.02, 0.06))
    assert worse_of(calm, calm) == []
    assert [
        "on the guard set: calibration error 0.05 before, 0.09 after" in text for text in worse_of(calm, grown)
    ] == [True]
    assert ["on the corrections" in text for text in worse_of(grown, calm)] == [True]


def held(best: int) -> tuple[Held, np.ndarray]:
    """Two folds of 7 corrections, right at one of the checkpoints 1 to 3 only; fold 1 is right at the last."""
    truth = np.tile(np.arange(COUNT), 2)
    wrong = logits_of((truth + 1) % COUNT, 0.5)
    logits = np.stack([wrong] * 4)
    logits[best, :COUNT] = logits_of(truth[:COUNT], 5.0)
    logits[3, COUNT:] = logits_of(truth[COUNT:], 1.0)
    fair = np.ones(14, np.bool_)
    return Held(np.arange(14), logits, np.arange(4) * 20, np.repeat([0, 1], COUNT), fair), truth


def test_the_other_folds_choose_when_to_stop() -> None:
    made, truth = held(best=1)
    assert made.best_step(truth, without_fold=1) == 1
    assert made.best_step(truth, without_fold=0) == 3
    after = chosen_logits(made, truth)
    assert (after[:COUNT] == made.logits[3, :COUNT]).all()
    assert (after[COUNT:] == made.logits[1, COUNT:]).all()


def test_what_may_not_judge_chooses_nothing() -> None:
    made, truth = held(best=1)
    assert replace(made, fair=made.fold == 0).best_step(truth) == 1
    assert replace(made, fair=made.fold == 1).best_step(truth) == 3
    assert replace(made, fair=np.zeros(14, np.bool_)).best_step(truth) in (1, 3)  # nothing else is there


def test_the_parent_itself_is_never_chosen() -> None:
    made, truth = held(best=1)
    best_at_start = replace(made, logits=made.logits[::-1].copy())
    assert best_at_start.best_step(truth) > 0


def ran(bundle: Bundle, lessons: Taught, parts: Split, practice: Practice) -> tuple[Held, list[FinetuneStep]]:
    steps = []
    work = crossed(bundle, lessons, parts, practice.replay, QUICK, Pace(QUICK.steps * 3), lambda: False)
    while True:
        try:
            steps.append(next(work))
        except StopIteration as end:
            return end.value, steps


def test_held_corrections_are_answered_by_models_that_did_not_see_them(
    parent: Bundle, examples: list[Example], practice: Practice
) -> None:
    lessons = taught(examples)
    parts = split([item.lesson for item in examples], 3, 5.0, 1)
    assert parts is not None
    made, steps = ran(parent, lessons, parts, practice)
    truth = lessons.sets.emotion[made.index]
    assert sorted(made.index.tolist()) == list(range(len(examples)))
    assert made.steps.tolist() == [0, 20, 40]
    right = (made.logits.argmax(2) == truth).mean(1)
    assert right[0] < 0.3  # the parent, at the first checkpoint
    assert right[-1] > 0.7
    assert [step.done for step in steps][-1] == 3 * QUICK.steps
    assert {step.stage for step in steps} == {"estimate"}


def test_too_few_to_train_on_are_answered_by_the_parent(
    parent: Bundle, example: MakeExample, practice: Practice
) -> None:
    lessons = taught([example(n, n) for n in range(4)])
    parts = Split(((np.array([0, 1]), np.array([2, 3])), (np.array([2, 3]), np.array([0, 1]))), np.zeros(4, int), "")
    made, steps = ran(parent, lessons, parts, practice)
    assert steps == []
    assert len(made.logits) == 1
    assert (chosen_logits(made, lessons.sets.emotion[made.index]) == made.logits[0]).all()


def test_a_part_of_the_lessons_moves_what_all_of_them_move(
    parent: Bundle, example: MakeExample, practice: Practice
) -> None:
    """Of 12 lessons each fold trains on 8, and 10 are needed: the estimate is of the procedure whose result is kept."""
    some = [example(n, n % COUNT, media=f"film-{n % 3}") for n in range(12)]
    lessons = taught(some)
    parts = split([item.lesson for item in some], 3, 5.0, 1)
    assert parts is not None
    assert {len(train) for train, _ in parts.folds} == {8}
    made, _ = ran(parent, lessons, parts, practice)
    right = (made.logits.argmax(2) == lessons.sets.emotion[made.index]).mean(1)
    assert right[-1] > right[0] + 0.4  # biases alone bring next to nothing here


def test_few_or_uniform_corrections_move_biases_only(example: MakeExample) -> None:
    assert few(taught([example(n, n % 7) for n in range(9)]), QUICK)
    assert not few(taught([example(n, n % 7) for n in range(10)]), QUICK)
    assert few(taught([example(n, 3) for n in range(12)]), QUICK)


def test_a_comparison_names_what_is_worse(practice: Practice) -> None:
    count = len(practice.guard)
    truth = practice.guard.emotion
    right, wrong = logits_of(truth), logits_of(np.where(np.arange(count) % 3, truth, (truth + 1) % COUNT))
    corrections = judged(0.4, 0.8, 60)
    fold, cluster = np.arange(60) % 3, np.arange(60) % 6
    made, (before, after) = compared(corrections, fold, cluster, "over 6", Judged(right, wrong, truth), practice)
    assert isinstance(made, Comparison)
    assert made.corrections is not None
    assert made.guard is not None
    assert made.corrections.accuracy.difference == pytest.approx(0.4)
    assert made.guard.accuracy.after == pytest.approx(2 / 3, abs=0.02)
    assert any("less often" in text for text in made.worse)
    assert before < after  # it is wrong more often, and must be less sure


def test_a_comparison_of_nothing(practice: Practice) -> None:
    none = np.zeros(0, np.int64)
    made, moved = compared(unanswered(), none, none, "", None, None)
    assert made == Comparison(None, None)
    assert moved == (1.0, 1.0)
