"""Recall of each emotion before and after, as two bars with the 95 % interval of the second."""

import math
from typing import Final

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.views import theme
from app.views.panel_values import counted
from app.views.training.painted import (
    RIGHT,
    Painted,
    line_px,
    paint_letter,
    percent,
    quiet,
    signed,
    small,
    width_px,
    write,
)
from app.views.training.values import ClassScore

ROW_GAP_PX: Final = 7
FADED: Final = 0.38
NAME_SHARE: Final = 0.24
WIDE_PX: Final = 230
"""From this width on names stand beside the letters."""


class RecallBars(Painted):
    """Seven rows: above, thin and pale, before; below, after, with a whisker."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self._scores: tuple[ClassScore, ...] = ()

    def set_scores(self, scores: tuple[ClassScore, ...]) -> None:
        """Show these."""
        self._scores = scores
        self.changed()

    def height_px(self) -> int:
        return len(self._scores) * self._row_px()

    def words(self) -> str:
        return "; ".join(map(_tip, self._scores))

    def tip_at(self, point: QPoint) -> str:
        place = point.y() // self._row_px()
        return _tip(self._scores[place]) if 0 <= place < len(self._scores) else ""

    def _row_px(self) -> int:
        return line_px(small()) + ROW_GAP_PX

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font, row_px, now = small(), self._row_px(), theme.current()
        letter_px = row_px - ROW_GAP_PX + 1
        widest = max((width_px(font, score.emotion) for score in self._scores), default=0)
        name_px = min(widest, self.width() * NAME_SHARE) + 6 if self.width() >= WIDE_PX else 0
        number_px = width_px(font, "100 %  +100") + 6
        left = letter_px + 6 + name_px
        track_px = max(self.width() - left - number_px, 20)
        for place, score in enumerate(self._scores):
            top = place * row_px
            paint_letter(painter, QRectF(0, top + (row_px - letter_px) / 2, letter_px, letter_px), score.emotion)
            ink = now.text if score.count else now.muted
            if name_px:
                write(painter, font, ink, QRectF(letter_px + 6, top, name_px, row_px), score.emotion)
            _paint_bars(painter, score, QRectF(left, top, track_px, row_px))
            number = QRectF(left + track_px, top, number_px, row_px)
            if score.count:
                _paint_numbers(painter, score, number)
            else:
                write(painter, font, now.muted, number, "none", RIGHT)


def _paint_numbers(painter: QPainter, score: ClassScore, area: QRectF) -> None:
    font, now = small(), theme.current()
    write(painter, font, now.muted, area, signed(score.after - score.before), RIGHT)
    after = area.adjusted(0, 0, -width_px(font, "+100") - 4, 0)
    write(painter, font, now.text, after, percent(score.after), RIGHT)


def _paint_bars(painter: QPainter, score: ClassScore, area: QRectF) -> None:
    now, colour = theme.current(), theme.emotion_colour(score.emotion)
    top, high = area.top() + ROW_GAP_PX / 2, area.height() - ROW_GAP_PX
    thin, thick = high * 0.3, high * 0.52
    before = QRectF(area.left(), top, area.width(), thin)
    after = QRectF(area.left(), top + high - thick, area.width(), thick)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(now.lane_line)
    for track in (before, after):
        painter.drawRoundedRect(track, 2, 2)
    if not score.count:
        return
    for track, value, brush in ((before, score.before, quiet(colour, FADED)), (after, score.after, colour)):
        painter.setBrush(brush)
        painter.drawRoundedRect(QRectF(track.left(), track.top(), max(track.width() * value, 2), track.height()), 2, 2)
    if not math.isnan(score.after_low):
        y = after.center().y()
        low, high_x = (after.left() + after.width() * value for value in (score.after_low, score.after_high))
        for pen in (QPen(now.panel, 3), QPen(now.text, 1.3)):
            painter.setPen(pen)
            painter.drawLine(QPointF(low, y), QPointF(high_x, y))
            for x in (low, high_x):
                painter.drawLine(QPointF(x, y - 3), QPointF(x, y + 3))


def _tip(score: ClassScore) -> str:
    if not score.count:
        return f"{score.emotion}: no example"
    interval = f" (95 % {percent(score.after_low)} to {percent(score.after_high)})"
    return (
        f"{score.emotion}: {percent(score.before)} → {percent(score.after)}{interval} of"
        f" {counted(score.count, 'example')}"
    )
