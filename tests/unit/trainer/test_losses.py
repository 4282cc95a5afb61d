"""The three cross-entropies against values worked out by hand."""

import numpy as np
import pytest
import torch

from trainer.losses import WEIGHTINGS, Weighting, class_weights, soft_cross_entropy

AFEW_TRAIN = (133, 74, 81, 150, 144, 117, 74)
"""Clips of each emotion in the training set of AFEW 7: 773."""


def test_the_paper_raises_what_is_frequent() -> None:
    weights = class_weights(AFEW_TRAIN, "paper")
    np.testing.assert_allclose(weights, [1.204, 0.670, 0.734, 1.358, 1.304, 1.060, 0.670], atol=5e-4)
    assert weights[3] == pytest.approx(7 * 150 / 773)


def test_balanced_raises_what_is_rare() -> None:
    weights = class_weights(AFEW_TRAIN, "balanced")
    assert weights[1] == pytest.approx(773 / (7 * 74))
    np.testing.assert_allclose(weights * AFEW_TRAIN, 773 / 7)  # each class counts the same in sum


def test_plain_counts_every_example_once() -> None:
    np.testing.assert_array_equal(class_weights(AFEW_TRAIN, "none"), np.ones(7))


def test_a_class_that_is_not_there_counts_nothing() -> None:
    counts = (2, 0, 0, 6, 0, 0, 0)
    np.testing.assert_allclose(class_weights(counts, "paper"), [7 * 2 / 8, 0, 0, 7 * 6 / 8, 0, 0, 0])
    np.testing.assert_allclose(class_weights(counts, "balanced"), [8 / (2 * 2), 0, 0, 8 / (2 * 6), 0, 0, 0])


@pytest.mark.parametrize("weighting", list(WEIGHTINGS))
def test_even_classes_are_weighed_alike(weighting: Weighting) -> None:
    np.testing.assert_allclose(class_weights([5] * 7, weighting), 1)


@pytest.mark.parametrize("counts", [(1, 2, 3), (0,) * 7, (3, -1, 1, 1, 1, 1, 1)])
def test_counts_that_make_no_sense_are_refused(counts: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="counts of 7 classes"):
        class_weights(counts, "paper")


def test_cross_entropy_by_hand() -> None:
    logits = torch.log(torch.tensor([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]])) + torch.tensor([[3.0], [-2.0]])
    targets = torch.tensor([[0.5, 0.5, 0.0], [0.0, 0.0, 1.0]])
    expected = (-(0.5 * np.log(0.5) + 0.5 * np.log(0.25)) - np.log(0.8)) / 2
    assert float(soft_cross_entropy(logits, targets)) == pytest.approx(expected, rel=1e-6)
    assert float(soft_cross_entropy(torch.zeros(4, 7), torch.eye(7)[:4])) == pytest.approx(np.log(7), rel=1e-6)


def test_weighted_cross_entropy_by_hand() -> None:
    logits = torch.log(torch.tensor([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]]))
    targets = torch.tensor([[0.5, 0.5, 0.0], [0.0, 0.0, 1.0]])
    weights = torch.tensor([2.0, 1.0, 0.5])
    expected = (-(2 * 0.5 * np.log(0.5) + 1 * 0.5 * np.log(0.25)) - 0.5 * np.log(0.8)) / 2
    assert float(soft_cross_entropy(logits, targets, weights)) == pytest.approx(expected, rel=1e-6)


def test_weighted_by_the_paper_on_a_batch_of_afew() -> None:
    weights = torch.from_numpy(class_weights(AFEW_TRAIN, "paper"))
    loss = soft_cross_entropy(torch.zeros(2, 7), torch.eye(7)[[3, 1]], weights)
    assert loss.dtype == torch.float32
    assert float(loss) == pytest.approx((7 * 150 / 773 + 7 * 74 / 773) / 2 * np.log(7), rel=1e-6)


def test_a_class_of_weight_zero_teaches_nothing() -> None:
    logits = torch.randn(3, 7, generator=torch.Generator().manual_seed(0), requires_grad=True)
    weights = torch.ones(7)
    weights[2] = 0
    soft_cross_entropy(logits, torch.eye(7)[[2, 0, 2]], weights).backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    assert logits.grad[[0, 2]].abs().max() == 0
    assert logits.grad[1].abs().max() > 0


def test_weights_of_one_change_no_bit() -> None:
    generator = torch.Generator().manual_seed(1)
    logits, targets = torch.randn(64, 7, generator=generator), torch.rand(64, 7, generator=generator)
    assert torch.equal(soft_cross_entropy(logits, targets), soft_cross_entropy(logits, targets, torch.ones(7)))


def test_half_precision_is_summed_in_full() -> None:
    logits = torch.randn(8, 7, generator=torch.Generator().manual_seed(2)).bfloat16()
    loss = soft_cross_entropy(logits, torch.eye(7)[[0, 1, 2, 3, 4, 5, 6, 0]])
    assert loss.dtype == torch.float32
    assert float(loss) == pytest.approx(float(soft_cross_entropy(logits.float(), torch.eye(7)[[*range(7), 0]])))
