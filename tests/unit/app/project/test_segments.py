"""Where two revisions differ, as the user sees the people; and which analysis of a video is shown."""

import pytest

from app.project.analyses import AnalysisStore
from app.project.errors import RevisionError
from app.project.revisions import RevisionStore
from app.project.segments import ChangedSegment, StoredSegment, changed_segments
from app.project.store import create_project
from app.project.values import Stretch
from tests.analyses import person, segment
from tests.revisions import added, by
from tests.unit.app.project.records import adding, correction, medium, note


def said(*parts, media="m1", person="person-1"):
    """Segments `(start_s, end_s, emotion, confidence)` of one person."""
    return [StoredSegment(media, person, *part, False) for part in parts]


BEFORE = said((0, 4, "neutral", 0.8), (4, 8, "happy", 0.6), (10, 12, "sad", 0.5))


def told(changed):
    return [(one.start_s, one.end_s, one.before, one.after) for one in changed]


def test_nothing_changed():
    assert changed_segments(["m1"], BEFORE, BEFORE) == ()
    assert changed_segments([], BEFORE, said((0, 12, "fear", 0.9))) == ()
    assert changed_segments(["m1"], BEFORE, ()) == ()
    assert changed_segments(["m1"], (), BEFORE) == ()


def test_only_where_both_say_something_and_differ():
    after = said((0, 2, "neutral", 0.7), (2, 9, "angry", 0.9), (9, 11, "sad", 0.5), (11, 14, "fear", 0.4))
    changed = changed_segments(["m1"], BEFORE, after)
    assert changed == (
        ChangedSegment("m1", "person-1", 2, 4, "neutral", "angry", 0.8, 0.9),
        ChangedSegment("m1", "person-1", 4, 8, "happy", "angry", 0.6, 0.9),
        ChangedSegment("m1", "person-1", 11, 12, "sad", "fear", 0.5, 0.4),
    )
    assert told(changed_segments(["m1"], BEFORE, after, least_s=2.0)) == [
        (2, 4, "neutral", "angry"), (4, 8, "happy", "angry"),
    ]  # fmt: skip


def test_neighbours_that_say_the_same_are_one():
    after = said((0, 1, "fear", 0.9), (1, 4, "fear", 0.5), (4, 5, "happy", 0.5), (5, 6, "fear", 0.5))
    assert changed_segments(["m1"], BEFORE, after) == (
        ChangedSegment("m1", "person-1", 0, 4, "neutral", "fear", 0.8, pytest.approx(0.6)),
        ChangedSegment("m1", "person-1", 5, 6, "happy", "fear", 0.6, 0.5),
    )
    apart = said((0, 1, "neutral", 0.9), (2, 3, "neutral", 0.5))
    assert told(changed_segments(["m1"], apart, said((0, 3, "sad", 0.9)))) == [
        (0, 1, "neutral", "sad"), (2, 3, "neutral", "sad"),
    ]  # fmt: skip


def test_videos_in_the_order_given_and_people_by_time():
    before = [
        *said((0, 9, "sad", 0.5), media="m2"), *said((5, 9, "sad", 0.5)),
        *said((1, 3, "sad", 0.5), person="person-2"), *said((3, 4, "sad", 0.5), person=None),
    ]  # fmt: skip
    after = [StoredSegment(one.media_id, one.person, one.start_s, one.end_s, "fear", 0.5, False) for one in before]
    changed = changed_segments(["m1", "m2"], before, after)
    assert [(one.media_id, one.person, one.start_s) for one in changed] == [
        ("m1", "person-2", 1), ("m1", None, 3), ("m1", "person-1", 5), ("m2", "person-1", 0),
    ]  # fmt: skip


def test_people_are_those_the_user_sees():
    after = said((0, 4, "fear", 0.9), (4, 8, "fear", 0.9))
    split = (
        note("person-1", stretches=(Stretch("person-1", 0, 4),)),
        note("ana", stretches=(Stretch("person-1", 4, 100),), participant_id=None),
    )
    assert [one.person for one in changed_segments(["m1"], BEFORE, after, split)] == ["person-1", "ana"]
    ignored = (note("person-1", ignored=True),)
    assert changed_segments(["m1"], BEFORE, after, ignored) == ()
    elsewhere = (note("person-1", ignored=True, media_id="m2"),)
    assert len(changed_segments(["m1"], BEFORE, after, elsewhere)) == 2


