"""Work that a child process does in tests."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from engine.errors import CancelledError, MediaFormatError
from engine.values import Track

Cancelled = Callable[[], bool]


def count_up(_cancelled: Cancelled, until: int) -> Iterator[int]:
    yield from range(until)
    return until


def process_id(_cancelled: Cancelled) -> Iterator[int]:
    yield os.getpid()


def niceness(_cancelled: Cancelled) -> Iterator[int]:
    yield os.nice(0)


def turns(_cancelled: Cancelled, name: str, log: list[str]) -> Iterator[tuple[str, int]]:
    for number in range(3):
        yield name, number


def a_track(_cancelled: Cancelled) -> Iterator[Track]:
    yield Track([0.0], [1.0], np.full((1, 7), 1 / 7, np.float32))


def unreadable(_cancelled: Cancelled, path: str) -> Iterator[int]:
    yield 1
    raise MediaFormatError(path, "it is empty")


def faulty(_cancelled: Cancelled) -> Iterator[int]:
    yield 1
    raise ValueError("seven is no emotion")


def until_cancelled(cancelled: Cancelled) -> Iterator[str]:
    """Works on between two yields until it is told to stop."""
    yield "begun"
    while not cancelled():
        time.sleep(0.005)
    raise CancelledError("stopped")


def deaf(_cancelled: Cancelled) -> Iterator[str]:
    yield "begun"
    time.sleep(600)


def dies(_cancelled: Cancelled) -> Iterator[str]:
    yield "begun"
    os.kill(os.getpid(), signal.SIGKILL)


def writes_when_closed(_cancelled: Cancelled, path: str) -> Iterator[str]:
    try:
        yield "begun"
        yield "more"
    finally:
        with open(path, "w", encoding="utf-8") as file:
            file.write("closed")


def taken(steps: Iterator[Any]) -> tuple[list[Any], Any]:
    """All steps of a generator, and what it returned."""
    given = []
    while True:
        try:
            given.append(next(steps))
        except StopIteration as end:
            return given, end.value
