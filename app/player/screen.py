"""Which of the decoded pictures is shown, and at what size."""

from __future__ import annotations

import math
from typing import Final

from av.video.reformatter import VideoReformatter
from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QImage

from app.player.decode_lane import DecodeLane
from app.player.values import Shown
from engine.media import Picture

USUAL_PX: Final = 960
"""How large pictures are decoded until it is known how large they are looked at."""
VIEW_STEP_PX: Final = 32


class Screen(QObject):
    """Turns decoded pictures into images, each once.

    Signals:
        changed: a `Shown`, to be painted.
    """

    changed = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._view, self._picture = QSize(), QSize()
        self._shown: tuple[int, bool, int] | None = None
        self._last: Picture | None = None
        self._colours = VideoReformatter()

    def clear(self) -> None:
        """Another video comes."""
        self._shown = self._last = None
        self._picture = QSize()

    def set_view_size(self, width_px: int, height_px: int) -> None:
        """How large the view is, in pixels of the screen."""
        self._view = QSize(width_px, height_px)

    def set_picture_size(self, width: int, height: int) -> None:
        """How large the pictures in the file are."""
        self._picture = QSize(width, height)

    @property
    def longest_px(self) -> int:
        """The longer side of the picture in the view, a little rounded up so that it does not follow every pixel of a
        window that is being resized."""
        if self._view.isEmpty():
            return USUAL_PX
        picture = self._view if self._picture.isEmpty() else self._picture
        shown = picture.scaled(self._view, Qt.AspectRatioMode.KeepAspectRatio)
        return math.ceil(max(shown.width(), shown.height()) / VIEW_STEP_PX) * VIEW_STEP_PX

    @property
    def exact(self) -> bool:
        """Whether what is shown is the frame asked for."""
        return self._shown is not None and self._shown[1]

    def show_best(self, lane: DecodeLane, index: int) -> None:
        """Show a frame, or until it is decoded the nearest one."""
        picture = lane.get(index)
        if picture is not None:
            self.show(picture, exact=True)
        elif (near := lane.nearest(index)) is not None:
            self.show(near, exact=False)
        elif self._last is not None:  # nothing is decoded but the first picture, which came before the index
            self.show(self._last, exact=self._last.index == index)

    def show_in_order(self, lane: DecodeLane, index: int, sign: int) -> None:
        """Show a frame, or if playing is faster than decoding what was decoded last, but never go back."""
        picture = lane.get(index)
        if picture is not None:
            self.show(picture, exact=True)
            return
        late = lane.nearest_kept(index)
        if late is not None and self._shown is not None and sign * self._shown[0] < sign * late.index < sign * index:
            self.show(late, exact=False)

    def show(self, picture: Picture, exact: bool) -> None:
        """Show a picture, unless it is there already."""
        shown = (picture.index, exact, picture.width)
        if shown == self._shown:
            return
        self._shown, self._last = shown, picture
        pixels = picture.pixels(self._colours, "bgra")
        height, width = pixels.shape[:2]
        image = QImage(pixels.data, width, height, pixels.strides[0], QImage.Format.Format_RGB32).copy()
        whole = self._picture
        self.changed.emit(Shown(picture.index, picture.time_s, image, whole.width(), whole.height(), exact))
