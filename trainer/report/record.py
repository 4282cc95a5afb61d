"""An evaluation as plain values for JSON; shares of 1 rounded to six decimals, null for what is unknown."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from engine.emotions import EMOTIONS
from trainer.intervals import LEVEL, Estimate
from trainer.report.paper import paper_accuracies, paper_folds
from trainer.scores import FoldScores, Row

if TYPE_CHECKING:
    from trainer.evaluation import Report

SCHEMA: Final = "affectline.evaluation/1"
_DECIMALS: Final = 6
_FIGURES: Final = (
    "accuracy", "uar", "macro_f1", "calibration_error", "log_loss", "brier", "half_error", "half_ratio",
)  # fmt: skip


def report_json(report: "Report") -> str:
    """`report_record` as text."""
    return json.dumps(report_record(report), indent=1, allow_nan=False)


def report_record(report: "Report") -> dict[str, Any]:
    """Everything a report says; `rows` and `folds` are as in `row_record`."""
    return {
        "schema": SCHEMA,
        "emotions": EMOTIONS,
        "bundle": asdict(report.bundle),
        "dataset": report.dataset,
        "part": report.part,
        "split": report.split,
        "labels": report.labels,
        "groups": report.groups,
        "level": LEVEL,
        "notes": report.notes,
        "rows": {name: row_record(row) for name, row in report.rows.items()},
        "folds": [_folds(folds, report) for folds in report.folds],
        "paper": {name: _rounded(share / 100) for name, share in paper_accuracies(report).items()},
    }


def row_record(row: Row) -> dict[str, Any]:
    """One row: figures by name, their intervals under `intervals`, recalls by emotion, and what is drawn of it."""
    recalls = dict(zip(EMOTIONS, row.recalls, strict=True))
    return {
        **{name: _rounded(getattr(row, name).value) for name in _FIGURES},
        "count": row.count,
        "groups": row.groups,
        "recalls": _values(recalls),
        "class_counts": dict(zip(EMOTIONS, row.class_counts, strict=True)),
        "intervals": {
            **{name: _interval(getattr(row, name)) for name in _FIGURES},
            "recalls": {emotion: _interval(recall) for emotion, recall in recalls.items()},
        },
        "confusion": row.confusion,
        "reliability": [
            {
                "start": _rounded(bin_.start), "end": _rounded(bin_.end), "count": bin_.count,
                "confidence": _rounded(bin_.confidence), "accuracy": _rounded(bin_.accuracy.value),
                "interval": _interval(bin_.accuracy),
            }
            for bin_ in row.bins
        ],
        "risk_coverage": [
            {
                "coverage": _rounded(point.coverage), "error": _rounded(point.error.value),
                "interval": _interval(point.error),
            }
            for point in row.risk
        ],
    }  # fmt: skip


def _folds(folds: FoldScores, report: "Report") -> dict[str, Any]:
    said = paper_folds(report, folds.loss)
    return {
        "loss": folds.loss,
        "accuracies": [_rounded(accuracy) for accuracy in folds.accuracies],
        "counts": [row.count for row in folds.folds],
        "mean_accuracy": _rounded(folds.mean_accuracy),
        "deviation": _rounded(folds.deviation),
        "paper": None if said is None else _rounded(said / 100),
        "pooled": row_record(folds.pooled),
    }


def _values(figures: Mapping[str, Estimate]) -> dict[str, float | None]:
    return {name: _rounded(figure.value) for name, figure in figures.items()}


def _interval(estimate: Estimate) -> list[float | None]:
    return [_rounded(estimate.low), _rounded(estimate.high)]


def _rounded(figure: float) -> float | None:
    return round(float(figure), _DECIMALS) if math.isfinite(figure) else None
