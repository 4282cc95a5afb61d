"""Files that are no project, broken ones, and disks that do not allow what is asked."""

import os
import sqlite3
import subprocess
import sys
from contextlib import suppress

import pytest

from app.project import disks, lock, schema, store
from app.project.analyses import AnalysisStore
from app.project.errors import (
    FULL,
    NotAProjectError,
    ProjectDamagedError,
    ProjectError,
    ProjectFullError,
    ProjectNewerError,
    ProjectNotFoundError,
    ProjectReadOnlyError,
    ProjectWriteError,
)
from app.project.opening import require_project
from app.project.store import create_project, open_project
from tests.analyses import analysis, person
from tests.unit.app.project.records import adding, correction, marker, medium

AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture
def stored(path):
    """A closed project with a thousand corrections."""
    with create_project(path) as project:
        project.do(adding(medium(), *(correction(f"c{number}", number, number + 1) for number in range(1000))))
    return path


@pytest.fixture
def small_disk(tmp_path):
    """A disk of four megabytes of its own, and how to make it read-only."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder]
    if not AS_ROOT or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only root may make a disk")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def make_read_only(folder):
    subprocess.run(["mount", "-o", "remount,ro", folder], check=True)


@pytest.mark.parametrize(
    ("content", "kind", "said"),
    [
        (b"", NotAProjectError, "it is empty"),
        (b"\0\0\0\x20ftypisom" * 50, NotAProjectError, "it is no project"),
        (b"SQLite", ProjectDamagedError, "it is cut off"),
        (b"SQLite format 3\0" + b"\x10\0" * 10, ProjectDamagedError, "it is cut off"),
    ],
)
def test_something_else(path, content, kind, said):
    path.write_bytes(content)
    with pytest.raises(kind, match=said):
        open_project(path)
    assert path.read_bytes() == content
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_to_look_at_an_open_project_gives_up_none_of_its_locks(stored):
    """Otherwise another process that closes it takes itself for the last one, and deletes the log under the first."""
    last_out = (
        "import sys; from pathlib import Path; from app.project.analyses import AnalysisStore;"
        "store = AnalysisStore(Path(sys.argv[1])); store.revisions_of('m1'); store.close()"
    )
    with open_project(stored) as project:
        project.do(adding(correction("c2000", 2000, 2001)))
        log = stored.with_name(stored.name + "-wal")
        known = log.stat().st_ino
        with open_project(stored, read_only=True) as other:
            assert len(other.all_corrections()) == 1001
        require_project(stored)
        subprocess.run([sys.executable, "-c", last_out, str(stored)], check=True)
        assert log.stat().st_ino == known
        project.do(adding(correction("c3000", 3000, 3001)))
    with open_project(stored, read_only=True) as project:
        assert len(project.all_corrections()) == 1002
        assert project.integrity_check() is None


def test_there_is_none(path):
    with pytest.raises(ProjectNotFoundError, match="there is no such file"):
        open_project(path)
    assert not path.exists()


def test_a_database_of_another_program(path):
    with sqlite3.connect(path) as conn:
        conn.execute("CREATE TABLE mail (x)")
    conn.close()
    with pytest.raises(NotAProjectError, match="another program"):
        open_project(path)


def test_a_newer_project_is_refused_and_left_alone(stored):
    with sqlite3.connect(stored) as conn:
        conn.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
        conn.execute("PRAGMA journal_mode = DELETE")
    conn.close()
    before = stored.read_bytes()
    for read_only in (False, True):
        with pytest.raises(ProjectNewerError, match="a newer version of this program made it"):
            open_project(stored, read_only=read_only)
    with pytest.raises(ProjectNewerError):
        AnalysisStore(stored)
    assert stored.read_bytes() == before


def test_an_older_project_is_brought_up(path):
    def older(db):
        with schema.writing(db):
            schema.MIGRATIONS.apply(db, stop_before="analyses")
            db.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
            db.execute("PRAGMA user_version = 1")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "migrate", older)
        patch.setattr(store, "open_project", lambda path, who: None)
        create_project(path)
    with pytest.raises(ProjectReadOnlyError, match="older version"):
        open_project(path, read_only=True)
    with open_project(path):
        pass
    with AnalysisStore(path) as analyses:
        assert analyses.summaries() == {}


def test_a_migration_that_fails_leaves_nothing(path, monkeypatch):
    def stumble(db):
        db.execute("CREATE TABLE half (x)")
        raise RuntimeError("power cut")

    with create_project(path):
        pass
    monkeypatch.setattr(schema.MIGRATIONS, "_migrations", [*schema.MIGRATIONS._migrations])
    schema.MIGRATIONS(name="next")(stumble)
    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 1)
    with pytest.raises(RuntimeError):
        open_project(path)
    with sqlite3.connect(path) as conn:
        assert conn.execute("SELECT name FROM sqlite_schema WHERE name = 'half'").fetchall() == []
        assert conn.execute("PRAGMA user_version").fetchone() == (schema.VERSION - 1,)
    conn.close()


@pytest.mark.parametrize("share", [0.9, 0.5, 0.1])
def test_a_truncated_project(stored, share):
    os.truncate(stored, int(stored.stat().st_size * share))
    before = stored.read_bytes()
    with pytest.raises(ProjectDamagedError, match="it is damaged"):
        open_project(stored)
    assert stored.read_bytes() == before


def test_no_damage_goes_unnoticed(stored):
    """A page of zeros or of noise, wherever it is among what people said."""
    whole = stored.read_bytes()
    for page in range(1, len(whole) // 4096):
        for noise in (bytes(4096), bytes(range(256)) * 16):
            stored.write_bytes(whole[: page * 4096] + noise + whole[(page + 1) * 4096 :])
            with suppress(ProjectDamagedError), open_project(stored) as project:
                assert project.integrity_check() is not None or len(project.corrections("m1")) == 1000, page


def test_a_read_only_disk(small_disk):
    path = small_disk / "study.affectline"
    with create_project(path) as project:
        project.do(adding(medium()))
    make_read_only(small_disk)
    with open_project(path) as project:
        assert project.read_only_reason == "its disk is read-only"
        assert project.media() == (medium(),)
        assert not project.may_take_over()
        with pytest.raises(ProjectReadOnlyError, match="its disk is read-only"):
            project.do(adding(marker()))
    with AnalysisStore(path) as analyses:
        assert analyses.read_only
    with pytest.raises(ProjectError):
        create_project(small_disk / "new.affectline")


@pytest.mark.parametrize("without_index", [False, True])
def test_changes_left_in_the_log_of_a_read_only_disk_are_seen(small_disk, without_index):
    """A program that was killed, or a stick that was pulled, leaves its last edits beside the project."""
    path = small_disk / "study.affectline"
    with create_project(path) as project:
        project.do(adding(medium()))
        left = {file: file.read_bytes() for file in small_disk.iterdir()}
    for file, content in left.items():
        if not (without_index and file.name.endswith("-shm")):
            file.write_bytes(content)
    make_read_only(small_disk)
    with open_project(path) as project:
        assert project.read_only_reason == "its disk is read-only"
        assert project.media() == (medium(),)
    with AnalysisStore(path) as analyses:
        assert analyses.summaries() == {}


def test_a_full_disk_loses_nothing(small_disk):
    path = small_disk / "study.affectline"
    with create_project(path) as project:
        project.do(adding(medium()))
        stored = []

        def fill():
            for number in range(10_000):
                record = correction(f"c{number}", number, number + 1, note="long " * 2000)
                project.do(adding(record))
                stored.append(record)

        with pytest.raises(ProjectFullError, match="the disk is full"):
            fill()
        assert stored
        assert project.corrections("m1") == tuple(stored)
        with pytest.raises(ProjectWriteError):
            project.do(adding(*(correction(f"d{number}", number, number + 1, coder="ben") for number in range(5000))))
        assert project.integrity_check() is None
    with open_project(path) as project:
        assert project.corrections("m1") == tuple(stored)


@pytest.mark.parametrize("killed", [False, True])
def test_a_project_on_a_full_disk_can_be_looked_at(small_disk, killed, monkeypatch):
    monkeypatch.setattr(lock, "_is_running", lambda pid: not killed)
    path = small_disk / "study.affectline"
    with create_project(path) as project:
        project.do(adding(medium()))
        left = {file: file.read_bytes() for file in small_disk.iterdir()}
    for file, content in left.items() if killed else ():
        file.write_bytes(content)
    with suppress(OSError), (small_disk / "ballast").open("wb", buffering=0) as ballast:
        while True:
            ballast.write(bytes(4096))
    with open_project(path) as project:
        assert project.read_only_reason == FULL
        assert project.media() == (medium(),)
        with pytest.raises(ProjectReadOnlyError, match="the disk is full"):
            project.undo()
    (small_disk / "ballast").unlink()
    with open_project(path) as project:
        assert not project.read_only


def test_a_file_that_may_not_grow_loses_nothing(project):
    pages = project._rows("PRAGMA page_count")[0][0]
    project._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(ProjectFullError, match="the disk is full"):
        project.do(adding(*(correction(f"c{number}", number, number + 1) for number in range(1000))))
    assert project.corrections("m1") == ()
    assert project.undo_name == "Add clip.mp4"
    project._db.execute("PRAGMA max_page_count = 100000")
    project.do(adding(correction("c1", 0, 1)))


def test_a_full_disk_keeps_the_analysis_before(small_disk):
    path = small_disk / "study.affectline"
    with create_project(path) as project, AnalysisStore(path) as analyses:
        project.do(adding(medium()))
        analyses.save("m1", analysis())
        (small_disk / "ballast").write_bytes(bytes(3 << 20))
        with pytest.raises(ProjectFullError):
            analyses.save("m1", analysis(people=(person(frames=50_000),)))
        assert len(analyses.load("m1").people[0].frames) == 5
        (small_disk / "ballast").unlink()
        project.do(adding(marker()))


@pytest.mark.skipif(AS_ROOT, reason="root may write everywhere")
def test_a_write_protected_file(stored):
    stored.chmod(0o444)
    with open_project(stored) as project:
        assert project.read_only_reason == "the file is write-protected"
        assert len(project.corrections("m1")) == 1000


def test_a_folder_without_write_access(stored, monkeypatch):
    monkeypatch.setattr(store, "why_read_only", lambda path: "its folder is write-protected")
    with open_project(stored) as project:
        assert project.read_only_reason == "its folder is write-protected"
        assert len(project.corrections("m1")) == 1000


def test_on_a_network_folder_there_is_no_log_beside_it(path, monkeypatch):
    with create_project(path) as project:
        project.do(adding(medium()))
        assert project._db.journal_mode == "wal"
    monkeypatch.setattr(schema, "is_network_folder", lambda folder: True)
    with open_project(path) as project, AnalysisStore(path) as analyses:
        assert project._db.journal_mode == "delete"
        project.do(adding(correction("c1", 0, 1)))
        analyses.save("m1", analysis())
        assert analyses._db.execute("PRAGMA synchronous").fetchone() == (2,)
        assert not path.with_name(path.name + "-wal").exists()
        assert open_project(path).read_only  # a second window can look at the same time
        project.do(adding(marker()))
    monkeypatch.undo()
    with open_project(path) as project:
        assert project._db.journal_mode == "wal"
        assert [one.id for one in project.corrections("m1")] == ["c1"]


def test_mounts_are_asked(path, monkeypatch):
    asked = []
    monkeypatch.setattr(
        schema, "is_network_folder", lambda folder: asked.append(folder) or disks.is_network_folder(folder)
    )
    with create_project(path):
        assert asked == [path.parent]


def test_a_disk_that_refuses_only_when_written_to_is_read(stored, monkeypatch):
    def refuse(path, who, take_over):
        raise ProjectReadOnlyError(path, "nothing may be written there")

    monkeypatch.setattr(store, "_open_to_write", refuse)
    with open_project(stored) as project:
        assert project.read_only_reason == "nothing may be written there"
        assert len(project.corrections("m1")) == 1000
