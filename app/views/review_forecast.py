"""What the next labels will bring, as a small picture: changed answers of each 20 so far, and of the next 20."""

from typing import Final

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from app.review_forecast import BLOCK, Forecast
from app.views import theme
from app.views.training.painted import Painted

PICTURE_PX: Final = QSize(112, 46)
SHOWN_BLOCKS: Final = 8
GAP_PX: Final = 3


class ForecastRow(QWidget):
    """The picture, and beside it what it says."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._picture = _Picture(self)
        self._said = QLabel(self)
        self._said.setWordWrap(True)
        theme.set_role(self._said, "small")
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 0, 10, 0)
        row.setSpacing(10)
        row.addWidget(self._picture)
        row.addWidget(self._said, 1)

    def set_forecast(self, forecast: Forecast | None) -> None:
        """Show it; None hides the row."""
        self.setVisible(forecast is not None)
        if forecast is None:
            return
        self._said.setText(f"{forecast.sentence}. {forecast.why_flat}".strip())
        self._picture.set_forecast(forecast)
        self._picture.setVisible(bool(forecast.past))


class _Picture(Painted):
    """Filled bars for what was, an open one with a whisker for what comes."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("Changed answers", parent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._forecast: Forecast | None = None

    def set_forecast(self, forecast: Forecast) -> None:
        self._forecast = forecast
        self.changed()

    def height_px(self) -> int:
        return PICTURE_PX.height()

    def sizeHint(self) -> QSize:
        return PICTURE_PX

    def minimumSizeHint(self) -> QSize:
        return PICTURE_PX

    def words(self) -> str:
        forecast = self._forecast
        if forecast is None:
            return ""
        past = ", ".join(map(str, forecast.past))
        said = [f"changed of each {BLOCK} answers, the latest last: {past}" if past else "", forecast.sentence]
        gains = f"accuracy of the revisions: {forecast.gains_text}" if forecast.gains_text else ""
        return "\n".join(each for each in (*said, gains) if each)

    def tip_at(self, _point: QPoint) -> str:
        return self.words()

    def paintEvent(self, _event: QPaintEvent) -> None:
        forecast = self._forecast
        if forecast is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        past = forecast.past[-SHOWN_BLOCKS:]
        width_px = (self.width() - GAP_PX * SHOWN_BLOCKS) / (SHOWN_BLOCKS + 1)
        step_px = width_px + GAP_PX
        area = QRectF(self.rect()).adjusted(0, 1, 0, -1)
        now = theme.current()
        painter.setPen(QPen(now.lane_line, 1))
        for share in (0.5, 1.0):
            y = round(area.bottom() - share * area.height()) + 0.5
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        painter.setPen(QPen(now.line, 1))
        painter.drawLine(QPointF(area.left(), area.bottom()), QPointF(area.right(), area.bottom()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.blend(now.accent, now.panel, 0.55))
        for place, changed in enumerate(past):
            left = area.left() + (SHOWN_BLOCKS - len(past) + place) * step_px
            painter.drawRect(_bar(area, left, width_px, changed / BLOCK))
        _paint_next(painter, area, area.left() + SHOWN_BLOCKS * step_px, width_px, forecast)


def _paint_next(painter: QPainter, area: QRectF, left: float, width_px: float, forecast: Forecast) -> None:
    """Of the next ones: as high as is expected, with the interval as a whisker."""
    now = theme.current()
    bar = _bar(area, left, width_px, forecast.changes / forecast.ahead).adjusted(0.5, 0.5, -0.5, 0)
    painter.setPen(QPen(now.accent, 1.2))
    painter.setBrush(theme.blend(now.accent, now.panel, 0.12))
    painter.drawRect(bar)
    x = bar.center().x()
    low, high = (area.bottom() - area.height() * count / forecast.ahead for count in (forecast.low, forecast.high))
    for pen in (QPen(now.panel, 3.2), QPen(now.text, 1.2)):
        painter.setPen(pen)
        painter.drawLine(QPointF(x, low), QPointF(x, high))
        for y in (low, high):
            painter.drawLine(QPointF(x - 3, y), QPointF(x + 3, y))


def _bar(area: QRectF, left: float, width_px: float, share: float) -> QRectF:
    high_px = area.height() * share
    return QRectF(left, area.bottom() - high_px, width_px, high_px)
