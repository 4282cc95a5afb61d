"""The agreement panel: the picture, the list that one walks through, and one key that settles."""

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QShortcut
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.agreement.compare import compare
from app.agreement.values import Agreement, Rater, Said
from app.views import theme
from app.views.agreement.disagreement_list import DisagreementList
from app.views.agreement.heat import ConfusionHeat, short_seconds
from app.views.agreement.kappa_bars import KappaBars
from app.views.agreement.panel import BLIND, NO_DISAGREEMENT, NOTHING_YET, AgreementPanel
from app.views.agreement.values import Choice, Standing

ANA, BEN, MODEL = Choice("Ana", "Ana"), Choice("Ben", "Ben"), Choice("starter", "starter as it came", True)
NAMES = {"m1": "first.mp4", "m2": "second.mp4"}


def rater(name: str, *labels: str | None) -> Rater:
    """Ten seconds each, in both videos."""
    said = tuple(Said(10.0 * at, 10.0 * at + 10, label) for at, label in enumerate(labels))
    return Rater(name, {("m1", "person-1"): said, ("m2", "person-1"): said})


AS = rater("Ana", "happy", "sad", "neutral", "fear")
BS = rater("Ben", "happy", "happy", "neutral", "surprise")
CS = rater("starter", "happy", "sad", "sad", "fear")


def standing(*raters: Rater, **changes: Any) -> Standing:
    made = Standing(
        (ANA, BEN, MODEL), (ANA, BEN), compare(raters, tuple(NAMES)), "", NAMES, {("m1", "person-1"): "Maria"}
    )
    return replace(made, **changes)


def settled(given: Standing, place: int, emotion: str | None) -> Standing:
    agreement: Agreement | None = given.agreement
    assert agreement is not None
    rows = list(agreement.disagreements)
    rows[place] = replace(rows[place], consensus=emotion)
    return replace(given, agreement=replace(agreement, disagreements=tuple(rows)))


@pytest.fixture
def panel(qtbot: QtBot) -> AgreementPanel:
    made = AgreementPanel()
    qtbot.addWidget(made)
    made.resize(300, 420)
    made.set_standing(standing(AS, BS))
    made.show()
    return made


def sentences(panel: QWidget) -> list[str]:
    return [label.text() for label in panel.findChildren(QLabel) if label.isVisible()]


def listed(panel: AgreementPanel) -> DisagreementList:
    return panel.findChild(DisagreementList)  # type: ignore[return-value]


def words(panel: AgreementPanel) -> list[str]:
    model = listed(panel).model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def tabs(panel: AgreementPanel) -> list[str]:
    return [button.text() for button in panel.findChildren(QPushButton)]


def told(panel: AgreementPanel) -> list[tuple[Any, ...]]:
    log: list[tuple[Any, ...]] = []
    panel.opened.connect(lambda one: log.append(("open", one.media_id, one.start_s)))
    panel.settled.connect(lambda one, emotion: log.append(("settle", one.media_id, one.start_s, emotion)))
    panel.chosen.connect(lambda choices: log.append(("choose", *choices)))
    return log


def test_the_picture_says_in_words_what_it_shows(panel: AgreementPanel) -> None:
    """By hand: alike in 40 of 80 s; by chance in 1/4 * 1/2 + 1/4 * 1/4 = 3/16: (8/16 - 3/16) / (13/16)."""
    said = sentences(panel)
    assert "κ 0.38" in said
    assert any(one.startswith("95 % 0.38 to 0.38 · 50 % agree · 80 s in 2 videos") for one in said)
    assert "Intervals from 2 videos are rough." in said
    bars, heat = panel.findChild(KappaBars), panel.findChild(ConfusionHeat)
    assert "disgust: not said by both" in bars.accessibleDescription()
    assert "Ana says it in 25 % of the time, Ben in 50 %" in bars.accessibleDescription()
    assert heat.accessibleDescription().endswith("20.0 s, 25 % of the time labelled by both")
    assert any("Not compared: 0 s that only Ana labelled" in one for one in said)


def test_a_cell_and_a_row_tell_more_under_the_mouse(panel: AgreementPanel) -> None:
    heat, bars = panel.findChild(ConfusionHeat), panel.findChild(KappaBars)
    cells = heat._cells()
    middle = heat._cell_px() / 2
    assert heat.tip_at((cells.topLeft() + type(cells.topLeft())(middle, middle)).toPoint()).startswith("Ana says angry")
    assert heat.tip_at(type(cells.topLeft().toPoint())(0, 0)) == ""
    assert bars.tip_at(type(cells.topLeft().toPoint())(5, 5)).startswith("all emotions: 0.38")


def test_figures_follow_the_raters(panel: AgreementPanel) -> None:
    heat = panel.findChild(ConfusionHeat)

    def looks() -> QImage:
        return heat.grab().toImage()

    before = looks()
    panel.set_standing(standing(AS, CS))
    assert looks() != before


def test_of_more_than_two_all_at_once_or_a_pair(panel: AgreementPanel) -> None:
    panel.set_standing(standing(AS, BS, CS, chosen=(ANA, BEN, MODEL)))
    assert any(one.startswith("α ") for one in sentences(panel))
    assert panel.findChild(QToolButton).text() == "3 raters  ▾"
    panel._which.setCurrentText("Ana and starter")
    assert any(one.startswith("κ ") for one in sentences(panel))
    panel.set_standing(standing(AS, BS, CS))
    assert panel._which.currentText() == "Ana and starter", "what is looked at stays"


