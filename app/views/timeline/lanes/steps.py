"""Probabilities that hold over steps: stacked, one colour an emotion, each step with its true ends."""

from typing import Final

import numpy as np
from PySide6.QtCore import QLineF, QRectF, Qt

from app.timeline.columns import Steps
from app.timeline.values import Hit
from app.views import theme
from app.views.timeline.lane import BLIND_NOTE, Lane
from app.views.timeline.scene import Scene
from app.views.timeline.sheet import PAD_PX, Sheet, visible_part
from engine.emotions import EMOTIONS, LETTERS
from engine.values import F32

SEPARATED_FROM_PX: Final = 6.0
LETTER_FROM_PX: Final = 18.0
STRONGEST_SHOWN: Final = 3
SAME_DECIMALS: Final = 4
"""One step's end and the next one's start are the same line when they differ by less."""
LEAST_SHOWN: Final = 0.05


def probabilities_text(probabilities: F32) -> str:
    """The strongest answers: "6 S sad 0.74 · 5 N neutral 0.14"."""
    order = np.argsort(-probabilities, kind="stable")[:STRONGEST_SHOWN]
    shown = [index for place, index in enumerate(order) if place == 0 or probabilities[index] >= LEAST_SHOWN]
    return " · ".join(f"{i + 1} {LETTERS[i]} {EMOTIONS[i]} {probabilities[i]:.2f}" for i in shown)


def stacked(means: F32, height: int, codes: np.ndarray) -> np.ndarray:
    """(height, columns) pixels: seven layers from the top, angry first; nothing where a column has no answer."""
    known = ~np.isnan(means[:, 0])
    total = np.where(known, means.sum(1), 1.0)
    ends = np.cumsum(np.where(known[:, None], means, 0.0) / total[:, None], axis=1) * height
    levels = np.arange(height)[:, None] + 0.5
    layer = np.zeros((height, len(means)), np.int8)
    for emotion in range(len(EMOTIONS) - 1):
        layer += levels >= ends[:, emotion]
    return np.where(known, codes[layer], 0).astype(np.uint32)


def paint_steps(sheet: Sheet, steps: Steps, strength: float = 0.9) -> None:
    """The steps in view, with thin lines between them and letters in them once they are wide enough."""
    if len(steps) == 0:
        return
    top, height = 2.0, sheet.height - 4.0
    rows = max(round(height * sheet.ink.ratio), 1)
    sheet.painter.setOpacity(strength)
    sheet.image(stacked(steps.means(sheet.edges_s()), rows, sheet.ink.plain_codes()), top, height)
    sheet.painter.setOpacity(1.0)
    first, stop = visible_part(steps.start_s, steps.end_s, sheet.axis)
    if stop <= first:
        return
    wide_px = float(np.median(steps.end_s[first:stop] - steps.start_s[first:stop])) * sheet.axis.px_per_s
    if wide_px >= SEPARATED_FROM_PX:
        ends_s = np.unique(np.concatenate([steps.start_s[first:stop], steps.end_s[first:stop]]).round(SAME_DECIMALS))
        sheet.verticals(ends_s, top, top + height, sheet.ink.pen(sheet.ink.theme.lane))
    if wide_px >= LETTER_FROM_PX:
        _paint_letters(sheet, steps, range(first, stop), top, height)


def _paint_letters(sheet: Sheet, steps: Steps, which: range, top: float, height: float) -> None:
    """Colour alone tells nothing: the leading emotion's letter, in its own layer."""
    for at in which:
        values = steps.values[at]
        leader = int(np.argmax(values))
        layer_px = float(values[leader]) * height
        if layer_px < sheet.ink.small_px - 2:
            continue
        left, right = sheet.axis.x(float(steps.start_s[at])), sheet.axis.x(float(steps.end_s[at]))
        layer = QRectF(left, top + float(values[:leader].sum()) * height, right - left, layer_px)
        width_px = sheet.ink.text_width(LETTERS[leader], "small")
        if right - left >= width_px + 4:
            place = min(max(layer.left() + 4, 2.0), layer.right() - width_px - 2)
            sheet.text(place, layer, LETTERS[leader], "small", theme.emotion_ink(EMOTIONS[leader]))


