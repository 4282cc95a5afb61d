"""The training panel: what is learned from, the training, before and after, and the list of revisions."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from app.views.panel_rows import PanelList
from app.views.training.basis_view import NOTHING, sentence, thin_text
from app.views.training.changes import BLIND, READING, words
from app.views.training.changes import NOTHING as NO_CHANGE
from app.views.training.panel import TrainingPanel
from app.views.training.revisions_view import guard_text, scores_text
from app.views.training.values import Basis
from tests.ui.training_values import BASIS, CHANGES, ROWS, VERDICT, WORSE, moment


@pytest.fixture
def panel(qtbot: QtBot) -> TrainingPanel:
    made = TrainingPanel()
    qtbot.addWidget(made)
    made.resize(300, 430)
    made.set_basis(BASIS)
    made.set_revisions(ROWS)
    made.show()
    return made


def shown_texts(widget: QWidget) -> str:
    return "\n".join(each.text() for each in widget.findChildren(QLabel) if each.isVisibleTo(widget))


def the_list(widget: QWidget) -> PanelList:
    return next(each for each in widget.findChildren(PanelList) if each.isVisibleTo(widget))


def button(widget: QWidget, text: str) -> QPushButton:
    return next(each for each in widget.findChildren(QPushButton) if each.text() == text)


def test_the_button_says_how_much_it_learns_from(panel: TrainingPanel, qtbot: QtBot) -> None:
    assert panel.basis.learn.text() == "Learn from 34 corrections"
    assert "Starts from starter 1" in shown_texts(panel.basis)
    with qtbot.waitSignal(panel.learn_requested):
        panel.basis.learn.click()


def test_a_button_that_is_off_says_why(panel: TrainingPanel) -> None:
    panel.set_basis(replace(BASIS, why_not="label one more"))
    assert not panel.basis.learn.isEnabled()
    assert panel.basis.learn.toolTip() == "label one more"
    assert "Label one more." in shown_texts(panel.basis)
    panel.set_basis(BASIS)
    assert panel.basis.learn.isEnabled()
    assert "Label one more." not in shown_texts(panel.basis)


def test_an_empty_project_says_what_to_do(panel: TrainingPanel) -> None:
    panel.set_basis(Basis("starter 1", why_not="label first"))
    assert NOTHING in shown_texts(panel.basis)
    assert panel.basis.learn.text() == "Learn from corrections"


def test_thin_and_missing_emotions_are_named(panel: TrainingPanel) -> None:
    said = thin_text(BASIS)
    assert said.startswith("Few of disgust, sad and surprise:")
    assert "None of fear:" in said
    assert said in shown_texts(panel.basis)
    assert thin_text(Basis("starter 1")) == ""


def test_what_is_left_out_says_why_and_leads_there(panel: TrainingPanel, qtbot: QtBot) -> None:
    assert "Left out: 8" in shown_texts(panel.basis)
    offers = panel.basis.offers()
    assert {key: offer.text() for key, offer in offers.items()} == {"unsure": "Show", "new": "Analyse"}
    assert offers["new"].accessibleName() == "Analyse: nine.mp4 is not analysed"
    with qtbot.waitSignal(panel.left_out_opened) as told:
        offers["new"].click()
    assert told.args == ["new"]


def test_counting_again_leaves_the_buttons_alone(panel: TrainingPanel) -> None:
    offer = panel.basis.offers()["new"]
    panel.set_basis(replace(BASIS, why_not="wait"))
    assert panel.basis.offers()["new"] is offer
    panel.set_basis(replace(BASIS, left_out=()))
    assert panel.basis.offers() == {}
    assert "Left out" not in shown_texts(panel.basis)


def test_a_training_shows_stage_progress_and_time_left(panel: TrainingPanel) -> None:
    panel.begin()
    assert panel.page == "running"
    assert panel.running.bar.maximum() == 0  # nobody knows yet how much there is
    panel.set_moment(moment(40))
    said = shown_texts(panel.running)
    assert "Learning from all corrections" in said
    assert "Step 3 of 5" in said
    assert "12 s left" in said
    assert (panel.running.bar.value(), panel.running.bar.maximum()) == (40, 100)


def test_cancel_is_asked_for_once(panel: TrainingPanel, qtbot: QtBot) -> None:
    panel.begin()
    with qtbot.waitSignal(panel.cancel_requested):
        panel.running.cancel.click()
    assert not panel.running.cancel.isEnabled()
    panel.end()
    panel.begin()
    assert panel.running.cancel.isEnabled()


def test_progress_disturbs_nobody_who_looks_at_revisions(panel: TrainingPanel) -> None:
    panel.begin()
    panel.show_revisions()
    panel.set_moment(moment(50))
    assert panel.page == "revisions"
    panel.show_learning()
    assert panel.page == "running"
    panel.end()
    panel.show_revisions()
    panel.end()
    assert panel.page == "revisions"


def test_a_candidate_is_kept_or_discarded(panel: TrainingPanel, qtbot: QtBot) -> None:
    panel.show_verdict(VERDICT, CHANGES)
    assert panel.page == "verdict"
    said = shown_texts(panel.verdict)
    assert "Revision 1.2, not kept yet" in said
    assert "From starter 1.1, by 34 corrections" in said
    assert "34 examples · cross-validated over 4 participants" in said
    assert "Temperatures were fitted again." in said
    for asked, clicked in ((panel.keep_requested, "Keep"), (panel.discard_requested, "Discard")):
        with qtbot.waitSignal(asked):
            button(panel.verdict, clicked).click()


def test_what_got_worse_is_said_and_keeping_is_no_longer_the_first_choice(panel: TrainingPanel) -> None:
    panel.show_verdict(WORSE, ())
    assert "The guard set falls by 1.8 points." in shown_texts(panel.verdict)
    assert panel.verdict.keep.text() == "Keep anyway"
    assert panel.verdict.discard.property("role") == "primary"
    panel.show_verdict(VERDICT, ())
    assert panel.verdict.keep.text() == "Keep"
    assert panel.verdict.keep.property("role") == "primary"


def test_a_project_that_cannot_be_written_keeps_nothing(panel: TrainingPanel) -> None:
    panel.show_verdict(VERDICT, CHANGES)
    panel.set_read_only("it lies on a disk that cannot be written")
    assert not panel.verdict.keep.isEnabled()
    assert panel.verdict.keep.toolTip() == "it lies on a disk that cannot be written"
    assert not panel.revisions.make_current.isEnabled()
    panel.set_read_only("")
    assert panel.verdict.keep.isEnabled()


def test_confusion_is_shown_on_demand(panel: TrainingPanel) -> None:
    panel.show_verdict(VERDICT, ())
    more = button(panel.verdict, "Show what is confused")
    matrices = [w for w in panel.verdict.findChildren(QWidget) if w.accessibleName().endswith("taken for what")]
    assert not any(each.isVisibleTo(panel) for each in matrices)
    more.click()
    assert more.text() == "Hide what is confused"
    assert [each.isVisibleTo(panel) for each in matrices] == [True, False]
    assert "angry is most often taken for neutral" in matrices[0].accessibleDescription()


def test_changes_are_walked_with_arrows_and_played_again_with_enter(panel: TrainingPanel, qtbot: QtBot) -> None:
    panel.show_verdict(VERDICT, CHANGES)
    seen: list[object] = []
    panel.change_opened.connect(seen.append)
    button(panel.verdict, "What changes: 3").click()
    panel.activateWindow()
    qtbot.waitUntil(lambda: the_list(panel.verdict).hasFocus())
    assert seen == []
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Return):
        QTest.keyClick(the_list(panel.verdict), key)
    assert seen == [CHANGES[1], CHANGES[2], CHANGES[2]]


def test_a_click_on_a_change_goes_there(panel: TrainingPanel, qtbot: QtBot) -> None:
    panel.show_verdict(VERDICT, CHANGES)
    panel.verdict.show_changes()
    changes = the_list(panel.verdict)
    area = changes.visualRect(changes.model().index(1, 0))
    with qtbot.waitSignal(panel.change_opened) as told:
        QTest.mouseClick(
            changes.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, area.center() + QPoint(1, 0)
        )
    assert told.args == [CHANGES[1]]


def test_a_change_in_words() -> None:
    assert words(CHANGES[0]) == "sad → happy, Ana in one.mp4 at 00:01 · 2.5 s, people said happy"
    assert words(CHANGES[2]).startswith("fear → no label, person-2")


def test_blind_mode_hides_what_changes(panel: TrainingPanel) -> None:
    panel.show_verdict(VERDICT, CHANGES)
    panel.verdict.show_changes()
    panel.set_blind(True)
    assert BLIND in shown_texts(panel.verdict)
    assert not any(each.isVisibleTo(panel.verdict) for each in panel.verdict.findChildren(PanelList))
    panel.set_blind(False)
    assert the_list(panel.verdict).isVisible()


def test_revisions_are_listed_with_the_current_one_selected(panel: TrainingPanel) -> None:
    panel.show_revisions()
    assert button(panel, "Revisions: 4").isChecked()
    current = panel.revisions.current()
    assert current is not None
    assert current.id == "b"
    index = the_list(panel.revisions).model().index(0, 0)
    assert index.data() == ("starter 1.3, not kept yet, 61 corrections · 2026-11-22 14:02, 55 → 70 %, guard 78 → 76 %")
    assert (scores_text(ROWS[2]), guard_text(ROWS[2])) == ("", "")


@pytest.mark.parametrize(
    ("chosen", "reasons"),
    [
        ("c", ("", "", "", "")),
        ("b", ("this one is current", "select another than the current one", "", "make another one current first")),
        ("a", ("", "", "", "")),
        (None, ("", "", "this is the bundle as it came", "this is the bundle as it came")),
    ],
)
def test_what_can_be_done_with_a_revision(panel: TrainingPanel, chosen: str | None, reasons: tuple[str, ...]) -> None:
    view = panel.revisions
    view.select(chosen)
    for made, reason in zip((view.make_current, view.compare, view.scores, view.delete), reasons, strict=True):
        assert made.isEnabled() == (not reason)
        assert not reason or made.toolTip() == reason


def test_what_is_asked_for_names_the_revision(panel: TrainingPanel, qtbot: QtBot) -> None:
    panel.show_revisions()
    panel.revisions.select("a")
    for asked, clicked in (
        (panel.make_current_requested, "Make current"),
        (panel.compare_requested, "Compare"),
        (panel.scores_requested, "Scores"),
        (panel.delete_requested, "Delete…"),
    ):
        with qtbot.waitSignal(asked) as told:
            button(panel.revisions, clicked).click()
        assert told.args == ["a"]
    panel.revisions.select(None)
    with qtbot.waitSignal(panel.make_current_requested) as told:
        button(panel.revisions, "Make current").click()
    assert told.args == [None]


def test_the_selected_revision_stays_selected(panel: TrainingPanel) -> None:
    panel.revisions.select("a")
    panel.set_revisions(ROWS[1:])
    assert panel.revisions.current() == ROWS[2]
    panel.set_revisions((ROWS[1], ROWS[3]))
    assert panel.revisions.current() == ROWS[1]


def test_comparing_lists_what_differs_until_it_ends(panel: TrainingPanel, qtbot: QtBot) -> None:
    panel.show_revisions()
    panel.revisions.show_comparison("1.2 → 1.1", CHANGES)
    assert "1.2 → 1.1" in shown_texts(panel.revisions)
    assert panel.revisions.changes.changes() == CHANGES
    with qtbot.waitSignal(panel.comparing_ended):
        panel.revisions.end.click()
    panel.revisions.end_comparison()
    assert not panel.revisions.changes.isVisible()


def test_while_it_looks_for_what_differs_it_does_not_say_that_nothing_does(panel: TrainingPanel) -> None:
    panel.show_revisions()
    panel.revisions.show_comparison("1.1 → 1.2", None)
    assert READING in shown_texts(panel.revisions)
    panel.revisions.show_comparison("1.1 → 1.2", ())
    assert READING not in shown_texts(panel.revisions)
    assert NO_CHANGE in shown_texts(panel.revisions)


def test_the_compared_revision_stays_in_sight(panel: TrainingPanel, qtbot: QtBot) -> None:
    panel.show_revisions()
    rows = tuple(replace(ROWS[1], id=f"r{at}", name=f"1.{at}") for at in range(30))
    panel.set_revisions(rows)
    shown = the_list(panel.revisions)
    shown.setCurrentIndex(shown.model().index(20, 0))
    panel.revisions.show_comparison("1.20 → 1.29", CHANGES)
    qtbot.waitUntil(lambda: shown.viewport().rect().intersects(shown.visualRect(shown.currentIndex())))


def test_a_new_verdict_is_read_from_its_top(panel: TrainingPanel) -> None:
    panel.show_verdict(VERDICT, ())
    bar = panel.verdict.findChild(QScrollArea).verticalScrollBar()
    QApplication.processEvents()
    bar.setValue(bar.maximum())
    assert bar.value() > 0
    panel.show_verdict(replace(WORSE, name="1.3"), ())
    assert bar.value() == 0


def test_scores_of_a_kept_revision_lead_back_to_the_list(panel: TrainingPanel) -> None:
    panel.show_revisions()
    panel.show_scores(replace(VERDICT, candidate=False), CHANGES)
    assert panel.page == "scores"
    assert not button(panel.scores, "Keep").isVisibleTo(panel)
    panel.scores.back.click()
    assert panel.page == "revisions"


@pytest.mark.parametrize(("text", "said"), [("", ""), ("label more", "Label more."), ("Is it?", "Is it?")])
def test_sentences(text: str, said: str) -> None:
    assert sentence(text) == said
