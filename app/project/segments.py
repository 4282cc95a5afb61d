"""Predicted segments of a whole project, and where two revisions call something differently."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import isclose
from typing import Final

from app.project.people import parts_of_people
from app.project.values import Correction, PersonNote

_SAME_S: Final = 1e-6


@dataclass(frozen=True, slots=True)
class StoredSegment:
    """A predicted segment of any video of the project; `person` None where only a voice is heard."""

    media_id: str
    person: str | None
    start_s: float
    end_s: float
    emotion: str
    confidence: float
    uncertain: bool
    disagreement: float | None = None
    """How far the branches are apart on the average of its windows, 0 to 1; None of a voice alone."""


@dataclass(frozen=True, slots=True)
class ChangedSegment:
    """A stretch that two revisions call differently; `person` as the user sees them, None where only a voice is heard.

    `confidence_before` and `confidence_after` are those of the segments it lies in, weighted by their time in it.
    """

    media_id: str
    person: str | None
    start_s: float
    end_s: float
    before: str
    after: str
    confidence_before: float
    confidence_after: float
    said: tuple[Correction, ...] = ()
    """What coders said there, by time."""

    @property
    def duration_s(self) -> float:
        return self.end_s - self.start_s


def changed_segments(
    media: Iterable[str],
    before: Iterable[StoredSegment],
    after: Iterable[StoredSegment],
    notes: Iterable[PersonNote] = (),
    corrections: Iterable[Correction] = (),
    least_s: float = 0.0,
) -> tuple[ChangedSegment, ...]:
    """Where both have a segment and call it differently: video by video in the order given, by time within each.

    Args:
        notes: merge, split and hide the engine's people as the user sees them.
        least_s: shorter stretches are left out.
    """
    ours, theirs = _by_person(before), _by_person(after)
    notes_of: dict[str, list[PersonNote]] = defaultdict(list)
    for note in notes:
        notes_of[note.media_id].append(note)
    said_of: dict[tuple[str, str | None], list[Correction]] = defaultdict(list)
    for correction in corrections:
        said_of[correction.media_id, correction.person].append(correction)
    people: dict[str, list[str]] = defaultdict(list)
    for medium, person in theirs:
        if person is not None:
            people[medium].append(person)
    voices = {medium for medium, person in theirs if person is None}
    found: list[ChangedSegment] = []
    for medium in media:
        shown = _Shown(people[medium], notes_of[medium])
        changed = [
            one
            for person in [*people[medium], *([None] if medium in voices else [])]
            for stretch in _differences(ours.get((medium, person), ()), theirs[medium, person])
            if stretch.duration_s >= least_s - _SAME_S and (one := shown.seen(stretch)) is not None
        ]
        changed.sort(key=lambda one: one.start_s)
        found += [_with_said(one, said_of.get((medium, one.person), ())) for one in changed]
    return tuple(found)


def _by_person(segments: Iterable[StoredSegment]) -> dict[tuple[str, str | None], list[StoredSegment]]:
    found: dict[tuple[str, str | None], list[StoredSegment]] = defaultdict(list)
    for segment in segments:
        found[segment.media_id, segment.person].append(segment)
    return found


def _differences(before: Sequence[StoredSegment], after: Sequence[StoredSegment]) -> Iterator[ChangedSegment]:
    """Stretches of one person in which both say something else, neighbours that say the same made one."""
    held: ChangedSegment | None = None
    for one in _overlaps(before, after):
        if held is not None and _continues(held, one):
            held = _joined(held, one)
            continue
        if held is not None:
            yield held
        held = one
    if held is not None:
        yield held


def _overlaps(before: Sequence[StoredSegment], after: Sequence[StoredSegment]) -> Iterator[ChangedSegment]:
    """Every overlap of two segments that differ; both lists are in order of time and overlap nothing of their own."""
    left = right = 0
    while left < len(before) and right < len(after):
        ours, theirs = before[left], after[right]
        start_s, end_s = max(ours.start_s, theirs.start_s), min(ours.end_s, theirs.end_s)
        if start_s < end_s and ours.emotion != theirs.emotion:
            yield ChangedSegment(
                theirs.media_id, theirs.person, start_s, end_s, ours.emotion, theirs.emotion, ours.confidence,
                theirs.confidence,
            )  # fmt: skip
        if ours.end_s <= theirs.end_s:
            left += 1
        else:
            right += 1


def _continues(held: ChangedSegment, one: ChangedSegment) -> bool:
    same = (held.before, held.after) == (one.before, one.after)
    return same and isclose(held.end_s, one.start_s, abs_tol=_SAME_S)


def _joined(first: ChangedSegment, second: ChangedSegment) -> ChangedSegment:
    share = first.duration_s / (first.duration_s + second.duration_s)
    return replace(
        first,
        end_s=second.end_s,
        confidence_before=share * first.confidence_before + (1 - share) * second.confidence_before,
        confidence_after=share * first.confidence_after + (1 - share) * second.confidence_after,
    )


class _Shown:
    """The people of one video as the user sees them."""

    def __init__(self, people: Sequence[str], notes: Sequence[PersonNote]) -> None:
        self._parts = parts_of_people(people, notes) if notes else {}
        self._ignored = {note.person for note in notes if note.ignored}

    def seen(self, stretch: ChangedSegment) -> ChangedSegment | None:
        """It as the user's person at its middle; None where that one is to be ignored."""
        if stretch.person is None or not self._parts:
            return stretch
        middle_s = (stretch.start_s + stretch.end_s) / 2
        for shown, parts in self._parts.items():
            if any(part.person == stretch.person and part.start_s <= middle_s < part.end_s for part in parts):
                return None if shown in self._ignored else replace(stretch, person=shown)
        return None


def _with_said(stretch: ChangedSegment, corrections: Iterable[Correction]) -> ChangedSegment:
    said = tuple(one for one in corrections if one.start_s < stretch.end_s and stretch.start_s < one.end_s)
    return replace(stretch, said=said) if said else stretch
