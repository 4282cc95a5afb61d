"""Where the review queue comes from: segments as the user sees their people, read once while they stay the same."""

from math import inf
from pathlib import Path

import pytest

from app.project import edits
from app.project.analyses import AnalysisStore
from app.project.segments import StoredSegment
from app.project.store import create_project, open_project
from app.project.values import Edit, Stretch
from app.review import Review
from app.session.review_source import ReviewSource, candidates_of, revision_scores
from tests.analyses import analysis
from tests.unit.app.project.records import correction, medium, note

NAMES = {"m1": "clip.mp4"}


def segment(start_s: float, person: str | None = "person-1", media_id: str = "m1") -> StoredSegment:
    return StoredSegment(media_id, person, start_s, start_s + 4, "happy", 0.8, False, 0.2)


def people(*segments: StoredSegment, notes: tuple = ()) -> list[tuple[float, str | None, str | None]]:
    return [(one.start_s, one.person, one.person_name) for one in candidates_of(segments, NAMES, notes)]


def test_people_as_they_are_shown() -> None:
    notes = (
        note("person-1", name="Ana", stretches=(Stretch("person-1", 0.0, 10.0),)),
        note("person-3", name="Ben", stretches=(Stretch("person-1", 10.0, inf), Stretch("person-2", 0.0, inf))),
    )
    found = people(segment(0), segment(7), segment(9), segment(2, "person-2"), segment(20, None), notes=notes)
    assert found == [
        (0, "person-1", "Ana"), (7, "person-1", "Ana"), (9, "person-3", "Ben"), (2, "person-3", "Ben"),
        (20, None, None),
    ]  # fmt: skip


def test_who_is_ignored_is_left_out_and_so_are_other_videos() -> None:
    assert people(segment(0), segment(5, "person-2"), segment(9, media_id="gone"), notes=(note(ignored=True),)) == [
        (5, "person-2", None)
    ]


def test_without_notes_everybody_is_the_engines() -> None:
    assert people(segment(0), segment(5, "person-2")) == [(0, "person-1", None), (5, "person-2", None)]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    path = tmp_path / "study.affectline"
    with create_project(path) as made:
        made.do(edits.add_media([medium()]))
    with AnalysisStore(path) as store:
        store.save("m1", analysis("clip.mp4"))
    return path


def read(source: ReviewSource, path: Path, store: AnalysisStore) -> Review:
    (review,) = source.review(lambda _path: store, path, NAMES, "ana", lambda: False)
    return review


def test_segments_are_read_again_only_when_they_changed(project: Path) -> None:
    source = ReviewSource()
    with AnalysisStore(project) as store:
        first = read(source, project, store)
        assert [one.start_s for one in first.left] == [0, 6, 10]
        label = Edit("Label", (), (correction("c1", 0, 6), correction("c2", 6, 10, coder="ben")))
        with open_project(project) as opened:
            opened.do(label)
        again = read(source, project, store)
        assert again.columns is first.columns
        assert [one.start_s for one in again.left] == [6, 10], "what another coder said stays in the queue"
        with open_project(project) as opened:
            opened.do(Edit("Ignore", (), (note(ignored=True),)))
        assert [one.person for one in read(source, project, store).left] == [None]
        before = read(source, project, store).columns
        source.note_segments()
        assert read(source, project, store).columns is not before


def test_a_project_without_revisions_has_no_scores(project: Path) -> None:
    assert revision_scores(project) == ()
