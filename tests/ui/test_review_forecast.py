"""What the next labels will bring, in the review panel: a picture that says itself in words."""

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.project.values import Correction
from app.review import Candidate
from app.review_forecast import Forecast, RevisionScore
from app.views.review import ReviewPanel
from app.views.review_forecast import ForecastRow, _Picture

SOME = Forecast(20, 9.2, 4, 14, 60, (12, 10, 9))


@pytest.fixture
def row(qtbot: QtBot) -> ForecastRow:
    made = ForecastRow(None)  # type: ignore[arg-type]
    qtbot.addWidget(made)
    made.resize(300, 60)
    made.set_forecast(SOME)
    made.show()
    return made


def sentence(row: ForecastRow) -> str:
    return row.findChild(QLabel).text()


def looks(row: ForecastRow) -> QImage:
    return row.findChild(_Picture).grab().toImage()


def test_it_says_what_will_change_and_what_that_rests_on(row: ForecastRow) -> None:
    assert sentence(row) == "About 9 of the next 20 would change (4 to 14), from 60 answers."
    picture = row.findChild(_Picture)
    assert picture.accessibleDescription().splitlines() == [
        "changed of each 20 answers, the latest last: 12, 10, 9",
        "About 9 of the next 20 would change (4 to 14), from 60 answers",
    ]
    assert picture.tip_at(QPoint(1, 1)) == picture.words()


def test_it_says_when_labels_stop_paying(row: ForecastRow) -> None:
    row.set_forecast(Forecast(20, 0.8, 0, 3, 100, (3, 2, 1, 0, 0)))
    assert sentence(row).endswith("(0 to 3), from 100 answers. More labels stop paying.")


def test_it_says_when_learning_stopped_paying_though_answers_still_change(row: ForecastRow) -> None:
    gains = (RevisionScore("1.1", 0.5, 0.6), RevisionScore("1.2", 0.6, 0.605))
    row.set_forecast(Forecast(20, 9.2, 4, 14, 60, (12, 10, 9), gains))
    assert sentence(row).endswith("But learning stopped paying: revision 1.2 gained +0.5 points.")


def test_without_a_past_there_is_no_picture(row: ForecastRow) -> None:
    row.set_forecast(Forecast(20, 9.2, 4, 14, 0, ()))
    assert row.findChild(_Picture).isHidden()
    row.set_forecast(Forecast(20, 9.2, 4, 14, 60, (12, 10, 9)))
    assert not row.findChild(_Picture).isHidden()


def test_it_tells_how_revisions_gained(row: ForecastRow) -> None:
    gains = (RevisionScore("1.1", 0.5, 0.6), RevisionScore("1.2", 0.6, 0.7))
    row.set_forecast(Forecast(20, 9.2, 4, 14, 60, (12, 10, 9), gains))
    assert "accuracy of the revisions: 1.1: 50 → 60 %, 1.2: 60 → 70 %" in row.findChild(_Picture).words()


def test_the_picture_shows_what_was_and_what_comes(row: ForecastRow) -> None:
    before = looks(row)
    row.set_forecast(Forecast(20, 9.2, 4, 14, 60, (2, 1, 0)))
    other_past = looks(row)
    row.set_forecast(Forecast(20, 1.0, 0, 3, 60, (2, 1, 0)))
    assert before != other_past
    assert other_past != looks(row)


def test_nothing_left_hides_it(row: ForecastRow) -> None:
    row.set_forecast(None)
    assert not row.isVisible()


def test_the_panel_shows_that_of_its_order_and_hides_it_when_blind(qtbot: QtBot) -> None:
    panel = ReviewPanel()
    qtbot.addWidget(panel)
    panel.resize(300, 430)
    panel.set_candidates([
        Candidate("m1", "clip.mp4", "person-1", 20.0 * at, 20.0 * at + 4, "happy", 0.3 + 0.02 * at, False)
        for at in range(30)
    ])  # fmt: skip
    panel.show()
    said = panel.findChild(ForecastRow)
    unsure = sentence(said)
    assert unsure.endswith("by the model's own confidence.")
    panel._reason.setCurrentText("Rare class")
    assert sentence(said) != unsure, "the surest of a class change less often"
    panel.set_blind(True)
    assert not said.isVisible()
    panel.set_blind(False)
    assert said.isVisible()
    panel.set_corrections([
        Correction(f"c{at}", "m1", "person-1", 0.0, 600.0, "sad", "edited", "MK", "face", "", "") for at in range(1)
    ])  # fmt: skip
    assert not said.isVisible(), "nothing is left to look at"
