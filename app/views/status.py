"""The line at the bottom: what computes, what is running, what just happened, how far the labelling is."""

from dataclasses import dataclass
from typing import Final, Literal

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QToolButton, QWidget

from app.views import icons, theme

MessageKind = Literal["info", "warning", "error"]
Work = Literal["analysis", "training"]
INFO_MS: Final = 4_000
WARNING_MS: Final = 10_000
UNDO_MS: Final = 8_000
BAR_WIDTH_PX: Final = 64
_INKS: Final = {"info": "text", "warning": "warning", "error": "danger"}


def remaining_text(seconds: float | None) -> str:
    """Time left in words: "9 s left", "1 min 55 s left", "2 h 5 min left"; empty when it is not known."""
    if seconds is None:
        return ""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s left"
    minutes, rest = divmod(whole, 60)
    if minutes < 10:
        return f"{minutes} min {rest} s left" if rest else f"{minutes} min left"
    minutes = round(whole / 60)
    if minutes < 60:
        return f"{minutes} min left"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min left" if minutes else f"{hours} h left"


@dataclass(frozen=True, slots=True)
class Job:
    """Where running work is. `total` 0 means that nobody knows yet how much there is."""

    name: str
    done: int = 0
    total: int = 0
    unit: str = "frames"
    per_s: float | None = None
    remaining_s: float | None = None
    waiting: int = 0

    @property
    def text(self) -> str:
        """One line: "Analysing clip: 8,170 of 19,000 frames · 94 frames/s · 1 min 55 s left"."""
        where = f"{self.done:,} of {self.total:,} {self.unit}" if self.total else ""
        speed = f"{self.per_s:,.0f} {self.unit}/s" if self.per_s else ""
        queue = f"{self.waiting} more waiting" if self.waiting else ""
        told = " · ".join(part for part in (where, speed, remaining_text(self.remaining_s), queue) if part)
        return f"{self.name}: {told}" if told else f"{self.name}…"


@dataclass(frozen=True, slots=True)
class Message:
    """Something that happened. Errors stay until they are dismissed, the rest goes by itself."""

    text: str
    kind: MessageKind = "info"
    undo: bool = False

    @property
    def stays_ms(self) -> int | None:
        """How long it is shown; None is until dismissed."""
        if self.kind == "error":
            return None
        if self.undo:
            return UNDO_MS
        return INFO_MS if self.kind == "info" else WARNING_MS


def counts_text(corrections: int, uncertain: int | None) -> str:
    """How far the labelling of a video is: "33 corrections · 4 uncertain left in this video"."""
    said = f"{corrections:,} correction{'' if corrections == 1 else 's'}"
    return said if uncertain is None else f"{said} · {uncertain:,} uncertain left in this video"


