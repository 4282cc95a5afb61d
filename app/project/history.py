"""The edits log and the place in it up to which edits hold: undo and redo without limit, across restarts."""

from dataclasses import dataclass
from typing import Literal

from sqlite_utils import Database

from app.project.rows import records_of, text_of
from app.project.values import Edit, now

State = Literal["done", "undone", "dropped"]


@dataclass(frozen=True, slots=True)
class LoggedEdit:
    """An edit as the log tells it: it holds, or it was undone, or another was made in its stead."""

    id: int
    made_at: str
    who: str
    name: str
    state: State


class History:
    """Reads and writes the log; whoever calls keeps the transaction."""

    def __init__(self, db: Database, who: str) -> None:
        self._db = db
        self.who = who

    def append(self, edit: Edit) -> None:
        """Log a new edit after the one that holds; what was undone can no longer be redone."""
        values = [now(), self.who, edit.name, self._position(), text_of(edit.removed), text_of(edit.added)]
        added = self._db.execute(
            "INSERT INTO edits (made_at, who, name, after, removed, added) VALUES (?, ?, ?, ?, ?, ?)", values
        )
        self._move(added.lastrowid)

    def undo(self) -> Edit | None:
        """Step before the last edit that holds; gives what has to be done for it."""
        row = self._db.execute("SELECT edits.id, after FROM edits JOIN position ON edits.id = position.edit").fetchone()
        if row is None:
            return None
        self._step(row[0], "undo")
        self._move(row[1])
        return self._edit(row[0]).reversed()

    def redo(self) -> Edit | None:
        """Step after the edit that was undone last; gives what has to be done for it."""
        following = self._following()
        if following is None:
            return None
        self._step(following, "redo")
        self._move(following)
        return self._edit(following)

    def undo_name(self) -> str | None:
        """What `undo` would take back."""
        return self._name(self._position())

    def redo_name(self) -> str | None:
        """What `redo` would do again."""
        return self._name(self._following())

    def log(self) -> tuple[LoggedEdit, ...]:
        """Every edit ever made, in order of time."""
        rows = self._db.execute("SELECT id, made_at, who, name, after FROM edits ORDER BY id").fetchall()
        before = {row[0]: row[4] for row in rows}
        newest_after = {row[4]: row[0] for row in rows}
        states: dict[int, State] = {}
        position = self._position()
        edit = position
        while edit is not None:
            states[edit] = "done"
            edit = before[edit]
        edit = newest_after.get(position)
        while edit is not None:
            states[edit] = "undone"
            edit = newest_after.get(edit)
        return tuple(
            LoggedEdit(number, made_at, who, name, states.get(number, "dropped"))
            for number, made_at, who, name, _ in rows
        )

    def _position(self) -> int | None:
        found: int | None = self._db.execute("SELECT edit FROM position").fetchone()[0]
        return found

    def _following(self) -> int | None:
        found: int | None = self._db.execute(
            "SELECT max(id) FROM edits WHERE after IS (SELECT edit FROM position)"
        ).fetchone()[0]
        return found

    def _name(self, edit: int | None) -> str | None:
        row = self._db.execute("SELECT name FROM edits WHERE id = ?", [edit]).fetchone()
        return row[0] if row else None

    def _edit(self, edit: int) -> Edit:
        name, removed, added = self._db.execute(
            "SELECT name, removed, added FROM edits WHERE id = ?", [edit]
        ).fetchone()
        return Edit(name, records_of(removed), records_of(added))

    def _step(self, edit: int, step: Literal["undo", "redo"]) -> None:
        self._db.execute(
            "INSERT INTO steps (made_at, who, edit, step) VALUES (?, ?, ?, ?)", [now(), self.who, edit, step]
        )

    def _move(self, edit: int | None) -> None:
        self._db.execute("UPDATE position SET edit = ?", [edit])
