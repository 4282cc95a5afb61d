"""Icons drawn in code in the theme's colours, and the program's own."""

from functools import cache
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QIcon, QLinearGradient, QPainter, QPainterPath, QPen, QPixmap

from app.views import theme

GRID: Final = 24
LINE: Final = 1.8
SIZES_PX: Final = (16, 20, 24, 32, 48, 64)
PROGRAM_SIZES_PX: Final = (16, 24, 32, 48, 64, 128, 256)

PATHS: Final = {
    "open": "M 3 18 L 3 6 Q 3 5 4 5 L 9 5 L 11 7.5 L 19 7.5 Q 20 7.5 20 8.5 L 20 10.5"
    " M 3 18 L 5.8 11.4 Q 6.2 10.5 7.2 10.5 L 21.5 10.5 L 19 18 Q 18.6 19 17.5 19 L 4 19 Q 3 19 3 18",
    "project": "M 6 3 L 14 3 L 19 8 L 19 20 Q 19 21 18 21 L 6 21 Q 5 21 5 20 L 5 4 Q 5 3 6 3 M 14 3 L 14 8 L 19 8"
    " M 8 16.5 L 10.5 13 L 13 15 L 16 11.5",
    "video": "M 5 5 L 19 5 Q 21 5 21 7 L 21 17 Q 21 19 19 19 L 5 19 Q 3 19 3 17 L 3 7 Q 3 5 5 5"
    " M 10 9 L 15 12 L 10 15 Z",
    "add": "M 12 5 L 12 19 M 5 12 L 19 12",
    "sample": "M 12 3.5 L 14 9.2 L 20 9.6 L 15.3 13.3 L 16.9 19.2 L 12 15.9 L 7.1 19.2 L 8.7 13.3 L 4 9.6 L 10 9.2 Z",
    "search": "O 10.5 10.5 6 M 15 15 L 20 20",
    "warning": "M 12 4 L 21 19.5 L 3 19.5 Z M 12 10 L 12 14 M 12 16.7 L 12 16.9",
    "info": "O 12 12 8.5 M 12 11 L 12 16 M 12 7.9 L 12 8.1",
    "person": "O 12 8.2 3.8 M 4.5 20 Q 5 14.5 12 14.5 Q 19 14.5 19.5 20",
    "voice": "M 4 10 L 4 14 M 8 7 L 8 17 M 12 4.5 L 12 19.5 M 16 8 L 16 16 M 20 10.5 L 20 13.5",
    "settings": "M 4 7 L 12 7 M 18 7 L 20 7 O 15 7 2.6 M 4 17 L 6 17 M 12 17 L 20 17 O 9 17 2.6",
    "help": "O 12 12 8.5 M 9.4 9.8 Q 9.6 7.2 12 7.2 Q 14.6 7.2 14.6 9.6 Q 14.6 11.2 12 12.4 L 12 13.8"
    " M 12 16.5 L 12 16.7",
    "keyboard": "M 4 6 L 20 6 Q 21.5 6 21.5 7.5 L 21.5 16.5 Q 21.5 18 20 18 L 4 18 Q 2.5 18 2.5 16.5 L 2.5 7.5"
    " Q 2.5 6 4 6 M 6.5 10 L 6.7 10 M 10.2 10 L 10.4 10 M 13.8 10 L 14 10 M 17.4 10 L 17.6 10 M 8 14.2 L 16 14.2",
    "analyse": "M 3 13 L 7 13 L 9.5 6 L 14 18.5 L 16.5 11 L 18 13 L 21 13",
    "model": "O 5.5 6.5 2.2 O 5.5 17.5 2.2 O 18.5 12 2.2 O 12 12 1.4 M 7.4 7.8 L 10.9 11.1 M 7.4 16.2 L 10.9 12.9"
    " M 13.4 12 L 16.3 12",
    "storage": "M 4 6 Q 4 3.5 12 3.5 Q 20 3.5 20 6 Q 20 8.5 12 8.5 Q 4 8.5 4 6 L 4 18 Q 4 20.5 12 20.5"
    " Q 20 20.5 20 18 L 20 6 M 4 12 Q 4 14.5 12 14.5 Q 20 14.5 20 12",
    "timeline": "M 3 6.5 L 14 6.5 M 7 12 L 21 12 M 3 17.5 L 11 17.5",
    "undo": "M 9 5 L 4.5 9.5 L 9 14 M 4.5 9.5 L 14 9.5 Q 19.5 9.5 19.5 14.5 Q 19.5 19 14 19 L 9 19",
    "redo": "M 15 5 L 19.5 9.5 L 15 14 M 19.5 9.5 L 10 9.5 Q 4.5 9.5 4.5 14.5 Q 4.5 19 10 19 L 15 19",
    "close": "M 6 6 L 18 18 M 18 6 L 6 18",
    "delete": "M 4.5 6.5 L 19.5 6.5 M 9 6.5 L 9 4 L 15 4 L 15 6.5 M 6.5 6.5 L 7.5 20 L 16.5 20 L 17.5 6.5",
    "marker": "M 6 21 L 6 4 L 18.5 4 L 15.5 8.5 L 18.5 13 L 6 13",
}
"""Lines on a square of `GRID`: M(ove), L(ine), Q(uadratic), Z (close) as in SVG, and O(circle) x y radius."""