class StatusBar(QWidget):
    """Device, model, running job, message, counts, from left to right. Nothing here takes the focus by itself."""

    cancel_clicked = Signal()
    """Of the analyses; `cancel_training_clicked` while a training is shown in their place."""
    cancel_training_clicked = Signal()
    undo_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._errors: list[Message] = []
        self._passing: Message | None = None
        self._has_counts = False
        self._is_busy = False
        self._jobs: dict[Work, Job] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._drop_passing)
        self.device = _told("Device and precision")
        self.model = _told("Model")
        self.job = ElidedLabel()
        self.job.setAccessibleName("Running work")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(BAR_WIDTH_PX)
        self.bar.setAccessibleName("Progress")
        self.cancel = _button("Cancel this work", "close")
        self.cancel.clicked.connect(self._on_cancel)
        self.mark = QLabel()
        self.message = ElidedLabel()
        self.message.setAccessibleName("Message")
        self.undo = _button("Undo")
        self.undo.setText("Undo")
        theme.set_role(self.undo, "link")
        self.undo.clicked.connect(self._on_undo)
        self.dismiss = _button("Dismiss this message", "close")
        self.dismiss.clicked.connect(self._on_dismiss)
        self.counts = _told("Corrections in this video")
        self._lay_out()
        self.bar.hide()
        self.cancel.hide()
        self._show_message()

    def set_device(self, text: str, reason: str = "") -> None:
        """What the networks run on, and why that."""
        self.device.setText(text)
        self.device.setToolTip(reason)
        self.device.setAccessibleDescription(reason)

    def set_model(self, text: str, tip: str = "") -> None:
        """Which bundle and revision answers."""
        self.model.setText(text)
        self.model.setToolTip(tip)
        self._show_message()

    def set_job(self, job: Job, work: Work = "analysis") -> None:
        """Where running work is. A training is shown before the analyses in the background."""
        self._jobs[work] = job
        self._show_job()

    def clear_job(self, work: Work = "analysis") -> None:
        """That work is over."""
        self._jobs.pop(work, None)
        self._show_job()

    def _show_job(self) -> None:
        job = self._jobs.get("training") or self._jobs.get("analysis")
        if job is not None:
            self.job.set_text(job.text)
            self.bar.setRange(0, job.total)
            self.bar.setValue(job.done)
            self.bar.setToolTip(job.text)
        self._set_busy(job is not None)

    def _on_cancel(self) -> None:
        (self.cancel_training_clicked if "training" in self._jobs else self.cancel_clicked).emit()

    def set_counts(self, corrections: int | None, uncertain: int | None = None) -> None:
        """How far the labelling of the open video is; None where no video is open."""
        self._has_counts = corrections is not None
        self.counts.setText("" if corrections is None else counts_text(corrections, uncertain))
        self._show_message()

    def say(self, text: str, kind: MessageKind = "info", undo: bool = False) -> None:
        """Tell what happened; with `undo`, offer to take it back. A new message takes the place of a passing one."""
        message = Message(text, kind, undo)
        if message.stays_ms is None:
            self._passing = None
            self._errors = [other for other in self._errors if other != message] + [message]
        else:
            self._passing = message
            self._timer.start(message.stays_ms)
        self._show_message()
        QAccessible.updateAccessibility(QAccessibleEvent(self.message, QAccessible.Event.Alert))

    @property
    def shown(self) -> Message | None:
        """The message that is shown now."""
        return self._passing or (self._errors[-1] if self._errors else None)

    def _set_busy(self, busy: bool) -> None:
        if busy != self._is_busy:
            self._is_busy = busy
            self.bar.setVisible(busy)
            self.cancel.setVisible(busy)
            self._show_message()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 1, 14, 0)
        row.setSpacing(14)
        row.addWidget(self.device)
        row.addWidget(self.model)
        row.addLayout(_group(self.job, self.bar, self.cancel))
        row.addLayout(_group(self.mark, self.message, self.undo, self.dismiss))
        row.addStretch(1)
        row.addWidget(self.counts)
        self.setFixedHeight(self.fontMetrics().height() + 15)

    def _show_message(self) -> None:
        """The message, or in its place the model and the counts; an error also takes the place of the job's words."""
        shown = self.shown
        self.job.setVisible(self._is_busy and (shown is None or shown.kind != "error"))
        self.model.setVisible(shown is None and bool(self.model.text()))
        self.counts.setVisible(shown is None and self._has_counts)
        self.mark.setVisible(shown is not None and shown.kind != "info")
        self.message.setVisible(shown is not None)
        self.undo.setVisible(shown is not None and shown.undo)
        self.dismiss.setVisible(shown is not None and shown.kind == "error")
        more = f" (and {len(self._errors) - 1} more)" if shown in self._errors and len(self._errors) > 1 else ""
        self.message.set_text("" if shown is None else shown.text + more)
        self._colour()

    def _colour(self) -> None:
        now = theme.current()
        self.message.ink = _INKS[self.shown.kind if self.shown else "info"]
        self.message.update()
        ink = getattr(now, self.message.ink)
        side_px = self.fontMetrics().height()
        self.mark.setPixmap(icons.icon("warning", ink).pixmap(QSize(side_px, side_px), self.devicePixelRatioF()))
        for button in (self.cancel, self.dismiss):
            button.setIcon(icons.icon("close", now.muted))

    def _drop_passing(self) -> None:
        self._passing = None
        self._show_message()

    def _on_undo(self) -> None:
        self._drop_passing()
        self.undo_clicked.emit()

    def _on_dismiss(self) -> None:
        if self._errors:
            self._errors.pop()
        self._show_message()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "counts"):
            self._colour()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        now = theme.current()
        painter.fillRect(self.rect(), now.panel)
        painter.fillRect(0, 0, self.width(), 1, now.line)


class ElidedLabel(QLabel):
    """One line that ends in "…" where it does not fit; its tip is the whole text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.ink = "text"
        """The theme's colour it is written in."""

    def set_text(self, text: str) -> None:
        """Show a text as far as it fits."""
        self.setText(text)
        self.setToolTip(text)
        self.setAccessibleDescription(text)

    def shown_text(self) -> str:
        """The text as far as it fits."""
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())

    def minimumSizeHint(self) -> QSize:
        hint = super().minimumSizeHint()
        return QSize(min(40, hint.width()), hint.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(getattr(theme.current(), self.ink))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, self.shown_text())


def _group(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(7)
    for widget in widgets:
        row.addWidget(widget)
    return row


def _told(name: str) -> QLabel:
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setAccessibleName(name)
    theme.set_role(label, "muted")
    return label


def _button(name: str, icon: str = "") -> QToolButton:
    """A button that is clicked or reached by Tab, and never takes the focus from what a person works on."""
    button = QToolButton()
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setAccessibleName(name)
    button.setToolTip(name)
    theme.set_role(button, "quiet")
    if icon:
        button.setIcon(icons.icon(icon))
    return button
