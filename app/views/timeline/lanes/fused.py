"""The fused label: segments in their colours, weaker with less confidence, hatched and asked where uncertain."""

from typing import Final

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QPen

from app.timeline.axis import Axis
from app.timeline.columns import column_items
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
RIVAL_SAVES: Final = 0.8
"""Lines of text by which two tiers are less than twice as high as one."""
DIFFERENCE_PX: Final = 3.0
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
        rival = scene.rival
        return self.title, scene.revision_text if rival is None else f"{scene.revision_text} over {rival.text}"

    def wanted_lines(self, scene: Scene) -> float:
        return self.lines if scene.rival is None else 2 * self.lines - RIVAL_SAVES

    def paint(self, sheet: Sheet, scene: Scene) -> None:
        if scene.blind:
            sheet.note(BLIND_NOTE)
            return
        if scene.answers is None:
            if scene.analysed_until_s is None:
                sheet.note("not analysed")
        else:
            tiers = [(scene.answers.segments, scene.answers.unseen)]
            if scene.rival is not None:
                tiers.append((scene.rival.segments, scene.rival.unseen))
            high = sheet.height / len(tiers)
            for place, (seen, unseen) in enumerate(tiers):
                _paint_tier(sheet, seen, unseen, place * high + MARGIN_PX, high - 2 * MARGIN_PX)
            if scene.rival is not None:
                _paint_differences(sheet, scene.answers.segments, scene.rival.segments)
        if scene.analysed_until_s is not None and (scene.answers is None or len(scene.answers.segments) == 0):
            sheet.note("segments come when the analysis is done")
        else:
            not_yet(sheet, scene)

    def hit(self, scene: Scene, axis: Axis, x: float, y: float, height: float) -> Hit:
        time_s = axis.time(x)
        below = scene.rival is not None and y > height / 2
        if scene.answers is None or scene.blind or below:
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
            return _rival_text(scene, hit.time_s)
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


def _rival_text(scene: Scene, time_s: float) -> str:
    """What the other revision says at a moment."""
    rival = scene.rival
    said = rival.segments.at(time_s) or rival.unseen.at(time_s) if rival is not None else None
    return f"{rival.text}: {segment_texts(said)[0]}" if rival is not None and said is not None else ""


def _paint_tier(sheet: Sheet, seen: Segments, unseen: Segments, top: float, full: float) -> None:
    low = full * UNSEEN_SHARE
    _paint_segments(sheet, unseen, top + full - low, low, seen=False)
    _paint_segments(sheet, seen, top, full, seen=True)


def _paint_differences(sheet: Sheet, one: Segments, other: Segments) -> None:
    """A line between two tiers where they say different things."""
    edges_s = sheet.edges_s()
    said = []
    for segments in (one, other):
        item = column_items(segments.spans.start_s, segments.spans.end_s, edges_s)
        emotion = np.append(segments.emotion, -1)
        said.append(np.where(item >= 0, emotion[item], -1))
    differs = (said[0] != said[1]) & (said[0] >= 0) & (said[1] >= 0)
    codes = np.where(differs, sheet.ink.theme.danger.rgba(), 0)
    sheet.image(codes[None], sheet.height / 2 - DIFFERENCE_PX / 2, DIFFERENCE_PX)


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
