"""The inspector: the numbers of the analysis as they are, and the fields of the selected correction."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QCheckBox, QLineEdit, QScrollArea, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from app.inspection import BranchReading, Reading, reading_at
from app.project.values import Correction
from app.views.correction_card import CorrectionCard
from app.views.emotion_bars import BLIND, NO_ANSWER, EmotionBars
from app.views.emotion_chip import EmotionChip, chip_text
from app.views.inspector import Inspector
from engine.emotions import EMOTIONS
from tests.analyses import analysis, probabilities

SAID = probabilities(3, seed=5)
READING = Reading(
    time_s=2.252,
    frame=BranchReading(SAID[0], "", 2.24, 2.28),
    slice=BranchReading(SAID[1], "", 1.92, 2.56),
    second=BranchReading(None, "silence", 2.0, 3.0),
    fused=BranchReading(SAID[2], "", 1.0, 3.56),
    branches=("frame", "slice"),
    branches_text="face only · voice silent",
)
CORRECTION = Correction(
    "c1", "m1", "person-1", 9.90012, 19.3, "happy", "blank", "MK", "face", "smiles", "2026-11-22T19:00:00.000"
)


@pytest.fixture
def inspector(qtbot: QtBot) -> Inspector:
    made = Inspector()
    qtbot.addWidget(made)
    made.resize(300, 430)
    made.show()
    return made


@pytest.fixture
def bars(inspector: Inspector) -> EmotionBars:
    inspector.set_reading(READING, "Ana", 2.252)
    return part(inspector, EmotionBars)


Kind = TypeVar("Kind", bound=QWidget)


def part(inspector: Inspector, kind: type[Kind], name: str = "") -> Kind:
    return next(each for each in inspector.findChildren(kind) if not name or each.accessibleName() == name)


def told(inspector: Inspector) -> list[tuple[Any, ...]]:
    """Everything the inspector tells from now on."""
    log: list[tuple[Any, ...]] = []

    def keep(name: str) -> Callable[..., None]:
        return lambda *what: log.append((name, *what))

    for name in (
        "note_changed",
        "seen_in_changed",
        "interval_changed",
        "emotion_changed",
        "delete_requested",
        "label_clicked",
    ):
        getattr(inspector, name).connect(keep(name))
    return log


def looks(widget: QWidget) -> QImage:
    return widget.grab().toImage()


def test_the_text_has_every_digit_of_the_analysis(qtbot: QtBot) -> None:
    """Numbers read back are bit for bit those of the analysis."""
    whole = analysis()
    reading = reading_at(whole, whole.people[0], 0.05)
    shown = EmotionBars()
    qtbot.addWidget(shown)
    shown.set_reading(reading, "Ana", 0.05)
    rows = [line.split("\t") for line in shown.text().splitlines()[3:]]
    assert [row[0] for row in rows] == list(EMOTIONS)
    assert reading.frame.probabilities is not None
    assert reading.fused.probabilities is not None
    np.testing.assert_array_equal(np.array([row[2] for row in rows], np.float32), reading.frame.probabilities)
    np.testing.assert_array_equal(np.array([row[1] for row in rows], np.float32), reading.fused.probabilities)


def test_the_text_says_who_when_and_from_what(bars: EmotionBars) -> None:
    lines = bars.text().splitlines()
    assert lines[:3] == ["Ana at 00:02.252", "face only · voice silent", "\tfused\tframe\tslice\tvoice"]
    assert lines[3].split("\t")[4] == "silence"


def test_without_an_analysis_it_says_so(inspector: Inspector) -> None:
    inspector.set_reading(None, "Ana", 1.0)
    assert inspector.text() == f"Ana at 00:01.000\n{NO_ANSWER}"
    inspector.set_reading(None, "", 0.0)
    nobody = looks(part(inspector, EmotionBars))
    inspector.set_reading(READING, "Ana", 1.0)
    inspector.clear()
    assert "Ana" not in inspector.text()
    assert looks(part(inspector, EmotionBars)) == nobody


def test_blind_mode_shows_no_number(inspector: Inspector, bars: EmotionBars) -> None:
    inspector.set_blind(True)
    hidden = looks(bars)
    assert inspector.text() == f"Ana at 00:02.252\n{BLIND}"
    assert bars.tip_at(QPoint(150, 100)) == ""
    inspector.set_reading(replace(READING, frame=BranchReading(SAID[2], "", 2.24, 2.28)), "Ana", 2.252)
    assert looks(bars) == hidden, "another answer looks the same"
    inspector.set_blind(False)
    assert looks(bars) != hidden


def test_the_tip_shows_all_digits_and_the_interval(bars: EmotionBars) -> None:
    tips = {bars.tip_at(QPoint(x, y)) for x in range(0, bars.width(), 5) for y in range(0, bars.height(), 2)}
    assert f"Frame, 00:02.240 to 00:02.280\n6 S sad: {SAID[0][5]!s}" in tips
    assert f"Fused, 00:01.000 to 00:03.560\n1 A angry: {SAID[2][0]!s}" in tips
    assert "Voice: silence" in tips
    assert len([tip for tip in tips if ": 0." in tip]) == 21


def test_ctrl_c_copies(qtbot: QtBot, bars: EmotionBars) -> None:
    qtbot.keyClick(bars, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == bars.text()


def test_two_columns_where_it_is_low_and_one_where_it_is_high(inspector: Inspector, bars: EmotionBars) -> None:
    low = bars.sizeHint().height()
    assert low == bars.height_px(2)
    inspector.resize(300, 900)
    assert bars.sizeHint().height() == bars.height_px(1) > low


def test_it_fits_beside_a_small_video(inspector: Inspector, bars: EmotionBars) -> None:
    inspector.set_correction(CORRECTION)
    inside = part(inspector, QScrollArea).widget()
    assert inside.minimumSizeHint().width() <= 300
    assert inside.sizeHint().height() <= 430


def test_a_new_reading_asks_for_no_layout(qtbot: QtBot, inspector: Inspector, bars: EmotionBars) -> None:
    before = bars.geometry()
    for tick in range(50):
        inspector.set_reading(READING, "A much longer name than before", float(tick))
    assert bars.geometry() == before


def test_screen_readers_hear_the_answer_once_the_playhead_rests(qtbot: QtBot, bars: EmotionBars) -> None:
    qtbot.waitUntil(lambda: bars.accessibleDescription() == bars.text())


def test_a_branch_without_answer_looks_different(inspector: Inspector, bars: EmotionBars) -> None:
    with_reason = looks(bars)
    inspector.set_reading(replace(READING, second=BranchReading(SAID[0], "", 2.0, 3.0)), "Ana", 2.252)
    assert looks(bars) != with_reason


def test_the_legend_labels(qtbot: QtBot, inspector: Inspector) -> None:
    log = told(inspector)
    chips = [chip for chip in inspector.findChildren(EmotionChip) if chip.isVisible()]
    assert [chip.text() for chip in chips] == [chip_text(emotion) for emotion in (*EMOTIONS, None)]
    for chip in chips:
        qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)
    assert log == [("label_clicked", emotion) for emotion in (*EMOTIONS, None)]


def test_the_legend_says_why_nothing_can_be_labelled(inspector: Inspector) -> None:
    chip = part(inspector, EmotionChip, "happy")
    inspector.set_label_reason("open a video first")
    assert (chip.isEnabled(), chip.toolTip()) == (False, "open a video first")
    inspector.set_label_reason("")
    assert chip.isEnabled()
    inspector.set_read_only("the project is open elsewhere")
    assert chip.toolTip() == "the project is open elsewhere"
    inspector.set_read_only("")
    assert chip.isEnabled()


def test_chip_texts() -> None:
    assert chip_text("sad") == "6 S sad"
    assert chip_text("surprise") == "7 U surprise"
    assert chip_text(None) == "0 ? unsure"


def test_the_selected_correction_is_shown(inspector: Inspector) -> None:
    inspector.set_correction(CORRECTION)
    card = part(inspector, CorrectionCard)
    assert card.isVisible()
    assert part(inspector, QLineEdit, "Start").text() == "00:09.900"
    assert part(inspector, QLineEdit, "End").text() == "00:19.300"
    assert part(inspector, QLineEdit, "Note").text() == "smiles"
    assert part(inspector, QToolButton, "Seen in face").isChecked()
    assert not part(inspector, QCheckBox).isChecked()
    inspector.set_correction(None)
    assert not card.isVisible()


def type_into(qtbot: QtBot, field: QLineEdit, text: str) -> None:
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def test_a_note_is_told_when_it_is_finished(qtbot: QtBot, inspector: Inspector) -> None:
    inspector.set_correction(CORRECTION)
    log = told(inspector)
    note = part(inspector, QLineEdit, "Note")
    note.selectAll()
    qtbot.keyClicks(note, "frowns")
    assert log == []
    qtbot.keyClick(note, Qt.Key.Key_Return)
    assert log == [("note_changed", "c1", "frowns")]


def test_a_note_still_being_typed_is_not_lost(qtbot: QtBot, inspector: Inspector) -> None:
    inspector.set_correction(CORRECTION)
    log = told(inspector)
    note = part(inspector, QLineEdit, "Note")
    qtbot.keyClicks(note, "!")
    inspector.set_correction(replace(CORRECTION, id="c2", note="other"))
    assert log == [("note_changed", "c1", "smiles!")]
    assert note.text() == "other"
    qtbot.keyClicks(note, "?")
    inspector.commit_note()
    assert log[1:] == [("note_changed", "c2", "other?")]
    inspector.set_correction(None)
    assert log[2:] == [("note_changed", "c2", "other?")], "nobody stored it, so it is told again"


def test_enter_gives_the_keys_back_to_the_window(qtbot: QtBot, inspector: Inspector) -> None:
    with qtbot.waitActive(inspector):
        inspector.activateWindow()
    inspector.set_correction(CORRECTION)
    log = told(inspector)
    inspector.focus_note()
    note = part(inspector, QLineEdit, "Note")
    qtbot.waitUntil(note.hasFocus)
    qtbot.keyClicks(note, "frowns")
    qtbot.keyClick(note, Qt.Key.Key_Return)
    assert not note.hasFocus()
    assert log == [("note_changed", "c1", "frowns")]


def test_news_of_the_same_correction_leave_the_typed_note_alone(qtbot: QtBot, inspector: Inspector) -> None:
    with qtbot.waitActive(inspector):
        inspector.activateWindow()
    inspector.set_correction(CORRECTION)
    inspector.focus_note()
    note = part(inspector, QLineEdit, "Note")
    qtbot.waitUntil(note.hasFocus)
    note.setText("half a sen")
    inspector.set_correction(replace(CORRECTION, emotion="sad"))
    assert note.text() == "half a sen"


def test_where_it_was_seen(qtbot: QtBot, inspector: Inspector) -> None:
    inspector.set_correction(CORRECTION)
    log = told(inspector)
    for place in ("voice", "face", "face", "both"):
        qtbot.mouseClick(part(inspector, QToolButton, f"Seen in {place}"), Qt.MouseButton.LeftButton)
    assert log == [("seen_in_changed", "c1", "voice"), ("seen_in_changed", "c1", "both")]


def test_an_end_that_was_not_typed_keeps_its_digits(qtbot: QtBot, inspector: Inspector) -> None:
    inspector.set_correction(CORRECTION)
    log = told(inspector)
    type_into(qtbot, part(inspector, QLineEdit, "End"), "0:21.5")
    assert log == [("interval_changed", "c1", 9.90012, 21.5)]


@pytest.mark.parametrize("typed", ["later", "9.9", "5", ""])
def test_what_is_no_interval_goes_back(qtbot: QtBot, inspector: Inspector, typed: str) -> None:
    inspector.set_correction(CORRECTION)
    log = told(inspector)
    end = part(inspector, QLineEdit, "End")
    type_into(qtbot, end, typed) if typed else (end.clear(), qtbot.keyClick(end, Qt.Key.Key_Return))
    assert log == []
    assert end.text() == "00:19.300"


def test_another_label_from_the_menu(inspector: Inspector) -> None:
    inspector.set_correction(CORRECTION)
    log = told(inspector)
    menu = part(inspector, CorrectionCard).choices()
    assert [action.text() for action in menu.actions() if action.isChecked()] == ["4 H happy"]
    for text in ("4 H happy", "6 S sad", "0 ? unsure"):
        next(action for action in menu.actions() if action.text() == text).trigger()
    assert log == [("emotion_changed", "c1", "sad"), ("emotion_changed", "c1", None)]


def test_unsure_and_back(qtbot: QtBot, inspector: Inspector) -> None:
    inspector.set_correction(CORRECTION)
    log = told(inspector)
    box = part(inspector, QCheckBox)
    box.click()
    inspector.set_correction(replace(CORRECTION, emotion=None))
    assert box.isChecked()
    box.click()
    assert log == [("emotion_changed", "c1", None), ("emotion_changed", "c1", "happy")]


def test_one_that_was_never_sure_has_to_be_chosen(inspector: Inspector) -> None:
    inspector.set_correction(CORRECTION)
    inspector.set_correction(replace(CORRECTION, id="c2", emotion=None))
    log = told(inspector)
    part(inspector, QCheckBox).click()
    assert log == []
    assert part(inspector, QCheckBox).isChecked()


def test_deleting_is_asked_for(qtbot: QtBot, inspector: Inspector) -> None:
    inspector.set_correction(CORRECTION)
    log = told(inspector)
    qtbot.mouseClick(part(inspector, QToolButton, "Delete the correction"), Qt.MouseButton.LeftButton)
    assert log == [("delete_requested", "c1")]


def test_read_only_fields_say_why(inspector: Inspector) -> None:
    inspector.set_correction(CORRECTION)
    inspector.set_read_only("the project is open elsewhere")
    for name in ("Start", "End", "Note"):
        field = part(inspector, QLineEdit, name)
        assert (field.isEnabled(), field.toolTip()) == (False, "the project is open elsewhere")
    inspector.set_read_only("")
    assert part(inspector, QLineEdit, "Note").isEnabled()


def test_what_was_refused_goes_back_to_what_is_stored(qtbot: QtBot, inspector: Inspector) -> None:
    inspector.set_correction(CORRECTION)
    part(inspector, QToolButton, "Seen in voice").click()
    assert part(inspector, QToolButton, "Seen in face").isChecked()
    unsure = part(inspector, QCheckBox)
    unsure.click()
    assert not unsure.isChecked()
    start = part(inspector, QLineEdit, "Start")
    before = start.text()
    type_into(qtbot, start, "00:01.000")
    qtbot.keyClick(start, Qt.Key.Key_Return)
    assert start.text() == before


def test_a_note_that_nobody_sees_takes_no_keys(inspector: Inspector) -> None:
    inspector.activateWindow()
    inspector.focus_note()
    assert not part(inspector, QLineEdit, "Note").hasFocus()
    inspector.set_correction(CORRECTION)
    inspector.focus_note()
    assert part(inspector, QLineEdit, "Note").hasFocus()


def test_the_legend_remembers_both_reasons(inspector: Inspector) -> None:
    chip = next(each for each in inspector.findChildren(EmotionChip) if each.isVisible())
    inspector.set_label_reason("select a range first")
    inspector.set_read_only("open elsewhere")
    inspector.set_label_reason("")
    assert (chip.isEnabled(), chip.toolTip()) == (False, "open elsewhere")
    inspector.set_label_reason("select a range first")
    inspector.set_read_only("")
    assert (chip.isEnabled(), chip.toolTip()) == (False, "select a range first")
