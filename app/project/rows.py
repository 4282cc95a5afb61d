"""Records as rows of a table and as text of the edits log, and back, bit for bit."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any, Final, TypeVar, cast

from app.project.values import Correction, Epoch, Marker, Medium, Participant, PersonNote, Record, Stretch

R = TypeVar("R", Medium, Participant, PersonNote, Correction, Marker, Epoch)

TABLES: Final[dict[type[Record], str]] = {
    Medium: "media",
    Participant: "participants",
    PersonNote: "notes",
    Correction: "corrections",
    Marker: "markers",
    Epoch: "epochs",
}
COLUMNS: Final = {kind: tuple(field.name for field in fields(kind)) for kind in TABLES}
_KINDS: Final = {name: kind for kind, name in TABLES.items()}
_STRETCHES: Final = COLUMNS[PersonNote].index("stretches")
_IGNORED: Final = COLUMNS[PersonNote].index("ignored")


def row_of(record: Record) -> list[Any]:
    """What SQLite stores of a record, in the order of its columns."""
    row = [getattr(record, name) for name in COLUMNS[type(record)]]
    if isinstance(record, PersonNote):
        parts = [[part.person, part.start_s, part.end_s] for part in record.stretches]
        row[_STRETCHES] = json.dumps(parts)
        row[_IGNORED] = int(record.ignored)
    return row


def record_of(kind: type[R], row: Sequence[Any]) -> R:
    """The record of a row."""
    return cast(R, _record(kind, row))


def _record(kind: type[Record], row: Sequence[Any]) -> Record:
    if kind is PersonNote:
        row = list(row)
        row[_STRETCHES] = tuple(Stretch(*part) for part in json.loads(row[_STRETCHES]))
        row[_IGNORED] = bool(row[_IGNORED])
    return kind(*row)


def text_of(records: Iterable[Record]) -> str:
    """Records as JSON: ``[["corrections", {"id": ...}], ...]``."""
    named = []
    for record in records:
        kind = type(record)
        named.append([TABLES[kind], dict(zip(COLUMNS[kind], row_of(record), strict=True))])
    return json.dumps(named, ensure_ascii=False, separators=(",", ":"))


def records_of(text: str) -> tuple[Record, ...]:
    """The records of such a text."""
    found = []
    for table, named in json.loads(text):
        kind = _KINDS[table]
        found.append(_record(kind, [named[column] for column in COLUMNS[kind]]))
    return tuple(found)
