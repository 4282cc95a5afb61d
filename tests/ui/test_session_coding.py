"""How coding feels: what keys and mouse do to labels, in the real window."""

import numpy as np
import pytest

from tests.hands import CODER, SEGMENTS, Hands


def test_a_range_is_dragged_labelled_labelled_otherwise_and_let_go(hands: Hands) -> None:
    hands.drag("fused", 1.0, 2.0)
    assert hands.session.interval is not None
    hands.keys("4")
    assert hands.labels() == [("person-1", 1.0, 2.0, "happy")]
    assert hands.session.interval is None
    assert hands.session.correction == hands.only()
    hands.keys("6")
    assert hands.labels() == [("person-1", 1.0, 2.0, "sad")]
    assert hands.only().origin == "blank"
    hands.keys("Esc")
    assert hands.session.correction is None
    hands.drag("frame", 3.0, 5.0)
    hands.keys("0")
    assert hands.labels() == [("person-1", 1.0, 2.0, "sad"), ("person-1", 3.0, 5.0, None)]


def test_clicking_elsewhere_lets_go_of_the_label(hands: Hands) -> None:
    hands.drag("fused", 1.0, 2.0)
    hands.keys("4")
    hands.click("frame", 6.0)
    assert hands.session.correction is None
    assert abs(hands.session.time_s - 6.0) <= 0.04
    hands.click("corrections", 1.5)
    assert hands.session.correction == hands.only()


def test_clicking_elsewhere_lets_go_of_the_range(hands: Hands) -> None:
    hands.drag("fused", 1.0, 2.0)
    hands.click("slice", 6.0)
    assert hands.session.interval is None
    assert hands.timeline.scene.selection is None


def test_a_label_that_is_clicked_takes_the_place_of_the_range(hands: Hands) -> None:
    hands.drag("fused", 1.0, 2.0)
    hands.keys("4")
    hands.drag("fused", 5.0, 6.0)
    hands.click("corrections", 1.5)
    assert hands.session.interval is None
    hands.keys("2")
    assert hands.labels() == [("person-1", 1.0, 2.0, "disgust")]


def test_a_digit_on_a_prediction_takes_its_interval(hands: Hands) -> None:
    hands.go(5.0)
    hands.keys("6")
    assert hands.labels() == [("person-1", 4.0, 6.27, "sad")]
    assert hands.only().origin == "accepted"
    hands.keys("1")
    assert hands.only().origin == "edited"


def test_another_digit_on_a_prediction_is_an_edited_one(hands: Hands) -> None:
    hands.go(5.0)
    hands.keys("3")
    assert (hands.only().start_s, hands.only().end_s) == (SEGMENTS[2].start_s, SEGMENTS[2].end_s)
    assert hands.only().origin == "edited"


def test_a_digit_on_a_label_under_the_playhead_keeps_its_edges(hands: Hands) -> None:
    hands.drag("fused", 4.4, 5.6)
    hands.keys("4", "Esc")
    hands.go(5.0)
    hands.keys("7")
    assert hands.labels() == [("person-1", 4.4, 5.6, "surprise")]
    assert hands.session.correction == hands.only()


def test_a_prediction_is_accepted(hands: Hands) -> None:
    hands.go(1.0)
    hands.keys("A")
    assert hands.labels() == [("person-1", 0.0, 2.51, "neutral")]
    assert hands.only().origin == "accepted"


def test_in_out_enter_makes_a_label(hands: Hands) -> None:
    hands.go(1.0)
    hands.keys("I")
    assert "press O" in hands.message
    hands.go(2.0)
    hands.keys("O")
    assert hands.timeline.scene.selection is not None
    hands.keys("Return")
    assert hands.labels() == [("person-1", 1.0, 2.0, "neutral")]
    assert hands.only().origin == "blank"


def test_an_end_without_a_start_says_what_to_do(hands: Hands) -> None:
    hands.go(2.0)
    hands.keys("O")
    assert "Mark the start first" in hands.message
    hands.go(3.0)
    hands.keys("I", "O")
    assert hands.session.interval is None


def test_a_start_that_waits_is_forgotten_with_escape_and_with_the_video(hands: Hands) -> None:
    hands.go(1.0)
    hands.keys("I", "Esc")
    hands.go(2.0)
    hands.keys("O")
    assert hands.session.interval is None
    hands.keys("I")
    assert hands.session.project is not None
    hands.application.library.open(hands.session.project.media()[1].id)
    hands.until(lambda: hands.session.analysis is not None)
    hands.settle()
    hands.go(5.0)
    hands.keys("O")
    assert hands.session.interval is None


