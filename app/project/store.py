"""A project: one file that holds what people say about videos, where every edit is stored at once and can be undone.

The window's thread uses a `Project`; what models say goes through `app.project.analyses` on a connection of its own.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import groupby
from pathlib import Path
from typing import Final

from sqlite_utils import Database

from app.project import lock
from app.project.connection import checkpoint, connect, leftovers, writing
from app.project.copies import copy_project
from app.project.disks import why_read_only
from app.project.errors import (
    ProjectBusyError,
    ProjectExistsError,
    ProjectFullError,
    ProjectLockedError,
    ProjectReadOnlyError,
    StaleEditError,
    of_system,
    told,
)
from app.project.history import History, LoggedEdit
from app.project.opening import closing_on_error, opened, require_project
from app.project.rows import COLUMNS, TABLES, R, record_of, row_of
from app.project.schema import migrate
from app.project.values import Correction, Edit, Epoch, Marker, Medium, Participant, PersonNote, Record

SUFFIX: Final = ".affectline"


def create_project(path: str | Path, *, who: str | None = None) -> "Project":
    """Make an empty project and open it. It appears whole or not at all.

    Raises:
        ProjectExistsError: there is a file of that name.
        ProjectError: it cannot be written.
    """
    path = Path(os.path.abspath(path))
    if path.exists():
        raise ProjectExistsError(path, "there is a file of that name")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        for old in (part, *leftovers(path)):  # a log without its project would be taken for the new one's
            old.unlink(missing_ok=True)
        part.touch(exist_ok=False)
        try:
            with told(path):
                db = connect(part)
                try:
                    migrate(db)
                finally:
                    db.close()
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise of_system(path, error) from error
    return open_project(path, who=who)


def open_project(
    path: str | Path, *, read_only: bool = False, who: str | None = None, take_over: bool = False
) -> "Project":
    """Open a project; read-only, and saying why, where nothing can be written or another window has it open.

    Args:
        who: who edits, for the log and for other windows; by default who is signed in.
        take_over: write even though another window seems to have it open; that window then may no longer.

    Raises:
        ProjectNotFoundError, NotAProjectError, ProjectNewerError, ProjectDamagedError, ProjectStorageError.
    """
    path = Path(os.path.abspath(path))
    require_project(path)
    who = who or lock.person_here()
    reason = "it was opened to be looked at only" if read_only else why_read_only(path)
    if reason is None:
        try:
            return _open_to_write(path, who, take_over)
        except (ProjectLockedError, ProjectFullError, ProjectBusyError, ProjectReadOnlyError) as error:
            reason = error.reason
    return Project(path, opened(path, read_only=True), who, None, reason)


def _open_to_write(path: Path, who: str, take_over: bool) -> "Project":
    db = opened(path, read_only=False)
    with closing_on_error(db), told(path):
        mine = lock.acquire(db, who, take_over=take_over)
        if mine is None:
            other = lock.holder(db)
            raise ProjectLockedError(path, other.told() if other else "another window has it open")
    return Project(path, db, who, mine.token, None)


class Project:
    """An open project. Made by `create_project` and `open_project`; used by the thread that opened it.

    Every edit is on the disk when `do`, `undo` or `redo` returns.
    """

    def __init__(self, path: Path, db: Database, who: str, token: str | None, read_only_reason: str | None) -> None:
        self.path: Final = path
        self.who = who
        self._db = db
        self._token = token
        self._read_only_reason = read_only_reason
        self._history = History(db, who)

    def set_who(self, who: str) -> None:
        """Somebody else edits from now on; the log says so."""
        self.who = self._history.who = who

    @property
    def read_only(self) -> bool:
        """Whether edits are refused."""
        return self._token is None

    @property
    def read_only_reason(self) -> str | None:
        """Why they are, as a clause."""
        return self._read_only_reason

    # What it holds

    def media(self) -> tuple[Medium, ...]:
        """All videos, in the order in which they were added."""
        return self._read(Medium, "1 ORDER BY added_at, path, id")

    def medium(self, media_id: str) -> Medium | None:
        """One video."""
        return next(iter(self._read(Medium, "id = ?", media_id)), None)

    def participants(self) -> tuple[Participant, ...]:
        """Everybody who has been named, by name."""
        return self._read(Participant, "1 ORDER BY name, id")

    def coders(self) -> tuple[str, ...]:
        """Everybody who has labelled or marked something."""
        rows = self._rows("SELECT coder FROM corrections UNION SELECT coder FROM markers ORDER BY coder")
        return tuple(row[0] for row in rows)

    def corrections(self, media_id: str) -> tuple[Correction, ...]:
        """A video's corrections by all coders, by start."""
        return self._read(Correction, "media_id = ? ORDER BY start_s, id", media_id)

    def all_corrections(self) -> tuple[Correction, ...]:
        """The corrections of all videos, video by video."""
        return self._read(Correction, "1 ORDER BY media_id, start_s, id")

    def correction_counts(self, coder: str | None = None) -> dict[str, int]:
        """How many corrections, all or one coder's, each video has, by its id; videos without any are left out."""
        whose, values = ("", ()) if coder is None else ("WHERE coder = ?", (coder,))
        return dict(self._rows(f"SELECT media_id, count(*) FROM corrections {whose} GROUP BY media_id", *values))

    def notes(self, media_id: str) -> tuple[PersonNote, ...]:
        """What was said about a video's people."""
        return self._read(PersonNote, "media_id = ? ORDER BY person", media_id)

    def all_notes(self) -> tuple[PersonNote, ...]:
        """What was said about the people of all videos."""
        return self._read(PersonNote, "1 ORDER BY media_id, person")

    def markers(self, media_id: str) -> tuple[Marker, ...]:
        """A video's markers, by time."""
        return self._read(Marker, "media_id = ? ORDER BY time_s, id", media_id)

    def epochs(self, media_id: str) -> tuple[Epoch, ...]:
        """A video's epochs, by start."""
        return self._read(Epoch, "media_id = ? ORDER BY start_s, id", media_id)

    def former_folders(self) -> tuple[Path, ...]:
        """Where the project was before it was copied here: relative paths may have been meant from there."""
        return tuple(Path(row[0]) for row in self._rows("SELECT folder FROM former_folders ORDER BY id DESC"))

    # Edits

    def do(self, edit: Edit) -> None:
        """Store an edit: all of it, or nothing and an error. An edit that changes nothing is not logged.

        Raises:
            StaleEditError: something it removes is not stored like that, or it contradicts what is.
            ProjectWriteError: it cannot be written: read-only, disk full, busy, taken over.
        """
        if edit.empty:
            return
        with self._changing():
            self._apply(edit)
            self._history.append(edit)

    def undo(self) -> Edit | None:
        """Take the last edit back. Gives what was done for it (`removed` went, `added` came), or None.

        Raises:
            ProjectWriteError: as `do`.
        """
        with self._changing():
            edit = self._history.undo()
            if edit is not None:
                self._apply(edit)
            return edit

    def redo(self) -> Edit | None:
        """Do again what was undone last. Gives the edit, or None.

        Raises:
            ProjectWriteError: as `do`.
        """
        with self._changing():
            edit = self._history.redo()
            if edit is not None:
                self._apply(edit)
            return edit

    @property
    def undo_name(self) -> str | None:
        """Name of the edit that `undo` takes back."""
        with told(self.path):
            return self._history.undo_name()

    @property
    def redo_name(self) -> str | None:
        """Name of the edit that `redo` does again."""
        with told(self.path):
            return self._history.redo_name()

    def log(self) -> tuple[LoggedEdit, ...]:
        """Every edit ever made, also those that were undone or given up."""
        with told(self.path):
            return self._history.log()

    # The file

    def beat(self) -> bool:
        """Tell other windows that this one is still there; to be called every `lock.BEAT_S` seconds.

        Gives False, and the project is read-only from then on, when another window took over.
        """
        if self._token is None:
            return False
        with told(self.path):
            if not lock.beat(self._db, self._token):
                self._lose()
        return not self.read_only

    def may_take_over(self) -> bool:
        """Whether opening it again would make it writable: whoever had it open is gone."""
        if self._token is not None or why_read_only(self.path) is not None:
            return False
        with told(self.path):
            other = lock.holder(self._db)
        return other is None or other.is_gone()

    def checkpoint(self) -> bool:
        """Put what is in the log beside the file into the file, for when nobody does anything; says whether it did."""
        if self.read_only:
            return False
        with told(self.path):
            return checkpoint(self._db)

    def integrity_check(self) -> str | None:
        """Read the whole file and give the first thing that is wrong with it; takes a while when it is large."""
        with told(self.path):
            said = str(self._rows("PRAGMA integrity_check(1)")[0][0])
            broken = self._rows("PRAGMA foreign_key_check")
        if said != "ok":
            return " ".join(said.split())
        return f"{len(broken)} records refer to nothing" if broken else None

    def save_copy(self, path: str | Path) -> None:
        """Write a copy of the project, whole, while it is open. It replaces a file of that name.

        Raises:
            ProjectError: it cannot be written.
        """
        copy_project(self.path, Path(path))

    def close(self) -> None:
        """Let others write, empty the log and close, even if the file cannot be reached any more."""
        try:
            with suppress(sqlite3.Error):
                if self._token is not None:
                    lock.release(self._db, self._token)
                    checkpoint(self._db)
        finally:
            self._token = None
            self._db.close()

    def __enter__(self) -> "Project":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _changing(self) -> Iterator[None]:
        if self._token is None:
            raise ProjectReadOnlyError(self.path, self._read_only_reason or "it is closed")
        try:
            with told(self.path), writing(self._db):
                if not lock.is_held(self._db, self._token):
                    raise ProjectLockedError(self.path, "another window took it over")
                yield
        except sqlite3.IntegrityError as error:
            raise StaleEditError(self.path, f"what the edit was made for has changed ({error})") from error
        except ProjectLockedError:
            self._lose()
            raise

    def _lose(self) -> None:
        self._token = None
        self._read_only_reason = "another window took it over"

    def _apply(self, edit: Edit) -> None:
        for kind, records in groupby(edit.removed, type):
            self._remove(kind, list(records))
        for kind, records in groupby(edit.added, type):
            columns = COLUMNS[kind]
            marks = ", ".join("?" * len(columns))
            sql = f"INSERT INTO {TABLES[kind]} ({', '.join(columns)}) VALUES ({marks})"
            self._db.conn.executemany(sql, map(row_of, records))

    def _remove(self, kind: type[Record], records: list[Record]) -> None:
        same = " AND ".join(f"{column} IS ?" for column in COLUMNS[kind])
        gone = self._db.conn.executemany(f"DELETE FROM {TABLES[kind]} WHERE {same}", map(row_of, records)).rowcount
        if gone != len(records):
            raise StaleEditError(self.path, "what the edit was made for has changed")

    def _read(self, kind: type[R], where: str, *values: str) -> tuple[R, ...]:
        rows = self._rows(f"SELECT {', '.join(COLUMNS[kind])} FROM {TABLES[kind]} WHERE {where}", *values)
        return tuple(record_of(kind, row) for row in rows)

    def _rows(self, sql: str, *values: str) -> list[tuple]:  # type: ignore[type-arg]
        with told(self.path):
            return self._db.execute(sql, values).fetchall()
