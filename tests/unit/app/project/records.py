"""Records made by hand, for tests of what is done with them."""

from app.project.values import Correction, Edit, Epoch, Marker, Medium, Participant, PersonNote

MADE_AT = "2026-01-02T03:04:05.678+00:00"


def medium(media_id: str = "m1", path: str = "clip.mp4", **changes: object) -> Medium:
    return Medium(**{
        "id": media_id, "path": path, "size_bytes": 1000, "sha256": "ab" * 32, "duration_s": 12.0, "added_at": MADE_AT,
        **changes,
    })  # fmt: skip


def correction(
    record_id: str, start_s: float, end_s: float, emotion: str | None = "happy", **changes: object
) -> Correction:
    return Correction(**{
        "id": record_id, "media_id": "m1", "person": "person-1", "start_s": start_s, "end_s": end_s,
        "emotion": emotion, "origin": "blank", "coder": "ana", "seen_in": "both", "note": "", "made_at": MADE_AT,
        **changes,
    })  # fmt: skip


def note(person: str = "person-1", **changes: object) -> PersonNote:
    return PersonNote(**{"id": f"note-{person}", "media_id": "m1", "person": person, **changes})


def marker(record_id: str = "k1", time_s: float = 1.5) -> Marker:
    return Marker(record_id, "m1", time_s, "look", "ana")


def epoch(record_id: str = "e1", start_s: float = 1.0, end_s: float = 2.0) -> Epoch:
    return Epoch(record_id, "m1", start_s, end_s, "stress")


def participant(record_id: str = "p1", name: str = "P01") -> Participant:
    return Participant(record_id, name)


def adding(*records, name: str = "Add") -> Edit:
    return Edit(name, (), records)


def spans(records) -> list[tuple[float, float, str | None]]:
    """What corrections say, in order of time."""
    return sorted(((one.start_s, one.end_s, one.emotion) for one in records), key=lambda span: span[0])


def after(corrections, edit) -> tuple[Correction, ...]:
    """The corrections once an edit is done."""
    kept = [one for one in corrections if one not in edit.removed]
    return tuple(sorted([*kept, *edit.added], key=lambda one: (one.start_s, one.id)))
