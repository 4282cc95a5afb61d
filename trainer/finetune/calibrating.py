"""Temperatures after fine-tuning, and the probabilities that figures about calibration are of.

There are no held-out videos to smooth here, so a bundle's temperatures are moved by as much as the temperature of a
single window moves: the ratio of what suits the new answers and what suited the parent's.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy.special import softmax

from engine.bundle import Calibration
from engine.values import BRANCHES, F64, BranchName
from trainer.finetune.fit import Heads, branch_logits
from trainer.metrics import fit_temperature
from trainer.practice import FeatureSets

FURTHEST: Final = 4.0
"""Most that fine-tuning may change a temperature by, up or down: a few corrections cannot tell more."""
GUARD_WORTH: Final = 100
"""How many corrections the guard set weighs as much as, at least; never less than all corrections."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Logits (N, 7) before and after, of what nothing was trained on, with the truth (N,)."""

    before: F64
    after: F64
    truth: np.ndarray


def temperatures(corrections: Judged, guard: Judged | None) -> tuple[float, float]:
    """Temperatures of single windows before and after.

    Before, it is that of the guard set, on which the parent was not corrected; without one, of the corrections. After,
    both count: the guard set as much as `GUARD_WORTH` corrections or all there are, for ten hard moments say little
    about how sure to be of everything else.
    """
    known = guard if guard is not None else corrections
    if not len(known.truth):
        return 1.0, 1.0
    before = fit_temperature(known.before, known.truth)
    sides = [corrections, guard] if guard is not None else [corrections]
    known_worth = max(len(corrections.truth), GUARD_WORTH) / len(known.truth)
    weights = np.repeat([1.0, known_worth][: len(sides)], [len(side.truth) for side in sides])
    after = fit_temperature(
        np.concatenate([side.after for side in sides]), np.concatenate([side.truth for side in sides]), weights
    )
    return before, float(np.clip(after, before / FURTHEST, before * FURTHEST))


def probabilities(logits: F64, temperature: float | F64) -> F64:
    """(N, 7) of logits (N, 7); one temperature, or one a row (N,)."""
    return np.asarray(softmax(logits / np.reshape(temperature, (-1, 1)), axis=1))


def recalibrated(
    calibration: Calibration, before: float, after: float, parent: Heads, heads: Heads, guard: FeatureSets | None,
    taught: set[BranchName],
) -> Calibration:  # fmt: skip
    """The parent's calibration, moved: `fused` with the windows' temperature, a taught branch's with its own."""
    changed = {"fused": calibration.fused * after / before}
    for name in BRANCHES:
        if guard is not None and name in taught and len(guard.rows[name]):
            truth = guard.row_target[name].argmax(1)
            fitted = [fit_temperature(branch_logits(side, name, guard), truth) for side in (parent, heads)]
            changed[name] = getattr(calibration, name) * fitted[1] / fitted[0]
    return replace(calibration, **changed)
