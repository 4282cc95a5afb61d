"""The row under the video."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QSlider, QToolButton
from pytestqt.qtbot import QtBot

from app.player.values import SPEEDS
from app.views import theme
from app.views.transport import NOTHING_OPEN, Transport, speed_text


@pytest.fixture
def transport(qtbot: QtBot) -> Transport:
    transport = Transport()
    qtbot.addWidget(transport)
    transport.resize(1100, transport.sizeHint().height())
    transport.show()
    transport.set_duration(19.69)
    return transport


def button(transport: Transport, name: str) -> QAbstractButton:
    return next(found for found in transport.findChildren(QAbstractButton) if found.accessibleName() == name)


@pytest.mark.parametrize(
    ("name", "signal", "values"),
    [
        ("To the start", "start_requested", []),
        ("Previous frame", "step_requested", [-1]),
        ("Play", "toggle_requested", []),
        ("Next frame", "step_requested", [1]),
        ("To the end", "end_requested", []),
        ("Loop", "loop_toggled", [True]),
        ("Mute", "mute_toggled", [True]),
    ],
)
def test_every_button_asks_for_what_it_says(
    transport: Transport, qtbot: QtBot, name: str, signal: str, values: list[Any]
) -> None:
    with qtbot.waitSignal(getattr(transport, signal)) as asked:
        qtbot.mouseClick(button(transport, name), Qt.MouseButton.LeftButton)
    assert asked.args == values


def test_it_shows_where_it_is(transport: Transport) -> None:
    transport.set_time(2.252, 54)
    assert transport._time.text() == "00:02.252"
    assert transport._rest.text() == "/ 00:19.690 · frame 54"


def test_hours_are_shown_in_long_videos(transport: Transport) -> None:
    transport.set_duration(3 * 3600)
    transport.set_time(61.5, 1537)
    assert transport._time.text() == "0:01:01.500"
    assert transport._rest.text() == "/ 3:00:00.000 · frame 1,537"


def test_the_play_button_pauses_and_stays_as_wide(transport: Transport) -> None:
    width = transport._play.width()
    transport.set_playing(True)
    assert transport._play.text() == transport._play.accessibleName() == "Pause"
    QApplication.sendPostedEvents()
    assert transport._play.width() == width
    transport.set_playing(False)
    assert transport._play.text() == "Play"


def test_a_speed_is_chosen_from_the_menu(transport: Transport, qtbot: QtBot) -> None:
    menu = transport._speed.menu()
    assert [action.text() for action in menu.actions()] == [speed_text(speed) for speed in SPEEDS]
    with qtbot.waitSignal(transport.speed_chosen) as chosen:
        menu.actions()[1].trigger()
    assert chosen.args == [0.5]


def test_the_speed_in_use_is_shown(transport: Transport) -> None:
    for speed, text in ((1.0, "1x"), (0.25, "0.25x"), (-2.0, "-2x"), (4.0, "4x")):
        transport.set_speed(speed)
        assert transport._speed.text() == text
        assert [action.data() for action in transport._speeds.actions() if action.isChecked()] == (
            [speed] if speed > 0 else []
        )


def test_without_a_video_everything_is_off_and_says_why(transport: Transport) -> None:
    transport.set_duration(None)
    for control in [*transport.findChildren(QToolButton), *transport.findChildren(QSlider)]:
        assert not control.isEnabled()
        assert control.toolTip() == NOTHING_OPEN
    transport.set_duration(3.0)
    assert all(control.isEnabled() for control in transport.findChildren(QToolButton))
    assert NOTHING_OPEN not in {control.toolTip() for control in transport.findChildren(QToolButton)}


def test_without_sound_the_volume_is_off_and_says_why(transport: Transport) -> None:
    transport.set_sound_note("this video has no sound")
    assert not transport._mute.isEnabled()
    assert not transport._slider.isEnabled()
    assert transport._mute.toolTip() == transport._slider.toolTip() == "This video has no sound"
    assert transport._play.isEnabled()
    transport.set_sound_note(None)
    assert transport._mute.isEnabled()
    assert transport._slider.isEnabled()


def test_volume(transport: Transport, qtbot: QtBot) -> None:
    with qtbot.waitSignal(transport.volume_changed) as changed:
        transport._slider.setValue(40)
    assert changed.args == [0.4]
    with qtbot.waitSignal(transport.volume_changed) as changed:
        transport._mute.turned.emit(-2.0)
    assert changed.args == [pytest.approx(0.3)]


def test_what_is_set_is_not_asked_for(transport: Transport, qtbot: QtBot) -> None:
    with (
        qtbot.assertNotEmitted(transport.volume_changed),
        qtbot.assertNotEmitted(transport.mute_toggled),
        qtbot.assertNotEmitted(transport.loop_toggled),
        qtbot.assertNotEmitted(transport.speed_chosen),
    ):
        transport.set_volume(0.3, muted=True)
        transport.set_loop(True)
        transport.set_speed(2.0)
    assert transport._slider.value() == 30
    assert transport._mute.isChecked()
    assert transport._loop.isChecked()


@pytest.mark.parametrize(("width", "words", "slider"), [(1100, True, True), (560, False, False)])
def test_a_narrow_row_leaves_out_words(transport: Transport, width: int, words: bool, slider: bool) -> None:
    transport.resize(width, transport.height())
    assert (button(transport, "Next frame").property("text") == "frame") == words  # type: ignore[comparison-overlap]
    assert transport._slider.isVisible() == slider
    QApplication.sendPostedEvents()
    for control in transport.findChildren(QToolButton):
        assert transport.rect().contains(control.geometry())
        assert control.width() >= control.minimumSizeHint().width()


def test_a_hint_never_makes_the_row_wider(transport: Transport) -> None:
    before = transport.minimumSizeHint().width()
    transport.set_hint("N next uncertain · ? keys, and much more that nobody has room for" * 3)
    assert transport.minimumSizeHint().width() == before


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_its_colours_are_those_of_the_theme(transport: Transport, choice: theme.Choice) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.apply(app, choice)
    transport.set_time(1.0, 25)
    seen = transport.grab().toImage()
    assert seen.pixelColor(3, seen.height() // 2) == theme.current().panel
    inside = transport._play.geometry()
    assert seen.pixelColor(inside.left() + 6, inside.center().y()) == theme.current().accent
    theme.apply(app, "light")
