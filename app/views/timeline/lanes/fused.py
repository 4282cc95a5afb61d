"""The fused label: segments in their colours, weaker with less confidence, hatched and asked where uncertain."""

from typing import Final

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QPen

from app.timeline.axis import Axis
from app.timeline.values import Hit
from app.views.emotion_chip import chip_text
from app.views.timeline.answers import Segments
from app.views.timeline.ink import faded
from app.views.timeline.lane import BLIND_NOTE, Lane
from app.views.timeline.lanes.steps import not_yet, probabilities_text
from app.views.timeline.scene import Scene
from app.views.timeline.sheet import CHIP_RADIUS_PX, Place, Sheet
from engine.values import Segment

MARGIN_PX: Final = 3.0
HATCH: Final = 0.22
UNSEEN_SHARE: Final = 0.62
"""Height of what was heard with nobody in view, of what it would have with a face."""


def key_text(emotion: str | None) -> str:
    """The short form of a chip's text: "6 S"."""
    return " ".join(chip_text(emotion).split()[:2])


def segment_texts(segment: Segment) -> tuple[str, ...]:
    """From long to short, for as much room as there is."""
    asked = "?" if segment.uncertain else ""
    name = chip_text(segment.emotion) + asked
    key = key_text(segment.emotion)
    return f"{name}  {segment.confidence:.2f}", name, key + asked, key, key[-1] + asked, key[-1]


class FusedLane(Lane):
    """What the program says, of the person shown; lower, with a dashed border, what it says from the voice alone."""

    name, title, lines = "fused", "Fused", 2.5

    def heading(self, scene: Scene) -> tuple[str, str]:
        return self.title, scene.revision_text

    def paint(self, sheet: Sheet, scene: Scene) -> None:
        if scene.blind:
            sheet.note(BLIND_NOTE)
            return
        if scene.answers is None:
            if scene.analysed_until_s is None:
                sheet.note("not analysed")
        else:
            full = sheet.height - 2 * MARGIN_PX
            low = full * UNSEEN_SHARE
            _paint_segments(sheet, scene.answers.unseen, sheet.height - MARGIN_PX - low, low, seen=False)
            _paint_segments(sheet, scene.answers.segments, MARGIN_PX, full, seen=True)
        if scene.analysed_until_s is not None and (scene.answers is None or len(scene.answers.segments) == 0):
            sheet.note("segments come when the analysis is done")
        else:
            not_yet(sheet, scene)

    def hit(self, scene: Scene, axis: Axis, x: float, y: float, height: float) -> Hit:
        time_s = axis.time(x)
        if scene.answers is None or scene.blind:
            return Hit(self.name, time_s, scene.person_id)
        seen = scene.answers.segments.at(time_s)
        if seen is not None:
            return Hit(self.name, time_s, scene.person_id, seen)
        unseen = scene.answers.unseen.at(time_s)  # nobody is in view: what the voice says is said of the scene
        return Hit(self.name, time_s, scene.person_id if unseen is None else None, unseen)

    def readout(self, scene: Scene, hit: Hit) -> str:
        if scene.blind:
            return BLIND_NOTE
        if hit.segment is None or scene.answers is None:
            return ""
        said = segment_texts(hit.segment)[0] + (" uncertain" if hit.segment.uncertain else "")
        fused = scene.answers.fused
        at = int(np.searchsorted(fused.start_s, hit.time_s))
        around = [near for near in (at - 1, at) if 0 <= near < len(fused)]
        if scene.answers.segments.at(hit.time_s) is None:
            return f"voice only, nobody in view: {said}"
        if not around:
            return said
        nearest = min(around, key=lambda near: abs(float(fused.start_s[near]) - hit.time_s))
        return f"{said}   here: {probabilities_text(fused.values[nearest])}"


def _paint_segments(sheet: Sheet, segments: Segments, top: float, height: float, seen: bool) -> None:
    places, narrow = sheet.places(segments.spans)
    codes = sheet.ink.codes(segments.confidence, segments.emotion)
    sheet.narrow_spans(segments.spans, narrow, codes, top, height)
    for place in places:
        paint_segment(sheet, segments.spans.items[place.item], place, top, height, seen)


def paint_segment(sheet: Sheet, segment: Segment, place: Place, top: float, height: float, seen: bool = True) -> None:
    """One chip."""
    colour, ink = sheet.ink.emotion(segment.emotion, segment.confidence)
    pen = None if seen else QPen(sheet.ink.theme.muted, 1, Qt.PenStyle.DashLine)
    area = sheet.block(place, top, height, colour, pen)
    if segment.uncertain:
        sheet.painter.setPen(Qt.PenStyle.NoPen)
        sheet.painter.setBrush(sheet.ink.hatch(faded(ink, HATCH).rgba()))
        sheet.painter.drawRoundedRect(area, CHIP_RADIUS_PX, CHIP_RADIUS_PX)
    sheet.label(area, segment_texts(segment), ink)
