"""The revisions of a project: which one answers, how good each is, and two of them beside one another."""

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.views import theme
from app.views.panel_rows import PanelList, paint_ground, row_area
from app.views.panel_values import counted
from app.views.training import layout
from app.views.training.changes import ChangesView
from app.views.training.painted import RIGHT, percent, small, width_px, write
from app.views.training.values import ChangedRow, RevisionRow

Index = QModelIndex | QPersistentModelIndex
ROW_ROLE: Final = Qt.ItemDataRole.UserRole
CURRENT: Final = "current"
CANDIDATE: Final = "not kept yet"
SELECT: Final = "select a revision"


class RevisionsModel(QAbstractListModel):
    """The revisions, the latest first; the bundle as it came is the last."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[RevisionRow, ...] = ()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self.rows[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return words(row)
        return row if role == ROW_ROLE else None

    def set_rows(self, rows: Sequence[RevisionRow]) -> None:
        self.beginResetModel()
        self.rows = tuple(rows)
        self.endResetModel()


class RevisionsView(QWidget):
    """The list, what can be done with the selected one, and the comparison of two."""

    make_current_requested = Signal(object)
    """The id of a revision; None is the bundle as it came."""
    compare_requested = Signal(object)
    """The id of the revision to lay beside the current one."""
    comparing_ended = Signal()
    scores_requested = Signal(str)
    delete_requested = Signal(str)
    opened = Signal(object)
    """A `ChangedRow` to show."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._read_only = ""
        self._model = RevisionsModel()
        self._list = PanelList("Revisions", self)
        self._list.setModel(self._model)
        self._list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self._list.setItemDelegate(_RevisionDelegate(self._list))
        self._list.selectionModel().currentChanged.connect(lambda *_: self._switch())
        self._list.enter_pressed.connect(self._ask_for_scores)
        self._list.doubleClicked.connect(self._ask_for_scores)
        self._list.delete_pressed.connect(self._ask_to_delete)
        self.make_current = layout.button("Make current", self._ask_to_make_current)
        self.compare = layout.button("Compare", self._ask_to_compare)
        self.scores = layout.button("Scores", self._ask_for_scores)
        self.delete = layout.button("Delete…", self._ask_to_delete)
        self.end = layout.button("Stop comparing", self.comparing_ended.emit, "link")
        self._compared = layout.label(role="heading")
        self.changes = ChangesView()
        self.changes.opened.connect(self.opened)
        self._lower = QWidget()
        lower = QVBoxLayout(self._lower)
        lower.setContentsMargins(0, 6, 0, 0)
        lower.setSpacing(0)
        head = layout.row(self._compared, None, self.end)
        head.setContentsMargins(layout.SIDE_PX, 0, 4, 0)
        lower.addLayout(head)
        lower.addWidget(self.changes, 1)
        buttons = QVBoxLayout()
        buttons.setContentsMargins(layout.SIDE_PX, 8, layout.SIDE_PX, 8)
        buttons.setSpacing(6)
        buttons.addLayout(layout.row(self.make_current, self.compare, None))
        self._more = QWidget()
        more = layout.row(self.scores, self.delete, None)
        self._more.setLayout(more)
        buttons.addWidget(self._more)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 4, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self._list, 1)
        whole.addLayout(buttons)
        whole.addWidget(self._lower, 2)
        self._lower.hide()
        self._switch()

    def set_rows(self, rows: Sequence[RevisionRow]) -> None:
        """Show these; the selected one stays so, or else the current one is selected."""
        before = self.current()
        self._model.set_rows(rows)
        wanted = before.id if before is not None else None
        places = [place for place, row in enumerate(rows) if before is not None and row.id == wanted]
        places += [place for place, row in enumerate(rows) if row.current]
        if places:
            self._list.setCurrentIndex(self._model.index(places[0], 0))
        self._switch()

    def select(self, revision_id: str | None) -> None:
        """Select a revision."""
        for place, row in enumerate(self._model.rows):
            if row.id == revision_id:
                self._list.setCurrentIndex(self._model.index(place, 0))

    def rows(self) -> tuple[RevisionRow, ...]:
        """What is listed."""
        return self._model.rows

    def current(self) -> RevisionRow | None:
        """The revision that is selected."""
        place = self._list.currentIndex().row()
        return self._model.rows[place] if 0 <= place < len(self._model.rows) else None

    def set_read_only(self, why: str) -> None:
        """Nothing can be changed, because of `why`; empty: it can."""
        self._read_only = why
        self._switch()

    def set_blind(self, blind: bool) -> None:
        self.changes.set_blind(blind)

    def show_comparison(self, text: str, changes: Sequence[ChangedRow] | None) -> None:
        """Two revisions beside one another; `text` is "1 → 1.1", `changes` None while they are looked for."""
        self._compared.setText(text)
        self.changes.set_changes(changes)
        self._lower.show()
        self._more.hide()  # the list of stretches needs the room
        QTimer.singleShot(0, self._list, self._keep_in_sight)

    def _keep_in_sight(self) -> None:
        """The list of revisions has become lower."""
        self._list.scrollTo(self._list.currentIndex())

    def end_comparison(self) -> None:
        """None are beside one another any more."""
        self._lower.hide()
        self._more.show()

    def _switch(self) -> None:
        row = self.current()
        none = "" if row is not None else SELECT
        candidate = row is not None and row.candidate
        is_current = row is not None and row.current
        alone = "" if len(self._model.rows) > 1 else "there is only one revision"
        _set(self.make_current, none or self._read_only or ("this one is current" if is_current else ""),
             "Keep it and let it answer" if candidate else "Let it answer from now on")  # fmt: skip
        _set(self.compare, none or alone or ("select another than the current one" if is_current else ""),
             "Both labels on the timeline, and the stretches that differ")  # fmt: skip
        as_it_came = row is not None and row.id is None
        _set(self.scores, none or ("this is the bundle as it came" if as_it_came else ""), "Before and after")
        why = "this is the bundle as it came" if as_it_came else "make another one current first" if is_current else ""
        _set(self.delete, none or self._read_only or why, "Remove it and its labels; corrections stay")

    def _ask_to_make_current(self) -> None:
        row = self.current()
        if row is not None and self.make_current.isEnabled():
            self.make_current_requested.emit(row.id)

    def _ask_to_compare(self) -> None:
        row = self.current()
        if row is not None:
            self.compare_requested.emit(row.id)

    def _ask_for_scores(self) -> None:
        row = self.current()
        if row is not None and row.id is not None:
            self.scores_requested.emit(row.id)

    def _ask_to_delete(self) -> None:
        row = self.current()
        if row is not None and row.id is not None and self.delete.isEnabled():
            self.delete_requested.emit(row.id)


