"""Where keys go: into the field in which somebody types, or to what is coded."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDoubleSpinBox, QLineEdit

from app.views.panel_rows import PanelList
from tests.hands import Hands

LETTERS = "1 asdfjkl? 0 imnob,.["


def field(hands: Hands, name: str) -> QLineEdit:
    return next(one for one in hands.window.findChildren(QLineEdit) if one.accessibleName() == name)


def test_once_something_is_open_digits_are_for_the_timeline(hands: Hands) -> None:
    assert QApplication.focusWidget() is hands.timeline.canvas
    hands.keys("6")
    assert hands.labels() == [("person-1", 0.0, 2.51, "sad")]


def test_a_video_opened_from_the_library_takes_the_keys_along(hands: Hands) -> None:
    assert hands.session.project is not None
    hands.window.library.focus_search()
    hands.window.library.opened.emit(hands.session.project.media()[1].id)
    hands.until(lambda: hands.session.analysis is not None)
    hands.settle()
    hands.keys("6")
    assert [label[3] for label in hands.labels()] == ["sad"]


@pytest.mark.parametrize("name", ["Search the library", "Note", "Start", "End"])
def test_letters_and_digits_in_a_field_do_nothing_else(hands: Hands, name: str) -> None:
    hands.drag("fused", 1.0, 2.0)
    hands.keys("4")
    before = hands.session.corrections
    here = field(hands, name)
    here.setFocus()
    here.clear()
    hands.type(LETTERS)
    assert here.text() == LETTERS
    QTest.keyClick(here, Qt.Key.Key_Backspace)
    QTest.keyClick(here, Qt.Key.Key_Home)
    QTest.keyClick(here, Qt.Key.Key_Right)
    assert here.cursorPosition() == 1
    assert hands.session.corrections == before
    assert hands.session.markers == ()
    assert hands.session.time_s == 0.0
    assert not hands.player.is_playing


def test_enter_in_the_note_stores_it_and_gives_the_keys_back(hands: Hands) -> None:
    hands.drag("fused", 1.0, 2.0)
    hands.keys("4", "T")
    hands.type("seen at 2")
    hands.keys("Return")
    assert hands.only().note == "seen at 2"
    hands.keys("6")
    assert hands.only().emotion == "sad"
    assert hands.only().note == "seen at 2"


def test_a_note_that_is_not_finished_is_kept_when_another_label_is_clicked(hands: Hands) -> None:
    hands.drag("fused", 1.0, 2.0)
    hands.keys("4")
    hands.drag("fused", 4.0, 5.0)
    hands.keys("6", "T")
    hands.type("unfinished")
    hands.click("corrections", 1.52)
    assert [c.note for c in hands.session.corrections] == ["", "unfinished"]
    assert hands.session.correction == hands.session.corrections[0]


def test_a_note_that_is_not_finished_is_kept_when_another_label_is_selected_without_the_mouse(hands: Hands) -> None:
    hands.drag("fused", 1.0, 2.0)
    hands.keys("4")
    first = hands.only()
    hands.drag("fused", 4.0, 5.0)
    hands.keys("6", "T")
    hands.type("unfinished")
    hands.session.select_correction(first.id)
    assert [c.note for c in hands.session.corrections] == ["", "unfinished"]
    assert hands.session.correction == first


def test_a_note_that_is_not_finished_is_kept_when_the_window_closes(hands: Hands) -> None:
    hands.drag("fused", 1.0, 2.0)
    hands.keys("4", "T")
    hands.type("unfinished")
    project = hands.session.project
    assert project is not None
    path = project.path
    hands.close()
    again = Hands()
    again.open(path)
    assert again.only().note == "unfinished"
    again.close()


def test_undo_in_a_field_takes_back_what_was_typed(hands: Hands) -> None:
    hands.drag("fused", 1.0, 2.0)
    hands.keys("4", "T")
    hands.type("oh")
    hands.keys("Ctrl+Z")
    assert hands.labels() == [("person-1", 1.0, 2.0, "happy")]
    assert field(hands, "Note").text() == ""


def test_renaming_ends_with_enter_or_escape_and_labels_nothing(hands: Hands) -> None:
    hands.drag("fused", 1.0, 2.0)
    people = next(one for one in hands.window.people.findChildren(PanelList))
    people.setFocus()
    people.edit(people.model().index(1, 0))
    hands.type("Eve 4")
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    hands.until(lambda: hands.session.name_of("person-2") == "Eve 4")
    people.edit(people.model().index(0, 0))
    hands.type("no")
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    hands.settle()
    assert hands.session.name_of("person-1") == "person-1"
    assert hands.labels() == []
    assert hands.session.interval is not None


def test_escape_leaves_a_field_and_nothing_else(hands: Hands) -> None:
    hands.drag("fused", 1.0, 2.0)
    hands.keys("Ctrl+F")
    hands.type("on")
    hands.keys("Esc")
    assert field(hands, "Search the library").text() == "on"
    assert hands.session.interval is not None
    hands.keys("4")
    assert hands.labels() == [("person-1", 1.0, 2.0, "happy")]


def test_enter_in_a_number_makes_no_label(hands: Hands) -> None:
    hands.drag("fused", 1.0, 2.0)
    hands.keys("Ctrl+Shift+R")
    number = hands.window.review.findChild(QDoubleSpinBox)
    number.setFocus()
    number.selectAll()
    hands.type("0.75")
    hands.keys("Return")
    assert number.value() == 0.75
    assert hands.labels() == []


def test_keys_that_no_field_needs_stay_shortcuts(hands: Hands) -> None:
    hands.keys("Ctrl+F")
    hands.keys("Ctrl+B")
    assert hands.session.blind


def test_a_click_on_the_timeline_takes_the_keys_out_of_a_field(hands: Hands) -> None:
    hands.keys("Ctrl+F")
    hands.type("one")
    hands.click("frame", 5.0)
    hands.keys("6")
    assert hands.labels() == [("person-1", 4.0, 6.27, "sad")]


def test_switches_of_the_menu_go_on_and_off(hands: Hands) -> None:
    window = hands.window
    hands.keys("Ctrl+B")
    assert hands.session.blind
    hands.keys("Ctrl+B")
    assert not hands.session.blind
    hands.keys("B")
    assert not window.video.overlay_visible
    window.actions_by_id["lane.gaps"].trigger()
    assert "gaps" in hands.timeline.lane_layout().hidden
    window.actions_by_id["lane.gaps"].trigger()
    assert "gaps" not in hands.timeline.lane_layout().hidden
    hands.keys("Ctrl+Shift+R")
    assert window.side.currentWidget() is window.review
    window.side.setCurrentWidget(window.inspector)
    assert not window.actions_by_id["review"].isChecked()


def test_loop_is_one_switch_wherever_it_is_pressed(hands: Hands) -> None:
    hands.drag("fused", 1.0, 2.0)
    hands.keys("Ctrl+L")
    assert hands.player.loop == (1.0, 2.0)
    hands.window.transport.loop_toggled.emit(False)
    assert hands.player.loop is None
    assert not hands.window.actions_by_id["loop"].isChecked()
    hands.window.transport.loop_toggled.emit(True)
    assert hands.window.actions_by_id["loop"].isChecked()
    hands.keys("Ctrl+L")
    assert hands.player.loop is None
