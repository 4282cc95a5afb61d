"""What the pictures of the training panel have in common: rows of text and bars, letters of emotions, numbers."""

import math
from typing import Final

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QHelpEvent, QPainter
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.views import theme
from engine.emotions import INDEX, LETTERS

SMALL: Final = 0.88
NONE: Final = "–"
MINUS: Final = "−"
LEFT: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
CENTRE: Final = Qt.AlignmentFlag.AlignCenter


class Painted(QWidget):
    """A picture as wide as there is room and as high as its content asks; it says everything in words as well."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def height_px(self) -> int:
        """How high the content is."""
        raise NotImplementedError

    def words(self) -> str:
        """The picture for somebody who cannot see it."""
        raise NotImplementedError

    def tip_at(self, _point: QPoint) -> str:
        """More about what lies under the mouse; empty where there is no more."""
        return ""

    def changed(self) -> None:
        """Show new content."""
        self.setAccessibleDescription(self.words())
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, self.height_px())

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.height_px())

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.tip_at(event.pos()), self)
            return True
        return super().event(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.ApplicationFontChange):
            self.updateGeometry()


def small() -> QFont:
    return theme.font(SMALL)


def line_px(font: QFont) -> int:
    return QFontMetrics(font).height()


def width_px(font: QFont, text: str) -> int:
    return QFontMetrics(font).horizontalAdvance(text)


def percent(share: float) -> str:
    """ "71 %"."""
    return NONE if math.isnan(share) else f"{share:.0%}".replace("%", " %")


def signed(difference: float, scale: float = 100.0, digits: int = 0) -> str:
    """A difference with its sign: "+19", "−3"."""
    if math.isnan(difference):
        return NONE
    text = f"{abs(difference * scale):.{digits}f}"
    if float(text) == 0:
        return f"±{text}"
    return f"{'+' if difference > 0 else MINUS}{text}"


def calibration_text(error: float) -> str:
    """ "0.08"."""
    return NONE if math.isnan(error) else f"{error:.2f}"


def quiet(colour: QColor, share: float) -> QColor:
    """A colour laid thinly over the panel."""
    return theme.blend(colour, theme.current().panel, share)


def paint_letter(painter: QPainter, area: QRectF, emotion: str) -> None:
    """An emotion's letter on its colour."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.emotion_colour(emotion))
    painter.drawRoundedRect(area, 3, 3)
    painter.setPen(theme.emotion_ink(emotion))
    painter.setFont(theme.font(0.8, bold=True))
    painter.drawText(area, CENTRE, LETTERS[INDEX[emotion]])


def write(painter: QPainter, font: QFont, colour: QColor, area: QRectF, text: str, align: object = LEFT) -> None:
    """One line of text, ended by "…" where it does not fit."""
    painter.setFont(font)
    painter.setPen(colour)
    elided = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, math.ceil(area.width()))
    painter.drawText(area, align, elided)  # type: ignore[call-overload]