def _set(button: Any, why_not: str, tip: str) -> None:
    button.setEnabled(not why_not)
    button.setToolTip(why_not or tip)


def words(row: RevisionRow) -> str:
    """A revision in words."""
    marks = [mark for mark, there in ((CURRENT, row.current), (CANDIDATE, row.candidate)) if there]
    parts = [row.name, *marks, _origin(row), *(part for part in (scores_text(row), guard_text(row), row.note) if part)]
    return ", ".join(parts)


def scores_text(row: RevisionRow) -> str:
    """ "52 → 71 %" on its corrections."""
    if row.before is None or row.after is None:
        return ""
    return f"{percent(row.before).removesuffix(' %')} → {percent(row.after)}"


def guard_text(row: RevisionRow) -> str:
    """ "guard 88 → 88 %"."""
    if row.guard_before is None or row.guard_after is None:
        return ""
    return f"guard {percent(row.guard_before).removesuffix(' %')} → {percent(row.guard_after)}"


def _origin(row: RevisionRow) -> str:
    if row.id is None:
        return "as it came"
    return " · ".join(part for part in (counted(row.lessons, "correction"), row.made) if part)


class _RevisionDelegate(QStyledItemDelegate):
    """A row on two lines: name, mark and gain; then what it learned from, when, and the guard set."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(120, QFontMetrics(theme.font()).height() + QFontMetrics(small()).height() + 16)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: RevisionRow = index.data(ROW_ROLE)
        now = theme.current()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_ground(painter, option, framed=row.current)
        area = row_area(option.rect).adjusted(10, 6, -10, -6)
        upper = QRect(area.left(), area.top(), area.width(), QFontMetrics(theme.font()).height())
        lower = QRect(area.left(), upper.bottom() + 2, area.width(), QFontMetrics(small()).height())
        bold = theme.font(bold=True)
        write(painter, bold, now.text, QRectF(upper), row.name)
        left = float(upper.left() + width_px(bold, row.name) + 8)
        if row.current:
            left = _paint_mark(painter, left, upper, CURRENT, now.accent)
        if row.candidate:
            _paint_mark(painter, left, upper, CANDIDATE, now.warning)
        write(painter, theme.font(), now.text, QRectF(upper), scores_text(row), RIGHT)
        right = row.note or guard_text(row)
        write(painter, small(), now.warning if row.note else now.muted, QRectF(lower), right, RIGHT)
        room = QRectF(lower).adjusted(0, 0, -(width_px(small(), right) + 10 if right else 0), 0)
        origin = _origin(row)
        if width_px(small(), origin) > room.width():
            origin = origin.removesuffix(row.made[10:])
        write(painter, small(), now.muted, room, origin)
        painter.restore()


def _paint_mark(painter: QPainter, left: float, line: QRect, text: str, colour: Any) -> float:
    """A word in a rounded frame; gives where the next may go."""
    area = QRectF(left, line.top() + 0.5, width_px(small(), text) + 12, line.height() - 1)
    painter.setPen(colour)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(area, 4, 4)
    write(painter, small(), colour, area.adjusted(6, 0, 0, 0), text)
    return area.right() + 6
