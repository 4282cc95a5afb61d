"""The pictures of the training panel: what they say in words and tips, and that they paint what they are given."""

import math

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.views import theme
from app.views.training.confusions import Confusions
from app.views.training.curves import MOST_POINTS, Curves
from app.views.training.figure_rows import FigureRows
from app.views.training.painted import percent, signed
from app.views.training.recall_bars import RecallBars
from app.views.training.share_bars import SHOWN_PARTICIPANTS, ShareBars
from app.views.training.values import ClassScore, Figure, Judged, Moment, ParticipantShare, scores_of, wilson
from engine.emotions import EMOTIONS
from tests.ui.training_values import BASIS, confusion, judged, moment


@pytest.fixture(autouse=True)
def _light(qapp: QApplication) -> None:
    theme.apply(qapp, "light")


def shown(qtbot: QtBot, widget: QWidget, width_px: int = 300) -> QWidget:
    qtbot.addWidget(widget)
    widget.resize(width_px, widget.sizeHint().height())
    widget.show()
    return widget


def ink_count(widget: QWidget, colour: QColor) -> int:
    """How many pixels are of exactly this colour."""
    image = widget.grab().toImage()
    return sum(image.pixelColor(x, y) == colour for x in range(image.width()) for y in range(0, image.height(), 2))


def test_bars_are_as_long_as_there_are_corrections(qtbot: QtBot) -> None:
    bars = ShareBars("Corrections per emotion")
    bars.set_classes(BASIS.classes)
    shown(qtbot, bars)
    happy, angry = (ink_count(bars, theme.emotion_colour(name)) for name in ("happy", "angry"))
    assert happy > angry > 0
    assert bars.accessibleDescription().count(";") >= 6


def test_tips_of_counts(qtbot: QtBot) -> None:
    bars = ShareBars("Corrections per emotion")
    bars.set_classes(BASIS.classes)
    shown(qtbot, bars)
    row_px = bars.height_px() / 7
    assert bars.tip_at(QPoint(5, 3)) == "angry: 6 corrections of 3 participants"
    assert "too few to learn it well" in bars.tip_at(QPoint(5, round(1.5 * row_px)))
    assert bars.tip_at(QPoint(5, round(2.5 * row_px))) == "fear: no correction yet"
    assert bars.tip_at(QPoint(5, bars.height_px() + 50)) == ""


def test_many_participants_are_one_row_in_the_end(qtbot: QtBot) -> None:
    bars = ShareBars("Corrections per person")
    bars.set_participants(tuple(ParticipantShare(f"p{n}", 100 - n, 1) for n in range(SHOWN_PARTICIPANTS + 5)))
    shown(qtbot, bars)
    assert bars.words().count(";") == SHOWN_PARTICIPANTS
    assert bars.words().endswith(
        f"{sum(100 - n for n in range(SHOWN_PARTICIPANTS, SHOWN_PARTICIPANTS + 5))} corrections"
    )


def test_curves_follow_one_another_when_work_is_counted_anew(qtbot: QtBot) -> None:
    curves = Curves()
    shown(qtbot, curves)
    for done in (0, 50, 100):
        curves.add(moment(done, "estimate"))
    for done in (0, 100):
        curves.add(moment(done, "fit", guard=0.8))
    places = [at for at, _, _ in curves.loss.points]
    assert places == sorted(places)
    assert places[-1] == 2.0
    assert [len(line) for line in curves.loss.lines()] == [3, 2]
    assert curves.words() == "loss 0.020, accuracy 100%, guard accuracy 80%"
    assert ink_count(curves, theme.current().success) > 0
    curves.clear()
    assert curves.words() == "nothing measured yet"


def test_work_without_measures_makes_no_room_in_the_curves() -> None:
    curves = Curves()
    for done in range(0, 101, 10):
        curves.add(Moment("re-scoring", done, 100, "rescoring"))
    assert curves.loss.points == []
    curves.add(moment(10))
    assert curves.loss.points[-1][0] == pytest.approx(0.1)


def test_curves_of_a_long_training_stay_short() -> None:
    curves = Curves()
    for done in range(5 * MOST_POINTS):
        curves.add(Moment("Fitting", done, 5 * MOST_POINTS, "fit", None, 1.0))
    assert len(curves.loss.points) <= MOST_POINTS


