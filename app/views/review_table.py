"""The review queue as a table: six columns where there is room, and two lines a row where there is little."""

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from app.review import Candidate, Waiting
from app.timeline.clock import short_clock_text
from app.views import claimed_keys, theme
from app.views.emotion_chip import chip_text
from app.views.panel_rows import SMALL, paint_ground, row_area
from engine.emotions import EMOTIONS

Index = QModelIndex | QPersistentModelIndex

COLUMNS: Final = ("video", "person", "time", "says", "confidence", "why")
SAYS, CONFIDENCE = COLUMNS.index("says"), COLUMNS.index("confidence")
WAITING_ROLE: Final = Qt.ItemDataRole.UserRole
BLIND_ROLE: Final = Qt.ItemDataRole.UserRole + 1
HIDDEN: Final = "hidden"
"""Instead of what the model says, in blind mode."""

SAMPLES: Final = ("", "person-10", "00:00:00 · 10.0 s", "7 U surprise ...", "confidence", "")
"""Texts as wide as the columns."""
WIDE_CHARACTERS: Final = 74
"""From this width on, in average characters, a row is six columns."""
DOT_PX: Final = 8
CELLS_SHEET: Final = "QTableView { border: none; } QTableView::item { padding: 0 6px; }"
LINES_SHEET: Final = """
QTableView { border: none; selection-background-color: transparent; }
QTableView::item:selected { background: transparent; }
"""

ANSWERS: Final[dict[Qt.Key, str | None]] = {
    Qt.Key.Key_0: None,
    **{Qt.Key(Qt.Key.Key_1.value + index): emotion for index, emotion in enumerate(EMOTIONS)},
}
ACCEPT: Final = frozenset({Qt.Key.Key_A})
KEYS: Final = claimed_keys.ENTER | claimed_keys.MOVES | ACCEPT | frozenset(ANSWERS)


def person_text(candidate: Candidate) -> str:
    return candidate.person_name or candidate.person or "scene"


def time_text(candidate: Candidate) -> str:
    return f"{short_clock_text(candidate.start_s)} · {candidate.end_s - candidate.start_s:.1f} s"


