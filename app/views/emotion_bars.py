"""Every answer at the playhead: seven bars for each of fused, frame, slice and voice, painted in one go.

This is called for every frame while a video plays: a new reading asks for one repaint and for no layout.
"""

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import (
    QContextMenuEvent,
    QFont,
    QFontMetrics,
    QGuiApplication,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolTip, QWidget

from app.inspection import BranchReading, Reading
from app.timeline.clock import clock_text
from app.views import theme
from app.views.emotion_chip import chip_text
from engine.emotions import COUNT, EMOTIONS

SMALL: Final = 0.88
MARGIN_PX: Final = 10
GAP_PX: Final = 8
BLOCK_GAP_PX: Final = 6
BAR_RADIUS_PX: Final = 2
SMALLEST_BAR_PX: Final = 2.0
SPOKEN_AFTER_MS: Final = 400
"""Screen readers are told once the playhead rests."""

NO_ANSWER: Final = "not analysed yet"
BLIND: Final = "Blind mode: predictions are hidden"


@dataclass(frozen=True, slots=True)
class _Group:
    title: str
    branch: str
    """Its name in a reading."""


GROUPS: Final = (
    _Group("Fused", "fused"),
    _Group("Frame", "frame"),
    _Group("Slice", "slice"),
    _Group("Voice", "second"),
)


@dataclass(frozen=True, slots=True)
class _Measures:
    """Fonts and what follows from their size."""

    normal: QFont
    bold: QFont
    small: QFont
    heading_px: int
    row_px: int
    header_px: int
    label_px: int
    number_px: int

    @classmethod
    def of_application(cls) -> "_Measures":
        normal, bold, small = theme.font(), theme.font(bold=True), theme.font(SMALL)
        small_metrics = QFontMetrics(small)
        return cls(
            normal=normal,
            bold=bold,
            small=small,
            heading_px=QFontMetrics(bold).height(),
            row_px=small_metrics.height() + 1,
            header_px=QFontMetrics(bold).height() + 3,
            label_px=max(small_metrics.horizontalAdvance(_label(emotion)) for emotion in EMOTIONS) + 7,
            number_px=small_metrics.horizontalAdvance("0.00") + 5,
        )

    @property
    def top_px(self) -> int:
        return MARGIN_PX - 2 + self.heading_px + self.row_px + BLOCK_GAP_PX

    @property
    def block_px(self) -> int:
        return self.header_px + COUNT * self.row_px


class EmotionBars(QWidget):
    """The four groups in one column, or two beside one another that share their names."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Answers at the playhead")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._reading: Reading | None = None
        self._heading = ""
        self._blind = False
        self._columns = 1
        self._measures = _Measures.of_application()
        self._speak_later = QTimer(self, singleShot=True, interval=SPOKEN_AFTER_MS)
        self._speak_later.timeout.connect(self._speak)

    def set_reading(self, reading: Reading | None, person_name: str, time_s: float) -> None:
        """Show a reading, or that there is none; without a name nothing at all."""
        self._reading = reading
        self._heading = f"{person_name} at {clock_text(time_s)}" if person_name else ""
        self._speak_later.start()
        self.update()

    def clear(self) -> None:
        """Nothing is open."""
        self._reading, self._heading = None, ""
        self.update()

    def set_blind(self, blind: bool) -> None:
        """Hide what the model says, and say so."""
        self._blind = blind
        self.update()

    def set_columns(self, columns: int) -> None:
        """One column of four groups, or two columns of two."""
        if columns != self._columns:
            self._columns = columns
            self.updateGeometry()
            self.update()

    def height_px(self, columns: int) -> int:
        """How high the widget is with so many columns."""
        rows = len(GROUPS) // columns
        return self._measures.top_px + rows * self._measures.block_px + (rows - 1) * BLOCK_GAP_PX + 2

    def sizeHint(self) -> QSize:
        return QSize(260, self.height_px(self._columns))

    def minimumSizeHint(self) -> QSize:
        return QSize(180, self.height_px(self._columns))

    def text(self) -> str:
        """All answers with all their digits, as a table that a spreadsheet takes."""
        lines = [self._heading]
        if self._blind or self._reading is None:
            return "\n".join([*lines, BLIND if self._blind else NO_ANSWER])
        answers = [_answer(self._reading, group) for group in GROUPS]
        lines += [self._reading.branches_text, "\t".join(["", *(group.title.lower() for group in GROUPS)])]
        for index, emotion in enumerate(EMOTIONS):
            lines.append("\t".join([emotion, *(_digits(answer, index) for answer in answers)]))
        return "\n".join(lines)

    def copy(self) -> None:
        """Put `text()` on the clipboard."""
        QGuiApplication.clipboard().setText(self.text())

    def tip_at(self, point: QPoint) -> str:
        """What lies under a point, with all digits; empty where nothing does."""
        if self._blind or self._reading is None:
            return ""
        for place, group in enumerate(GROUPS):
            area = self._area(place)
            if not area.contains(point):
                continue
            answer = _answer(self._reading, group)
            row = (point.y() - area.top() - self._measures.header_px) // self._measures.row_px
            if answer.probabilities is None:
                return f"{group.title}: {answer.reason}"
            covers = f"{group.title}, {clock_text(answer.start_s)} to {clock_text(answer.end_s)}"
            return f"{covers}\n{chip_text(EMOTIONS[row])}: {_digits(answer, row)}" if 0 <= row < COUNT else covers
        return ""

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.tip_at(event.pos()), self)
            return True
        if event.type() == QEvent.Type.ShortcutOverride and _is_copy(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if _is_copy(event):
            self.copy()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Copy these numbers").triggered.connect(self.copy)
        menu.popup(event.globalPos())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.ApplicationFontChange):
            self._measures = _Measures.of_application()
            self.updateGeometry()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._paint_heading(painter)
        if self._blind or self._reading is None:
            self._paint_instead(painter, BLIND if self._blind else NO_ANSWER if self._heading else "")
            return
        for place, group in enumerate(GROUPS):
            self._paint_group(painter, place, group, _answer(self._reading, group))

    def _area(self, place: int) -> QRect:
        """Where a group stands, its header and its bars without the names."""
        measures = self._measures
        column, row = place % self._columns, place // self._columns
        left = MARGIN_PX + measures.label_px
        width = (self.width() - left - MARGIN_PX - GAP_PX * (self._columns - 1)) // self._columns
        top = measures.top_px + row * (measures.block_px + BLOCK_GAP_PX)
        return QRect(left + column * (width + GAP_PX), top, width, measures.block_px)

    def _paint_heading(self, painter: QPainter) -> None:
        measures, colours = self._measures, theme.current()
        width = self.width() - 2 * MARGIN_PX
        line = QRect(MARGIN_PX, MARGIN_PX - 2, width, measures.heading_px)
        painter.setFont(measures.bold)
        painter.setPen(colours.text)
        heading = QFontMetrics(measures.bold).elidedText(self._heading, Qt.TextElideMode.ElideMiddle, width)
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, heading)
        if self._reading is not None and not self._blind:
            line = QRect(MARGIN_PX, line.bottom() + 1, width, measures.row_px)
            said = QFontMetrics(measures.small).elidedText(
                self._reading.branches_text, Qt.TextElideMode.ElideRight, width
            )
            painter.setFont(measures.small)
            painter.setPen(colours.muted)
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, said)

    def _paint_instead(self, painter: QPainter, sentence: str) -> None:
        painter.setFont(self._measures.normal)
        painter.setPen(theme.current().muted)
        area = self.rect().adjusted(MARGIN_PX, self._measures.top_px, -MARGIN_PX, -MARGIN_PX)
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, sentence)

    def _paint_group(self, painter: QPainter, place: int, group: _Group, answer: BranchReading) -> None:
        measures, colours = self._measures, theme.current()
        area = self._area(place)
        first = place % self._columns == 0
        header = QRect(area.left(), area.top(), area.width(), measures.header_px)
        if self._columns == 1:
            header.setLeft(MARGIN_PX)
        painter.setFont(measures.bold)
        painter.setPen(colours.text)
        painter.drawText(header, Qt.AlignmentFlag.AlignVCenter, group.title)
        bars = area.adjusted(0, measures.header_px, 0, 0)
        if first:
            self._paint_names(painter, bars.top(), answer if self._columns == 1 else None)
        if answer.probabilities is None:
            self._paint_reason(painter, bars, answer.reason)
            return
        self._paint_interval(painter, header, group, answer)
        self._paint_bars(painter, bars, [float(share) for share in answer.probabilities])

    def _paint_names(self, painter: QPainter, top: int, answer: BranchReading | None) -> None:
        measures, colours = self._measures, theme.current()
        leading = None if answer is None or answer.probabilities is None else int(answer.probabilities.argmax())
        painter.setFont(measures.small)
        for index, emotion in enumerate(EMOTIONS):
            painter.setPen(colours.text if index == leading else colours.muted)
            line = QRect(MARGIN_PX, top + index * measures.row_px, measures.label_px, measures.row_px)
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, _label(emotion))

    def _paint_interval(self, painter: QPainter, header: QRect, group: _Group, answer: BranchReading) -> None:
        """What the answer covers, where there is room for it beside the title."""
        measures = self._measures
        said = f"{answer.start_s:.2f} – {answer.end_s:.2f} s"
        title_px = QFontMetrics(measures.bold).horizontalAdvance(group.title)
        painter.setFont(measures.small)
        if title_px + GAP_PX + QFontMetrics(measures.small).horizontalAdvance(said) <= header.width():
            painter.setPen(theme.current().muted)
            painter.drawText(header, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, said)

    def _paint_reason(self, painter: QPainter, area: QRect, reason: str) -> None:
        measures, colours = self._measures, theme.current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(colours.lane_line)
        painter.setBrush(colours.lane)
        painter.drawRoundedRect(QRectF(area).adjusted(0.5, 1.5, -0.5, -1.5), 4, 4)
        painter.setFont(measures.small)
        painter.setPen(colours.muted)
        painter.drawText(area.adjusted(6, 4, -6, -4), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, reason)

    def _paint_bars(self, painter: QPainter, area: QRect, shares: list[float]) -> None:
        measures, colours = self._measures, theme.current()
        room = area.width() - measures.number_px
        thick = max(4.0, measures.row_px * 0.55)
        leading = shares.index(max(shares))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(measures.small)
        for index, share in enumerate(shares):
            top = area.top() + index * measures.row_px
            track = QRectF(area.left(), top + (measures.row_px - thick) / 2, room, thick)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.lane_line)
            painter.drawRoundedRect(track, BAR_RADIUS_PX, BAR_RADIUS_PX)
            track.setWidth(max(SMALLEST_BAR_PX, room * min(1.0, share)))
            painter.setBrush(theme.emotion_colour(EMOTIONS[index]))
            painter.drawRoundedRect(track, BAR_RADIUS_PX, BAR_RADIUS_PX)
            painter.setPen(colours.text if index == leading else colours.muted)
            number = QRect(area.left(), top, area.width(), measures.row_px)
            painter.drawText(number, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{share:.2f}")

    def _speak(self) -> None:
        self.setAccessibleDescription(self.text())


def _label(emotion: str) -> str:
    return f"{EMOTIONS.index(emotion) + 1} {emotion}"


def _answer(reading: Reading, group: _Group) -> BranchReading:
    answer: BranchReading = getattr(reading, group.branch)
    return answer


def _digits(answer: BranchReading, index: int) -> str:
    """A probability with as many digits as tell it from every other float32; or why there is none."""
    return answer.reason if answer.probabilities is None else str(answer.probabilities[index])


def _is_copy(event: QEvent) -> bool:
    return isinstance(event, QKeyEvent) and event.matches(QKeySequence.StandardKey.Copy)