def test_figures_in_words(qtbot: QtBot) -> None:
    rows = FigureRows("figures")
    rows.set_judged(judged())
    shown(qtbot, rows)
    accuracy, uar, calibration = rows.words().split("; ")
    assert accuracy == "Accuracy, share of right answers: 59 % → 82 %, +24 points (95 % interval +5 to +40 points)"
    assert "(95 % interval −2 to +30 points)" in uar
    assert calibration.startswith("Calibration error, smaller is better: 0.17 → 0.11, −0.06")
    assert rows.tip_at(QPoint(3, 3)) == accuracy


def test_only_what_is_beyond_chance_is_green_or_red(qtbot: QtBot) -> None:
    now = theme.current()
    unclear = Figure(0.5, 0.6, -0.1, 0.3)
    better, worse = Figure(0.5, 0.6, 0.05, 0.15), Figure(0.6, 0.5, -0.15, -0.05)
    for figure, green, red in ((unclear, False, False), (better, True, False), (worse, False, True)):
        rows = FigureRows("figures")
        one = judged()
        rows.set_judged(
            Judged("", "", 1, figure, figure, unclear, one.classes, one.confusion_before, one.confusion_after)
        )
        shown(qtbot, rows)
        assert (ink_count(rows, now.success) > 0) == green
        assert (ink_count(rows, now.danger) > 0) == red
    assert unclear.clear is False


def test_a_figure_without_interval_says_so(qtbot: QtBot) -> None:
    rows = FigureRows("figures")
    alone, one = Figure(0.5, 0.7), judged()
    rows.set_judged(Judged("", "", 3, alone, alone, alone, one.classes, one.confusion_before, one.confusion_after))
    shown(qtbot, rows)
    assert "too few groups for an interval" in rows.words()


def test_recall_bars_say_both_and_how_many(qtbot: QtBot) -> None:
    bars = RecallBars("recall")
    bars.set_scores(judged().classes)
    shown(qtbot, bars)
    assert bars.tip_at(QPoint(3, 3)).startswith("angry: 33 % → 83 % (95 % ")
    assert bars.tip_at(QPoint(3, 3)).endswith(" of 6 examples")
    assert "fear: no example" in bars.words()
    assert ink_count(bars, theme.emotion_colour("happy")) > 0


def test_confusions_stand_beside_or_below_one_another(qtbot: QtBot) -> None:
    matrices = Confusions("confusions")
    matrices.set_judged(judged())
    shown(qtbot, matrices, 200)
    narrow = matrices.height_px()
    matrices.resize(600, narrow)
    assert matrices.height_px() < narrow
    assert matrices.words() == "after: angry is most often taken for neutral, 1 times"


def test_a_cell_of_a_matrix_says_what_it_counts(qtbot: QtBot) -> None:
    matrices = Confusions("confusions")
    matrices.set_judged(judged())
    shown(qtbot, matrices, 600)
    tips = {matrices.tip_at(QPoint(x, y)) for x in range(0, 600, 8) for y in range(0, matrices.height_px(), 8)}
    assert "before: angry called angry 2 of 6 times (33 %)" in tips
    assert "after: angry called neutral 1 of 6 times (17 %)" in tips
    assert len(tips - {""}) == 98


def test_recalls_come_from_confusions() -> None:
    before, after = confusion((1,) * 7, (1,) * 7), confusion((2,) * 7, (0,) * 7)
    found = scores_of(before, after, EMOTIONS)
    assert [(one.emotion, one.count, one.before, one.after) for one in found][:2] == [
        ("angry", 2, 0.5, 1.0), ("disgust", 2, 0.5, 1.0),
    ]  # fmt: skip
    empty = scores_of(np.zeros((7, 7), np.int64), np.zeros((7, 7), np.int64), EMOTIONS)[0]
    assert empty.count == 0
    assert math.isnan(empty.after)
    assert isinstance(empty, ClassScore)


def test_wilson_as_in_textbooks() -> None:
    share, low, high = wilson(8, 10)
    assert (share, round(low, 4), round(high, 4)) == (0.8, 0.4902, 0.9433)
    assert wilson(0, 10)[1] == 0.0
    assert wilson(10, 10)[2] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("value", "said"), [(0.19, "+19"), (-0.031, "−3"), (0.0, "±0"), (0.004, "±0"), (math.nan, "–")]
)
def test_differences_have_a_sign(value: float, said: str) -> None:
    assert signed(value) == said


def test_percent() -> None:
    assert (percent(0.714), percent(math.nan)) == ("71 %", "–")
