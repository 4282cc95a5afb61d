"""What was learned and what it brings, as lines for people and as JSON for programs."""

import json
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from app.learning.retraining import Learned
from app.project.comparison_json import comparison_to_json
from engine.emotions import EMOTIONS
from trainer.finetune.values import Change, Scored


def learned_lines(learned: Learned, fate: str) -> Iterator[str]:
    """What it learned from, before and after, and what became of it.

    Args:
        fate: a clause: "kept: nothing is worse".
    """
    yield f"revision {learned.name}, from {learned.parent}, learned from {_counted(learned.lessons, 'correction')}"
    for count in learned.counts:
        thin = "  few" if count.thin and count.count else ""
        yield f"  {count.emotion:<10}{count.count:>5}  by {_counted(count.participants, 'participant')}{thin}"
    for why, number in Counter(one.why for one in learned.left_out).most_common():
        yield f"left out, {_counted(number, 'correction')}: {why}"
    for scored in (learned.comparison.corrections, learned.comparison.guard):
        if scored is not None:
            yield ""
            yield from scored_lines(scored)
    yield ""
    yield from learned.comparison.notes
    yield from (f"worse: {reason}" for reason in learned.comparison.worse)
    yield f"{_counted(learned.rescored, 'video')} answered again"
    yield fate


def scored_lines(scored: Scored) -> Iterator[str]:
    """A table: each figure before, after, and their difference with its interval; recalls by class below."""
    yield f"{scored.name}: {scored.count}" + (f", {scored.how}" if scored.how else "")
    yield f"  {'':<20}{'before':>8}{'after':>8}{'change':>9}   95 % interval"
    yield _change_line("accuracy", scored.accuracy)
    yield _change_line("UAR", scored.uar)
    yield _change_line("calibration error", scored.calibration)
    for label, emotion in enumerate(EMOTIONS):
        before, after = float(scored.recall_before[label]), float(scored.recall_after[label])
        if math.isfinite(before) or math.isfinite(after):
            count = int(scored.confusion_before[label].sum())
            yield f"  {emotion:<20}{_percent(before):>8}{_percent(after):>8}{_points(after - before):>9}   of {count}"


def learned_json(learned: Learned, kept: bool, fate: str) -> str:
    """The same for machines."""
    members: dict[str, Any] = {
        "revision": learned.name, "id": learned.revision_id, "parent": learned.parent, "kept": kept, "fate": fate,
        "lessons": learned.lessons, "classes": [asdict(count) for count in learned.counts],
        "left_out": [asdict(one) for one in learned.left_out], "rescored": learned.rescored,
        "comparison": comparison_to_json(learned.comparison),
    }  # fmt: skip
    return json.dumps(members, indent=1, ensure_ascii=False, allow_nan=False)


def _change_line(name: str, change: Change) -> str:
    bounds = ""
    if math.isfinite(change.low) and math.isfinite(change.high):
        bounds = f"   {_points(change.low)} to {_points(change.high)}"
    difference = _points(change.difference)
    return f"  {name:<20}{_percent(change.before):>8}{_percent(change.after):>8}{difference:>9}{bounds}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if math.isfinite(share) else "-"


def _points(share: float) -> str:
    return f"{100 * share:+.1f}" if math.isfinite(share) else "-"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")
