"""Edits of the list of videos."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import PurePath

from app.project.values import Correction, Edit, Epoch, Marker, Medium, PersonNote


def add_media(media: Iterable[Medium]) -> Edit:
    """Put videos into the project."""
    new = tuple(media)
    return Edit(f"Add {_named(new)}", (), new)


def remove_media(
    media: Iterable[Medium], corrections: Iterable[Correction] = (), notes: Iterable[PersonNote] = (),
    markers: Iterable[Marker] = (), epochs: Iterable[Epoch] = (),
) -> Edit:  # fmt: skip
    """Take videos out of the project, with everything that was said about them. The files stay where they are."""
    gone = tuple(media)
    ids = {medium.id for medium in gone}
    belongings = (
        record for records in (corrections, notes, markers, epochs) for record in records if record.media_id in ids
    )
    return Edit(f"Remove {_named(gone)}", (*belongings, *gone))


def relink(
    medium: Medium, path: str, *, size_bytes: int | None = None, sha256: str | None = None,
    duration_s: float | None = None,
) -> Edit:  # fmt: skip
    """Say where a video's file is now; with its size, content and length where it is another one."""
    new = replace(
        medium,
        path=path,
        size_bytes=medium.size_bytes if size_bytes is None else size_bytes,
        sha256=medium.sha256 if sha256 is None else sha256,
        duration_s=medium.duration_s if duration_s is None else duration_s,
    )
    return Edit(f"Find {_named((medium,))}", (medium,), (new,))


def set_voice_of(medium: Medium, person: str | None) -> Edit:
    """Say whose voice is heard."""
    return Edit("Voice belongs to", (medium,), (replace(medium, voice_of=person),))


def _named(media: tuple[Medium, ...]) -> str:
    return PurePath(media[0].path).name if len(media) == 1 else f"{len(media)} videos"
