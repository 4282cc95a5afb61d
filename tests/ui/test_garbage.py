"""Garbage of the window is collected in its own thread, and in no other."""

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.garbage import GarbageCollector


class Node:
    """Something in a cycle; says in which thread it went."""

    def __init__(self, gone: list[threading.Thread]) -> None:
        self.me = self
        weakref.finalize(self, lambda: gone.append(threading.current_thread()))


@pytest.fixture
def collector(qtbot: QtBot) -> Iterator[GarbageCollector]:
    gc.enable()
    made = GarbageCollector()
    yield made
    made.close()
    gc.disable()  # as it is for all tests of the window


def make_much() -> None:
    """More objects than Python makes without looking for garbage, of every generation."""
    for _ in range(30):
        kept = [[] for _ in range(5_000)]
        del kept


def test_a_busy_thread_collects_nothing_and_the_window_does(qtbot: QtBot, collector: GarbageCollector) -> None:
    gone: list[threading.Thread] = []
    gc.collect()
    Node(gone)
    worker = threading.Thread(target=make_much)
    worker.start()
    worker.join()
    assert gone == []
    some = [[] for _ in range(5_000)]
    qtbot.waitUntil(lambda: len(gone) == 1, timeout=10_000)
    assert gone == [threading.main_thread()]
    assert len(some) == 5_000


def test_it_looks_only_where_something_is_due(collector: GarbageCollector, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    monkeypatch.setattr("app.garbage.gc.collect", looked.append)
    for counts in ((10, 0, 0), (900, 3, 3), (900, 11, 3), (5, 11, 11)):
        monkeypatch.setattr("app.garbage.gc.get_count", lambda counts=counts: counts)
        monkeypatch.setattr("app.garbage.gc.get_threshold", lambda: (700, 10, 10))
        collector.look()
    assert looked == [0, 1, 2]


def test_closed_it_is_as_before(collector: GarbageCollector) -> None:
    assert not gc.isenabled()
    inner = GarbageCollector()
    inner.close()
    assert not gc.isenabled()
    collector.close()
    assert gc.isenabled()
