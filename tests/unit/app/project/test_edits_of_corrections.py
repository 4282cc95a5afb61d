"""What each edit of corrections removes and adds."""

import pytest

from app.project import edits
from app.project.errors import EditError
from app.project.values import Edit
from engine.values import Segment
from tests.unit.app.project.records import after, correction, spans

MS = edits.MIN_INTERVAL_S


def label(said, start_s, end_s, emotion="sad", **changes):
    given = {"person": "person-1", "coder": "ana", "origin": "blank", **changes}
    return edits.label(said, "m1", start_s=start_s, end_s=end_s, emotion=emotion, **given)


# Labelling


def test_a_new_label():
    edit = label((), 1, 2, None, person=None, coder="ben", origin="accepted", seen_in="voice", note="hm")
    assert edit.name == "Label unsure"
    assert edit.removed == ()
    (new,) = edit.added
    assert (new.media_id, new.person, new.start_s, new.end_s, new.emotion) == ("m1", None, 1, 2, None)
    assert (new.origin, new.coder, new.seen_in, new.note) == ("accepted", "ben", "voice", "hm")
    assert new.id
    assert new.made_at
    assert label((), 1, 2).name == "Label sad"
    assert label((), 1, 2).added[0].id != new.id


@pytest.mark.parametrize(
    ("start_s", "end_s", "said"),
    [
        (0, 2, [(0, 2, "sad"), (2, 4, "happy")]),  # beside it
        (1, 3, [(1, 3, "sad"), (3, 4, "happy")]),  # over its start
        (3, 5, [(2, 3, "happy"), (3, 5, "sad")]),  # over its end
        (2.5, 3, [(2, 2.5, "happy"), (2.5, 3, "sad"), (3, 4, "happy")]),  # within it
        (2, 4, [(2, 4, "sad")]),  # instead of it
        (1, 5, [(1, 5, "sad")]),  # around it
        (2 + MS / 2, 5, [(2 + MS / 2, 5, "sad")]),  # leaving less than can stay
        (2, 4 - MS / 2, [(2, 4 - MS / 2, "sad")]),
    ],
)
def test_a_new_label_takes_the_place_of_what_was_said_there(start_s, end_s, said):
    old = correction("c1", 2, 4, note="kept")
    edit = label((old,), start_s, end_s)
    now = after((old,), edit)
    assert spans(now) == said
    rests = [one for one in now if one.emotion == "happy"]
    assert all(rest.note == "kept" and rest.made_at == old.made_at for rest in rests)
    assert not rests or rests[0].id == "c1"
    assert len({one.id for one in now}) == len(now)


def test_a_label_over_several():
    old = (correction("c1", 0, 2), correction("c2", 2, 3, "fear"), correction("c3", 3, 6, "angry"))
    assert spans(after(old, label(old, 1, 4))) == [(0, 1, "happy"), (1, 4, "sad"), (4, 6, "angry")]


@pytest.mark.parametrize("other", [{"coder": "ben"}, {"person": "person-2"}, {"person": None}, {"media_id": "m2"}])
def test_others_are_left_alone(other):
    assert label((correction("c1", 0, 9, **other),), 1, 2).removed == ()


@pytest.mark.parametrize(("start_s", "end_s"), [(1, 1), (2, 1), (1, 1 + MS / 2), (float("nan"), 1)])
def test_too_short_for_a_label(start_s, end_s):
    with pytest.raises(EditError, match="too short"):
        label((), start_s, end_s)


def test_the_shortest_label():
    assert spans(label((), 1, 1 + MS).added) == [(1, 1 + MS, "sad")]


@pytest.mark.parametrize(
    ("before", "behind"), [("blank", "blank"), ("edited", "edited"), ("accepted", "edited"), ("batch", "edited")]
)
def test_another_emotion(before, behind):
    old = correction("c1", 0, 1, origin=before)
    edit = edits.relabel(old, "fear")
    assert (edit.name, edit.removed) == ("Label fear", (old,))
    (new,) = edit.added
    assert (new.id, new.emotion, new.origin) == ("c1", "fear", behind)
    assert new.made_at > old.made_at
    assert edits.relabel(old, None).name == "Label unsure"
    assert edits.relabel(old, "happy").empty


# Moving


def test_a_dragged_edge_pushes_the_neighbour():
    left, right = correction("c1", 0, 2), correction("c2", 2, 4, "sad")
    both = (left, right)
    edit = edits.move_edge(left, "end", 3, both)
    assert edit.name == "Move edge"
    assert spans(after(both, edit)) == [(0, 3, "happy"), (3, 4, "sad")]
    assert spans(after(both, edits.move_edge(left, "end", 9, both))) == [(0, 9, "happy")]
    assert spans(after(both, edits.move_edge(right, "start", 1, both))) == [(0, 1, "happy"), (1, 4, "sad")]
    assert spans(after(both, edits.move_edge(right, "start", 3, both))) == [(0, 2, "happy"), (3, 4, "sad")]


def test_an_edge_stops_before_the_other_and_at_the_beginning():
    one = correction("c1", 1, 2)
    assert spans(edits.move_edge(one, "start", 5, ()).added) == [(2 - MS, 2, "happy")]
    assert spans(edits.move_edge(one, "end", 0, ()).added) == [(1, 1 + MS, "happy")]
    assert spans(edits.move_edge(one, "start", -3, ()).added) == [(0, 2, "happy")]


