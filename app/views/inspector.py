"""The inspector: every answer at the playhead, and below it the selected correction or how to make one."""

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.inspection import Reading
from app.project.values import Correction
from app.views import theme
from app.views.correction_card import CorrectionCard
from app.views.emotion_bars import EmotionBars
from app.views.emotion_chip import EmotionChip
from engine.emotions import EMOTIONS

HINT: Final = "Drag on the timeline, then press 1 to 7 or 0."
CHIP_COLUMNS: Final = 3


class Inspector(QWidget):
    """What the model says at the playhead, and what a person says."""

    note_changed = Signal(str, str)
    seen_in_changed = Signal(str, str)
    interval_changed = Signal(str, float, float)
    emotion_changed = Signal(str, object)
    delete_requested = Signal(str)
    label_clicked = Signal(object)
    """A label for what is selected on the timeline: an emotion, or None for unsure."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Inspector")
        self._bars = EmotionBars()
        self._card = CorrectionCard()
        for name in ("note_changed", "seen_in_changed", "interval_changed", "emotion_changed", "delete_requested"):
            getattr(self._card, name).connect(getattr(self, name))
        self._read_only = self._no_target = ""
        self._legend = _Legend()
        self._legend.clicked.connect(self.label_clicked)
        self._lower = QStackedWidget()
        self._lower.addWidget(self._legend)
        self._lower.addWidget(self._card)
        self._show_below(self._legend)
        self._scroll = self._built_scroll()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._scroll)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Base)

    def set_reading(self, reading: Reading | None, person_name: str, time_s: float) -> None:
        """Show the answers at a moment; None says that there are none yet. Cheap: one repaint, no layout."""
        self._bars.set_reading(reading, person_name, time_s)

    def clear(self) -> None:
        """Nothing is open."""
        self._bars.clear()
        self.set_correction(None)

    def set_blind(self, blind: bool) -> None:
        """Hide what the model says, and say so."""
        self._bars.set_blind(blind)

    def set_correction(self, correction: Correction | None) -> None:
        """Show the selected correction, or how to make one."""
        self._card.set_correction(correction)
        self._show_below(self._legend if correction is None else self._card)

    def _show_below(self, page: QWidget) -> None:
        """Show one of the two below the bars; the other takes no room."""
        for other in (self._legend, self._card):
            wanted = QSizePolicy.Policy.Preferred if other is page else QSizePolicy.Policy.Ignored
            other.setSizePolicy(QSizePolicy.Policy.Preferred, wanted)
        self._lower.setCurrentWidget(page)

    def set_label_reason(self, why_not: str) -> None:
        """Why nothing can be labelled now ("select a range first"); empty when it can."""
        self._no_target = why_not
        self._legend.set_reason(self._read_only or why_not)

    def set_read_only(self, why: str) -> None:
        """Nothing can be changed, because of `why`; empty: it can."""
        self._read_only = why
        self._card.set_read_only(why)
        self._legend.set_reason(why or self._no_target)

    def commit_note(self) -> None:
        """Tell a note that is still being typed, before something is closed."""
        self._card.commit_note()

    def focus_note(self) -> None:
        """Put the cursor in the selected correction's note."""
        self._card.focus_note()

    def text(self) -> str:
        """All answers shown, with all their digits."""
        return self._bars.text()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        one_column_px = self._bars.height_px(1) + self._lower.sizeHint().height()
        self._bars.set_columns(1 if one_column_px <= self.height() else 2)

    def _built_scroll(self) -> QScrollArea:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self._bars)
        column.addWidget(_line())
        column.addWidget(self._lower)
        column.addStretch(1)
        scroll = QScrollArea(self)
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inside.setAutoFillBackground(False)
        scroll.viewport().setAutoFillBackground(False)
        return scroll


class _Legend(QWidget):
    """How to make a correction, and the labels as buttons: what each colour means."""

    clicked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        hint = QLabel(HINT, self)
        hint.setWordWrap(True)
        theme.set_role(hint, "small")
        grid = QGridLayout(self)
        grid.setContentsMargins(10, 0, 10, 8)
        grid.setSpacing(5)
        grid.addWidget(hint, 0, 0, 1, CHIP_COLUMNS)
        self._chips = [EmotionChip(emotion, self) for emotion in (*EMOTIONS, None)]
        for place, chip in enumerate(self._chips):
            chip.clicked.connect(self._on_click)
            grid.addWidget(chip, 1 + place // CHIP_COLUMNS, place % CHIP_COLUMNS)
        grid.setRowStretch(grid.rowCount(), 1)
        self.set_reason("")

    def set_reason(self, why_not: str) -> None:
        for chip in self._chips:
            chip.setEnabled(not why_not)
            chip.setToolTip(why_not or f"Label the selection {chip.accessibleName()}")

    def _on_click(self) -> None:
        chip = self.sender()
        assert isinstance(chip, EmotionChip)
        self.clicked.emit(chip.emotion)


def _line() -> QFrame:
    line = QFrame()
    line.setFrameShape(QFrame.Shape.HLine)
    line.setFrameShadow(QFrame.Shadow.Plain)
    line.setForegroundRole(QPalette.ColorRole.Mid)
    return line
