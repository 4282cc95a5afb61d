"""The review panel: one key answers and goes on, what was corrected leaves, and many are accepted at once."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QShortcut
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QLabel, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.project.values import Correction
from app.review import RECENT, Candidate, RevisionScore, columns_of, prepare
from app.views.review import ALL_DONE, BLIND, NOTHING, ReviewPanel
from app.views.review_table import COLUMNS, ReviewTable

FEAR = Candidate("m1", "first.mp4", "person-1", 0.0, 4.0, "fear", 0.4, True, 0.1, "Ana")
HAPPY = Candidate("m1", "first.mp4", "person-1", 61.0, 65.0, "happy", 0.95, False, 0.9, "Ana")
SAD = Candidate("m2", "second.mp4", None, 0.0, 4.0, "sad", 0.6, False)
CANDIDATES = (HAPPY, FEAR, SAD)


def correction(of: Candidate, emotion: str | None = "sad", **changes: Any) -> Correction:
    place = (of.media_id, of.person, of.start_s, of.end_s)
    made = Correction(f"{of.media_id} {of.start_s}", *place, emotion, "edited", "MK", "face", "", "")
    return replace(made, **changes)


@pytest.fixture
def panel(qtbot: QtBot) -> ReviewPanel:
    made = ReviewPanel()
    qtbot.addWidget(made)
    made.resize(300, 430)
    made.set_candidates(CANDIDATES, ())
    made.show()
    return made


def table(panel: ReviewPanel) -> ReviewTable:
    return panel.findChild(ReviewTable)  # type: ignore[return-value]


def rows(panel: ReviewPanel) -> list[tuple[str, ...]]:
    model = table(panel).model()
    return [tuple(model.index(row, column).data() for column in range(len(COLUMNS))) for row in range(model.rowCount())]


def videos(panel: ReviewPanel) -> list[tuple[str, str]]:
    return [(row[0], row[3]) for row in rows(panel)]


def button(panel: ReviewPanel, starts: str, place: int = 0) -> QPushButton:
    return [each for each in panel.findChildren(QPushButton) if each.text().startswith(starts)][place]


def batch(panel: ReviewPanel) -> QPushButton:
    return button(panel, "Accept", 1)


def sentences(panel: ReviewPanel) -> list[str]:
    return [label.text() for label in panel.findChildren(QLabel) if label.isVisible()]


def told(panel: ReviewPanel) -> list[tuple[Any, ...]]:
    log: list[tuple[Any, ...]] = []
    panel.opened.connect(lambda candidate: log.append(("open", candidate)))
    panel.answered.connect(lambda candidate, emotion: log.append(("answer", candidate, emotion)))
    panel.batch_accept_requested.connect(lambda confidence: log.append(("batch", confidence)))
    return log


def test_six_columns(panel: ReviewPanel) -> None:
    assert rows(panel)[0] == ("first.mp4", "Ana", "00:00 · 4.0 s", "3 F fear", "0.40", "uncertain")
    assert rows(panel)[1] == ("second.mp4", "scene", "00:00 · 4.0 s", "6 S sad", "0.60", "fairly sure")
    header = table(panel).model().headerData
    assert [header(column, Qt.Orientation.Horizontal) for column in range(len(COLUMNS))] == list(COLUMNS)
    spoken = table(panel).model().index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "first.mp4, Ana, 00:00 · 4.0 s, 3 F fear, 0.40, uncertain"


def test_the_first_is_selected_and_the_order_can_be_chosen(panel: ReviewPanel) -> None:
    assert panel.current() == FEAR
    order = panel.findChild(QComboBox)
    order.setCurrentText("Branches disagree")
    assert videos(panel) == [("first.mp4", "4 H happy"), ("first.mp4", "3 F fear")]
    assert panel.current() == HAPPY
    order.setCurrentText("Rare class")
    assert rows(panel)[0][5] == "no fear label yet"


def test_enter_and_a_double_click_play(qtbot: QtBot, panel: ReviewPanel) -> None:
    log = told(panel)
    qtbot.keyClick(table(panel), Qt.Key.Key_Return)
    where = table(panel).visualRect(table(panel).model().index(1, 0)).center()
    qtbot.mouseClick(table(panel).viewport(), Qt.MouseButton.LeftButton, pos=where)
    qtbot.mouseDClick(table(panel).viewport(), Qt.MouseButton.LeftButton, pos=where)
    qtbot.mouseClick(button(panel, "Play"), Qt.MouseButton.LeftButton)
    assert log == [("open", FEAR), ("open", SAD), ("open", SAD)]


def test_a_key_answers_and_goes_on_to_the_next(qtbot: QtBot, panel: ReviewPanel) -> None:
    log = told(panel)
    for key in (Qt.Key.Key_6, Qt.Key.Key_0, Qt.Key.Key_A):
        qtbot.keyClick(table(panel), key)
    assert log == [
        ("answer", FEAR, "sad"),
        ("open", SAD),
        ("answer", SAD, None),
        ("open", HAPPY),
        ("answer", HAPPY, "happy"),
    ]
    assert panel.current() is None
    qtbot.keyClick(table(panel), Qt.Key.Key_1)
    assert len(log) == 5


@pytest.mark.parametrize(("key", "emotion"), [(Qt.Key.Key_1, "angry"), (Qt.Key.Key_7, "surprise")])
def test_digits_are_the_emotions_in_order(qtbot: QtBot, panel: ReviewPanel, key: Qt.Key, emotion: str) -> None:
    with qtbot.waitSignal(panel.answered) as answered:
        qtbot.keyClick(table(panel), key)
    assert answered.args == [FEAR, emotion]


def test_keys_reach_the_table_before_a_shortcut_of_the_window(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    panel = ReviewPanel(window)
    QVBoxLayout(window).addWidget(panel)
    panel.set_candidates(CANDIDATES, ())
    fired: list[str] = []
    QShortcut(Qt.Key.Key_6, window).activated.connect(lambda: fired.append("window"))
    panel.answered.connect(lambda _candidate, emotion: fired.append(emotion))
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    panel.focus_queue()
    qtbot.keyClick(table(panel), Qt.Key.Key_6)
    assert fired == ["sad"]


def test_an_answer_may_be_stored_while_it_is_told(qtbot: QtBot, panel: ReviewPanel) -> None:
    """As in the window: the answer becomes a correction, the queue is made again, then the next one plays."""
    stored: list[Correction] = []

    def store(candidate: Candidate, emotion: str | None) -> None:
        stored.append(correction(candidate, emotion))
        panel.set_corrections(stored)

    panel.answered.connect(store)
    log = told(panel)
    qtbot.keyClick(table(panel), Qt.Key.Key_3)
    assert log[-1] == ("open", SAD)
    assert panel.current() == SAD
    assert len(rows(panel)) == 2


def test_an_answer_that_was_not_stored_comes_back(qtbot: QtBot, panel: ReviewPanel) -> None:
    qtbot.keyClick(table(panel), Qt.Key.Key_3)
    panel.set_corrections(())
    assert len(rows(panel)) == 3


def test_what_is_corrected_leaves_and_the_selection_stays(panel: ReviewPanel) -> None:
    table(panel).selectRow(1)
    panel.set_corrections((correction(FEAR),))
    assert panel.current() == SAD
    assert panel.candidates() == (HAPPY, SAD)
    panel.set_corrections((correction(FEAR), correction(SAD)))
    assert panel.current() == HAPPY
    panel.set_corrections([correction(each) for each in CANDIDATES])
    assert panel.current() is None
    assert ALL_DONE in sentences(panel)


def test_the_empty_queue_says_what_to_do(panel: ReviewPanel) -> None:
    panel.set_candidates((), ())
    assert NOTHING in sentences(panel)
    assert button(panel, "Play").isEnabled() is False
    assert button(panel, "Accept").toolTip() == "select a segment"


def test_how_many_one_click_accepts_is_shown_live(qtbot: QtBot, panel: ReviewPanel) -> None:
    assert batch(panel).text() == "Accept 1"
    panel.findChild(QDoubleSpinBox).setValue(0.6)
    assert batch(panel).text() == "Accept 2"
    panel.set_corrections((correction(HAPPY),))
    assert batch(panel).text() == "Accept 1"
    log = told(panel)
    qtbot.mouseClick(batch(panel), Qt.MouseButton.LeftButton)
    assert log == [("batch", 0.6)]
    panel.set_confidence(0.99)
    assert (batch(panel).isEnabled(), batch(panel).toolTip()) == (False, "no segment is that sure")


def test_a_batch_is_not_thinned_out_as_the_queue_is(panel: ReviewPanel) -> None:
    neighbours = [replace(HAPPY, start_s=61.0 + at, end_s=65.0 + at) for at in (0, 4, 8)]
    panel.set_candidates(neighbours, ())
    assert len(rows(panel)) == 1
    assert batch(panel).text() == "Accept 3"


def test_blind_mode_hides_and_accepts_nothing(qtbot: QtBot, panel: ReviewPanel) -> None:
    panel.set_blind(True)
    assert {row[3:] for row in rows(panel)} == {("hidden", "", "")}
    assert (batch(panel).isEnabled(), batch(panel).toolTip()) == (False, BLIND)
    log = told(panel)
    qtbot.keyClick(table(panel), Qt.Key.Key_A)
    assert log == []
    qtbot.keyClick(table(panel), Qt.Key.Key_2)
    assert log[0] == ("answer", FEAR, "disgust"), "an answer of one's own is still possible"


def test_blind_rows_look_alike_whatever_the_model_says(panel: ReviewPanel) -> None:
    def looks(candidates: Sequence[Candidate]) -> QImage:
        panel.set_candidates(candidates, ())
        return table(panel).viewport().grab().toImage()

    other = replace(FEAR, emotion="happy", confidence=0.45)
    assert looks((FEAR,)) != looks((other,))
    panel.set_blind(True)
    assert looks((FEAR,)) == looks((other,))


def test_read_only_says_why(qtbot: QtBot, panel: ReviewPanel) -> None:
    panel.set_read_only("the project is open elsewhere")
    log = told(panel)
    qtbot.keyClick(table(panel), Qt.Key.Key_1)
    assert log == []
    assert len(rows(panel)) == 3
    assert button(panel, "Accept").toolTip() == "the project is open elsewhere"
    assert button(panel, "Play").isEnabled()


def test_whether_labels_still_pay_is_said_once_it_is_known(panel: ReviewPanel) -> None:
    said = [correction(FEAR, id=str(at), made_at=str(at), origin="accepted") for at in range(RECENT)]
    panel.set_corrections(said[1:])
    assert not any("answers agreed" in sentence for sentence in sentences(panel))
    panel.set_corrections(said)
    assert f"{RECENT} of the last {RECENT} answers agreed: more labels pay little now" in sentences(panel)


def test_when_learning_stopped_paying_nothing_says_the_opposite(panel: ReviewPanel) -> None:
    said = [correction(FEAR, id=str(at), made_at=str(at), origin="edited") for at in range(RECENT)]
    gains = (RevisionScore("1.1", 0.5, 0.6), RevisionScore("1.2", 0.6, 0.601))
    panel.set_review(prepare(columns_of(CANDIDATES), said))
    assert any("labels still pay" in sentence for sentence in sentences(panel))
    panel.set_review(prepare(columns_of(CANDIDATES), said, gains))
    assert any("learning stopped paying" in sentence for sentence in sentences(panel))
    assert not any("labels still pay" in sentence for sentence in sentences(panel))


def test_neighbours_that_wait_are_told_apart_from_what_is_listed(panel: ReviewPanel) -> None:
    near = replace(FEAR, start_s=4.0, end_s=8.0)
    panel.set_candidates((FEAR, near, SAD), ())
    assert "2 of 3 left" in sentences(panel)
    panel.set_candidates((FEAR, SAD), ())
    assert "2 left" in sentences(panel)


def test_two_lines_where_it_is_narrow_and_columns_where_it_is_wide(qtbot: QtBot, panel: ReviewPanel) -> None:
    def shown() -> int:
        return sum(not table(panel).isColumnHidden(column) for column in range(len(COLUMNS)))

    assert shown() == 1
    panel.resize(1000, 430)
    qtbot.waitUntil(lambda: shown() == len(COLUMNS))
    panel.resize(300, 430)
    qtbot.waitUntil(lambda: shown() == 1)


def test_neither_order_nor_counts_tell_what_the_model_says_when_blind(panel: ReviewPanel) -> None:
    panel.set_candidates((SAD, replace(SAD, start_s=20.0, end_s=24.0, confidence=0.3), HAPPY, FEAR), ())
    panel.set_blind(True)
    shown = [(row[0], row[2].split()[0]) for row in rows(panel)]
    assert shown == [("first.mp4", "00:00"), ("first.mp4", "01:01"), ("second.mp4", "00:00"), ("second.mp4", "00:20")]
    order = panel.findChild(QComboBox)
    assert (batch(panel).text(), order.isEnabled(), order.toolTip()) == ("Accept", False, BLIND)
    panel.set_blind(False)
    assert (batch(panel).text(), order.isEnabled(), order.toolTip()) == ("Accept 1", True, "")


def test_how_often_the_model_was_right_is_not_told_when_blind(panel: ReviewPanel) -> None:
    said = [correction(replace(HAPPY, start_s=100.0 * at, end_s=100.0 * at + 1)) for at in range(RECENT)]
    panel.set_corrections(said)
    assert any("answers agreed" in each for each in sentences(panel))
    panel.set_blind(True)
    assert not any("answers agreed" in each for each in sentences(panel))
