"""Edits of what coders say. One coder says one thing at a time about one person: intervals of both never overlap.

`corrections` is always all that a video has; those of other coders, people and videos are left as they are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final, Literal, Protocol

from app.project.errors import EditError
from app.project.values import Correction, Edit, Origin, SeenIn, new_id, now

MIN_INTERVAL_S: Final = 0.001
"""No correction is shorter, and of one that is cut no shorter rest stays."""
_SAME_S: Final = 1e-9
"""Times this close are one, after arithmetic on them."""


class Prediction(Protocol):
    """A segment, of an analysis or of the review queue."""

    @property
    def start_s(self) -> float: ...
    @property
    def end_s(self) -> float: ...
    @property
    def emotion(self) -> str: ...
    @property
    def confidence(self) -> float: ...


def label(
    corrections: Iterable[Correction], media_id: str, person: str | None, start_s: float, end_s: float,
    emotion: str | None, coder: str, origin: Origin, seen_in: SeenIn = "both", note: str = "",
) -> Edit:  # fmt: skip
    """Say what somebody shows in an interval, in place of what the same coder said about it."""
    _require_length(start_s, end_s)
    new = Correction(new_id(), media_id, person, start_s, end_s, emotion, origin, coder, seen_in, note, now())
    return _placed(_label_name(emotion), (), (new,), corrections)


def relabel(correction: Correction, emotion: str | None) -> Edit:
    """Give an interval another emotion; a prediction that was accepted becomes an edited one."""
    if emotion == correction.emotion:
        return Edit(_label_name(emotion))
    origin: Origin = "edited" if correction.origin in ("accepted", "batch") else correction.origin
    return _changed(_label_name(emotion), correction, emotion=emotion, origin=origin, made_at=now())


def move(correction: Correction, start_s: float, end_s: float, others: Iterable[Correction]) -> Edit:
    """Give an interval new ends; neighbours of the same coder and person make room."""
    _require_length(start_s, end_s)
    new = replace(correction, start_s=start_s, end_s=end_s)
    return _placed("Move correction", (correction,), (new,), others) if new != correction else Edit("Move correction")


def move_edge(
    correction: Correction, edge: Literal["start", "end"], time_s: float, others: Iterable[Correction]
) -> Edit:
    """Move one end of an interval, at most up to the other; neighbours of the same coder and person make room."""
    start_s, end_s = correction.start_s, correction.end_s
    if edge == "start":
        start_s = max(0.0, min(time_s, end_s - MIN_INTERVAL_S))
    else:
        end_s = max(time_s, start_s + MIN_INTERVAL_S)
    return replace(move(correction, start_s, end_s, others), name="Move edge")


def split(correction: Correction, time_s: float) -> Edit:
    """Make two of one at a moment inside it."""
    if not correction.start_s + MIN_INTERVAL_S <= time_s <= correction.end_s - MIN_INTERVAL_S:
        raise EditError("there is nothing to split at this moment")
    left = replace(correction, end_s=time_s)
    right = replace(correction, id=new_id(), start_s=time_s)
    return Edit("Split", (correction,), (left, right))


def merge(corrections: Sequence[Correction], others: Iterable[Correction] = ()) -> Edit:
    """Make one of several with the same emotion, together with the time between them if nothing else is there."""
    parts = sorted(corrections, key=lambda part: part.start_s)
    if len(parts) < 2:
        raise EditError("merging takes at least two corrections")
    first = parts[0]
    if any(_voice(part) != _voice(first) for part in parts):
        raise EditError("these corrections are of different people or coders")
    if any(part.emotion != first.emotion for part in parts):
        raise EditError("these corrections say different emotions")
    notes = dict.fromkeys(part.note for part in parts if part.note)
    seen_in = first.seen_in if all(part.seen_in == first.seen_in for part in parts) else "both"
    origin = first.origin if all(part.origin == first.origin for part in parts) else "edited"
    whole = replace(
        first, end_s=max(part.end_s for part in parts), note="; ".join(notes), seen_in=seen_in, origin=origin,
        made_at=now(),
    )  # fmt: skip
    merged = {part.id for part in parts}
    if any(_overlap(whole, other) for other in others if other.id not in merged):
        raise EditError("another correction lies between them")
    return Edit("Merge", tuple(parts), (whole,))


def set_note(correction: Correction, note: str) -> Edit:
    """Write a remark beside a correction."""
    return _changed("Edit note", correction, note=note)


def set_seen_in(correction: Correction, seen_in: SeenIn) -> Edit:
    """Say whether the face, the voice or both show it."""
    return _changed(f"Seen in {seen_in}", correction, seen_in=seen_in)


def accept_segments(
    segments: Iterable[Prediction], corrections: Iterable[Correction], media_id: str, person: str | None, coder: str,
    least_confidence: float,
) -> Edit:  # fmt: skip
    """Take over predictions that are confident enough, marked as a batch, wherever the coder has said nothing yet."""
    sure = [segment for segment in segments if segment.confidence >= least_confidence]
    said = tuple(corrections)
    made_at = now()
    added = tuple(
        Correction(new_id(), media_id, person, start_s, end_s, segment.emotion, "batch", coder, "both", "", made_at)
        for segment in sure
        for start_s, end_s in unlabelled(said, person, coder, segment.start_s, segment.end_s)
    )
    return Edit(f"Accept {len(added)} segments" if len(added) != 1 else "Accept 1 segment", (), added)


def unlabelled(
    corrections: Iterable[Correction], person: str | None, coder: str, start_s: float, end_s: float
) -> tuple[tuple[float, float], ...]:
    """The parts of an interval about which a coder has said nothing of a person yet."""
    free = []
    for said in sorted(corrections, key=lambda one: one.start_s):
        if (said.person, said.coder) != (person, coder) or said.end_s <= start_s or said.start_s >= end_s:
            continue
        free.append((start_s, said.start_s))
        start_s = said.end_s
    free.append((start_s, end_s))
    return tuple((first, last) for first, last in free if last - first >= MIN_INTERVAL_S - _SAME_S)


def _placed(
    name: str, removed: tuple[Correction, ...], added: tuple[Correction, ...], corrections: Iterable[Correction]
) -> Edit:
    """An edit by which new intervals come and old ones make room."""
    gone = {one.id for one in removed}
    for old in corrections:
        if old.id in gone or not any(_overlap(old, new) for new in added):
            continue
        removed += (old,)
        rests = unlabelled(added, old.person, old.coder, old.start_s, old.end_s)
        for number, (start_s, end_s) in enumerate(rests):  # the first rest stays the record it was
            rest = replace(old, id=new_id() if number else old.id, start_s=start_s, end_s=end_s)
            added += (rest,)
    return Edit(name, removed, added)


def _changed(name: str, correction: Correction, **changes: object) -> Edit:
    new = replace(correction, **changes)  # type: ignore[arg-type]
    return Edit(name, (correction,), (new,)) if new != correction else Edit(name)


def _overlap(one: Correction, other: Correction) -> bool:
    return _voice(one) == _voice(other) and one.start_s < other.end_s and other.start_s < one.end_s


def _voice(correction: Correction) -> tuple[str, str | None, str]:
    """Whose voice about whom: within one, intervals do not overlap."""
    return correction.media_id, correction.person, correction.coder


def _require_length(start_s: float, end_s: float) -> None:
    if not end_s - start_s >= MIN_INTERVAL_S - _SAME_S:
        raise EditError("the selection is too short for a label")


def _label_name(emotion: str | None) -> str:
    return f"Label {emotion or 'unsure'}"
