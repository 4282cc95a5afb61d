"""Where the branches disagree, and which of them decided."""

from typing import Final

import numpy as np
from PySide6.QtCore import QRectF

from app.timeline.columns import column_items
from app.timeline.values import Hit
from app.views.timeline.lane import BLIND_NOTE, Lane
from app.views.timeline.scene import Scene
from app.views.timeline.sheet import PAD_PX, Sheet

DECIDED_SHARE: Final = 0.4
LEAST_SHOWN: Final = 0.12
"""Below this the branches agree well enough to leave the lane quiet."""
STRONG: Final = 0.4
TEXT_FROM_PX: Final = 40.0
BRANCH_TEXT: Final = {"frame": "frame decided", "slice": "slice decided", "audio": "voice decided"}
SHORT_TEXT: Final = {"frame": "frame", "slice": "slice", "audio": "voice"}
PATTERN_PX: Final = {"frame": 0, "slice": 5, "audio": 9}
"""Spacing of the hatch of each branch; 0 is plain."""


class AgreementLane(Lane):
    """Above, redder where branches disagree more; below, whose answer the fused one is nearest to."""

    name, title, lines = "agreement", "Agreement", 2.1

    def heading(self, scene: Scene) -> tuple[str, str]:
        return self.title, "and who decided"

    def paint(self, sheet: Sheet, scene: Scene) -> None:
        if scene.blind:
            sheet.note(BLIND_NOTE)
            return
        agreement = scene.agreement
        if agreement is None or len(agreement.start_s) == 0:
            return
        item = column_items(agreement.start_s, agreement.end_s, sheet.edges_s())
        amount = np.where(item >= 0, agreement.amount[item], 0.0)
        below = round(sheet.height * DECIDED_SHARE)
        self._paint_amount(sheet, amount, sheet.height - below)
        self._paint_decided(sheet, scene, sheet.height - below, below - 1.0)

    def _paint_amount(self, sheet: Sheet, amount: np.ndarray, height: float) -> None:
        danger = sheet.ink.theme.danger
        share = np.where(amount >= LEAST_SHOWN, np.clip(amount, 0, 1) ** 0.8 * 0.85, 0.0)
        parts = (255, danger.red(), danger.green(), danger.blue())
        channels = [np.rint(share * part).astype(np.uint32) for part in parts]
        codes = channels[0] << 24 | channels[1] << 16 | channels[2] << 8 | channels[3]
        sheet.image(codes[None], 1.0, height - 2.0)
        edges = np.flatnonzero(np.diff((amount >= STRONG).astype(np.int8), prepend=0, append=0)) / sheet.ink.ratio
        starts, ends = edges[::2], edges[1::2]
        wide = ends - starts >= TEXT_FROM_PX
        for left, right in zip(starts[wide].tolist(), ends[wide].tolist(), strict=True):
            area = QRectF(left, 0, right - left, height)
            sheet.label(area, ("branches disagree", "disagree"), sheet.ink.theme.text, kind="small")

    def _paint_decided(self, sheet: Sheet, scene: Scene, top: float, height: float) -> None:
        assert scene.agreement is not None
        decided, ink = scene.agreement.decided, sheet.ink
        sheet.painter.setPen(ink.pen(ink.theme.lane_line))
        places, narrow = sheet.places(decided)
        sheet.narrow_spans(decided, narrow, np.full(len(decided), ink.theme.line.rgb(), np.uint32), top, height)
        for place in places:
            branch = decided.items[place.item].text
            left, right = max(place.left, -PAD_PX), min(place.right, sheet.width + PAD_PX)
            area = QRectF(left + 0.5, top + 0.5, right - left - 1, height - 1)
            sheet.painter.fillRect(area, ink.theme.lane_line)
            if spacing_px := PATTERN_PX.get(branch, 0):
                sheet.painter.fillRect(area, ink.hatch(ink.theme.faint.rgba(), spacing_px))
            text = SHORT_TEXT.get(branch, branch)
            width_px = ink.text_width(text, "tiny")
            start = max(left, 0.0) + 5
            if min(right, sheet.width) - start >= width_px + 5:
                back = QRectF(start - 3, area.top(), width_px + 6, area.height())
                sheet.painter.fillRect(back, ink.theme.lane_line)
                sheet.text(start, area, text, "tiny", ink.theme.muted)

    def readout(self, scene: Scene, hit: Hit) -> str:
        if scene.blind:
            return BLIND_NOTE
        agreement = scene.agreement
        if agreement is None or len(agreement.start_s) == 0:
            return ""
        at = int(np.searchsorted(agreement.start_s, hit.time_s, side="right")) - 1
        if at < 0 or hit.time_s >= agreement.end_s[at]:
            return "no window here"
        decided = agreement.decided.at(hit.time_s)
        said = f"disagreement {agreement.amount[at]:.2f}"
        return f"{said} · {BRANCH_TEXT.get(decided.text, decided.text)}" if decided is not None else said
