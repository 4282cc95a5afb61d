"""Whatever SQLite or the system says becomes one sentence that names the file, or stays a bug."""

import errno
import inspect
import sqlite3
from pathlib import Path

import pytest

from app.messages import sentence
from app.project import errors

PATH = Path("/lab/study.affectline")


def sqlite_error(code, kind=sqlite3.OperationalError):
    error = kind("said")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_FULL, errors.ProjectFullError),
        (sqlite3.SQLITE_READONLY, errors.ProjectReadOnlyError),
        (sqlite3.SQLITE_READONLY_DBMOVED, errors.ProjectReadOnlyError),
        (sqlite3.SQLITE_BUSY, errors.ProjectBusyError),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, errors.ProjectBusyError),
        (sqlite3.SQLITE_CORRUPT, errors.ProjectDamagedError),
        (sqlite3.SQLITE_CORRUPT_INDEX, errors.ProjectDamagedError),
        (sqlite3.SQLITE_NOTADB, errors.NotAProjectError),
        (sqlite3.SQLITE_CANTOPEN, errors.ProjectNotFoundError),
        (sqlite3.SQLITE_IOERR_READ, errors.ProjectStorageError),
    ],
)
def test_what_sqlite_says(code, kind):
    with pytest.raises(kind) as caught, errors.told(PATH):
        raise sqlite_error(code)
    assert str(PATH) in sentence(caught.value)
    assert isinstance(caught.value.__cause__, sqlite3.OperationalError)


def test_a_failed_write_on_a_full_disk(monkeypatch):
    monkeypatch.setattr(errors, "_is_full", lambda folder: True)
    assert isinstance(errors.of_sqlite(PATH, sqlite_error(sqlite3.SQLITE_IOERR_WRITE)), errors.ProjectFullError)


def test_our_own_mistakes_stay_bugs():
    with pytest.raises(sqlite3.OperationalError), errors.told(PATH):
        raise sqlite_error(sqlite3.SQLITE_ERROR)
    with pytest.raises(sqlite3.ProgrammingError), errors.told(PATH):
        raise sqlite3.ProgrammingError("no code at all")


@pytest.mark.parametrize(
    ("number", "kind", "said"),
    [
        (errno.ENOENT, errors.ProjectNotFoundError, "there is no such file"),
        (errno.EACCES, errors.ProjectNotFoundError, "it may not be read or written"),
        (errno.EIO, errors.ProjectStorageError, "input/output error"),
        (errno.ENOSPC, errors.ProjectFullError, "the disk is full; make room and try again"),
        (errno.EROFS, errors.ProjectReadOnlyError, "its disk is read-only"),
    ],
)
def test_what_the_system_says(number, kind, said):
    import os

    error = errors.of_system(PATH, OSError(number, os.strerror(number)))
    assert type(error) is kind
    assert error.reason == said


def test_each_is_one_sentence():
    for kind in vars(errors).values():
        if inspect.isclass(kind) and issubclass(kind, errors.ProjectError):
            said = sentence(kind(PATH, "why"))
            assert said.startswith("cannot ")
            assert said.endswith(f"{PATH}: why")
    assert sentence(errors.EditError("nothing to split")) == "nothing to split"
