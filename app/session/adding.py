"""Bringing videos into a project: which files are meant, and what each one is."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.messages import sentence
from engine.errors import CancelledError, MediaError
from engine.media import open_media
from engine.values import MediaInfo

VIDEO_SUFFIXES: Final = frozenset({
    ".3gp", ".asf", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".mxf", ".ogv",
    ".ts", ".vob", ".webm", ".wmv",
})  # fmt: skip
"""What is taken from a folder. A file that is named itself is tried whatever it is called."""
PROJECT_SUFFIX: Final = ".affectline"


@dataclass(frozen=True, slots=True)
class Seen:
    """A file that was looked at: what it is, or why it cannot be used."""

    path: Path
    info: MediaInfo | None
    problem: str | None = None


def video_files(paths: Iterable[Path]) -> tuple[Path, ...]:
    """The files meant: those named, and the videos of folders and their folders, by name; each once."""
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            inside = sorted(file for file in path.rglob("*") if file.suffix.lower() in VIDEO_SUFFIXES)
            found |= dict.fromkeys(file.absolute() for file in inside if file.is_file())
        else:
            found[path.absolute()] = None
    return tuple(found)


def look_at(paths: tuple[Path, ...], cancelled: Callable[[], bool]) -> Iterator[Seen | None]:
    """Open each file in turn; one that cannot be used is told with its reason and stops nothing."""
    for path in paths:
        try:
            info = open_media(path, cancelled).info
        except CancelledError:
            raise
        except MediaError as error:
            yield Seen(path, None, sentence(error))
        else:
            yield Seen(path, info) if info.has_video else Seen(path, None, f"{path.name} holds sound but no picture")
    yield None
