"""The column on the left that says what each lane is."""

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap

from app.views import theme
from app.views.timeline.ink import FontKind, Ink, prepare
from engine.emotions import EMOTIONS, LETTERS

if TYPE_CHECKING:
    from app.views.timeline.canvas import Band, Canvas

LEFT_PX: Final = 14
LEGEND_LINES: Final = 3.4
"""From this height on there is room for the legend of the curves."""
LEGEND_LANES: Final = ("frame",)
SWATCH_PX: Final = 3.0


class Headings:
    """Painted into one picture that stays until the lanes move."""

    def __init__(self) -> None:
        self._picture: QPixmap | None = None

    def forget(self) -> None:
        """Paint it again next time."""
        self._picture = None

    def picture(self, canvas: "Canvas") -> QPixmap:
        """The whole column."""
        if self._picture is None:
            ratio = canvas.ink.ratio
            self._picture = QPixmap(round(canvas.heading_px * ratio), round(canvas.height() * ratio))
            self._picture.setDevicePixelRatio(ratio)
            self._picture.fill(canvas.ink.theme.window)
            painter = QPainter(self._picture)
            prepare(painter)
            for band in canvas.bands:
                area = canvas.lane_rect(band)
                if not band.pinned:
                    top = canvas.pinned_px
                    painter.setClipRect(QRect(0, top, canvas.heading_px, canvas.height() - top))
                _paint(painter, canvas, band, QRectF(0, area.top(), canvas.heading_px, area.height()))
            painter.end()
        return self._picture


def _paint(painter: QPainter, canvas: "Canvas", band: "Band", area: QRectF) -> None:
    ink = canvas.ink
    title, below = band.lane.heading(canvas.scene)
    room_px = int(area.width()) - LEFT_PX - 8
    if band.pinned:
        _line(painter, ink, title, False, ink.theme.muted, area.top() + (area.height() - ink.small_px) / 2, room_px)
        return
    both_px = ink.line_px + ink.small_px - 2
    if not below or area.height() < both_px - 2:
        _line(painter, ink, title, True, ink.theme.text, area.top() + (area.height() - ink.line_px) / 2, room_px)
        return
    top = area.top() + min((area.height() - both_px) / 2, 5.0)
    _line(painter, ink, title, True, ink.theme.text, top, room_px)
    _line(painter, ink, below, False, ink.theme.muted, top + ink.line_px - 1, room_px)
    if band.lane.name in LEGEND_LANES and area.height() >= LEGEND_LINES * ink.line_px:
        _paint_legend(painter, ink, top + both_px + 4)


def _line(painter: QPainter, ink: Ink, text: str, bold: bool, colour: QColor, top: float, room_px: int) -> None:
    kind: FontKind = "bold" if bold else "small"
    painter.setFont(ink.fonts[kind])
    painter.setPen(colour)
    painter.drawText(QPointF(LEFT_PX, round(top + ink.metrics[kind].ascent())), ink.elided(text, room_px, kind))


def _paint_legend(painter: QPainter, ink: Ink, top: float) -> None:
    """Seven letters, each on a line of its colour."""
    metrics = ink.metrics["tiny_bold"]
    step_px = metrics.horizontalAdvance("W") + 4
    painter.setFont(ink.fonts["tiny_bold"])
    for place, emotion in enumerate(EMOTIONS):
        cell = QRectF(LEFT_PX + place * step_px, top, step_px - 3, metrics.height())
        painter.setPen(ink.theme.text)
        painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, LETTERS[place])
        painter.fillRect(QRectF(cell.left(), cell.bottom(), cell.width(), SWATCH_PX), theme.emotion_colour(emotion))
