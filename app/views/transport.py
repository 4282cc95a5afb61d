"""The row under the video: to the ends, by frames, play, where it is, loop, sound and speed."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSizePolicy, QSlider, QToolButton, QWidget

from app.player.values import SPEEDS
from app.timeline.clock import clock_text
from app.views import theme
from app.views.glyph_button import GlyphButton, drawn, loop_glyph, muted_glyph, sound_glyph

NOTHING_OPEN: Final = "No video is open"
WORDS_FROM_EM: Final = 58
"""From this width on, in line heights of the font, the frame buttons have words, and the volume its slider."""
SLIDER_FROM_EM: Final = 54
VOLUME_STEP: Final = 0.05
HOUR_S: Final = 3600.0


class Transport(QWidget):
    """Shows where playing is and asks for what is pressed; it does nothing by itself.

    Signals:
        start_requested, end_requested: to the first, to the last frame.
        step_requested: so many frames forwards.
        toggle_requested: play or pause.
        speed_chosen: one of `SPEEDS`.
        loop_toggled: whether to loop.
        volume_changed: from 0 to 1.
        mute_toggled: whether to be silent.
    """

    start_requested = Signal()
    end_requested = Signal()
    step_requested = Signal(int)
    toggle_requested = Signal()
    speed_chosen = Signal(float)
    loop_toggled = Signal(bool)
    volume_changed = Signal(float)
    mute_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._duration_s: float | None = None
        self._playing = False
        self._volume = 1.0
        self._make_buttons()
        self._time, self._rest, self._hint = QLabel(), _ShortLabel(), _ShortLabel(whole=True)
        self._time.setAccessibleName("Time")
        self._hint.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._hint.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._lay_out()
        self._dress()
        self.set_duration(None)
        self.set_speed(1.0)
        self.setAccessibleName("Playing")

    # What is shown

    def set_time(self, time_s: float, frame_index: int) -> None:
        """Where it is; frames are counted from 0, as in every exported table."""
        hours = (self._duration_s or 0.0) >= HOUR_S
        self._time.setText(clock_text(time_s, hours))
        self._show_rest(frame_index)

    def set_duration(self, duration_s: float | None) -> None:
        """How long the video is; None when none is open, which switches everything off."""
        self._duration_s = duration_s
        there = duration_s is not None
        for button, tip in self._tips.items():
            button.setEnabled(there)
            button.setToolTip(tip if there else NOTHING_OPEN)
        self._time.setEnabled(there)
        self._time.setText(clock_text(0.0, (duration_s or 0.0) >= HOUR_S))
        self._show_rest(0)
        self.set_sound_note(None)

    def set_playing(self, playing: bool) -> None:
        """Whether the button pauses or plays."""
        self._playing = playing
        self._play.setText("Pause" if playing else "Play")
        self._play.set_glyph(drawn("pause" if playing else "play"))
        self._play.setAccessibleName("Pause" if playing else "Play")

    def set_speed(self, speed: float) -> None:
        """The speed in use; backwards is negative."""
        self._speed.setText(speed_text(speed))
        for action in self._speeds.actions():
            action.setChecked(action.data() == speed)

    def set_loop(self, loop: bool) -> None:
        """Whether the range is played over and over."""
        with QSignalBlocker(self._loop):
            self._loop.setChecked(loop)

    def set_volume(self, volume: float, muted: bool = False) -> None:
        """How loud it is."""
        self._volume = volume
        with QSignalBlocker(self._slider), QSignalBlocker(self._mute):
            self._slider.setValue(round(100 * volume))
            self._mute.setChecked(muted)
        self._mute.set_glyph(muted_glyph if muted or volume == 0 else sound_glyph)

    def set_sound_note(self, note: str | None) -> None:
        """Why nothing can be heard, which switches the volume off; None when something can."""
        there = self._duration_s is not None
        reason = note if there else NOTHING_OPEN
        for control in (self._mute, self._slider):
            control.setEnabled(reason is None)
        self._mute.setToolTip(_sentence(reason) if reason else "Sound on or off; turn the wheel for the volume")
        self._slider.setToolTip(_sentence(reason) if reason else "Volume")
        muted = reason is not None or self._mute.isChecked() or self._volume == 0
        self._mute.set_glyph(muted_glyph if muted else sound_glyph)

    def set_hint(self, text: str) -> None:
        """A few words at the side, where there is room."""
        self._hint.setText(text)

    # Making

    def _make_buttons(self) -> None:
        self._start = GlyphButton(drawn("to_start"), "To the start")
        self._back = GlyphButton(drawn("step_back"), "Previous frame", "frame")
        self._play = GlyphButton(drawn("play"), "Play", "Play")
        self._next = GlyphButton(drawn("step_forward"), "Next frame", "frame", sign_last=True)
        self._end = GlyphButton(drawn("to_end"), "To the end")
        self._loop = GlyphButton(loop_glyph, "Loop")
        self._mute = _VolumeButton(sound_glyph, "Mute")
        self._speed = QToolButton()
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setRange(0, 100)
        self._slider.setValue(100)
        self._slider.setAccessibleName("Volume")
        theme.set_role(self._play, "primary")
        for button in (self._loop, self._mute):
            button.setCheckable(True)
        for button in (self._back, self._next):
            button.setAutoRepeat(True)
        self._make_speed_menu()
        self._tips: dict[QToolButton, str] = {
            self._start: "To the first frame", self._back: "One frame back", self._play: "Play or pause",
            self._next: "One frame on", self._end: "To the last frame",
            self._loop: "Play the selection over and over, or else the whole video", self._speed: "Speed",
        }  # fmt: skip
        self._start.clicked.connect(self.start_requested)
        self._end.clicked.connect(self.end_requested)
        self._back.clicked.connect(self._step_back)
        self._next.clicked.connect(self._step_on)
        self._play.clicked.connect(self.toggle_requested)
        self._loop.toggled.connect(self.loop_toggled)
        self._mute.toggled.connect(self._mute_toggled)
        self._mute.turned.connect(self._turn_volume)
        self._slider.valueChanged.connect(self._slide_volume)

    def _make_speed_menu(self) -> None:
        menu = QMenu(self)
        self._speeds = QActionGroup(menu)
        for speed in SPEEDS:
            action = menu.addAction(speed_text(speed))
            action.setData(speed)
            action.setCheckable(True)
            self._speeds.addAction(action)
        self._speeds.triggered.connect(self._choose_speed)
        self._speed.setMenu(menu)
        self._speed.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._speed.setAccessibleName("Speed")

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(8)
        for button in (self._start, self._back, self._play, self._next, self._end):
            row.addWidget(button)
        row.addSpacing(6)
        row.addWidget(self._time)
        row.addWidget(self._rest)
        row.addWidget(self._hint, 1)
        for control in (self._loop, self._mute, self._slider, self._speed):
            row.addWidget(control)

    def _dress(self) -> None:
        """What follows the font: the digits keep their places while they run."""
        font = theme.font(1.25, bold=True)
        self._time.setFont(font)
        metrics = self._time.fontMetrics()
        self._time.setMinimumWidth(metrics.horizontalAdvance("00:00.000") + 4)
        self._slider.setFixedWidth(metrics.height() * 3)
        self._speed.setMinimumWidth(self.fontMetrics().horizontalAdvance("-0.25x") + 18)
        self._play.setMinimumWidth(max(self._play.sizeHint().width(), self._play_width()))
        self._fit()

    def _play_width(self) -> int:
        """So that the row stays where it is when playing begins."""
        word = self._play.text()
        widths = []
        for text in ("Play", "Pause"):
            self._play.setText(text)
            widths.append(self._play.sizeHint().width())
        self._play.setText(word)
        return max(widths)

    def _fit(self) -> None:
        """Words and the slider only where there is room for them."""
        em = self.fontMetrics().height()
        words = self.width() >= WORDS_FROM_EM * em
        for button in (self._back, self._next):
            button.setText("frame" if words else "")
        self._slider.setVisible(self.width() >= SLIDER_FROM_EM * em)

    def _show_rest(self, frame_index: int) -> None:
        duration_s = self._duration_s
        self._rest.setText("" if duration_s is None else f"/ {clock_text(duration_s)} · frame {frame_index:,}")

    # What happens

    def _step_back(self) -> None:
        self.step_requested.emit(-1)

    def _step_on(self) -> None:
        self.step_requested.emit(1)

    def _choose_speed(self, action: QAction) -> None:
        self.speed_chosen.emit(action.data())

    def _mute_toggled(self, muted: bool) -> None:
        self.set_volume(self._volume, muted)
        self.mute_toggled.emit(muted)

    def _slide_volume(self, hundredths: int) -> None:
        self.set_volume(hundredths / 100, self._mute.isChecked())
        self.volume_changed.emit(hundredths / 100)

    def _turn_volume(self, notches: float) -> None:
        self._slider.setValue(round(100 * (self._volume + notches * VOLUME_STEP)))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, shown = QPainter(self), theme.current()
        painter.fillRect(self.rect(), shown.panel)
        painter.fillRect(0, 0, self.width(), 1, shown.line)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.ApplicationFontChange) and hasattr(self, "_rest"):
            self._dress()


class _VolumeButton(GlyphButton):
    turned = Signal(float)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.isEnabled():
            self.turned.emit(event.angleDelta().y() / 120)


class _ShortLabel(QWidget):
    """One line of muted text that never makes its row wider: it is cut off, or if `whole` not shown at all."""

    def __init__(self, whole: bool = False) -> None:
        super().__init__()
        self._text, self._whole = "", whole
        self._alignment = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def text(self) -> str:
        return self._text

    def setText(self, text: str) -> None:
        if text != self._text:
            wider = len(text) != len(self._text)
            self._text = text
            self.setAccessibleName(text)
            if wider:
                self.updateGeometry()
            self.update()

    def setAlignment(self, alignment: Qt.AlignmentFlag) -> None:
        self._alignment = alignment

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._text) + 8, metrics.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._whole and self.fontMetrics().horizontalAdvance(self._text) > self.width():
            return
        painter = QPainter(self)
        painter.setPen(theme.current().muted)
        text = self.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), self._alignment, text)


def speed_text(speed: float) -> str:
    """ "1x", "0.25x", "-2x"."""
    return f"{speed:g}x"


def _sentence(reason: str) -> str:
    return reason[:1].upper() + reason[1:]
