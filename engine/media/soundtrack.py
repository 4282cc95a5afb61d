"""Reaching the sound of a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import numpy as np
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

from engine.media.cancelling import Cancelled
from engine.media.container import Clock, audio_stream
from engine.media.decoding import decoded, seek
from engine.media.source import Source
from engine.values import F32, F64

_RUN_UP_S: Final = 1.0
"""Decoders of sound need what came before, and some containers seek a little late."""


@dataclass(frozen=True, slots=True)
class Soundtrack:
    """The sound of a file: `origin_s` is what its clock shows at media time 0."""

    source: Source
    origin_s: Fraction

    def frames(
        self, cancelled: Cancelled, seek_s: float | None = None
    ) -> Iterator[tuple[AudioFrame, float | None] | None]:
        """Sound as it is coded, with its media time; None for what could not be decoded.

        It begins with the file, or a little before `seek_s`.
        """
        with self.source.reopen() as container:
            stream = audio_stream(container)
            if stream is None:
                raise self.source.changed()
            clock = Clock.of(stream, self.origin_s)
            if seek_s is not None:
                seek(container, stream, clock.tick(seek_s - _RUN_UP_S))
            for frame in decoded(container, stream, stream.codec_context.decode, cancelled):
                yield None if frame is None else (frame, None if frame.pts is None else clock.second(frame.pts))


def mono(frame: AudioFrame) -> F32:
    """(samples,) float32 in [-1, 1]: the mean of the channels, whatever the sample format."""
    samples: NDArray[Any] = frame.to_ndarray()
    if not frame.format.is_planar:
        samples = samples.reshape(-1, frame.layout.nb_channels).T
    mean: F64 = samples.mean(axis=0, dtype=np.float64)
    if samples.dtype == np.uint8:
        mean = (mean - 128) / 128
    elif np.issubdtype(samples.dtype, np.integer):
        mean = mean / -float(np.iinfo(samples.dtype).min)
    return mean.astype(np.float32)
