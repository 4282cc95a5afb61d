"""Revisions are listed whole or not at all, can be used in turn, and never touch what people said."""

import os
import sqlite3
import threading
from dataclasses import replace

import numpy as np
import pytest

from app.project import side_store, writers
from app.project.analyses import AnalysisStore
from app.project.comparison_json import comparison_from_json, comparison_to_json
from app.project.connection import writing
from app.project.errors import (
    FULL,
    ProjectBusyError,
    ProjectDamagedError,
    ProjectFullError,
    ProjectLockedError,
    ProjectReadOnlyError,
    RevisionError,
)
from app.project.revisions import RevisionStore
from app.project.side_store import PIECE_BYTES
from app.project.store import create_project, open_project
from tests.revisions import added, by, candidate, comparison, scored, weights
from tests.unit.app.project.records import adding, correction, marker, medium
from tests.unit.app.project.test_opening import make_read_only, small_disk  # noqa: F401  # a fixture
from trainer.finetune.values import Comparison


@pytest.fixture
def store(project, path):
    project.do(adding(medium("m2", "b.mp4", added_at="2026-02"), correction("c1", 0, 1)))
    with RevisionStore(path) as made:
        yield made


@pytest.fixture
def analyses(store, path):
    with AnalysisStore(path) as made:
        yield made


def count(store, table):
    return store._rows(f"SELECT count(*) FROM {table}")[0][0]


def test_none_is_stored(store):
    assert store.all() == ()
    assert store.current() is None
    assert store.next_name("1") == "1.1"
    with pytest.raises(RevisionError, match=r"there is none like it"):
        store.get("gone")
    with pytest.raises(RevisionError, match=r"none is called 1\.1 \(there are: none\)"):
        store.named("1.1")


def test_everything_comes_back(store, path):
    made = added(store, 1)
    again = candidate(store, 2, parent=made.id)
    store.add(again, weights(2))
    assert store.all() == (made, again)
    assert store.get(again.id) == again == store.named("1.2")
    assert store.weights(made.id) == weights(1)
    assert store.weights(again.id) == weights(2)
    assert count(store, "revision_pieces") == 2 * 3
    with RevisionStore(path, read_only=True) as looked:
        assert looked.all() == (made, again)
        assert looked.weights(made.id) == weights(1)


def test_the_weights_are_those_that_were_named(store):
    with pytest.raises(ValueError, match="not those"):
        store.add(candidate(store, 1), weights(2))
    assert count(store, "revisions") == 0


def test_names_are_never_given_again(store):
    first, second = added(store, 1), added(store, 2)
    assert (first.name, second.name, store.next_name("1")) == ("1.1", "1.2", "1.3")
    store.delete(second.id)
    assert store.next_name("1") == "1.3"
    assert store.next_name("2") == "2.1"
    added(store, 3, name="1.10")
    assert store.next_name("1") == "1.11"


def test_a_name_taken_meanwhile(store):
    added(store, 1)
    late = candidate(store, 2, name="1.1")
    with pytest.raises(ProjectBusyError, match=r"another training stored a revision 1\.1 meanwhile"):
        store.add(late, weights(2))
    assert [one.name for one in store.all()] == ["1.1"]
    assert store.weights(store.named("1.1").id) == weights(1)


def test_keeping_and_going_back(store):
    first, second = added(store, 1), added(store, 2)
    assert [one.state for one in store.all()] == ["candidate", "candidate"]
    assert store.current() is None
    store.keep(first.id)
    assert store.current() == replace(first, state="kept")
    store.make_current(second.id)
    assert store.current().name == "1.2"
    assert [one.state for one in store.all()] == ["kept", "kept"]
    store.make_current(None)
    assert store.current() is None
    assert len(store.all()) == 2
    with pytest.raises(RevisionError):
        store.make_current("gone")
    assert store.current() is None


def test_the_current_one_is_not_deleted(store):
    made = added(store, 1)
    store.keep(made.id)
    with pytest.raises(RevisionError, match=r"1\.1 is in use; make another one current first"):
        store.delete(made.id)
    assert store.current().id == made.id
    store.make_current(None)
    store.delete(made.id)
    assert store.all() == ()


def test_a_deleted_one_leaves_its_name_and_its_children(store, project):
    parent = added(store, 1)
    child = added(store, 2, parent=parent.id)
    store.delete(parent.id)
    assert store.all() == (child,)
    assert store.names() == {parent.id: "1.1", child.id: "1.2"}
    assert store.weights(child.id) == weights(2)
    assert count(store, "revision_pieces") == 3
    for asking in (store.get, store.weights, store.keep, store.delete, store.unscored):
        with pytest.raises(RevisionError, match=r"1\.1 was deleted"):
            asking(parent.id)
    assert project.integrity_check() is None


