"""What a measurement gives: a distribution of times against the most that it may be."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from tests.bench.report import table

Judged = Literal["p50", "p95", "longest"]
MET: Final = "met"
MISSED: Final = "MISSED"


@dataclass(frozen=True, slots=True)
class Figure:
    """Times of one thing (or sizes), all in `unit`; the one that is `judged` may be as much as `budget`."""

    name: str
    p50: float
    p95: float
    longest: float
    count: int
    budget: float | None = None
    judged: Judged = "p95"
    unit: str = "ms"
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether it keeps to its budget; None without one."""
        return None if self.budget is None else getattr(self, self.judged) <= self.budget


def figure(
    name: str, values: Iterable[float], budget: float | None = None, judged: Judged = "p95", unit: str = "ms",
    note: str = "",
) -> Figure:  # fmt: skip
    """The figure of some values."""
    found = np.fromiter(values, np.float64)
    p50, p95 = np.percentile(found, [50, 95]).tolist()
    return Figure(name, p50, p95, float(found.max()), len(found), budget, judged, unit, note)


def verdicts(figures: Sequence[Figure]) -> str:
    """A Markdown table of them: measured, budget, whether it is kept."""
    head = ["", "p50", "p95", "longest", "of", "budget", "", "note"]
    return table(head, [_row(each) for each in figures])


def missed(figures: Iterable[Figure]) -> list[Figure]:
    """Those that do not keep to their budgets."""
    return [each for each in figures if each.met is False]


def _row(each: Figure) -> list[str]:
    budget = "" if each.budget is None else f"{each.judged} {_number(each.budget)} {each.unit}"
    verdict = {None: "", True: MET, False: MISSED}[each.met]
    measured = (f"{_number(value)} {each.unit}" for value in (each.p50, each.p95, each.longest))
    return [each.name, *measured, str(each.count), budget, verdict, each.note]


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"
