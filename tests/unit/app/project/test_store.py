"""A project holds what edits put into it: at once, wholly, and nothing else."""

import sqlite3

import pytest

from app.project import edits
from app.project.errors import (
    NotAProjectError,
    ProjectExistsError,
    ProjectNotFoundError,
    ProjectReadOnlyError,
    StaleEditError,
)
from app.project.schema import APPLICATION_ID, VERSION
from app.project.store import create_project, open_project
from app.project.values import Edit
from tests.unit.app.project.records import adding, correction, epoch, marker, medium, note, participant


def test_a_new_project(project, path):
    assert project.path == path
    assert not project.read_only
    assert project.read_only_reason is None
    assert project.media() == (medium(),)
    assert project.corrections("m1") == project.notes("m1") == project.markers("m1") == project.epochs("m1") == ()
    assert project.integrity_check() is None


def test_the_file_says_what_it_is(project, path):
    project.close()
    with sqlite3.connect(path) as conn:
        assert conn.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
        assert conn.execute("PRAGMA user_version").fetchone()[0] == VERSION
        plain = conn.execute("SELECT name FROM pragma_table_list WHERE type = 'table' AND NOT strict").fetchall()
    conn.close()
    assert {name for (name,) in plain} <= {
        "sqlite_schema",
        "sqlite_temp_schema",
        "sqlite_sequence",
        "_sqlite_migrations",
    }
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_making_one_replaces_nothing(path):
    path.write_text("precious")
    with pytest.raises(ProjectExistsError):
        create_project(path)
    assert path.read_text() == "precious"


def test_making_one_in_no_folder(tmp_path):
    with pytest.raises(ProjectNotFoundError):
        create_project(tmp_path / "none" / "x.affectline")
    assert not list(tmp_path.iterdir())


def test_a_log_left_by_another_file_of_that_name_is_not_taken_in(path):
    path.with_name(path.name + "-wal").write_bytes(b"of another life" * 100)
    path.with_name(path.name + "-journal").write_bytes(b"of another life" * 100)
    with create_project(path) as project:
        assert project.media() == ()
        assert project.integrity_check() is None


def test_everything_comes_back(project, path):
    records = (
        participant(),
        note(name="Ana", participant_id="p1"),
        correction("c2", 3, 4),
        correction("c1", 0.5, 1.25, None, coder="ben", person=None),
        marker("k2", 9.0),
        marker("k1", 1.0),
        epoch("e2", 5, 6),
        epoch("e1", 0, 1),
        medium("m2", "other.mp4", added_at="2026-02"),
    )
    project.do(adding(*records))
    project.close()
    with open_project(path) as again:
        assert again.media() == (medium(), records[-1])
        assert again.medium("m2") == records[-1]
        assert again.medium("none") is None
        assert again.participants() == records[:1]
        assert again.notes("m1") == again.all_notes() == records[1:2]
        assert [one.id for one in again.corrections("m1")] == ["c1", "c2"]
        assert again.corrections("m2") == ()
        assert again.all_corrections() == (records[3], records[2])
        assert again.correction_counts() == {"m1": 2}
        assert [one.id for one in again.markers("m1")] == ["k1", "k2"]
        assert [one.id for one in again.epochs("m1")] == ["e1", "e2"]
        assert again.coders() == ("ana", "ben")


def test_an_edit_is_stored_when_do_returns(project, path):
    project.do(adding(correction("c1", 0, 1)))
    other = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    assert other.execute("SELECT id FROM corrections").fetchall() == [("c1",)]
    assert other.execute("SELECT count(*) FROM edits").fetchone() == (2,)
    other.close()
    assert project._db.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    assert project._db.journal_mode == "wal"


def test_an_edit_that_changes_nothing_is_not_logged(project):
    project.do(Edit("Nothing"))
    project.do(Edit("Nothing", (medium(),), (medium(),)))
    assert project.undo_name == "Add clip.mp4"


STORED = correction("c1", 1, 2)


@pytest.mark.parametrize(
    "edit",
    [
        Edit("other times", (correction("c1", 1, 2.5),), ()),
        Edit("other emotion", (correction("c1", 1, 2, None),), ()),
        Edit("other note", (correction("c1", 1, 2, note="x"),), (marker(),)),
        Edit("one is gone", (STORED, correction("c9", 5, 6)), ()),
        Edit("twice", (STORED, STORED), ()),
        Edit("an id that is taken", (), (marker(), correction("c1", 5, 6))),
        Edit("no such video", (), (marker(), correction("c2", 5, 6, media_id="m9"))),
        Edit("no such participant", (), (note(participant_id="p9"),)),
        Edit("a video that is still needed", (medium(),), ()),
        Edit("over another one", (), (correction("c2", 1.5, 3),)),
        Edit("around another one", (), (correction("c2", 0, 9),)),
        Edit("within another one", (), (correction("c2", 1.2, 1.3),)),
    ],
    ids=lambda edit: edit.name,
)
def test_what_does_not_fit_changes_nothing(project, edit):
    project.do(adding(STORED))
    with pytest.raises(StaleEditError):
        project.do(edit)
    assert project.corrections("m1") == (STORED,)
    assert project.markers("m1") == project.notes("m1") == ()
    assert project.undo_name == "Add"
    project.do(Edit("still works", (STORED,), ()))


