"""Lanes: single worker threads in which generators run, so that the window thread never waits.

A job is a generator and each of its yields a point at which it may be suspended, cancelled or told about. What a person
just asked for (`urgent`) suspends what runs in the background at its next yield; of several such jobs the newest goes
first. Jobs of the background run in the order they came.
"""

import itertools
import time
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer, Slot

from app.jobs.job import Job, JobState
from app.jobs.turns import Cancelled, Event, Turns, Work

__all__ = ["Cancelled", "Job", "JobState", "Lane", "Work", "never"]

Handler = Callable[..., object]

LOOK_MS: Final = 10
"""How often the window looks for news while there is work; not at all when there is none."""
DELIVERY_S: Final = 0.05
"""Time between two deliveries of what comes on the way: at most 20 a second. How a job ended is told at once."""
ON_THE_WAY: Final = frozenset({"progress", "partial"})


def never() -> bool:
    """The token of work that nobody stops."""
    return False


class Lane(QObject):
    """One worker thread. Made and used in the window thread; the worker starts with the first job.

    Args:
        name: of the thread, for whoever looks at a stuck process.
    """

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self._turns = Turns(name)
        self._jobs: dict[int, Job] = {}
        self._numbers = itertools.count()
        self._delivered_at_s = 0.0
        self._look = QTimer(self)
        self._look.setInterval(LOOK_MS)
        # Queued: a timer does not fire again within what it called, and a handler may show a dialog.
        self._look.timeout.connect(self._deliver_when_due, Qt.ConnectionType.QueuedConnection)

    def submit(
        self,
        work: Work,
        *,
        urgent: bool = False,
        on_progress: Handler | None = None,
        on_partial: Handler | None = None,
        on_done: Handler | None = None,
        on_failed: Handler | None = None,
        on_cancelled: Handler | None = None,
        on_finished: Handler | None = None,
    ) -> Job:
        """Queue a job; the handlers are connected before it can begin.

        Args:
            work: called in the lane with the job's token; gives the iterator that does the work. A `Progress` that it
                yields is progress, the value it returns (or else the last one it yields) is the result, all other
                values are partial results. Values must be frozen: they are read in another thread.
            urgent: somebody waits for this one.
        """
        job = Job()
        handlers = (on_progress, on_partial, on_done, on_failed, on_cancelled, on_finished)
        signals = (job.progress, job.partial, job.done, job.failed, job.cancelled, job.finished)
        for signal, handler in zip(signals, handlers, strict=True):
            if handler is not None:
                signal.connect(handler)
        number = next(self._numbers)
        if self._turns.add(number, work, job.stop, urgent):
            self._jobs[number] = job
            self._look.start()
        else:
            job.cancel()
        return job

    def hurry(self, job: Job) -> None:
        """Make a job that waits, runs or is suspended the most urgent one. One that is over stays over."""
        for number, known in self._jobs.items():
            if known is job:
                self._turns.hurry(number)

    @property
    def busy(self) -> bool:
        """Whether any job waits, runs, is suspended, or has ended and was not told of yet."""
        return bool(self._jobs)

    def close(self, wait_s: float = 2.0) -> bool:
        """Cancel everything, wait a little, and take no more jobs.

        Returns:
            Whether the thread has ended. One that has not cannot hold up the end of the program.
        """
        self._turns.close()
        for job in list(self._jobs.values()):
            job.cancel()
        return self._turns.ended(wait_s)

    @Slot()
    def _deliver_when_due(self) -> None:
        said = list(self._turns.said)
        waited_s = time.monotonic() - self._delivered_at_s
        if said and (waited_s >= DELIVERY_S or any(event.kind not in ON_THE_WAY for event in said)):
            self._delivered_at_s = time.monotonic()
            self._deliver(said)

    def _deliver(self, said: list[Event]) -> None:
        progress = {event.number: event for event in said if event.kind == "progress"}
        outdated = {id(event) for event in said if event.kind == "progress" and progress[event.number] is not event}
        for _ in said:
            if not self._turns.said:  # a handler that runs an event loop, as dialogs do, had them delivered
                break
            event = self._turns.said.popleft()
            if id(event) not in outdated:
                self._jobs[event.number].tell(event.kind, event.value)
            if event.kind == "finished":
                del self._jobs[event.number]
        if not self._jobs:
            self._look.stop()
