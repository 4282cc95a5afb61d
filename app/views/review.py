"""The review panel: what to look at next over all videos, answered with one key, and many accepted at once."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.project.values import Correction
from app.review import REASONS, Candidate, Reason, Review, Waiting, columns_of, prepare
from app.views import theme
from app.views.panel_values import counted
from app.views.review_forecast import ForecastRow
from app.views.review_table import ReviewTable, WaitingModel

BATCH_FROM: Final = 0.9
NOTHING: Final = "Nothing to look at. Segments come here once videos are analysed."
ALL_DONE: Final = "Nothing left to look at here."
BLIND: Final = "hidden in blind mode"
WAITING_THEIR_TURN: Final = "Neighbours of what is listed come later: they teach little more"


class ReviewPanel(QWidget):
    """The queue. Enter or a double click plays a segment; 1 to 7, 0 and A answer it and go on to the next."""

    opened = Signal(object)
    """A `Candidate` to open and play in place."""
    answered = Signal(object, object)
    """A `Candidate` and its label, None for unsure; the label the model gave means that it was accepted."""
    batch_accept_requested = Signal(float)
    """Accept all that is `not_corrected` and `acceptable` from this confidence on (both in `app.review`)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Review")
        self._review = prepare(columns_of(()), ())
        self._blind = False
        self._read_only = ""
        self._model = WaitingModel()
        self._table = ReviewTable(self)
        self._table.setModel(self._model)
        self._table.play_requested.connect(self._open)
        self._table.accept_requested.connect(self._accept)
        self._table.answer_requested.connect(self._answer)
        self._table.selectionModel().currentRowChanged.connect(self._on_current)
        self._reason = QComboBox(self)
        self._reason.setAccessibleName("Which segments first")
        self._reason.addItems([reason.capitalize() for reason in REASONS])
        self._reason.currentIndexChanged.connect(self._on_reason)
        self._count, self._returns = _small(self), _small(self)
        self._forecast = ForecastRow(self)
        self._empty = QLabel(NOTHING, self)
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setContentsMargins(16, 0, 16, 0)
        theme.set_role(self._empty, "muted")
        self._pages = QStackedWidget(self)
        self._pages.addWidget(self._table)
        self._pages.addWidget(self._empty)
        self._play = _button("Play", "Open and play the segment (Enter)", self._open, self)
        self._accept_one = _button("Accept", "", self._accept, self)
        self._from = QDoubleSpinBox(self)
        self._from.setRange(0.0, 1.0)
        self._from.setSingleStep(0.05)
        self._from.setValue(BATCH_FROM)
        self._from.setAccessibleName("Accept all from this confidence on")
        self._from.valueChanged.connect(self._count_batch)
        self._accept_all = _button("Accept", "", self._accept_batch, self)
        self._lay_out()
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self._refresh()

    def set_review(self, review: Review) -> None:
        """What there is to look at, prepared where it keeps nobody waiting."""
        self._review = review
        self._refresh()

    def set_candidates(self, candidates: Sequence[Candidate], corrections: Sequence[Correction] = ()) -> None:
        """The predicted segments of all videos, and what people said so far; for a few of them."""
        self.set_review(prepare(columns_of(candidates), corrections))

    def set_corrections(self, corrections: Sequence[Correction]) -> None:
        """What people said so far; what they corrected leaves the queue."""
        self.set_review(prepare(self._review.columns, corrections))

    def set_confidence(self, confidence: float) -> None:
        """From where on one click accepts."""
        self._from.setValue(confidence)

    def set_blind(self, blind: bool) -> None:
        """Hide what the model says; then there is nothing to accept."""
        self._blind = blind
        self._model.set_blind(blind)
        self._refresh()

    def set_read_only(self, why: str) -> None:
        """Nothing can be answered, because of `why`; empty: it can."""
        self._read_only = why
        self._switch()

    def candidates(self) -> tuple[Candidate, ...]:
        """The segments of all videos that are not corrected yet, in the order given."""
        return self._review.left

    def current(self) -> Candidate | None:
        """The selected segment."""
        row = self._table.currentIndex().row()
        return self._model.waiting()[row].candidate if row >= 0 else None

    def reason(self) -> Reason:
        """By what the queue is ordered."""
        return REASONS[self._reason.currentIndex()]

    def focus_queue(self) -> None:
        """Put the keyboard on the queue."""
        self._table.setFocus()

    def _refresh(self) -> None:
        """Show the queue; who was selected stays so, or the place in the list does."""
        current, row = self.current(), self._table.currentIndex().row()
        review, reason = self._review, self.reason()
        waiting = review.queues[reason]
        if self._blind:  # even their order would tell what the model says
            waiting = tuple(sorted(waiting, key=lambda one: (one.candidate.video_name, one.candidate.start_s)))
        self._model.set_waiting(waiting)
        self._select(_row_of(waiting, current, row))
        listed, left = len(waiting), len(review.left)
        self._count.setText(f"{left:,} left" if listed == left else f"{listed:,} of {left:,} left")
        self._count.setToolTip("" if listed == left else WAITING_THEIR_TURN)
        forecast = review.forecasts[reason]
        flat = forecast is not None and forecast.is_flat
        said = None if self._blind or flat else review.returns
        self._returns.setText(said or "")
        self._returns.setVisible(said is not None)
        self._forecast.set_forecast(None if self._blind else review.forecasts[reason])
        self._empty.setText(ALL_DONE if len(review.columns) else NOTHING)
        self._pages.setCurrentIndex(0 if waiting else 1)
        self._switch()

    def _select(self, row: int) -> None:
        if 0 <= row < self._model.rowCount():
            self._table.setCurrentIndex(self._model.index(row, 0))

    def _open(self) -> None:
        candidate = self.current()
        if candidate is not None:
            self.opened.emit(candidate)

    def _accept(self) -> None:
        candidate = self.current()
        if candidate is not None and not self._blind:
            self._answer(candidate.emotion)

    def _answer(self, emotion: str | None) -> None:
        """Tell an answer, and go on: the next one moves up and plays."""
        candidate, row = self.current(), self._table.currentIndex().row()
        if candidate is None or self._read_only:
            return
        self._model.remove(row)
        self._select(min(row, self._model.rowCount() - 1))
        self.answered.emit(candidate, emotion)
        self._open()

    def _accept_batch(self) -> None:
        self.batch_accept_requested.emit(round(self._from.value(), 2))

    def _count_batch(self) -> None:
        count = self._review.acceptable_count(round(self._from.value(), 2))
        self._accept_all.setText("Accept" if self._blind else f"Accept {count:,}")
        why = self._why_not() or ("" if count else "no segment is that sure")
        self._accept_all.setEnabled(not why)
        self._accept_all.setToolTip(why or f"Accept {counted(count, 'segment')}, marked as a batch")

    def _switch(self) -> None:
        none = "" if self.current() is not None else "select a segment"
        self._play.setEnabled(not none)
        why = none or self._why_not()
        self._accept_one.setEnabled(not why)
        self._accept_one.setToolTip(why or "The model is right (A)")
        self._from.setEnabled(not self._why_not())
        self._reason.setEnabled(not self._blind)
        self._reason.setToolTip(BLIND if self._blind else "")
        self._count_batch()

    def _why_not(self) -> str:
        return self._read_only or (BLIND if self._blind else "")

    def _on_reason(self, _place: int) -> None:
        self._refresh()
        self._select(0)

    def _on_current(self, _now: QModelIndex, _before: QModelIndex) -> None:
        self._switch()

    def _lay_out(self) -> None:
        keys = _small(self)
        keys.setText("or 1 to 7, 0 unsure")
        self._returns.setWordWrap(True)
        self._returns.setContentsMargins(10, 0, 10, 0)
        everything = QLabel("Sure from", self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 8)
        column.setSpacing(6)
        for row in (
            _row(self._reason, None, self._count),
            self._pages,
            _row(self._play, self._accept_one, None, keys),
            _row(everything, self._from, self._accept_all, None),
            self._forecast,
            self._returns,
        ):
            if isinstance(row, QWidget):
                column.addWidget(row, 1 if row is self._pages else 0)
            else:
                column.addLayout(row)


def _row_of(waiting: Sequence[Waiting], current: Candidate | None, row: int) -> int:
    """Where the current segment stands now; if it left, the place where it was."""
    for place, each in enumerate(waiting):
        if each.candidate == current:
            return place
    return max(0, min(row, len(waiting) - 1))


def _small(parent: QWidget) -> QLabel:
    label = QLabel(parent)
    theme.set_role(label, "small")
    return label


def _button(text: str, tip: str, act: object, parent: QWidget) -> QPushButton:
    button = QPushButton(text, parent)
    button.setToolTip(tip)
    button.clicked.connect(act)
    return button


def _row(*widgets: QWidget | None) -> QHBoxLayout:
    """Widgets beside one another; None is room that stretches."""
    row = QHBoxLayout()
    row.setContentsMargins(10, 0, 10, 0)
    row.setSpacing(6)
    for widget in widgets:
        if widget is None:
            row.addStretch(1)
        else:
            row.addWidget(widget)
    return row
