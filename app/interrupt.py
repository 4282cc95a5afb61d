"""Ctrl-C as a token: the work in hand stops at its next batch and cleans up after itself."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interruptible(notice: Callable[[], None]) -> Iterator[Callable[[], bool]]:
    """Gives `cancelled`, true after the first Ctrl-C (or SIGTERM). A second one raises KeyboardInterrupt at once.

    Args:
        notice: called at the first, so that the person sees that it was heard.
    """
    asked = Event()

    def hear(_signal: int, _frame: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()
        notice()

    before = [signal.signal(number, hear) for number in SIGNALS]
    try:
        yield asked.is_set
    finally:
        for number, handler in zip(SIGNALS, before, strict=True):
            signal.signal(number, handler)
