"""What a project holds: frozen records, each with a text `id` that never changes.

Times are media seconds; intervals are half-open ``[start_s, end_s)``. A record of a video names it by `media_id`.
People's records and the engine's predictions are different types: nothing here is ever written by a model.
"""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from engine.emotions import EMOTIONS

Origin = Literal["blank", "edited", "accepted", "batch"]
"""How a correction came about: from nothing, from a prediction that was changed, accepted as it was, one of many at
once."""
SeenIn = Literal["face", "voice", "both"]

ORIGINS: Final[tuple[Origin, ...]] = ("blank", "edited", "accepted", "batch")
SEEN_IN: Final[tuple[SeenIn, ...]] = ("face", "voice", "both")


def new_id() -> str:
    """A record's id: unique across projects, so that two can be merged."""
    return uuid.uuid4().hex


def now() -> str:
    """This moment in UTC, ISO 8601 to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _require_interval(start_s: float, end_s: float) -> None:
    if not 0 <= start_s < end_s < float("inf"):
        raise ValueError(f"[{start_s}, {end_s}) is no interval of media time")


@dataclass(frozen=True, slots=True)
class Medium:
    """A video of the project. `path` is relative to the project's folder (POSIX) where that is possible."""

    id: str
    path: str
    size_bytes: int
    sha256: str
    duration_s: float
    added_at: str
    voice_of: str | None = None
    """Whose voice is heard, as a person id of this video; None while nobody said so."""


@dataclass(frozen=True, slots=True)
class Participant:
    """Who somebody is, across videos."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """The part of a person, as the engine found it, that belongs to a person as the user sees it."""

    person: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class PersonNote:
    """What the user says about a person of one video; without one, the engine's person stands as it is.

    `stretches` is what this person is made of after merging or splitting; empty means all of the engine's `person`.
    """

    id: str
    media_id: str
    person: str
    name: str | None = None
    participant_id: str | None = None
    ignored: bool = False
    stretches: tuple[Stretch, ...] = ()


@dataclass(frozen=True, slots=True)
class Correction:
    """What a coder says about an interval: of a person, or of the scene (`person` None).

    `emotion` None means unsure: somebody looked and could not say.
    """

    id: str
    media_id: str
    person: str | None
    start_s: float
    end_s: float
    emotion: str | None
    origin: Origin
    coder: str
    seen_in: SeenIn
    note: str
    made_at: str

    def __post_init__(self) -> None:
        _require_interval(self.start_s, self.end_s)
        if self.emotion is not None and self.emotion not in EMOTIONS:
            raise ValueError(f"{self.emotion!r} is none of the seven emotions")
        if self.origin not in ORIGINS or self.seen_in not in SEEN_IN:
            raise ValueError(f"{self.origin!r} or {self.seen_in!r} is not known")


@dataclass(frozen=True, slots=True)
class Marker:
    """A moment worth finding again."""

    id: str
    media_id: str
    time_s: float
    text: str
    coder: str


@dataclass(frozen=True, slots=True)
class Epoch:
    """A named range, such as a condition of an experiment."""

    id: str
    media_id: str
    start_s: float
    end_s: float
    name: str

    def __post_init__(self) -> None:
        _require_interval(self.start_s, self.end_s)


Record = Medium | Participant | PersonNote | Correction | Marker | Epoch


@dataclass(frozen=True, slots=True)
class Edit:
    """One undoable step: these records go, those come. `name` is what the menu shows: "Label happy"."""

    name: str
    removed: tuple[Record, ...] = ()
    added: tuple[Record, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether it changes nothing."""
        return self.removed == self.added

    def reversed(self) -> "Edit":
        """The step back."""
        return Edit(self.name, self.added, self.removed)
