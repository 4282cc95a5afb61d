"""What a benchmark prints (Markdown) and writes (JSON)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tests.bench.measure import FULL
from tests.bench.runs import Run, best_of, limit_frames_per_s, ratio

YARDSTICK: Final = "yardstick"
DECODE: Final = "decode alone"
WANTED: Final = {FULL: 3.0, "starter": 10.0}
"""How many times as fast as the yardstick each must be."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything measured on one device, by side and by precision, one entry a round."""

    device: str
    cores: int
    runs: Mapping[str, Sequence[Run]]
    flop_per_s: Mapping[str, Sequence[float]]

    @property
    def best(self) -> dict[str, Run]:
        return {side: best_of(runs) for side, runs in self.runs.items()}

    def limits(self) -> dict[str, tuple[float, float, float]]:
        """By precision: the matrix rate (flop/s), the full profile's limit (frames/s), the share of it reached."""
        full = self.best[FULL]
        if not full.flop:  # no face and no sound
            return {}
        rates = {precision: max(rates) for precision, rates in self.flop_per_s.items()}
        limits = {precision: limit_frames_per_s(full, rate) for precision, rate in rates.items()}
        return {precision: (rates[precision], limit, full.frames_per_s / limit) for precision, limit in limits.items()}


def markdown(comparison: Comparison) -> str:
    """The tables of one device."""
    title = f"## {comparison.device}, {comparison.cores} processor core{'s' if comparison.cores > 1 else ''}"
    tables = [_speeds(comparison), _stages(comparison), _limits(comparison)]
    return "\n\n".join([title, *(table for table in tables if table)])


def _speeds(comparison: Comparison) -> str:
    best = comparison.best
    rows = []
    for side, run in best.items():
        times = f"{ratio(run, best[YARDSTICK]):.1f}" if YARDSTICK in best and side != DECODE else ""
        wanted = f"{WANTED[side]:g}" if side in WANTED else ""
        others = ", ".join(f"{other.frames_per_s:.1f}" for other in comparison.runs[side])
        rows.append([side, run.device, f"{run.frames_per_s:.1f}", others, times, wanted])
    return table(["", "runs on", "frames/s, best", "each round", "times the yardstick", "at least"], rows)


def _stages(comparison: Comparison) -> str:
    spent = {side: run.stages_ms for side, run in comparison.best.items() if run.stages}
    names = dict.fromkeys(name for stages in spent.values() for name in stages)
    rows = [[name, *(f"{stages[name]:.2f}" if name in stages else "" for stages in spent.values())] for name in names]
    return table(["ms a frame", *spent], rows)


def _limits(comparison: Comparison) -> str:
    rows = [
        [precision, f"{rate / 1e9:,.0f}", f"{limit:.1f}", f"{share:.0%}"]
        for precision, (rate, limit, share) in comparison.limits().items()
    ]
    return table(["matrix product", "GFLOP/s", "limit of the full profile, frames/s", "reached"], rows) if rows else ""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, padded to be read as it is; all columns but the first are aligned right."""
    widths = [max(3, *map(len, column)) for column in zip(head, *rows, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]

    def padded(row: Sequence[str]) -> list[str]:
        return [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]

    lines = [padded(head), rule, *(padded(row) for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def facts(comparison: Comparison) -> dict[str, Any]:
    """The same for machines: SI units, nothing rounded."""
    best = comparison.best
    return {
        "cores": comparison.cores,
        "sides": {
            side: {
                "device": run.device,
                "frames": run.frames,
                "frames_per_s": run.frames_per_s,
                "rounds_frames_per_s": [other.frames_per_s for other in comparison.runs[side]],
                "times_yardstick": ratio(run, best[YARDSTICK]) if YARDSTICK in best else None,
                "stages_ms_per_frame": run.stages_ms,
            }
            for side, run in best.items()
        },
        "limits": {
            precision: {"flop_per_s": rate, "limit_frames_per_s": limit, "reached": share}
            for precision, (rate, limit, share) in comparison.limits().items()
        },
    }
