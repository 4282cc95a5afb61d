"""The first page: three ways to begin, recent files, and dropping."""

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent

from app.views.welcome import RECENT_ROWS, WelcomePage

RECENT = (Path("/study/study.affectline"), Path("/videos/P07.mp4"))


@pytest.fixture
def page(qtbot):
    page = WelcomePage()
    qtbot.addWidget(page)
    page.resize(1000, 700)
    page.show()
    return page


def dropped(urls):
    data = QMimeData()
    data.setUrls(urls)
    return data


def enter(page, data):
    event = QDragEnterEvent(
        QPointF(5, 5).toPoint(), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    event.ignore()
    page.dragEnterEvent(event)
    return event.isAccepted()


def drop(page, data):
    page.dropEvent(
        QDropEvent(
            QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        )
    )


@pytest.mark.parametrize(
    ("button", "signal"), [("video", "open_video"), ("project", "open_project"), ("sample", "try_sample")]
)
def test_three_ways_to_begin(page, qtbot, button, signal):
    with qtbot.waitSignal(getattr(page, signal)):
        qtbot.mouseClick(getattr(page, button), Qt.MouseButton.LeftButton)
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Space):
        with qtbot.waitSignal(getattr(page, signal)):
            qtbot.keyClick(getattr(page, button), key)


def test_buttons_are_named_for_screen_readers(page):
    for button in (page.video, page.project, page.sample):
        assert button.accessibleName() == button.text()
        assert button.accessibleDescription()
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_without_recent_files_there_is_no_list(page):
    assert not page.recent.isVisible()
    page.set_recent(RECENT)
    assert page.recent.isVisible()
    page.set_recent(())
    assert not page.recent.isVisible()


def test_a_recent_file_is_chosen_by_mouse_and_keyboard(page, qtbot):
    page.set_recent(RECENT)
    middle = page.recent.visualItemRect(page.recent.item(1)).center()
    with qtbot.waitSignal(page.recent_chosen) as told:
        qtbot.mouseClick(page.recent.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    assert told.args == [RECENT[1]]
    page.recent.setCurrentRow(0)
    with qtbot.waitSignal(page.recent_chosen) as told:
        qtbot.keyClick(page.recent, Qt.Key.Key_Return)
    assert told.args == [RECENT[0]]


def test_many_recent_files_scroll(page):
    page.set_recent(RECENT)
    few = page.recent.height()
    page.set_recent([Path(f"/v/{number}.mp4") for number in range(10)])
    assert few < page.recent.height() < 10 * few / 2
    assert page.recent.count() == 10
    assert page.recent.height() // page.recent.sizeHintForRow(0) == RECENT_ROWS


def test_files_are_dropped(page, qtbot):
    data = dropped([QUrl.fromLocalFile("/v/a.mp4"), QUrl.fromLocalFile("/v/folder"), QUrl("https://example.org/b.mp4")])
    empty = page.grab().toImage()
    assert enter(page, data)
    assert page.grab().toImage() != empty
    with qtbot.waitSignal(page.files_dropped) as told:
        drop(page, data)
    assert told.args == [[Path("/v/a.mp4"), Path("/v/folder")]]
    assert page.grab().toImage() == empty


def test_what_is_no_file_is_not_taken(page, qtbot):
    text = QMimeData()
    text.setText("hello")
    assert not enter(page, text)
    with qtbot.assertNotEmitted(page.files_dropped):
        drop(page, dropped([QUrl("https://example.org/b.mp4")]))


def test_it_fits_a_small_window(page):
    page.set_recent([Path(f"/v/{number}.mp4") for number in range(10)])
    page.resize(640, 560)
    assert page.minimumSizeHint().width() <= 640
    assert page.minimumSizeHint().height() <= 560
