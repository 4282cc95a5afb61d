"""What is said about people: names, participants, who is left out, who is the same."""

from math import inf

import pytest

from app.project import edits
from app.project.errors import EditError
from app.project.values import Edit, Stretch
from tests.unit.app.project.records import correction, medium, note, participant

ANA = note(name="Ana")


def test_a_first_name():
    edit = edits.rename_person((), "m1", "person-1", "  Ana ")
    assert (edit.name, edit.removed) == ("Rename person", ())
    (new,) = edit.added
    assert (new.media_id, new.person, new.name, new.stretches) == ("m1", "person-1", "Ana", ())


def test_another_name_keeps_what_else_is_known():
    old = note(name="Ana", participant_id="p1", stretches=(Stretch("person-1", 0, 3),))
    edit = edits.rename_person((note("person-2"), old), "m1", "person-1", "Bea")
    assert edit == Edit("Rename person", (old,), (note(name="Bea", participant_id="p1", stretches=old.stretches),))


@pytest.mark.parametrize("name", [None, "", "  "])
def test_a_note_that_says_nothing_is_not_kept(name):
    assert edits.rename_person((ANA,), "m1", "person-1", name) == Edit("Rename person", (ANA,), ())
    assert edits.rename_person((), "m1", "person-1", name).empty


def test_the_same_name_changes_nothing():
    assert edits.rename_person((ANA,), "m1", "person-1", "Ana").empty


def test_a_new_participant():
    edit = edits.set_participant((ANA,), (participant(),), "m1", "person-1", "P02")
    made, new = edit.added
    assert made.name == "P02"
    assert new == note(name="Ana", participant_id=made.id)
    assert edit.removed == (ANA,)


def test_a_known_participant():
    edit = edits.set_participant((), (participant(),), "m1", "person-1", " P01 ")
    (new,) = edit.added
    assert new.participant_id == "p1"
    assert edits.set_participant((new,), (participant(),), "m1", "person-1", None) == Edit("Set participant", (new,))


def test_ignored_and_back():
    (gone,) = edits.ignore_person((), "m1", "person-2").added
    assert gone.ignored
    assert edits.ignore_person((gone,), "m1", "person-2", False) == Edit("Show person", (gone,), ())


def test_whose_voice_it_is():
    old = medium()
    assert edits.set_voice_of(old, "person-2") == Edit("Voice belongs to", (old,), (medium(voice_of="person-2"),))
    assert edits.set_voice_of(old, None).empty


# Merging


def test_merged():
    old = (ANA, note("person-2", name="Bea", participant_id="p2"), note("person-3", name="not concerned"))
    edit = edits.merge_people(old, (), medium(), ["person-1", "person-2"])
    assert edit.name == "Merge people"
    assert set(edit.removed) == {old[0], old[1]}
    (new,) = edit.added
    assert (new.id, new.person, new.name, new.participant_id) == (ANA.id, "person-1", "Ana", "p2")
    assert new.stretches == (Stretch("person-1", 0, inf), Stretch("person-2", 0, inf))


def test_merged_without_notes():
    (new,) = edits.merge_people((), (), medium(), ["person-2", "person-1", "person-2"]).added
    assert (new.person, [part.person for part in new.stretches]) == ("person-2", ["person-1", "person-2"])


def test_the_voice_goes_along():
    old = medium(voice_of="person-2")
    edit = edits.merge_people((), (), old, ["person-1", "person-2"])
    assert old in edit.removed
    assert medium(voice_of="person-1") in edit.added


def test_corrections_go_along_and_make_room_for_those_of_the_first():
    said = (
        correction("mine", 2, 3),
        correction("around", 0, 5, "sad", person="person-2"),
        correction("under", 2.2, 2.8, "fear", person="person-3"),
        correction("by another coder", 2, 3, coder="ben", person="person-2"),
        correction("not concerned", 0, 9, person="person-4"),
        correction("of the scene", 0, 9, person=None),
    )
    edit = edits.merge_people((), said, medium(), ["person-1", "person-2", "person-3"])
    assert set(edit.removed) == {said[1], said[2], said[3]}
    come = [record for record in edit.added if hasattr(record, "emotion")]
    assert {one.person for one in come} == {"person-1"}
    assert [(one.start_s, one.end_s, one.coder) for one in come] == [(0, 2, "ana"), (3, 5, "ana"), (2, 3, "ben")]
    assert len({one.id for one in come}) == 3


def test_one_is_nobody_to_merge():
    with pytest.raises(EditError, match="at least two"):
        edits.merge_people((), (), medium(), ["person-1", "person-1"])


# Splitting


def test_split():
    edit = edits.split_person((ANA,), (), medium(), "person-1", 4.0, ["person-1", "person-2"])
    assert (edit.name, edit.removed) == ("Split person", (ANA,))
    left, right = edit.added
    assert left == note(name="Ana", stretches=(Stretch("person-1", 0, 4),))
    assert (right.person, right.name, right.stretches) == ("person-3", None, (Stretch("person-1", 4, inf),))


def test_the_new_ones_id_is_nobodys():
    edit = edits.split_person((note("person-7"),), (), medium(), "person-1", 4.0, ["person-1", "somebody"])
    assert edit.added[1].person == "person-8"


def test_corrections_follow_their_time():
    said = (
        correction("before", 0, 4),
        correction("across", 5, 7, coder="ben"),
        correction("after", 6, 8),
        correction("of another", 5, 7, person="person-2"),
    )
    edit = edits.split_person((), said, medium(), "person-1", 6.0, ["person-1", "person-2"])
    assert set(edit.removed) == {said[1], said[2]}
    parts = [(one.id, one.person, one.start_s, one.end_s) for one in edit.added if hasattr(one, "emotion")]
    assert parts[0] == ("across", "person-1", 5, 6)
    assert parts[1][1:] == ("person-3", 6, 7)
    assert parts[2] == ("after", "person-3", 6, 8)


def test_a_correction_that_barely_reaches_over_is_not_cut_to_nothing():
    said = (correction("ends", 1, 6.0004), correction("begins", 5.9996, 8, coder="ben"))
    edit = edits.split_person((), said, medium(), "person-1", 6.0, ["person-1"])
    parts = [(one.id, one.person, one.start_s, one.end_s) for one in edit.added if hasattr(one, "emotion")]
    assert parts == [("ends", "person-1", 1, 6.0), ("begins", "person-2", 5.9996, 8)]


def test_merged_again_after_a_split_it_is_as_before():
    notes = edits.split_person((), (), medium(), "person-1", 4.0, ["person-1"]).added
    edit = edits.merge_people(notes, (), medium(), ["person-1", "person-2"])
    assert set(edit.removed) == set(notes)
    assert edit.added == ()


def test_nothing_on_one_side():
    old = note(stretches=(Stretch("person-1", 0, 4),))
    for time_s in (4.0, 5.0, 0.0):
        with pytest.raises(EditError, match="not on both sides"):
            edits.split_person((old,), (), medium(), "person-1", time_s, ["person-1"])
