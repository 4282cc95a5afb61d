"""A model's scores as a table for people and as JSON for programs."""

import json
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from engine.emotions import EMOTIONS

if TYPE_CHECKING:
    from trainer.evaluation import Report


def report_json(report: "Report") -> str:
    """`{"rows": {"CNN single frame": {"accuracy", "uar", "count", ...}}}` and what was scored; null is unknown."""
    rows = {
        name: {
            "accuracy": _rounded(row.accuracy),
            "uar": _rounded(row.uar),
            "count": int(row.count),
            "calibration_error": _rounded(row.calibration_error),
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


def report_lines(report: "Report") -> Iterator[str]:
    """The table, one row a line, recalls in the order of the labels."""
    yield f"split: {report.split}; labels: {report.labels}"
    yield from report.notes
    heads = "".join(f"{emotion:>9}" for emotion in EMOTIONS)
    yield f"{'':<20}{'accuracy':>9}{'UAR':>8}{'count':>8}{'ECE':>8}   recall:{heads}"
    for name, row in report.rows.items():
        recalls = "".join(f"{_percent(recall):>9}" for recall in row.recalls)
        scores = f"{_percent(row.accuracy):>9}{_percent(row.uar):>8}{row.count:>8}{row.calibration_error:>8.3f}"
        yield f"{name:<20}{scores}{'':>10}{recalls}"


def _rounded(figure: float) -> float | None:
    return round(float(figure), 6) if math.isfinite(figure) else None


def _percent(figure: float) -> str:
    return f"{100 * figure:.2f}" if math.isfinite(figure) else "-"
