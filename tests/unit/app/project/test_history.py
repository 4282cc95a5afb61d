"""Undo and redo: without limit, across restarts, whoever edits; the log keeps what was given up."""

import sqlite3

import pytest

from app.project.errors import StaleEditError
from app.project.store import open_project
from app.project.values import Edit
from tests.unit.app.project.records import adding, correction, marker

ONE, TWO = correction("c1", 0, 1), correction("c2", 1, 2, coder="ben")


def test_back_and_forth(project):
    project.do(adding(ONE, name="Label happy"))
    relabelled = correction("c1", 0, 1, "sad")
    project.do(Edit("Label sad", (ONE,), (relabelled,)))
    assert (project.undo_name, project.redo_name) == ("Label sad", None)

    assert project.undo() == Edit("Label sad", (relabelled,), (ONE,))
    assert project.corrections("m1") == (ONE,)
    assert (project.undo_name, project.redo_name) == ("Label happy", "Label sad")

    assert project.undo() == Edit("Label happy", (ONE,), ())
    assert project.redo() == Edit("Label happy", (), (ONE,))
    assert project.redo() == Edit("Label sad", (ONE,), (relabelled,))
    assert project.redo() is None
    assert project.corrections("m1") == (relabelled,)


def test_down_to_nothing(project):
    assert project.undo().name == "Add clip.mp4"
    assert project.undo() is None
    assert project.undo_name is None
    assert project.media() == ()
    assert project.redo().name == "Add clip.mp4"


def test_it_survives_a_restart(project, path):
    for number in range(150):
        project.do(adding(correction(f"c{number}", number, number + 1), name=f"Label {number}"))
    for _ in range(50):
        project.undo()
    project.close()
    with open_project(path, who="ben") as again:
        assert (again.undo_name, again.redo_name) == ("Label 99", "Label 100")
        for _ in range(100):
            again.undo()
        assert again.corrections("m1") == ()
        for _ in range(150):
            again.redo()
        assert again.redo_name is None
        assert len(again.corrections("m1")) == 150


def test_a_new_edit_gives_up_what_was_undone_but_keeps_it_in_the_log(project):
    project.do(adding(ONE, name="first"))
    project.do(adding(TWO, name="second"))
    project.undo()
    project.undo()
    project.do(adding(marker(), name="instead"))
    assert project.redo_name is None
    assert project.redo() is None
    project.do(adding(marker("k2"), name="undone later"))
    project.undo()
    assert [(edit.name, edit.state) for edit in project.log()] == [
        ("Add clip.mp4", "done"),
        ("first", "dropped"),
        ("second", "dropped"),
        ("instead", "done"),
        ("undone later", "undone"),
    ]
    project.undo()
    assert project.redo_name == "instead"  # of the branches the newest
    assert {edit.who for edit in project.log()} == {"ana"}


def test_steps_are_logged_too(project):
    project.do(adding(ONE))
    project.undo()
    project.redo()
    assert project._rows("SELECT who, step FROM steps ORDER BY id") == [("ana", "undo"), ("ana", "redo")]


def test_the_log_is_append_only(project):
    project.undo()
    for sql in ("UPDATE edits SET name = 'x'", "DELETE FROM edits", "DELETE FROM steps", "UPDATE steps SET who = 'x'"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            project._db.execute(sql)


def test_an_edit_that_fails_leaves_undo_and_redo_alone(project):
    project.do(adding(ONE, name="first"))
    project.undo()
    with pytest.raises(StaleEditError):
        project.do(Edit("wrong", (TWO,), ()))
    assert (project.undo_name, project.redo_name) == ("Add clip.mp4", "first")
    assert [edit.name for edit in project.log()] == ["Add clip.mp4", "first"]


def test_undo_does_not_ask_whose_edit_it_was(project, path):
    project.do(adding(ONE))
    project.close()
    with open_project(path, who="ben") as other:
        other.do(adding(TWO))
        other.undo()
        other.undo()
        assert other.corrections("m1") == ()
        assert [edit.who for edit in other.log()] == ["ana", "ana", "ben"]


def test_the_log_says_who_edits_now(project):
    project.set_who("ben")
    project.do(adding(TWO))
    project.set_who("ana")
    project.undo()
    assert (project.log()[-1].who, project.who) == ("ben", "ana")
    steps = project._db.execute("SELECT who FROM steps").fetchall()
    assert steps == [("ana",)]


def test_labels_are_counted_of_all_coders_or_of_one(project):
    project.do(adding(ONE, TWO))
    assert project.correction_counts() == {"m1": 2}
    assert project.correction_counts("ben") == {"m1": 1}
    assert project.correction_counts("nobody") == {}
