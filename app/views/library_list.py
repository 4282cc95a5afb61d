"""The library's rows: a model of entries, a filter, and a delegate that paints them."""

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetrics, QImage, QMouseEvent, QPainter, QPainterPath, QPixmap
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from app.timeline.clock import short_clock_text
from app.views import icons, theme
from app.views.panel_rows import SMALL, filled, paint_ground, row_area
from app.views.panel_values import LibraryEntry, LibraryState, counted

Index = QModelIndex | QPersistentModelIndex

ENTRY_ROLE: Final = Qt.ItemDataRole.UserRole
PICTURE_ROLE: Final = Qt.ItemDataRole.UserRole + 1
OPEN_ROLE: Final = Qt.ItemDataRole.UserRole + 2

PICTURE_PX: Final = QSize(48, 27)
PICTURE_SHARPNESS: Final = 2
"""Pictures are kept for screens of up to so many dots a pixel."""
BAR_PX: Final = 3

STATE_WORDS: Final[dict[LibraryState, str]] = {
    "new": "new",
    "waiting": "waiting",
    "analysing": "analysing",
    "analysed": "done",
    "failed": "failed",
    "missing": "missing",
    "cancelled": "cancelled",
}
FIND: Final = "missing – Find…"


def state_text(entry: LibraryEntry) -> str:
    """What stands on the right of a row: "43 %", "done"."""
    if entry.state == "analysing" and entry.done is not None:
        return f"{entry.done:.0%}".replace("%", " %")
    return STATE_WORDS[entry.state]


def sub_text(entry: LibraryEntry) -> str:
    """The second line: "00:19 · revision 3 · 12 corrections"."""
    parts = [
        "" if entry.duration_s is None else short_clock_text(entry.duration_s),
        entry.detail,
        counted(entry.corrections, "correction") if entry.corrections else "",
    ]
    return " · ".join(part for part in parts if part)