def hatched(sheet: Sheet, from_s: float, to_s: float, text: str) -> None:
    """A stretch in which there is no answer, and why."""
    left, right = max(sheet.axis.x(from_s), 0.0), min(sheet.axis.x(to_s), sheet.width)
    if right <= left:
        return
    area = QRectF(left, 0, right - left, sheet.height)
    sheet.painter.fillRect(area, sheet.ink.hatch(sheet.ink.theme.line.rgba()))
    sheet.label(area, (text,), sheet.ink.theme.muted, kind="small")


def not_yet(sheet: Sheet, scene: Scene) -> None:
    """What the running analysis has not come to."""
    if scene.analysed_until_s is None:
        return
    x = max(sheet.axis.x(scene.analysed_until_s), 0.0)
    if x >= sheet.width:
        return
    area = QRectF(x, 0, sheet.width - x, sheet.height)
    sheet.painter.fillRect(area, sheet.ink.theme.window)
    sheet.painter.setPen(sheet.ink.pen(sheet.ink.theme.accent, 1.5))
    sheet.painter.drawLine(QLineF(x, 0, x, sheet.height))
    sheet.label(area, ("not analysed yet",), sheet.ink.theme.muted, kind="small")


class StepsLane(Lane):
    """A branch whose answers hold over steps."""

    lines = 3.0
    stretches = True

    def steps(self, scene: Scene) -> Steps | None:
        """The steps of this branch."""
        raise NotImplementedError

    def paint(self, sheet: Sheet, scene: Scene) -> None:
        steps = self.steps(scene)
        if scene.blind:
            sheet.note(BLIND_NOTE)
            return
        if steps is not None:
            paint_steps(sheet, steps)
            self.paint_over(sheet, scene)
        not_yet(sheet, scene)

    def paint_over(self, sheet: Sheet, scene: Scene) -> None:
        """What else belongs on the steps."""

    def readout(self, scene: Scene, hit: Hit) -> str:
        steps = self.steps(scene)
        if scene.blind:
            return BLIND_NOTE
        if steps is None or len(steps) == 0:
            return ""
        at = int(np.searchsorted(steps.start_s, hit.time_s, side="right")) - 1
        if at < 0 or hit.time_s >= steps.end_s[at]:
            return "no answer here"
        return probabilities_text(steps.values[at])


class SliceLane(StepsLane):
    """The slice branch: one answer for 16 frames."""

    name, title = "slice", "Slice"

    def heading(self, scene: Scene) -> tuple[str, str]:
        return self.title, "C3D, 16 frames"

    def steps(self, scene: Scene) -> Steps | None:
        return scene.answers.slices if scene.answers is not None else None


class VoiceLane(StepsLane):
    """The audio branch: one answer a second, hatched where nobody speaks."""

    name, title, lines = "voice", "Voice", 2.3

    def heading(self, scene: Scene) -> tuple[str, str]:
        return self.title, "SoundNet, 1 s"

    def steps(self, scene: Scene) -> Steps | None:
        return scene.answers.seconds if scene.answers is not None else None

    def paint_over(self, sheet: Sheet, scene: Scene) -> None:
        assert scene.answers is not None
        if len(scene.answers.seconds) == 0 and scene.analysed_until_s is None:
            hatched(sheet, 0.0, scene.duration_s, "no sound track" if self._no_audio(scene) else "no answers")
            return
        quiet = scene.answers.no_speech
        sheet.painter.setPen(Qt.PenStyle.NoPen)
        places, narrow = sheet.places(quiet)
        lane = np.full(len(quiet), sheet.ink.theme.lane_line.rgb(), np.uint32)
        sheet.narrow_spans(quiet, narrow, lane, 0, sheet.height)
        for place in places:
            left, right = max(place.left, -PAD_PX), min(place.right, sheet.width + PAD_PX)
            sheet.painter.fillRect(QRectF(left, 1, right - left, sheet.height - 2), sheet.ink.theme.lane)
            item = quiet.items[place.item]
            hatched(sheet, item.start_s, item.end_s, item.text)

    def readout(self, scene: Scene, hit: Hit) -> str:
        said = super().readout(scene, hit)
        if scene.blind or scene.answers is None or scene.answers.no_speech.at(hit.time_s) is None:
            return said
        return "no speech: the fusion leaves the voice out"

    @staticmethod
    def _no_audio(scene: Scene) -> bool:
        return len(scene.gap_spans("no_audio")) > 0
