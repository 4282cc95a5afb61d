"""Temperatures that move as far as the answers' own do."""

import numpy as np
import pytest
import torch

from engine.bundle import Bundle, Calibration
from engine.emotions import COUNT
from trainer.finetune.calibrating import FURTHEST, Judged, probabilities, recalibrated, temperatures
from trainer.finetune.fit import Heads
from trainer.metrics import fit_temperature
from trainer.practice import Practice


def judged(sharper: float = 1.0, count: int = 400, seed: int = 0) -> Judged:
    """Answers that are honest before, and `sharper` times as sure of themselves after."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (count, 7))
    chance = probabilities(logits, 1.0)
    truth = (chance.cumsum(1) > rng.random((count, 1))).argmax(1)
    return Judged(logits, sharper * logits, truth)


def test_answers_twice_as_sure_want_twice_the_temperature() -> None:
    before, after = temperatures(judged(2.0, seed=1), judged(2.0))
    assert before == pytest.approx(1, abs=0.15)
    assert after / before == pytest.approx(2, abs=0.2)


def test_corrections_count_as_much_as_a_guard_set_ten_times_as_large() -> None:
    guard, corrections = judged(1.0, 4000), judged(3.0, 400, seed=1)
    after = temperatures(corrections, guard)[1]
    assert fit_temperature(guard.after, guard.truth) * 1.3 < after
    assert after < fit_temperature(corrections.after, corrections.truth) / 1.1


def test_a_few_corrections_hardly_move_a_temperature() -> None:
    guard, hard = judged(1.0, 4000), judged(5.0, 400, seed=1)
    alone = temperatures(hard, None)[1]
    few = Judged(hard.before[:10], hard.after[:10], hard.truth[:10])
    known = fit_temperature(guard.after, guard.truth)
    ten, many = temperatures(few, guard)[1], temperatures(hard, guard)[1]
    assert known < ten < many < alone
    assert ten - known < 0.3 * (many - known)


def test_without_a_guard_set_the_corrections_decide() -> None:
    mine = judged(2.0)
    before, after = temperatures(mine, None)
    assert before == fit_temperature(mine.before, mine.truth)
    assert after == pytest.approx(fit_temperature(mine.after, mine.truth))


def test_with_nothing_held_out_nothing_moves() -> None:
    nothing = judged(count=0)
    assert temperatures(nothing, None) == (1.0, 1.0)


def test_a_temperature_moves_no_further_than_it_may() -> None:
    before, after = temperatures(judged(50.0), None)
    assert after == pytest.approx(FURTHEST * before)


def test_probabilities_take_one_temperature_or_one_each() -> None:
    logits = np.array([[2.0, 0, 0, 0, 0, 0, 0]] * 2)
    same, each = probabilities(logits, 2.0), probabilities(logits, np.array([2.0, 1.0]))
    assert same.sum(1) == pytest.approx(1)
    assert each[0] == pytest.approx(same[0])
    assert each[1, 0] > same[1, 0]


def test_only_what_was_taught_is_recalibrated(parent: Bundle, practice: Practice) -> None:
    given = Calibration(frame=0.6, slice=0.7, audio=1.2, fused=1.5, posterior=2.3, uncertain_below=0.44)
    old, new = Heads(parent), Heads(parent)
    noisy = 0.2 * torch.eye(COUNT, 256) + 0.1 * torch.randn(COUNT, 256, generator=torch.Generator().manual_seed(1))
    for factor, heads in ((1.0, old), (2.0, new)):
        classifier = heads.classifiers["frame"][1]  # type: ignore[index]
        classifier.weight.data = factor * noisy
        classifier.bias.data.zero_()
    moved = recalibrated(given, 1.0, 1.5, old, new, practice.guard, {"frame"})
    assert moved.fused == pytest.approx(1.5 * 1.5)
    assert moved.frame == pytest.approx(1.2, rel=0.02)
    assert (moved.slice, moved.audio) == (0.7, 1.2)
    assert (moved.posterior, moved.uncertain_below) == (2.3, 0.44)
    assert recalibrated(given, 1.0, 1.0, old, new, None, {"frame"}) == given
