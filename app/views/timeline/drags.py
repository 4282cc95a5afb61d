"""What a pressed mouse does until it is let go: one small class for each kind of drag."""

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

from PySide6.QtCore import QPointF, Qt

from app.project.values import Correction, Marker
from app.timeline.axis import Axis
from app.timeline.values import Edge, Hit, LaneName, Selection
from app.views.timeline.lane import Lane

if TYPE_CHECKING:
    from app.views.timeline.view import TimelineView

SNAP_PX: Final = 6.0
SHORTEST_S: Final = 0.01
"""An edge that is dragged past the other stops this far from it, or a frame from it."""


class Drag:
    """`moved` is called once the mouse has left the spot; a drag that never moved was a click."""

    cursor: Qt.CursorShape | None = None

    def __init__(self, view: "TimelineView") -> None:
        self.view = view

    def moved(self, at: QPointF, snap: bool) -> None:
        """Follow the mouse."""

    def released(self) -> None:
        """Do what was dragged."""

    def clicked(self, hit: Hit) -> None:
        """The mouse was let go where it was pressed."""

    def cancelled(self) -> None:
        """As if it had never begun."""


class Scrub(Drag):
    """On the ruler, or at the playhead: it follows at once."""

    time_s = 0.0

    def moved(self, at: QPointF, snap: bool) -> None:
        self.time_s = self.view.canvas.time_at(at.x())
        self.view.set_playhead(self.time_s)
        self.view.scrubbing.emit(self.time_s)

    def released(self) -> None:
        self.view.scrub_ended.emit(self.time_s)

    def cancelled(self) -> None:
        self.released()

    def clicked(self, hit: Hit) -> None:
        self.view.seek_requested.emit(hit.time_s)


class SelectRange(Drag):
    """On a lane: from where the mouse was pressed to where it is."""

    def __init__(self, view: "TimelineView", hit: Hit, lane: Lane, snap: bool) -> None:
        super().__init__(view)
        self.hit, self.lane = hit, lane
        self.before = view.scene.selection
        self.from_s = view.snapped(hit.time_s, snap)

    def moved(self, at: QPointF, snap: bool) -> None:
        to_s = self.view.snapped(self.view.canvas.time_at(at.x()), snap)
        start_s, end_s = min(self.from_s, to_s), max(self.from_s, to_s)
        if end_s > start_s:
            person = self.lane.labels(self.view.scene)
            self.view.show_selection(Selection(start_s, end_s, person, self.lane.name))

    def released(self) -> None:
        self.view.selection_changed.emit(self.view.scene.selection)

    def cancelled(self) -> None:
        self.view.show_selection(self.before)

    def clicked(self, hit: Hit) -> None:
        self.view.click(hit)


class MoveCorrection(Drag):
    """An end of a correction, or all of it; what it would be is shown meanwhile."""

    def __init__(self, view: "TimelineView", hit: Hit, correction: Correction) -> None:
        super().__init__(view)
        self.hit, self.correction, self.edge = hit, correction, hit.edge

    def moved(self, at: QPointF, snap: bool) -> None:
        by_s = self.view.canvas.time_at(at.x()) - self.hit.time_s
        start_s, end_s = moved_interval(self.correction, self.edge, by_s, self.view, snap)
        self.view.show_preview(replace(self.correction, start_s=start_s, end_s=end_s))

    def released(self) -> None:
        preview = self.view.scene.preview
        self.view.show_preview(None)
        if isinstance(preview, Correction) and preview != self.correction:
            self.view.correction_moved.emit(preview.id, preview.start_s, preview.end_s)

    def cancelled(self) -> None:
        self.view.show_preview(None)


def moved_interval(
    correction: Correction, edge: Edge | None, by_s: float, view: "TimelineView", snap: bool
) -> tuple[float, float]:
    """Where a correction lies after a drag: its ends stay in order and within the video."""
    start_s, end_s, duration_s = correction.start_s, correction.end_s, view.scene.duration_s
    if edge == "start":
        return min(max(view.snapped(start_s + by_s, snap), 0.0), end_s - SHORTEST_S), end_s
    if edge == "end":
        return start_s, max(min(view.snapped(end_s + by_s, snap), duration_s), start_s + SHORTEST_S)
    length_s = end_s - start_s
    by_start_s = view.snapped(start_s + by_s, snap) - start_s
    by_end_s = view.snapped(end_s + by_s, snap) - end_s
    by_s = min(by_start_s, by_end_s, key=lambda candidate: abs(candidate - by_s) or float("inf"))
    first_s = min(max(start_s + by_s, 0.0), max(duration_s - length_s, 0.0))
    return first_s, first_s + length_s


