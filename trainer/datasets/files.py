"""Finding media files by where they lie and what they are called."""

import os
import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Final

from engine.errors import DatasetError

SOUND_SUFFIXES: Final = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a")
VIDEO_SUFFIXES: Final = (
    ".avi", ".mp4", ".mov", ".mkv", ".flv", ".webm", ".mpg", ".mpeg", ".wmv", ".m4v",
)  # fmt: skip
MEDIA_SUFFIXES: Final = VIDEO_SUFFIXES + SOUND_SUFFIXES


def media_below(folder: Path, suffixes: Collection[str] = MEDIA_SUFFIXES) -> Iterator[Path]:
    """Files below a folder with one of some suffixes, in order; hidden ones are not looked at.

    Raises:
        DatasetError: a folder among them cannot be read.
    """
    return _walk(folder, suffixes, _refuse)


def files_like(
    folder: Path, name: re.Pattern[str], example: str, suffixes: Collection[str] = SOUND_SUFFIXES
) -> list[tuple[Path, re.Match[str]]]:
    """Files below `folder` whose name without the suffix fits `name`, ordered by name.

    Raises:
        DatasetError: there is no such folder, or no such file in it; `example` is what one would be called.
    """
    check_folder(folder)
    found = [(path, match) for path in media_below(folder, suffixes) if (match := name.fullmatch(path.stem))]
    if not found:
        raise DatasetError(folder, f"has no file named like {example}")
    return sorted(found, key=lambda pair: (pair[0].name, pair[0]))


def holds_files_like(path: Path, name: re.Pattern[str], suffixes: Collection[str] = SOUND_SUFFIXES) -> bool:
    """Whether there is any file for `files_like`."""
    return any(name.fullmatch(file.stem) for file in _walk(path, suffixes))


def check_folder(folder: Path) -> None:
    """See that a folder is there.

    Raises:
        DatasetError: it is not.
    """
    if not folder.is_dir():
        raise DatasetError(folder, "is no folder" if folder.exists() else "there is no such folder")


def folders_in(folder: Path) -> list[Path]:
    """The folders directly in a folder, by name; hidden ones are not looked at."""
    try:
        return sorted(entry for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    except OSError:
        return []


def _walk(folder: Path, suffixes: Collection[str], onerror: Callable[[OSError], None] | None = None) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder, onerror=onerror):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if os.path.splitext(name)[1].lower() in suffixes and not name.startswith("."):
                yield Path(parent, name)


def _refuse(error: OSError) -> None:
    raise DatasetError(error.filename, f"cannot be read ({error.strerror})") from error
