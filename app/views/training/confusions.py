"""Confusion matrices before and after: rows what people said, columns what the model says, darker is more."""

from typing import Final

import numpy as np
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.views import theme
from app.views.training.painted import CENTRE, SMALL, Painted, line_px, paint_letter, percent, quiet, small, write
from app.views.training.values import Judged
from engine.emotions import COUNT, EMOTIONS
from engine.values import Ints

GAP_PX: Final = 14
MOST_PX: Final = 300
LEAST_PX: Final = 150
"""Narrower than this, two matrices stand below one another."""
FRAME: Final = 0.14
NOTHING: Final = np.zeros((COUNT, COUNT), np.int64)


class Confusions(Painted):
    """Two matrices, side by side where there is room; as shares of their rows."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self._before, self._after = NOTHING, NOTHING

    def set_judged(self, judged: Judged) -> None:
        """Show these."""
        self._before, self._after = judged.confusion_before, judged.confusion_after
        self.changed()

    def height_px(self) -> int:
        side, below = self._side_px(), self._below()
        one = side + self._heading_px()
        return round(2 * one + GAP_PX if below else one)

    def words(self) -> str:
        wrong = self._after - np.diag(np.diag(self._after))
        row, column = np.unravel_index(int(wrong.argmax()), wrong.shape)
        if not wrong.any():
            return "after: nothing is confused"
        return f"after: {EMOTIONS[row]} is most often taken for {EMOTIONS[column]}, {int(wrong[row, column])} times"

    def tip_at(self, point: QPoint) -> str:
        for area, title, matrix in self._places():
            inner = _inner(area)
            cell = inner.width() / COUNT
            row, column = (point.y() - inner.top()) / cell, (point.x() - inner.left()) / cell
            if 0 <= row < COUNT and 0 <= column < COUNT:
                return _cell_tip(title, matrix, int(row), int(column))
        return ""

    def resizeEvent(self, _event: object) -> None:
        self.updateGeometry()

    def hasHeightForWidth(self) -> bool:
        return False

    def _heading_px(self) -> int:
        return line_px(small()) + 4

    def _below(self) -> bool:
        return (self.width() - GAP_PX) / 2 < LEAST_PX

    def _side_px(self) -> float:
        room = self.width() if self._below() else (self.width() - GAP_PX) / 2
        return min(max(room, 80), MOST_PX)

    def _places(self) -> list[tuple[QRectF, str, Ints]]:
        side, heading = self._side_px(), self._heading_px()
        step = (0.0, side + heading + GAP_PX) if self._below() else (side + GAP_PX, 0.0)
        first = QRectF(0, heading, side, side)
        return [(first, "before", self._before), (first.translated(*step), "after", self._after)]

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for area, title, matrix in self._places():
            inner = _inner(area)
            heading = QRectF(area.left(), area.top() - self._heading_px(), area.width(), self._heading_px())
            write(painter, small(), theme.current().muted, heading, f"{title.capitalize()}: ↓ people   → model", CENTRE)
            _paint_matrix(painter, inner, matrix)


def _inner(area: QRectF) -> QRectF:
    """The cells, without the letters around them."""
    frame = area.width() * FRAME
    return area.adjusted(frame, frame, 0, 0)


def _paint_matrix(painter: QPainter, inner: QRectF, matrix: Ints) -> None:
    now, cell = theme.current(), inner.width() / COUNT
    letter = min(cell * 0.8, 18.0)
    for place, emotion in enumerate(EMOTIONS):
        middle = (place + 0.5) * cell
        for left, top in ((inner.left() - letter - 3, inner.top() + middle - letter / 2),
                          (inner.left() + middle - letter / 2, inner.top() - letter - 3)):  # fmt: skip
            paint_letter(painter, QRectF(left, top, letter, letter), emotion)
    totals = matrix.sum(1)
    for row in range(COUNT):
        for column in range(COUNT):
            area = QRectF(inner.left() + column * cell, inner.top() + row * cell, cell, cell).adjusted(1, 1, -1, -1)
            share = float(matrix[row, column] / totals[row]) if totals[row] else 0.0
            colour = now.success if row == column else now.danger
            ground = quiet(colour, 0.12 + 0.75 * share) if matrix[row, column] else now.lane
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ground)
            painter.drawRoundedRect(area, 2, 2)
            if matrix[row, column]:
                write(painter, theme.font(SMALL * 0.85), theme.ink_on(ground), area.adjusted(-2, 0, 2, 0),
                      _short(int(matrix[row, column])), CENTRE)  # fmt: skip


def _short(count: int) -> str:
    """ "640", "1.2k": four characters at most."""
    return str(count) if count < 1000 else f"{count / 1000:.1f}k" if count < 10_000 else f"{count // 1000}k"


def _cell_tip(title: str, matrix: Ints, row: int, column: int) -> str:
    count, total = int(matrix[row, column]), int(matrix[row].sum())
    share = percent(count / total) if total else "–"
    return f"{title}: {EMOTIONS[row]} called {EMOTIONS[column]} {count:,} of {total:,} times ({share})"
