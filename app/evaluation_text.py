"""A model's scores as a table for people and as JSON for programs."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from engine.emotions import EMOTIONS


class Row(Protocol):
    """Scores of one row of the paper's table; `recalls` (7,) has NaN for a class without examples."""

    @property
    def accuracy(self) -> float: ...
    @property
    def uar(self) -> float: ...
    @property
    def count(self) -> int: ...
    @property
    def recalls(self) -> Sequence[float]: ...


class Report(Protocol):
    """What `trainer.evaluation.evaluate` ends with; `notes` say what was left out or has been seen in training."""

    @property
    def split(self) -> str: ...
    @property
    def labels(self) -> str: ...
    @property
    def rows(self) -> Mapping[str, Row]: ...
    @property
    def notes(self) -> Sequence[str]: ...


def report_json(report: Report) -> str:
    """`{"rows": {"CNN single frame": {"accuracy", "uar", "count", "recalls"}}}` and what was scored."""
    rows = {
        name: {
            "accuracy": _rounded(row.accuracy),
            "uar": _rounded(row.uar),
            "count": int(row.count),
            "recalls": {emotion: _rounded(recall) for emotion, recall in zip(EMOTIONS, row.recalls, strict=True)},
        }
        for name, row in report.rows.items()
    }
    document: dict[str, Any] = {
        "split": report.split,
        "labels": report.labels,
        "notes": list(report.notes),
        "rows": rows,
    }
    return json.dumps(document, indent=1)


def report_lines(report: Report) -> Iterator[str]:
    """The table, one row a line, recalls in the order of the labels."""
    yield f"split: {report.split}; labels: {report.labels}"
    yield from report.notes
    heads = "".join(f"{emotion:>9}" for emotion in EMOTIONS)
    yield f"{'':<20}{'accuracy':>9}{'UAR':>8}{'count':>8}   recall:{heads}"
    for name, row in report.rows.items():
        recalls = "".join(f"{_percent(recall):>9}" for recall in row.recalls)
        yield f"{name:<20}{_percent(row.accuracy):>9}{_percent(row.uar):>8}{row.count:>8}          {recalls}"


def _rounded(figure: float) -> float | None:
    return round(float(figure), 6) if math.isfinite(figure) else None


def _percent(figure: float) -> str:
    return f"{100 * figure:.2f}" if math.isfinite(figure) else "-"
