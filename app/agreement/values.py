"""What agreement is computed from, and what it says. Frozen values of numpy arrays.

A rater is a coder or a revision. What raters say is compared about one target at a time: a person of a video, or its
scene. Times are media seconds; emotions are in the order of `engine.emotions`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.errors import AffectlineError
from engine.values import F64

CONSENSUS: Final = "consensus"
"""The coder whose labels settle what others disagree about."""

GRID_S: Final = 0.1
"""Step of the grid on which time is compared."""
TOLERANCE_S: Final = 0.5
"""How far both ends of two events may lie apart, by default, for them to be the same event."""
LEAST_JOINT_S: Final = 30.0
"""Below this, coefficients say more about the few seconds chosen than about the raters; a convention."""

BLANK: Final = ""
"""Instead of an emotion: the rater said nothing there."""

Target = tuple[str, str | None]
"""A video and a person of it; None is the scene."""


class AgreementError(AffectlineError):
    """Nobody can be compared like that; the text says why."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a rater says about an interval; None is unsure."""

    start_s: float
    end_s: float
    emotion: str | None


@dataclass(frozen=True, slots=True)
class Rater:
    """A coder or a revision, and what it says about each target: apart, and in order of time."""

    name: str
    said: Mapping[Target, tuple[Said, ...]]
    is_model: bool = False


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its 95 % interval over videos; NaN where it is not defined, or where there is one video only."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class EmotionAgreement:
    """One emotion against all others. `prevalence` is its share of the joint time, by either rater.

    `event_kappa` takes an event without a partner for one that the other rater saw as something else.
    """

    emotion: str
    kappa: Estimate
    agreement: Estimate
    prevalence: tuple[float, float]
    event_kappa: Estimate


@dataclass(frozen=True, slots=True)
class EventAgreement:
    """Events of two raters, matched one to one.

    `table` (8, 8) int64 counts pairs, rows the first rater; the last row and column are events without a partner.
    `alone` counts events about which the other rater said nothing: nobody knows whether they looked, so they are in no
    figure.
    """

    tolerance_s: float
    kappa: Estimate
    agreement: Estimate
    table: np.ndarray
    alone: tuple[int, int]

    @property
    def matched(self) -> int:
        """Pairs of events."""
        return int(self.table[:-1, :-1].sum())

    @property
    def alike(self) -> int:
        """Pairs that say the same."""
        return int(np.trace(self.table[:-1, :-1]))

    @property
    def unmatched(self) -> tuple[int, int]:
        """Events of either rater that the other one cut otherwise."""
        return int(self.table[:-1, -1].sum()), int(self.table[-1, :-1].sum())


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """Two raters over the time to which both gave one of the seven.

    `confusion_s` (7, 7) seconds, rows the first rater. `alone_s` is what one of them labelled and the other left blank;
    `unsure_s` what both looked at and one, or the other, could not say.
    """

    raters: tuple[str, str]
    videos: int
    joint_s: float
    alone_s: tuple[float, float]
    unsure_s: tuple[float, float]
    confusion_s: F64
    kappa: Estimate
    agreement: Estimate
    emotions: tuple[EmotionAgreement, ...]
    events: EventAgreement

    @property
    def enough(self) -> bool:
        """Whether the joint time is worth figures."""
        return self.joint_s >= LEAST_JOINT_S


@dataclass(frozen=True, slots=True)
class GroupAgreement:
    """Krippendorff's alpha (nominal) of all raters, over the time to which at least two gave one of the seven."""

    joint_s: float
    alpha: Estimate
    emotions: tuple[Estimate, ...]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """An interval about which raters differ.

    `said` holds an answer a rater: an emotion, None for unsure, or `BLANK`. `consensus` is what settled it, `BLANK`
    while nothing did.
    """

    media_id: str
    person: str | None
    start_s: float
    end_s: float
    said: tuple[str | None, ...]
    consensus: str | None = BLANK

    @property
    def settled(self) -> bool:
        return self.consensus != BLANK


@dataclass(frozen=True, slots=True)
class Agreement:
    """All that can be said of some raters. `group` is None of fewer than three."""

    raters: tuple[str, ...]
    pairs: tuple[PairAgreement, ...]
    group: GroupAgreement | None
    disagreements: tuple[Disagreement, ...]
