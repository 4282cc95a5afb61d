"""A label as a coloured button with its key, letter and name."""

from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

from app.views import theme
from engine.emotions import INDEX, LETTERS

UNSURE: Final = "unsure"
UNSURE_KEY: Final = "0"
RADIUS_PX: Final = 5
DISABLED: Final = 0.45


def chip_text(emotion: str | None) -> str:
    """ "6 S sad"; None is "0 ? unsure"."""
    if emotion is None:
        return f"{UNSURE_KEY} ? {UNSURE}"
    return f"{INDEX[emotion] + 1} {LETTERS[INDEX[emotion]]} {emotion}"


class EmotionChip(QAbstractButton):
    """A label to press. With `opens_menu` a small arrow says that there is a choice."""

    def __init__(self, emotion: str | None, parent: QWidget | None = None, opens_menu: bool = False) -> None:
        super().__init__(parent)
        self._emotion = emotion
        self._opens_menu = opens_menu
        self.setFont(theme.font(0.92))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.set_emotion(emotion)

    @property
    def emotion(self) -> str | None:
        return self._emotion

    def set_emotion(self, emotion: str | None) -> None:
        self._emotion = emotion
        self.setText(chip_text(emotion))
        self.setAccessibleName(emotion or UNSURE)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        width_px = metrics.horizontalAdvance(self.text()) + 16 + (12 if self._opens_menu else 0)
        return QSize(width_px, metrics.height() + 8)

    def minimumSizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self.text()) + 8 + (12 if self._opens_menu else 0), metrics.height() + 8)

    def paintEvent(self, _event: QPaintEvent) -> None:
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(1.0 if self.isEnabled() else DISABLED)
        if self._emotion is None:
            ground, ink, edge = colours.raised, colours.text, colours.line
        else:
            ground, ink = theme.emotion_colour(self._emotion), theme.emotion_ink(self._emotion)
            edge = ground
        if self.isEnabled() and (self.underMouse() or self.isDown()):
            ground = theme.blend(colours.text, ground, 0.2 if self.isDown() else 0.1)
        area = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.setPen(QPen(edge, 1))
        painter.setBrush(ground)
        painter.drawRoundedRect(area, RADIUS_PX, RADIUS_PX)
        if self.hasFocus():
            painter.setPen(QPen(colours.text, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area, RADIUS_PX, RADIUS_PX)
        painter.setPen(ink)
        text_area = area.adjusted(4, 0, -16 if self._opens_menu else -4, 0)
        painter.drawText(text_area, Qt.AlignmentFlag.AlignCenter, self.text())
        if self._opens_menu:
            self._paint_arrow(painter, area)

    def _paint_arrow(self, painter: QPainter, area: QRectF) -> None:
        x, y = area.right() - 11, area.center().y() - 1
        painter.drawPolyline([QPointF(x - 3, y), QPointF(x, y + 3), QPointF(x + 3, y)])
