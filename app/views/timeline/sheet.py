"""The paper a lane paints on: a painter with the axis, the size and the ink, and what all lanes draw alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPen

from app.timeline.axis import Axis
from app.timeline.columns import Spans, column_edges, column_items
from app.views.timeline.ink import FontKind, Ink
from engine.values import F64

PAD_PX: Final = 8.0
NARROW_PAD_PX: Final = 4.0
WIDE_PX: Final = 40.0
"""From this width on a chip has the usual padding."""
LEAST_TEXT_PX: Final = 5.0
CHIP_RADIUS_PX: Final = 4.0
CHIP_FROM_PX: Final = 5.0
"""Narrower intervals are painted as columns of pixels."""
ROUND_FROM_PX: Final = 10.0
Codes = np.ndarray
"""uint32 pixels, 0xAARRGGBB with colours multiplied by the opacity; 0 is nothing."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an interval lies that is wide enough to be drawn by itself; it may reach beyond both ends of the lane."""

    item: int
    left: float
    right: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """One lane's picture while it is painted; (0, 0) is its upper left corner."""

    painter: QPainter
    axis: Axis
    height: float
    ink: Ink

    @property
    def width(self) -> float:
        return self.axis.width_px

    @property
    def columns(self) -> int:
        """Real pixels across."""
        return max(round(self.width * self.ink.ratio), 1)

    @property
    def rows(self) -> int:
        """Real pixels down."""
        return max(round(self.height * self.ink.ratio), 1)

    def edges_s(self) -> F64:
        """Bounds of the columns of real pixels."""
        return column_edges(self.axis, self.columns)

    # Pictures made by numpy

    def image(self, pixels: Codes, top: float, height: float) -> None:
        """(H, W) pixels over the whole width; H is 1 or as high as it is shown."""
        pixels = np.ascontiguousarray(pixels, np.uint32)
        rows, columns = pixels.shape
        picture = QImage(pixels.data, columns, rows, 4 * columns, QImage.Format.Format_ARGB32_Premultiplied)
        self.painter.drawImage(QRectF(0, top, self.width, height), picture)

    # Intervals

    def places(self, spans: Spans[Any], least_px: float = CHIP_FROM_PX) -> tuple[list[Place], np.ndarray]:
        """The intervals in view that are wide enough, and (N,) which of all intervals are too narrow."""
        narrow = (spans.end_s - spans.start_s) * self.axis.px_per_s < least_px
        first, stop = visible_part(spans.start_s, spans.end_s, self.axis)
        left = self.axis.xs(spans.start_s[first:stop])
        right = self.axis.xs(spans.end_s[first:stop])
        found = [
            Place(first + at, float(left[at]), float(right[at])) for at in np.flatnonzero(~narrow[first:stop]).tolist()
        ]
        return found, narrow

    def narrow_spans(self, spans: Spans[Any], narrow: np.ndarray, codes: Codes, top: float, height: float) -> None:
        """Those too narrow for a shape of their own, as columns of their colours."""
        if not narrow.any():
            return
        item = column_items(spans.start_s, spans.end_s, self.edges_s())
        visible = np.where(narrow, codes, 0).astype(np.uint32)
        self.image(np.where(item >= 0, visible[item], 0)[None], top, height)

    def block(self, place: Place, top: float, height: float, brush: QBrush | QColor, pen: QPen | None = None) -> QRectF:
        """A rounded rectangle, or a plain one where it is narrow; gives where it was drawn."""
        left, right = max(place.left, -2 * CHIP_RADIUS_PX), min(place.right, self.width + 2 * CHIP_RADIUS_PX)
        area = QRectF(left + 0.5, top, max(right - left - 1.0, 1.5), height)
        if pen is None and right - left < ROUND_FROM_PX:
            self.painter.fillRect(area, brush)
            return area
        self.painter.setPen(pen if pen is not None else Qt.PenStyle.NoPen)
        self.painter.setBrush(brush)
        self.painter.drawRoundedRect(area, CHIP_RADIUS_PX, CHIP_RADIUS_PX)
        return area

    # Texts

    def label(self, area: QRectF, texts: Sequence[str], colour: QColor, kind: FontKind = "bold") -> None:
        """The longest of the texts that fits; it stays in view while its interval reaches beyond the left end."""
        first, last = max(area.left(), 0.0), min(area.right(), self.width)
        left = first + (PAD_PX if area.width() > WIDE_PX else NARROW_PAD_PX)
        room = last - left - NARROW_PAD_PX + 1.0
        if room < LEAST_TEXT_PX:
            return
        for text in texts:
            if self.ink.text_width(text, kind) <= room:
                self.text(left, area, text, kind, colour)
                return

    def text(self, left: float, area: QRectF, text: str, kind: FontKind, colour: QColor) -> None:
        """One line, in the middle of the area's height."""
        metrics = self.ink.metrics[kind]
        base = area.center().y() + (metrics.ascent() - metrics.descent()) / 2
        self.painter.setFont(self.ink.fonts[kind])
        self.painter.setPen(colour)
        self.painter.drawText(QPointF(left, round(base)), text)

    def note(self, text: str) -> None:
        """A line that says why there is nothing here."""
        self.text(PAD_PX, QRectF(0, 0, self.width, self.height), text, "small", self.ink.theme.muted)

    def verticals(self, times_s: F64, top: float, bottom: float, pen: QPen) -> None:
        """Thin lines at these times, no more than one a pixel."""
        first, stop = np.searchsorted(times_s, [self.axis.start_s, self.axis.end_s])
        xs = np.unique(np.floor(self.axis.xs(times_s[first:stop]))) + 0.5
        self.painter.setPen(pen)
        self.painter.drawLines([QLineF(x, top, x, bottom) for x in xs.tolist()])


def visible_part(start_s: F64, end_s: F64, axis: Axis) -> tuple[int, int]:
    """First and last (exclusive) of the intervals that reach into view."""
    first = int(np.searchsorted(end_s, axis.start_s, side="right"))
    return first, int(np.searchsorted(start_s, axis.end_s))
