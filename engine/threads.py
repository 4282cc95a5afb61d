"""What the stream is made of: generators in threads of their own, read through bounded queues."""

import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Final, Generic, ParamSpec, TypeVar

from engine.errors import CancelledError

WAIT_S: Final = 0.1
"""How long a queue is waited on before the cancel token is looked at again."""

Item = TypeVar("Item")
Given = ParamSpec("Given")


class Stopwatch:
    """Seconds spent in each stage; stages of different threads overlap."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self._adding = threading.Lock()

    def timed(self, stage: str, work: Callable[Given, Item], *args: Given.args, **kwargs: Given.kwargs) -> Item:
        began = time.perf_counter()
        try:
            return work(*args, **kwargs)
        finally:
            with self._adding:
                self.spent[stage] += time.perf_counter() - began


class Feed(Generic[Item]):
    """A generator run in a thread of its own, read through a bounded queue; its error is raised where it is read."""

    _END: Final = object()

    def __init__(self, name: str, items: Iterator[Item], size: int, stopped: Callable[[], bool]) -> None:
        self._items = items
        self._queue: queue.Queue[object] = queue.Queue(size)
        self._stopped = stopped
        self._closed = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name=f"affectline-{name}", daemon=True)
        self.ended = False

    def start(self) -> None:
        self._thread.start()

    def get(self, wait: bool) -> Item | None:
        """The next item; None when there is none yet (or, once `ended` is set, at the end).

        Raises:
            CancelledError: the work was cancelled while waiting.
            Exception: whatever the generator raised.
        """
        while not self.ended:
            if self._stopped():
                raise CancelledError("analysis cancelled")
            try:
                item = self._queue.get(timeout=WAIT_S) if wait else self._queue.get_nowait()
            except queue.Empty:
                if wait:
                    continue
                return None
            if item is self._END:
                self.ended = True
                self._thread.join()
                if self._error is not None:
                    raise self._error
                return None
            return item  # type: ignore[return-value]
        return None

    def close(self) -> None:
        """Stop the generator and wait for its thread."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        try:
            for item in self._items:
                if not self._put(item):
                    break
        except BaseException as error:  # noqa: BLE001 (the reader raises it)
            self._error = error
        self._put(self._END)

    def _put(self, item: object) -> bool:
        while not (self._closed.is_set() or self._stopped()):
            try:
                self._queue.put(item, timeout=WAIT_S)
                return True
            except queue.Full:
                continue
        return False