def test_what_coders_said_there():
    corrections = (
        correction("c1", 1, 2), correction("c2", 3.5, 6, "angry", coder="ben"), correction("c3", 8, 9),
        correction("c4", 1, 2, person="person-2"), correction("c5", 1, 2, media_id="m2"),
        correction("c6", 7, 8, None),
    )  # fmt: skip
    changed = changed_segments(["m1"], BEFORE, said((0, 8, "fear", 0.9)), (), corrections)
    assert [[one.id for one in stretch.said] for stretch in changed] == [["c1", "c2"], ["c2", "c6"]]


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    """Two videos by the bundle as it came, by two revisions (the later only of one), and by another bundle."""
    path = tmp_path_factory.mktemp("project") / "study.affectline"
    with create_project(path) as project, RevisionStore(path) as revisions, AnalysisStore(path) as analyses:
        project.do(adding(medium(), medium("m2", "b.mp4", added_at="2026-02"), correction("c1", 1, 2)))
        first, second = added(revisions, 1), added(revisions, 2)
        for media_id, maker, emotion in (
            ("m1", first, "happy"), ("m2", first, "happy"), ("m1", "1", "neutral"), ("m2", "1", "neutral"),
            ("m1", second, "fear"), ("gone", second, "fear"),
        ):  # fmt: skip
            analyses.save(media_id, by(maker, people=(person(segments=(segment(0, 6, emotion),)),)))
        yield path, first, second
    path.unlink()


@pytest.fixture
def stores(scored):
    path, first, second = scored
    with RevisionStore(path) as revisions, AnalysisStore(path) as analyses:
        revisions.make_current(None)
        yield revisions, analyses, first, second


def shown(analyses):
    """Which revision is shown of each video, by all ways of asking, and whether it is the current one."""
    summaries = analyses.summaries()
    emotions = {"neutral": "1", "happy": "1.1", "fear": "1.2"}
    listed = {one.media_id: emotions[one.emotion] for one in analyses.segments_of_all() if one.person is not None}
    assert listed == {media_id: summary.revision for media_id, summary in summaries.items()}
    for media_id, summary in summaries.items():
        assert analyses.load(media_id).bundle.revision == summary.revision
        assert [one.current for one in analyses.revisions_of(media_id) if one.revision == summary.revision] == [
            summary.current
        ]
    return {media_id: (summary.revision, summary.current) for media_id, summary in summaries.items()}


def test_the_bundle_as_it_came_is_shown_until_a_revision_is_current(stores):
    revisions, analyses, first, second = stores
    assert shown(analyses) == {"m1": ("1", True), "m2": ("1", True)}
    revisions.make_current(first.id)
    assert shown(analyses) == {"m1": ("1.1", True), "m2": ("1.1", True)}
    revisions.make_current(second.id)
    assert shown(analyses) == {"m1": ("1.2", True), "m2": ("1", False)}
    revisions.make_current(None)
    assert shown(analyses) == {"m1": ("1", True), "m2": ("1", True)}
    assert analyses.load("m1", "1.2").bundle.revision == "1.2"
    assert {one.revision for one in analyses.revisions_of("m1")} == {"1", "1.1", "1.2"}


def test_a_candidate_is_shown_only_where_there_is_nothing_else(path, project):
    with RevisionStore(path) as revisions, AnalysisStore(path) as analyses:
        made = added(revisions, 1)
        analyses.save("m1", by(made))
        assert (analyses.summaries()["m1"].revision, analyses.summaries()["m1"].current) == ("1.1", False)
        analyses.save("m1", by("3", "own"))
        analyses.save("m1", by(made))
        assert analyses.summaries()["m1"].bundle == "own"
        revisions.keep(made.id)
        assert analyses.summaries()["m1"].revision == "1.1"
        revisions.make_current(None)
        assert analyses.summaries()["m1"].bundle == "own"


def test_changed_over_the_project(stores):
    _, analyses, first, second = stores
    changed = analyses.changed_segments(None, first.id)
    assert [(one.media_id, *stretch) for one, stretch in zip(changed, told(changed), strict=True)] == [
        ("m1", 0, 6, "neutral", "happy"), ("m2", 0, 6, "neutral", "happy"),
    ]  # fmt: skip
    assert [one.id for one in changed[0].said] == ["c1"]
    assert changed[1].said == ()
    assert told(analyses.changed_segments(first.id, None, media_id="m2")) == [(0, 6, "happy", "neutral")]
    assert told(analyses.changed_segments(first.id, second.id)) == [(0, 6, "happy", "fear")]
    assert analyses.changed_segments(first.id, second.id, media_id="m2") == ()
    assert analyses.changed_segments(None, first.id, least_s=7) == ()
    assert analyses.changed_segments(first.id, first.id) == analyses.changed_segments(None, None) == ()


def test_segments_by_one_revision(stores):
    _, analyses, first, second = stores
    assert {one.emotion for one in analyses.segments_by(None, "starter") if one.person} == {"neutral"}
    assert [one.media_id for one in analyses.segments_by(second.id, "starter") if one.person] == ["m1"]
    assert analyses.segments_by(first.id, "another") == analyses.segments_by(None, "another") == ()


def test_a_revision_that_is_gone_cannot_be_compared(path, project):
    with RevisionStore(path) as revisions, AnalysisStore(path) as analyses:
        made = added(revisions, 1)
        revisions.discard(made.id)
        for before, after in ((None, made.id), (made.id, None), ("never", None)):
            with pytest.raises(RevisionError):
                analyses.changed_segments(before, after)
