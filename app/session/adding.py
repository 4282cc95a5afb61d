"""Bringing videos into a project: which files are meant, what each one is, and what to say about them."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.video_suffixes import VIDEO_SUFFIXES
from app.views.panel_values import counted
from engine.errors import CancelledError, MediaError
from engine.media import open_media
from engine.values import MediaInfo

NAMED_AT_MOST: Final = 5
"""Of so many files it is said one by one why they cannot be used."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A file that was looked at: what it is, or why it cannot be used, as a clause."""

    path: Path
    info: MediaInfo | None
    reason: str = ""


def video_files(paths: Iterable[Path]) -> tuple[Path, ...]:
    """The files meant: those named, and the videos of folders and their folders, by name; each once."""
    found: dict[Path, None] = {}
    for path in paths:
        if _is_readable_folder(path):
            inside = sorted(file for file in path.rglob("*") if file.suffix.lower() in VIDEO_SUFFIXES)
            found |= dict.fromkeys(file.absolute() for file in inside if os.path.isfile(file))
        else:
            found[path.absolute()] = None
    return tuple(found)


def _is_readable_folder(path: Path) -> bool:
    """One that is locked is looked at like a file, which says so. (`Path.is_dir` raises where nothing may be seen.)"""
    return os.path.isdir(path) and os.access(path, os.R_OK | os.X_OK)


def look_at(paths: Iterable[Path], cancelled: Callable[[], bool]) -> Iterator[Seen | None]:
    """Look at each file meant in turn; one that cannot be used is told with its reason and stops nothing."""
    for path in video_files(paths):
        if os.path.isdir(path):
            yield Seen(path, None, "this folder may not be read")
            continue
        try:
            info = open_media(path, cancelled).info
        except CancelledError:
            raise
        except MediaError as error:
            yield Seen(path, None, error.reason)
        else:
            yield Seen(path, info) if info.has_video else Seen(path, None, "it holds sound but no picture")
    yield None


@dataclass(frozen=True, slots=True)
class Twin:
    """A file with the content of a video that the project has already."""

    path: Path
    of: str


def added_text(added: int, twins: Sequence[Twin], unusable: Sequence[Seen]) -> str:
    """One sentence about everything that was brought in at once; empty where it was one video and no trouble."""
    parts = []
    if added > 1 or (added and (twins or unusable)):
        parts.append(f"{counted(added, 'video')} added")
    if len(twins) == 1:
        parts.append(f"{twins[0].path.name} is the same video as {twins[0].of}, which is here already")
    elif twins:
        parts.append(f"{len(twins)} are the same videos as others here")
    if len(unusable) == 1:
        parts.append(f"{unusable[0].path.name} cannot be used: {unusable[0].reason}")
    elif unusable:
        named = ", ".join(f"{seen.path.name} ({seen.reason})" for seen in unusable[:NAMED_AT_MOST])
        more = f" and {len(unusable) - NAMED_AT_MOST} more" if len(unusable) > NAMED_AT_MOST else ""
        parts.append(f"{len(unusable)} cannot be used: {named}{more}")
    return "; ".join(parts)