def test_marks_narrow_a_range_that_is_there(hands: Hands) -> None:
    hands.drag("fused", 1.0, 5.0)
    hands.go(2.0)
    hands.keys("I")
    hands.go(4.0)
    hands.keys("O")
    interval = hands.session.interval
    assert interval is not None
    assert (interval.start_s, interval.end_s) == (2.0, 4.0)


def test_splitting_selects_the_second_part(hands: Hands) -> None:
    hands.drag("fused", 1.0, 3.0)
    hands.keys("4")
    hands.go(2.0)
    hands.keys("S", "5")
    assert hands.labels() == [("person-1", 1.0, 2.0, "happy"), ("person-1", 2.0, 3.0, "neutral")]


def test_equal_neighbours_merge_from_either_side(hands: Hands) -> None:
    hands.drag("fused", 1.0, 3.0)
    hands.keys("4")
    hands.go(2.0)
    hands.keys("S", "Shift+S")
    assert hands.labels() == [("person-1", 1.0, 3.0, "happy")]
    assert hands.session.correction == hands.only()
    hands.keys("S")
    hands.click("corrections", 1.5)
    hands.keys("Shift+S")
    assert hands.labels() == [("person-1", 1.0, 3.0, "happy")]


def test_deleting_leaves_nothing_selected_and_undo_brings_it_back_selected(hands: Hands) -> None:
    hands.drag("fused", 1.0, 2.0)
    hands.keys("4", "Backspace")
    assert hands.labels() == []
    assert hands.session.correction is None
    assert not hands.window.actions_by_id["delete"].isEnabled()
    hands.keys("Ctrl+Z")
    assert hands.labels() == [("person-1", 1.0, 2.0, "happy")]
    assert hands.session.correction == hands.only()
    hands.keys("Ctrl+Z")
    assert hands.labels() == []
    hands.keys("Ctrl+Shift+Z", "Ctrl+Y")
    assert hands.labels() == []


def test_an_edge_is_dragged_and_sticks_to_the_end_of_a_segment(hands: Hands) -> None:
    hands.drag("fused", 1.0, 2.0)
    hands.keys("4")
    hands.drag("corrections", 2.0, SEGMENTS[0].end_s + 0.02)
    assert hands.only().end_s == SEGMENTS[0].end_s
    assert hands.session.correction == hands.only()


def test_a_label_that_is_dragged_over_another_takes_its_place(hands: Hands) -> None:
    hands.drag("fused", 1.0, 2.0)
    hands.keys("4")
    hands.drag("fused", 3.0, 4.0)
    hands.keys("6")
    hands.drag("corrections", 3.5, 2.0)
    assert [label[3] for label in hands.labels()] == ["happy", "sad"]
    assert hands.labels()[0][2] == hands.labels()[1][1]


@pytest.mark.parametrize(("key", "starts"), [("Alt+Right", (2.52, 4.0, 6.28)), ("N", (2.52, 6.28))])
def test_jumps_land_inside_the_next_segment_even_if_it_begins_between_frames(
    hands: Hands, key: str, starts: tuple[float, ...]
) -> None:
    for start_s in starts:
        hands.keys(key)
        assert hands.session.time_s == pytest.approx(start_s)
    back = {"Alt+Right": "Alt+Left", "N": "Shift+N"}[key]
    for start_s in reversed(starts[:-1]):
        hands.keys(back)
        assert hands.session.time_s == pytest.approx(start_s)


def test_labelling_goes_from_one_uncertain_segment_to_the_next(hands: Hands) -> None:
    hands.keys("N", "4", "N", "5", "N")
    assert hands.labels() == [("person-1", 2.51, 4.0, "happy"), ("person-1", 6.27, 8.0, "neutral")]
    assert "no further uncertain segment" in hands.message


def test_a_jump_lands_where_the_lane_shows_that_the_branches_disagree(hands: Hands) -> None:
    found, lane = hands.application.showing.disagreement, hands.timeline.scene.agreement
    assert found is not None
    assert lane is not None
    first = int(np.flatnonzero(found.marked)[0])
    assert first > 0
    hands.keys("D")
    assert 0 <= hands.session.time_s - lane.start_s[first] < 0.04
    hands.keys("D")
    assert "no further disagreement" in hands.message


def test_persons_are_changed_by_keys_and_labels_go_to_whoever_is_shown(hands: Hands) -> None:
    hands.keys("Ctrl+Down")
    assert hands.session.person == "person-2"
    hands.go(4.0)
    hands.keys("7", "Ctrl+Up")
    assert hands.labels() == [("person-2", 3.0, 5.0, "surprise")]
    assert hands.session.person == "person-1"
    hands.keys("Esc", "6")
    assert hands.labels() == [("person-2", 3.0, 5.0, "surprise"), ("person-1", 4.0, 6.27, "sad")]


