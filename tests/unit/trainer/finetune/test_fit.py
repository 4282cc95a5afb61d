"""The loop: what it learns, what it leaves, and that it does so again."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.bundle import Bundle
from engine.emotions import COUNT
from engine.errors import CancelledError
from engine.model import padded_sets
from tests.unit.trainer.finetune.conftest import QUICK, MakeExample
from trainer.finetune.examples import Taught, taught
from trainer.finetune.fit import Bank, Checkpoint, Heads, answers, branch_logits, fit
from trainer.finetune.values import Options
from trainer.practice import FeatureSets, Practice


def trained(
    bundle: Bundle, lessons: Taught, replay: FeatureSets | None, options: Options = QUICK, biases_only: bool = False
) -> tuple[Heads, list[Checkpoint]]:
    heads = Heads(bundle)
    return heads, list(fit(heads, lessons, replay, options, options.steps, biases_only))


def changed(bundle: Bundle, heads: Heads) -> set[str]:
    """Names of the parameters that moved."""
    before = dict(Heads(bundle).named_parameters())
    return {name for name, value in heads.named_parameters() if not torch.equal(value, before[name])}


def accuracy(heads: Heads, sets: FeatureSets) -> float:
    return float((answers(heads, sets).argmax(1) == sets.emotion).mean())


def same(one: Heads, other: Heads) -> bool:
    pairs = zip(one.parameters(), other.parameters(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def test_corrections_are_learned_and_the_rest_is_kept(parent: Bundle, lessons: Taught, practice: Practice) -> None:
    before = Heads(parent)
    assert accuracy(before, practice.guard) > 0.9
    assert accuracy(before, lessons.sets) < 0.3
    heads, points = trained(parent, lessons, practice.replay)
    assert accuracy(heads, lessons.sets) > 0.9
    assert accuracy(heads, practice.guard) > 0.9
    assert [point.step for point in points] == [0, 20, 40]
    assert points[2].loss < points[1].loss


def test_a_bundle_is_not_touched(parent: Bundle, lessons: Taught, practice: Practice) -> None:
    before = [value.clone() for value in parent.fusion.parameters()]
    trained(parent, lessons, practice.replay, replace(QUICK, steps=2))
    assert all(torch.equal(a, b) for a, b in zip(before, parent.fusion.parameters(), strict=True))
    assert not any(value.requires_grad for value in parent.fusion.parameters())


def test_the_same_seed_gives_the_same_weights_whatever_else_happens(
    parent: Bundle, lessons: Taught, practice: Practice
) -> None:
    options = replace(QUICK, steps=8, check_every=4)
    first, _ = trained(parent, lessons, practice.replay, options)
    second = Heads(parent)
    torch.set_num_threads(2)
    for _ in fit(second, lessons, practice.replay, options, options.steps, False):
        torch.rand(7)
    torch.set_num_threads(1)
    assert same(first, second)
    other, _ = trained(parent, lessons, practice.replay, replace(options, seed=2))
    assert not same(first, other)


def test_without_being_told_where_it_is_seen_no_classifier_learns(parent: Bundle, lessons: Taught) -> None:
    heads, _ = trained(parent, lessons, None, replace(QUICK, steps=3))
    assert changed(parent, heads) == {name for name, _ in heads.named_parameters() if name.startswith("fusion.")}


@pytest.mark.parametrize(("seen_in", "names"), [("face", {"frame", "slice"}), ("voice", {"audio"})])
def test_classifiers_learn_where_it_is_seen(
    parent: Bundle, example: MakeExample, practice: Practice, seen_in: str, names: set[str]
) -> None:
    lessons = taught([example(n, n % COUNT, seen_in) for n in range(14)])  # type: ignore[arg-type]
    heads, _ = trained(parent, lessons, practice.replay, replace(QUICK, learning_rate=0.02))
    assert {name.split(".")[1] for name in changed(parent, heads) if name.startswith("classifiers.")} == names
    for name in names:
        said = branch_logits(heads, name, lessons.sets).argmax(1)  # type: ignore[arg-type]
        assert (said == lessons.sets.row_target[name].argmax(1)).mean() > 0.8  # type: ignore[index]


def test_few_corrections_move_biases_alone(parent: Bundle, lessons: Taught, practice: Practice) -> None:
    few = lessons.chosen(np.arange(5))
    heads, _ = trained(parent, few, practice.replay, biases_only=True)
    assert changed(parent, heads) == {"fusion.out.bias"}


def test_one_class_by_its_bias_does_not_swallow_the_others(
    parent: Bundle, example: MakeExample, practice: Practice
) -> None:
    lessons = taught([example(n, 3) for n in range(6)])
    heads, _ = trained(parent, lessons, practice.replay, biases_only=True)
    before, after = (answers(side, practice.guard) for side in (Heads(parent), heads))
    assert heads.fusion.out.bias[3] > parent.fusion.out.bias[3]
    assert (before.argmax(1) == after.argmax(1)).mean() > 0.9


def test_the_anchor_holds(parent: Bundle, lessons: Taught, practice: Practice) -> None:
    def moved(anchor: float) -> float:
        heads, _ = trained(parent, lessons, practice.replay, replace(QUICK, anchor=anchor))
        pairs = zip(heads.parameters(), Heads(parent).parameters(), strict=True)
        return float(sum((a - b).detach().square().sum() for a, b in pairs))

    assert moved(100.0) < 0.5 * moved(0.0)


def test_it_stops_when_asked(parent: Bundle, lessons: Taught) -> None:
    answered = iter([False, False, True])
    with pytest.raises(CancelledError):
        list(fit(Heads(parent), lessons, None, QUICK, QUICK.steps, False, lambda: next(answered)))


def test_a_bank_gathers_what_the_sets_hold(lessons: Taught, practice: Practice) -> None:
    bank = Bank(lessons.sets, practice.guard)
    index = [3, len(lessons) + 11, 0]
    given = bank.batch(torch.tensor(index))
    expected = padded_sets([lessons.sets.set_of(3), practice.guard.set_of(11), lessons.sets.set_of(0)])
    for name in ("frame", "slice", "audio"):
        mask = getattr(expected, f"{name}_mask")
        assert torch.equal(getattr(given, f"{name}_mask"), mask)
        assert torch.equal(getattr(given, name)[mask], getattr(expected, name)[mask])
    assert bank.target[index[1]].argmax() == practice.guard.emotion[11]


def test_one_row_is_of_the_set_and_an_empty_set_has_none(practice: Practice) -> None:
    bank = Bank(practice.guard)
    index = torch.arange(len(bank))
    rows, target = bank.one_row("audio", index, torch.full((len(bank),), 0.999))
    for at in range(len(bank)):
        mine = practice.guard.set_of(at)[2]
        assert (len(mine) > 0) == bool(target[at].sum() > 0)
        assert not len(mine) or (rows[at].numpy() == mine[-1]).all()


def test_heads_inside_a_bundle_answer_there(parent: Bundle, lessons: Taught) -> None:
    heads, _ = trained(parent, lessons, None, replace(QUICK, steps=3))
    inside = heads.inside(parent)
    assert inside.fusion is heads.fusion
    assert inside.branches["frame"].classifier is heads.classifiers["frame"]
    assert parent.branches["frame"].classifier is not heads.classifiers["frame"]
    assert inside.branches["frame"].trunk is parent.branches["frame"].trunk


def test_replay_weighs_the_more_the_fewer_corrections_there_are() -> None:
    options = Options(corrections_a_step=10, replay_worth=100, replay_least=0.5, replay_most=0.8)
    assert [options.replay_a_step(count) for count in (3, 25, 50, 100, 900)] == [40, 40, 20, 10, 10]
