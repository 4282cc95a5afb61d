"""What is missing: no face above, no sound below, unreadable stretches through both, and cuts as ticks."""

from typing import Any, Final

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor

from app.timeline.columns import Spans
from app.timeline.values import Hit
from app.views.timeline.answers import AWAY
from app.views.timeline.ink import faded
from app.views.timeline.lane import Lane
from app.views.timeline.scene import Scene
from app.views.timeline.sheet import PAD_PX, Sheet

TEXTS: Final = {
    AWAY: AWAY,
    "no_face": "no face",
    "no_audio": "no sound track",
    "silence": "silence",
    "no_speech": "no speech",
    "unreadable": "cannot be read",
}
HATCHED: Final = (AWAY, "no_speech")
ROWS: Final = (("no_face",), ("no_audio", "silence", "no_speech"))
CUT_NEAR_S: Final = 0.05
CUT_APART_PX: Final = 14
"""Cuts closer together than this on average are drawn faintly, or they would hide the gaps."""
CROWDED: Final = 0.3


class GapsLane(Lane):
    """Gaps of the person shown and of everybody."""

    name, title, lines = "gaps", "Gaps", 2.0

    def heading(self, scene: Scene) -> tuple[str, str]:
        cuts = len(scene.cuts_s)
        return self.title, f"{cuts:,} cut{'' if cuts == 1 else 's'}"

    def paint(self, sheet: Sheet, scene: Scene) -> None:
        half = sheet.height / 2
        if scene.answers is not None:
            self._paint_kind(sheet, scene.answers.away, AWAY, 1, half - 2)
        for row, kinds in enumerate(ROWS):
            for kind in kinds:
                self._paint_kind(sheet, scene.gap_spans(kind), kind, row * half + 1, half - 2)
        self._paint_kind(sheet, scene.gap_spans("unreadable"), "unreadable", 1, sheet.height - 2)
        first, stop = np.searchsorted(scene.cuts_s, [sheet.axis.start_s, sheet.axis.end_s])
        crowded = (stop - first) * CUT_APART_PX > sheet.width
        colour = faded(sheet.ink.theme.text, CROWDED) if crowded else sheet.ink.theme.text
        sheet.verticals(scene.cuts_s, 0, sheet.height, sheet.ink.pen(colour))

    def _paint_kind(self, sheet: Sheet, gaps: Spans[Any], kind: str, top: float, height: float) -> None:
        ink = sheet.ink
        places, narrow = sheet.places(gaps)
        ground = ink.theme.danger if kind == "unreadable" else ink.theme.line
        sheet.narrow_spans(gaps, narrow, np.full(len(gaps), ground.rgb(), np.uint32), top, height)
        sheet.painter.setPen(Qt.PenStyle.NoPen)
        for place in places:
            left, right = max(place.left, -PAD_PX), min(place.right, sheet.width + PAD_PX)
            area = QRectF(left, top, right - left, height)
            if kind in HATCHED:
                sheet.painter.fillRect(area, ink.theme.lane_line)
                sheet.painter.fillRect(area, ink.hatch(ink.theme.line.rgba(), 5))
            else:
                sheet.painter.fillRect(area, ground)
            text_colour = ink.theme.accent_text if kind == "unreadable" else ink.theme.muted
            self._paint_text(sheet, area, TEXTS[kind], text_colour)

    @staticmethod
    def _paint_text(sheet: Sheet, area: QRectF, text: str, colour: QColor) -> None:
        ink = sheet.ink
        start = max(area.left(), 0.0) + 6
        if min(area.right(), sheet.width) - start >= ink.text_width(text, "tiny") + 4:
            sheet.text(start, area, text, "tiny", colour)

    def readout(self, scene: Scene, hit: Hit) -> str:
        said = [text for kind, text in TEXTS.items() if scene.gap_spans(kind).at(hit.time_s) is not None]
        if scene.answers is not None and TEXTS["no_face"] not in said and scene.answers.away.at(hit.time_s) is not None:
            said.insert(0, AWAY)
        if len(scene.cuts_s) and float(np.min(np.abs(scene.cuts_s - hit.time_s))) <= CUT_NEAR_S:
            said.append("cut")
        return " · ".join(said) or "nothing missing"
