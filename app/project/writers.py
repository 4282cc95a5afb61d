"""Who is writing what is not finished yet, so that nobody sweeps away what another process is about to finish."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

from app.project import lock

LONGEST_WRITING: Final = timedelta(minutes=10)
"""Nothing takes nearly so long to write; what is older was left behind, whoever its writer seems to be."""
_OPEN: Final[set[str]] = set()
"""The writers of this process."""


def new_writer() -> str:
    """Name a connection that is going to write, until `writer_closed`."""
    machine, pid = lock.this_process()
    writer = f"{uuid4().hex} {pid} {machine}"
    _OPEN.add(writer)
    return writer


def writer_closed(writer: str) -> None:
    """Nothing more comes from it."""
    _OPEN.discard(writer)


def left_behind(writer: str | None, made_at: str, by: str) -> bool:
    """Whether what `writer` began at `made_at` will never be finished, as the connection `by` sees it.

    A connection is used by one thread at a time: what it left unfinished itself before it asks is left behind, too.
    """
    if writer is None or writer == by:
        return True
    if writer in _OPEN:
        return False
    if datetime.now(UTC) - datetime.fromisoformat(made_at) > LONGEST_WRITING:
        return True
    _, pid, machine = writer.split(" ", 2)
    if (machine, int(pid)) == lock.this_process():
        return True
    return lock.has_ended(machine, int(pid))
