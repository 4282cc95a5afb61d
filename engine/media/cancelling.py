"""Stopping work that reads a file."""

from collections.abc import Callable

from engine.errors import CancelledError

Cancelled = Callable[[], bool]


def never() -> bool:
    """The `cancelled` of work that nobody stops."""
    return False


def stop_if(cancelled: Cancelled) -> None:
    """Stop here, if so wished.

    Raises:
        CancelledError: `cancelled` is true.
    """
    if cancelled():
        raise CancelledError("reading the media file was cancelled")
