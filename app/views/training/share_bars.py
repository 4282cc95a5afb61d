"""How many corrections there are of each emotion and of each participant: a row each, with a bar."""

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QBrush, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.views import theme
from app.views.panel_values import counted
from app.views.training.painted import LEFT, RIGHT, Painted, line_px, paint_letter, quiet, small, width_px, write
from app.views.training.values import ClassShare, ParticipantShare

ROW_GAP_PX: Final = 5
COLUMN_GAP_PX: Final = 8
NAME_SHARE: Final = 0.4
"""Names take at most this much of the width."""
FEW: Final = "few"
SHOWN_PARTICIPANTS: Final = 12


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    emotion: str | None
    count: int
    note: str
    thin: bool
    tip: str


class ShareBars(Painted):
    """Rows of counts."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self._rows: tuple[_Row, ...] = ()

    def set_classes(self, shares: tuple[ClassShare, ...]) -> None:
        """The seven emotions; those of which there are few say so."""
        self._rows = tuple(
            _Row(
                share.emotion, share.emotion, share.count, FEW if share.thin and share.count else "", share.thin,
                _class_tip(share),
            )
            for share in shares
        )  # fmt: skip
        self.changed()

    def set_participants(self, shares: tuple[ParticipantShare, ...]) -> None:
        """Whose corrections they are, the most first; the many with little are one row."""
        ordered = sorted(shares, key=lambda share: (-share.count, share.name))
        first, rest = ordered[:SHOWN_PARTICIPANTS], ordered[SHOWN_PARTICIPANTS:]
        rows = [_Row(one.name, None, one.count, "", False, _participant_tip(one)) for one in first]
        if rest:
            total = sum(one.count for one in rest)
            rows.append(_Row(f"{len(rest):,} more", None, total, "", False, counted(total, "correction")))
        self._rows = tuple(rows)
        self.changed()

    def height_px(self) -> int:
        return len(self._rows) * self._row_px()

    def words(self) -> str:
        return "; ".join(row.tip for row in self._rows)

    def tip_at(self, point: QPoint) -> str:
        place = point.y() // self._row_px()
        return self._rows[place].tip if 0 <= place < len(self._rows) else ""

    def _row_px(self) -> int:
        return line_px(small()) + ROW_GAP_PX

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font, row_px = small(), self._row_px()
        letters = any(row.emotion for row in self._rows)
        left_px = row_px if letters else 0
        widest = max((width_px(font, row.name) for row in self._rows), default=0)
        name_px = min(widest, round(self.width() * NAME_SHARE)) + COLUMN_GAP_PX
        number_px = max((width_px(font, f"{row.count:,}") for row in self._rows), default=0) + COLUMN_GAP_PX
        note_px = width_px(font, FEW) + COLUMN_GAP_PX if any(row.note for row in self._rows) else 0
        bar_left = left_px + name_px
        bar_px = max(self.width() - bar_left - number_px - note_px, 10)
        most = max((row.count for row in self._rows), default=1) or 1
        for place, row in enumerate(self._rows):
            top = place * row_px
            self._paint_row(painter, row, QRectF(0, top, self.width(), row_px), left_px, name_px)
            area = QRectF(bar_left, top + row_px * 0.22, bar_px * row.count / most, row_px * 0.56)
            self._paint_bar(painter, row, area, QRectF(bar_left, area.top(), bar_px, area.height()))
            ink = theme.current().text if row.count else theme.current().muted
            number = QRectF(bar_left + bar_px, top, number_px, row_px)
            write(painter, font, ink, number, f"{row.count:,}", RIGHT)
            if row.note:
                note = QRectF(number.right() + COLUMN_GAP_PX, top, note_px, row_px)
                write(painter, font, theme.current().warning, note, row.note, LEFT)

    def _paint_row(self, painter: QPainter, row: _Row, area: QRectF, left_px: int, name_px: int) -> None:
        if row.emotion is not None:
            side = area.height() - ROW_GAP_PX + 1
            paint_letter(painter, QRectF(0, area.top() + (area.height() - side) / 2, side, side), row.emotion)
        now = theme.current()
        name = QRectF(left_px, area.top(), name_px - COLUMN_GAP_PX + 1, area.height())
        write(painter, small(), now.text if row.count else now.muted, name, row.name)

    def _paint_bar(self, painter: QPainter, row: _Row, area: QRectF, track: QRectF) -> None:
        colour = theme.emotion_colour(row.emotion) if row.emotion is not None else theme.current().accent
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.current().lane_line)
        painter.drawRoundedRect(track, 2, 2)
        if not row.count:
            return
        bar = QRectF(area.left(), area.top(), max(area.width(), 3.0), area.height())
        painter.setBrush(quiet(colour, 0.4) if row.thin else colour)
        painter.drawRoundedRect(bar, 2, 2)
        if row.thin:
            painter.setBrush(QBrush(colour, Qt.BrushStyle.BDiagPattern))
            painter.drawRoundedRect(bar, 2, 2)


def _class_tip(share: ClassShare) -> str:
    if not share.count:
        return f"{share.emotion}: no correction yet"
    said = f"{share.emotion}: {counted(share.count, 'correction')} of {counted(share.participants, 'participant')}"
    return f"{said}; too few to learn it well" if share.thin else said


def _participant_tip(share: ParticipantShare) -> str:
    return f"{share.name}: {counted(share.count, 'correction')} in {counted(share.videos, 'video')}"
