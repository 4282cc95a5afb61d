"""The status bar: what runs, what happened, and that it never gets in the way."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from app.views import status, theme
from app.views.status import Job, Message, StatusBar, counts_text, remaining_text


@pytest.fixture
def bar(qtbot):
    bar = StatusBar()
    qtbot.addWidget(bar)
    bar.set_device("CPU fp32, 2 cores", "no GPU found")
    bar.set_model("starter, revision 1")
    bar.set_counts(33, 4)
    bar.resize(1280, bar.height())
    bar.show()
    return bar


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (-1, "0 s left"),
        (8.6, "9 s left"),
        (59.6, "1 min left"),
        (115, "1 min 55 s left"),
        (601, "10 min left"),
        (3570, "1 h left"),
        (7500, "2 h 5 min left"),
    ],
)
def test_remaining_time_in_words(seconds, words):
    assert remaining_text(seconds) == words


def test_a_job_in_one_line():
    job = Job("Analysing clip", 8170, 19000, per_s=94.2, remaining_s=115)
    assert job.text == "Analysing clip: 8,170 of 19,000 frames · 94 frames/s · 1 min 55 s left"
    assert Job("Opening").text == "Opening…"
    assert Job("Analysing clip", waiting=2).text == "Analysing clip: 2 more waiting"


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((33, 4), "33 corrections · 4 uncertain left in this video"),
        ((1, None), "1 correction"),
        ((1200, 0), "1,200 corrections · 0 uncertain left in this video"),
    ],
)
def test_counts_in_words(counts, words):
    assert counts_text(*counts) == words


def test_the_device_says_why(bar):
    assert bar.device.text() == "CPU fp32, 2 cores"
    assert bar.device.toolTip() == "no GPU found"
    assert bar.counts.isVisible()
    assert not bar.bar.isVisible()


def test_a_job_is_shown_and_cancelled(bar, qtbot):
    bar.set_job(Job("Analysing clip", 5, 20))
    assert bar.job.isVisible()
    assert (bar.bar.value(), bar.bar.maximum()) == (5, 20)
    with qtbot.waitSignal(bar.cancel_clicked):
        qtbot.mouseClick(bar.cancel, Qt.MouseButton.LeftButton)
    bar.clear_job()
    assert not any(widget.isVisible() for widget in (bar.job, bar.bar, bar.cancel))


def test_nobody_knows_how_much_there_is(bar):
    bar.set_job(Job("Opening"))
    assert (bar.bar.minimum(), bar.bar.maximum()) == (0, 0)


def test_a_passing_message_gives_its_place_back(bar, qtbot, monkeypatch):
    monkeypatch.setattr(status, "INFO_MS", 1)
    bar.say("stored")
    assert bar.message.text() == "stored"
    assert bar.device.isVisible()
    assert not bar.counts.isVisible()
    qtbot.waitUntil(lambda: bar.shown is None)
    assert bar.counts.isVisible()
    assert bar.model.isVisible()


def test_undo_is_offered_and_asked_for(bar, qtbot):
    bar.say("Labelled happy", undo=True)
    assert bar.undo.isVisible()
    with qtbot.waitSignal(bar.undo_clicked):
        qtbot.mouseClick(bar.undo, Qt.MouseButton.LeftButton)
    assert bar.shown is None


def test_errors_stay_until_dismissed_and_outlive_what_passes(bar, qtbot):
    bar.say("first thing failed", "error")
    bar.say("second thing failed", "error")
    assert bar.message.text() == "second thing failed (and 1 more)"
    bar.say("stored", "info")
    assert bar.message.text() == "stored"
    bar._timer.timeout.emit()
    assert bar.message.text() == "second thing failed (and 1 more)"
    qtbot.mouseClick(bar.dismiss, Qt.MouseButton.LeftButton)
    assert bar.message.text() == "first thing failed"
    qtbot.mouseClick(bar.dismiss, Qt.MouseButton.LeftButton)
    assert bar.shown is None


def test_the_same_error_is_not_stacked(bar):
    bar.say("disk full", "error")
    bar.say("disk full", "error")
    assert bar.message.text() == "disk full"


def test_an_error_takes_the_place_of_the_jobs_words(bar):
    bar.set_job(Job("Analysing clip", 5, 20))
    bar.say("cannot read b.mp4", "error")
    assert not bar.job.isVisible()
    assert bar.cancel.isVisible()
    assert bar.message.ink == "danger"


@pytest.mark.parametrize(
    ("message", "stays_ms"),
    [
        (Message("a"), status.INFO_MS),
        (Message("a", undo=True), status.UNDO_MS),
        (Message("a", "warning"), status.WARNING_MS),
        (Message("a", "error"), None),
    ],
)
def test_how_long_a_message_stays(message, stays_ms):
    assert message.stays_ms == stays_ms


def test_nothing_takes_the_focus(qtbot):
    window = QWidget()
    field, bar = QLineEdit(), StatusBar()
    layout = QVBoxLayout(window)
    layout.addWidget(field)
    layout.addWidget(bar)
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    field.setFocus()
    bar.set_job(Job("Analysing clip", 5, 20))
    bar.say("failed", "error", undo=True)
    qtbot.mouseClick(bar.dismiss, Qt.MouseButton.LeftButton)
    assert window.focusWidget() is field


def test_a_long_text_is_cut_and_whole_in_its_tip(bar):
    text = "cannot read " + "a/very/long/path/" * 30
    bar.say(text, "error")
    bar.resize(700, bar.height())
    bar.layout().activate()
    assert bar.message.shown_text().endswith("…")
    assert bar.message.toolTip() == text
    assert bar.message.accessibleDescription() == text
    assert bar.minimumSizeHint().width() < 900


def test_markup_in_a_file_name_is_shown_as_it_is(bar):
    bar.say("<b>x</b> & y")
    assert bar.message.text() == "<b>x</b> & y"
    assert bar.message.textFormat() == Qt.TextFormat.PlainText


def distance(one, other):
    return sum(abs(a - b) for a, b in zip(one.getRgb(), other.getRgb(), strict=True))


@pytest.mark.parametrize("name", ["dark", "light"])
def test_colours_follow_the_theme(bar, qapp, name):
    bar.say("failed", "error")
    theme.apply(qapp, "light" if name == "dark" else "dark")
    theme.apply(qapp, name)
    bar.layout().activate()
    image = bar.grab(bar.message.geometry()).toImage()
    seen = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    shown = theme.current()
    assert shown.panel in seen
    assert min(distance(colour, shown.danger) for colour in seen) < 60
    theme.apply(qapp, "light")
