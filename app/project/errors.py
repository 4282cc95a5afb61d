"""What can go wrong with a project file, each as one sentence that names the file."""

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ClassVar, Final

from engine.errors import AffectlineError

FULL_BELOW_BYTES: Final = 1 << 20
"""With less than this free, a failed write means that the disk is full, whatever it is called."""


FULL: Final = "the disk is full; make room and try again"
DAMAGED: Final = "it is damaged; open a copy of it, if there is one"


class ProjectError(AffectlineError):
    """A project file cannot be used.

    Attributes:
        path: the project file.
        reason: a clause that completes "cannot open the project <path>: ...".
    """

    doing: ClassVar[str] = "cannot open the project"

    def __init__(self, path: str | Path, reason: str) -> None:
        super().__init__(f"{self.doing} {path}: {reason}")
        self.path = Path(path)
        self.reason = reason


class ProjectNotFoundError(ProjectError):
    """There is no such file, or it may not be read."""


class NotAProjectError(ProjectError):
    """The file is empty or something else."""


class ProjectNewerError(ProjectError):
    """A newer version of this program made it."""


class ProjectDamagedError(ProjectError):
    """It is cut off, or what is in it contradicts itself."""


class ProjectStorageError(ProjectError):
    """Its disk or network folder fails or went away."""

    doing = "cannot reach the project"


class ProjectWriteError(ProjectError):
    """A change could not be stored; what was stored before is untouched."""

    doing = "cannot change the project"


class ProjectExistsError(ProjectWriteError):
    """A new project would replace a file."""

    doing = "cannot make the project"


class ProjectReadOnlyError(ProjectWriteError):
    """It was opened to be looked at only, or its disk lets nothing be written."""


class ProjectFullError(ProjectWriteError):
    """The disk is full."""


class ProjectBusyError(ProjectWriteError):
    """Something else kept writing to it for too long."""


class ProjectLockedError(ProjectWriteError):
    """Another window took it over."""


class RevisionError(ProjectError):
    """What was asked for cannot be done with this revision; the reason names it."""

    doing = "cannot use a revision of the project"


class StaleEditError(ProjectWriteError):
    """The edit was made for something that is no longer stored like that."""


class EditError(AffectlineError):
    """What was asked for cannot be done to these records; the text says why."""


@contextmanager
def told(path: Path) -> Iterator[None]:
    """What SQLite says about the file, as one of the errors above; what is none of them is a bug and stays."""
    try:
        yield
    except sqlite3.Error as error:
        known = of_sqlite(path, error)
        if known is None:
            raise
        raise known from error


def of_sqlite(path: Path, error: sqlite3.Error) -> ProjectError | None:
    """The error that a person can act on, or None where it is the program's own mistake."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK)
    match code & 0xFF:
        case sqlite3.SQLITE_FULL:
            return ProjectFullError(path, FULL)
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return ProjectReadOnlyError(path, "nothing may be written there")
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return ProjectBusyError(path, "another program keeps writing to it; try again")
        case sqlite3.SQLITE_CORRUPT:
            return ProjectDamagedError(path, DAMAGED)
        case sqlite3.SQLITE_NOTADB:
            return NotAProjectError(path, "it is no project of this program")
        case sqlite3.SQLITE_CANTOPEN:
            return ProjectNotFoundError(path, "it cannot be opened; is its folder still there?")
        case sqlite3.SQLITE_IOERR:
            if _is_full(path.parent):
                return ProjectFullError(path, FULL)
            return ProjectStorageError(path, "its disk or network folder does not answer; see that it is connected")
    return None


def of_system(path: Path, error: OSError) -> ProjectError:
    """The error for a file that could not be read or written without SQLite."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ProjectFullError(path, FULL)
    if error.errno == errno.EROFS:
        return ProjectReadOnlyError(path, "its disk is read-only")
    said = (error.strerror or str(error)).lower()
    if isinstance(error, FileNotFoundError):
        return ProjectNotFoundError(path, "there is no such file" if not os.path.exists(path) else said)
    if isinstance(error, PermissionError):
        return ProjectNotFoundError(path, "it may not be read or written")
    return ProjectStorageError(path, said)


def _is_full(folder: Path) -> bool:
    with suppress(OSError):
        return shutil.disk_usage(folder).free < FULL_BELOW_BYTES
    return False
