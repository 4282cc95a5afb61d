"""Whole copies of a project that is in use."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlite_utils import Database

from app.project.connection import connect_read_only, leftovers, writing
from app.project.errors import ProjectError, ProjectExistsError, of_system, told
from app.project.lock import Holder, holder


def copy_project(source: Path, target: Path) -> None:
    """Write a copy with everything that is stored at this moment, and nobody's lock; it replaces `target` when whole.

    May run in any thread beside an open project.

    Raises:
        ProjectExistsError: the target is the project itself, or another one that somebody has open.
        ProjectError: the copy cannot be written.
    """
    if os.path.realpath(source) == os.path.realpath(target):
        raise ProjectExistsError(target, "that is the project itself")
    other = _user_of(target)
    if other is not None:  # who would go on writing into a file that is no more
        raise ProjectExistsError(target, f"{other.told()}; choose another name")
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        try:
            part.unlink(missing_ok=True)
            part.touch()
            with told(target), closing(connect_read_only(source)) as db, closing(Database(part)) as copy:
                db.conn.backup(copy.conn)
                _adapt(copy, source.parent)
            for old in leftovers(target):
                old.unlink()
            os.replace(part, target)
        finally:
            for rest in (part, *leftovers(part)):
                rest.unlink(missing_ok=True)
    except OSError as error:
        raise of_system(target, error) from error


def _user_of(path: Path) -> Holder | None:
    """Who has a file open as a project, if it is one."""
    if not os.path.isfile(path):
        return None
    try:
        with closing(connect_read_only(path)) as db:
            found = holder(db)
    except (ProjectError, sqlite3.Error):  # it is something else, and may be replaced as the person agreed
        return None
    return None if found is None or found.is_gone() else found


def _adapt(copy: Database, folder: Path) -> None:
    """One file without a log, free to be opened, that remembers from where its relative paths were meant."""
    copy.disable_wal()
    copy.execute("PRAGMA synchronous = FULL")
    with writing(copy):
        copy.execute("DELETE FROM lock")
        copy.execute("INSERT OR IGNORE INTO former_folders (folder) VALUES (?)", [os.path.abspath(folder)])
