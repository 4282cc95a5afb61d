"""Plays a video by its own index: exact frames, both directions, at a choice of speeds, with sound if there is any."""

from __future__ import annotations

import math
import time
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.messages import sentence
from app.player.clock import MediaClock
from app.player.course import Course
from app.player.decode_lane import Arrived, Began, DecodeLane, Event, Failed, Opened
from app.player.decode_work import Wish
from app.player.screen import Screen
from app.player.sound_lane import audible
from app.player.sound_output import SoundOutput
from app.player.values import SHUTTLE_SPEEDS
from engine.media import TICK_S, Media
from engine.values import F64, MediaInfo

LONGEST_WAIT_S: Final = 2.0
"""Playing starts when picture and sound are there, or after this."""
WAIT_STEP_MS: Final = 4
LONGEST_TICK_MS: Final = 40
LONGEST_CLOSE_S: Final = 2.0
DEVICE_LOOK_AFTER_MS: Final = 300
"""Looking for a sound device takes a moment, so the first picture comes before it."""
NO_FRAMES: Final = np.zeros(0)


class _Post(QObject):
    """Carries events from a decoding thread to the window's; that thread may outlive the player."""

    received = Signal(int, object)


class Player(QObject):
    """One open video, or none. Everything is called in the window's thread and returns at once.

    Positions are media seconds: of the begin of the frame asked for, whether its picture is there yet or not.

    Signals:
        opened: a `MediaInfo`, when the video is indexed and everything works.
        failed: one sentence; the video cannot be opened, or went away. What was shown stays.
        frame_changed: a `Shown`, to be painted.
        position_changed: the position.
        playing_changed: whether it plays.
        ended: the end was reached by playing, or the begin by playing backwards.
        speed_changed: the speed in use; negative is backwards.
        sound_note_changed: `sound_note`.
    """

    opened = Signal(object)
    failed = Signal(str)
    frame_changed = Signal(object)
    position_changed = Signal(float)
    playing_changed = Signal(bool)
    ended = Signal()
    speed_changed = Signal(float)
    sound_note_changed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._post = _Post()
        self._post.received.connect(self._on_event, Qt.ConnectionType.QueuedConnection)
        self._opening = 0
        self._lane: DecodeLane | None = None
        self._media: Media | None = None
        self._screen = Screen(self)
        self._screen.changed.connect(self.frame_changed)
        self._index, self._time_s = 0, 0.0
        self._lost_index: int | None = None
        self._failed = False
        self._clock, self._course = MediaClock(), Course()
        self._sound = SoundOutput(self)
        self._sound.note_changed.connect(self._tell_sound_note)
        self._chosen_speed = self._speed = 1.0
        self._playing = False
        self._waiting_since_s: float | None = None
        self._ticking = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._ticking.timeout.connect(self._tick)

    # What is open

    @property
    def media_info(self) -> MediaInfo | None:
        return self._media.info if self._media else None

    @property
    def works(self) -> bool:
        """Whether a video is open and its file was not lost since."""
        return self._media is not None and not self._failed

    @property
    def frame_times_s(self) -> F64:
        """When every frame begins, ascending; empty while nothing is open."""
        return self._media.times_s if self._media else NO_FRAMES

    @property
    def end_s(self) -> float:
        """Where all picture and sound that can be read has ended."""
        return max(self._media.end_s, self._media.sound_end_s) if self._media else 0.0

    def open(self, path: Path) -> None:
        """Open a video in place of the one that is open; `opened` or `failed` follows."""
        self._let_go(0.0)
        self._lane = DecodeLane(Path(path), self._screen.longest_px, partial(self._post.received.emit, self._opening))

    def close(self) -> None:
        """Close the video. Waits for the decoding to end, but not for long."""
        self._let_go(LONGEST_CLOSE_S)

    def set_view_size(self, width_px: int, height_px: int) -> None:
        """Say how large pictures are looked at, in pixels of the screen."""
        self._screen.set_view_size(width_px, height_px)
        if self._lane is not None:
            self._lane.look_at(self._screen.longest_px)

    @property
    def busy(self) -> bool:
        """Whether a video is being opened, or the exact picture asked for is still being decoded."""
        if self._lane is None or self._index == self._lost_index:
            return False
        return self._media is None or (self._media.info.has_video and not self._screen.exact)

    # Where it is

    @property
    def time_s(self) -> float:
        """The position."""
        return self._time_s

    @property
    def frame_index(self) -> int:
        return self._index

    def seek(self, time_s: float, exact: bool = True) -> None:
        """Go to the frame shown at a time, and play on from there if it plays.

        Not `exact`: whatever picture nearby is decoded will do.
        """
        if self._media is None:
            return
        time_s = min(max(0.0, time_s), self.end_s)
        if self._playing:
            self._play_from(time_s)
        else:
            self._go(time_s, exact=exact)

    def scrub(self, time_s: float) -> None:
        """Stop playing and go to a time, one of many in quick succession: something near is shown at once."""
        self.pause()
        self.seek(time_s)

    def step(self, frames: int) -> None:
        """Stop playing and go to a neighbouring frame; at both ends it stays."""
        self.pause()
        if self._media is not None and self._media.info.has_video:
            index = min(max(0, self._index + frames), len(self.frame_times_s) - 1)
            self._go(float(self.frame_times_s[index]))

    # Playing

    @property
    def is_playing(self) -> bool:
        return self._playing

    @property
    def speed(self) -> float:
        """The speed in use; negative is backwards."""
        return self._speed

    @property
    def loop(self) -> tuple[float, float] | None:
        """The range that is played over and over."""
        return self._course.loop

    def play(self) -> None:
        """Play from the position at the chosen speed; at the end, from the begin."""
        if self._media is not None and not self._playing:
            self._set_speed(self._chosen_speed)
            at_end = self._time_s >= self._last_position_s()
            self._play_from(self._course.start_s(self._time_s, at_end))

    def pause(self) -> None:
        """Stop at the frame that is played."""
        if self._playing:
            self._playing = False
            self._waiting_since_s = None
            self._course.forget_range()
            self._ticking.stop()
            self._sound.stop()
            self._clock.stop()
            self._set_speed(self._chosen_speed)
            self._go(self._time_s)
            self.playing_changed.emit(False)

    def toggle(self) -> None:
        """Play or pause."""
        if self._playing:
            self.pause()
        else:
            self.play()

    def set_speed(self, speed: float) -> None:
        """Choose the speed of playing forwards, one of `SPEEDS`."""
        if not 0 < speed < math.inf:
            raise ValueError(f"a speed has to be positive: {speed}")
        self._chosen_speed = speed
        self._set_speed(speed)
        if self._playing:
            only = self._course.only
            self._play_from(self._time_s)
            self._course.only = only

    def shuttle(self, direction: int) -> None:
        """Play forwards (1) or backwards (-1), faster with every call in the same direction; 0 pauses."""
        if direction == 0:
            self.pause()
        elif self._media is not None:
            faster = [speed for speed in SHUTTLE_SPEEDS if speed > self._speed * direction]
            goes_on = self._playing and self._speed * direction > 0
            self._set_speed(direction * (SHUTTLE_SPEEDS[0] if not goes_on else min(faster, default=SHUTTLE_SPEEDS[-1])))
            self._play_from(self._time_s)

    def set_loop(self, start_s: float | None, end_s: float | None) -> None:
        """Play ``[start_s, end_s)`` over and over from now on; without an end, no longer."""
        self._course.loop = None if start_s is None or end_s is None or end_s <= start_s else (start_s, end_s)

    def play_range(self, start_s: float, end_s: float) -> None:
        """Play ``[start_s, end_s)`` once and stop at its last frame."""
        if self._media is not None and end_s > start_s:
            self._set_speed(self._chosen_speed)
            self._play_from(max(0.0, start_s))
            self._course.only = (start_s, end_s)

    # Sound

    @property
    def sound_note(self) -> str | None:
        """Why nothing can be heard; None when something can."""
        if self._media is not None and not self._media.info.has_audio:
            return "this video has no sound"
        return self._sound.note

    @property
    def volume(self) -> float:
        """From 0 to 1."""
        return self._sound.volume

    @property
    def muted(self) -> bool:
        return self._sound.muted

    def set_volume(self, volume: float) -> None:
        self._sound.set_volume(volume)

    def set_muted(self, muted: bool) -> None:
        self._sound.set_muted(muted)

    # Opening and closing

    def _let_go(self, timeout_s: float) -> None:
        self.pause()
        self._opening += 1
        if self._lane is not None:
            self._lane.close(timeout_s)
        self._lane = self._media = self._lost_index = None
        self._failed = False
        self._screen.clear()
        self._index, self._time_s = 0, 0.0
        self._course = Course()

    def _on_event(self, opening: int, event: Event) -> None:
        if opening != self._opening:
            return
        match event:
            case Began(picture, width, height):
                self._screen.set_picture_size(width, height)
                self._screen.show(picture, exact=True)
            case Opened(media):
                self._begin(media)
            case Arrived(index):
                if self._lane is not None and index == self._index and self._lane.get(index) is None:
                    self._lost_index = index
                self._refresh()
            case Failed(error):
                self.pause()
                self._failed = True
                self._lost_index = self._index  # nothing better will come
                self.failed.emit(sentence(error))

    def _begin(self, media: Media) -> None:
        self._media = media
        self._screen.set_picture_size(media.info.width, media.info.height)
        if self._lane is not None:
            self._lane.look_at(self._screen.longest_px)
        self._course.end_s = self.end_s
        if media.info.has_audio:
            QTimer.singleShot(DEVICE_LOOK_AFTER_MS, self, self._sound.look_for_device)
        self._go(0.0)
        self.opened.emit(media.info)
        self._tell_sound_note()

    def _tell_sound_note(self) -> None:
        self.sound_note_changed.emit(self.sound_note)

    # The picture

    def _go(self, time_s: float, exact: bool = True) -> None:
        """Make a time the position; its picture follows."""
        times_s = self.frame_times_s
        if len(times_s):
            index = max(0, int(np.searchsorted(times_s, time_s + TICK_S, side="right")) - 1)
            direction = (index > self._index) - (index < self._index)
            if self._playing:
                direction = 1 if self._speed > 0 else -1
            time_s, self._index = float(times_s[index]), index
            if exact and self._lane is not None:
                self._lane.want(Wish(index, direction, self._playing))
            self._refresh()
        if time_s != self._time_s:
            self._time_s = time_s
            self.position_changed.emit(time_s)

    def _refresh(self) -> None:
        """Show the best picture there is for the position."""
        if self._lane is None or not len(self.frame_times_s):
            return
        if self._playing and self._waiting_since_s is None:
            self._screen.show_in_order(self._lane, self._index, 1 if self._speed > 0 else -1)
        else:
            self._screen.show_best(self._lane, self._index)

    # The clock

    def _set_speed(self, speed: float) -> None:
        if speed != self._speed:
            self._speed = speed
            self.speed_changed.emit(speed)

    def _last_position_s(self) -> float:
        return float(self.frame_times_s[-1]) if len(self.frame_times_s) else self.end_s

    def _play_from(self, time_s: float) -> None:
        """Play from a time on, once picture and sound are there."""
        if self._media is None:
            return
        started, self._playing = not self._playing, True
        self._course.forget_range()
        self._waiting_since_s = time.monotonic()
        self._clock.stop(time_s)
        self._sound.stop()
        if self._media.info.has_audio and audible(self._speed):
            self._sound.start(self._media, time_s, self._speed)
        self._go(time_s)
        self._ticking.start(0)
        if started:
            self.playing_changed.emit(True)

    def _tick(self) -> None:
        if not self._playing:
            return
        if self._waiting_since_s is not None and not self._ready():
            self._ticking.start(WAIT_STEP_MS)
            return
        if self._waiting_since_s is not None:
            self._waiting_since_s = None
            self._sound.begin()
            self._clock.start(self._clock.time_s, self._speed)
        heard_s = self._sound.heard_s
        if heard_s is not None:
            self._clock.follow(heard_s)
        self._advance(self._clock.time_s)

    def _ready(self) -> bool:
        """Whether both picture and sound could begin now, or were waited for long enough."""
        if self._waiting_since_s is not None and time.monotonic() - self._waiting_since_s > LONGEST_WAIT_S:
            return True
        has_picture = not len(self.frame_times_s) or self._index == self._lost_index
        has_picture = has_picture or (self._lane is not None and self._lane.get(self._index) is not None)
        return has_picture and self._sound.ready

    def _advance(self, time_s: float) -> None:
        """Show what is to be seen at a time of the clock, and come back for the next frame."""
        turn = self._course.turn_at(time_s, backwards=self._speed < 0)
        if turn is None:
            self._go(time_s)
            self._ticking.start(self._next_tick_ms(time_s))
        elif turn.plays_on:
            self._play_from(turn.time_s)
        else:
            self._go(turn.time_s)
            self.pause()
            if turn.at_end:
                self.ended.emit()

    def _next_tick_ms(self, time_s: float) -> int:
        after = self._index + (1 if self._speed > 0 else 0)
        if not 0 <= after < len(self.frame_times_s):
            return LONGEST_TICK_MS
        left_s = (float(self.frame_times_s[after]) - time_s) / self._speed
        return min(LONGEST_TICK_MS, max(1, math.ceil(1000 * left_s)))
