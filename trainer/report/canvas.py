"""A sheet to draw diagrams on: lines, areas and text in any position between pixels, and a PNG of it.

Drawn with OpenCV, which is here anyway; its built-in font makes pictures the same on every machine.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

Colour = tuple[int, int, int]
"""Red, green, blue."""
Anchor = Literal["left", "centre", "right"]

_SHIFT: Final = 6
"""Positions are given to OpenCV in 64ths of a pixel."""
_CAPITAL: Final = 0.71
"""Height of a capital letter, in sizes of its font."""


class Canvas:
    """A white sheet of `width` x `height` pixels; positions are from its upper left corner."""

    def __init__(self, width: int, height: int) -> None:
        self.pixels: NDArray[np.uint8] = np.full((height, width, 3), 255, np.uint8)

    def area(self, corners: ArrayLike, colour: Colour, opacity: float = 1.0) -> None:
        """Fill a polygon of corners (N, 2)."""
        over = self.pixels.copy() if opacity < 1 else self.pixels
        cv2.fillPoly(over, [_fixed(corners)], _bgr(colour), cv2.LINE_AA, _SHIFT)
        if opacity < 1:
            cv2.addWeighted(over, opacity, self.pixels, 1 - opacity, 0, self.pixels)

    def box(self, left: float, top: float, width: float, height: float, colour: Colour) -> None:
        """Fill a rectangle whose edges lie between pixels, so that two that touch leave no seam."""
        x0, y0, x1, y1 = (round(edge) for edge in (left, top, left + width, top + height))
        self.pixels[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = _bgr(colour)

    def line(self, points: ArrayLike, colour: Colour, width: float = 3) -> None:
        """Join points (N, 2) by a line of about `width` pixels."""
        thickness = max(1, round(width / 2))  # OpenCV's soft lines are about twice as wide as their thickness says
        cv2.polylines(self.pixels, [_fixed(points)], False, _bgr(colour), thickness, cv2.LINE_AA, _SHIFT)

    def dashes(self, start: Sequence[float], end: Sequence[float], colour: Colour, width: float = 3) -> None:
        """A dashed line."""
        a, b = np.asarray(start, np.float64), np.asarray(end, np.float64)
        length = float(np.hypot(*(b - a)))
        dash, gap = 4 * width, 3 * width
        for at in np.arange(0, length, dash + gap):
            self.line([a + (b - a) * share / length for share in (at, min(at + dash, length))], colour, width)

    def dot(self, x: float, y: float, radius: float, colour: Colour, inside: Colour | None = None) -> None:
        """A disc, or with `inside` a ring of `colour` around it."""
        self._disc(x, y, radius, colour)
        if inside is not None:
            self._disc(x, y, 0.6 * radius, inside)

    def text(
        self, x: float, y: float, text: str, size: float, colour: Colour, anchor: Anchor = "left", bold: bool = False,
        over: bool = False,
    ) -> None:  # fmt: skip
        """A line of text whose capitals are centred on `y`; `over` what is drawn there, it fades that."""
        width = text_width(text, size)
        left = x - {"left": 0.0, "centre": width / 2, "right": width}[anchor]
        if over:
            top, right, bottom = y - 0.6 * size, left + width + 4, y + 0.6 * size
            self.area([(left - 4, top), (right, top), (right, bottom), (left - 4, bottom)], (255, 255, 255), 0.8)
        origin = round(left), round(y + _CAPITAL * size / 2)
        for step in range(2 if bold else 1):  # the font has one weight: drawn twice it is a heavier one
            at = origin[0] + step, origin[1]
            cv2.putText(self.pixels, text, at, _bgr(colour), _font(), round(size), cv2.PUT_TEXT_ALIGN_LEFT)

    def upward(self, x: float, y: float, text: str, size: float, colour: Colour) -> None:
        """A line of text that reads from below, centred on a point."""
        length, height = text_width(text, size) + round(size), 2 * round(size)
        strip = Canvas(length, height)
        strip.text(length / 2, height / 2, text, size, colour, "centre")
        turned = np.rot90(strip.pixels)
        top, left = round(y - length / 2), round(x - height / 2)
        there = self.pixels[top : top + length, left : left + height]
        np.minimum(there, turned, out=there)

    def paste(self, other: "Canvas", left: int, top: int) -> None:
        """Put another sheet on this one."""
        height, width = other.pixels.shape[:2]
        self.pixels[top : top + height, left : left + width] = other.pixels

    def png(self) -> bytes:
        """The sheet as a PNG file."""
        done, data = cv2.imencode(".png", self.pixels, [cv2.IMWRITE_PNG_COMPRESSION, 6])
        assert done, "a picture of 8-bit pixels can be written as PNG"
        return data.tobytes()

    def _disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        centre, reach = _fixed([[x, y]])[0].tolist(), round(radius * 2**_SHIFT)
        cv2.circle(self.pixels, centre, reach, _bgr(colour), cv2.FILLED, cv2.LINE_AA, _SHIFT)


def text_width(text: str, size: float) -> int:
    """Width of a line of text in pixels."""
    if not text:
        return 0
    return int(cv2.getTextSize((0, 0), text, (0, 0), _font(), round(size))[2])


@cache
def _font() -> "cv2.FontFace":
    return cv2.FontFace("uni")


def _fixed(points: ArrayLike) -> NDArray[np.int32]:
    """Points as OpenCV takes them, with `_SHIFT` bits of fraction; a point on a pixel's middle is a whole number."""
    return ((np.asarray(points, np.float64) - 0.5) * 2**_SHIFT).round().astype(np.int32)


def _bgr(colour: Colour) -> Colour:
    return colour[2], colour[1], colour[0]