def test_the_scene_is_labelled_from_its_own_predictions(hands: Hands) -> None:
    hands.session.set_person(None)
    hands.go(9.0)
    hands.keys("6")
    assert hands.labels() == [(None, 8.0, 10.0, "sad")]
    assert hands.only().origin == "accepted"


def test_a_range_on_somebody_elses_lane_is_theirs(hands: Hands) -> None:
    hands.keys("Ctrl+Down")
    hands.drag("fused", 3.0, 4.0)
    hands.keys("7", "Ctrl+Up", "Esc")
    hands.drag("corrections", 5.6, 6.4, "person-2")
    hands.keys("2")
    assert hands.labels() == [("person-2", 3.0, 4.0, "surprise"), ("person-2", 5.6, 6.4, "disgust")]


def test_what_another_coder_said_is_never_changed(hands: Hands) -> None:
    hands.drag("fused", 1.0, 2.0)
    hands.keys("4", "Esc")
    hands.session.set_coder("Ben")
    hands.click("corrections", 1.5)
    assert hands.session.correction is not None
    assert hands.session.correction.coder == CODER
    assert "Ana's" in hands.window.actions_by_id["delete"].toolTip()
    hands.keys("Backspace", "S")
    hands.window.inspector.delete_requested.emit(hands.session.correction.id)
    assert "only they change it" in hands.message
    hands.keys("6")
    assert {(c.coder, c.emotion) for c in hands.session.corrections} == {("Ana", "happy"), ("Ben", "sad")}


def test_blind_mode_labels_without_predictions(hands: Hands) -> None:
    hands.drag("fused", 1.0, 2.0)
    hands.keys("4", "Esc")
    hands.session.set_coder("Ben")
    hands.click("corrections", 1.5)
    hands.keys("Ctrl+B")
    assert hands.session.correction is None
    hands.go(5.0)
    assert not hands.window.actions_by_id["label.happy"].isEnabled()
    hands.keys("6", "N", "A")
    assert [c.coder for c in hands.session.corrections] == ["Ana"]
    hands.drag("frame", 4.0, 6.27)
    hands.keys("6")
    assert [(c.coder, c.origin) for c in hands.session.own_corrections] == [("Ben", "blank")]


def test_many_are_accepted_at_once_and_marked(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.views.dialogs.ask_number", lambda *_: 0.9)
    hands.keys("Ctrl+Shift+A")
    assert hands.labels() == [("person-1", 0.0, 2.51, "neutral"), ("person-1", 4.0, 6.27, "sad")]
    assert {c.origin for c in hands.session.corrections} == {"batch"}
    assert "Accept 2 segments" in hands.message
    hands.keys("Ctrl+Shift+A")
    assert "without a label" in hands.message
    hands.keys("Ctrl+Z")
    assert hands.labels() == []


def test_seen_in_is_said_by_key(hands: Hands) -> None:
    hands.drag("fused", 1.0, 2.0)
    hands.keys("4", "Shift+V")
    assert hands.only().seen_in == "voice"
    hands.keys("Shift+B")
    assert hands.only().seen_in == "both"


def test_the_coder_is_changed_by_key(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.views.dialogs.ask_text", lambda *_: "Ben")
    hands.keys("Ctrl+Shift+C")
    hands.drag("fused", 1.0, 2.0)
    hands.keys("4")
    assert hands.only().coder == "Ben"


def test_markers_and_epochs_come_by_key(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.views.dialogs.ask_text", lambda *_: "baseline")
    hands.go(2.0)
    hands.keys("M")
    assert not hands.window.actions_by_id["epoch"].isEnabled()
    hands.drag("fused", 1.0, 3.0)
    hands.keys("Shift+M")
    assert [marker.time_s for marker in hands.session.markers] == [2.0]
    (epoch,) = hands.session.epochs
    assert (epoch.name, round(epoch.start_s, 2), round(epoch.end_s, 2)) == ("baseline", 1.0, 3.0)
    hands.keys("Ctrl+Z", "Ctrl+Z")
    assert (hands.session.markers, hands.session.epochs) == ((), ())


def test_a_range_dragged_beyond_the_video_ends_with_it(hands: Hands) -> None:
    hands.drag("fused", 0.0, 20.0)
    hands.keys("4")
    assert hands.only().start_s == 0.0
    assert 9.96 <= hands.only().end_s <= 10.0


def test_undo_in_a_menu_names_the_last_change(hands: Hands) -> None:
    hands.drag("fused", 1.0, 2.0)
    hands.keys("4")
    assert hands.window.actions_by_id["undo"].text() == "Undo Label happy"
    hands.keys("6")
    assert hands.window.actions_by_id["undo"].text() == "Undo Label sad"
