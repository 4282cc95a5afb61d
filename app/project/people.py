"""The people of a video as the user sees them: the engine's, after merging, splitting, naming and ignoring.

Nothing is computed anew: rows of tracks, windows and segments are handed from person to person by their time.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from math import inf
from typing import Any, TypeVar

import numpy as np

from app.project.values import PersonNote, Stretch
from engine.emotions import EMOTIONS
from engine.values import BRANCHES, F64, Analysis, Bools, FrameTrack, FusedTrack, Ints, Label, Person, Segment, Track

MIN_SEGMENT_S = 0.001
Span = tuple[float, float]
T = TypeVar("T", FrameTrack, Track, FusedTrack)


def shown_people(analysis: Analysis, notes: Iterable[PersonNote], *, with_ignored: bool = False) -> tuple[Person, ...]:
    """The people of an analysis after what the user said about them, those longest on screen first.

    A person whose rows are the engine's keeps everything the engine said. Of one put together anew, `present_s` counts
    its share of frames, and `label` is the mean of its windows, because the engine never saw it as one.

    Args:
        with_ignored: give those that are to be ignored, too.
    """
    notes = tuple(notes)
    if not notes:
        return analysis.people
    told = {note.person: note for note in notes}
    engine = {person.id: person for person in analysis.people}
    shown = []
    for person, stretches in parts_of_people(engine, notes).items():
        note = told.get(person)
        if note is not None and note.ignored and not with_ignored:
            continue
        made = _put_together(person, [(engine[part.person], part) for part in stretches])
        if made is not None:
            name = note.name if note else made.name
            shown.append(made if name == made.name else replace(made, name=name))
    return tuple(sorted(shown, key=lambda person: -person.present_s))


def shown_person(people: Iterable[str], notes: Iterable[PersonNote], person: str, time_s: float) -> str | None:
    """Whose rows the engine's rows of a person are at a moment; None where they are to be ignored."""
    notes = tuple(notes)
    ignored = {note.person for note in notes if note.ignored}
    for shown, stretches in parts_of_people(people, notes).items():
        if any(part.person == person and part.start_s <= time_s < part.end_s for part in stretches):
            return None if shown in ignored else shown
    return None


def parts_of_people(people: Iterable[str], notes: Iterable[PersonNote]) -> dict[str, tuple[Stretch, ...]]:
    """What each shown person is made of. What nobody was given stays with the engine's person, so nothing is lost."""
    known = tuple(people)
    parts = {
        note.person: tuple(part for part in note.stretches if part.person in known)
        for note in sorted(notes, key=lambda note: note.person)
        if note.stretches
    }
    claimed = [part for stretches in parts.values() for part in stretches]
    for person in known:
        taken = sorted((part.start_s, part.end_s) for part in claimed if part.person == person)
        rest = tuple(Stretch(person, start_s, end_s) for start_s, end_s in _without((0.0, inf), taken))
        parts[person] = parts.get(person, ()) + rest
    order = {person: place for place, person in enumerate(known)}
    return {person: parts[person] for person in sorted(parts, key=lambda person: order.get(person, len(order)))}


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows of one engine person within a stretch."""

    person: Person
    frames: FrameTrack
    slices: Track
    fused: FusedTrack
    segments: tuple[Segment, ...]

    @property
    def present_s(self) -> float:
        return self.person.present_s * len(self.frames) / max(1, len(self.person.frames))


def _put_together(name: str, stretches: Sequence[tuple[Person, Stretch]]) -> Person | None:
    """One person of stretches of the engine's; None when nobody is seen in them."""
    if len(stretches) == 1 and stretches[0][1] == Stretch(name, 0.0, inf):
        return stretches[0][0]
    parts = [_cut(person, stretch) for person, stretch in stretches]
    if not any(len(part.frames) for part in parts):
        return None
    kept: list[_Part] = []
    for part in sorted(parts, key=lambda part: -part.present_s):
        kept.append(_beside(part, kept))
    frames = _in_time([part.frames for part in kept], "time_s")
    fused = _in_time([part.fused for part in kept], "start_s")
    return Person(
        id=name,
        name=None,
        present_s=sum(part.present_s for part in kept),
        tracks=tuple(dict.fromkeys(track for part in kept for track in part.person.tracks)),
        frames=frames,
        slices=_in_time([part.slices for part in kept], "start_s"),
        fused=fused,
        segments=tuple(sorted((one for part in kept for one in part.segments), key=lambda one: one.start_s)),
        label=_label(fused),
    )


