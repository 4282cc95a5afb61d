"""The surface of the timeline: lanes as cached pictures, and what moves over them.

A lane's picture is painted when what it shows or the axis changes. The playhead, the selection and the readout lie
above; moving them copies pictures and paints no lane. Qt joins all changes of one turn of the event loop into one
repaint.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.timeline.axis import Axis
from app.timeline.values import Hit, LaneLayout, LaneName
from app.views.timeline import overlay
from app.views.timeline.headings import Headings
from app.views.timeline.ink import Ink, prepare
from app.views.timeline.lane import Lane
from app.views.timeline.lanes.agreement import AgreementLane
from app.views.timeline.lanes.corrections import CorrectionsLane
from app.views.timeline.lanes.events import EventsLane
from app.views.timeline.lanes.frames import FrameLane
from app.views.timeline.lanes.fused import FusedLane
from app.views.timeline.lanes.gaps import GapsLane
from app.views.timeline.lanes.overview import OverviewLane, paint_view
from app.views.timeline.lanes.ruler import RulerLane
from app.views.timeline.lanes.sound import SoundLane
from app.views.timeline.lanes.steps import SliceLane, VoiceLane
from app.views.timeline.scene import Scene
from app.views.timeline.sheet import Sheet

GAP_PX: Final = 4
RIGHT_PX: Final = 12
HEADING_LINES: Final = 9.2
"""Width of the column of headings, in heights of a line."""
LEAST_SHARE: Final = 0.7
"""Lanes give way this far before the rest is scrolled."""
MOST_SHARE: Final = 2.2
RULER: Final = "ruler"


@dataclass(frozen=True, slots=True)
class Band:
    """Where a lane lies. `top` counts from the canvas for pinned ones, and from the scrolled content for others."""

    lane: Lane
    top: int
    height: int
    pinned: bool


class Canvas(QWidget):
    """Paints the scene; says nothing of what a mouse may do with it."""

    content_changed = Signal()
    """The lanes' heights, and so what there is to scroll, may be others."""

    def __init__(self, scene: Scene, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scene = scene
        self.axis = Axis.whole(1.0, 1.0)
        self.layout_of_lanes = LaneLayout()
        self.ink = Ink(self.devicePixelRatioF())
        self.bands: tuple[Band, ...] = ()
        self.content_px = 0
        self.scroll_px = 0
        self.hover: Hit | None = None
        self.hover_at: QPointF | None = None
        self.drop_y: int | None = None
        """Where a heading that is being dragged would go."""
        self._lanes: dict[LaneName, Lane] = {
            lane.name: lane  # type: ignore[misc]
            for lane in (OverviewLane(), EventsLane(), SoundLane(), FrameLane(), SliceLane(), VoiceLane(), FusedLane(),
                         AgreementLane(), GapsLane())
        }  # fmt: skip
        self._ruler = RulerLane()
        self._headings = Headings()
        self._pictures: dict[str, QPixmap] = {}
        self._overlay_area = QRect()
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Timeline lanes")

    def sizeHint(self) -> QSize:
        return QSize(900, round(27 * self.ink.line_px))

    def minimumSizeHint(self) -> QSize:
        return QSize(320, round(8 * self.ink.line_px))

    # Where things lie

    @property
    def heading_px(self) -> int:
        return round(HEADING_LINES * self.ink.line_px)

    @property
    def lanes_px(self) -> int:
        """Width of the lanes."""
        return max(self.width() - self.heading_px - RIGHT_PX, 1)

    @property
    def pinned_px(self) -> int:
        """Height of what does not scroll."""
        return max((band.top + band.height for band in self.bands if band.pinned), default=0) + GAP_PX

    def lane_rect(self, band: Band) -> QRect:
        """A lane without its heading, on the canvas."""
        top = band.top if band.pinned else band.top + self.pinned_px - self.scroll_px
        return QRect(self.heading_px, top, self.lanes_px, band.height)

    def band_at(self, y: float) -> Band | None:
        """The lane at this height; pinned ones lie above the others."""
        for band in self.bands:
            area = self.lane_rect(band)
            if area.top() <= y <= area.bottom() and (band.pinned or y >= self.pinned_px):
                return band
        return None

    def hit(self, at: QPointF) -> Hit | None:
        """What lies under a point of the lanes."""
        band = self.band_at(at.y())
        if band is None:
            return None
        area = self.lane_rect(band)
        return band.lane.hit(self.scene, self.axis, at.x() - area.left(), at.y() - area.top(), area.height())

    def x_of(self, time_s: float) -> float:
        """Canvas pixel of a media time."""
        return self.heading_px + self.axis.x(time_s)

    def time_at(self, x: float) -> float:
        """Media time at a canvas pixel."""
        return self.axis.time(x - self.heading_px)

    # What changed

    def invalidate(self, *names: str) -> None:
        """Paint these lanes again; without names, all."""
        for key in list(self._pictures):
            if not names or key.split()[0] in names:
                del self._pictures[key]
        self._headings.forget()
        self.update()

    def set_axis(self, axis: Axis) -> None:
        """Show another stretch."""
        if axis == self.axis:
            return
        kept = self._pictures.get("overview") if axis.width_px == self.axis.width_px else None
        self.axis = axis
        self._pictures.clear()
        if kept is not None:
            self._pictures["overview"] = kept
        self.update()

    def arrange(self) -> None:
        """Find every lane's place for the height there is."""
        lanes = list(self._shown_lanes())
        pinned = [lane for lane in lanes if lane.name in ("overview", RULER)]
        scrolled = [lane for lane in lanes if lane not in pinned]
        top, bands = GAP_PX, []
        for lane in pinned:
            height = self._natural_px(lane)
            bands.append(Band(lane, top, height, True))
            top += height
        heights = self._heights(scrolled, self.height() - top - GAP_PX)
        top = 0
        for lane, height in zip(scrolled, heights, strict=True):
            bands.append(Band(lane, top, height, False))
            top += height + GAP_PX
        before = {band.lane.key: band.height for band in self.bands}
        self.bands, self.content_px = tuple(bands), top
        for band in bands:
            if before.get(band.lane.key) != band.height:
                self._pictures.pop(band.lane.key, None)
        self._headings.forget()
        self.content_changed.emit()
        self.update()

    def set_scroll(self, px: int) -> None:
        """Scroll the lanes below the ruler."""
        self.scroll_px = px
        self._headings.forget()
        self.update()

    def _shown_lanes(self) -> Iterable[Lane]:
        shown = self.layout_of_lanes.shown
        if "overview" in shown:
            yield self._lanes["overview"]
        yield self._ruler
        for name in shown:
            if name == "corrections":
                people = enumerate(self.scene.correction_people())
                yield from (CorrectionsLane(person, at == 0) for at, person in people)
            elif name != "overview" and self._lanes[name].wanted_lines(self.scene) > 0:
                yield self._lanes[name]

    def _natural_px(self, lane: Lane) -> int:
        lines = lane.wanted_lines(self.scene)
        own = self.layout_of_lanes.lines.get(lane.name)  # type: ignore[call-overload]
        if own is not None and lines:
            lines *= own / lane.lines
        return round(lines * self.ink.line_px)

    def _heights(self, lanes: list[Lane], room_px: int) -> list[int]:
        """Usual heights, smaller where there is little room and higher, for those that gain by it, where there is more.

        A lane that was resized by hand stays as high as it was made.
        """
        natural = [self._natural_px(lane) for lane in lanes]
        own = [lane.name in self.layout_of_lanes.lines for lane in lanes]
        room_px -= GAP_PX * len(lanes)
        missing = sum(natural) - room_px
        if missing > 0:
            able = sum(px for px, fixed in zip(natural, own, strict=True) if not fixed)
            share = max(1 - missing / able, LEAST_SHARE) if able else 1.0
            return [px if fixed else int(px * share) for px, fixed in zip(natural, own, strict=True)]
        grows = [lane.stretches and not fixed for lane, fixed in zip(lanes, own, strict=True)]
        able = sum(px for px, can in zip(natural, grows, strict=True) if can)
        share = min(1 - missing / able, MOST_SHARE) if able else 1.0
        return [int(px * share) if can else px for px, can in zip(natural, grows, strict=True)]

    # What moves over the lanes

    def move_playhead(self, time_s: float) -> None:
        """Only the two places of the playhead are painted."""
        self._update_playhead()
        self.scene.playhead_s = time_s
        self._update_playhead()

    def _update_playhead(self) -> None:
        for area in overlay.playhead_areas(self):
            self.update(area)

    def set_hover(self, hit: Hit | None, at: QPointF | None) -> None:
        """Show what is under the mouse."""
        self.update(self._overlay_area)
        self.hover, self.hover_at = hit, at
        self._overlay_area = overlay.readout_area(self)
        self.update(self._overlay_area)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        prepare(painter)
        painter.fillRect(event.rect(), self.ink.theme.window)
        region = event.region()
        headings = self._headings.picture(self)
        if event.rect().left() < self.heading_px:
            painter.drawPixmap(0, 0, headings)
        scrolled = QRect(0, self.pinned_px, self.width(), self.height() - self.pinned_px)
        for band in self.bands:
            area = self.lane_rect(band)
            if not region.intersects(area) or not (band.pinned or area.intersects(scrolled)):
                continue
            painter.setClipRect(QRect(0, 0, self.width(), self.pinned_px) if band.pinned else scrolled)
            painter.drawPixmap(area.topLeft(), self._picture(band))
            if band.lane.name == "overview":
                paint_view(painter, QRectF(area), self.axis, self.ink)
        painter.setClipping(False)
        overlay.paint(painter, self, region)
        painter.end()

    def _picture(self, band: Band) -> QPixmap:
        found = self._pictures.get(band.lane.key)
        if found is None:
            found = self._pictures[band.lane.key] = self._painted(band)
        return found

    def _painted(self, band: Band) -> QPixmap:
        ratio = self.ink.ratio
        picture = QPixmap(round(self.lanes_px * ratio), round(band.height * ratio))
        picture.setDevicePixelRatio(ratio)
        framed = band.lane.name not in ("overview", RULER)
        picture.fill(self.ink.theme.lane if framed else self.ink.theme.window)
        painter = QPainter(picture)
        prepare(painter)
        axis = self.axis
        if band.lane.name == "overview":
            axis = Axis.whole(axis.duration_s, axis.width_px)
            painter.fillRect(0, 1, self.lanes_px, band.height - 2, self.ink.theme.selection)
        if self.scene.duration_s > 0:
            band.lane.paint(Sheet(painter, axis, float(band.height), self.ink), self.scene)
        if framed:
            _paint_frame(painter, self.lanes_px, band.height, self.ink)
        painter.end()
        return picture

    def picture_keys(self) -> frozenset[str]:
        """Lanes whose pictures need no painting now."""
        return frozenset(self._pictures)

    # Qt

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._pictures.clear()
        self.set_axis(self.axis.resized(self.lanes_px))
        self.arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        kinds = QEvent.Type
        if event.type() in (kinds.PaletteChange, kinds.ThemeChange, kinds.FontChange, kinds.StyleChange):
            self._renew_ink()

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.DevicePixelRatioChange, QEvent.Type.ApplicationFontChange):
            self._renew_ink()
        return super().event(event)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.set_hover(None, None)

    def _renew_ink(self) -> None:
        self.ink = Ink(self.devicePixelRatioF())
        self._pictures.clear()
        self._headings.forget()
        self.set_axis(self.axis.resized(self.lanes_px))
        self.arrange()


def _paint_frame(painter: QPainter, width: int, height: int, ink: Ink) -> None:
    """Four thin rectangles: an outline drawn softly takes longer than some lanes."""
    painter.setOpacity(1.0)
    line = ink.theme.lane_line
    for area in ((0, 0, width, 1), (0, height - 1, width, 1), (0, 0, 1, height), (width - 1, 0, 1, height)):
        painter.fillRect(*area, line)
