"""What people said: one lane for each person who has corrections, and one for the scene."""

from typing import Final

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPen

from app.project.values import Correction
from app.timeline.axis import Axis
from app.timeline.clock import clock_text
from app.timeline.values import Edge, Hit
from app.views.emotion_chip import chip_text
from app.views.timeline.ink import faded
from app.views.timeline.lane import REACH_PX, Lane
from app.views.timeline.lanes.fused import key_text
from app.views.timeline.scene import CorrectionRows, Scene
from app.views.timeline.sheet import CHIP_FROM_PX, CHIP_RADIUS_PX, Place, Sheet, visible_part

MARGIN_PX: Final = 3.0
ROW_LINES: Final = 1.75
OTHERS: Final = 0.1
"""What other coders said is painted as weakly as an answer of this confidence."""
BATCH: Final = 0.15
HANDLE_PX: Final = 5.0
LEAST_PX: Final = 2.0
ORIGIN_TEXT: Final = {
    "blank": "from scratch",
    "edited": "from a prediction, changed",
    "accepted": "prediction accepted",
    "batch": "accepted with many",
}


class CorrectionsLane(Lane):
    """The corrections of one person (None is the scene); those of the current coder are solid and may be dragged."""

    name, title, lines = "corrections", "Corrections", 2.3

    def __init__(self, person: str | None, first: bool) -> None:
        self.person, self.first = person, first

    @property
    def key(self) -> str:
        return f"{self.name} {self.person or ''}"

    def labels(self, scene: Scene) -> str | None:
        return self.person

    def heading(self, scene: Scene) -> tuple[str, str]:
        name = scene.name_of(self.person)
        coder = f" · {scene.coder}" if scene.coder else ""
        note = " · blind" if scene.blind else ""
        if self.first:
            return self.title, f"{name}{coder}{note}"
        return name, f"corrections{note}"

    def wanted_lines(self, scene: Scene) -> float:
        found = self._rows(scene)
        if not self.first and not found.corrections:
            return 1.5
        return max(self.lines, 0.5 + ROW_LINES * found.row_count)

    def paint(self, sheet: Sheet, scene: Scene) -> None:
        found = self._rows(scene)
        first, stop = visible_part(found.start_s, found.latest_s, sheet.axis)
        row_px = self._row_px(scene, sheet.height)
        shown = [(found.corrections[at], found.rows[at]) for at in range(first, stop)]
        for correction, row in sorted(shown, key=lambda item: item[0].id == scene.selected_correction):
            if correction.end_s <= sheet.axis.start_s:
                continue
            dragged = isinstance(scene.preview, Correction) and scene.preview.id == correction.id
            current = scene.preview if dragged else correction
            assert isinstance(current, Correction)
            self._paint_one(sheet, scene, current, MARGIN_PX + row * row_px, row_px - 2.0)
        if not found.corrections and self.first:
            sheet.note("drag to select a range, then press 1 to 7")

    def _paint_one(self, sheet: Sheet, scene: Scene, correction: Correction, top: float, height: float) -> None:
        left, right = sheet.axis.x(correction.start_s), sheet.axis.x(correction.end_s)
        place = Place(0, left, max(right, left + LEAST_PX))
        own, selected = correction.coder == scene.coder, correction.id == scene.selected_correction
        colour, ink = sheet.ink.emotion(correction.emotion, 1.0 if own else OTHERS)
        if right - left < CHIP_FROM_PX and not selected:
            narrow = colour if correction.emotion is not None else sheet.ink.theme.faint
            sheet.painter.fillRect(QRectF(place.left, top, place.right - place.left, height), narrow)
            return
        area = sheet.block(place, top, height, colour, self._outline(sheet, correction, own))
        if correction.origin == "batch":
            sheet.painter.setPen(Qt.PenStyle.NoPen)
            sheet.painter.setBrush(sheet.ink.hatch(faded(ink, BATCH).rgba()))
            sheet.painter.drawRoundedRect(area, CHIP_RADIUS_PX, CHIP_RADIUS_PX)
        sheet.label(area, correction_texts(correction, own), ink)
        if selected:
            self._paint_selected(sheet, area, left, right)

    @staticmethod
    def _outline(sheet: Sheet, correction: Correction, own: bool) -> QPen | None:
        """Dashed where somebody could not say, and of the full colour where somebody else did."""
        if correction.emotion is None:
            return QPen(sheet.ink.theme.muted, 1, Qt.PenStyle.DashLine)
        return None if own else sheet.ink.pen(sheet.ink.emotion(correction.emotion)[0])

    @staticmethod
    def _paint_selected(sheet: Sheet, area: QRectF, left: float, right: float) -> None:
        """A border with a handle at each end."""
        accent = sheet.ink.theme.accent
        sheet.painter.setBrush(Qt.BrushStyle.NoBrush)
        sheet.painter.setPen(QPen(sheet.ink.theme.lane, 4))
        sheet.painter.drawRoundedRect(area, CHIP_RADIUS_PX, CHIP_RADIUS_PX)
        sheet.painter.setPen(QPen(accent, 2))
        sheet.painter.drawRoundedRect(area, CHIP_RADIUS_PX, CHIP_RADIUS_PX)
        sheet.painter.setPen(Qt.PenStyle.NoPen)
        sheet.painter.setBrush(accent)
        height = area.height() * 0.66
        for x in (left, right):
            handle = QRectF(x - HANDLE_PX / 2, area.center().y() - height / 2, HANDLE_PX, height)
            sheet.painter.drawRoundedRect(handle, 2, 2)

    def hit(self, scene: Scene, axis: Axis, x: float, y: float, height: float) -> Hit:
        found, time_s = self._rows(scene), axis.time(x)
        row = int((y - MARGIN_PX) // self._row_px(scene, height))
        reach_s = REACH_PX / axis.px_per_s
        near = [
            correction
            for correction, place in zip(found.corrections, found.rows, strict=True)
            if place == row and correction.start_s - reach_s <= time_s <= correction.end_s + reach_s
        ]
        if not near:
            return Hit(self.name, time_s, self.person)
        best = min(near, key=lambda c: (c.id != scene.selected_correction, _distance_s(c, time_s)))
        edge = _edge(best, time_s, reach_s) if best.coder == scene.coder else None
        return Hit(self.name, time_s, self.person, correction=best.id, edge=edge)

    def readout(self, scene: Scene, hit: Hit) -> str:
        correction = scene.correction(hit.correction) if hit.correction is not None else None
        if correction is None:
            return ""
        span = f"{clock_text(correction.start_s)} to {clock_text(correction.end_s)}"
        note = f" · “{correction.note}”" if correction.note else ""
        origin = ORIGIN_TEXT[correction.origin]
        return f"{chip_text(correction.emotion)} · {span} · {correction.coder} · {origin}{note}"

    def _rows(self, scene: Scene) -> CorrectionRows:
        return scene.by_person.get(self.person, NONE)

    def _row_px(self, scene: Scene, height: float) -> float:
        return (height - 2 * MARGIN_PX + 2.0) / self._rows(scene).row_count


NONE: Final = CorrectionRows()


def correction_texts(correction: Correction, own: bool) -> tuple[str, ...]:
    """From long to short; what others said carries their name."""
    whole, key = chip_text(correction.emotion), key_text(correction.emotion)
    noted = f"{whole}  ✎" if correction.note else whole
    if own:
        return noted, whole, key, key[-1]
    return f"{noted}  {correction.coder}", f"{key} {correction.coder}", key, key[-1]


def _distance_s(correction: Correction, time_s: float) -> float:
    return max(correction.start_s - time_s, time_s - correction.end_s, 0.0)


def _edge(correction: Correction, time_s: float, reach_s: float) -> Edge | None:
    """The end that is taken hold of. Of a narrow one the middle third still moves it as a whole."""
    reach_s = min(reach_s, (correction.end_s - correction.start_s) / 3)
    if time_s <= correction.start_s + reach_s:
        return "start"
    return "end" if time_s >= correction.end_s - reach_s else None
