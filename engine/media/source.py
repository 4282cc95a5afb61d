"""The file itself: whether it can be read, and whether it is still the one that was opened."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from av.container import InputContainer
from av.error import FFmpegError

from engine.errors import MediaFormatError, MediaNotFoundError, MediaVanishedError
from engine.media.container import open_container


@dataclass(frozen=True, slots=True)
class Source:
    """A file as it was when it was opened: its size and the time of its last change tell whether it still is."""

    path: Path
    size_bytes: int
    modified_ns: int

    @classmethod
    def of(cls, path: Path) -> Source:
        """The file as it is now; the system's error is raised as it is."""
        status = os.stat(path)
        return cls(path, status.st_size, status.st_mtime_ns)

    def check_still_there(self) -> None:
        """See whether the file is still the one that was opened.

        Raises:
            MediaVanishedError: it went away or changed.
        """
        try:
            now = Source.of(self.path)
        except OSError as error:
            raise MediaVanishedError(self.path, "it went away while it was read") from error
        if now != self:
            raise self.changed()

    def reopen(self) -> InputContainer:
        """Open the file anew.

        Raises:
            MediaVanishedError: it went away or changed.
        """
        try:
            return open_container(self.path)
        except FFmpegError as error:
            self.check_still_there()
            raise self.changed() from error

    def changed(self) -> MediaVanishedError:
        """What to raise when the file no longer holds what it did."""
        return MediaVanishedError(self.path, "it changed while it was read")


def readable_size(path: Path) -> int:
    """How many bytes there are to read.

    Raises:
        MediaNotFoundError: there is no such file, or it may not be read.
        MediaFormatError: it is a folder or a device, or empty.
    """
    try:
        if path.exists() and not path.is_file():
            raise MediaFormatError(path, "it is a folder or a device, not a file")
        with path.open("rb") as file:
            if not file.read(1):
                raise MediaFormatError(path, "it is empty")
        return path.stat().st_size
    except FileNotFoundError as error:
        raise MediaNotFoundError(path, "there is no such file") from error
    except PermissionError as error:
        raise MediaNotFoundError(path, "it may not be read") from error
    except OSError as error:
        raise MediaNotFoundError(path, "its disk gives an error") from error
