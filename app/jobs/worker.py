"""The child's side: generators, begun and advanced on command. Knows neither Qt nor what the generators do."""

import contextlib
import os
import queue
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Final

from app.jobs.wire import receive, send
from engine.errors import AffectlineError

NICENESS: Final = 5
"""The window and the player go first where there are not cores enough."""
LAST_STEP_S: Final = 5.0
"""How long the step in hand may take to clean up once the window's process is gone."""


@dataclass(frozen=True, slots=True)
class Begin:
    number: int
    work: Callable[..., Iterator[Any]]
    arguments: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Next:
    number: int


@dataclass(frozen=True, slots=True)
class Cancel:
    number: int


@dataclass(frozen=True, slots=True)
class Close:
    number: int


Command = Begin | Next | Cancel | Close


@dataclass(frozen=True, slots=True)
class Given:
    step: Any


@dataclass(frozen=True, slots=True)
class Ended:
    value: Any


@dataclass(frozen=True, slots=True)
class Failed:
    error: AffectlineError


@dataclass(frozen=True, slots=True)
class Broke:
    """Anything else that was raised: ours to mend."""

    traceback: str


Reply = Given | Ended | Failed | Broke


def serve(connection: Connection) -> None:
    """Obey the commands of the process that holds the other end, until it closes it or dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal reaches both; the window decides
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    tokens: dict[int, threading.Event] = {}
    commands: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(connection, commands, tokens), daemon=True).start()
    generators: dict[int, Iterator[Any]] = {}
    while (command := commands.get()) is not None:
        match command:
            case Begin(number, work, arguments):
                generators[number] = _begun(work, tokens[number].is_set, arguments)
            case Next(number):
                reply = _advanced(generators[number])
                if not isinstance(reply, Given):
                    del generators[number], tokens[number]
                with contextlib.suppress(OSError):  # nobody is left to hear it; the listener notices as well
                    send(connection, reply)
            case Close(number):
                tokens.pop(number, None)
                _close(generators.pop(number, None))
    for generator in generators.values():
        _close(generator)


def _listen(
    connection: Connection, commands: "queue.SimpleQueue[Command | None]", tokens: dict[int, threading.Event]
) -> None:
    """Receive commands while the other thread works; the token of a generator that is to stop is set at once."""
    try:
        while True:
            command: Command = receive(connection)
            if isinstance(command, Begin):
                tokens[command.number] = threading.Event()
            elif isinstance(command, Cancel | Close) and command.number in tokens:
                tokens[command.number].set()
            if not isinstance(command, Cancel):
                commands.put(command)
    except (EOFError, OSError):
        return  # the other process is gone
    finally:
        for token in list(tokens.values()):
            token.set()
        commands.put(None)
        last = threading.Timer(LAST_STEP_S, os._exit, (1,))
        last.daemon = True
        last.start()


def _begun(
    work: Callable[..., Iterator[Any]], cancelled: Callable[[], bool], arguments: tuple[Any, ...]
) -> Iterator[Any]:
    """Calls `work` with the first step, where what it raises has a reply."""
    return (yield from work(cancelled, *arguments))


def _advanced(generator: Iterator[Any]) -> Reply:
    """One step. With the lane that reads it this is a job's boundary."""
    try:
        return Given(next(generator))
    except StopIteration as end:
        return Ended(end.value)
    except AffectlineError as error:
        return Failed(error)
    except Exception:  # noqa: BLE001 (told to the other side, which logs it)
        return Broke(traceback.format_exc())


def _close(generator: Any) -> None:
    if generator is not None:
        with contextlib.suppress(AffectlineError):
            generator.close()
