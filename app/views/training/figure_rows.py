"""Accuracy, UAR and calibration before and after: from a ring to a dot on one line, with the interval behind it."""

import math
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.views import theme
from app.views.training.painted import (
    MINUS,
    RIGHT,
    Painted,
    calibration_text,
    line_px,
    percent,
    quiet,
    signed,
    small,
    width_px,
    write,
)
from app.views.training.values import Figure, Judged

DOT_PX: Final = 4.5
TRACK_PX: Final = 15
GAP_PX: Final = 5
MOST_CALIBRATION: Final = 0.5
"""Of the axis: calibration errors beyond are rare, and shown at its end."""


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    figure: Figure
    most: float
    said: str
    gain: str
    better: int
    """1 where it clearly got better, -1 where it clearly got worse, else 0."""
    tip: str


class FigureRows(Painted):
    """The three figures of one set of examples."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self._rows: tuple[_Row, ...] = ()

    def set_judged(self, judged: Judged) -> None:
        """Show these."""
        self._rows = (
            _share_row("Accuracy", judged.accuracy, "share of right answers"),
            _share_row("Mean recall (UAR)", judged.uar, "the mean over the emotions, each counting the same"),
            _calibration_row(judged.calibration),
        )
        self.changed()

    def height_px(self) -> int:
        return len(self._rows) * self._row_px() - (GAP_PX if self._rows else 0)

    def words(self) -> str:
        return "; ".join(row.tip for row in self._rows)

    def tip_at(self, point: QPoint) -> str:
        place = point.y() // self._row_px()
        return self._rows[place].tip if 0 <= place < len(self._rows) else ""

    def _row_px(self) -> int:
        return line_px(small()) + TRACK_PX + GAP_PX

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for place, row in enumerate(self._rows):
            top, text_px = place * self._row_px(), line_px(small())
            self._paint_words(painter, row, QRectF(0, top, self.width(), text_px))
            _paint_track(painter, row, QRectF(0, top + text_px, self.width(), TRACK_PX))

    def _paint_words(self, painter: QPainter, row: _Row, line: QRectF) -> None:
        now = theme.current()
        gain_px = width_px(theme.font(0.88, bold=True), row.gain) + 8
        said_px = width_px(small(), row.said) + 8
        write(painter, theme.font(0.88, bold=True), _colour(row), line, row.gain, RIGHT)
        write(painter, small(), now.text, line.adjusted(0, 0, -gain_px, 0), row.said, RIGHT)
        write(painter, small(), now.muted, line.adjusted(0, 0, -gain_px - said_px, 0), row.name)


def _colour(row: _Row) -> QColor:
    now = theme.current()
    return {1: now.success, 0: now.muted, -1: now.danger}[row.better]


def _paint_track(painter: QPainter, row: _Row, area: QRectF) -> None:
    now, figure = theme.current(), row.figure
    y = area.center().y()
    first, last = area.left() + DOT_PX + 1, area.right() - DOT_PX - 1

    def x(value: float) -> float:
        return first + min(max(value / row.most, 0.0), 1.0) * (last - first)

    painter.setPen(QPen(now.line, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawLine(QPointF(first, y), QPointF(last, y))
    if math.isnan(figure.before) or math.isnan(figure.after):
        return
    colour = _colour(row)
    if not math.isnan(figure.low):
        low, high = x(figure.before + figure.low), x(figure.before + figure.high)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(quiet(colour, 0.25))
        painter.drawRoundedRect(QRectF(low, y - 5, max(high - low, 2), 10), 3, 3)
    painter.setPen(QPen(colour, 2.4))
    painter.drawLine(QPointF(x(figure.before), y), QPointF(x(figure.after), y))
    painter.setPen(QPen(now.muted, 1.6))
    painter.setBrush(now.panel)
    painter.drawEllipse(QPointF(x(figure.before), y), DOT_PX - 0.8, DOT_PX - 0.8)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawEllipse(QPointF(x(figure.after), y), DOT_PX, DOT_PX)


def _share_row(name: str, figure: Figure, meaning: str) -> _Row:
    said = f"{percent(figure.before)} → {percent(figure.after)}"
    interval = _interval(figure, 100, 0, " points")
    tip = f"{name}, {meaning}: {said}, {signed(figure.difference)} points{interval}"
    better = (1 if figure.difference > 0 else -1) if figure.clear else 0
    return _Row(name, figure, 1.0, said, signed(figure.difference), better, tip)


def _calibration_row(figure: Figure) -> _Row:
    said = f"{calibration_text(figure.before)} → {calibration_text(figure.after)}"
    interval = _interval(figure, 1, 2, "")
    tip = f"Calibration error, smaller is better: {said}, {signed(figure.difference, 1, 2)}{interval}"
    better = (1 if figure.difference < 0 else -1) if figure.clear else 0
    gain = signed(figure.difference, 1, 2)
    return _Row("Calibration error", figure, MOST_CALIBRATION, said, gain, better, tip)


def _interval(figure: Figure, scale: float, digits: int, unit: str) -> str:
    if math.isnan(figure.low) or math.isnan(figure.high):
        return "; too few groups for an interval"
    low, high = (signed(value, scale, digits) for value in (figure.low, figure.high))
    return f" (95 % interval {low} to {high}{unit})".replace("±", "") if low != MINUS else ""
