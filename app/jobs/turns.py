"""A lane's thread: generators that take turns, and a queue of what they say.

Nothing here belongs to Qt. An object of Qt must not lose its last reference in another thread than its own, and the
surest way is that this thread never holds one: it writes into a plain queue, and the window looks into it.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from app.jobs.job import EventKind
from app.messages import sentence
from engine.errors import AffectlineError, CancelledError
from engine.values import Progress

Cancelled = Callable[[], bool]
Work = Callable[[Cancelled], Iterator[Any]]

_NOTHING: Final = object()
_logger = logging.getLogger(__name__)


class Event(NamedTuple):
    """Something a run says. The last one of a run carries the run, so that it is let go of in the window thread."""

    number: int
    kind: EventKind
    value: Any = None


class Run:
    """A job in its lane: the generator, and the value that may turn out to be the last."""

    def __init__(self, number: int, work: Work, stop: threading.Event, said: "deque[Event]") -> None:
        self.number = number
        self.stop = stop
        self.over = False
        self._work = work
        self._said = said
        self._steps: Iterator[Any] | None = None
        self._held: Any = _NOTHING

    def say(self, kind: EventKind, value: Any = None) -> None:
        self._said.append(Event(self.number, kind, value))

    def advance(self) -> None:
        """One step. This is a job's boundary: what goes wrong in it ends the job and nothing else."""
        try:
            if self._steps is None:
                self._steps = iter(self._work(self.stop.is_set))
            step = next(self._steps)
            self._say_held()
            if isinstance(step, Progress):
                self.say("progress", step)
            else:
                self._held = step
        except StopIteration as end:
            self._end(end.value)
        except CancelledError:
            self._leave("cancelled")
        except AffectlineError as error:
            self._leave("failed", (sentence(error), error))
        except Exception as error:
            _logger.exception("unexpected error in a job")
            self._leave("failed", (f"this is a bug in affectline: {type(error).__name__}: {error}", error))

    def abandon(self) -> None:
        """Close the generator of a job that was cancelled while it waited or was suspended."""
        self.over = True
        close = getattr(self._steps, "close", None)
        if close is None:
            return
        try:
            close()
        except Exception:
            _logger.exception("unexpected error while a job was stopped")

    def _end(self, returned: Any) -> None:
        if returned is None and self._held is not _NOTHING:
            returned, self._held = self._held, _NOTHING
        self._leave("done", returned)

    def _leave(self, kind: EventKind, value: Any = None) -> None:
        self._say_held()
        self.over = True
        self.say(kind, value)

    def _say_held(self) -> None:
        if self._held is not _NOTHING:
            self.say("partial", self._held)
            self._held = _NOTHING


class Turns:
    """Runs in one daemon thread: the newest urgent one first, then the others in the order they came."""

    def __init__(self, name: str) -> None:
        self.said: deque[Event] = deque()
        self._changed = threading.Condition()
        self._urgent: list[Run] = []
        self._background: list[Run] = []
        self._closing = False
        self._thread = threading.Thread(target=self._take_turns, name=f"affectline-{name}", daemon=True)

    def add(self, number: int, work: Work, stop: threading.Event, urgent: bool) -> bool:
        """Queue a run, unless the lane is closed; says whether it did."""
        with self._changed:
            if self._closing:
                return False
            (self._urgent if urgent else self._background).append(Run(number, work, stop, self.said))
            self._changed.notify()
        if not self._thread.is_alive():
            self._thread.start()
        return True

    def hurry(self, number: int) -> None:
        with self._changed:
            for runs in (self._background, self._urgent):
                for run in [run for run in runs if run.number == number]:
                    runs.remove(run)
                    self._urgent.append(run)

    def close(self) -> None:
        """Take no more; the thread ends when nothing is left."""
        with self._changed:
            self._closing = True
            self._changed.notify()

    def ended(self, wait_s: float) -> bool:
        """Whether the thread is gone, or never was there."""
        if self._thread.is_alive():
            self._thread.join(wait_s)
        return not self._thread.is_alive()

    def _take_turns(self) -> None:
        before: Run | None = None
        while (run := self._next()) is not None:
            if run is not before:
                if before is not None and not before.over:
                    before.say("suspended")
                run.say("running")
            before = run
            run.advance()
            if run.over:
                self._drop(run)
                before = None

    def _next(self) -> Run | None:
        """The run whose turn it is, waiting for one; None once the lane is closed and empty."""
        while True:
            with self._changed:
                runs = [*reversed(self._urgent), *self._background]
                if not runs:
                    if self._closing:
                        return None
                    self._changed.wait()
                    continue
            stopped = [run for run in runs if run.stop.is_set()]
            if not stopped:
                return runs[0]
            for run in stopped:
                run.abandon()
                self._drop(run)

    def _drop(self, run: Run) -> None:
        with self._changed:
            for runs in (self._urgent, self._background):
                if run in runs:
                    runs.remove(run)
        run.say("finished", run)
