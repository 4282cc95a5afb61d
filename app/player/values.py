"""What the player tells: values without a decoder behind them, so that views may know them."""

from dataclasses import dataclass
from typing import Final

from PySide6.QtGui import QImage

SPEEDS: Final = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 4.0)
"""Speeds that a person can choose; the shuttle has those of them that are whole, and backwards too."""
SHUTTLE_SPEEDS: Final = (1.0, 2.0, 4.0)


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture to be painted.

    Attributes:
        index: which frame it is.
        time_s: when that frame begins.
        image: upright, with square pixels, at about the size it is looked at.
        width: of the picture in the file, whatever the size of `image`; boxes are in its pixels.
        height: likewise.
        exact: it is the frame asked for, not one nearby that stands in until that is decoded.
    """

    index: int
    time_s: float
    image: QImage
    width: int
    height: int
    exact: bool
