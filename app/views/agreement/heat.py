"""What one rater says while the other says something: seconds as a square of seven by seven, darker is more."""

from typing import Final

import numpy as np
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.agreement.values import PairAgreement
from app.views import theme
from app.views.training.painted import CENTRE, LEFT, Painted, line_px, paint_letter, percent, quiet, small, write
from engine.emotions import COUNT, EMOTIONS

MOST_CELL_PX: Final = 46
GAP_PX: Final = 4
TEXT: Final = 0.75


class ConfusionHeat(Painted):
    """Rows the first rater, columns the second; cells as shares of the joint time."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Who says what when", parent)
        self._pair: PairAgreement | None = None

    def set_pair(self, pair: PairAgreement) -> None:
        """Show two raters."""
        self._pair = pair
        self.changed()

    def height_px(self) -> int:
        return round(line_px(small()) + GAP_PX + self._letter_px() + COUNT * self._cell_px()) + 2

    def words(self) -> str:
        pair = self._pair
        if pair is None:
            return ""
        wrong = pair.confusion_s - np.diag(np.diag(pair.confusion_s))
        if not wrong.any():
            return "nothing is said differently"
        row, column = np.unravel_index(int(wrong.argmax()), wrong.shape)
        return f"most often apart: {_cell_tip(pair, int(row), int(column))}"

    def tip_at(self, point: QPoint) -> str:
        cells, cell_px = self._cells(), self._cell_px()
        row, column = (point.y() - cells.top()) / cell_px, (point.x() - cells.left()) / cell_px
        if self._pair is None or not (0 <= row < COUNT and 0 <= column < COUNT):
            return ""
        return _cell_tip(self._pair, int(row), int(column))

    def resizeEvent(self, _event: object) -> None:
        self.updateGeometry()

    def _letter_px(self) -> float:
        return line_px(small()) + 2.0

    def _cell_px(self) -> float:
        return min((max(self.width(), 160) - self._letter_px() - GAP_PX) / COUNT, MOST_CELL_PX)

    def _cells(self) -> QRectF:
        left, top = self._letter_px() + GAP_PX, line_px(small()) + GAP_PX + self._letter_px()
        return QRectF(left, top, COUNT * self._cell_px(), COUNT * self._cell_px())

    def paintEvent(self, _event: QPaintEvent) -> None:
        pair = self._pair
        if pair is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        cells, cell_px, letter_px = self._cells(), self._cell_px(), self._letter_px()
        heading = QRectF(0, 0, self.width(), line_px(small()))
        write(
            painter,
            small(),
            theme.current().muted,
            heading,
            f"↓ {pair.raters[0]}   → {pair.raters[1]}   in seconds",
            LEFT,
        )
        for place, emotion in enumerate(EMOTIONS):
            middle = (place + 0.5) * cell_px - letter_px / 2
            paint_letter(painter, QRectF(0, cells.top() + middle, letter_px, letter_px), emotion)
            column = QRectF(cells.left() + middle, cells.top() - letter_px - 2, letter_px, letter_px)
            paint_letter(painter, column, emotion)
        most_s = max(float(pair.confusion_s.max()), 1e-9)
        for row, column_s in enumerate(pair.confusion_s.tolist()):
            for place, seconds in enumerate(column_s):
                left, top = cells.left() + place * cell_px, cells.top() + row * cell_px
                area = QRectF(left, top, cell_px, cell_px).adjusted(1, 1, -1, -1)
                _paint_cell(painter, area, seconds, seconds / most_s, row == place)


def _paint_cell(painter: QPainter, area: QRectF, seconds: float, share: float, same: bool) -> None:
    colours = theme.current()
    ground = quiet(colours.success if same else colours.danger, 0.1 + 0.75 * share) if seconds else colours.lane
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(area, 3, 3)
    if seconds:
        write(
            painter, theme.font(TEXT), theme.ink_on(ground), area.adjusted(-1, 0, 1, 0), short_seconds(seconds), CENTRE
        )


def short_seconds(seconds: float) -> str:
    """ "4.7", "38", "12m", "2.1h": four characters at most."""
    if seconds < 9.95:
        return f"{seconds:.1f}"
    if seconds < 599.5:
        return f"{seconds:.0f}"
    return f"{seconds / 60:.0f}m" if seconds < 5970 else f"{seconds / 3600:.1f}h"


def _cell_tip(pair: PairAgreement, row: int, column: int) -> str:
    seconds = float(pair.confusion_s[row, column])
    first, second = pair.raters
    return (
        f"{first} says {EMOTIONS[row]}, {second} says {EMOTIONS[column]}: {seconds:,.1f} s,"
        f" {percent(seconds / max(pair.joint_s, 1e-9))} of the time labelled by both"
    )
