"""The stretches whose label differs between two revisions: one may walk through them and watch each."""

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QGuiApplication, QPainter, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLabel,
    QStackedWidget,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.timeline.clock import short_clock_text
from app.views import theme
from app.views.emotion_chip import chip_text
from app.views.panel_rows import PanelList, paint_ground, row_area
from app.views.panel_values import counted
from app.views.training.painted import LEFT, RIGHT, small, width_px, write
from app.views.training.values import ChangedRow

Index = QModelIndex | QPersistentModelIndex
ROW_ROLE: Final = Qt.ItemDataRole.UserRole
NO_LABEL: Final = "no label"
NOTHING: Final = "No label changes for 1 s or longer."
READING: Final = "Reading …"
BLIND: Final = "Hidden in blind mode."
ARROW_PX: Final = 18
CHIP_PAD_PX: Final = 6


class ChangesModel(QAbstractListModel):
    """The stretches, in the order given."""

    def __init__(self) -> None:
        super().__init__()
        self.changes: tuple[ChangedRow, ...] = ()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.changes)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self.changes[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return words(row)
        return row if role == ROW_ROLE else None

    def set_changes(self, changes: Sequence[ChangedRow]) -> None:
        self.beginResetModel()
        self.changes = tuple(changes)
        self.endResetModel()


class ChangesView(QWidget):
    """The list, or why it is empty. A click, an arrow key or Enter opens a stretch and plays it."""

    opened = Signal(object)
    """A `ChangedRow`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._blind = self._reading = False
        self._model = ChangesModel()
        self._list = PanelList("Stretches whose label changes", self)
        self._list.setModel(self._model)
        self._list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self._list.setItemDelegate(_ChangeDelegate(self._list))
        self._list.enter_pressed.connect(self._open)
        self._list.clicked.connect(self._open)
        self._list.selectionModel().currentChanged.connect(self._on_current)
        self._count = QLabel(self)
        theme.set_role(self._count, "small")
        self._count.setContentsMargins(12, 2, 12, 4)
        self._count.setWordWrap(True)
        self._empty = QLabel(NOTHING, self)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        theme.set_role(self._empty, "muted")
        self._pages = QStackedWidget(self)
        self._pages.addWidget(self._list)
        self._pages.addWidget(self._empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._count)
        column.addWidget(self._pages, 1)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self._turn_page()

    def set_changes(self, changes: Sequence[ChangedRow] | None) -> None:
        """Show these, None while they are looked for; nothing is opened by that."""
        self._list.selectionModel().blockSignals(True)
        self._reading = changes is None
        self._model.set_changes(changes or ())
        self._list.selectionModel().blockSignals(False)
        self._turn_page()

    def changes(self) -> tuple[ChangedRow, ...]:
        """What is listed."""
        return self._model.changes

    def set_blind(self, blind: bool) -> None:
        """In blind mode nobody is told what a model says."""
        self._blind = blind
        self._turn_page()

    def current(self) -> ChangedRow | None:
        """The stretch that is selected."""
        row = self._list.currentIndex().row()
        return self._model.changes[row] if row >= 0 else None

    def focus_list(self) -> None:
        """Put the keyboard on the list."""
        self._list.setFocus()

    def _turn_page(self) -> None:
        changes = self._model.changes
        seconds = sum(change.end_s - change.start_s for change in changes)
        said = f"{counted(len(changes), 'stretch')}".replace("stretchs", "stretches")
        self._count.setText(f"{said}, {seconds:,.0f} s in all · ↑ ↓ to walk, Enter to play again" if changes else "")
        self._count.setVisible(bool(changes) and not self._blind)
        self._empty.setText(BLIND if self._blind else READING if self._reading else NOTHING)
        self._pages.setCurrentIndex(0 if changes and not self._blind else 1)

    def _on_current(self, now: QModelIndex, before: QModelIndex) -> None:
        """An arrow key walked on. The first one is also selected when the list gets the focus, and a click opens."""
        by_key = QGuiApplication.mouseButtons() == Qt.MouseButton.NoButton
        if now.isValid() and before.isValid() and by_key and self._list.hasFocus():
            self._open()

    def _open(self, _index: QModelIndex | None = None) -> None:
        change = self.current()
        if change is not None:
            self.opened.emit(change)


def words(row: ChangedRow) -> str:
    """A stretch in words."""
    change = f"{row.before or NO_LABEL} → {row.after or NO_LABEL}"
    said = f", people said {row.said}" if row.said else ""
    return f"{change}, {row.person_name} in {row.video} at {_when(row)}{said}"


def _when(row: ChangedRow) -> str:
    return f"{short_clock_text(row.start_s)} · {row.end_s - row.start_s:.1f} s"


class _ChangeDelegate(QStyledItemDelegate):
    """A row on two lines: from, to and when; then whose and where, and what people said."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(120, _chip_px() + QFontMetrics(small()).height() + 16)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: ChangedRow = index.data(ROW_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_ground(painter, option, framed=False)
        area = row_area(option.rect).adjusted(8, 5, -8, -5)
        upper = QRect(area.left(), area.top(), area.width(), _chip_px())
        lower = QRect(area.left(), upper.bottom() + 3, area.width(), QFontMetrics(small()).height())
        when_px = width_px(small(), _when(row))
        short = _chips_px(row, False) + ARROW_PX + when_px + 10 > upper.width()
        left = _paint_chip(painter, float(upper.left()), upper, row.before, 0.45, short)
        arrow = QRectF(left + 3, upper.top(), ARROW_PX, upper.height())
        write(painter, theme.font(), theme.current().muted, arrow, "→")
        _paint_chip(painter, left + ARROW_PX, upper, row.after, 1.0, short)
        write(painter, small(), theme.current().text, QRectF(upper), _when(row), RIGHT)
        said = f"people: {row.said}" if row.said else ""
        whose = f"{row.person_name} · {row.video}"
        said_px = min(width_px(small(), said), max(lower.width() - width_px(small(), whose) - 10, lower.width() // 2))
        write(painter, small(), theme.current().muted, QRectF(lower.right() + 1 - said_px, lower.top(), said_px,
                                                            lower.height()), said, RIGHT)  # fmt: skip
        room = QRectF(lower).adjusted(0, 0, -(said_px + 10 if said else 0), 0)
        write(painter, small(), theme.current().muted, room, whose, LEFT)
        painter.restore()


def _chip_px() -> int:
    return QFontMetrics(small()).height() + 4


def _chips_px(row: ChangedRow, short: bool) -> int:
    return sum(width_px(small(), _chip_text(one, short)) + 2 * CHIP_PAD_PX for one in (row.before, row.after))


def _chip_text(emotion: str | None, short: bool) -> str:
    if emotion is None:
        return NO_LABEL
    return chip_text(emotion)[2:3] if short else chip_text(emotion)[2:]


def _paint_chip(painter: QPainter, left: float, line: QRect, emotion: str | None, share: float, short: bool) -> float:
    """A label on its colour, paler by `share`; gives where it ends."""
    text = _chip_text(emotion, short)
    area = QRectF(left, line.top(), width_px(small(), text) + 2 * CHIP_PAD_PX, line.height())
    now = theme.current()
    ground = theme.blend(theme.emotion_colour(emotion), now.panel, share) if emotion is not None else now.lane_line
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(area, 4, 4)
    write(painter, small(), theme.ink_on(ground), area.adjusted(CHIP_PAD_PX, 0, 0, 0), text)
    return area.right()