FILLED: Final = {
    "play": "M 7 4.5 L 19.5 12 L 7 19.5 Z",
    "pause": "M 6 5 L 10 5 L 10 19 L 6 19 Z M 14 5 L 18 5 L 18 19 L 14 19 Z",
    "stop": "M 6 6 L 18 6 L 18 18 L 6 18 Z",
    "step_back": "M 16.5 5 L 5.5 12 L 16.5 19 Z",
    "step_forward": "M 7.5 5 L 18.5 12 L 7.5 19 Z",
    "to_start": "M 5 5 L 7 5 L 7 19 L 5 19 Z M 19.5 5 L 8.5 12 L 19.5 19 Z",
    "to_end": "M 17 5 L 19 5 L 19 19 L 17 19 Z M 4.5 5 L 15.5 12 L 4.5 19 Z",
}
"""Outlines on the same square whose inside is painted."""


def icon(name: str, colour: QColor | None = None) -> QIcon:
    """An icon in the theme's text colour, or another one. Ask again when the palette changed."""
    made = QIcon()
    shown = theme.current()
    for mode, ink in ((QIcon.Mode.Normal, colour or shown.text), (QIcon.Mode.Disabled, shown.faint)):
        for size_px in SIZES_PX:
            made.addPixmap(pixmap(name, ink, size_px), mode)
    return made


def pixmap(name: str, colour: QColor, size_px: int) -> QPixmap:
    """An icon as a picture of `size_px` device pixels."""
    drawn = _clear(size_px)
    painter = QPainter(drawn)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint(painter, name, colour, QRectF(0, 0, size_px, size_px))
    painter.end()
    return drawn


def paint(painter: QPainter, name: str, colour: QColor, place: QRectF) -> None:
    """Paint an icon into a rectangle of a widget."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(place.topLeft())
    painter.scale(place.width() / GRID, place.height() / GRID)
    if name in FILLED:
        painter.fillPath(outline(name), colour)
    else:
        pen = QPen(colour, LINE, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        painter.strokePath(outline(name), pen)
    painter.restore()


@cache
def outline(name: str) -> QPainterPath:
    """The icon's lines on a square of `GRID`."""
    words = iter((FILLED.get(name) or PATHS[name]).split())
    path = QPainterPath()

    def point() -> QPointF:
        return QPointF(float(next(words)), float(next(words)))

    for word in words:
        match word:
            case "M":
                path.moveTo(point())
            case "L":
                path.lineTo(point())
            case "Q":
                path.quadTo(point(), point())
            case "O":
                centre, radius = point(), float(next(words))
                path.addEllipse(centre, radius, radius)
            case _:
                path.closeSubpath()
    return path


def program_icon() -> QIcon:
    """A line that rises from low to high mood, over the segments of a timeline."""
    made = QIcon()
    for size_px in PROGRAM_SIZES_PX:
        made.addPixmap(program_picture(size_px))
    return made


def program_picture(size_px: int) -> QPixmap:
    """The program's icon as a square picture."""
    drawn = _clear(size_px)
    painter = QPainter(drawn)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(size_px / 128, size_px / 128)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_slope(QPointF(0, 0), QPointF(128, 128), "#3B4D70", "#1A2233"))
    painter.drawRoundedRect(QRectF(4, 4, 120, 120), 28, 28)
    _paint_mood(painter, thick=size_px <= 24)
    _paint_segments(painter)
    painter.end()
    return drawn


def _paint_mood(painter: QPainter, thick: bool) -> None:
    line = QPainterPath(QPointF(22, 66))
    line.cubicTo(QPointF(40, 92), QPointF(52, 74), QPointF(64, 54))
    line.cubicTo(QPointF(75, 36), QPointF(84, 26), QPointF(100, 34))
    colours = QBrush(_slope(QPointF(22, 0), QPointF(100, 0), "#56B4E9", "#F7C145"))
    painter.strokePath(line, QPen(colours, 14 if thick else 9, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.setBrush(QColor("#FFFFFF"))
    painter.drawEllipse(QPointF(100, 34), 10.5 if thick else 9, 10.5 if thick else 9)


def _paint_segments(painter: QPainter) -> None:
    for left, right, colour in ((20, 46, "#56B4E9"), (51, 69, "#AEB0B4"), (74, 108, "#F7C145")):
        painter.setBrush(QColor(colour))
        painter.drawRoundedRect(QRectF(left, 94, right - left, 11), 5, 5)


def _slope(start: QPointF, end: QPointF, first: str, last: str) -> QLinearGradient:
    gradient = QLinearGradient(start, end)
    gradient.setColorAt(0, QColor(first))
    gradient.setColorAt(1, QColor(last))
    return gradient


def _clear(size_px: int) -> QPixmap:
    drawn = QPixmap(size_px, size_px)
    drawn.fill(Qt.GlobalColor.transparent)
    return drawn
