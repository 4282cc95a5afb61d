"""Upright pictures with square pixels, made of decoded frames."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Final, Literal

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

_PIXEL_ASPECT_LIMIT: Final = 4
"""Sample aspect ratios beyond 1:4 or 4:1 are mistakes of a writer, not shapes of a pixel."""
_BLOCK_PX: Final = 8
"""FFmpeg writes pixels of 32 bits in blocks; a shorter one at the end of a row it leaves out, or spoils the next row.
Rows of 24 bits have room for it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """How a stored picture becomes upright: first transposed, then mirrored."""

    transposed: bool = False
    mirror_x: bool = False
    mirror_y: bool = False

    @classmethod
    def of(cls, picture: VideoFrame) -> Turn:
        """The quarter turn nearest to the display matrix ``a b u, c d v, x y w``: x' = a x + c y and y' = b x + d y."""
        matrix: Any = picture.side_data.get("DISPLAYMATRIX")
        if matrix is None:
            return cls()
        a, b, _, c, d = np.frombuffer(matrix, np.int32)[:5].tolist()
        if abs(a) + abs(d) >= abs(b) + abs(c):
            return cls(False, a < 0, d < 0)
        return cls(True, c < 0, b < 0)

    @property
    def clockwise_deg(self) -> int:
        """0, 90, 180 or 270; where the picture is mirrored too, the rotation after mirroring left to right."""
        if self.transposed:
            return 90 if self.mirror_x else 270
        return 180 if self.mirror_y else 0

    def turned(self, width: int, height: int) -> tuple[int, int]:
        """Upright width and height of a stored picture, or the other way round."""
        return (height, width) if self.transposed else (width, height)

    def apply(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The upright picture."""
        if self.transposed:
            rgb = rgb.swapaxes(0, 1)
        if self.mirror_x:
            rgb = rgb[:, ::-1]
        if self.mirror_y:
            rgb = rgb[::-1]
        return np.ascontiguousarray(rgb)


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded frame in the form it was coded in, which takes half the memory of RGB; made upright when looked at.

    Attributes:
        index: which frame it is.
        time_s: when it is shown.
        width, height: of the upright picture with square pixels.
    """

    index: int
    time_s: float
    width: int
    height: int
    _coded: VideoFrame = field(repr=False)
    _turn: Turn = field(repr=False)

    @property
    def size_bytes(self) -> int:
        """What it takes in memory, near enough."""
        return self._coded.width * self._coded.height * self._coded.format.bits_per_pixel // 8

    def reduced(self, longest_px: int, reformatter: VideoReformatter) -> Picture:
        """The picture with its longer side no longer than `longest_px`, and 8 bits deep."""
        scale = min(1.0, longest_px / max(self.width, self.height))
        width, height = max(2, round(self.width * scale)), max(2, round(self.height * scale))
        stored = self._turn.turned(width, height)
        if self._coded.format.name == "yuv420p" and stored == (self._coded.width, self._coded.height):
            return self
        coded = reformatter.reformat(self._coded, *stored, "yuv420p")
        return replace(self, width=width, height=height, _coded=coded)

    def pixels(self, reformatter: VideoReformatter, layout: Literal["rgb24", "bgra"] = "rgb24") -> NDArray[np.uint8]:
        """(height, width, 3 or 4) uint8, upright."""
        stored = self._turn.turned(self.width, self.height)
        direct = layout == "rgb24" or stored[0] % _BLOCK_PX == 0
        coloured = reformatter.reformat(self._coded, *stored, layout if direct else "rgb24")
        if not direct:
            coloured = coloured.reformat(format=layout)
        return self._turn.apply(np.asarray(coloured.to_ndarray(), np.uint8))


def upright_size(picture: VideoFrame, pixel_aspect: Fraction | None) -> tuple[int, int]:
    """Width and height of the upright picture with square pixels: the side that is too short is enlarged."""
    return Turn.of(picture).turned(*_square_size(picture, pixel_aspect))


def upright_rgb(picture: VideoFrame, reformatter: VideoReformatter, width: int, height: int) -> NDArray[np.uint8]:
    """(height, width, 3) uint8 RGB; a picture of another size than the first is scaled to it."""
    turn = Turn.of(picture)
    rgb = reformatter.reformat(picture, *turn.turned(width, height), "rgb24").to_ndarray()
    return turn.apply(np.asarray(rgb, np.uint8))


def _square_size(picture: VideoFrame, pixel_aspect: Fraction | None) -> tuple[int, int]:
    if not pixel_aspect or not 1 / _PIXEL_ASPECT_LIMIT <= pixel_aspect <= _PIXEL_ASPECT_LIMIT:
        return picture.width, picture.height
    if pixel_aspect > 1:
        return round(picture.width * pixel_aspect), picture.height
    return picture.width, round(picture.height / pixel_aspect)
