"""Edits of what the user says about people: names, participants, who is ignored, and which are the same one.

`notes` is always all that a video has. A note that says nothing is not kept.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import inf
from typing import Any

from app.project.edits.corrections import MIN_INTERVAL_S, unlabelled
from app.project.errors import EditError
from app.project.values import Correction, Edit, Medium, Participant, PersonNote, Record, Stretch, new_id


def rename_person(notes: Iterable[PersonNote], media_id: str, person: str, name: str | None) -> Edit:
    """Give a person a name, or none."""
    return _noted("Rename person", notes, media_id, person, name=(name or "").strip() or None)


def set_participant(
    notes: Iterable[PersonNote], participants: Iterable[Participant], media_id: str, person: str, name: str | None
) -> Edit:
    """Say which participant, by name, a person is; a name that is new makes one."""
    name = (name or "").strip()
    if not name:
        return _noted("Set participant", notes, media_id, person, participant_id=None)
    known = next((one for one in participants if one.name == name), None)
    chosen = known or Participant(new_id(), name)
    edit = _noted("Set participant", notes, media_id, person, participant_id=chosen.id)
    return edit if known else replace(edit, added=(chosen, *edit.added))


def ignore_person(notes: Iterable[PersonNote], media_id: str, person: str, ignored: bool = True) -> Edit:
    """Leave a person out, or take them in again."""
    return _noted("Ignore person" if ignored else "Show person", notes, media_id, person, ignored=ignored)


def merge_people(
    notes: Iterable[PersonNote], corrections: Iterable[Correction], medium: Medium, people: Sequence[str]
) -> Edit:
    """Make the others one with the first, who keeps their name and, where both were labelled, their corrections."""
    first, *others = dict.fromkeys(people)
    if not others:
        raise EditError("merging takes at least two people")
    known = {note.person: note for note in notes}
    old = [known[person] for person in (first, *others) if person in known]
    stretches = _joined([part for person in (first, *others) for part in _stretches(known.get(person), person)])
    new = PersonNote(
        id=known[first].id if first in known else new_id(),
        media_id=medium.id,
        person=first,
        name=next((note.name for note in old if note.name), None),
        participant_id=next((note.participant_id for note in old if note.participant_id), None),
        ignored=first in known and known[first].ignored,
        stretches=() if stretches == (Stretch(first, 0.0, inf),) else stretches,
    )
    removed: list[Record] = list(old)
    added: list[Record] = [new] if _says_something(new) else []
    if medium.voice_of in others:
        removed.append(medium)
        added.append(replace(medium, voice_of=first))
    moved, rest = _handed_over(list(corrections), first, others)
    return Edit("Merge people", (*removed, *moved), (*added, *rest))


def split_person(
    notes: Iterable[PersonNote], corrections: Iterable[Correction], medium: Medium, person: str, time_s: float,
    known: Iterable[str],
) -> Edit:  # fmt: skip
    """Make two people of one: what is before the moment stays, what is after belongs to a new person.

    Args:
        known: the ids of all people of the video, the engine's among them, so that the new one's is new.
    """
    notes = tuple(notes)
    note = next((one for one in notes if one.person == person), None)
    stretches = _stretches(note, person)
    before = tuple(replace(part, end_s=min(part.end_s, time_s)) for part in stretches if part.start_s < time_s)
    after = tuple(replace(part, start_s=max(part.start_s, time_s)) for part in stretches if part.end_s > time_s)
    if not before or not after:
        raise EditError("this person is not on both sides of this moment")
    base = note or PersonNote(new_id(), medium.id, person)
    added = _free_person({person, *known, *(one.person for one in notes)})
    left = replace(base, stretches=before)
    right = PersonNote(new_id(), medium.id, added, ignored=base.ignored, stretches=after)
    removed: list[Record] = [note] if note else []
    made: list[Record] = [left, right]
    for correction in corrections:
        if correction.person == person and correction.media_id == medium.id and correction.end_s > time_s:
            removed.append(correction)
            made += _divided(correction, time_s, added)
    return Edit("Split person", tuple(removed), tuple(made))


def _noted(title: str, notes: Iterable[PersonNote], media_id: str, person: str, **changes: Any) -> Edit:
    old = next((note for note in notes if note.person == person), None)
    new = replace(old or PersonNote(new_id(), media_id, person), **changes)
    return Edit(title, (old,) if old else (), (new,) if _says_something(new) else ())


def _says_something(note: PersonNote) -> bool:
    return bool(note.name or note.participant_id or note.ignored or note.stretches)


def _stretches(note: PersonNote | None, person: str) -> tuple[Stretch, ...]:
    """What a person is made of; without a word about it, all of the engine's."""
    return (note.stretches if note else ()) or (Stretch(person, 0.0, inf),)


def _joined(stretches: list[Stretch]) -> tuple[Stretch, ...]:
    """The same, those that touch made one."""
    joined: list[Stretch] = []
    for part in sorted(stretches, key=lambda one: (one.person, one.start_s)):
        last = joined[-1] if joined else None
        if last is not None and last.person == part.person and part.start_s <= last.end_s:
            joined[-1] = replace(last, end_s=max(last.end_s, part.end_s))
        else:
            joined.append(part)
    return tuple(joined)


def _handed_over(
    corrections: list[Correction], first: str, others: list[str]
) -> tuple[list[Correction], list[Correction]]:
    """Corrections of the others that go, and what of them comes back as the first one's."""
    said = [one for one in corrections if one.person == first]
    gone = sorted((one for one in corrections if one.person in others), key=lambda one: others.index(str(one.person)))
    come: list[Correction] = []
    for old in gone:
        free = unlabelled([*said, *come], first, old.coder, old.start_s, old.end_s)
        for number, (start_s, end_s) in enumerate(free):
            part_id = new_id() if number else old.id
            come.append(replace(old, id=part_id, person=first, start_s=start_s, end_s=end_s))
    return gone, come


def _divided(correction: Correction, time_s: float, person: str) -> list[Correction]:
    """A correction across the moment or after it: its later part is the new person's."""
    if correction.start_s > time_s - MIN_INTERVAL_S:
        return [replace(correction, person=person)]
    left = replace(correction, end_s=time_s)
    if correction.end_s < time_s + MIN_INTERVAL_S:
        return [left]
    return [left, replace(correction, id=new_id(), person=person, start_s=time_s)]


def _free_person(known: set[str]) -> str:
    """An id in the engine's style that nobody has."""
    numbers = [int(name.removeprefix("person-")) for name in known if name.removeprefix("person-").isdigit()]
    return f"person-{max(numbers, default=0) + 1}"
