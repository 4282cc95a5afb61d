"""The disagreements one may walk through: what each rater says, whose and when, and what settled it."""

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.agreement.values import Disagreement
from app.agreement.wording import answer_text
from app.timeline.clock import short_clock_text
from app.views import claimed_keys, theme
from app.views.agreement.values import Standing
from app.views.emotion_chip import chip_text
from app.views.panel_rows import PanelList, paint_ground, row_area
from app.views.review_table import ANSWERS
from app.views.training.painted import LEFT, RIGHT, small, width_px, write

Index = QModelIndex | QPersistentModelIndex
ROW_ROLE: Final = Qt.ItemDataRole.UserRole
CHIP_PAD_PX: Final = 5
GAP_PX: Final = 8
INITIALS: Final = 12
"""Characters of a rater's name that are shown."""


class DisagreementModel(QAbstractListModel):
    """The disagreements, in the order given."""

    def __init__(self) -> None:
        super().__init__()
        self.standing = Standing()
        self.rows: tuple[Disagreement, ...] = ()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return self.words(self.rows[index.row()])
        return self.rows[index.row()] if role == ROW_ROLE else None

    def set_rows(self, standing: Standing, rows: Sequence[Disagreement]) -> None:
        self.beginResetModel()
        self.standing, self.rows = standing, tuple(rows)
        self.endResetModel()

    def words(self, row: Disagreement) -> str:
        """A disagreement in words."""
        raters = self.standing.agreement.raters if self.standing.agreement else ()
        said = ", ".join(f"{rater} {answer_text(answer)}" for rater, answer in zip(raters, row.said, strict=True))
        settled = f"; settled as {answer_text(row.consensus)}" if row.settled else ""
        return f"{said}{settled}; {self.place(row)} at {when_text(row)}"

    def place(self, row: Disagreement) -> str:
        """Whose, and in which video."""
        person = self.standing.person_name((row.media_id, row.person))
        return f"{person} · {self.standing.videos.get(row.media_id, '')}"


class DisagreementList(PanelList):
    """Keys that answer come to it before the window's shortcuts."""

    answer_requested = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__("Disagreements", parent)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setItemDelegate(_Delegate(self))

    def event(self, event: QEvent) -> bool:
        return claimed_keys.claimed(event, ANSWERS) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if claimed_keys.pressed(event, ANSWERS):
            self.answer_requested.emit(ANSWERS[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)


def when_text(row: Disagreement) -> str:
    """ "01:07 · 2.4 s"."""
    return f"{short_clock_text(row.start_s)} · {row.end_s - row.start_s:.1f} s"


class _Delegate(QStyledItemDelegate):
    """A row on two lines: what is said, with whose name each; then whose, where and when, and what settled it."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(120, _chip_px() + QFontMetrics(small()).height() + 16)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model: DisagreementModel = index.model()  # type: ignore[assignment]
        row: Disagreement = index.data(ROW_ROLE)
        colours = theme.current()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_ground(painter, option, framed=False)
        area = row_area(option.rect).adjusted(8, 5, -8, -5)
        upper = QRect(area.left(), area.top(), area.width(), _chip_px())
        lower = QRect(area.left(), upper.bottom() + 3, area.width(), QFontMetrics(small()).height())
        settled_px = self._paint_settled(painter, upper, row)
        raters = model.standing.agreement.raters if model.standing.agreement else ()
        _paint_said(painter, upper.adjusted(0, 0, -settled_px, 0), raters, row)
        when = when_text(row)
        write(painter, small(), colours.muted, QRectF(lower), when, RIGHT)
        room = QRectF(lower).adjusted(0, 0, -width_px(small(), when) - 10, 0)
        write(painter, small(), colours.muted, room, model.place(row), LEFT)
        painter.restore()

    def _paint_settled(self, painter: QPainter, line: QRect, row: Disagreement) -> int:
        """What settled it, at the right; gives how much room that takes."""
        if not row.settled:
            return 0
        text = f"✓ {chip_text(row.consensus)[2:]}"
        room_px = width_px(small(), text) + 2 * CHIP_PAD_PX
        _paint_chip(
            painter, QRectF(line.right() - room_px + 1, line.top(), room_px, line.height()), row.consensus, text
        )
        return room_px + GAP_PX


def _paint_said(painter: QPainter, line: QRect, raters: Sequence[str], row: Disagreement) -> None:
    """Name and answer of each rater; without names, and then with letters alone, where it is narrow."""
    said = [(rater[:INITIALS], answer) for rater, answer in zip(raters, row.said, strict=True) if answer != ""]
    for named, short in ((True, False), (True, True), (False, True)):
        if sum(_said_px(name if named else "", answer, short) for name, answer in said) <= line.width() + GAP_PX:
            break
    left = float(line.left())
    for name, answer in said:
        shown, text = (name if named else ""), _answer(answer, short)
        name_px = width_px(small(), shown) + 5 if shown else 0
        write(painter, small(), theme.current().text, QRectF(left, line.top(), name_px, line.height()), shown)
        chip = QRectF(left + name_px, line.top(), width_px(small(), text) + 2 * CHIP_PAD_PX, line.height())
        _paint_chip(painter, chip, answer, text)
        left += _said_px(shown, answer, short)


def _said_px(name: str, answer: str | None, short: bool) -> int:
    name_px = width_px(small(), name) + 5 if name else 0
    return name_px + width_px(small(), _answer(answer, short)) + 2 * CHIP_PAD_PX + GAP_PX


def _answer(answer: str | None, short: bool) -> str:
    """ "S sad", or "S"."""
    text = chip_text(answer)[2:]
    return text[:1] if short else text


def _chip_px() -> int:
    return QFontMetrics(small()).height() + 4


def _paint_chip(painter: QPainter, area: QRectF, emotion: str | None, text: str) -> None:
    colours = theme.current()
    ground = theme.emotion_colour(emotion) if emotion else colours.lane_line
    ink = theme.emotion_ink(emotion) if emotion else colours.text
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(area, 4, 4)
    write(painter, small(), ink, area.adjusted(CHIP_PAD_PX, 0, 0, 0), text)
