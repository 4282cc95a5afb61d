"""The whole video in one strip, with the stretch that the lanes show on it."""

from typing import Final

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from app.timeline.axis import Axis
from app.timeline.values import Edge, Hit
from app.views import theme
from app.views.timeline.answers import Segments
from app.views.timeline.ink import Ink, faded
from app.views.timeline.lane import REACH_PX, Lane
from app.views.timeline.scene import Scene
from app.views.timeline.sheet import Sheet

FUSED_SHARE: Final = 0.6
FADED: Final = 0.55
SHADE: Final = 0.62
"""How much of what lies outside the view is covered."""
LEAST_PX: Final = 6.0
RADIUS_PX: Final = 3.0


class OverviewLane(Lane):
    """Painted over the whole video; its picture does not change while one pans and zooms."""

    name, title, lines = "overview", "overview", 1.3

    def paint(self, sheet: Sheet, scene: Scene) -> None:
        upper = round(sheet.height * FUSED_SHARE)
        if scene.answers is not None and not scene.blind:
            sheet.painter.setOpacity(FADED)
            self._paint_answers(sheet, scene.answers.segments, upper)
            sheet.painter.setOpacity(1.0)
        sheet.painter.setPen(Qt.PenStyle.NoPen)
        for group in scene.by_person.values():
            for correction in group.corrections:
                left, right = sheet.axis.x(correction.start_s), sheet.axis.x(correction.end_s)
                emotion = correction.emotion
                colour = theme.emotion_colour(emotion) if emotion is not None else sheet.ink.theme.muted
                sheet.painter.fillRect(QRectF(left, upper, max(right - left, 1.0), sheet.height - upper - 1), colour)
        if scene.analysed_until_s is not None:
            done = QRectF(0, 1, sheet.axis.x(scene.analysed_until_s), upper)
            sheet.painter.fillRect(done, faded(sheet.ink.theme.accent, 0.3))

    @staticmethod
    def _paint_answers(sheet: Sheet, segments: Segments, height: float) -> None:
        every = np.ones(len(segments), bool)
        codes = sheet.ink.codes(segments.confidence, segments.emotion)
        sheet.narrow_spans(segments.spans, every, codes, 1.0, height - 1)

    def hit(self, scene: Scene, axis: Axis, x: float, y: float, height: float) -> Hit:
        """`axis` is that of the lanes; times here are those of the whole video."""
        whole = Axis.whole(axis.duration_s, axis.width_px)
        left, right = view_ends(axis)
        edge: Edge | None = "start" if abs(x - left) <= REACH_PX else "end" if abs(x - right) <= REACH_PX else None
        return Hit(self.name, whole.time(x), None, edge=edge)


def view_ends(axis: Axis) -> tuple[float, float]:
    """Pixels of the view window on the overview; never so narrow that it cannot be grasped."""
    whole = Axis.whole(axis.duration_s, axis.width_px)
    left, right = whole.x(axis.start_s), whole.x(axis.end_s)
    missing = max(LEAST_PX - (right - left), 0.0)
    return left - missing / 2, right + missing / 2


def paint_view(painter: QPainter, area: QRectF, axis: Axis, ink: Ink) -> None:
    """The view window over the overview's picture in `area`."""
    left, right = view_ends(axis)
    left, right = area.left() + left, area.left() + right
    shade = faded(ink.theme.window, SHADE)
    painter.fillRect(QRectF(area.left(), area.top(), left - area.left(), area.height()), shade)
    painter.fillRect(QRectF(right, area.top(), area.right() - right, area.height()), shade)
    frame = QRectF(left, area.top(), right - left, area.height()).adjusted(0.75, 0.75, -0.75, -0.75)
    painter.setPen(QPen(ink.theme.accent, 1.5))
    painter.setBrush(faded(ink.theme.accent, 0.12))
    painter.drawRoundedRect(frame, RADIUS_PX, RADIUS_PX)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink.theme.accent)
    for x in (frame.left(), frame.right()):
        painter.drawRoundedRect(QRectF(x - 2, frame.top() + 3, 4, frame.height() - 6), 1.5, 1.5)