class MoveMarker(Drag):
    """A marker along the video."""

    def __init__(self, view: "TimelineView", marker: Marker) -> None:
        super().__init__(view)
        self.marker = marker

    def moved(self, at: QPointF, snap: bool) -> None:
        self.view.show_preview(replace(self.marker, time_s=self.view.snapped(self.view.canvas.time_at(at.x()), snap)))

    def released(self) -> None:
        preview = self.view.scene.preview
        self.view.show_preview(None)
        if isinstance(preview, Marker) and preview != self.marker:
            self.view.marker_moved.emit(preview.id, preview.time_s)

    def cancelled(self) -> None:
        self.view.show_preview(None)

    def clicked(self, hit: Hit) -> None:
        self.view.marker_clicked.emit(self.marker.id)


class Pan(Drag):
    """With the middle button: the lanes follow the mouse."""

    cursor = Qt.CursorShape.ClosedHandCursor

    def __init__(self, view: "TimelineView", at: QPointF) -> None:
        super().__init__(view)
        self.at, self.axis = at, view.canvas.axis

    def moved(self, at: QPointF, snap: bool) -> None:
        self.view.show_axis(self.axis.panned((self.at.x() - at.x()) / self.axis.px_per_s))

    def cancelled(self) -> None:
        self.view.show_axis(self.axis)


class DragView(Drag):
    """On the overview: the view window, or one of its ends."""

    def __init__(self, view: "TimelineView", at: QPointF, hit: Hit) -> None:
        super().__init__(view)
        self.at, self.edge, self.axis = at, hit.edge, view.canvas.axis
        inside = self.axis.start_s <= hit.time_s <= self.axis.end_s
        if self.edge is None and not inside:
            half_s = self.axis.span_s / 2
            self.axis = self.axis.shown(hit.time_s - half_s, hit.time_s + half_s)
            view.show_axis(self.axis)

    def moved(self, at: QPointF, snap: bool) -> None:
        whole = Axis.whole(self.axis.duration_s, self.axis.width_px)
        by_s = (at.x() - self.at.x()) / whole.px_per_s
        match self.edge:
            case None:
                self.view.show_axis(self.axis.panned(by_s))
            case "start":
                start_s = min(self.axis.start_s + by_s, self.axis.end_s - SHORTEST_S)
                self.view.show_axis(self.axis.shown(max(start_s, 0.0), self.axis.end_s))
            case "end":
                end_s = max(self.axis.end_s + by_s, self.axis.start_s + SHORTEST_S)
                self.view.show_axis(self.axis.shown(self.axis.start_s, min(end_s, self.axis.duration_s)))

    def cancelled(self) -> None:
        self.view.show_axis(self.axis)


class ResizeLane(Drag):
    """The lower border of a heading."""

    cursor = Qt.CursorShape.SizeVerCursor

    def __init__(self, view: "TimelineView", lane: Lane, at: QPointF, height: int) -> None:
        super().__init__(view)
        self.lane, self.from_y, self.height = lane, at.y(), height
        self.before = view.lane_layout()

    def moved(self, at: QPointF, snap: bool) -> None:
        name: LaneName = self.lane.name  # type: ignore[assignment]
        share = (self.height + at.y() - self.from_y) / self.height
        lines = self.height * share / self.view.canvas.ink.line_px
        lines *= self.lane.lines / self.lane.wanted_lines(self.view.scene)
        self.view.set_lane_layout(self.before.with_lines(name, lines))

    def released(self) -> None:
        self.view.lane_layout_changed.emit(self.view.lane_layout())

    def cancelled(self) -> None:
        self.view.set_lane_layout(self.before)


class ReorderLane(Drag):
    """A heading, to above another lane."""

    cursor = Qt.CursorShape.ClosedHandCursor

    def __init__(self, view: "TimelineView", lane: Lane) -> None:
        super().__init__(view)
        self.lane = lane
        self.before: LaneName | Literal[False] | None = False

    def moved(self, at: QPointF, snap: bool) -> None:
        canvas = self.view.canvas
        band = canvas.band_at(max(at.y(), canvas.pinned_px))
        if band is None:
            last = canvas.lane_rect(canvas.bands[-1])
            self.before, canvas.drop_y = None, last.bottom() + 2
        elif band.pinned:
            self.before, canvas.drop_y = False, None
        else:
            area = canvas.lane_rect(band)
            below = at.y() > area.center().y()
            names = [name for name in self.view.lane_layout().shown if name != "overview"]
            place = names.index(band.lane.name) + below  # type: ignore[arg-type]
            self.before = names[place] if place < len(names) else None
            canvas.drop_y = area.bottom() + 2 if below else area.top() - 2
        canvas.update()

    def released(self) -> None:
        self.cancelled()
        if self.before is not False:
            name: LaneName = self.lane.name  # type: ignore[assignment]
            self.view.change_lane_layout(self.view.lane_layout().moved(name, self.before))

    def cancelled(self) -> None:
        self.view.canvas.drop_y = None
        self.view.canvas.update()
