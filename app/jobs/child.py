"""Generators that run in a child process and are read here, one step at a time.

torch and librosa hold Python's lock while they are imported and in their first calls: in a thread beside the window
they stopped it for 0.2 to 0.7 s (torch) and 0.09 s (librosa) on two cores, whatever the switch interval, and with the
libraries loaded beforehand too. In a child the longest pause was 10 ms, that of an idle program. A child may also run
out of memory, or die of a broken file, without the window.

The child goes on only when it is asked for the next step. So a generator that nobody reads is suspended in the child
as well, and several may take turns, all in the child's one thread.
"""

import itertools
import logging
import multiprocessing
import time
from collections.abc import Callable, Generator, Iterator
from typing import Any, Final

from app.jobs.wire import receive, send
from app.jobs.worker import Begin, Cancel, Close, Ended, Failed, Given, Next, Reply, serve
from engine.errors import AffectlineError, CancelledError

_logger = logging.getLogger(__name__)

LOOK_S: Final = 0.05
"""How long the child is waited for before the token is looked at again."""
CANCEL_WAIT_S: Final = 10.0
"""After this long a child that was told to stop is stopped. A full-size slice may take seconds on a small CPU."""
LEAVE_S: Final = 1.0


class ChildLostError(AffectlineError):
    """The child process ended in the middle of its work.

    Attributes:
        bystander: it was another generator that the child was at.
    """

    def __init__(self, name: str, exit_code: int | None, bystander: bool) -> None:
        super().__init__(f"the {name} process ended unexpectedly ({_reason(exit_code)})")
        self.bystander = bystander


class ChildBugError(Exception):
    """Something that should not have happened did in the child; the text is its traceback."""


class Child:
    """A child process, started when it is first needed and again after it was lost.

    Used by the thread of one lane alone, but for :meth:`close`.

    Args:
        name: what it does, for the list of processes and in messages: "analysis".
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._process: _Process | None = None

    def steps(
        self, work: Callable[..., Iterator[Any]], *arguments: Any, cancelled: Callable[[], bool]
    ) -> Generator[Any, None, Any]:
        """Run ``work(cancelled, *arguments)`` in the child; gives what it yields and returns what it returns.

        Args:
            work: a function of a module, which the child imports.
            arguments: values that can be pickled.

        Raises:
            CancelledError: `cancelled()` became true.
            AffectlineError: what `work` raised, or a `ChildLostError`.
            ChildBugError: `work` raised anything else.
        """
        process = self._running()
        number = process.begin(work, arguments)
        ended = False
        try:
            while True:
                reply = process.ask(Next(number), cancelled)
                if isinstance(reply, Given):
                    yield reply.step
                    continue
                ended = True
                if isinstance(reply, Ended):
                    return reply.value
                raise reply.error if isinstance(reply, Failed) else ChildBugError(reply.traceback)
        finally:
            if not ended and process.alive:
                process.tell(Close(number))

    def close(self) -> None:
        """End the child; from any thread. What still runs in it is lost."""
        process, self._process = self._process, None
        if process is not None:
            process.end()

    def _running(self) -> "_Process":
        if self._process is None or not self._process.alive:
            self._process = _Process(self.name)
        return self._process


class _Process:
    """One life of the child."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._numbers = itertools.count()
        self._connection, theirs = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(target=serve, args=(theirs,), name=f"affectline-{name}", daemon=True)
        self._process.start()
        theirs.close()  # so that the end of the child is the end of the pipe
        self._lost = False

    @property
    def alive(self) -> bool:
        return not self._lost and self._process.is_alive()

    def begin(self, work: Callable[..., Iterator[Any]], arguments: tuple[Any, ...]) -> int:
        number = next(self._numbers)
        self.tell(Begin(number, work, arguments))
        return number

    def tell(self, command: Begin | Next | Cancel | Close) -> None:
        """Send a command, if there is anybody to hear it; who is not there is noticed by whoever asks."""
        try:
            send(self._connection, command)
        except OSError:
            self._lost = True

    def ask(self, command: Next, cancelled: Callable[[], bool]) -> Reply:
        """Send a command and wait for its reply, telling the child when the work is cancelled meanwhile."""
        if self._lost:
            raise ChildLostError(self._name, self._exit_code(), bystander=True)
        self.tell(command)
        told_at_s: float | None = None
        try:
            while not self._connection.poll(LOOK_S):
                if told_at_s is None and cancelled():
                    told_at_s = time.monotonic()
                    self.tell(Cancel(command.number))
                elif told_at_s is not None and time.monotonic() - told_at_s > CANCEL_WAIT_S:
                    _logger.warning("the %s process did not stop when told to, and was ended", self._name)
                    self.end()
                    raise CancelledError(f"the {self._name} was cancelled")
            reply: Reply = receive(self._connection)
        except (EOFError, OSError) as error:
            self._lost = True
            if cancelled():
                raise CancelledError(f"the {self._name} was cancelled") from error
            raise ChildLostError(self._name, self._exit_code(), bystander=False) from error
        return reply

    def end(self) -> None:
        self._lost = True
        self._process.kill()
        self._process.join(LEAVE_S)

    def _exit_code(self) -> int | None:
        self._process.join(LEAVE_S)
        return self._process.exitcode


def _reason(exit_code: int | None) -> str:
    if exit_code is None:
        return "it no longer answers"
    if exit_code == -9:
        return "signal 9; the memory may have run out"
    return f"signal {-exit_code}" if exit_code < 0 else f"code {exit_code}"
