"""A connection to the project beside the window's own, for what can be computed again.

Large things are written in pieces of a small transaction each, so that no edit has to wait for them, and count only
once the last of these says that they are whole.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from sqlite3 import Error as SqliteError
from types import TracebackType
from typing import Any, Final, Self

from app.project.connection import checkpoint, connect, connect_read_only, writing
from app.project.disks import why_read_only
from app.project.errors import ProjectReadOnlyError, told
from app.project.schema import make_ready
from app.project.writers import left_behind, new_writer, writer_closed

PIECE_BYTES: Final = 1 << 18
"""The most that one transaction writes: an edit that comes meanwhile waits two or three milliseconds for it."""
REST_S: Final = 0.008
"""Between two of them, so that an edit that waits gets its turn."""
_PIECES_SWEPT: Final = 4


class SideStore:
    """Used by one thread at a time, in which it need not have been made."""

    def __init__(self, path: str | Path, *, read_only: bool = False) -> None:
        """Open a connection of its own.

        Raises:
            ProjectError: the project cannot be opened.
        """
        self.path: Final = Path(path).absolute()
        self.read_only: Final = read_only or why_read_only(self.path) is not None
        self._db = (connect_read_only if self.read_only else connect)(self.path, any_thread=True)
        try:
            with told(self.path):
                make_ready(self._db, self.path, read_only=self.read_only)
                self._relaxed = not self.read_only and self._db.journal_mode == "wal"
                if self._relaxed:
                    self._db.execute("PRAGMA synchronous = NORMAL")  # safe with such a log, and lost work can be redone
        except BaseException:
            self._db.close()
            raise
        self._writer: Final = new_writer()

    def sweep(self) -> None:
        """Remove what was replaced or deleted and what a stopped program left unfinished, a little at a time.

        What another connection is writing stays. Only between two things that this one writes.
        """
        if self.read_only:
            return
        with told(self.path):
            for (number,) in self._stale("analyses", "NOT whole"):
                self._sweep("analysis_pieces", "analysis", number)
                self._remove_analysis(number)
            for (revision,) in self._stale("revisions", "state = 'unfinished'"):
                self._sweep("revision_pieces", "revision", revision)
                self._remove_revision(revision)
            for (revision,) in self._rows(
                "SELECT id FROM revisions WHERE state = 'deleted' AND id IN (SELECT revision FROM revision_pieces)"
            ):
                self._sweep("revision_pieces", "revision", revision)

    def close(self) -> None:
        """Close the connection."""
        writer_closed(self._writer)
        with suppress(SqliteError):  # it is closed even if the file cannot be reached any more
            if not self.read_only:
                checkpoint(self._db)
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _stale(self, table: str, unfinished: str) -> list[tuple[Any, ...]]:
        rows = self._rows(f"SELECT id, writer, made_at FROM {table} WHERE {unfinished}")
        return [(key,) for key, writer, made_at in rows if left_behind(writer, made_at, self._writer)]

    def _sweep(self, pieces: str, whose: str, key: int | str) -> None:
        some = f"SELECT id FROM {pieces} WHERE {whose} = ? LIMIT {_PIECES_SWEPT}"
        while True:
            with writing(self._db):
                gone = self._db.execute(f"DELETE FROM {pieces} WHERE id IN ({some})", [key]).rowcount
            if not gone:
                return
            time.sleep(REST_S)

    def _remove_analysis(self, number: int) -> None:
        with writing(self._db):
            self._db.execute("DELETE FROM segments WHERE analysis = ?", [number])
            self._db.execute("DELETE FROM analyses WHERE id = ?", [number])

    def _remove_revision(self, revision: str) -> None:
        with writing(self._db):
            self._db.execute("DELETE FROM revisions WHERE id = ?", [revision])

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """One transaction, with what SQLite says about it as an error that a person can act on."""
        if self.read_only:
            raise ProjectReadOnlyError(self.path, why_read_only(self.path) or "it was opened to be looked at only")
        with told(self.path), writing(self._db):
            yield

    def _add_pieces(self, sql: str, groups: Iterable[Sequence[tuple[Any, ...]]]) -> None:
        """Write rows, a transaction for each group."""
        for group in groups:
            with self._changing():
                self._db.conn.executemany(sql, group)
            time.sleep(REST_S)

    def _rows(self, sql: str, *values: str | int | None) -> list[tuple[Any, ...]]:
        with told(self.path):
            return self._db.execute(sql, values).fetchall()