def test_beside_one_another_they_may_be(project):
    beside = (
        correction("before", 0, 1),
        STORED,
        correction("after", 2, 3),
        correction("of another coder", 1.5, 3, coder="ben"),
        correction("of another person", 1.5, 3, person="person-2"),
        correction("of the scene", 1.5, 3, person=None),
    )
    project.do(adding(*beside))
    assert len(project.corrections("m1")) == len(beside)
    with pytest.raises(StaleEditError):
        project.do(adding(correction("of the scene, too", 2, 4, person=None)))


def test_the_order_within_an_edit_does_not_matter(project):
    new = (correction("c1", 0, 1, media_id="m2"), note(participant_id="p1"), participant(), medium("m2", "b.mp4"))
    project.do(adding(*new))
    project.do(Edit("Remove", (new[3], new[0]), ()))
    assert [one.id for one in project.media()] == ["m1"]


def test_removing_a_video_and_taking_that_back(project):
    records = (correction("c1", 0, 1), note(name="Ana"), marker(), epoch())
    project.do(adding(*records))
    project.do(
        edits.remove_media(
            [medium()], project.corrections("m1"), project.notes("m1"), project.markers("m1"), project.epochs("m1")
        )
    )
    assert project.media() == project.all_corrections() == project.all_notes() == ()
    project.undo()
    assert project.corrections("m1") == records[:1]
    assert project.epochs("m1") == records[3:]


def test_opened_to_be_looked_at_only(project, path):
    project.do(adding(STORED))
    project.close()
    with open_project(path, read_only=True) as looked:
        assert looked.read_only
        assert looked.read_only_reason == "it was opened to be looked at only"
        assert looked.corrections("m1") == (STORED,)
        assert looked.undo_name == "Add"
        assert not looked.checkpoint()
        assert not looked.beat()
        for step in (looked.undo, looked.redo, lambda: looked.do(adding(marker()))):
            with pytest.raises(ProjectReadOnlyError, match="looked at only"):
                step()


def test_idle_and_closing_empty_the_log(project, path):
    wal = path.with_name(path.name + "-wal")
    project.do(adding(STORED))
    assert wal.stat().st_size
    assert project.checkpoint()
    assert wal.stat().st_size == 0
    project.do(adding(marker()))
    project.close()
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_somebody_who_reads_does_not_hold_up_the_checkpoint(project, path):
    reader = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM media").fetchall()
    project.do(adding(STORED))
    assert not project.checkpoint()
    reader.close()
    assert project.checkpoint()


def test_closed_twice(project):
    project.close()
    project.close()
    with pytest.raises(ProjectReadOnlyError):
        project.do(adding(marker()))


def test_a_file_that_went_away_can_still_be_closed(project, path):
    for file in path.parent.iterdir():
        file.unlink()
    project.close()
    with pytest.raises(ProjectNotFoundError):
        open_project(path)


def test_reading_one_video_uses_an_index(project):
    for table in ("corrections", "markers", "epochs", "notes"):
        plan = project._rows(f"EXPLAIN QUERY PLAN SELECT * FROM {table} WHERE media_id = 'm1'")
        assert "USING INDEX" in plan[0][3], table
    plan = project._rows("EXPLAIN QUERY PLAN SELECT * FROM corrections WHERE media_id = 'm1' ORDER BY start_s, id")
    assert "USING INDEX corrections_in_time" in plan[0][3]
    plan = project._rows("EXPLAIN QUERY PLAN SELECT max(id) FROM edits WHERE after IS (SELECT edit FROM position)")
    assert "USING COVERING INDEX edits_after" in plan[0][3]


def test_odd_names(tmp_path):
    path = tmp_path / "50% of #1? ä\N{SNOWMAN} & co" / "a b?mode=memory.affectline"
    path.parent.mkdir()
    with create_project(path) as project:
        project.do(adding(medium()))
    with open_project(str(path)) as project:
        assert project.media() == (medium(),)


def test_a_path_is_kept_when_the_working_folder_changes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with create_project("here.affectline") as project:
        monkeypatch.chdir("/")
        project.do(adding(medium()))
        assert project.path == tmp_path / "here.affectline"


def test_a_folder_is_no_project(tmp_path):
    with pytest.raises(NotAProjectError):
        open_project(tmp_path)
