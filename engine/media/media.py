"""An opened file: its pictures and its sound by media time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from engine.errors import MediaFormatError
from engine.media.cancelling import Cancelled, never
from engine.media.film import Film
from engine.media.pictures import upright_rgb
from engine.media.soundtrack import Soundtrack, mono
from engine.sound import SOUND_RESYNC_S, SoundLine, SoundSecond
from engine.values import F64, Bools, Frame, Gap, MediaInfo

TICK_S: Final = 1e-6
"""Times told to the microsecond name the frame they were rounded from."""

Report = Callable[[Gap], None]


def ignore(gap: Gap) -> None:
    """The `report` of a reader that does not care about gaps."""


@dataclass(frozen=True, slots=True)
class Media:
    """An opened file. It holds no handle: every reading opens the file anew, so threads may share it.

    Attributes:
        info: what the file is.
        times_s: (N,) float64 read-only, presentation time of every frame, ascending.
        keyframes: (N,) bool read-only, frames at which decoding can begin.
        end_s: when the last frame stops being shown; 0 without video.
        sound_start_s: begin of the sound; 0 without sound.
        sound_end_s: end of the sound; 0 without sound.
        unreadable: stretches that the file should hold and does not: up to the end that its header states, and where
            neither picture nor sound goes on for a while, as in streams that lost their middle.
        film: where its pictures come from, for `PictureReader`.
    """

    info: MediaInfo
    times_s: F64
    keyframes: Bools
    end_s: float
    sound_start_s: float
    sound_end_s: float
    unreadable: tuple[Gap, ...]
    film: Film = field(repr=False)
    _soundtrack: Soundtrack = field(repr=False)
    _sound_until_s: float = field(repr=False)

    @property
    def path(self) -> Path:
        return Path(self.info.path)

    def frames(
        self, start_s: float = 0.0, end_s: float = math.inf, cancelled: Cancelled = never, report: Report = ignore
    ) -> Iterator[Frame]:
        """Upright RGB frames with ``start_s <= time_s < end_s``, in order; only a few are held at a time.

        Frames that cannot be decoded are left out and told to `report` as `unreadable` gaps, in order.

        Raises:
            CancelledError: `cancelled` became true.
            MediaVanishedError: the file went away.
        """
        expected, stop = (int(place) for place in np.searchsorted(self.times_s, [start_s - TICK_S, end_s - TICK_S]))
        reformatter = VideoReformatter()
        absent = [
            Gap(gap.kind, max(start_s, gap.start_s), min(end_s, gap.end_s))
            for gap in self.unreadable
            if start_s < gap.end_s and gap.start_s < end_s
        ]
        for index, picture in self.film.pictures(expected, cancelled) if expected < stop else ():
            if index >= stop:
                break
            if index < expected:
                continue
            while absent and absent[0].end_s <= self.times_s[index]:
                report(absent.pop(0))
            if index > expected:
                self.check_still_there()
                report(self._lost(expected, index))
            expected = index + 1
            yield self._frame(index, picture, reformatter)
        if expected < stop:
            self.check_still_there()
            report(self._lost(expected, stop))
        for gap in absent:
            report(gap)

    def frame_at(self, time_s: float) -> Frame:
        """The frame shown at `time_s`: the last that began by then, or the first one before any did.

        Where that frame cannot be decoded, it is the one a player would keep showing, or else the next.

        Raises:
            MediaFormatError: the file has no picture.
            MediaVanishedError: the file went away.
        """
        if not self.info.has_video:
            raise MediaFormatError(self.path, "it has no picture")
        wanted = max(0, int(np.searchsorted(self.times_s, time_s, side="right")) - 1)
        shown: tuple[int, VideoFrame] | None = None
        for index, picture in self.film.pictures(wanted, never):
            if shown is None or index <= wanted:
                shown = index, picture
            if index >= wanted:
                break
        if shown is None:
            raise self.film.source.changed()
        return self._frame(*shown, VideoReformatter())

    def sound(
        self, start_s: float = 0.0, end_s: float = math.inf, cancelled: Cancelled = never
    ) -> Iterator[SoundSecond]:
        """The whole seconds of sound that overlap ``[start_s, end_s)``, from the one in which the sound begins on.

        Mono is the mean of the channels. A second depends on the samples around it alone, never on where reading
        began; so the sound is always decoded from its start. What cannot be decoded is silence.

        Raises:
            CancelledError: `cancelled` became true.
            MediaVanishedError: the file went away.
        """
        if not self.info.has_audio:
            return
        for second in self._seconds(max(0, math.floor(start_s), math.floor(self.sound_start_s)), cancelled):
            if second.second >= end_s:
                return
            yield second

    def sound_frames(self, start_s: float = 0.0, cancelled: Cancelled = never) -> Iterator[tuple[float, AudioFrame]]:
        """Sound as it is coded, with its media time, from a little before `start_s` on: for listening, not for reading.

        Raises:
            CancelledError: `cancelled` became true.
            MediaVanishedError: the file went away.
        """
        if not self.info.has_audio:
            return
        for piece in self._soundtrack.frames(cancelled, start_s if start_s > self.sound_start_s else None):
            if piece is not None and piece[1] is not None:
                yield piece[1], piece[0]

    def check_still_there(self) -> None:
        """See whether the file is still the one that was opened.

        Raises:
            MediaVanishedError: it went away or changed.
        """
        self.film.source.check_still_there()

    def _frame(self, index: int, picture: VideoFrame, reformatter: VideoReformatter) -> Frame:
        rgb = upright_rgb(picture, reformatter, self.info.width, self.info.height)
        return Frame(index, float(self.times_s[index]), rgb)

    def _lost(self, first: int, stop: int) -> Gap:
        end_s = float(self.times_s[stop]) if stop < len(self.times_s) else self.end_s
        return Gap("unreadable", float(self.times_s[first]), end_s)

    def _seconds(self, first: int, cancelled: Cancelled) -> Iterator[SoundSecond]:
        line = SoundLine(first, self._sound_until_s)
        for piece in self._soundtrack.frames(cancelled):
            if piece is None:
                line.lose()
                continue
            frame, at_s = piece
            yield from line.add(mono(frame), frame.sample_rate, at_s)
        if line.end_s < self.sound_end_s - SOUND_RESYNC_S:
            self.check_still_there()
        yield from line.finish()
