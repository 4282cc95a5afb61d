"""The frame branch: seven curves, or a strip of heat, one value a frame."""

import math
from typing import Final

import numpy as np
from pyqtgraph import functions as graph
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPen

from app.timeline.pyramid import Curves
from app.timeline.values import Hit
from app.views import theme
from app.views.timeline.ink import faded
from app.views.timeline.lane import BLIND_NOTE, Lane
from app.views.timeline.lanes.steps import not_yet, probabilities_text
from app.views.timeline.scene import Scene
from app.views.timeline.sheet import Sheet
from engine.emotions import COUNT, EMOTIONS, LETTERS
from engine.values import F32, F64

STRONG_PX: Final = 1.7
WEAK_PX: Final = 1.0
STRONG: Final = 3
"""So many of the seven are drawn with a strong line: those that matter most in view."""
MARGIN_PX: Final = 4.0
BLOCK_PX: Final = 2.5
"""Closer together, points are joined into blocks."""
DOTS_FROM_PX: Final = 8.0
"""Frames get dots once they lie this far apart."""
DOT_PX: Final = 4.5
BAND: Final = 0.13
"""Opacity of what lies between the lowest and the highest value of a block."""
TAG_FROM_PX: Final = 46.0
"""A curve that leads over fewer pixels gets no tag."""
TAG_ABOVE_PX: Final = 4.0
NEAR_S: Final = 0.5


class FrameLane(Lane):
    """Curves when one wants to see how sure it is, heat when one wants to see which it is."""

    name, title, lines, stretches = "frame", "Frame", 5.0, True

    def heading(self, scene: Scene) -> tuple[str, str]:
        return self.title, "CNN, one a frame"

    def paint(self, sheet: Sheet, scene: Scene) -> None:
        if scene.blind:
            sheet.note(BLIND_NOTE)
            return
        if scene.answers is not None and len(scene.answers.frames):
            axis = sheet.axis
            curves = scene.answers.frames.visible(axis.start_s, axis.end_s, sheet.width / BLOCK_PX)
            paint = paint_heat if scene.frame_mode == "heat" else paint_curves
            paint(sheet, curves)
        elif scene.answers is not None and scene.analysed_until_s is None:
            sheet.note("nobody in view")
        not_yet(sheet, scene)

    def readout(self, scene: Scene, hit: Hit) -> str:
        if scene.blind:
            return BLIND_NOTE
        if scene.answers is None or len(scene.answers.frames) == 0:
            return ""
        time_s, values = scene.answers.frames.nearest(hit.time_s)
        return probabilities_text(values) if abs(time_s - hit.time_s) <= NEAR_S else "out of view"


def paint_curves(sheet: Sheet, curves: Curves) -> None:
    """Weak curves first, so that the leading one lies on top."""
    if len(curves.time_s) == 0:
        return
    _paint_half(sheet)
    xs = sheet.axis.xs(curves.time_s)
    ys = _level(sheet, curves.mean)
    strength = np.nansum(curves.mean, axis=0)
    dots = curves.exact and (len(xs) == 1 or _spacing_px(xs) >= DOTS_FROM_PX)
    for rank, emotion in enumerate(np.argsort(strength, kind="stable").tolist()):
        colour = theme.emotion_colour(EMOTIONS[emotion])
        if not curves.exact:
            low, high = _level(sheet, curves.low[:, emotion]), _level(sheet, curves.high[:, emotion])
            _paint_band(sheet, xs, high, low, colour)
        _paint_line(sheet, xs, ys[:, emotion], colour, STRONG_PX if rank >= COUNT - STRONG else WEAK_PX)
        if dots:
            _paint_dots(sheet, xs, ys[:, emotion], colour)
    _paint_letters(sheet, xs, curves.mean, ys)


def paint_heat(sheet: Sheet, curves: Curves) -> None:
    """Seven rows, angry at the top; the more of an emotion, the more of its colour."""
    if len(curves.time_s) < 2:
        return
    middle_s = (curves.time_s[:-1] + curves.time_s[1:]) / 2
    edges_s = sheet.edges_s()
    columns_s = (edges_s[:-1] + edges_s[1:]) / 2
    mean = curves.mean[np.searchsorted(middle_s, columns_s)].T
    usual_s = float(np.median(np.diff(curves.time_s)))
    there = (columns_s >= curves.time_s[0] - usual_s / 2) & (columns_s <= curves.time_s[-1] + usual_s / 2)
    mean = np.where(there, mean, np.nan)
    ground, tops = _channels(sheet.ink.theme.lane), np.array([_channels(theme.emotion_colour(e)) for e in EMOTIONS])
    share = np.nan_to_num(mean)[..., None]
    mixed = np.rint(ground + (tops[:, None] - ground) * share).astype(np.uint32)
    codes = 0xFF000000 | mixed[..., 0] << 16 | mixed[..., 1] << 8 | mixed[..., 2]
    top, row_px = 2.0, (sheet.height - 4.0) / COUNT
    sheet.image(np.where(np.isnan(mean), 0, codes), top, row_px * COUNT)
    if row_px >= sheet.ink.metrics["tiny"].capHeight() + 1:
        for row, letter in enumerate(LETTERS):
            area = QRectF(0, top + row * row_px, 14, row_px)
            sheet.painter.fillRect(area, faded(sheet.ink.theme.lane, 0.75))
            sheet.text(3, area, letter, "tiny", sheet.ink.theme.text)


