"""Before and after as plain JSON values, and back, number for number; what has no value (nan) is null."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from trainer.finetune.values import Change, Comparison, Scored

VERSION = 1


def comparison_to_json(comparison: Comparison) -> dict[str, Any]:
    """A comparison as dicts, lists, texts and numbers."""
    return {
        "version": VERSION,
        "corrections": _plain_scored(comparison.corrections),
        "guard": _plain_scored(comparison.guard),
        "worse": list(comparison.worse),
        "notes": list(comparison.notes),
    }


def comparison_from_json(plain: Mapping[str, Any]) -> Comparison:
    """The comparison again; an empty mapping is one of nothing.

    Raises:
        ValueError: it is not what `comparison_to_json` gives.
    """
    if not plain:
        return Comparison(None, None)
    if plain.get("version") != VERSION:
        raise ValueError(f"a comparison of version {plain.get('version')!r}")
    try:
        return Comparison(
            corrections=_scored(plain["corrections"]),
            guard=_scored(plain["guard"]),
            worse=tuple(plain["worse"]),
            notes=tuple(plain["notes"]),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"a comparison without {error}") from error


def _plain_scored(scored: Scored | None) -> dict[str, Any] | None:
    if scored is None:
        return None
    return {
        "name": scored.name,
        "count": scored.count,
        "how": scored.how,
        "accuracy": _plain_change(scored.accuracy),
        "uar": _plain_change(scored.uar),
        "calibration": _plain_change(scored.calibration),
        "recall_before": [_plain(value) for value in scored.recall_before.tolist()],
        "recall_after": [_plain(value) for value in scored.recall_after.tolist()],
        "confusion_before": scored.confusion_before.tolist(),
        "confusion_after": scored.confusion_after.tolist(),
    }


def _scored(plain: Mapping[str, Any] | None) -> Scored | None:
    if plain is None:
        return None
    return Scored(
        name=plain["name"],
        count=plain["count"],
        accuracy=_change(plain["accuracy"]),
        uar=_change(plain["uar"]),
        calibration=_change(plain["calibration"]),
        recall_before=np.array([_number(value) for value in plain["recall_before"]], np.float64),
        recall_after=np.array([_number(value) for value in plain["recall_after"]], np.float64),
        confusion_before=np.array(plain["confusion_before"], np.int64),
        confusion_after=np.array(plain["confusion_after"], np.int64),
        how=plain["how"],
    )


def _plain_change(change: Change) -> dict[str, float | None]:
    return {name: _plain(getattr(change, name)) for name in ("before", "after", "low", "high")}


def _change(plain: Mapping[str, float | None]) -> Change:
    return Change(*(_number(plain[name]) for name in ("before", "after", "low", "high")))


def _plain(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
