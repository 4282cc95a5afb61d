"""What the training panel shows, made from what training and the project say. Pure; nothing here waits or writes."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final

from app.project.revisions import Revision
from app.project.segments import ChangedSegment
from app.project.values import PersonNote
from app.views.panel_values import counted
from app.views.training.values import ChangedRow, Figure, Judged, Moment, RevisionRow, Verdict, scores_of
from engine.emotions import EMOTIONS

if TYPE_CHECKING:
    from trainer.finetune.values import Change, FinetuneStep, Scored

GONE: Final = "its parent is gone"
TITLES: Final = {"corrections": "Your corrections", "guard": "Guard set"}


def moment_of(step: "FinetuneStep") -> Moment:
    """A point of the progress."""
    return Moment(
        step.message, step.done, step.total, step.stage, step.remaining_s, step.loss, step.accuracy, step.guard
    )  # fmt: skip


def verdict_of(revision: Revision, names: Mapping[str, str], unscored: int) -> Verdict:
    """A revision beside its parent.

    Args:
        names: of all revisions there ever were, by id.
        unscored: how many videos it has not labelled yet.
    """
    from app.project.comparison_json import comparison_from_json

    comparison = comparison_from_json(revision.comparison)
    parts = (("corrections", comparison.corrections), ("guard", comparison.guard))
    judged = tuple(_judged(TITLES[key], scored) for key, scored in parts if scored is not None)
    return Verdict(
        revision.id,
        revision.name,
        parent_text(revision, names),
        revision.lessons,
        judged,
        comparison.worse,
        comparison.notes,
        revision.state == "candidate",
        f"{counted(unscored, 'video')} not labelled by it yet; keeping it labels them" if unscored else "",
    )


def parent_text(revision: Revision, names: Mapping[str, str]) -> str:
    """What it was made from: "starter 1.1"."""
    base = base_name(revision)
    return f"{revision.bundle} {names.get(revision.parent, base) if revision.parent is not None else base}"


def base_name(revision: Revision) -> str:
    """The bundle's own revision, of which this is one: "1" of "1.2"."""
    return revision.name.rpartition(".")[0]


def revision_rows(
    revisions: Iterable[Revision], current: Revision | None, base: str, unscored: Mapping[str | None, int]
) -> tuple[RevisionRow, ...]:
    """The latest first, and last the bundle as it came.

    Args:
        base: name and revision of the bundle as it came.
        unscored: how many videos a revision has not labelled yet, by id.
    """
    made = tuple(revisions)
    there = {one.id for one in made}
    rows = [_row(one, current, there, unscored.get(one.id, 0)) for one in reversed(made)]
    return (*rows, RevisionRow(None, base, "", current=current is None, note=_unscored_text(unscored.get(None, 0))))


def _row(one: Revision, current: Revision | None, there: set[str], unscored: int) -> RevisionRow:
    corrections, guard = (one.comparison.get(key) for key in ("corrections", "guard"))
    gone = one.parent is not None and one.parent not in there
    note = _unscored_text(unscored) or (GONE if gone else "")
    return RevisionRow(
        one.id, f"{one.bundle} {one.name}", made_text(one.made_at), one.lessons, *_accuracy(corrections),
        *_accuracy(guard), current is not None and one.id == current.id, one.state == "candidate", note,
    )  # fmt: skip


def _unscored_text(unscored: int) -> str:
    return f"{counted(unscored, 'video')} not labelled" if unscored else ""


def _accuracy(scored: Mapping[str, Mapping[str, float | None]] | None) -> tuple[float | None, float | None]:
    if not scored:
        return None, None
    return scored["accuracy"]["before"], scored["accuracy"]["after"]


def made_text(made_at: str) -> str:
    """A moment as people here write it: "2026-11-22 14:05"."""
    return f"{datetime.fromisoformat(made_at).astimezone():%Y-%m-%d %H:%M}"


def changed_rows(
    changes: Iterable[ChangedSegment], videos: Mapping[str, str], notes: Iterable[PersonNote]
) -> tuple[ChangedRow, ...]:
    """Changed stretches with names: of videos by id, and of people as they were named."""
    called = {(note.media_id, note.person): note.name for note in notes if note.name}
    return tuple(
        ChangedRow(
            one.media_id, videos.get(one.media_id, ""), one.person,
            "scene" if one.person is None else called.get((one.media_id, one.person)) or one.person,
            one.start_s, one.end_s, one.before, one.after, _said(one),
        )
        for one in changes
    )  # fmt: skip


def _said(change: ChangedSegment) -> str | None:
    said = dict.fromkeys(correction.emotion or "unsure" for correction in change.said)
    return ", ".join(said) or None


def _judged(title: str, scored: "Scored") -> Judged:
    return Judged(
        title, scored.how, scored.count, _figure(scored.accuracy), _figure(scored.uar), _figure(scored.calibration),
        scores_of(scored.confusion_before, scored.confusion_after, EMOTIONS), scored.confusion_before,
        scored.confusion_after,
    )  # fmt: skip


def _figure(change: "Change") -> Figure:
    return Figure(change.before, change.after, change.low, change.high)
