"""People of a video: shown, named, joined, parted, left out; and whom labels go to meanwhile."""

from tests.hands import Hands


def shown(hands: Hands) -> list[str]:
    return [person.id for person in hands.session.people]


def test_the_one_most_in_view_is_shown_first(hands: Hands) -> None:
    assert shown(hands) == ["person-1", "person-2"]
    assert hands.session.person == "person-1"


def test_the_scene_stays_chosen_while_people_are_edited(hands: Hands) -> None:
    hands.window.people.selected.emit(None)
    hands.window.people.rename_requested.emit("person-2", "Eve")
    hands.window.people.voice_requested.emit("person-1")
    assert hands.session.person is None
    assert hands.session.name_of("person-2") == "Eve"
    assert hands.session.medium is not None
    assert hands.session.medium.voice_of == "person-1"


def test_whoever_is_merged_into_another_is_shown_as_them(hands: Hands) -> None:
    hands.keys("Ctrl+Down")
    hands.window.people.merge_requested.emit(["person-1", "person-2"])
    assert shown(hands) == ["person-1"]
    assert hands.session.person == "person-1"
    hands.keys("Ctrl+Z")
    assert shown(hands) == ["person-1", "person-2"]


def test_labels_of_both_belong_to_the_merged_one(hands: Hands) -> None:
    hands.drag("fused", 1.0, 2.0)
    hands.keys("4", "Esc", "Ctrl+Down")
    hands.drag("fused", 5.0, 6.0)
    hands.keys("6", "Esc")
    hands.window.people.merge_requested.emit(["person-1", "person-2"])
    assert [label[0] for label in hands.labels()] == ["person-1", "person-1"]
    hands.keys("Ctrl+Z")
    assert [label[0] for label in hands.labels()] == ["person-1", "person-2"]


def test_a_range_of_somebody_who_is_gone_is_given_up(hands: Hands) -> None:
    hands.keys("Ctrl+Down")
    hands.drag("fused", 3.0, 4.0)
    hands.keys("7", "Ctrl+Up", "Esc")
    hands.drag("corrections", 5.6, 6.4, "person-2")
    hands.window.people.merge_requested.emit(["person-1", "person-2"])
    assert hands.session.interval is None
    assert hands.timeline.scene.selection is None


def test_who_is_ignored_is_not_shown_and_gets_no_labels(hands: Hands) -> None:
    hands.keys("Ctrl+Down")
    hands.window.people.ignore_requested.emit("person-2", True)
    assert shown(hands) == ["person-1"]
    assert hands.session.person == "person-1"
    hands.window.people.selected.emit("person-2")
    assert hands.session.person == "person-1"
    hands.window.people.ignore_requested.emit("person-2", False)
    assert shown(hands) == ["person-1", "person-2"]


def test_a_person_is_split_at_the_playhead_and_labels_go_along(hands: Hands) -> None:
    hands.drag("fused", 3.0, 5.0)
    hands.keys("4")
    hands.go(4.0)
    hands.window.people.split_requested.emit("person-1")
    assert set(shown(hands)) == {"person-1", "person-2", "person-3"}
    assert sorted(hands.labels()) == [("person-1", 3.0, 4.0, "happy"), ("person-3", 4.0, 5.0, "happy")]
    assert hands.session.person == "person-1"
    hands.keys("Ctrl+Z")
    assert hands.labels() == [("person-1", 3.0, 5.0, "happy")]


def test_a_split_where_nobody_is_says_so(hands: Hands) -> None:
    hands.go(0.0)
    hands.window.people.split_requested.emit("person-1")
    assert "not on both sides" in hands.message


def test_a_participant_is_somebody_across_videos(hands: Hands) -> None:
    hands.window.people.participant_requested.emit("person-1", "P01")
    assert hands.session.project is not None
    assert [one.name for one in hands.session.project.participants()] == ["P01"]
    hands.window.people.participant_requested.emit("person-1", "")
    assert hands.session.notes == {}


def test_the_timeline_and_the_video_use_the_name_given(hands: Hands) -> None:
    hands.window.people.rename_requested.emit("person-1", "Ana")
    assert hands.timeline.scene.person is not None
    assert hands.timeline.scene.person.name == "Ana"
    assert "Ana" in hands.window.inspector.text()
    hands.window.people.rename_requested.emit("person-1", "  ")
    assert hands.session.name_of("person-1") == "person-1"


def test_a_face_that_is_clicked_is_shown(hands: Hands) -> None:
    hands.window.video.person_clicked.emit("person-2")
    assert hands.session.person == "person-2"
    assert hands.timeline.scene.person is not None
    assert hands.timeline.scene.person.id == "person-2"
