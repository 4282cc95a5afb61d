"""Analyses come back bit for bit, whole or not at all, and never touch what people said."""

import sqlite3
from dataclasses import fields, is_dataclass, replace

import numpy as np
import pytest

from app.project import side_store, writers
from app.project.analyses import AnalysisStore, AnalysisSummary
from app.project.errors import ProjectDamagedError, ProjectLockedError, ProjectReadOnlyError, ProjectWriteError
from app.project.packing import DTYPES, packed, unpacked
from app.project.pieces import grouped, pieces_of
from app.project.segments import StoredSegment
from app.project.side_store import PIECE_BYTES
from app.project.store import open_project
from app.timeline.disagreement import disagreement
from engine.values import BundleRef, Gap
from tests.analyses import analysis, empty_analysis, fused, person, segment
from tests.unit.app.project.records import adding, correction, medium


@pytest.fixture
def store(project, path):
    project.do(adding(medium("m2", "b.mp4", added_at="2026-02"), correction("c1", 0, 1)))
    with AnalysisStore(path) as made:
        yield made


def long_analysis():
    """Several pieces, awkward numbers, and many windows of few kinds."""
    somebody = person(frames=PIECE_BYTES // 8 * 3 + 5, segments=(segment(1 / 3, 0.1 + 0.2, "sad", 2 / 3, True),))
    odd = somebody.frames.probabilities.copy()
    odd[:4, 0] = np.nan, np.inf, -0.0, np.float32(1e-45)
    windows = replace(fused(300), branches=tuple(f"{number % 3}" for number in range(300)))
    somebody = replace(somebody, frames=replace(somebody.frames, probabilities=odd), fused=windows, name="Zoë")
    return analysis("ä 'quoted' \N{SNOWMAN}.mp4", people=(somebody, person(2)), features="/cache/x")


def assert_same(one, other, where="analysis"):
    """Equal in every field of every value, arrays in every bit, with the same types."""
    assert type(one) is type(other), where
    if is_dataclass(one):
        for field in fields(one):
            assert_same(getattr(one, field.name), getattr(other, field.name), f"{where}.{field.name}")
    elif isinstance(one, np.ndarray):
        assert (one.dtype, one.shape) == (other.dtype, other.shape), where
        assert one.tobytes() == other.tobytes(), where
        assert not other.flags.writeable, where
    elif isinstance(one, tuple):
        assert len(one) == len(other), where
        for place, (left, right) in enumerate(zip(one, other, strict=True)):
            assert_same(left, right, f"{where}[{place}]")
    else:
        assert one == other, where


@pytest.mark.parametrize("made", [analysis(), empty_analysis(), long_analysis()], ids=["short", "empty", "long"])
def test_bit_for_bit(store, path, made):
    store.save("m1", made)
    assert_same(made, store.load("m1"))
    store.close()
    with AnalysisStore(path, read_only=True) as again:
        assert_same(made, again.load("m1"))


def test_packing_knows_every_type():
    text, arrays = packed(long_analysis())
    assert {array.dtype.str for array in arrays.values()} <= DTYPES
    assert_same(long_analysis(), unpacked(text, arrays))


def test_numbers_of_numpy_are_numbers():
    made = analysis(gaps=(Gap("silence", np.float64(0.1), np.float64(1.0)),), start_s=np.float32(0.5))
    again = unpacked(*packed(made))
    assert again.gaps == made.gaps
    assert type(again.start_s) is float


@pytest.mark.parametrize("text", ['{"is": "Analysis"}', '{"is": "Nothing"}', "[]", "{", '{"array": "gone"}', '"x"'])
def test_what_is_no_analysis(text):
    with pytest.raises(ValueError):  # noqa: PT011  # whatever it says
        unpacked(text, {})


def test_none_is_stored(store):
    assert store.load("m1") is None
    assert store.summaries() == {}
    assert store.segments_of_all() == ()
    assert store.revisions_of("m1") == ()


def by(revision, bundle="starter", **changes):
    return analysis(bundle=BundleRef(bundle, revision, "cd" * 32, "compact"), **changes)


def test_revisions_live_side_by_side(store):
    store.save("m1", by("1", device="first"))
    store.save("m1", by("2", device="second"))
    store.save("m1", by("1", "own", device="own"))
    assert store.load("m1").device == "own"
    assert store.load("m1", "2").device == "second"
    assert store.load("m1", "1").device == "own"
    assert store.load("m1", "1", bundle="starter").device == "first"
    assert store.load("m1", "3") is None
    assert store.load("m2") is None
    assert [(one.bundle, one.revision) for one in store.revisions_of("m1")] == [
        ("own", "1"), ("starter", "2"), ("starter", "1"),
    ]  # fmt: skip


def test_the_same_revision_is_replaced(store, project):
    store.save("m1", long_analysis())
    store.save("m2", analysis())
    before = project._rows("SELECT count(*) FROM analysis_pieces WHERE analysis = 2")
    store.save("m1", analysis(device="again"))
    assert store.load("m1").device == "again"
    assert len(store.revisions_of("m1")) == 1
    counts = project._rows("SELECT analysis, count(*) FROM analysis_pieces GROUP BY analysis ORDER BY analysis")
    assert counts == [(2, before[0][0]), (3, before[0][0])]
    assert store.load("m2") is not None


def test_summaries(store):
    store.save("m1", by("1"))
    store.save("m1", by("2"))
    store.save("m2", empty_analysis())
    store.save("not in the project", analysis())
    summaries = store.summaries()
    assert set(summaries) == {"m1", "m2"}
    first = summaries["m1"]
    assert first == AnalysisSummary("starter", "2", "cd" * 32, first.made_at, 1, 3, 1, "happy", 0.61)
    assert (summaries["m2"].people, summaries["m2"].segments, summaries["m2"].emotion) == (0, 0, None)


def test_segments_of_all(store):
    store.save("m1", by("1", people=(person(segments=(segment(0, 9, "fear"),)),)))
    store.save("m1", by("2"))
    store.save("m2", analysis(people=(), unseen_segments=(segment(1, 2, "angry", 0.3, True),)))
    windows = disagreement(analysis().people[0], analysis().seconds)
    assert store.segments_of_all() == (
        StoredSegment("m1", "person-1", 0, 6, "neutral", 0.8, False, float(windows.amount.mean())),
        StoredSegment("m1", "person-1", 6, 10, "happy", 0.4, True),
        StoredSegment("m1", None, 10, 12, "sad", 0.6, False),
        StoredSegment("m2", None, 1, 2, "angry", 0.3, True),
    )


def test_failures(store):
    store.save_failure("m1", "cannot read a.mp4: it is empty")
    store.save_failure("m1", "cannot read a.mp4: it is no video")
    store.save_failure("m2", "no")
    assert store.failures() == {"m1": "cannot read a.mp4: it is no video", "m2": "no"}
    store.save("m1", analysis())
    assert store.failures() == {"m2": "no"}


def test_removing_a_video_hides_its_analysis_and_undo_brings_it_back(store, project):
    store.save("m2", analysis())
    project.undo()
    assert store.summaries() == {}
    assert store.segments_of_all() == ()
    project.redo()
    assert set(store.summaries()) == {"m2"}
    assert store.load("m2") is not None


class Stopped(Exception):
    """The program ends here."""


@pytest.mark.parametrize("pieces", [0, 1, 3])
def test_a_save_that_is_stopped_leaves_nothing(store, path, monkeypatch, pieces):
    store.save("m1", analysis(device="before"))
    written = []

    def stop(_):
        written.append(1)
        if len(written) > pieces:
            raise Stopped

    monkeypatch.setattr(side_store.time, "sleep", stop)
    with pytest.raises(Stopped):
        store.save("m1", long_analysis())
    monkeypatch.undo()
    assert store.load("m1").device == "before"
    assert len(store.revisions_of("m1")) == 1
    assert store._rows("SELECT count(*) FROM analyses") == [(2,)]
    store.close()
    with AnalysisStore(path) as again:
        assert again.load("m1").device == "before"
        again.sweep()
        assert again._rows("SELECT count(*) FROM analyses") == [(1,)]
        assert again._rows("SELECT DISTINCT analysis FROM analysis_pieces") == [(1,)]
        assert again.load("m1").device == "before"


def test_another_window_leaves_what_is_being_stored(store, path, monkeypatch):
    with AnalysisStore(path) as other:
        monkeypatch.setattr(side_store.time, "sleep", lambda _: other.sweep())
        store.save("m1", long_analysis())
    assert_same(store.load("m1"), long_analysis())


def test_what_took_too_long_is_swept_away(store, path, monkeypatch):
    def sweep(_):
        writers._OPEN.clear()  # as another process sees it
        monkeypatch.setattr(writers.lock, "_is_running", lambda _: False)
        other.sweep()

    with AnalysisStore(path) as other:
        monkeypatch.setattr(side_store.time, "sleep", sweep)
        monkeypatch.setattr(writers.lock, "this_process", lambda: ("elsewhere", 1))
        with pytest.raises(ProjectLockedError, match="another window took it over"):
            store.save("m1", long_analysis())
    assert store.load("m1") is None


def test_no_transaction_is_large(store):
    groups = list(grouped(pieces_of(*packed(long_analysis()))))
    assert len(groups) > 10
    assert max(sum(len(piece[-1]) for piece in group) for group in groups) <= PIECE_BYTES <= 1 << 20


def test_corrections_are_never_touched(store, project):
    before = project.all_corrections()
    store.save("m1", analysis())
    store.save("m1", analysis())
    store.sweep()
    assert project.all_corrections() == before
    assert project.integrity_check() is None


def test_edits_go_on_while_an_analysis_is_stored(store, project, monkeypatch):
    """The window's connection writes between any two pieces."""
    made = []

    def edit(_):
        project.do(adding(correction(f"during {len(made)}", 10 + len(made), 11 + len(made))))
        made.append(1)

    monkeypatch.setattr(side_store.time, "sleep", edit)
    store.save("m1", long_analysis())
    assert len(made) > 10
    assert len(project.corrections("m1")) == 1 + len(made)


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM analysis_pieces WHERE name = 'people.0.frames.box'",
        "DELETE FROM analysis_pieces WHERE name = 'document'",
        "UPDATE analysis_pieces SET data = x'00' WHERE name = 'people.0.frames.box'",
        "UPDATE analysis_pieces SET dtype = '|O' WHERE name = 'people.0.frames.box'",
        "UPDATE analysis_pieces SET data = x'7b' WHERE name = 'document'",
        "UPDATE analysis_pieces SET shape = '' WHERE name = 'people.0.frames.box'",
    ],
)
def test_a_damaged_one_is_told(store, path, sql):
    store.save("m1", analysis())
    with sqlite3.connect(path) as conn:
        conn.execute(sql)
    conn.close()
    with pytest.raises(ProjectDamagedError, match="a stored analysis is damaged"):
        store.load("m1")


def test_of_another_format_it_is_as_if_there_were_none(store, path):
    store.save("m1", analysis())
    store._db.execute("UPDATE analyses SET format = format + 1")
    assert store.load("m1") is None
    assert store.summaries() == {}
    store.save("m1", analysis())
    assert store.load("m1") is not None


def test_to_be_looked_at_only(store, path):
    store.save("m1", analysis())
    with AnalysisStore(path, read_only=True) as looked:
        assert looked.load("m1") is not None
        looked.sweep()
        with pytest.raises(ProjectReadOnlyError):
            looked.save("m1", analysis())
        with pytest.raises(ProjectWriteError):
            looked.save_failure("m1", "no")


def test_it_may_be_used_in_another_thread(store):
    import threading

    thread = threading.Thread(target=store.save, args=("m1", analysis()))
    thread.start()
    thread.join()
    assert store.load("m1") is not None


def test_it_does_not_keep_the_project_from_closing(store, project, path):
    store.save("m1", long_analysis())
    project.close()
    store.close()
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    with open_project(path) as again:
        assert not again.read_only
