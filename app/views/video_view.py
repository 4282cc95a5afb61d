"""The picture of the video, with the faces in it and what is said of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.player.values import Shown
from app.views import theme
from app.views.video_tags import tag_places
from engine.emotions import INDEX, LETTERS

ON_VIDEO: Final = QColor("#FFFFFF")
"""Ink on the picture and on the ground around it, which are dark in both themes."""
ON_VIDEO_MUTED: Final = QColor(255, 255, 255, 170)
SHADE: Final = QColor(0, 0, 0, 165)
HALO: Final = QColor(0, 0, 0, 110)
NAMELESS: Final = QColor("#D5D8DD")
"""The box of a face about which nothing is said."""
NAMELESS_INK: Final = QColor("#16181C")
RADIUS_PX: Final = 4.0
WHEEL_NOTCH: Final = 120
LONGEST_LINE_SHARE: Final = 0.8


@dataclass(frozen=True, slots=True)
class FaceBox:
    """A face and what is said of it now.

    Attributes:
        person: its id.
        name: what the person is called.
        box: x, y, width, height in pixels of the upright picture.
        emotion: None when nothing is said, or it is hidden.
        confidence: of a prediction; None when a person said it.
        uncertain: the prediction is one of those to be looked at.
        selected: the person whose curves are shown.
    """

    person: str
    name: str
    box: tuple[float, float, float, float]
    emotion: str | None = None
    confidence: float | None = None
    uncertain: bool = False
    selected: bool = False

    @property
    def text(self) -> str:
        """ "Ana · 6 S sad 0.74"; uncertain ones "Ana · 5 N neutral? 0.41"."""
        if self.emotion is None:
            return self.name
        doubt = "?" if self.uncertain else ""
        confidence = "" if self.confidence is None else f" {self.confidence:.2f}"
        place = INDEX[self.emotion]
        return f"{self.name} · {place + 1} {LETTERS[place]} {self.emotion}{doubt}{confidence}"


class VideoView(QWidget):
    """Paints the frame it is given, letterboxed, or a message where there is none.

    Signals:
        person_clicked: a face or its tag was clicked; the person's id.
        step_requested: so many frames forwards, by the wheel.
        full_screen_requested: by a double click.
        size_changed: width and height in pixels of the screen.
    """

    person_clicked = Signal(str)
    step_requested = Signal(int)
    full_screen_requested = Signal()
    size_changed = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: Shown | None = None
        self._faces: tuple[FaceBox, ...] = ()
        self._faces_visible = True
        self._title, self._detail = "", ""
        self._wheel = 0
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 112)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # so that keys leave the field that was typed in
        self.setAccessibleName("Video")

    def sizeHint(self) -> QSize:
        return QSize(640, 360)

    # What is shown

    def set_frame(self, shown: Shown) -> None:
        """Show a frame; a message goes."""
        self._shown = shown
        self._title = self._detail = ""
        self.update()

    def set_message(self, title: str, detail: str = "", over_picture: bool = False) -> None:
        """Say something in place of the picture, or along its lower edge."""
        self._title, self._detail = title, detail
        if not over_picture:
            self._shown = None
        self.setAccessibleDescription(f"{title}. {detail}" if detail else title)
        self.update()

    def clear(self) -> None:
        """Show nothing at all."""
        self._faces = ()
        self.set_message("")

    def set_overlay(self, faces: tuple[FaceBox, ...]) -> None:
        """The faces in the frame that is shown."""
        if faces != self._faces:
            self._faces = faces
            self.setAccessibleDescription(", ".join(face.text for face in faces))
            self.update()

    def set_overlay_visible(self, visible: bool) -> None:
        """Show boxes and tags, or the picture alone."""
        self._faces_visible = visible
        self.update()

    @property
    def overlay_visible(self) -> bool:
        return self._faces_visible

    # Where things are

    def picture_place(self) -> QRectF:
        """Where the picture is painted; its edges lie on pixels of the screen."""
        if self._shown is None:
            return QRectF()
        density = self.devicePixelRatioF()
        room = QSize(round(self.width() * density), round(self.height() * density))
        size = QSize(self._shown.width, self._shown.height).scaled(room, Qt.AspectRatioMode.KeepAspectRatio)
        left, top = (room.width() - size.width()) // 2, (room.height() - size.height()) // 2
        return QRectF(left / density, top / density, size.width() / density, size.height() / density)

    def box_place(self, face: FaceBox) -> QRectF:
        """Where a face's box is painted."""
        picture = self.picture_place()
        if self._shown is None or picture.isEmpty():
            return QRectF()
        scale = picture.width() / self._shown.width
        x, y, width, height = (scale * part for part in face.box)
        return QRectF(picture.left() + x, picture.top() + y, width, height).intersected(picture)

    def tags(self) -> list[tuple[FaceBox, QRectF]]:
        """Every visible face with the place of its tag, the selected one last, so that it lies on top."""
        faces = sorted(self._visible_faces(), key=lambda face: (not face.selected, -face.box[2] * face.box[3]))
        metrics = QFontMetricsF(theme.font(0.92, bold=True))
        longest = self.picture_place().width() * LONGEST_LINE_SHARE
        sizes = [
            QSizeF(min(longest, metrics.horizontalAdvance(face.text) + 14), metrics.height() + 6) for face in faces
        ]
        places = tag_places([self.box_place(face) for face in faces], sizes, self.picture_place())
        return list(zip(faces, places, strict=True))[::-1]

    def person_at(self, position: QPointF) -> FaceBox | None:
        """The face, or tag, under a point; of several the smallest face."""
        for face, place in reversed(self.tags()):
            if place.contains(position):
                return face
        hit = [face for face in self._visible_faces() if self.box_place(face).contains(position)]
        return min(hit, key=lambda face: face.box[2] * face.box[3], default=None)

    def _visible_faces(self) -> list[FaceBox]:
        if not self._faces_visible or self._shown is None:
            return []
        return [face for face in self._faces if not self.box_place(face).isEmpty()]

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.current().video)
        if self._shown is not None:
            self._paint_picture(painter, self._shown)
            self._paint_faces(painter)
            if not self._shown.exact and not self._title:
                self._paint_near_mark(painter)
            if self._title:
                self._paint_banner(painter)
        elif self._title:
            self._paint_message(painter)

    def _paint_picture(self, painter: QPainter, shown: Shown) -> None:
        place, density = self.picture_place(), self.devicePixelRatioF()
        as_it_is = shown.image.width() == round(place.width() * density)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not as_it_is)
        painter.drawImage(place, shown.image)

    def _paint_faces(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tags = self.tags()
        for face, _ in tags:
            self._paint_box(painter, face)
        for face, place in tags:
            self._paint_tag(painter, face, place)

    def _paint_box(self, painter: QPainter, face: FaceBox) -> None:
        thick = 3.0 if face.selected else 2.0
        style = Qt.PenStyle.DashLine if face.uncertain else Qt.PenStyle.SolidLine
        place = self.box_place(face)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width, line in ((HALO, thick + 2, Qt.PenStyle.SolidLine), (_colour(face), thick, style)):
            pen = QPen(colour, width, line)
            pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
            painter.setPen(pen)
            painter.drawRoundedRect(place, 2, 2)

    def _paint_tag(self, painter: QPainter, face: FaceBox, place: QRectF) -> None:
        painter.setPen(QPen(ON_VIDEO, 1.5) if face.selected else QPen(HALO, 1))
        painter.setBrush(_colour(face))
        painter.drawRoundedRect(place, RADIUS_PX, RADIUS_PX)
        font = theme.font(0.92, bold=True)
        text = QFontMetricsF(font).elidedText(face.text, Qt.TextElideMode.ElideMiddle, place.width() - 13)
        painter.setFont(font)
        painter.setPen(_ink(face))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_near_mark(self, painter: QPainter) -> None:
        """A small sign in the corner: a frame nearby, the right one is on its way."""
        picture, font = self.picture_place(), theme.font(1.1, bold=True)
        side = QFontMetricsF(font).height() + 4
        place = QRectF(picture.right() - side - 8, picture.bottom() - side - 8, side, side)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(SHADE)
        painter.drawRoundedRect(place, RADIUS_PX, RADIUS_PX)
        painter.setFont(font)
        painter.setPen(ON_VIDEO)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, "≈")

    def _paint_message(self, painter: QPainter) -> None:
        room = QRectF(self.rect())
        room = room.adjusted(room.width() * 0.1, 12, -room.width() * 0.1, -12)
        title, detail = theme.font(1.35, bold=True), theme.font()
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap | Qt.TextFlag.TextWrapAnywhere
        title_height = QFontMetricsF(title).boundingRect(room, flags, self._title).height()
        detail_height = QFontMetricsF(detail).boundingRect(room, flags, self._detail).height() if self._detail else 0.0
        top = max(room.top(), room.center().y() - (title_height + 8 + detail_height) / 2)
        painter.setFont(title)
        painter.setPen(ON_VIDEO)
        painter.drawText(QRectF(room.left(), top, room.width(), title_height), flags, self._title)
        painter.setFont(detail)
        painter.setPen(ON_VIDEO_MUTED)
        painter.drawText(
            QRectF(room.left(), top + title_height + 8, room.width(), detail_height + 4), flags, self._detail
        )

    def _paint_banner(self, painter: QPainter) -> None:
        font = theme.font()
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap | Qt.TextFlag.TextWrapAnywhere
        text = f"{self._title}: {self._detail}" if self._detail else self._title
        room = QRectF(self.rect()).adjusted(14, 8, -14, -8)
        height = QFontMetricsF(font).boundingRect(room, flags, text).height() + 16
        band = QRectF(0, self.height() - height, self.width(), height)
        painter.fillRect(band, SHADE)
        painter.fillRect(QRectF(0, band.top(), 4, height), theme.current().danger)
        painter.setFont(font)
        painter.setPen(ON_VIDEO)
        painter.drawText(band.adjusted(14, 8, -14, -8), flags, text)

    # Hands

    def mousePressEvent(self, event: QMouseEvent) -> None:
        face = self.person_at(event.position()) if event.button() == Qt.MouseButton.LeftButton else None
        if face is not None:
            self.person_clicked.emit(face.person)
        else:
            event.ignore()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.full_screen_requested.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        over_face = self.person_at(event.position()) is not None
        self.setCursor(Qt.CursorShape.PointingHandCursor if over_face else Qt.CursorShape.ArrowCursor)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Down or right is forwards, as in a text; trackpads send parts of a notch."""
        if self._shown is None or event.modifiers() != Qt.KeyboardModifier.NoModifier:
            event.ignore()
            return
        turned = event.angleDelta()
        self._wheel += -(turned.y() or turned.x())
        notches = int(self._wheel / WHEEL_NOTCH)
        if notches:
            self._wheel -= notches * WHEEL_NOTCH
            self.step_requested.emit(notches)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self._show_tip(event)
            return True
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self.update()
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._tell_size()
        return super().event(event)

    def _show_tip(self, event: QHelpEvent) -> None:
        """Tags may be cut off; a frame nearby is explained."""
        face = self.person_at(QPointF(event.pos()))
        near = self._shown is not None and not self._shown.exact
        text = face.text if face else "A frame nearby; the exact one is being decoded" if near else ""
        QToolTip.showText(event.globalPos(), text, self)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._tell_size()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._tell_size()

    def _tell_size(self) -> None:
        density = self.devicePixelRatioF()
        self.size_changed.emit(round(self.width() * density), round(self.height() * density))


def _colour(face: FaceBox) -> QColor:
    return NAMELESS if face.emotion is None else theme.emotion_colour(face.emotion)


def _ink(face: FaceBox) -> QColor:
    return NAMELESS_INK if face.emotion is None else theme.emotion_ink(face.emotion)
