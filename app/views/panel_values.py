"""What the library and the people panel are given to show."""

from dataclasses import dataclass
from typing import Literal

LibraryState = Literal["new", "waiting", "analysing", "analysed", "failed", "missing", "cancelled"]


@dataclass(frozen=True, slots=True)
class LibraryEntry:
    """A video of the project. `done` runs from 0 to 1 while it is analysed; `detail` is "revision 3" or a reason."""

    media_id: str
    name: str
    duration_s: float | None
    state: LibraryState
    done: float | None
    detail: str
    corrections: int


@dataclass(frozen=True, slots=True)
class PersonEntry:
    """A person of the open video; `person` None is the scene. `leading` is None in blind mode and without an answer."""

    person: str | None
    name: str
    participant: str | None
    present_s: float
    ignored: bool
    has_voice: bool
    leading: str | None


def counted(count: int, noun: str) -> str:
    """A number and what it counts: "1 correction", "12 corrections"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
