"""Kappa of each emotion with its interval, on one axis: in time as a dot, of matched events as a ring."""

import math
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.agreement.values import Estimate
from app.agreement.wording import figure_text, interval_text
from app.views import theme
from app.views.agreement.values import KappaRow
from app.views.training.painted import CENTRE, RIGHT, Painted, line_px, paint_letter, small, width_px, write

ROW_GAP_PX: Final = 8
LOWEST: Final = -0.2
"""Where the axis begins; what lies lower, which is worse than chance, is drawn there."""
TICKS: Final = (0.0, 0.5, 1.0)
DOT_PX: Final = 4.0
RING_PX: Final = 3.0
NAMES_FROM_PX: Final = 230


class KappaBars(Painted):
    """A row for all emotions and one for each."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Agreement by emotion", parent)
        self._rows: tuple[KappaRow, ...] = ()

    def set_rows(self, rows: Sequence[KappaRow]) -> None:
        """Show these."""
        self._rows = tuple(rows)
        self.changed()

    def height_px(self) -> int:
        return len(self._rows) * self._row_px() + line_px(small()) + 2

    def words(self) -> str:
        return "; ".join(map(_tip, self._rows))

    def tip_at(self, point: QPoint) -> str:
        place = point.y() // self._row_px()
        return _tip(self._rows[place]) if 0 <= place < len(self._rows) else ""

    def _row_px(self) -> int:
        return line_px(small()) + ROW_GAP_PX

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font, row_px = small(), self._row_px()
        letter_px = row_px - ROW_GAP_PX + 2
        names_px = max((width_px(font, row.emotion or "all") for row in self._rows), default=0)
        left = letter_px + 6 + (names_px + 8 if self.width() >= NAMES_FROM_PX else 0)
        number_px = width_px(font, "−0.00") + 8
        axis = QRectF(left, 0, self.width() - left - number_px, len(self._rows) * row_px)
        _paint_axis(painter, axis)
        for place, row in enumerate(self._rows):
            line = QRectF(0, place * row_px, self.width(), row_px)
            _paint_name(painter, line, row.emotion, letter_px, self.width() >= NAMES_FROM_PX)
            _paint_row(painter, QRectF(axis.left(), line.top(), axis.width(), row_px), row)
            ink = theme.current().text if math.isfinite(row.time.value) else theme.current().muted
            write(painter, font, ink, line, figure_text(row.time.value).replace("-", "−"), RIGHT)


def _paint_name(painter: QPainter, line: QRectF, emotion: str | None, letter_px: int, named: bool) -> None:
    font, colours = small(), theme.current()
    if emotion is None:
        write(painter, theme.font(0.88, bold=True), colours.text, line, "all")
        return
    paint_letter(painter, QRectF(0, line.top() + (line.height() - letter_px) / 2, letter_px, letter_px), emotion)
    if named:
        write(painter, font, colours.text, line.adjusted(letter_px + 6, 0, 0, 0), emotion)


def _paint_axis(painter: QPainter, axis: QRectF) -> None:
    colours = theme.current()
    for tick in TICKS:
        x = round(_x(axis, tick)) + 0.5
        painter.setPen(QPen(colours.line if tick == 0 else colours.lane_line, 1))
        painter.drawLine(QPointF(x, axis.top()), QPointF(x, axis.bottom()))
        below = QRectF(x - 20, axis.bottom() + 1, 40, line_px(small()))
        write(painter, theme.font(0.8), colours.muted, below, f"{tick:g}", CENTRE)


def _paint_row(painter: QPainter, area: QRectF, row: KappaRow) -> None:
    colours = theme.current()
    colour = theme.emotion_colour(row.emotion) if row.emotion is not None else colours.text
    if row.emotion is not None and not math.isfinite(row.time.value):
        write(painter, small(), colours.muted, area.adjusted(_x(area, 0.0) - area.left() + 6, 0, 0, 0), "not said")
        return
    _paint_interval(painter, area, row.time, colour)
    if row.events is not None and math.isfinite(row.events.value):
        painter.setPen(QPen(colours.text, 1.4))
        painter.setBrush(colours.panel)
        painter.drawEllipse(QPointF(_x(area, row.events.value), area.center().y()), RING_PX, RING_PX)


def _paint_interval(painter: QPainter, area: QRectF, figure: Estimate, colour: QColor) -> None:
    if not math.isfinite(figure.value):
        return
    y = area.center().y()
    if math.isfinite(figure.low):
        pen = QPen(theme.blend(colour, theme.current().panel, 0.5), 5)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawLine(QPointF(_x(area, figure.low), y), QPointF(_x(area, figure.high), y))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawEllipse(QPointF(_x(area, figure.value), y), DOT_PX, DOT_PX)


def _x(axis: QRectF, value: float) -> float:
    share = (min(max(value, LOWEST), 1.0) - LOWEST) / (1.0 - LOWEST)
    return axis.left() + 4 + (axis.width() - 8) * share


def _tip(row: KappaRow) -> str:
    name = row.emotion or "all emotions"
    if not math.isfinite(row.time.value):
        return f"{name}: not said by both"
    said = [f"{name}: {_figure(row.time)}"]
    if row.events is not None:
        said.append(f"of events {_figure(row.events)}")
    return ", ".join([*said, *([row.detail] if row.detail else [])])


def _figure(figure: Estimate) -> str:
    interval = interval_text(figure)
    return f"{figure_text(figure.value)} ({interval})" if interval else figure_text(figure.value)