def test_what_taught_it_and_those_before_it_is_known_even_of_deleted_ones(store):
    first = added(store, 1, manifest={"seed": 1, "corrections": ["c1", "c2"]})
    second = added(store, 2, parent=first.id, manifest={"seed": 2, "corrections": ["c2", "c3"]})
    third = added(store, 3, parent=second.id, manifest={"seed": 3, "corrections": []})
    other = added(store, 4, manifest={"seed": 4})
    assert store.taught_by(first.id) == {"c1", "c2"}
    assert store.taught_by(third.id) == {"c1", "c2", "c3"}
    assert store.taught_by(other.id) == set()
    for gone in (first, second, other):
        store.delete(gone.id)
    assert store.taught_by(third.id) == {"c1", "c2", "c3"}


def test_deleting_takes_its_scores_along_and_nothing_else(store, analyses, project):
    before = project.all_corrections()
    made = added(store, 1)
    for media_id in ("m1", "m2"):
        analyses.save(media_id, by("1"))
        analyses.save(media_id, by(made))
    store.discard(made.id)
    assert count(store, "analyses") == 2
    assert [one.revision for one in analyses.revisions_of("m1")] == ["1"]
    assert analyses.load("m1", "1.1") is None
    assert project.all_corrections() == before
    assert project.undo_name == "Add"


def test_scores_that_come_too_late_are_not_stored(store, analyses):
    made = added(store, 1)
    store.delete(made.id)
    with pytest.raises(RevisionError, match=r"1\.1 was deleted meanwhile"):
        analyses.save("m1", by(made))
    assert analyses.summaries() == {}
    analyses.sweep()
    assert count(store, "analyses") == count(store, "analysis_pieces") == 0
    analyses.save("m1", by("1.1", "another bundle"))
    assert analyses.load("m1") is not None


def test_what_is_not_scored_yet(store, analyses):
    made = added(store, 1)
    assert store.unscored(made.id) == ()
    for media_id in ("m1", "m2"):
        analyses.save(media_id, by("1"))
    assert store.unscored(made.id) == ("m1", "m2")
    analyses.save("m1", by(made))
    assert store.unscored(made.id) == ("m2",)
    analyses.save("m2", by(made, "another bundle"))
    assert store.unscored(made.id) == ("m2",)
    analyses.save("m2", by(made))
    assert store.unscored(made.id) == ()


def test_others_notice(store, path):
    with RevisionStore(path) as other:
        seen = [other.changes()]
        made = added(store, 1)
        seen.append(other.changes())
        store.keep(made.id)
        seen.append(other.changes())
        store.make_current(None)
        seen.append(other.changes())
        store.delete(made.id)
        seen.append(other.changes())
        with pytest.raises(RevisionError):
            store.delete(made.id)
        assert seen == sorted(set(seen))
        assert other.changes() == seen[-1]


class Stopped(Exception):
    """The program ends here."""


@pytest.mark.parametrize("pieces", [0, 1, 2])
def test_one_that_is_stopped_is_not_listed(store, path, monkeypatch, pieces):
    before = added(store, 1)
    written = []

    def stop(_):
        written.append(1)
        if len(written) > pieces:
            raise Stopped

    monkeypatch.setattr(side_store.time, "sleep", stop)
    with pytest.raises(Stopped):
        added(store, 2)
    monkeypatch.undo()
    assert store.all() == (before,)
    assert count(store, "revision_pieces") == 3 + pieces + 1
    assert store.next_name("1") == "1.2"
    store.close()
    with RevisionStore(path) as again:
        made = added(again, 3)
        assert made.name == "1.2"
        assert again.all() == (before, made)
        assert count(again, "revision_pieces") == 6


def test_edits_go_on_while_it_is_stored_and_others_leave_it_alone(store, project, path, monkeypatch):
    made = []

    def edit(_):
        project.do(adding(correction(f"during {len(made)}", 10 + len(made), 11 + len(made))))
        other.sweep()
        made.append(1)

    with AnalysisStore(path) as other:
        monkeypatch.setattr(side_store.time, "sleep", edit)
        revision = added(store, 1)
    assert len(made) == 3
    assert store.weights(revision.id) == weights(1)
    assert len(project.corrections("m1")) == 1 + 3


def test_swept_away_by_another(store, path, monkeypatch):
    def sweep(_):
        with writing(store._db):
            store._db.execute("DELETE FROM revision_pieces")

    monkeypatch.setattr(side_store.time, "sleep", sweep)
    with pytest.raises(ProjectLockedError, match="another window took it over"):
        added(store, 1)
    assert store.all() == ()


def test_no_transaction_is_large(store):
    added(store, 1)
    assert store._rows("SELECT max(length(data)) FROM revision_pieces")[0][0] <= PIECE_BYTES


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("UPDATE revision_pieces SET data = x'00' WHERE number = 1", "the weights of revision 1.1 are damaged"),
        ("DELETE FROM revision_pieces WHERE number = 2", "the weights of revision 1.1 are damaged"),
        ("UPDATE revisions SET manifest = '{'", "a stored revision is damaged"),
    ],
)
def test_damage_is_told(store, path, sql, said):
    made = added(store, 1)
    with sqlite3.connect(path) as conn:
        conn.execute(sql)
    conn.close()
    with pytest.raises(ProjectDamagedError, match=said):
        store.weights(made.id)
    with pytest.raises((ProjectDamagedError, RevisionError), match="damaged"):
        store.keep(made.id)
    assert count(store, "revisions WHERE state = 'kept'") == 0


