"""The revisions of a project as a table for people, and as JSON for programs."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from app.project.revisions import Revision, RevisionStore
from engine.emotions import EMOTIONS

AS_IT_CAME: Final = "as it came"
_HEADS: Final = ("", "NAME", "MADE", "FROM", "LEARNED FROM", "CORRECTIONS", "GUARD SET", "")


@dataclass(frozen=True, slots=True)
class Listed:
    """A revision and what the project says about it."""

    revision: Revision
    current: bool
    parent: str
    """Name of its parent; the bundle's where that is the bundle as it came."""
    parent_gone: bool
    unscored: int
    """Analysed videos that have no scores by it."""


def listed(store: RevisionStore) -> tuple[Listed, ...]:
    """All revisions, in the order in which they were made."""
    names, current, made = store.names(), store.current(), store.all()
    there = {one.id for one in made}
    return tuple(
        Listed(
            one,
            current is not None and one.id == current.id,
            names.get(one.parent, "deleted") if one.parent else one.bundle,
            one.parent is not None and one.parent not in there,
            len(store.unscored(one.id)),
        )
        for one in made
    )


def revision_lines(revisions: tuple[Listed, ...]) -> Iterator[str]:
    """A line a revision, the latest first, below them each bundle as it came; a star marks the one in use."""
    if not revisions:
        yield "no revisions: nothing was learned from corrections yet"
        return
    rows = [_HEADS, *(_row(one) for one in reversed(revisions))]
    star = "" if any(one.current for one in revisions) else "*"
    bundles = dict.fromkeys(one.revision.bundle for one in revisions)
    rows += [(star, bundle, "", "", AS_IT_CAME, "", "", "") for bundle in bundles]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADS))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _row(one: Listed) -> tuple[str, ...]:
    revision = one.revision
    return (
        "*" if one.current else "",
        revision.name,
        f"{datetime.fromisoformat(revision.made_at).astimezone():%Y-%m-%d %H:%M}",
        f"{one.parent} (gone)" if one.parent_gone else one.parent,
        _counted(revision.lessons, "correction"),
        accuracy_text(revision.comparison.get("corrections")),
        accuracy_text(revision.comparison.get("guard")),
        "; ".join(_remarks(one)),
    )


def _remarks(one: Listed) -> Iterator[str]:
    if one.revision.state == "candidate":
        yield "not decided: keep or delete it"
    if one.unscored:
        yield f"not finished: its scores are missing for {_counted(one.unscored, 'video')}"
    worse = len(one.revision.comparison.get("worse", ()))
    if worse:
        yield f"worse in {_counted(worse, 'respect')}"


def accuracy_text(scored: Mapping[str, Any] | None) -> str:
    """Accuracy before and after, in percent."""
    return "-" if not scored else change_text(scored["accuracy"])


def change_text(change: Mapping[str, float | None], scale: float = 100, unit: str = " %") -> str:
    """Before and after with the interval of the difference: "41.2 -> 63.0 % (+21.8; +9.1 to +34.0)"."""
    given = (change[name] for name in ("before", "after", "low", "high"))
    before, after, low, high = (None if value is None else scale * value for value in given)
    if before is None or after is None:
        return "-"
    digits = 1 if scale > 1 else 3
    text = f"{before:.{digits}f} -> {after:.{digits}f}{unit}"
    if low is None or high is None:
        return f"{text} ({after - before:+z.{digits}f})"
    return f"{text} ({after - before:+z.{digits}f}; {low:+z.{digits}f} to {high:+z.{digits}f})"


def detail_lines(one: Listed) -> Iterator[str]:
    """Everything about one revision that a person would ask."""
    revision, comparison = one.revision, one.revision.comparison
    state = "in use" if one.current else revision.state
    yield f"revision {revision.name} of {revision.bundle}, {state}, made {revision.made_at}"
    parent = f"{one.parent}, which was deleted" if one.parent_gone else one.parent
    yield f"learned from {_counted(revision.lessons, 'correction')}, beginning with {parent}"
    yield from _remarks(one)
    for name, title in (("corrections", "on the corrections"), ("guard", "on the guard set")):
        scored = comparison.get(name)
        if scored:
            yield from _scored_lines(title, scored)
    yield from (*comparison.get("worse", ()), *comparison.get("notes", ()))
    for branch, sha256 in revision.trunks.items():
        yield f"trunk {branch}: {sha256}"
    yield f"bundle: {revision.bundle_sha256}"
    yield f"weights: {revision.weights_sha256}, {revision.size_bytes / 1e6:.1f} MB"


def _scored_lines(title: str, scored: Mapping[str, Any]) -> Iterator[str]:
    yield f"{title}, {_counted(scored['count'], 'example')}{', ' * bool(scored['how'])}{scored['how']}"
    yield f"  accuracy           {change_text(scored['accuracy'])}"
    yield f"  UAR                {change_text(scored['uar'])}"
    yield f"  calibration error  {change_text(scored['calibration'], 1, '')}"
    for emotion, before, after in zip(EMOTIONS, scored["recall_before"], scored["recall_after"], strict=True):
        if before is not None and after is not None:
            yield f"  {emotion + ' recall':<18} {100 * before:.1f} -> {100 * after:.1f} %"


def revisions_json(revisions: tuple[Listed, ...], *, whole: bool = False) -> str:
    """A list of objects; `whole` adds the manifests."""
    return json.dumps([_plain(one, whole) for one in revisions], ensure_ascii=False, indent=1)


def _plain(one: Listed, whole: bool) -> dict[str, Any]:
    plain = asdict(one.revision)
    if not whole:
        del plain["manifest"]
    return plain | {
        "parent": one.parent if one.revision.parent else None,
        "parent_gone": one.parent_gone,
        "current": one.current,
        "unscored": one.unscored,
    }


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"
