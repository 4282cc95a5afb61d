"""The sound: waveform or mel spectrogram."""

from functools import lru_cache
from typing import Final

import numpy as np
from pyqtgraph.colormap import ColorMap
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage

from app.timeline.values import Hit, Sound
from app.views.timeline.lane import Lane
from app.views.timeline.scene import Scene
from app.views.timeline.sheet import Sheet
from engine.values import F32

MARGIN_PX: Final = 3.0
LOUDEST_INT8: Final = 127.0


class SoundLane(Lane):
    """What is heard, whoever is shown."""

    name, title, lines, stretches = "sound", "Sound", 2.5, True

    def heading(self, scene: Scene) -> tuple[str, str]:
        if scene.sound is None:
            return self.title, ""
        if scene.sound.silent:
            return self.title, "silent track"
        return self.title, "mel spectrogram" if scene.sound_mode == "mel" else "waveform"

    def paint(self, sheet: Sheet, scene: Scene) -> None:
        sound = scene.sound
        if sound is not None and not sound.silent:
            paint = _paint_mel if scene.sound_mode == "mel" else _paint_wave
            paint(sheet, sound)
        else:
            sheet.painter.setPen(sheet.ink.pen(sheet.ink.theme.line))
            sheet.painter.drawLine(0, round(sheet.height / 2), round(sheet.width), round(sheet.height / 2))
        if scene.sound_note:
            width_px = sheet.ink.text_width(scene.sound_note, "small")
            sheet.painter.fillRect(QRectF(4, 2, width_px + 8, sheet.height - 4), sheet.ink.theme.lane)
            sheet.note(scene.sound_note)

    def readout(self, scene: Scene, hit: Hit) -> str:
        if scene.sound is None or scene.sound.silent:
            return scene.sound_note
        low, high = envelope(scene.sound, np.array([hit.time_s, hit.time_s + 0.01]))
        loudest = max(abs(float(low[0])), abs(float(high[0]))) * scene.sound.peak if np.isfinite(low[0]) else 0.0
        return f"peak {20 * np.log10(loudest):.0f} dB" if loudest > 1e-4 else "quiet"


def envelope(sound: Sound, edges_s: np.ndarray) -> tuple[F32, F32]:
    """Lowest and highest sample (-1..1) between each two times, from the level that fits; NaN beyond the sound."""
    width_s = float(edges_s[1] - edges_s[0])
    fitting = [level for level in sound.levels if level.step_s <= width_s]
    level = max(fitting, key=lambda one: one.step_s) if fitting else min(sound.levels, key=lambda one: one.step_s)
    count = len(level.low)
    found = np.full((2, len(edges_s) - 1), np.nan, np.float32)
    index = np.floor(edges_s / level.step_s + 1e-9).astype(np.int64)
    known = (index[:-1] >= 0) & (index[:-1] < count)
    if not known.any():
        return found[0], found[1]
    first = index[:-1][known]
    part = slice(int(first[0]), max(int(index[1:][known][-1]), int(first[-1]) + 1))
    at = np.minimum(first - part.start, max(min(part.stop, count) - part.start - 1, 0))
    scale = LOUDEST_INT8 if level.low.dtype == np.int8 else 1.0
    found[0, known] = np.minimum.reduceat(level.low[part], at) / scale
    found[1, known] = np.maximum.reduceat(level.high[part], at) / scale
    return found[0], found[1]


def _paint_wave(sheet: Sheet, sound: Sound) -> None:
    """Each column of pixels from its lowest to its highest sample, with soft ends."""
    low, high = envelope(sound, sheet.edges_s())
    rows = max(round((sheet.height - 2 * MARGIN_PX) * sheet.ink.ratio), 1)
    top = (1 - np.nan_to_num(high)) / 2 * rows - 0.5
    bottom = (1 - np.nan_to_num(low)) / 2 * rows + 0.5
    row = np.arange(rows, dtype=np.float32)[:, None]
    cover = np.clip(np.minimum(row + 1, bottom) - np.maximum(row, top), 0, 1)
    cover[:, np.isnan(low)] = 0
    colour = sheet.ink.theme.muted
    pixels = np.zeros((rows, len(low)), np.uint32)
    for shift, part in ((24, 255), (16, colour.red()), (8, colour.green()), (0, colour.blue())):
        pixels |= np.rint(cover * part).astype(np.uint32) << shift
    sheet.image(pixels, MARGIN_PX, sheet.height - 2 * MARGIN_PX)


def _paint_mel(sheet: Sheet, sound: Sound) -> None:
    """Low tones at the bottom."""
    axis = sheet.axis
    bands = sound.mel(axis.start_s, axis.end_s, sheet.columns)
    pixels = _mel_codes(sheet.ink.theme.dark)[bands[::-1]]
    picture = np.ascontiguousarray(pixels)
    rows, columns = picture.shape
    image = QImage(picture.data, columns, rows, 4 * columns, QImage.Format.Format_RGB32)
    sheet.painter.setRenderHint(sheet.painter.RenderHint.SmoothPixmapTransform)
    sheet.painter.drawImage(QRectF(0, 1, sheet.width, sheet.height - 2), image)
    sheet.painter.setPen(Qt.PenStyle.NoPen)


@lru_cache(2)
def _mel_codes(dark: bool) -> np.ndarray:
    """(256,) uint32 pixels from quiet to loud: from the lane's own ground to dark (or bright) ink."""
    stops = [0.0, 0.35, 0.7, 1.0]
    colours = (
        [(26, 29, 33), (54, 52, 110), (190, 80, 120), (255, 226, 150)]
        if dark
        else [(250, 251, 252), (190, 205, 228), (92, 98, 170), (38, 18, 66)]
    )
    table = ColorMap(stops, colours).getLookupTable(nPts=256).astype(np.uint32)
    codes: np.ndarray = 0xFF000000 | table[:, 0] << 16 | table[:, 1] << 8 | table[:, 2]
    return codes.astype(np.uint32)
