"""What was learned from corrections: revisions of a bundle, each whole within the project.

A new revision is a candidate until it is kept; the one in use is the current one, None being the bundle as it came.
None of this is an edit: corrections and the log of edits are never touched.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any, Final, Literal

from app.project.errors import (
    ProjectBusyError,
    ProjectDamagedError,
    ProjectLockedError,
    RevisionError,
)
from app.project.packing import FORMAT
from app.project.side_store import PIECE_BYTES, SideStore
from app.project.values import new_id, now

State = Literal["candidate", "kept"]


@dataclass(frozen=True, slots=True)
class Revision:
    """One trained state of a bundle's classifiers, NetVLADs and fusion.

    `trunks` are the fingerprints of the parts it was made with, by branch; `parent` is the id of a revision, which may
    be gone, or None for the bundle as it came. `calibration` holds the fields of `engine.bundle.Calibration`,
    `comparison` what `app.project.comparison_json` makes of before and after, `manifest` all that makes it again.
    """

    id: str
    name: str
    bundle: str
    bundle_sha256: str
    trunks: Mapping[str, str]
    parent: str | None
    made_at: str
    state: State
    lessons: int
    """How many corrections it learned from."""
    calibration: Mapping[str, float]
    comparison: Mapping[str, Any]
    manifest: Mapping[str, Any]
    weights_sha256: str
    size_bytes: int


_COLUMNS: Final = tuple(field.name for field in fields(Revision))
_JSON: Final = ("trunks", "calibration", "comparison", "manifest")
_LISTED: Final = "state IN ('candidate', 'kept')"


def new_candidate(
    weights: bytes,
    *,
    name: str,
    bundle: str,
    bundle_sha256: str,
    trunks: Mapping[str, str],
    parent: str | None,
    lessons: int,
    calibration: Mapping[str, float],
    comparison: Mapping[str, Any],
    manifest: Mapping[str, Any],
) -> Revision:
    """A candidate with these weights, made now."""
    return Revision(
        id=new_id(), name=name, bundle=bundle, bundle_sha256=bundle_sha256, trunks=trunks, parent=parent, made_at=now(),
        state="candidate", lessons=lessons, calibration=calibration, comparison=comparison, manifest=manifest,
        weights_sha256=hashlib.sha256(weights).hexdigest(), size_bytes=len(weights),
    )  # fmt: skip


class RevisionStore(SideStore):
    """Stores and reads revisions. Used by one thread at a time, in which it need not have been made."""

    # What there is

    def all(self) -> tuple[Revision, ...]:
        """Every revision that is whole, in the order in which they were made."""
        return self._read(f"{_LISTED} ORDER BY rowid")

    def get(self, revision: str) -> Revision:
        """One by its id.

        Raises:
            RevisionError: there is none, or it was deleted.
        """
        for found in self._read(f"{_LISTED} AND id = ?", revision):
            return found
        name = self.names().get(revision)
        raise RevisionError(self.path, f"{name} was deleted" if name else "there is none like it")

    def named(self, name: str) -> Revision:
        """One by its name.

        Raises:
            RevisionError: none is called that; says which there are.
        """
        for found in self._read(f"{_LISTED} AND name = ?", name):
            return found
        known = ", ".join(one.name for one in self.all()) or "none"
        raise RevisionError(self.path, f"none is called {name} (there are: {known})")

    def names(self) -> dict[str, str]:
        """Names by id, also those of deleted ones: what children of them call their parent."""
        return dict(self._rows("SELECT id, name FROM revisions WHERE state <> 'unfinished'"))

    def current(self) -> Revision | None:
        """The one in use; None where it is the bundle as it came."""
        return next(iter(self._read(f"{_LISTED} AND id = (SELECT current FROM learning)")), None)

    def taught_by(self, revision: str) -> frozenset[str]:
        """Ids of the corrections that it or one of those it came from learned from, deleted ones among them."""
        line = "WITH RECURSIVE line(id) AS (SELECT ? UNION SELECT parent FROM revisions JOIN line USING (id))"
        sql = f"{line} SELECT each.value FROM line JOIN revisions USING (id), json_each(manifest, '$.corrections') each"
        return frozenset(row[0] for row in self._rows(sql, revision) if row[0] is not None)

    def weights(self, revision: str) -> bytes:
        """The weights of a revision, as they were given.

        Raises:
            RevisionError: there is none, or it was deleted.
            ProjectDamagedError: they have changed since.
        """
        asked = self.get(revision)
        rows = self._rows("SELECT data FROM revision_pieces WHERE revision = ? ORDER BY number", revision)
        weights = b"".join(row[0] for row in rows)
        if hashlib.sha256(weights).hexdigest() != asked.weights_sha256:
            reason = f"the weights of revision {asked.name} are damaged; use another revision, or train it again"
            raise ProjectDamagedError(self.path, reason)
        return weights

    def next_name(self, bundle_revision: str) -> str:
        """A name that no revision had so far: the bundle's own revision, a dot, a running number."""
        numbers = [0]
        for name in self.names().values():
            stem, _, number = name.rpartition(".")
            if stem == bundle_revision and number.isdecimal():
                numbers.append(int(number))
        return f"{bundle_revision}.{max(numbers) + 1}"

    def unscored(self, revision: str) -> tuple[str, ...]:
        """Ids of the videos that its bundle analysed but that have no scores by this revision yet."""
        asked = self.get(revision)
        scored = "SELECT media_id FROM analyses WHERE whole AND format = ?1 AND bundle = ?2"
        rows = self._rows(
            f"SELECT id FROM media WHERE id IN ({scored}) AND id NOT IN ({scored} AND revision = ?3)"
            " ORDER BY added_at, path, id",
            FORMAT,
            asked.bundle,
            asked.name,
        )
        return tuple(row[0] for row in rows)

    def changes(self) -> int:
        """Grows with every change to what the methods above tell; for windows to notice what others did."""
        return int(self._rows("SELECT changes FROM learning")[0][0])

    # Changing it

    def add(self, revision: Revision, weights: bytes) -> None:
        """Store a revision with its weights; it is listed once all of it is there.

        Raises:
            ValueError: the weights are not those that it names.
            ProjectBusyError: another training took its name meanwhile.
            ProjectWriteError: it cannot be written; nothing of it is listed.
        """
        if hashlib.sha256(weights).hexdigest() != revision.weights_sha256 or len(weights) != revision.size_bytes:
            raise ValueError("the weights are not those that the revision names")
        self.sweep()
        try:
            with self._changing():
                self._insert(revision)
        except sqlite3.IntegrityError as error:
            reason = f"another training stored a revision {revision.name} meanwhile; train again"
            raise ProjectBusyError(self.path, reason) from error
        try:
            self._add_pieces(
                "INSERT INTO revision_pieces (revision, number, data) VALUES (?, ?, ?)",
                (
                    [(revision.id, place // PIECE_BYTES, weights[place : place + PIECE_BYTES])]
                    for place in range(0, len(weights), PIECE_BYTES)
                ),
            )
            with self._deciding():
                self._finish(revision)
        except sqlite3.IntegrityError as error:  # what was written so far was swept away
            raise ProjectLockedError(self.path, "another window took it over") from error

    def keep(self, revision: str) -> None:
        """Keep a candidate, and use it from now on."""
        self.make_current(revision)

    def make_current(self, revision: str | None) -> None:
        """Use a revision from now on, or the bundle as it came (None). A candidate is thereby kept.

        Raises:
            RevisionError: there is none, or it was deleted.
            ProjectWriteError: it cannot be written.
        """
        with self._deciding():
            if revision is not None:
                asked = self.get(revision)
                if self._weights_bytes(revision) != asked.size_bytes:
                    raise RevisionError(self.path, f"the weights of {asked.name} are damaged")
                self._db.execute("UPDATE revisions SET state = 'kept' WHERE id = ?", [revision])
            self._db.execute("UPDATE learning SET current = ?", [revision])

    def discard(self, revision: str) -> None:
        """Delete a candidate, with its scores."""
        self.delete(revision)

    def delete(self, revision: str) -> None:
        """Delete a revision with its scores. Its children stay; they are whole without it.

        Raises:
            RevisionError: there is none, or it is the current one.
            ProjectWriteError: it cannot be written.
        """
        with self._deciding():
            gone = self.get(revision)
            if self._rows("SELECT 1 FROM learning WHERE current = ?", revision):
                raise RevisionError(self.path, f"{gone.name} is in use; make another one current first")
            self._db.execute(
                "UPDATE revisions SET state = 'deleted', comparison = '{}',"
                " manifest = json_object('corrections', json_extract(manifest, '$.corrections')) WHERE id = ?",
                [revision],
            )  # what taught it taught its children, too
            self._db.execute(
                "UPDATE analyses SET whole = 0, writer = NULL WHERE whole AND bundle = ? AND revision = ?",
                [gone.bundle, gone.name],
            )
        self.sweep()

    def _insert(self, revision: Revision) -> None:
        values = {name: getattr(revision, name) for name in _COLUMNS}
        values |= {name: json.dumps(dict(values[name]), ensure_ascii=False, allow_nan=False) for name in _JSON}
        values |= {"state": "unfinished", "writer": self._writer}
        marks = ", ".join(f":{name}" for name in values)
        self._db.execute(f"INSERT INTO revisions ({', '.join(values)}) VALUES ({marks})", values)

    def _finish(self, revision: Revision) -> None:
        done = self._db.execute(
            "UPDATE revisions SET state = ?, writer = NULL WHERE id = ?", [revision.state, revision.id]
        ).rowcount
        if not done or self._weights_bytes(revision.id) != revision.size_bytes:
            raise ProjectLockedError(self.path, "another window took it over")

    def _weights_bytes(self, revision: str) -> int:
        sql = "SELECT coalesce(sum(length(data)), 0) FROM revision_pieces WHERE revision = ?"
        return int(self._rows(sql, revision)[0][0])

    @contextmanager
    def _deciding(self) -> Iterator[None]:
        """One transaction that is on the disk when it is over, and that other windows can notice."""
        if self._relaxed:
            self._db.execute("PRAGMA synchronous = FULL")
        try:
            with self._changing():
                self._db.execute("UPDATE learning SET changes = changes + 1")
                yield
        finally:
            if self._relaxed:
                self._db.execute("PRAGMA synchronous = NORMAL")

    def _read(self, where: str, *values: str) -> tuple[Revision, ...]:
        rows = self._rows(f"SELECT {', '.join(_COLUMNS)} FROM revisions WHERE {where}", *values)
        return tuple(self._revision(row) for row in rows)

    def _revision(self, row: tuple[Any, ...]) -> Revision:
        values = dict(zip(_COLUMNS, row, strict=True))
        try:
            return Revision(**values | {name: json.loads(values[name]) for name in _JSON})
        except ValueError as error:
            raise ProjectDamagedError(self.path, f"a stored revision is damaged ({error})") from error
