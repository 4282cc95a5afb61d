"""Categorical cross-entropy: plain, weighted as the paper does, and balanced."""

from typing import Final, Literal

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch.nn import functional as nnf

from engine.emotions import COUNT

Weighting = Literal["none", "paper", "balanced"]
WEIGHTINGS: Final[dict[Weighting, str]] = {
    "none": "cross-entropy",
    "paper": "weighted cross-entropy",
    "balanced": "balanced cross-entropy",
}
"""What each is called where people read it."""


def class_weights(counts: ArrayLike, weighting: Weighting) -> NDArray[np.float64]:
    """What an example of each class counts in the loss: (7,), 0 for a class without examples unless `none`.

    With n_c examples of class c, N in all and K classes that have any:

    - ``none``: 1.
    - ``paper``: 7 n_c / N, which raises frequent classes (Pini et al., ICMI 2017).
    - ``balanced``: N / (K n_c), which raises rare ones, so that every class counts the same in sum.

    Args:
        counts: (7,) examples of each class.
    Raises:
        ValueError: there are no seven counts, or no example.
    """
    number = np.asarray(counts, np.float64)
    if number.shape != (COUNT,) or number.min() < 0 or not number.sum():
        raise ValueError(f"counts of {COUNT} classes are needed, not {number.tolist()}")
    if weighting == "none":
        return np.ones(COUNT)
    if weighting == "paper":
        return np.asarray(COUNT * number / number.sum())
    there = number > 0
    weights = np.zeros(COUNT)
    weights[there] = number.sum() / (there.sum() * number[there])
    return weights


def soft_cross_entropy(
    logits: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor | None = None
) -> torch.Tensor:
    """Mean over the batch of -sum_c weight_c target_c log p_c.

    The mean is over examples, not over their weights: what an example counts does not hang on which others share its
    batch.

    Args:
        logits: (N, 7); taken as float32 whatever the precision of the network.
        targets: (N, 7) soft or one-hot labels.
        weights: (7,) from `class_weights`; None counts every class once.
    """
    if weights is not None:
        targets = targets * weights.to(targets)
    return -(targets * nnf.log_softmax(logits.float(), 1)).sum(1).mean()
