"""A button that paints its own sign in the colours of the theme, sharp on every screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QIcon, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QStyle, QStyleOptionToolButton, QStylePainter, QToolButton

from app.views import icons, theme

Glyph = Callable[[QPainter, QColor, QRectF], None]

GRID: Final = 24.0
LINE: Final = 1.8
GAP_PX: Final = 6
PADDING_PX: Final = 9


class GlyphButton(QToolButton):
    """A sign, and a word beside it on the side away from `before`.

    Args:
        glyph: paints the sign into a rectangle in a colour.
        name: what it does, for the tool tip and for screen readers.
        text: the word; empty for the sign alone.
        sign_last: the sign stands behind the word.
    """

    def __init__(self, glyph: Glyph, name: str, text: str = "", sign_last: bool = False) -> None:
        super().__init__()
        self._glyph, self._sign_last = glyph, sign_last
        self.setText(text)
        self.describe(name)

    def describe(self, name: str, tip: str | None = None) -> None:
        """Say what the button does, and more in its tool tip."""
        self.setAccessibleName(name)
        self.setToolTip(tip or name)

    def set_glyph(self, glyph: Glyph) -> None:
        self._glyph = glyph
        self.update()

    def setText(self, text: str) -> None:
        super().setText(text)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self._word_font())
        side = self._sign_px()
        height = max(side, metrics.height()) + 12
        if not self.text():
            return QSize(max(height, side + 2 * PADDING_PX), height)
        return QSize(side + GAP_PX + metrics.horizontalAdvance(self.text()) + 2 * PADDING_PX + 4, height)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        option = QStyleOptionToolButton()
        self.initStyleOption(option)
        option.text, option.icon = "", QIcon()
        painter.drawComplexControl(QStyle.ComplexControl.CC_ToolButton, option)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = self._colour()
        sign, word = self._places()
        self._glyph(painter, colour, sign)
        if self.text():
            painter.setFont(self._word_font())
            painter.setPen(colour)
            painter.drawText(word, Qt.AlignmentFlag.AlignCenter, self.text())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self.updateGeometry()
            self.update()

    def _places(self) -> tuple[QRectF, QRectF]:
        side, word_px = self._sign_px(), 0
        if self.text():
            word_px = QFontMetrics(self._word_font()).horizontalAdvance(self.text()) + 2
        gap = GAP_PX if word_px else 0
        left, top = (self.width() - side - gap - word_px) / 2, (self.height() - side) / 2
        if self._sign_last:
            return QRectF(left + word_px + gap, top, side, side), QRectF(left, 0, word_px, self.height())
        return QRectF(left, top, side, side), QRectF(left + side + gap, 0, word_px, self.height())

    def _colour(self) -> QColor:
        shown = theme.current()
        if not self.isEnabled():
            return shown.faint
        if self.property("role") == "primary":
            return shown.accent_text
        return shown.accent if self.isChecked() else shown.text

    def _sign_px(self) -> int:
        return round(QFontMetrics(self.font()).height() * 0.95)

    def _word_font(self) -> QFont:
        return theme.font(bold=self.property("role") == "primary")


def drawn(name: str) -> Glyph:
    """One of the program's icons."""

    def paint(painter: QPainter, colour: QColor, place: QRectF) -> None:
        icons.paint(painter, name, colour, place)

    return paint


def loop_glyph(painter: QPainter, colour: QColor, place: QRectF) -> None:
    """Two arrows that chase each other."""
    path = QPainterPath()
    path.moveTo(4, 13)
    path.lineTo(4, 10.5)
    path.quadTo(4, 7, 7.5, 7)
    path.lineTo(19.5, 7)
    path.moveTo(16.5, 4)
    path.lineTo(19.5, 7)
    path.lineTo(16.5, 10)
    path.moveTo(20, 11)
    path.lineTo(20, 13.5)
    path.quadTo(20, 17, 16.5, 17)
    path.lineTo(4.5, 17)
    path.moveTo(7.5, 14)
    path.lineTo(4.5, 17)
    path.lineTo(7.5, 20)
    _stroke(painter, path, colour, place)


def sound_glyph(painter: QPainter, colour: QColor, place: QRectF) -> None:
    """A loudspeaker with two waves."""
    path = _loudspeaker()
    for radius in (4.0, 7.5):
        arc = QRectF(12.5 - radius, 12 - radius, 2 * radius, 2 * radius)
        path.arcMoveTo(arc, 45)
        path.arcTo(arc, 45, -90)
    _stroke(painter, path, colour, place)


def muted_glyph(painter: QPainter, colour: QColor, place: QRectF) -> None:
    """A loudspeaker with a cross."""
    path = _loudspeaker()
    for start, end in ((9.5, 14.5), (14.5, 9.5)):
        path.moveTo(16, start)
        path.lineTo(21, end)
    _stroke(painter, path, colour, place)


def _loudspeaker() -> QPainterPath:
    path = QPainterPath()
    path.moveTo(3.5, 9.5)
    for x, y in ((7, 9.5), (12, 5), (12, 19), (7, 14.5), (3.5, 14.5)):
        path.lineTo(x, y)
    path.closeSubpath()
    return path


def _stroke(painter: QPainter, path: QPainterPath, colour: QColor, place: QRectF) -> None:
    painter.save()
    painter.translate(place.topLeft())
    painter.scale(place.width() / GRID, place.height() / GRID)
    painter.strokePath(
        path, QPen(colour, LINE, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    )
    painter.restore()
