"""The window by itself: menus made from the table, panels in their places, sizes kept, files dropped."""

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from app.actions import ACTIONS, BY_ID, shortcuts
from app.views.main_window import MainWindow


@pytest.fixture
def window(qtbot: QtBot) -> MainWindow:
    made = MainWindow()
    qtbot.addWidget(made)
    made.resize(1280, 800)
    made.show()
    return made


def entries(menu: QMenu) -> list[str]:
    """Ids of all actions of a menu and its submenus."""
    found = []
    for action in menu.actions():
        inner = action.menu()
        found += entries(inner) if isinstance(inner, QMenu) else [action.objectName()] * (not action.isSeparator())
    return found


def test_every_action_is_in_its_menu_once_and_in_order(window: MainWindow) -> None:
    for title in ("File", "Edit", "Play", "View", "Label", "Model", "Help"):
        usual = [action.id for action in ACTIONS if action.menu == title and not action.filled]
        assert sorted(entries(window.menus[title])) == sorted(usual)


def test_choices_of_one_kind_exclude_one_another(window: MainWindow) -> None:
    window.actions_by_id["theme.dark"].setChecked(True)
    window.actions_by_id["theme.light"].setChecked(True)
    assert not window.actions_by_id["theme.dark"].isChecked()


def test_an_action_tells_its_id(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.triggered) as told:
        window.actions_by_id["blind"].trigger()
    assert told.args[0] == "blind"


def test_actions_have_the_keys_given(window: MainWindow) -> None:
    window.set_shortcuts(shortcuts("Affectline", {"play": "P"}))
    assert [key.toString() for key in window.actions_by_id["play"].shortcuts()] == ["P"]


def test_an_action_that_is_off_says_why(window: MainWindow) -> None:
    window.set_reasons(lambda action: "not now" if action.id == "play" else None)
    assert not window.actions_by_id["play"].isEnabled()
    assert window.actions_by_id["play"].toolTip() == "not now"
    window.set_reasons(lambda _action: None)
    assert window.actions_by_id["play"].isEnabled()
    assert window.actions_by_id["play"].toolTip() == BY_ID["play"].tip


def test_the_first_page_gives_way_to_the_desk(window: MainWindow) -> None:
    window.show_desk(False)
    assert window.welcome.isVisible()
    window.show_desk(True)
    assert window.timeline.isVisible()
    assert not window.welcome.isVisible()


def test_title_and_corner_say_what_is_open(window: MainWindow) -> None:
    window.show_project("study.affectline", "all changes stored")
    assert window.windowTitle() == "study.affectline — Affectline"
    window.show_project("", "")
    assert window.windowTitle() == "Affectline"


def test_sizes_are_kept(window: MainWindow, qtbot: QtBot) -> None:
    window.show_desk(True)
    window.resize(1100, 700)
    state = window.layout_state()
    other = MainWindow()
    qtbot.addWidget(other)
    assert other.restore_layout(state)
    other.show()
    assert other.layout_state().split("|")[1:] == state.split("|")[1:]


def test_the_sides_grow_with_the_window_until_somebody_moves_them(window: MainWindow, qtbot: QtBot) -> None:
    window.show_desk(True)
    window.resize(1280, 800)
    window.show()
    sides = window._splitters[1]
    small = sides.sizes()
    window.resize(1920, 1080)
    large = sides.sizes()
    assert large[0] > small[0]
    assert large[2] > small[2]
    sides.splitterMoved.emit(large[0], 1)
    sides.setSizes([260, 1260, 400])
    moved = sides.sizes()
    window.resize(1280, 800)
    window.resize(1920, 1080)
    assert abs(sides.sizes()[2] - moved[2]) <= 2


@pytest.mark.parametrize("state", ["", "nonsense", "AAAA|BBBB|CCCC|DDDD"])
def test_sizes_that_make_no_sense_are_left_alone(window: MainWindow, state: str) -> None:
    before = window.size()
    assert not window.restore_layout(state)
    assert window.size() == before


def test_files_are_dropped_anywhere(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "a b.mp4")), QUrl("https://example.org/c.mp4")])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(5, 5), copy, mime, left, none)
    window.dragEnterEvent(enter)
    assert enter.isAccepted()
    with qtbot.waitSignal(window.files_dropped) as told:
        window.dropEvent(QDropEvent(QPoint(5, 5), copy, mime, left, none))
    assert told.args == [[tmp_path / "a b.mp4"]]


def test_recent_files_are_listed_and_opened(window: MainWindow, qtbot: QtBot) -> None:
    window.show_recent([Path("/a/one.mp4"), Path("/a/two.affectline")])
    menu = window.menus["open_recent"]
    assert [entry.text() for entry in menu.actions()] == ["one.mp4", "two.affectline"]
    with qtbot.waitSignal(window.recent_chosen) as told:
        menu.actions()[1].trigger()
    assert told.args == [Path("/a/two.affectline")]
    window.show_recent([])
    assert not menu.isEnabled()


def test_closing_can_be_refused(window: MainWindow) -> None:
    window.closing.connect(lambda event: event.ignore())
    assert not window.close()
    assert window.isVisible()
