"""Figures as people read them: percentages with their intervals, counts with separators; a dash for what is unknown."""

import math
from collections.abc import Iterator, Sequence

from trainer.intervals import Estimate

UNKNOWN = "–"


def percent(share: float, digits: int = 2) -> str:
    """0.87424 as "87.42"."""
    return f"{100 * share:.{digits}f}" if math.isfinite(share) else UNKNOWN


def percent_between(estimate: Estimate, digits: int = 1) -> str:
    """The interval as "86.2–88.7"; nothing where there is none."""
    if not (math.isfinite(estimate.low) and math.isfinite(estimate.high)):
        return ""
    return f"{percent(estimate.low, digits)}–{percent(estimate.high, digits)}"


def percent_with(estimate: Estimate, digits: int = 2) -> str:
    """The figure and its interval as "87.42 (86.2–88.7)"."""
    between = percent_between(estimate)
    return f"{percent(estimate.value, digits)} ({between})" if between else percent(estimate.value, digits)


def number_with(estimate: Estimate, digits: int = 3) -> str:
    """A figure that is no share, and its interval, as "0.389 (0.351–0.430)"."""
    if not math.isfinite(estimate.value):
        return UNKNOWN
    said = f"{estimate.value:.{digits}f}"
    if math.isfinite(estimate.low) and math.isfinite(estimate.high):
        said += f" ({estimate.low:.{digits}f}–{estimate.high:.{digits}f})"
    return said


def counted(number: int, unit: str) -> str:
    """A count of things named in the plural: "2,640 images", "1 speaker", "1 person"."""
    if number == 1:
        unit = {"people": "person"}.get(unit, unit.removesuffix("s"))
    return f"{number:,} {unit}"


def first_of(notes: Sequence[str], most: int = 20) -> Iterator[str]:
    """Notes, of which there may be one a clip: all, or the first and how many more there are."""
    yield from notes[:most]
    if len(notes) > most:
        yield f"and {len(notes) - most:,} more like these"