def test_moved_onto_another():
    one, other = correction("c1", 0, 1), correction("c2", 2, 6, "sad")
    edit = edits.move(one, 3, 4, (one, other))
    assert edit.name == "Move correction"
    assert spans(after((one, other), edit)) == [(2, 3, "sad"), (3, 4, "happy"), (4, 6, "sad")]
    assert [record.id for record in edit.added if record.emotion == "happy"] == ["c1"]


def test_moved_nowhere():
    one = correction("c1", 0, 1)
    assert edits.move(one, 0, 1, (one,)).empty
    assert edits.move_edge(one, "end", 1.0, (one,)).empty


# Splitting and merging


def test_split():
    one = correction("c1", 1, 2, note="both keep it")
    edit = edits.split(one, 1.25)
    assert (edit.name, edit.removed) == ("Split", (one,))
    assert spans(edit.added) == [(1, 1.25, "happy"), (1.25, 2, "happy")]
    assert edit.added[0].id == "c1" != edit.added[1].id
    assert [part.note for part in edit.added] == ["both keep it"] * 2


@pytest.mark.parametrize("time_s", [0, 1, 1 + MS / 2, 2 - MS / 2, 2, 3])
def test_nothing_to_split(time_s):
    with pytest.raises(EditError, match="nothing to split"):
        edits.split(correction("c1", 1, 2), time_s)


def test_split_and_merged_it_is_as_before():
    one = correction("c1", 1, 2, note="x")
    whole = edits.merge(edits.split(one, 1.5).added).added[0]
    assert (whole.id, whole.start_s, whole.end_s, whole.note) == ("c1", 1, 2, "x")


def test_merged():
    parts = (correction("c2", 2, 3, note="b", seen_in="face"), correction("c1", 0, 2, note="a", seen_in="voice"))
    edit = edits.merge(parts, parts)
    assert edit.name == "Merge"
    assert set(edit.removed) == set(parts)
    (whole,) = edit.added
    assert (whole.id, whole.start_s, whole.end_s) == ("c1", 0, 3)
    assert (whole.note, whole.seen_in, whole.origin) == ("a; b", "both", "blank")
    mixed = edits.merge((parts[1], correction("c3", 2, 3, origin="batch", seen_in="voice")))
    assert (mixed.added[0].origin, mixed.added[0].seen_in) == ("edited", "voice")


def test_merged_over_time_about_which_nothing_was_said():
    parts = (correction("c1", 0, 1), correction("c2", 2, 3))
    of_others = (correction("c3", 1, 2, coder="ben"), correction("c4", 4, 5))
    assert spans(edits.merge(parts, (*parts, *of_others)).added) == [(0, 3, "happy")]


@pytest.mark.parametrize(
    ("other", "others", "said"),
    [
        ({"emotion": "sad"}, (), "different emotions"),
        ({"coder": "ben"}, (), "different people or coders"),
        ({"person": None}, (), "different people or coders"),
        ({}, (correction("c3", 1, 2, "sad"),), "another correction lies between"),
    ],
)
def test_what_cannot_be_merged(other, others, said):
    with pytest.raises(EditError, match=said):
        edits.merge((correction("c1", 0, 1), correction("c2", 2, 3, **other)), others)


def test_one_cannot_be_merged():
    with pytest.raises(EditError, match="at least two"):
        edits.merge((correction("c1", 0, 1),))


# The rest


def test_note_and_seen_in():
    one = correction("c1", 0, 1)
    assert edits.set_note(one, "why") == Edit("Edit note", (one,), (correction("c1", 0, 1, note="why"),))
    assert edits.set_note(one, "").empty
    face = edits.set_seen_in(one, "face")
    assert face == Edit("Seen in face", (one,), (correction("c1", 0, 1, seen_in="face"),))


SEGMENTS = (
    Segment(0, 2, "happy", 0.95, False),
    Segment(2, 5, "sad", 0.9, False),
    Segment(5, 6, "fear", 0.89, True),
    Segment(6, 8, "angry", 1.0, False),
)


def test_confident_segments_are_taken_over_as_a_batch():
    edit = edits.accept_segments(SEGMENTS, (), "m1", "person-1", "ana", 0.9)
    assert edit.name == "Accept 3 segments"
    assert spans(edit.added) == [(0, 2, "happy"), (2, 5, "sad"), (6, 8, "angry")]
    assert {(one.origin, one.coder, one.person, one.media_id) for one in edit.added} == {
        ("batch", "ana", "person-1", "m1")
    }
    assert edits.accept_segments(SEGMENTS, (), "m1", None, "ana", 0.99).name == "Accept 1 segment"
    assert edits.accept_segments(SEGMENTS, (), "m1", None, "ana", 1.1).empty


def test_a_batch_leaves_alone_what_the_coder_said():
    said = (correction("c1", 0, 2, "fear"), correction("c2", 3, 4, "neutral"), correction("c3", 6, 8, coder="ben"))
    edit = edits.accept_segments(SEGMENTS, said, "m1", "person-1", "ana", 0.9)
    assert edit.removed == ()
    assert spans(edit.added) == [(2, 3, "sad"), (4, 5, "sad"), (6, 8, "angry")]


def test_what_is_left_to_say():
    said = (correction("c2", 3, 4), correction("c1", 0, 1), correction("c3", 6, 9, coder="ben"))
    assert edits.unlabelled(said, "person-1", "ana", 0.5, 8) == ((1, 3), (4, 8))
    assert edits.unlabelled(said, "person-1", "ana", 3, 4) == ()
    assert edits.unlabelled((), None, "ana", 3, 4) == ((3, 4),)
