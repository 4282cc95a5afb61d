"""Edits of markers and epochs, of whatever is deleted, and of several edits as one."""

from collections.abc import Iterable
from dataclasses import replace

from app.project.values import Correction, Edit, Epoch, Marker, Record, new_id


def add_marker(media_id: str, time_s: float, text: str, coder: str) -> Edit:
    """Mark a moment."""
    return Edit("Add marker", (), (Marker(new_id(), media_id, time_s, text, coder),))


def edit_marker(marker: Marker, *, time_s: float | None = None, text: str | None = None) -> Edit:
    """Move a marker or change its text."""
    new = replace(
        marker, time_s=marker.time_s if time_s is None else time_s, text=marker.text if text is None else text
    )
    return Edit("Edit marker", (marker,), (new,))


def add_epoch(media_id: str, start_s: float, end_s: float, name: str) -> Edit:
    """Name a range."""
    return Edit("Add epoch", (), (Epoch(new_id(), media_id, start_s, end_s, name),))


def edit_epoch(
    epoch: Epoch, *, start_s: float | None = None, end_s: float | None = None, name: str | None = None
) -> Edit:
    """Move the ends of a range or rename it."""
    new = replace(
        epoch,
        start_s=epoch.start_s if start_s is None else start_s,
        end_s=epoch.end_s if end_s is None else end_s,
        name=epoch.name if name is None else name,
    )
    return Edit("Edit epoch", (epoch,), (new,))


def delete(records: Iterable[Correction | Marker | Epoch]) -> Edit:
    """Remove corrections, markers or epochs."""
    gone: tuple[Record, ...] = tuple(records)
    kinds = {type(record).__name__.lower() for record in gone}
    kind = kinds.pop() if len(kinds) == 1 else "record"
    return Edit(f"Delete {kind}" if len(gone) == 1 else f"Delete {len(gone)} {kind}s", gone)


def together(name: str, edits: Iterable[Edit]) -> Edit:
    """Several edits of different records as one step."""
    made = tuple(edits)
    return Edit(
        name,
        tuple(record for edit in made for record in edit.removed),
        tuple(record for edit in made for record in edit.added),
    )
