"""Sound through QtMultimedia, which is imported when it is first needed; a machine without a device is silent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QIODevice, QMessageLogContext, QObject, QTimer, QtMsgType, Signal, qInstallMessageHandler

from app.player.sound_lane import CHANNELS, FRAME_BYTES, RATE_HZ, SoundLane
from engine.media import Media

if TYPE_CHECKING:
    from PySide6.QtMultimedia import QAudioSink

FEED_EVERY_MS: Final = 20
BUFFER_BYTES: Final = RATE_HZ // 5 * FRAME_BYTES
"""A fifth of a second, so that a busy window thread is not heard."""


class SoundOutput(QObject):
    """Plays one stretch of sound after another and tells which moment is heard.

    Signals:
        note_changed: the reason why nothing is heard, or None.
    """

    note_changed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sink: QAudioSink | None = None
        self._looked_for_device = False
        self._note: str | None = None
        self._lane: SoundLane | None = None
        self._pipe: QIODevice | None = None
        self._start_s, self._speed = 0.0, 1.0
        self._written_bytes = 0
        self._volume, self._muted = 1.0, False
        self._feeding = QTimer(self, interval=FEED_EVERY_MS)
        self._feeding.timeout.connect(self._feed)

    @property
    def note(self) -> str | None:
        """Why nothing can be heard on this machine; None when something can, or nobody looked yet."""
        return self._note

    @property
    def volume(self) -> float:
        return self._volume

    @property
    def muted(self) -> bool:
        return self._muted

    def set_volume(self, volume: float) -> None:
        """From 0 to 1, as loud as it seems: half sounds half as loud."""
        self._volume = min(1.0, max(0.0, volume))
        self._apply_volume()

    def set_muted(self, muted: bool) -> None:
        self._muted = muted
        self._apply_volume()

    def look_for_device(self) -> bool:
        """Whether there is a device; looks only once, which takes a moment."""
        if not self._looked_for_device:
            self._looked_for_device = True
            self._sink = _open_sink()
            self._apply_volume()
            if self._sink is None:
                self._set_note("this computer has no sound output")
        return self._sink is not None

    def start(self, media: Media, time_s: float, speed: float) -> None:
        """Begin to decode from a media time on; it is heard from `begin` on."""
        self.stop()
        if self.look_for_device():
            self._start_s, self._speed = time_s, speed
            self._lane = SoundLane(media, time_s, speed)

    @property
    def ready(self) -> bool:
        """Whether `begin` would be heard at once, or there is nothing to wait for."""
        return self._lane is None or self._lane.ready

    def begin(self) -> None:
        """Let what was decoded be heard."""
        if self._lane is None or self._sink is None or self._pipe is not None:
            return
        self._written_bytes = 0
        with _hushed():
            pipe: QIODevice | None = self._sink.start()
        if pipe is None:
            self._fail()
            return
        self._pipe = pipe
        self._feed()
        self._feeding.start()

    def stop(self) -> None:
        """Be silent at once."""
        self._feeding.stop()
        if self._lane is not None:
            self._lane.close()
            self._lane = None
        if self._pipe is not None and self._sink is not None:
            self._pipe = None
            with _hushed():
                self._sink.reset()

    @property
    def heard_s(self) -> float | None:
        """Media time of what is heard now; None when nothing is."""
        if self._pipe is None or self._sink is None or self._lane is None or self._lane.exhausted:
            return None
        waiting_bytes = self._sink.bufferSize() - self._sink.bytesFree()
        heard_bytes = max(0, self._written_bytes - waiting_bytes)
        return self._start_s + heard_bytes / FRAME_BYTES / RATE_HZ * self._speed

    def _feed(self) -> None:
        if self._pipe is None or self._sink is None or self._lane is None:
            return
        room_bytes = self._sink.bytesFree()
        if room_bytes >= FRAME_BYTES:
            sound = self._lane.take(room_bytes)
            if sound:
                self._written_bytes += max(0, self._pipe.write(sound))
        if _broken(self._sink):
            self._fail()

    def _fail(self) -> None:
        """The device went away: go on without sound."""
        self.stop()
        self._sink = None
        self._set_note("the sound output does not work")

    def _apply_volume(self) -> None:
        if self._sink is not None:
            self._sink.setVolume(0.0 if self._muted else self._volume**2)

    def _set_note(self, note: str) -> None:
        self._note = note
        self.note_changed.emit(note)


def _open_sink() -> QAudioSink | None:
    with _hushed():
        try:
            from PySide6.QtMultimedia import QAudioFormat, QAudioSink, QMediaDevices
        except ImportError:  # a system without Qt's sound libraries
            return None
        device = QMediaDevices.defaultAudioOutput()
        form = QAudioFormat()
        form.setSampleRate(RATE_HZ)
        form.setChannelCount(CHANNELS)
        form.setSampleFormat(QAudioFormat.SampleFormat.Int16)
        if device.isNull() or not device.isFormatSupported(form):
            return None
        sink = QAudioSink(device, form)
        sink.setBufferSize(BUFFER_BYTES)
        return sink


def _broken(sink: QAudioSink) -> bool:
    from PySide6.QtMultimedia import QtAudio

    return sink.error() in (QtAudio.Error.OpenError, QtAudio.Error.IOError, QtAudio.Error.FatalError)


@contextmanager
def _hushed() -> Iterator[None]:
    """Keep Qt's sound libraries from telling a terminal which services a machine does not run."""

    def ignore(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
        """Say nothing."""

    before = qInstallMessageHandler(ignore)
    try:
        yield
    finally:
        qInstallMessageHandler(before)