def test_disagreements_are_listed_with_who_said_what(panel: AgreementPanel) -> None:
    assert words(panel) == [
        "Ana sad, Ben happy; Maria · first.mp4 at 00:10 · 10.0 s",
        "Ana fear, Ben surprise; Maria · first.mp4 at 00:30 · 10.0 s",
        "Ana sad, Ben happy; person-1 · second.mp4 at 00:10 · 10.0 s",
        "Ana fear, Ben surprise; person-1 · second.mp4 at 00:30 · 10.0 s",
    ]
    assert tabs(panel)[1] == "Disagreements 4"
    panel.set_standing(settled(standing(AS, BS), 1, None))
    assert words(panel)[1].startswith("Ana fear, Ben surprise; settled as unsure;")
    assert tabs(panel)[1] == "Disagreements 3"


def test_arrows_walk_and_enter_plays_again(qtbot: QtBot, panel: AgreementPanel) -> None:
    panel.show_disagreements()
    log = told(panel)
    with qtbot.waitActive(panel):
        panel.activateWindow()
    listed(panel).setFocus()
    qtbot.keyClick(listed(panel), Qt.Key.Key_Down)
    qtbot.keyClick(listed(panel), Qt.Key.Key_Return)
    assert log == [("open", "m1", 30.0), ("open", "m1", 30.0)]


def test_one_key_settles_and_goes_on_to_what_is_open(qtbot: QtBot, panel: AgreementPanel) -> None:
    panel.set_standing(settled(standing(AS, BS), 1, "fear"))
    panel.show_disagreements()
    log = told(panel)
    qtbot.keyClick(listed(panel), Qt.Key.Key_6)
    qtbot.keyClick(listed(panel), Qt.Key.Key_0)
    assert log == [
        ("settle", "m1", 10.0, "sad"),
        ("open", "m2", 10.0),
        ("settle", "m2", 10.0, None),
        ("open", "m2", 30.0),
    ]


def test_what_is_selected_stays_when_it_was_settled(panel: AgreementPanel) -> None:
    panel.show_disagreements()
    listed(panel).setCurrentIndex(listed(panel).model().index(2, 0))
    panel.set_standing(settled(standing(AS, BS), 2, "sad"))
    current = panel.current()
    assert current is not None
    assert (current.media_id, current.start_s, current.consensus) == ("m2", 10.0, "sad")


def test_keys_reach_the_list_before_a_shortcut_of_the_window(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    panel = AgreementPanel(window)
    QVBoxLayout(window).addWidget(panel)
    panel.set_standing(standing(AS, BS))
    fired: list[str] = []
    QShortcut(Qt.Key.Key_6, window).activated.connect(lambda: fired.append("window"))
    panel.settled.connect(lambda _one, emotion: fired.append(emotion))
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    panel.show_disagreements()
    qtbot.keyClick(listed(panel), Qt.Key.Key_6)
    assert fired == ["sad"]


def test_raters_are_chosen_in_the_menu(panel: AgreementPanel) -> None:
    log = told(panel)
    actions = [action for action in panel._menu.actions() if action.text()]
    assert [(action.text(), action.isChecked()) for action in actions] == [
        ("Ana", True), ("Ben", True), ("starter as it came", False),
    ]  # fmt: skip
    actions[2].trigger()
    actions[1].trigger()
    assert log == [("choose", ANA, BEN, MODEL), ("choose", ANA)], "the panel waits to be told what is compared now"


def test_blind_mode_hides_everything(qtbot: QtBot, panel: AgreementPanel) -> None:
    panel.show_disagreements()
    panel.set_blind(True)
    assert sentences(panel) == [BLIND]
    assert tabs(panel)[1] == "Disagreements"
    assert panel.findChild(QToolButton).isEnabled() is False
    log = told(panel)
    qtbot.keyClick(listed(panel), Qt.Key.Key_6)
    assert log == []
    panel.set_blind(False)
    assert BLIND not in sentences(panel)


def test_nothing_is_settled_in_a_project_that_can_only_be_read(qtbot: QtBot, panel: AgreementPanel) -> None:
    panel.set_read_only("the disk is read-only")
    panel.show_disagreements()
    log = told(panel)
    qtbot.keyClick(listed(panel), Qt.Key.Key_6)
    assert log == []
    assert "Nothing can be settled: the disk is read-only" in sentences(panel)


def test_why_there_is_nothing_is_said(panel: AgreementPanel) -> None:
    panel.set_standing(Standing())
    assert sentences(panel) == [NOTHING_YET]
    panel.set_standing(Standing((ANA,), (), None, "Agreement takes two."))
    assert sentences(panel) == ["Agreement takes two."]
    panel.set_standing(standing(AS, replace(AS, name="Ben")))
    panel.show_disagreements()
    assert sentences(panel) == [NO_DISAGREEMENT]


def test_too_little_is_said_beside_the_figures(panel: AgreementPanel) -> None:
    short = {("m1", "person-1"): (Said(0.0, 4.0, "sad"),)}
    panel.set_standing(standing(Rater("Ana", short), Rater("Ben", short)))
    assert any(one.startswith("Only 4.0 s were labelled by both") for one in sentences(panel))


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0.0"), (9.94, "9.9"), (9.96, "10"), (599.0, "599"), (600, "10m"), (7200, "2.0h")]
)
def test_seconds_in_four_characters(seconds: float, text: str) -> None:
    assert short_seconds(seconds) == text


def test_it_is_painted_in_both_themes(qapp: QApplication, panel: AgreementPanel) -> None:
    looks = []
    for choice in ("light", "dark"):
        theme.apply(qapp, choice)
        looks.append(panel.grab().toImage())
    theme.apply(qapp, "light")
    assert looks[0] != looks[1]