class LibraryModel(QAbstractListModel):
    """Entries in the project's order, the pictures that there are, and which one is open."""

    def __init__(self) -> None:
        super().__init__()
        self._entries: list[LibraryEntry] = []
        self._rows: dict[str, int] = {}
        self._pictures: dict[str, QPixmap] = {}
        self._open: str | None = None

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        entry = self._entries[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return entry.name
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{entry.name}, {state_text(entry)}, {sub_text(entry)}"
            case Qt.ItemDataRole.ToolTipRole:
                return f"{entry.name}\n{sub_text(entry)}\n{state_text(entry)}"
            case _ if role == ENTRY_ROLE:
                return entry
            case _ if role == PICTURE_ROLE:
                return self._pictures.get(entry.media_id)
            case _ if role == OPEN_ROLE:
                return entry.media_id == self._open
        return None

    def entries(self) -> Sequence[LibraryEntry]:
        return self._entries

    def row_of(self, media_id: str) -> int | None:
        return self._rows.get(media_id)

    def set_entries(self, entries: Sequence[LibraryEntry]) -> None:
        """Show these; where only their contents changed, the list keeps its place and selection."""
        if [entry.media_id for entry in entries] == list(self._rows):
            self._entries = list(entries)
            if entries:
                self.dataChanged.emit(self.index(0), self.index(len(entries) - 1))
            return
        self.beginResetModel()
        self._entries = list(entries)
        self._rows = {entry.media_id: row for row, entry in enumerate(entries)}
        self._pictures = {media_id: picture for media_id, picture in self._pictures.items() if media_id in self._rows}
        self.endResetModel()

    def update_entry(self, entry: LibraryEntry) -> None:
        row = self._rows.get(entry.media_id)
        if row is not None and self._entries[row] != entry:
            self._entries[row] = entry
            self._changed(row)

    def set_picture(self, media_id: str, image: QImage) -> None:
        row = self._rows.get(media_id)
        if row is None:
            return
        self._pictures[media_id] = filled(image, PICTURE_PX * PICTURE_SHARPNESS)
        self._changed(row)

    def has_picture(self, media_id: str) -> bool:
        return media_id in self._pictures

    def set_open(self, media_id: str | None) -> bool:
        """Mark a video; whether it was another one, or none, before."""
        before, self._open = self._open, media_id
        if before == media_id:
            return False
        for each in (before, media_id):
            if each is not None and (row := self._rows.get(each)) is not None:
                self._changed(row)
        return True

    def _changed(self, row: int) -> None:
        self.dataChanged.emit(self.index(row), self.index(row))


class LibraryFilter(QSortFilterProxyModel):
    """Keeps the entries in which every word is found: in the name, the state or the second line."""

    def __init__(self, entries: LibraryModel) -> None:
        super().__init__()
        self._model = entries
        self._words: tuple[str, ...] = ()
        self.setSourceModel(entries)

    def set_words(self, text: str) -> None:
        words = tuple(text.casefold().split())
        if words != self._words:
            self._words = words
            self.invalidate()

    def filterAcceptsRow(self, source_row: int, _source_parent: Index) -> bool:
        if not self._words:
            return True
        entry = self._model.entries()[source_row]
        said = f"{entry.name} {state_text(entry)} {STATE_WORDS[entry.state]} {sub_text(entry)}".casefold()
        return all(word in said for word in self._words)


class LibraryDelegate(QStyledItemDelegate):
    """A row: picture, name and state, second line, and how far the analysis is."""

    find_clicked = Signal(str)

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        lines = QFontMetrics(theme.font()).height() + QFontMetrics(theme.font(SMALL)).height()
        return QSize(120, max(lines, PICTURE_PX.height()) + BAR_PX + 14)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry: LibraryEntry = index.data(ENTRY_ROLE)
        is_open: bool = index.data(OPEN_ROLE)
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        paint_ground(painter, option, framed=is_open)
        _paint_picture(painter, _picture_area(option.rect), index.data(PICTURE_ROLE))
        _paint_texts(painter, option.rect, entry)
        painter.restore()

    def editorEvent(self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: Index) -> bool:
        entry: LibraryEntry = index.data(ENTRY_ROLE)
        if (
            isinstance(event, QMouseEvent)
            and event.type() == QEvent.Type.MouseButtonRelease
            and event.button() == Qt.MouseButton.LeftButton
            and entry.state == "missing"
            and find_area(option.rect).contains(event.position().toPoint())
        ):
            self.find_clicked.emit(entry.media_id)
            return True
        return super().editorEvent(event, model, option, index)


def find_area(row: QRect) -> QRect:
    """Where a missing video's row says "Find…"."""
    _, line = _lines(row)
    line.setWidth(QFontMetrics(theme.font(SMALL)).horizontalAdvance(FIND))
    return line


def _picture_area(row: QRect) -> QRect:
    area = QRect(0, 0, PICTURE_PX.width(), PICTURE_PX.height())
    area.moveCenter(row.center())
    area.moveLeft(row_area(row).left() + 6)
    return area


def _lines(row: QRect) -> tuple[QRect, QRect]:
    """Where the name and the second line stand."""
    left, right = _picture_area(row).right() + 9, row_area(row).right() - 7
    name_px, sub_px = QFontMetrics(theme.font()).height(), QFontMetrics(theme.font(SMALL)).height()
    top = row.center().y() - (name_px + sub_px) // 2
    return QRect(left, top, right - left, name_px), QRect(left, top + name_px, right - left, sub_px)


def _paint_picture(painter: QPainter, area: QRect, picture: QPixmap | None) -> None:
    colours = theme.current()
    shape = QPainterPath()
    shape.addRoundedRect(QRectF(area), 3, 3)
    if picture is None:
        painter.fillPath(shape, colours.lane_line)
        mark = QRectF(0, 0, 16, 16)
        mark.moveCenter(QRectF(area).center())
        icons.paint(painter, "video", colours.faint, mark)
        return
    painter.save()
    painter.setClipPath(shape)
    painter.drawPixmap(area, picture)
    painter.restore()


def _paint_texts(painter: QPainter, row: QRect, entry: LibraryEntry) -> None:
    colours = theme.current()
    name_line, sub_line = _lines(row)
    name_font, small = theme.font(), theme.font(SMALL)
    name_metrics, small_metrics = QFontMetrics(name_font), QFontMetrics(small)
    missing = entry.state == "missing"
    left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter

    state = "" if missing else state_text(entry)
    painter.setFont(small)
    painter.setPen(_state_colour(entry.state))
    painter.drawText(name_line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, state)
    room_px = name_line.width() - (small_metrics.horizontalAdvance(state) + 8 if state else 0)
    painter.setFont(name_font)
    painter.setPen(colours.muted if missing else colours.text)
    painter.drawText(name_line, left, name_metrics.elidedText(entry.name, Qt.TextElideMode.ElideMiddle, room_px))

    said = " · ".join(part for part in (FIND if missing else "", sub_text(entry)) if part)
    painter.setFont(small)
    painter.setPen(colours.danger if missing or entry.state == "failed" else colours.muted)
    painter.drawText(sub_line, left, small_metrics.elidedText(said, Qt.TextElideMode.ElideRight, sub_line.width()))
    if entry.state == "analysing":
        _paint_bar(painter, QRectF(sub_line.left(), sub_line.bottom() + 2.5, sub_line.width(), BAR_PX), entry.done)


def _paint_bar(painter: QPainter, area: QRectF, done: float | None) -> None:
    colours = theme.current()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colours.line)
    painter.drawRoundedRect(area, BAR_PX / 2, BAR_PX / 2)
    painter.setBrush(colours.accent)
    painter.drawRoundedRect(
        QRectF(area.left(), area.top(), area.width() * min(1.0, max(0.0, done or 0.0)), BAR_PX), BAR_PX / 2, BAR_PX / 2
    )


def _state_colour(state: LibraryState) -> QColor:
    colours = theme.current()
    match state:
        case "analysed":
            return colours.success
        case "failed" | "missing":
            return colours.danger
        case "analysing":
            return colours.accent
        case _:
            return colours.muted
