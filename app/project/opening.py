"""How a project file is opened: known by its first bytes, brought to today's version, and looked over."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlite_utils import Database

from app.project.connection import application_id, connect, connect_read_only
from app.project.errors import DAMAGED, NotAProjectError, ProjectDamagedError, of_system, told
from app.project.schema import APPLICATION_ID, damage, make_ready

_MAGIC: Final = b"SQLite format 3\0"
_HEADER_BYTES: Final = 100
_APPLICATION_AT: Final = 68


def require_project(path: Path) -> None:
    """See by its first bytes that the file is a project, before it is opened for good.

    A project that is open already is read by SQLite alone: to close a plain file handle would give up every lock that
    this process has on it, and another process could then delete the log under it (sqlite.org/howtocorrupt.html, 2.2).

    Raises:
        ProjectError: it is not there, or no project; says what it is.
    """
    try:
        if path.is_dir():
            raise NotAProjectError(path, "it is a folder")
        if path.stat().st_size >= _HEADER_BYTES and application_id(path) == APPLICATION_ID:
            return
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    except OSError as error:
        raise of_system(path, error) from error
    if not header:
        raise NotAProjectError(path, "it is empty")
    if not header.startswith(_MAGIC[: len(header)]):
        raise NotAProjectError(path, "it is no project of this program")
    if len(header) < _HEADER_BYTES:
        raise ProjectDamagedError(path, "it is cut off; open a copy of it, if there is one")
    if int.from_bytes(header[_APPLICATION_AT : _APPLICATION_AT + 4], "big") != APPLICATION_ID:
        raise NotAProjectError(path, "it is a database of another program")


def opened(path: Path, *, read_only: bool) -> Database:
    """A connection to a file of today's version whose precious tables are whole."""
    db = connect_read_only(path) if read_only else connect(path)
    with closing_on_error(db), told(path):
        make_ready(db, path, read_only=read_only)
        wrong = damage(db)
        if wrong is not None:
            raise ProjectDamagedError(path, f"{DAMAGED} ({wrong})")
    return db


@contextmanager
def closing_on_error(db: Database) -> Iterator[None]:
    try:
        yield
    except BaseException:
        db.close()
        raise
