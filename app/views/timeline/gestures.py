"""From mouse and wheel to what they mean."""

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QWheelEvent

from app.timeline.values import Hit
from app.views.timeline.drags import (
    Drag,
    DragView,
    MoveCorrection,
    MoveMarker,
    Pan,
    ReorderLane,
    ResizeLane,
    Scrub,
    SelectRange,
)
from app.views.timeline.overlay import HEAD_PX

if TYPE_CHECKING:
    from app.views.timeline.canvas import Band
    from app.views.timeline.view import TimelineView

CLICK_PX: Final = 3
"""A mouse that moves no further has clicked."""
BORDER_PX: Final = 4
ZOOM_A_NOTCH: Final = 1.25
SCROLL_A_NOTCH: Final = 0.15
"""Of what is in view."""
NOTCH: Final = 120.0


class Gestures(QObject):
    """Watches the canvas."""

    def __init__(self, view: "TimelineView") -> None:
        super().__init__(view)
        self.view = view
        self.drag: Drag | None = None
        self._pressed_at = QPointF()
        self._pressed_hit: Hit | None = None
        self._moving = False
        view.canvas.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        match event:
            case QMouseEvent():
                return self._mouse(event)
            case QWheelEvent():
                return self._wheel(event)
            case QKeyEvent():
                return self._key(event)
            case QContextMenuEvent():
                self._menu(event)
                return True
            case _:
                return False

    # Mouse

    def _mouse(self, event: QMouseEvent) -> bool:
        kinds = QEvent.Type
        match event.type():
            case kinds.MouseButtonPress:
                self._press(event)
            case kinds.MouseMove:
                self._move(event)
            case kinds.MouseButtonRelease:
                self._release()
            case kinds.MouseButtonDblClick:
                self._double_click(event)
            case _:
                return False
        return True

    def _press(self, event: QMouseEvent) -> None:
        if self.drag is not None or self.view.scene.duration_s <= 0:
            return
        at = event.position()
        self._pressed_at, self._moving = at, False
        self._pressed_hit = self.view.canvas.hit(at)
        self.view.canvas.set_hover(None, None)
        if event.button() == Qt.MouseButton.MiddleButton:
            self.drag = Pan(self.view, at)
        elif event.button() == Qt.MouseButton.LeftButton:
            self.drag = self._drag_at(at, _snaps(event))
        self._show_cursor(at)

    def _drag_at(self, at: QPointF, snap: bool) -> Drag | None:
        view, hit = self.view, self._pressed_hit
        if self._on_heading(at):
            return self._heading_drag(at)
        if self._near_playhead(at):
            return Scrub(view)
        band = view.canvas.band_at(at.y())
        if hit is None or band is None:
            return None
        if band.lane.name == "ruler":
            return Scrub(view)
        if band.lane.name == "overview":
            return DragView(view, at, hit)
        if hit.correction is not None:
            view.correction_clicked.emit(hit.correction)
            correction = view.scene.correction(hit.correction)
            if correction is not None and correction.coder == view.scene.coder:
                return MoveCorrection(view, hit, correction)
        marker = next((m for m in view.scene.markers if m.id == hit.marker), None)
        if marker is not None:
            return MoveMarker(view, marker)
        return SelectRange(view, hit, band.lane, snap)

    def _heading_drag(self, at: QPointF) -> Drag | None:
        border = self._border_at(at)
        if border is not None:
            return ResizeLane(self.view, border.lane, at, border.height)
        band = self.view.canvas.band_at(at.y())
        return ReorderLane(self.view, band.lane) if band is not None and not band.pinned else None

    def _move(self, event: QMouseEvent) -> None:
        at = event.position()
        if self.drag is None:
            self._hover(at)
            return
        far = (at - self._pressed_at).manhattanLength() > CLICK_PX
        if self._moving or far:
            self._moving = True
            self.drag.moved(at, _snaps(event))

    def _release(self) -> None:
        drag, self.drag = self.drag, None
        if drag is None:
            return
        if self._moving:
            drag.released()
        elif self._pressed_hit is not None:
            drag.clicked(self._pressed_hit)
        self._show_cursor(self._pressed_at)

    def _double_click(self, event: QMouseEvent) -> None:
        hit = self.view.canvas.hit(event.position())
        if event.button() != Qt.MouseButton.LeftButton or hit is None or self._on_heading(event.position()):
            return
        if hit.lane == "overview":
            self.view.zoom_all()
        elif hit.segment is not None:
            self.view.select_segment(hit)
        elif hit.epoch is not None:
            self.view.select_epoch(hit)

    def _hover(self, at: QPointF) -> None:
        self._show_cursor(at)
        hit = None if self._on_heading(at) else self.view.canvas.hit(at)
        self.view.canvas.set_hover(hit, at if hit is not None else None)

    def _show_cursor(self, at: QPointF) -> None:
        shape = self.drag.cursor if self.drag is not None and self.drag.cursor else self._cursor_at(at)
        if shape is None:
            self.view.canvas.unsetCursor()
        else:
            self.view.canvas.setCursor(shape)

    def _cursor_at(self, at: QPointF) -> Qt.CursorShape | None:
        if self._on_heading(at):
            return Qt.CursorShape.SizeVerCursor if self._border_at(at) is not None else None
        if self._near_playhead(at):
            return Qt.CursorShape.SizeHorCursor
        hit = self.view.canvas.hit(at)
        if hit is None:
            return None
        if hit.edge is not None:
            return Qt.CursorShape.SizeHorCursor
        return Qt.CursorShape.PointingHandCursor if hit.correction or hit.marker else None

    def _on_heading(self, at: QPointF) -> bool:
        return at.x() < self.view.canvas.heading_px

    def _border_at(self, at: QPointF) -> "Band | None":
        """The lane whose lower border is here."""
        canvas = self.view.canvas
        for band in canvas.bands:
            if not band.pinned and abs(at.y() - canvas.lane_rect(band).bottom() - 2) <= BORDER_PX:
                return band if at.y() > canvas.pinned_px else None
        return None

    def _near_playhead(self, at: QPointF) -> bool:
        """Its head above the lanes; on the lanes themselves a drag selects."""
        canvas = self.view.canvas
        near = abs(at.x() - canvas.x_of(self.view.scene.playhead_s)) <= HEAD_PX
        return near and at.y() <= HEAD_PX * 1.3

    # Wheel, keys, menu

    def _wheel(self, event: QWheelEvent) -> bool:
        canvas, modifiers = self.view.canvas, event.modifiers()
        turned = event.angleDelta()
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            notches = turned.y() / NOTCH
            self.view.zoom_at(ZOOM_A_NOTCH**notches, canvas.time_at(event.position().x()))
        elif modifiers & Qt.KeyboardModifier.ShiftModifier or abs(turned.x()) > abs(turned.y()):
            sideways = turned.x() if abs(turned.x()) > abs(turned.y()) else turned.y()
            self.view.show_axis(canvas.axis.panned(-sideways / NOTCH * SCROLL_A_NOTCH * canvas.axis.span_s))
        else:
            self.view.scroll_lanes(-turned.y() / NOTCH)
        if self.drag is None:
            self._hover(event.position())
        event.accept()
        return True

    def _key(self, event: QKeyEvent) -> bool:
        if event.key() != Qt.Key.Key_Escape:
            return False
        if event.type() == QEvent.Type.ShortcutOverride and self.drag is not None:
            event.accept()  # Escape gives up the drag, and not what is selected
            return True
        if event.type() != QEvent.Type.KeyPress:
            return False
        if self.drag is not None:
            drag, self.drag = self.drag, None
            drag.cancelled()
            return True
        if self.view.scene.selection is not None:
            self.view.clear_selection()
            self.view.selection_changed.emit(None)
            return True
        return False

    def _menu(self, event: QContextMenuEvent) -> None:
        canvas = self.view.canvas
        at = QPointF(event.pos())
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            hit: Hit | None = Hit("ruler", self.view.scene.playhead_s, self.view.scene.person_id)
        elif self._on_heading(at):
            self.view.lanes_menu(canvas.band_at(at.y())).popup(event.globalPos())
            return
        else:
            hit = canvas.hit(at)
        if hit is not None:
            self.view.context_menu.emit(hit, event.globalPos())


def _snaps(event: QMouseEvent) -> bool:
    """Alt lets go of what edges stick to."""
    return not event.modifiers() & Qt.KeyboardModifier.AltModifier
