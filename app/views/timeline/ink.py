"""What lanes are painted with: fonts, colours, patterns and the width of texts, made once for a theme and a font."""

from functools import lru_cache
from typing import Final, Literal

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QImage, QPainter, QPen, QPixmap

from app.views import theme
from engine.emotions import EMOTIONS

SMALL: Final = 0.87
TINY: Final = 0.78
WEAKEST: Final = 0.3
"""Opacity of an answer of no confidence."""
SHADES: Final = 24
HATCH_PX: Final = 7


FontKind = Literal["bold", "small", "tiny", "tiny_bold"]


class Ink:
    """Made anew when the theme, the font or the display changes."""

    def __init__(self, ratio: float) -> None:
        self.ratio = ratio
        self.theme = theme.current()
        self.fonts: dict[FontKind, QFont] = {
            "bold": theme.font(bold=True),
            "small": theme.font(SMALL),
            "tiny": theme.font(TINY),
            "tiny_bold": theme.font(TINY, bold=True),
        }
        self.metrics = {kind: QFontMetricsF(font) for kind, font in self.fonts.items()}
        self.line_px = self.metrics["bold"].height()
        self.small_px = self.metrics["small"].height()
        self.text_width = lru_cache(4096)(self._text_width)
        self.elided = lru_cache(1024)(self._elided)
        self.shade = lru_cache(1024)(self._shade)
        self.hatch = lru_cache(64)(self._hatch)
        shades = [[self.shade(name, step)[0].rgb() for step in range(SHADES + 1)] for name in EMOTIONS]
        self._table = np.array(shades, np.uint32)

    def emotion(self, name: str | None, confidence: float = 1.0) -> tuple[QColor, QColor]:
        """The colour of an answer, weaker with less confidence, and that of text on it."""
        return self.shade(name, round(min(max(confidence, 0.0), 1.0) * SHADES))

    def codes(self, confidence: np.ndarray, emotion: np.ndarray) -> np.ndarray:
        """(N,) uint32 pixels of answers: what `emotion` gives, of many at once."""
        codes: np.ndarray = self._table[emotion, np.rint(np.clip(confidence, 0, 1) * SHADES).astype(int)]
        return codes

    def plain_codes(self) -> np.ndarray:
        """(7,) uint32 pixels of the emotions at full strength."""
        return np.array([theme.emotion_colour(name).rgb() for name in EMOTIONS], np.uint32)

    def pen(self, colour: QColor, width_px: float = 1.0) -> QPen:
        """A solid pen; of one pixel, it stays sharp on every display."""
        pen = QPen(colour, width_px)
        pen.setCosmetic(width_px == 1.0)
        return pen

    def _shade(self, name: str | None, step: int) -> tuple[QColor, QColor]:
        if name is None:
            return self.theme.lane, self.theme.text
        colour = theme.blend(theme.emotion_colour(name), self.theme.lane, WEAKEST + (1 - WEAKEST) * step / SHADES)
        return colour, theme.ink_on(colour)

    def _text_width(self, text: str, kind: FontKind) -> float:
        return self.metrics[kind].horizontalAdvance(text)

    def _elided(self, text: str, width_px: int, kind: FontKind) -> str:
        return self.metrics[kind].elidedText(text, Qt.TextElideMode.ElideRight, width_px)

    def _hatch(self, colour: int, spacing_px: int = HATCH_PX) -> QBrush:
        """Slanted lines of a colour (its ARGB) on nothing: what is missing or not sure."""
        side = round(spacing_px * self.ratio)
        row, column = np.mgrid[0:side, 0:side]
        distance = np.abs((row + column) % side - side // 2) / self.ratio
        paint = QColor.fromRgba(colour)
        cover = np.clip(1.1 - distance, 0, 1) * paint.alphaF()
        pixels = np.zeros((side, side, 4), np.uint8)
        for place, part in enumerate((paint.blue(), paint.green(), paint.red(), 255)):
            pixels[..., place] = np.rint(part * cover)
        image = QImage(pixels.data, side, side, 4 * side, QImage.Format.Format_ARGB32_Premultiplied)
        tile = QPixmap.fromImage(image.copy())
        tile.setDevicePixelRatio(self.ratio)
        return QBrush(tile)


def faded(colour: QColor, alpha: float) -> QColor:
    """The same colour, seen through."""
    made = QColor(colour)
    made.setAlphaF(alpha)
    return made


def prepare(painter: QPainter) -> None:
    """How all lanes are painted."""
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