def _cut(person: Person, stretch: Stretch) -> _Part:
    """A person's rows in a stretch: frames by their time, the rest by the middle of each."""
    within = (stretch.start_s, stretch.end_s)
    return _Part(
        person,
        _rows(person.frames, _inside(person.frames.time_s, [within])),
        _rows(person.slices, _inside(_middle_s(person.slices), [within])),
        _rows(person.fused, _inside(_middle_s(person.fused), [within])),
        tuple(_clipped(person.segments, [within])),
    )


def _beside(part: _Part, kept: Iterable[_Part]) -> _Part:
    """A part without the rows that fall where other people, kept before it, have theirs.

    Windows overlap their neighbours, so it is the segments, which do not, that tell where somebody's windows count.
    """
    others = [other for other in kept if other.person is not part.person]
    if not others:
        return part
    seen = np.concatenate([other.frames.time_s for other in others])
    sliced = _without((-inf, inf), (span for other in others for span in _spans(other.slices)))
    said = list(_without((-inf, inf), ((one.start_s, one.end_s) for other in others for one in other.segments)))
    return replace(
        part,
        frames=_rows(part.frames, ~np.isin(part.frames.time_s, seen)),
        slices=_rows(part.slices, _inside(_middle_s(part.slices), sliced)),
        fused=_rows(part.fused, _inside(_middle_s(part.fused), said)),
        segments=tuple(_clipped(part.segments, said)),
    )


def _rows(track: T, keep: Bools) -> T:
    """Some rows of a track."""
    return _picked([track], np.flatnonzero(keep))


def _in_time(tracks: Sequence[T], key: str) -> T:
    """The rows of several tracks as one, in order of time."""
    return _picked(tracks, np.argsort(np.concatenate([getattr(track, key) for track in tracks]), kind="stable"))


def _picked(tracks: Sequence[T], rows: Ints) -> T:
    """Rows by number out of tracks that follow one another."""
    columns: dict[str, Any] = {}
    for field in fields(tracks[0]):
        values = [getattr(track, field.name) for track in tracks]
        if isinstance(values[0], np.ndarray):
            columns[field.name] = np.concatenate(values)[rows]
        else:
            joined = [value for part in values for value in part]
            columns[field.name] = tuple(joined[row] for row in rows)
    return replace(tracks[0], **columns)


def _middle_s(track: Track | FusedTrack) -> F64:
    return np.asarray((track.start_s + track.end_s) / 2)


def _spans(track: Track) -> list[Span]:
    return list(zip(track.start_s.tolist(), track.end_s.tolist(), strict=True))


def _inside(time_s: F64, spans: Iterable[Span]) -> Bools:
    """Which moments lie in one of the spans."""
    inside = np.zeros(len(time_s), np.bool_)
    for start_s, end_s in spans:
        inside |= (time_s >= start_s) & (time_s < end_s)
    return inside


def _clipped(segments: Iterable[Segment], spans: Sequence[Span]) -> Iterator[Segment]:
    """What of the segments lies in the spans."""
    for segment in segments:
        for start_s, end_s in spans:
            first, last = max(segment.start_s, start_s), min(segment.end_s, end_s)
            if last - first >= MIN_SEGMENT_S:
                yield replace(segment, start_s=first, end_s=last)


def _united(spans: Iterable[Span]) -> list[Span]:
    """The same time in spans that do not touch, in order."""
    united: list[Span] = []
    for start_s, end_s in sorted(spans):
        if united and start_s <= united[-1][1]:
            united[-1] = (united[-1][0], max(united[-1][1], end_s))
        else:
            united.append((start_s, end_s))
    return united


def _without(span: Span, taken: Iterable[Span]) -> Iterator[Span]:
    """What of a span is not taken."""
    at_s, end_s = span
    for first, last in _united(taken):
        if first > at_s:
            yield at_s, min(first, end_s)
        at_s = max(at_s, last)
    if at_s < end_s:
        yield at_s, end_s


def _label(fused: FusedTrack) -> Label | None:
    """One answer for all windows."""
    if not len(fused):
        return None
    mean = fused.probabilities.mean(axis=0, dtype=np.float64).astype(np.float32)
    leader = int(mean.argmax())
    used = {name for branches in set(fused.branches) for name in branches.split("+")}
    return Label(EMOTIONS[leader], float(mean[leader]), mean, "+".join(name for name in BRANCHES if name in used))
