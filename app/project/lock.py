"""Who has the project open for writing: one row in it, kept alive by a beat."""

import getpass
import os
import platform
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import uuid4

from sqlite_utils import Database

from app.project.connection import writing
from app.project.values import now

BEAT_S: Final = 15
"""How often the window that writes says that it is still there."""
MISSED_BEATS: Final = 4
"""After so many missed ones it is taken to be gone."""
_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Holder:
    """The window that may write. `machine` tells machines apart, `host` is its name for people."""

    token: str
    who: str
    host: str
    machine: str
    pid: int
    since: str
    beat_at: str

    def is_gone(self, moment: datetime | None = None) -> bool:
        """Whether it ended without saying so: its process is no more, or it missed too many beats."""
        if has_ended(self.machine, self.pid):
            return True
        silent = (moment or datetime.now(UTC)) - datetime.fromisoformat(self.beat_at)
        return silent > timedelta(seconds=BEAT_S * MISSED_BEATS)

    def told(self) -> str:
        """A clause that names it: "Ana has had it open on desk-3 since 14:05"."""
        since = datetime.fromisoformat(self.since).astimezone()
        day = "" if since.date() == datetime.now().date() else f"{since:%Y-%m-%d} "
        return f"{self.who} has had it open on {self.host} since {day}{since:%H:%M}"


def holder(db: Database) -> Holder | None:
    """Who holds the project now."""
    row = db.execute(f"SELECT {_COLUMNS} FROM lock").fetchone()
    return Holder(*row) if row else None


def acquire(db: Database, who: str, *, take_over: bool = False) -> Holder | None:
    """Become the one who writes; None while somebody else is, unless they are gone or `take_over` insists."""
    with writing(db):
        other = holder(db)
        if other is not None and not (take_over or other.is_gone()):
            return None
        moment = now()
        mine = Holder(uuid4().hex, who, platform.node() or "this machine", _machine(), os.getpid(), moment, moment)
        db.execute("DELETE FROM lock")
        values = [getattr(mine, field.name) for field in fields(Holder)]
        db.execute(f"INSERT INTO lock (slot, {_COLUMNS}) VALUES (1, ?, ?, ?, ?, ?, ?, ?)", values)
        return mine


def is_held(db: Database, token: str) -> bool:
    """Whether the lock is still ours."""
    return db.execute("SELECT 1 FROM lock WHERE token = ?", [token]).fetchone() is not None


def beat(db: Database, token: str) -> bool:
    """Say that we are still there; False when another window took over."""
    with writing(db):
        return bool(db.execute("UPDATE lock SET beat_at = ? WHERE token = ?", [now(), token]).rowcount)


def release(db: Database, token: str) -> None:
    """Let others write."""
    with writing(db):
        db.execute("DELETE FROM lock WHERE token = ?", [token])


def person_here() -> str:
    """The name under which somebody is signed in."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in some containers
        return "somebody"


def has_ended(machine: str, pid: int) -> bool:
    """Whether a process of this machine is no more; one of another machine cannot be asked for."""
    return machine == _machine() and not _is_running(pid)


def this_process() -> tuple[str, int]:
    """Machine and number by which `has_ended` knows this process."""
    return _machine(), os.getpid()


def _machine() -> str:
    """This machine since it was started: a number of a process means nothing beyond."""
    try:
        return f"{platform.node()} {_BOOT.read_text().strip()}"
    except OSError:
        return platform.node()


def _is_running(pid: int) -> bool:
    """Whether there is such a process; assumed where the system cannot be asked without harm."""
    if os.name == "nt":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # there is one, of somebody else
        return True
    return True


_COLUMNS: Final = ", ".join(field.name for field in fields(Holder))
