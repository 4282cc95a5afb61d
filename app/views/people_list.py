"""The people panel's rows: a model of persons, and a delegate that paints them and edits their names."""

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter, QPainterPath, QPixmap
from PySide6.QtWidgets import QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.views import icons, theme
from app.views.emotion_chip import chip_text
from app.views.panel_rows import SMALL, filled, paint_ground, row_area
from app.views.panel_values import PersonEntry

Index = QModelIndex | QPersistentModelIndex

ENTRY_ROLE: Final = Qt.ItemDataRole.UserRole
FACE_ROLE: Final = Qt.ItemDataRole.UserRole + 1

FACE_PX: Final = 28
FACE_SHARPNESS: Final = 2
FADED: Final = 0.45
"""Opacity of the face of somebody who is ignored."""


def sub_text(entry: PersonEntry) -> str:
    """The second line: "participant P01 · on screen 19.7 s"."""
    if entry.person is None:
        return "the video as a whole"
    parts = [
        "ignored" if entry.ignored else "",
        f"participant {entry.participant}" if entry.participant else "",
        f"on screen {entry.present_s:,.1f} s",
    ]
    return " · ".join(part for part in parts if part)


class PeopleModel(QAbstractListModel):
    """Persons in the order given, and the faces that there are. A name typed in is told, not kept."""

    renamed = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self._entries: list[PersonEntry] = []
        self._faces: dict[str | None, QPixmap] = {}
        self._editable = True

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        entry = self._entries[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.EditRole:
                return entry.name
            case Qt.ItemDataRole.AccessibleTextRole:
                return self._spoken(entry)
            case Qt.ItemDataRole.ToolTipRole:
                return self._spoken(entry).replace(", ", "\n")
            case _ if role == ENTRY_ROLE:
                return entry
            case _ if role == FACE_ROLE:
                return self._faces.get(entry.person)
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        entry = self._entries[index.row()]
        name = str(value).strip()
        if role != Qt.ItemDataRole.EditRole or entry.person is None or not name or name == entry.name:
            return False
        self.renamed.emit(entry.person, name)
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        if self._editable and index.isValid() and self._entries[index.row()].person is not None:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def indexes_of(self, people: Sequence[str | None]) -> list[QModelIndex]:
        return [self.index(row) for row, entry in enumerate(self._entries) if entry.person in people]

    def set_entries(self, entries: Sequence[PersonEntry]) -> None:
        same = [entry.person for entry in entries] == [entry.person for entry in self._entries]
        if same and entries:
            self._entries = list(entries)
            self.dataChanged.emit(self.index(0), self.index(len(entries) - 1))
            return
        self.beginResetModel()
        self._entries = list(entries)
        self.endResetModel()

    def set_editable(self, editable: bool) -> None:
        self._editable = editable

    def set_face(self, person: str, image: QImage) -> None:
        self._faces[person] = filled(image, QSize(FACE_PX, FACE_PX) * FACE_SHARPNESS)
        self._all_changed()

    def clear_faces(self) -> None:
        self._faces.clear()
        self._all_changed()

    def _all_changed(self) -> None:
        if self._entries:
            self.dataChanged.emit(self.index(0), self.index(len(self._entries) - 1))

    def _spoken(self, entry: PersonEntry) -> str:
        parts = [entry.name, sub_text(entry)]
        if entry.leading is not None:
            parts.append(f"mostly {entry.leading}")
        if entry.has_voice:
            parts.append("the voice is theirs")
        return ", ".join(parts)


class PeopleDelegate(QStyledItemDelegate):
    """A row: face, name, second line; on the right whether the voice is theirs, and the leading emotion."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        lines = QFontMetrics(theme.font()).height() + QFontMetrics(theme.font(SMALL)).height()
        return QSize(120, max(lines, FACE_PX) + 14)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry: PersonEntry = index.data(ENTRY_ROLE)
        shown = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        paint_ground(painter, option, framed=shown)
        _paint_face(painter, _face_area(option.rect), entry, index.data(FACE_ROLE))
        _paint_texts(painter, option.rect, entry)
        painter.restore()

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, _index: Index) -> QWidget:
        field = QLineEdit(parent)
        field.setAccessibleName("Name")
        field.setMaxLength(80)
        return field

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        assert isinstance(editor, QLineEdit)
        if not editor.isModified():
            editor.setText(index.data(Qt.ItemDataRole.EditRole))
            editor.selectAll()

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        assert isinstance(editor, QLineEdit)
        model.setData(QModelIndex(index), editor.text())  # type: ignore[arg-type]

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, _index: Index) -> None:
        area = row_area(option.rect)
        height = editor.sizeHint().height()
        editor.setGeometry(
            _face_area(option.rect).right() + 4,
            area.center().y() - height // 2,
            area.right() - _face_area(option.rect).right() - 8,
            height,
        )


def _face_area(row: QRect) -> QRect:
    area = QRect(0, 0, FACE_PX, FACE_PX)
    area.moveCenter(row.center())
    area.moveLeft(row_area(row).left() + 6)
    return area


def _paint_face(painter: QPainter, area: QRect, entry: PersonEntry, face: QPixmap | None) -> None:
    colours = theme.current()
    shape = QPainterPath()
    shape.addEllipse(QRectF(area))
    painter.save()
    painter.setOpacity(FADED if entry.ignored else 1.0)
    if face is not None:
        painter.setClipPath(shape)
        painter.drawPixmap(area, face)
    else:
        painter.fillPath(shape, colours.lane_line)
        mark = QRectF(area).adjusted(6, 6, -6, -6)
        icons.paint(painter, "person" if entry.person else "video", colours.muted, mark)
    painter.restore()


def _paint_texts(painter: QPainter, row: QRect, entry: PersonEntry) -> None:
    colours = theme.current()
    name_font, small = theme.font(), theme.font(SMALL)
    name_metrics, small_metrics = QFontMetrics(name_font), QFontMetrics(small)
    left, right = _face_area(row).right() + 10, row_area(row).right() - 7
    top = row.center().y() - (name_metrics.height() + small_metrics.height()) // 2
    aligned = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter

    name_right = _paint_marks(painter, QRect(left, top, right - left, name_metrics.height()), entry)
    name_line = QRect(left, top, name_right - left, name_metrics.height())
    painter.setFont(name_font)
    painter.setPen(colours.muted if entry.ignored else colours.text)
    painter.drawText(
        name_line, aligned, name_metrics.elidedText(entry.name, Qt.TextElideMode.ElideRight, name_line.width())
    )
    sub_line = QRect(left, name_line.bottom() + 1, right - left, small_metrics.height())
    painter.setFont(small)
    painter.setPen(colours.muted)
    painter.drawText(
        sub_line, aligned, small_metrics.elidedText(sub_text(entry), Qt.TextElideMode.ElideRight, sub_line.width())
    )


def _paint_marks(painter: QPainter, line: QRect, entry: PersonEntry) -> int:
    """Paint voice and leading emotion at the right end of a line; returns where they begin."""
    colours = theme.current()
    right = line.right()
    if entry.leading is not None and not entry.ignored:
        right = _paint_leading(painter, line, entry.leading)
    if entry.has_voice:
        size_px = line.height()
        icons.paint(painter, "voice", colours.accent, QRectF(right - size_px, line.top(), size_px, size_px))
        right -= size_px + 6
    return right


def _paint_leading(painter: QPainter, line: QRect, emotion: str) -> int:
    small = theme.font(SMALL)
    said = chip_text(emotion)
    dot_px = 7
    width_px = QFontMetrics(small).horizontalAdvance(said)
    painter.setFont(small)
    painter.setPen(theme.current().muted)
    painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, said)
    left, top = line.right() - width_px - dot_px - 4, line.center().y() - dot_px / 2 + 1
    _paint_dot(painter, QRectF(left, top, dot_px, dot_px), theme.emotion_colour(emotion))
    return left - 8


def _paint_dot(painter: QPainter, area: QRectF, colour: QColor) -> None:
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawEllipse(area)
    painter.restore()
