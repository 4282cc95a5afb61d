"""The ruler: times, down to frames with their numbers."""

from typing import Final

from PySide6.QtCore import QLineF, QPointF

from app.timeline.clock import clock_text
from app.timeline.ticks import Tick, ticks
from app.timeline.values import Hit
from app.views.timeline.lane import Lane
from app.views.timeline.scene import Scene
from app.views.timeline.sheet import Sheet

LONG_PX: Final = 9.0
SHORT_PX: Final = 5.0
SPACE_PX: Final = 4.0
FRAME_TEXT: Final = "#{:,}"


class RulerLane(Lane):
    """Always there, and not a lane in the layout."""

    name, title, lines = "ruler", "", 1.45

    def paint(self, sheet: Sheet, scene: Scene) -> None:
        ink = sheet.ink
        metrics = ink.metrics["small"]
        hours = scene.duration_s >= 3600
        widest = clock_text(scene.duration_s, hours) + FRAME_TEXT.format(len(scene.frame_times_s))
        found = ticks(sheet.axis, metrics.horizontalAdvance(widest) + 4 * SPACE_PX, scene.frame_times_s)
        bottom = sheet.height - 1
        base = bottom - 3.5
        long: list[QLineF] = []
        short: list[QLineF] = []
        sheet.painter.setFont(ink.fonts["small"])
        free_from_px = -1e9
        for tick, following in zip(found, [*found[1:], None], strict=True):
            x = round(sheet.axis.x(tick.time_s)) + 0.5
            (long if tick.text else short).append(QLineF(x, bottom - (LONG_PX if tick.text else SHORT_PX), x, bottom))
            until_px = sheet.axis.x(following.time_s) if following is not None else sheet.width
            free_from_px = self._paint_text(sheet, tick, x, base, free_from_px, until_px)
        sheet.painter.setPen(ink.pen(ink.theme.muted))
        sheet.painter.drawLines(long)
        sheet.painter.setPen(ink.pen(ink.theme.faint))
        sheet.painter.drawLines(short)

    @staticmethod
    def _paint_text(sheet: Sheet, tick: Tick, x: float, base: float, free_from_px: float, until_px: float) -> float:
        """The time of a labelled tick and the number of a frame's, where there is room; gives where room begins."""
        ink, left = sheet.ink, x + SPACE_PX
        if x < 0:
            return free_from_px
        number = FRAME_TEXT.format(tick.frame) if tick.frame is not None else ""
        if tick.text and left + ink.text_width(tick.text, "small") <= sheet.width:
            sheet.painter.setPen(ink.theme.text)
            sheet.painter.drawText(QPointF(left, base), tick.text)
            left += ink.text_width(tick.text, "small") + SPACE_PX
            if number and left + ink.text_width(number, "small") <= sheet.width:
                sheet.painter.setPen(ink.theme.muted)
                sheet.painter.drawText(QPointF(left, base), number)
                left += ink.text_width(number, "small") + SPACE_PX
            return left
        if number and x >= free_from_px and left + ink.text_width(number, "small") + SPACE_PX <= until_px:
            sheet.painter.setPen(ink.theme.muted)
            sheet.painter.drawText(QPointF(left, base), number)
        return free_from_px

    def readout(self, scene: Scene, hit: Hit) -> str:
        return ""
