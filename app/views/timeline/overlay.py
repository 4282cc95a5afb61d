"""What lies over the lanes: the selection, the playhead, and a line that says what is under the mouse."""

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF, QRegion

from app.timeline.axis import Axis
from app.timeline.clock import clock_text
from app.views.timeline.ink import faded
from app.views.timeline.scene import Scene

if TYPE_CHECKING:
    from app.views.timeline.canvas import Canvas

HEAD_PX: Final = 6
SELECTED: Final = 0.13
SELECTED_IN_LANE: Final = 0.16
READOUT_PAD_PX: Final = 7
READOUT_ABOVE_PX: Final = 10


def paint(painter: QPainter, canvas: "Canvas", region: QRegion) -> None:
    """All of it, from the lowest to the highest."""
    if canvas.scene.duration_s <= 0:
        return
    lanes = QRect(canvas.heading_px, 0, canvas.lanes_px, canvas.height())
    painter.setClipRect(lanes)
    _paint_selection(painter, canvas)
    painter.setClipRect(lanes.adjusted(-HEAD_PX - 1, 0, HEAD_PX + 1, 0))
    _paint_playhead(painter, canvas)
    painter.setClipping(False)
    if canvas.drop_y is not None:
        painter.setPen(QPen(canvas.ink.theme.accent, 2))
        painter.drawLine(QLineF(4, canvas.drop_y, canvas.width() - 4, canvas.drop_y))
    _paint_readout(painter, canvas)


def playhead_areas(canvas: "Canvas") -> tuple[QRect, QRect]:
    """What must be painted where the playhead is now: the line, and its mark on the overview."""
    x, mark = round(canvas.x_of(canvas.scene.playhead_s)), round(_overview_x(canvas))
    wide = HEAD_PX + 2
    return QRect(x - wide, 0, 2 * wide + 1, canvas.height()), QRect(mark - 2, 0, 5, canvas.pinned_px)


def _overview_x(canvas: "Canvas") -> float:
    axis = canvas.axis
    return canvas.heading_px + Axis.whole(axis.duration_s, axis.width_px).x(canvas.scene.playhead_s)


def _paint_playhead(painter: QPainter, canvas: "Canvas") -> None:
    colour, scene = canvas.ink.theme.playhead, canvas.scene
    painter.setPen(QPen(faded(colour, 0.8), 1.5))
    for band in canvas.bands:
        if band.lane.name == "overview" and not canvas.axis.is_whole:
            area = canvas.lane_rect(band)
            x = _overview_x(canvas)
            painter.drawLine(QLineF(x, area.top() + 1, x, area.bottom() - 1))
    x = canvas.x_of(scene.playhead_s)
    if not canvas.heading_px - 1 <= x <= canvas.heading_px + canvas.lanes_px + 1:
        return
    painter.setPen(QPen(colour, 1.5))
    painter.drawLine(QLineF(x, 0, x, canvas.height()))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPolygon(QPolygonF([QPointF(x - HEAD_PX, 0), QPointF(x + HEAD_PX, 0), QPointF(x, HEAD_PX * 1.3)]))


def _paint_selection(painter: QPainter, canvas: "Canvas") -> None:
    selection, theme = canvas.scene.selection, canvas.ink.theme
    if selection is None:
        return
    left, right = canvas.x_of(selection.start_s), canvas.x_of(selection.end_s)
    tops = [canvas.lane_rect(band).top() for band in canvas.bands if band.lane.name == "ruler"]
    top = tops[0] if tops else 0
    area = QRectF(left, top, right - left, canvas.height() - top)
    painter.fillRect(area, faded(theme.accent, SELECTED))
    painter.setPen(QPen(theme.accent, 1))
    painter.drawLine(QLineF(left, top, left, canvas.height()))
    painter.drawLine(QLineF(right, top, right, canvas.height()))
    painter.setClipRect(QRect(canvas.heading_px, canvas.pinned_px, canvas.lanes_px, canvas.height() - canvas.pinned_px))
    for band in canvas.bands:
        if band.lane.name == selection.lane and band.lane.labels(canvas.scene) == selection.person:
            lane = QRectF(canvas.lane_rect(band))
            painter.fillRect(
                QRectF(left, lane.top(), area.width(), lane.height()), faded(theme.accent, SELECTED_IN_LANE)
            )


def readout_text(scene: Scene, canvas: "Canvas") -> str:
    """Time, and what the lane under the mouse says there."""
    if canvas.hover is None:
        return ""
    band = canvas.band_at(canvas.hover_at.y()) if canvas.hover_at is not None else None
    said = band.lane.readout(scene, canvas.hover) if band is not None else ""
    text = clock_text(canvas.hover.time_s, scene.duration_s >= 3600)
    return f"{text}   {said}" if said else text


def readout_area(canvas: "Canvas") -> QRect:
    """Where the readout goes: above the mouse, or below it at the top, and never outside."""
    if canvas.hover is None or canvas.hover_at is None:
        return QRect()
    metrics = canvas.ink.metrics["small"]
    width = round(metrics.horizontalAdvance(readout_text(canvas.scene, canvas))) + 2 * READOUT_PAD_PX
    height = round(metrics.height()) + READOUT_PAD_PX
    x, y = round(canvas.hover_at.x()), round(canvas.hover_at.y())
    left = max(min(x + 10, canvas.width() - width - 4), 4)
    top = y - height - READOUT_ABOVE_PX
    return QRect(left, top if top >= 2 else y + 18, width, height).adjusted(-1, -1, 1, 1)


def _paint_readout(painter: QPainter, canvas: "Canvas") -> None:
    area = readout_area(canvas)
    if area.isEmpty():
        return
    theme = canvas.ink.theme
    painter.setPen(QPen(theme.line, 1))
    painter.setBrush(theme.raised)
    painter.drawRoundedRect(QRectF(area).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
    painter.setPen(theme.text)
    painter.setFont(canvas.ink.fonts["small"])
    painter.drawText(area, Qt.AlignmentFlag.AlignCenter, readout_text(canvas.scene, canvas))
