"""Connections to a project file, and the one way in which something is written through them."""

import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final, cast
from urllib.parse import quote

from sqlite_utils import Database

from app.project.disks import is_read_only_disk
from app.project.errors import of_system, told

BUSY_S: Final = 5.0
HEADER_TRIES, HEADER_WAIT_S = 5, 0.02
CHECKPOINT_PAGES: Final = 4096
"""A log longer than this (16 MB) goes into the file at the next commit, should nobody have been idle before."""
_LEFTOVERS: Final = ("-wal", "-journal")
_NO_ROOM_BESIDE: Final = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
"""What opening fails with where the log's index cannot be made beside the file."""


def connect(path: Path, *, any_thread: bool = False) -> Database:
    """A connection for writing; nothing that was committed is lost when the power fails.

    Raises:
        ProjectError: it cannot be opened.
    """
    with told(path):
        db = _opened(path, "mode=rw", any_thread)
        db.execute("PRAGMA synchronous = FULL")
        db.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        return db


def connect_read_only(path: Path, *, any_thread: bool = False) -> Database:
    """A connection that never writes.

    Raises:
        ProjectError: it cannot be opened.
    """
    with told(path):
        if is_read_only_disk(path.parent) and not leftovers(path):
            return _opened(path, "mode=ro&immutable=1", any_thread)
        try:
            return _opened(path, "mode=ro", any_thread)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in _NO_ROOM_BESIDE:
                raise
            return _private_copy(path, any_thread)


def application_id(path: Path) -> int | None:
    """Which program a database is of, from its header; None where it is no database. Nothing is written or locked.

    While another process moves its log into the file, the header can run ahead of the rest for a moment.
    """
    for _ in range(HEADER_TRIES):
        try:
            with closing(sqlite3.connect(f"{_uri(path)}?mode=ro&immutable=1", uri=True)) as conn:
                return int(conn.execute("PRAGMA application_id").fetchone()[0])
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CORRUPT:
                return None
            time.sleep(HEADER_WAIT_S)
    return None


def leftovers(path: Path) -> tuple[Path, ...]:
    """Files beside the project that hold changes which are not in it yet."""
    real = Path(os.path.realpath(path))
    beside = (real.with_name(real.name + ending) for ending in _LEFTOVERS)
    return tuple(file for file in beside if file.exists() and file.stat().st_size)


@contextmanager
def writing(db: Database) -> Iterator[None]:
    """One transaction that may write from its beginning; all of it happens, or nothing."""
    db.conn.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.conn.execute("COMMIT")
    except BaseException:
        db.rollback()
        raise


def choose_journal(db: Database, network: bool) -> None:
    """A write-ahead log where it is safe; on network folders the file's own rollback journal."""
    wanted = "delete" if network else "wal"
    if db.journal_mode == wanted:
        return
    with db.ensure_autocommit_on():
        if network:  # leaving the log must not need memory shared between machines
            db.execute("PRAGMA locking_mode = EXCLUSIVE")
        with suppress(sqlite3.OperationalError):  # another window uses it; then it stays as it is
            db.execute(f"PRAGMA journal_mode = {wanted}")
        if network:
            db.execute("PRAGMA locking_mode = NORMAL")
            db.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # lets go of the lock


def checkpoint(db: Database) -> bool:
    """Put the log into the file and empty it, without waiting for anybody; says whether it could be done."""
    db.execute("PRAGMA busy_timeout = 0")
    try:
        busy, _, _ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.OperationalError:  # a transaction of another connection is in its way
        busy = 1
    finally:
        db.execute(f"PRAGMA busy_timeout = {int(BUSY_S * 1000)}")
    return not busy


def checkpoint_file(path: Path) -> bool:
    """The same on a connection of its own, for a thread in which nobody waits: it takes up to a tenth of a second."""
    db = connect(path)
    try:
        return checkpoint(db)
    finally:
        db.close()


def _opened(
    path: Path, mode: str, any_thread: bool, factory: type[sqlite3.Connection] = sqlite3.Connection
) -> Database:
    address = f"{_uri(path)}?{mode}"
    conn = sqlite3.connect(address, uri=True, timeout=BUSY_S, check_same_thread=not any_thread, factory=factory)
    try:
        db = Database(conn, execute_plugins=False)
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA trusted_schema = OFF")  # the file may come from anybody
        db.execute("PRAGMA cell_size_check = ON")
        db.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # the file is looked at no sooner
    except BaseException:
        conn.close()
        raise
    return db


def _uri(path: Path) -> str:
    absolute = Path(os.path.abspath(path))
    text = os.fsencode(absolute.as_posix())
    return "file://" + quote(text if text.startswith(b"/") else b"/" + text)


class _Copied(sqlite3.Connection):
    """A connection to a copy that goes away with it."""

    folder: "tempfile.TemporaryDirectory[str]"

    def close(self) -> None:
        super().close()
        self.folder.cleanup()


def _private_copy(path: Path, any_thread: bool) -> Database:
    """What is on a disk that cannot be written, together with changes left beside it, which only writing takes in."""
    folder = tempfile.TemporaryDirectory(prefix="affectline-")
    try:
        for file in (path, *leftovers(path)):
            shutil.copyfile(file, Path(folder.name, file.name))
        db = _opened(Path(folder.name, path.name), "mode=rw", any_thread, _Copied)
    except OSError as error:
        folder.cleanup()
        raise of_system(path, error) from error
    cast(_Copied, db.conn).folder = folder
    db.execute("PRAGMA query_only = ON")
    return db
