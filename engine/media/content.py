"""What a file holds, to the byte."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Final

from engine.errors import CancelledError, MediaNotFoundError, MediaVanishedError
from engine.media.cancelling import Cancelled, never, stop_if
from engine.threads import Feed

_HASH_BLOCK_BYTES: Final = 1 << 20


def content_sha256(path: str | Path, cancelled: Cancelled = never) -> str:
    """SHA-256 of a file's bytes in hexadecimal, read 1 MiB at a time.

    Raises:
        MediaNotFoundError: there is no such file, or it may not be read.
        MediaVanishedError: it went away, or its disk did, while it was read.
        CancelledError: `cancelled` became true.
    """
    path = Path(path)
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_HASH_BLOCK_BYTES):
                stop_if(cancelled)
                digest.update(block)
    except (FileNotFoundError, PermissionError) as error:
        raise MediaNotFoundError(path, "it is not there or may not be read") from error
    except OSError as error:
        raise MediaVanishedError(path, "its disk failed while it was read") from error
    return digest.hexdigest()


@contextmanager
def hashed_meanwhile(path: Path, cancelled: Cancelled) -> Iterator[Callable[[], str]]:
    """`content_sha256` in a thread of its own while the file is read for something else; what is given waits for it.

    Whoever of the two is behind finds the file's blocks in memory, so a disk is read once. Leaving ends the thread.
    """
    left = Event()
    digests = Feed("sha256", map(content_sha256, [path], [left.is_set]), 1, cancelled)

    def digest() -> str:
        found = digests.get(wait=True)
        if found is None:  # the thread saw it first
            raise CancelledError("reading the media file was cancelled")
        return found

    digests.start()
    try:
        yield digest
    finally:
        left.set()
        digests.close()
