"""Stages timed, and generators in threads: order, bounds, errors and endings."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from engine.errors import CancelledError
from engine.media import never
from engine.threads import Feed, Stopwatch
from tests.waiting import settled

pytestmark = pytest.mark.timeout(60)


# Stopwatch


def test_a_stopwatch_adds_up_by_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.threads.time.perf_counter", iter([0.0, 1.0, 5.0, 7.0, 7.0, 7.5]).__next__)
    clock = Stopwatch()
    assert clock.timed("decode", max, 3, 4) == 4
    clock.timed("decode", int)
    with pytest.raises(ZeroDivisionError):
        clock.timed("faces", lambda: 1 / 0)
    assert clock.spent == {"decode": 3.0, "faces": 0.5}


# Feeds


def feed(items: Iterator[Any], size: int = 2, stopped: Callable[[], bool] = never) -> "Feed[Any]":
    made: Feed[Any] = Feed("test", items, size, stopped)
    made.start()
    return made


def everything(source: "Feed[Any]") -> list[Any]:
    given = []
    while (item := source.get(wait=True)) is not None:
        given.append(item)
    assert source.ended
    return given


def test_a_feed_keeps_the_order() -> None:
    source = feed(iter(range(1, 50)))
    assert everything(source) == list(range(1, 50))
    assert source.get(wait=True) is None


def test_a_feed_is_read_without_waiting_too() -> None:
    may_go_on = threading.Event()

    def items() -> Iterator[int]:
        may_go_on.wait(10)
        yield 1

    source = feed(items())
    assert source.get(wait=False) is None
    assert not source.ended
    may_go_on.set()
    assert everything(source) == [1]


@pytest.mark.parametrize("error", [ValueError("broken"), KeyboardInterrupt()])
def test_an_error_is_raised_after_the_items_before_it(error: BaseException) -> None:
    def items() -> Iterator[int]:
        yield 1
        raise error

    source = feed(items())
    assert source.get(wait=True) == 1
    with pytest.raises(type(error)):
        source.get(wait=True)
    assert source.ended


def endless(made: list[int]) -> Iterator[int]:
    while True:
        made.append(1)
        yield 1


def test_a_feed_holds_no_more_than_its_queue() -> None:
    made: list[int] = []
    source = feed(endless(made), size=3)
    source.get(wait=True)
    assert settled(made) <= 3 + 2  # those in the queue, the one taken, and the one in hand
    source.close()


def test_closing_ends_the_thread() -> None:
    source = feed(endless([]))
    source.close()
    assert not source._thread.is_alive()


def test_closing_what_never_began() -> None:
    Feed("test", iter([1]), 1, never).close()


def test_a_cancelled_feed_raises_and_ends() -> None:
    token = threading.Event()
    source = feed(endless([]), stopped=token.is_set)
    source.get(wait=True)
    token.set()
    with pytest.raises(CancelledError):
        source.get(wait=True)
    source._thread.join(10)
    assert not source._thread.is_alive()


def test_cancelling_while_waiting_for_a_slow_generator() -> None:
    token = threading.Event()

    def items() -> Iterator[int]:
        token.wait(10)
        yield from ()

    source = feed(items(), stopped=token.is_set)
    threading.Timer(0.2, token.set).start()
    with pytest.raises(CancelledError):
        source.get(wait=True)
    source.close()