class WaitingModel(QAbstractTableModel):
    """The queue, most worthwhile first."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: list[Waiting] = []
        self._blind = False

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._waiting)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole and section == CONFIDENCE:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return COLUMNS[section] if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        waiting = self._waiting[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._texts(waiting)[index.column()]
            case Qt.ItemDataRole.AccessibleTextRole | Qt.ItemDataRole.ToolTipRole:
                return ", ".join(self._texts(waiting))
            case Qt.ItemDataRole.TextAlignmentRole if index.column() == CONFIDENCE:
                return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            case _ if role == WAITING_ROLE:
                return waiting
            case _ if role == BLIND_ROLE:
                return self._blind
        return None

    def waiting(self) -> Sequence[Waiting]:
        return self._waiting

    def set_waiting(self, waiting: Sequence[Waiting]) -> None:
        self.beginResetModel()
        self._waiting = list(waiting)
        self.endResetModel()

    def set_blind(self, blind: bool) -> None:
        self.beginResetModel()
        self._blind = blind
        self.endResetModel()

    def remove(self, row: int) -> None:
        self.beginRemoveRows(QModelIndex(), row, row)
        del self._waiting[row]
        self.endRemoveRows()

    def _texts(self, waiting: Waiting) -> tuple[str, ...]:
        each = waiting.candidate
        said = (HIDDEN, "", "") if self._blind else (chip_text(each.emotion), f"{each.confidence:.2f}", waiting.why)
        return each.video_name, person_text(each), time_text(each), *said


class ReviewTable(QTableView):
    """The table itself; keys that answer come to it before the window's shortcuts."""

    play_requested = Signal()
    accept_requested = Signal()
    answer_requested = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName("Segments to look at")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.verticalHeader().hide()
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self._lines, self._cells = _LinesDelegate(self), _CellsDelegate(self)
        self._wide: bool | None = None
        self.doubleClicked.connect(self._on_double_click)

    def event(self, event: QEvent) -> bool:
        return claimed_keys.claimed(event, KEYS) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if claimed_keys.pressed(event, claimed_keys.ENTER):
            self.play_requested.emit()
        elif claimed_keys.pressed(event, ACCEPT):
            self.accept_requested.emit()
        elif claimed_keys.pressed(event, ANSWERS):
            self.answer_requested.emit(ANSWERS[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out(event.size().width() >= WIDE_CHARACTERS * self.fontMetrics().averageCharWidth())

    def _lay_out(self, wide: bool) -> None:
        """Six columns, or the first one alone, painted as two lines."""
        if wide == self._wide or self.model() is None:
            return
        self._wide = wide
        self.setStyleSheet(CELLS_SHEET if wide else LINES_SHEET)
        for column in range(1, len(COLUMNS)):
            self.setColumnHidden(column, not wide)
        self.horizontalHeader().setVisible(wide)
        self.setItemDelegate(self._cells if wide else self._lines)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        if wide:
            for column, sample in enumerate(SAMPLES):
                self.setColumnWidth(column, self.fontMetrics().horizontalAdvance(sample) + 22)
            header.setSectionResizeMode(len(COLUMNS) - 1, QHeaderView.ResizeMode.ResizeToContents)
        rows = self.verticalHeader()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(self.fontMetrics().height() + 12 if wide else self._lines.row_px())

    def _on_double_click(self, _index: QModelIndex) -> None:
        self.play_requested.emit()


class _CellsDelegate(QStyledItemDelegate):
    """A cell; what the model says has a dot of its colour."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        says = index.column() == SAYS and not index.data(BLIND_ROLE)
        if says:
            option.rect = option.rect.adjusted(DOT_PX + 6, 0, 0, 0)
        super().paint(painter, option, index)
        if says:
            area = option.rect.adjusted(-DOT_PX - 6, 0, 0, 0)
            emotion = index.data(WAITING_ROLE).candidate.emotion
            painter.save()
            if option.state & QStyle.StateFlag.State_Selected:
                painter.fillRect(QRect(area.left(), area.top(), DOT_PX + 6, area.height()), theme.current().selection)
            _paint_dot(painter, area.left() + 6, area.center().y(), emotion)
            painter.restore()


class _LinesDelegate(QStyledItemDelegate):
    """A whole row on two lines: what is said, how surely and when; then where and why."""

    def row_px(self) -> int:
        return QFontMetrics(theme.font()).height() + QFontMetrics(theme.font(SMALL)).height() + 14

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(120, self.row_px())

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        waiting: Waiting = index.data(WAITING_ROLE)
        candidate, blind = waiting.candidate, bool(index.data(BLIND_ROLE))
        colours, normal, small = theme.current(), theme.font(), theme.font(SMALL)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_ground(painter, option, framed=False)
        area = row_area(option.rect).adjusted(8, 0, -8, 0)
        first_px, second_px = QFontMetrics(normal).height(), QFontMetrics(small).height()
        top = option.rect.center().y() - (first_px + second_px) // 2
        upper = QRect(area.left(), top, area.width(), first_px)
        lower = QRect(area.left(), top + first_px, area.width(), second_px)
        if not blind:
            _paint_dot(painter, upper.left(), upper.center().y(), candidate.emotion)
        said = HIDDEN if blind else f"{chip_text(candidate.emotion)}  {candidate.confidence:.2f}"
        painter.setPen(colours.text)
        _write(painter, normal, upper.adjusted(0 if blind else DOT_PX + 6, 0, 0, 0), said, time_text(candidate))
        painter.setPen(colours.muted)
        where = f"{person_text(candidate)} · {candidate.video_name}"
        _write(painter, small, lower, where, "" if blind else waiting.why)
        painter.restore()


def _write(painter: QPainter, font: Any, line: QRect, left: str, right: str) -> None:
    """Text at both ends of a line; the left one gives way."""
    metrics = QFontMetrics(font)
    painter.setFont(font)
    painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, right)
    room_px = line.width() - (metrics.horizontalAdvance(right) + 8 if right else 0)
    elided = metrics.elidedText(left, Qt.TextElideMode.ElideMiddle, room_px)
    painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, elided)


def _paint_dot(painter: QPainter, left: int, middle_y: int, emotion: str) -> None:
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.emotion_colour(emotion))
    painter.drawEllipse(QRectF(left, middle_y - DOT_PX / 2 + 1, DOT_PX, DOT_PX))
    painter.restore()
