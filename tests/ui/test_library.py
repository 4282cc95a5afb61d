"""The library: what rows say, what a click or key asks for, and how it stays where it was."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QImage, QShortcut
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QListView, QPushButton, QToolButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.views import theme
from app.views.library import EMPTY, LibraryPanel
from app.views.library_list import FIND, find_area, state_text, sub_text
from app.views.panel_values import LibraryEntry

ENTRIES = (
    LibraryEntry("a", "WolfgangLanger_Pexels.mp4", 19.7, "analysed", None, "revision 3", 12),
    LibraryEntry("b", "interview_P07.mp4", 760.0, "analysing", 0.43, "94 frames/s", 0),
    LibraryEntry("c", "interview_P08.mp4", 842.0, "waiting", None, "", 0),
    LibraryEntry("d", "moved_clip.avi", None, "missing", None, "", 1),
    LibraryEntry("e", "broken.mkv", None, "failed", None, "no video stream", 0),
)


@pytest.fixture
def panel(qtbot: QtBot) -> LibraryPanel:
    made = LibraryPanel()
    qtbot.addWidget(made)
    made.set_entries(ENTRIES)
    made.resize(260, 400)
    made.show()
    return made


@pytest.fixture
def dressed(qapp: QApplication) -> Iterator[QApplication]:
    yield qapp
    theme.apply(qapp, "light")


def videos(panel: LibraryPanel) -> QListView:
    found = panel.findChild(QListView)
    assert isinstance(found, QListView)
    return found


def names(panel: LibraryPanel) -> list[str]:
    model = videos(panel).model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def row_centre(panel: LibraryPanel, row: int) -> QPoint:
    return videos(panel).visualRect(videos(panel).model().index(row, 0)).center()


def click(
    qtbot: QtBot, panel: LibraryPanel, row: int, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    qtbot.mouseClick(videos(panel).viewport(), Qt.MouseButton.LeftButton, keys, row_centre(panel, row))


def ask(panel: LibraryPanel, text: str) -> None:
    action = next(action for action in panel.context_menu().actions() if action.text() == text)
    assert action.isEnabled(), action.toolTip()
    action.trigger()


def why_not(panel: LibraryPanel, text: str) -> str:
    action = next(action for action in panel.context_menu().actions() if action.text() == text)
    assert not action.isEnabled()
    return action.toolTip()


def looks(widget: QWidget) -> QImage:
    return widget.grab().toImage()


def test_what_rows_say() -> None:
    assert [state_text(entry) for entry in ENTRIES] == ["done", "43 %", "waiting", "missing", "failed"]
    assert sub_text(ENTRIES[0]) == "00:19 · revision 3 · 12 corrections"
    assert sub_text(ENTRIES[3]) == "1 correction"
    assert sub_text(ENTRIES[4]) == "no video stream"
    assert sub_text(replace(ENTRIES[0], duration_s=3725.0, corrections=0)) == "1:02:05 · revision 3"


def test_screen_readers_hear_name_and_state(panel: LibraryPanel) -> None:
    spoken = videos(panel).model().index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "interview_P07.mp4, 43 %, 12:40 · 94 frames/s"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("interview", ["interview_P07.mp4", "interview_P08.mp4"]),
        ("INTERVIEW waiting", ["interview_P08.mp4"]),
        ("analysing", ["interview_P07.mp4"]),
        ("revision 3", ["WolfgangLanger_Pexels.mp4"]),
        ("", [entry.name for entry in ENTRIES]),
    ],
)
def test_search_finds_words_in_name_and_state(panel: LibraryPanel, text: str, found: list[str]) -> None:
    search = panel.findChild(QLineEdit)
    assert isinstance(search, QLineEdit)
    search.setText("nothing like it")
    search.setText(text)
    assert names(panel) == found


def test_a_search_without_result_says_so(panel: LibraryPanel) -> None:
    panel.findChild(QLineEdit).setText("xyz")
    shown = [label.text() for label in panel.findChildren(QLabel) if label.isVisible()]
    assert "No video matches “xyz”." in shown
    assert not videos(panel).isVisible()


def test_enter_goes_from_the_search_to_the_first_video_and_opens_it(qtbot: QtBot, panel: LibraryPanel) -> None:
    search = panel.findChild(QLineEdit)
    with qtbot.waitActive(panel):
        panel.activateWindow()
    panel.focus_search()
    qtbot.keyClicks(search, "P08")
    qtbot.keyClick(search, Qt.Key.Key_Return)
    with qtbot.waitSignal(panel.opened) as opened:
        qtbot.keyClick(videos(panel), Qt.Key.Key_Return)
    assert opened.args == ["c"]


def test_an_empty_library_offers_to_add(qtbot: QtBot, panel: LibraryPanel) -> None:
    panel.set_entries(())
    assert EMPTY in [label.text() for label in panel.findChildren(QLabel) if label.isVisible()]
    button = panel.findChild(QPushButton)
    with qtbot.waitSignal(panel.add_requested):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    panel.set_entries(ENTRIES)
    assert videos(panel).isVisible()


def test_the_plus_adds(qtbot: QtBot, panel: LibraryPanel) -> None:
    plus = next(button for button in panel.findChildren(QToolButton) if button.accessibleName() == "Add videos")
    with qtbot.waitSignal(panel.add_requested):
        qtbot.mouseClick(plus, Qt.MouseButton.LeftButton)


def test_a_click_selects_and_a_double_click_opens(qtbot: QtBot, panel: LibraryPanel) -> None:
    opened: list[str] = []
    panel.opened.connect(opened.append)
    click(qtbot, panel, 2)
    assert (panel.selected(), opened) == (["c"], [])
    qtbot.mouseDClick(videos(panel).viewport(), Qt.MouseButton.LeftButton, pos=row_centre(panel, 2))
    assert opened == ["c"]


def test_delete_asks_for_all_that_are_selected(qtbot: QtBot, panel: LibraryPanel) -> None:
    asked: list[list[str]] = []
    panel.remove_requested.connect(asked.append)
    qtbot.keyClick(videos(panel), Qt.Key.Key_Delete)
    assert asked == []
    click(qtbot, panel, 0)
    click(qtbot, panel, 2, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(videos(panel), Qt.Key.Key_Delete)
    assert asked == [["a", "b", "c"]]
    assert len(names(panel)) == len(ENTRIES), "removing is for others to do"


def test_delete_reaches_the_list_before_a_shortcut_of_the_window(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    panel = LibraryPanel(window)
    QVBoxLayout(window).addWidget(panel)
    panel.set_entries(ENTRIES)
    fired: list[str] = []
    shortcut = QShortcut(Qt.Key.Key_Delete, window)
    shortcut.activated.connect(lambda: fired.append("window"))
    panel.remove_requested.connect(lambda _ids: fired.append("library"))
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    panel.set_current("a")
    videos(panel).setFocus()
    qtbot.keyClick(videos(panel), Qt.Key.Key_Delete)
    assert fired == ["library"]


def test_the_word_find_in_a_missing_row_is_a_button(qtbot: QtBot, panel: LibraryPanel) -> None:
    row = videos(panel).visualRect(videos(panel).model().index(3, 0))
    with qtbot.waitSignal(panel.find_requested) as asked:
        qtbot.mouseClick(videos(panel).viewport(), Qt.MouseButton.LeftButton, pos=find_area(row).center())
    assert asked.args == ["d"]
    assert "Find" in FIND


def test_the_same_place_in_another_row_is_none(qtbot: QtBot, panel: LibraryPanel) -> None:
    asked: list[str] = []
    panel.find_requested.connect(asked.append)
    row = videos(panel).visualRect(videos(panel).model().index(4, 0))
    qtbot.mouseClick(videos(panel).viewport(), Qt.MouseButton.LeftButton, pos=find_area(row).center())
    assert asked == []


def test_the_menu_asks_for_what_the_selection_allows(qtbot: QtBot, panel: LibraryPanel) -> None:
    told: list[tuple[str, object]] = []
    for name in ("analyse_requested", "cancel_requested", "remove_requested", "show_in_folder_requested", "opened"):
        getattr(panel, name).connect(lambda what, name=name: told.append((name, what)))
    click(qtbot, panel, 0)
    ask(panel, "Open")
    ask(panel, "Show in folder")
    ask(panel, "Analyse again")
    click(qtbot, panel, 4, Qt.KeyboardModifier.ShiftModifier)
    ask(panel, "Analyse")
    ask(panel, "Cancel analysis")
    ask(panel, "Remove from the project")
    assert told == [
        ("opened", "a"),
        ("show_in_folder_requested", "a"),
        ("analyse_requested", ["a"]),
        ("analyse_requested", ["a", "e"]),
        ("cancel_requested", ["b", "c"]),
        ("remove_requested", ["a", "b", "c", "d", "e"]),
    ]


def test_what_cannot_be_asked_says_why(qtbot: QtBot, panel: LibraryPanel) -> None:
    assert why_not(panel, "Open") == "select one video"
    assert why_not(panel, "Remove from the project") == "select a video"
    click(qtbot, panel, 3)
    assert why_not(panel, "Show in folder") == "the file is missing"
    assert why_not(panel, "Analyse") == "already queued, or the file is missing"
    click(qtbot, panel, 0)
    assert why_not(panel, "Cancel analysis") == "no analysis runs"
    assert why_not(panel, "Find the file…") == "the file is where it was"


def test_news_of_one_video_keeps_selection_and_order(qtbot: QtBot, panel: LibraryPanel) -> None:
    click(qtbot, panel, 1)
    panel.update_entry(replace(ENTRIES[1], done=0.5))
    panel.update_entry(replace(ENTRIES[1], media_id="unknown"))
    assert panel.selected() == ["b"]
    assert (
        videos(panel).model().index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole).startswith("interview_P07.mp4, 50 %")
    )
    assert len(names(panel)) == len(ENTRIES)


def test_a_new_list_keeps_who_is_selected(qtbot: QtBot, panel: LibraryPanel) -> None:
    click(qtbot, panel, 2)
    panel.set_entries((LibraryEntry("z", "first.mp4", 1.0, "new", None, "", 0), *ENTRIES))
    assert panel.selected() == ["c"]
    panel.set_entries(ENTRIES[:1])
    assert panel.selected() == []


def test_the_open_video_is_selected_and_framed(panel: LibraryPanel) -> None:
    panel.set_current("c")
    assert panel.selected() == ["c"]
    before = looks(videos(panel))
    panel.set_current(None)
    assert looks(videos(panel)) != before
    assert panel.selected() == ["c"]


def test_marking_the_same_video_again_leaves_the_selection_alone(qtbot: QtBot, panel: LibraryPanel) -> None:
    panel.set_current("c")
    click(qtbot, panel, 0)
    panel.set_current("c")
    assert panel.selected() == ["a"]


def test_a_picture_is_shown(panel: LibraryPanel) -> None:
    picture = QImage(160, 90, QImage.Format.Format_RGB32)
    picture.fill(QColor("#12AB34"))
    panel.set_thumbnail("b", picture)
    panel.set_thumbnail("unknown", picture)
    row = videos(panel).visualRect(videos(panel).model().index(1, 0))
    seen = videos(panel).viewport().grab().toImage()
    at = QPoint(row.left() + 30, row.center().y()) * seen.devicePixelRatio()
    assert seen.pixelColor(at) == QColor("#12AB34")


def test_pictures_are_asked_for_only_where_rows_are_on_screen_and_once(qtbot: QtBot) -> None:
    panel = LibraryPanel()
    qtbot.addWidget(panel)
    many = [LibraryEntry(f"m{number}", f"{number}.mp4", 1.0, "new", None, "", 0) for number in range(1000)]
    panel.set_entries(many)
    panel.resize(260, 300)
    asked: list[list[str]] = []
    panel.pictures_wanted.connect(asked.append)
    panel.show()
    qtbot.waitUntil(lambda: bool(asked))
    assert asked[0][0] == "m0"
    assert len(asked[0]) < 20
    videos(panel).scrollToBottom()
    qtbot.waitUntil(lambda: len(asked) == 2)
    assert asked[1][-1] == "m999"
    assert not set(asked[0]) & set(asked[1])


def drop(panel: LibraryPanel, urls: list[QUrl]) -> bool:
    mime = QMimeData()
    mime.setUrls(urls)
    middle, copy, left = QPoint(50, 50), Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    enter = QDragEnterEvent(middle, copy, mime, left, Qt.KeyboardModifier.NoModifier)
    enter.ignore()
    panel.dragEnterEvent(enter)
    if enter.isAccepted():
        panel.dropEvent(QDropEvent(QPointF(middle), copy, mime, left, Qt.KeyboardModifier.NoModifier))
    return enter.isAccepted()


def test_files_and_folders_may_be_dropped(panel: LibraryPanel, tmp_path: Path) -> None:
    dropped: list[list[Path]] = []
    panel.files_dropped.connect(dropped.append)
    assert drop(panel, [QUrl.fromLocalFile(str(tmp_path)), QUrl.fromLocalFile(str(tmp_path / "clip.mp4"))])
    assert dropped == [[tmp_path, tmp_path / "clip.mp4"]]


def test_addresses_are_not_taken(panel: LibraryPanel) -> None:
    assert not drop(panel, [QUrl("https://example.org/clip.mp4")])


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_rows_are_painted_in_both_themes(panel: LibraryPanel, dressed: QApplication, choice: theme.Choice) -> None:
    theme.apply(dressed, choice)
    ground = theme.current().panel
    seen = looks(panel)
    middle = videos(panel).viewport().mapTo(panel, row_centre(panel, 1))
    assert seen.pixelColor(2, seen.height() - 2) == ground
    assert any(seen.pixelColor(x, middle.y()) not in (ground, seen.pixelColor(2, middle.y())) for x in range(65, 250))