def test_to_be_looked_at_only(store, path):
    made = added(store, 1)
    with RevisionStore(path, read_only=True) as looked:
        assert looked.get(made.id) == made
        looked.sweep()
        for change in (looked.keep, looked.make_current, looked.delete, looked.discard):
            with pytest.raises(ProjectReadOnlyError, match="looked at only"):
                change(made.id)
        with pytest.raises(ProjectReadOnlyError):
            added(looked, 2)
    assert store.all() == (made,)


def test_a_read_only_disk(small_disk):  # noqa: F811
    path = small_disk / "study.affectline"
    with create_project(path), RevisionStore(path) as store:
        made = added(store, 1)
        store.keep(made.id)
    make_read_only(small_disk)
    with RevisionStore(path) as store:
        assert store.current().id == made.id
        assert store.weights(made.id) == weights(1)
        with pytest.raises(ProjectReadOnlyError, match="its disk is read-only"):
            store.make_current(None)


def test_a_full_disk_keeps_the_current_one(small_disk):  # noqa: F811
    """At whichever piece the room ends, the last included, nothing half is listed and edits go on afterwards."""
    path = small_disk / "study.affectline"
    with create_project(path) as project, RevisionStore(path) as store:
        project.do(adding(medium(), correction("c1", 0, 1)))
        kept = added(store, 1)
        store.keep(kept.id)
        refused = []
        for free_bytes in range(0, 2_000_000, 400_000):
            ballast(small_disk, free_bytes)
            try:
                added(store, 2)
            except ProjectFullError as error:
                refused.append(error.reason)
                assert len(store.all()) == 1
            (small_disk / "ballast").unlink()
            for late in store.all()[1:]:
                store.discard(late.id)
            store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            assert store.current().id == kept.id
            assert store.weights(kept.id) == weights(1)
        assert set(refused) == {FULL}
        assert 1 < len(refused) < 5
        project.do(adding(marker()))
        assert project.integrity_check() is None


def ballast(folder, free_bytes):
    """Use up a disk but for so much."""
    disk = os.statvfs(folder)
    (folder / "ballast").write_bytes(bytes(max(0, disk.f_bavail * disk.f_frsize - free_bytes)))


def test_what_others_left_behind(monkeypatch):
    mine, other = writers.new_writer(), writers.new_writer()
    recent, long_ago = "2999-01-01T00:00:00+00:00", "2020-01-01T00:00:00+00:00"
    assert not writers.left_behind(other, long_ago, mine)
    assert writers.left_behind(mine, recent, mine)
    assert writers.left_behind(None, recent, mine)
    writers.writer_closed(other)
    assert writers.left_behind(other, recent, mine)
    monkeypatch.setattr(writers.lock, "this_process", lambda: ("this machine", 1))
    assert not writers.left_behind("token 7 far away", recent, mine)
    assert writers.left_behind("token 7 far away", long_ago, mine)
    monkeypatch.setattr(writers.lock, "has_ended", lambda machine, pid: (machine, pid) == ("this machine", 7))
    assert writers.left_behind("token 7 this machine", recent, mine)
    assert not writers.left_behind("token 8 this machine", recent, mine)
    writers.writer_closed(mine)


def test_it_may_be_used_in_another_thread(store):
    thread = threading.Thread(target=added, args=(store, 1))
    thread.start()
    thread.join()
    assert len(store.all()) == 1


def test_they_are_in_copies(store, project, path):
    made = added(store, 1)
    store.keep(made.id)
    copy = path.with_name("copy.affectline")
    project.save_copy(copy)
    with open_project(copy), RevisionStore(copy) as other:
        assert other.current().id == made.id
        assert other.weights(made.id) == weights(1)


def assert_same(one, other):
    for name in ("accuracy", "uar", "calibration", "name", "count", "how"):
        assert getattr(one, name) == getattr(other, name)
    for name in ("recall_before", "recall_after", "confusion_before", "confusion_after"):
        left, right = getattr(one, name), getattr(other, name)
        assert left.dtype == right.dtype
        np.testing.assert_array_equal(left, right)


def test_a_comparison_comes_back(store):
    asked = comparison("the guard set got worse")
    made = added(store, 1, comparison=comparison_to_json(asked))
    found = comparison_from_json(store.get(made.id).comparison)
    assert (found.worse, found.notes) == (asked.worse, asked.notes)
    assert_same(found.corrections, asked.corrections)
    assert_same(found.guard, asked.guard)


def test_a_comparison_of_nothing():
    nothing = Comparison(None, None)
    assert comparison_from_json(comparison_to_json(nothing)) == nothing
    assert comparison_from_json({}) == nothing
    assert comparison_from_json(comparison_to_json(Comparison(scored(), None))).guard is None


@pytest.mark.parametrize("changes", [{"version": 99}, {"corrections": {}}, {"worse": None}, {"guard": {"name": "x"}}])
def test_what_is_no_comparison(changes):
    with pytest.raises(ValueError, match="a comparison"):
        comparison_from_json({**comparison_to_json(comparison()), **changes})
