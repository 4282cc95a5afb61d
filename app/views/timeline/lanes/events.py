"""Epochs as named ranges and markers as flags. The lane is there as long as there are any."""

from typing import Final

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPolygonF

from app.project.values import Epoch, Marker
from app.timeline.axis import Axis
from app.timeline.values import Hit
from app.views.timeline.lane import REACH_PX, Lane
from app.views.timeline.scene import Scene
from app.views.timeline.sheet import Place, Sheet

FLAG_PX: Final = 8.0
LONGEST_PX: Final = 160
"""Of a marker's words."""
UNNAMED: Final = "marker"


class EventsLane(Lane):
    """Things of the person who codes, not of the program."""

    name, title, lines = "events", "Events", 1.7

    def heading(self, scene: Scene) -> tuple[str, str]:
        return self.title, "epochs, markers"

    def wanted_lines(self, scene: Scene) -> float:
        return self.lines if scene.epochs or scene.markers else 0.0

    def paint(self, sheet: Sheet, scene: Scene) -> None:
        for epoch in scene.epochs:
            self._paint_epoch(sheet, epoch, scene.markers)
        for marker in scene.markers:
            moved = isinstance(scene.preview, Marker) and scene.preview.id == marker.id
            self._paint_marker(sheet, scene.preview if moved else marker)  # type: ignore[arg-type]

    @staticmethod
    def _paint_epoch(sheet: Sheet, epoch: Epoch, markers: tuple[Marker, ...]) -> None:
        left, right = sheet.axis.x(epoch.start_s), sheet.axis.x(epoch.end_s)
        if right <= 0 or left >= sheet.width:
            return
        theme = sheet.ink.theme
        area = sheet.block(Place(0, left, right), 2, sheet.height - 4, theme.selection, sheet.ink.pen(theme.line))
        width_px = sheet.ink.text_width(epoch.name, "small") + 2 * FLAG_PX
        for marker in sorted(markers, key=lambda one: one.time_s):  # a flag at the epoch's begin keeps its own words
            x = sheet.axis.x(marker.time_s)
            if area.left() - FLAG_PX <= x < area.left() + width_px:
                words = sheet.ink.elided(marker.text, LONGEST_PX, "small")
                area.setLeft(x + FLAG_PX + sheet.ink.text_width(words, "small") + 8)
        sheet.label(area, (epoch.name, epoch.name[:3]), theme.text, kind="small")

    @staticmethod
    def _paint_marker(sheet: Sheet, marker: Marker) -> None:
        x = sheet.axis.x(marker.time_s)
        if not -200 < x < sheet.width + FLAG_PX:
            return
        theme, ink = sheet.ink.theme, sheet.ink
        sheet.painter.setPen(ink.pen(theme.warning, 1.5))
        sheet.painter.setBrush(theme.warning)
        sheet.painter.drawLine(QPointF(x, 1), QPointF(x, sheet.height - 1))
        flag = [QPointF(x, 2), QPointF(x + FLAG_PX, 2 + FLAG_PX / 2), QPointF(x, 2 + FLAG_PX)]
        sheet.painter.drawPolygon(QPolygonF(flag))
        text = ink.elided(marker.text, LONGEST_PX, "small")
        if text:
            width_px = ink.text_width(text, "small")
            area = QRectF(x + FLAG_PX + 2, 2, width_px + 4, sheet.height - 4)
            sheet.painter.fillRect(area, theme.lane)
            sheet.text(area.left() + 2, area, text, "small", theme.text)

    def hit(self, scene: Scene, axis: Axis, x: float, y: float, height: float) -> Hit:
        time_s = axis.time(x)
        near = [m for m in scene.markers if -REACH_PX <= x - axis.x(m.time_s) <= FLAG_PX + REACH_PX]
        marker = min(near, key=lambda m: abs(axis.x(m.time_s) - x)).id if near else None
        epoch = next((e.id for e in scene.epochs if e.start_s <= time_s < e.end_s), None)
        return Hit(self.name, time_s, scene.person_id, marker=marker, epoch=None if marker else epoch)

    def readout(self, scene: Scene, hit: Hit) -> str:
        if hit.marker is not None:
            return next((m.text or UNNAMED for m in scene.markers if m.id == hit.marker), "")
        return next((e.name for e in scene.epochs if e.id == hit.epoch), "")
