"""The selected correction: what it says, when, by whom, and the fields that change it."""

from typing import Final

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QLayout,
    QLineEdit,
    QMenu,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.project.values import SEEN_IN, Correction, Origin
from app.timeline.clock import clock_text, parse_clock
from app.views import icons, theme
from app.views.emotion_chip import EmotionChip, chip_text
from engine.emotions import EMOTIONS

ORIGIN_WORDS: Final[dict[Origin, str]] = {
    "blank": "from scratch",
    "edited": "edited prediction",
    "accepted": "accepted prediction",
    "batch": "accepted in a batch",
}
SPACING_PX: Final = 5
FIELD_FONT: Final = 0.9
"""So that the card fits a narrow column."""
FIELD_PADDING_PX: Final = 20
CODER_CHARACTERS: Final = 14


class CorrectionCard(QWidget):
    """One correction. Every signal names it by its id; what was asked for and not done goes back to what is stored.

    Enter in a field applies it and gives the keys back to the window.
    """

    note_changed = Signal(str, str)
    seen_in_changed = Signal(str, str)
    interval_changed = Signal(str, float, float)
    emotion_changed = Signal(str, object)
    delete_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Selected correction")
        self._correction: Correction | None = None
        self._before_unsure: str | None = None
        self._by = QLabel(self)
        self._by.setTextFormat(Qt.TextFormat.PlainText)
        theme.set_role(self._by, "small")
        self._chip = EmotionChip(None, self, opens_menu=True)
        self._chip.clicked.connect(self._show_choices)
        self._unsure = QCheckBox("unsure", self)
        self._unsure.setFont(theme.font(FIELD_FONT))
        self._unsure.clicked.connect(self._on_unsure)
        self._delete = QToolButton(self)
        self._delete.setAccessibleName("Delete the correction")
        self._delete.clicked.connect(self._on_delete)
        self._delete.setMaximumHeight(self.fontMetrics().height() + 8)
        theme.set_role(self._delete, "quiet")
        self._seen_in = {place: self._seen_in_button(place) for place in SEEN_IN}
        self._start, self._end = self._time_field("Start"), self._time_field("End")
        self._note = QLineEdit(self)
        self._note.setPlaceholderText("Note…")
        self._note.setAccessibleName("Note")
        self._note.editingFinished.connect(self.commit_note)
        self._note.returnPressed.connect(self._note.clearFocus)
        self._lay_out()
        self._draw_icons()
        self.set_read_only("")

    def set_correction(self, correction: Correction | None) -> None:
        """Show a correction. A note still being typed for another one is told first."""
        before, typed = self._correction, self._note.text()
        self._correction = correction
        if before is None or correction is None or before.id != correction.id:
            self._before_unsure = None
        if correction is not None:
            self._show(correction, keep_note=before is not None and before.id == correction.id and self._typing(before))
        if before is not None and (correction is None or correction.id != before.id) and typed != before.note:
            self.note_changed.emit(before.id, typed)

    def set_read_only(self, why: str) -> None:
        """Nothing can be changed, because of `why`; empty: it can."""
        tips: dict[QWidget, str] = {
            self._chip: "Choose another label",
            self._unsure: "Looked at, and could not say",
            self._delete: "Delete the correction (Del)",
            self._start: "Start, in minutes and seconds; Enter applies",
            self._end: "End, in minutes and seconds; Enter applies",
            self._note: "A note on this correction",
            **{button: f"Seen in the {place}" for place, button in self._seen_in.items()},
            self._seen_in["both"]: "Seen in face and voice",
        }
        for widget, tip in tips.items():
            widget.setEnabled(not why)
            widget.setToolTip(why or tip)

    def commit_note(self) -> None:
        """Tell a note that was typed and not told yet."""
        if self._correction is not None and self._note.text() != self._correction.note:
            self.note_changed.emit(self._correction.id, self._note.text())

    def focus_note(self) -> None:
        """Put the cursor in the note, if it is in view: elsewhere nobody would see what is typed."""
        if self._note.isVisible():
            self._note.setFocus()
            self._note.selectAll()

    def choices(self) -> QMenu:
        """The labels that there are; the one in use is checked."""
        menu = QMenu(self)
        for emotion in (*EMOTIONS, None):
            action = menu.addAction(chip_text(emotion))
            action.setCheckable(True)
            action.setChecked(self._correction is not None and self._correction.emotion == emotion)
            action.setData(emotion)
        menu.triggered.connect(lambda action: self._change_emotion(action.data()))
        return menu

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw_icons()

    def _show(self, correction: Correction, keep_note: bool) -> None:
        if correction.emotion is not None:
            self._before_unsure = correction.emotion
        self._chip.set_emotion(correction.emotion)
        self._unsure.setChecked(correction.emotion is None)
        self._by.setText(f"{_shortened(correction.coder)} · {ORIGIN_WORDS[correction.origin]}")
        self._by.setToolTip(f"{correction.coder}, {correction.made_at}")
        self._seen_in[correction.seen_in].setChecked(True)
        self._start.setText(clock_text(correction.start_s))
        self._end.setText(clock_text(correction.end_s))
        if not keep_note:
            self._note.setText(correction.note)

    def _typing(self, before: Correction) -> bool:
        return self._note.hasFocus() and self._note.text() != before.note

    def _change_emotion(self, emotion: str | None) -> None:
        if self._correction is not None and emotion != self._correction.emotion:
            self.emotion_changed.emit(self._correction.id, emotion)
            self._show_stored()

    def _on_unsure(self, unsure: bool) -> None:
        """Back to what it was before; one that was never sure of anything has to be chosen."""
        if unsure or self._before_unsure is not None:
            self._change_emotion(None if unsure else self._before_unsure)
        else:
            self._unsure.setChecked(True)
            self._show_choices()

    def _on_delete(self) -> None:
        if self._correction is not None:
            self.delete_requested.emit(self._correction.id)

    def _on_seen_in(self) -> None:
        for place, button in self._seen_in.items():
            if button.isChecked() and self._correction is not None and place != self._correction.seen_in:
                self.seen_in_changed.emit(self._correction.id, place)
                self._show_stored()
                return

    def _on_times(self) -> None:
        """Tell new times; an end that was not typed keeps its digits beyond milliseconds. What is no time goes back."""
        correction = self._correction
        if correction is None:
            return
        start_s = _edited(self._start, correction.start_s)
        end_s = _edited(self._end, correction.end_s)
        if start_s is None or end_s is None or start_s >= end_s:
            self._start.setText(clock_text(correction.start_s))
            self._end.setText(clock_text(correction.end_s))
        elif (start_s, end_s) != (correction.start_s, correction.end_s):
            self.interval_changed.emit(correction.id, start_s, end_s)
            self._show_stored()

    def _show_stored(self) -> None:
        """What was just asked for may have been refused. A note that is still being typed stays."""
        if self._correction is not None:
            self._show(self._correction, keep_note=True)

    def _show_choices(self) -> None:
        menu = self.choices()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self._chip.mapToGlobal(QPoint(0, self._chip.height())))

    def _seen_in_button(self, place: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(place)
        button.setFont(theme.font(FIELD_FONT))
        button.setCheckable(True)
        button.setAccessibleName(f"Seen in {place}")
        button.clicked.connect(self._on_seen_in)
        return button

    def _time_field(self, name: str) -> QLineEdit:
        field = QLineEdit(self)
        field.setAccessibleName(name)
        field.setFont(theme.font(FIELD_FONT))
        field.setMinimumWidth(QFontMetrics(field.font()).horizontalAdvance("00:00.000") + FIELD_PADDING_PX)
        field.editingFinished.connect(self._on_times)
        field.returnPressed.connect(field.clearFocus)
        return field

    def _lay_out(self) -> None:
        heading = QLabel("Correction", self)
        theme.set_role(heading, "heading")
        group = QButtonGroup(self)
        for button in self._seen_in.values():
            group.addButton(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 0, 10, 8)
        column.setSpacing(SPACING_PX)
        column.addLayout(_row(heading, None, self._by, self._delete))
        column.addLayout(_row(self._chip, None, *self._seen_in.values()))
        column.addLayout(_row(self._start, QLabel("–", self), self._end, None, self._unsure))
        column.addWidget(self._note)

    def _draw_icons(self) -> None:
        self._delete.setIcon(icons.icon("delete"))


def _row(*widgets: QWidget | None) -> QLayout:
    """Widgets beside one another; None is room that stretches."""
    row = QHBoxLayout()
    row.setSpacing(SPACING_PX)
    for widget in widgets:
        if widget is None:
            row.addStretch(1)
        else:
            row.addWidget(widget)
    return row


def _shortened(coder: str) -> str:
    return coder if len(coder) <= CODER_CHARACTERS else f"{coder[: CODER_CHARACTERS - 1]}…"


def _edited(field: QLineEdit, shown_s: float) -> float | None:
    """The time in a field, or the exact one it shows where nobody typed."""
    return shown_s if field.text() == clock_text(shown_s) else parse_clock(field.text())