def _level(sheet: Sheet, values: F32) -> F64:
    """Pixels from the top for probabilities."""
    return MARGIN_PX + (1.0 - values.astype(np.float64)) * (sheet.height - 2 * MARGIN_PX)


def _spacing_px(xs: F64) -> float:
    return float(np.nanmedian(np.diff(xs))) if len(xs) > 1 else float("inf")


def _paint_half(sheet: Sheet) -> None:
    """A line at one half, to read levels by."""
    sheet.painter.fillRect(QRectF(0, round(sheet.height / 2), sheet.width, 1), sheet.ink.theme.lane_line)


def _paint_band(sheet: Sheet, xs: F64, high: F64, low: F64, colour: QColor) -> None:
    """What the values reached within each block, one upright bar a block."""
    known = np.isfinite(high) & (low - high > STRONG_PX)
    if not known.any():
        return
    ys = np.stack([high[known], low[known]], axis=1).ravel()
    pen = QPen(faded(colour, BAND), _spacing_px(xs) * sheet.ink.ratio)
    pen.setCosmetic(True)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    painter = sheet.painter
    painter.setRenderHint(painter.RenderHint.Antialiasing, False)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(graph.arrayToQPath(np.repeat(xs[known], 2), ys, connect="pairs"))
    painter.setRenderHint(painter.RenderHint.Antialiasing, True)


def _paint_line(sheet: Sheet, xs: F64, ys: F64, colour: QColor, width_px: float) -> None:
    """A curve as thin lines side by side: Qt strokes one long thick path ten times slower and more."""
    pen = QPen(colour, 1.0)
    pen.setCosmetic(True)
    painter, path = sheet.painter, graph.arrayToQPath(xs, ys, connect="finite")
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    real_px = width_px * sheet.ink.ratio
    for shift_px in np.linspace(-(real_px - 1) / 2, (real_px - 1) / 2, math.ceil(real_px)).tolist():
        painter.translate(0.0, shift_px / sheet.ink.ratio)
        painter.drawPath(path)
        painter.translate(0.0, -shift_px / sheet.ink.ratio)


def _paint_dots(sheet: Sheet, xs: F64, ys: F64, colour: QColor) -> None:
    """One a frame."""
    known = np.isfinite(ys)
    pen = QPen(colour, DOT_PX)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    sheet.painter.setPen(pen)
    sheet.painter.drawPoints(graph.arrayToQPolygonF(xs[known], ys[known]))


def _paint_letters(sheet: Sheet, xs: F64, mean: F32, ys: F64) -> None:
    """Colour alone tells nothing: one tag beside the leading curve for each stretch in which it leads."""
    known = np.flatnonzero(np.isfinite(mean[:, 0]))
    if len(known) == 0:
        return
    leader = np.argmax(mean[known], axis=1)
    begins = np.flatnonzero((np.diff(leader, prepend=-1) != 0) | (np.diff(known, prepend=known[0]) > 1))
    left, right = xs[known[begins]], xs[known[np.append(begins[1:], len(known)) - 1]]
    for first, emotion, from_px, to_px in zip(begins.tolist(), leader[begins].tolist(), left, right, strict=True):
        from_px, to_px = max(float(from_px), 0.0), min(float(to_px), sheet.width)
        if to_px - from_px >= TAG_FROM_PX:
            at = int(known[first + np.argmin(np.abs(xs[known[first:]] - (from_px + to_px) / 2))])
            _paint_tag(sheet, float(xs[at]), float(ys[at, emotion]), emotion)


def _paint_tag(sheet: Sheet, x: float, y: float, emotion: int) -> None:
    """ "6 S" above a point of a curve, or below it where there is no room."""
    metrics = sheet.ink.metrics["tiny_bold"]
    text = f"{emotion + 1} {LETTERS[emotion]}"
    width_px, height_px = sheet.ink.text_width(text, "tiny_bold") + 6, metrics.height()
    top = y - height_px - TAG_ABOVE_PX
    tag = QRectF(x - width_px / 2, top if top >= 1 else y + TAG_ABOVE_PX, width_px, height_px)
    sheet.painter.setPen(Qt.PenStyle.NoPen)
    sheet.painter.setBrush(theme.emotion_colour(EMOTIONS[emotion]))
    sheet.painter.drawRoundedRect(tag, 3, 3)
    sheet.text(tag.left() + 3, tag, text, "tiny_bold", theme.emotion_ink(EMOTIONS[emotion]))


def _channels(colour: QColor) -> np.ndarray:
    return np.array([colour.red(), colour.green(), colour.blue()], np.float64)
