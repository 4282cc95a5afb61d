"""Loss and accuracy while it learns, painted as they come."""

from itertools import groupby
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from app.views import theme
from app.views.training.painted import LEFT, RIGHT, Painted, line_px, percent, small, width_px, write
from app.views.training.values import Moment

LANE_LINES: Final = 4.6
GAP_PX: Final = 10
PAD_PX: Final = 6
MOST_POINTS: Final = 600
"""More points than pixels are thinned out: every other one goes."""


class Series:
    """Values by how far the work was, as one line for each fit. Kept short however long it runs."""

    def __init__(self) -> None:
        self.points: list[tuple[float, float, str]] = []

    def add(self, at: float, value: float, fit: str) -> None:
        self.points.append((at, value, fit))
        if len(self.points) > MOST_POINTS:
            self.points = self.points[::2]

    def lines(self) -> list[list[tuple[float, float]]]:
        """The points of each fit."""
        runs = groupby(self.points, key=lambda point: point[2])
        return [[(at, value) for at, value, _ in run] for _, run in runs]

    @property
    def last(self) -> float | None:
        return self.points[-1][1] if self.points else None

    @property
    def least(self) -> float:
        return min((value for _, value, _ in self.points), default=0.0)

    @property
    def most(self) -> float:
        return max((value for _, value, _ in self.points), default=0.0) or 1.0


class Curves(Painted):
    """Two lanes: loss, falling; accuracy on the corrections and on the guard set, 0 to 100 %."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Loss and accuracy so far", parent)
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        self.loss, self.accuracy, self.guard = Series(), Series(), Series()
        self._at, self._upto = 0.0, 0.0
        self.changed()

    def add(self, moment: Moment) -> None:
        """One more point, at its place in the work; work that is counted anew follows what was done before."""
        share = moment.done / moment.total if moment.total > 0 else 0.0
        if self._at + share < self._upto:
            self._at = self._upto
        measured = ((self.loss, moment.loss), (self.accuracy, moment.accuracy), (self.guard, moment.guard))
        for series, value in measured:
            if value is not None:
                self._upto = max(self._upto, self._at + share)
                series.add(self._upto, value, f"{moment.stage} {moment.text}")
        self.changed()

    def height_px(self) -> int:
        return 2 * round(LANE_LINES * line_px(small())) + GAP_PX

    def words(self) -> str:
        named = (("loss", self.loss, "{:.3f}"), ("accuracy", self.accuracy, "{:.0%}"),
                 ("guard accuracy", self.guard, "{:.0%}"))  # fmt: skip
        known = [f"{name} {form.format(series.last)}" for name, series, form in named if series.last is not None]
        return ", ".join(known) or "nothing measured yet"

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        now = theme.current()
        high = round(LANE_LINES * line_px(small()))
        upper = QRectF(0, 0, self.width(), high)
        lower = QRectF(0, high + GAP_PX, self.width(), high)
        loss = self.loss.last
        self._paint_lane(painter, upper, (("Loss", self.loss, now.accent, False),), (self.loss.least, self.loss.most),
                         "" if loss is None else f"{loss:.3f}")  # fmt: skip
        lines = (("Corrections", self.accuracy, now.accent, False), ("Guard set", self.guard, now.success, True))
        self._paint_lane(painter, lower, lines, (0.0, 1.0), "")

    def _paint_lane(
        self, painter: QPainter, area: QRectF, lines: tuple[tuple[str, Series, QColor, bool], ...],
        ends: tuple[float, float], said: str,
    ) -> None:  # fmt: skip
        now, font = theme.current(), small()
        painter.setPen(QPen(now.lane_line, 1))
        painter.setBrush(now.lane)
        painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        text_px = line_px(font)
        plot = area.adjusted(PAD_PX, text_px + 5, -PAD_PX, -PAD_PX)
        for share in (0.0, 0.5, 1.0):
            y = plot.bottom() - share * plot.height()
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
        left = area.left() + PAD_PX + 2
        for name, series, colour, dashed in lines:
            value = "" if series.last is None or said else percent(series.last)
            left = _legend(painter, left, area.top() + 3, text_px, f"{name} {value}".strip(), colour, dashed)
            _draw(painter, plot, series, ends, self._upto, colour, dashed)
        heading = QRectF(area.left(), area.top() + 3, area.width() - PAD_PX, text_px)
        write(painter, font, now.muted, heading, said, RIGHT)


def _legend(
    painter: QPainter, left: float, top: float, height: float, text: str, colour: QColor, dashed: bool
) -> float:
    """A short line of the curve and its name; gives where the next one goes."""
    painter.setPen(_pen(colour, dashed))
    painter.drawLine(QPointF(left, top + height / 2), QPointF(left + 14, top + height / 2))
    text_px = width_px(small(), text)
    write(painter, small(), theme.current().text, QRectF(left + 19, top, text_px + 2, height), text, LEFT)
    return left + 19 + text_px + 14


def _draw(
    painter: QPainter,
    plot: QRectF,
    series: Series,
    ends: tuple[float, float],
    upto: float,
    colour: QColor,
    dashed: bool,
) -> None:
    if not series.points:
        return
    wide = max(upto, 1e-9)

    def place(point: tuple[float, float]) -> QPointF:
        at, value = point
        high = min(max((value - ends[0]) / max(ends[1] - ends[0], 1e-9), 0.0), 1.0) * plot.height()
        return QPointF(plot.left() + at / wide * plot.width(), plot.bottom() - high)

    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(_pen(colour, dashed))
    for line in series.lines():
        painter.drawPolyline(QPolygonF([place(point) for point in line]))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawEllipse(place(series.points[-1][:2]), 3, 3)


def _pen(colour: QColor, dashed: bool) -> QPen:
    return QPen(colour, 1.8, Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine)
