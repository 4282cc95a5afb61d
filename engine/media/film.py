"""Reaching the frames of a video by their number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from engine.media.cancelling import Cancelled
from engine.media.container import video_stream
from engine.media.decoding import decoded, seek, thread_type
from engine.media.index import Index
from engine.media.source import Source


@dataclass(frozen=True, slots=True)
class Film:
    """The pictures of a file. Decoded frames are given with their number in the index."""

    source: Source
    index: Index

    def pictures(self, first: int, cancelled: Cancelled) -> Iterator[tuple[int, VideoFrame]]:
        """Decoded frames from a keyframe at or before frame `first` on; the file is opened anew for them."""
        for entry in self.index.entry_stamps(first):
            with self.source.reopen() as container:
                pictures = self.entered(container, self.stream(container), entry, first, cancelled)
                if pictures is not None:
                    yield from pictures
                    return

    def stream(self, container: InputContainer) -> VideoStream:
        """The video of the file, opened anew, ready to be decoded.

        Raises:
            MediaVanishedError: there is none any more.
        """
        stream = video_stream(container)
        if stream is None:
            raise self.source.changed()
        stream.thread_type = thread_type(self.index.timed_packets)
        return stream

    def entered(
        self, container: InputContainer, stream: VideoStream, entry: int | None, first: int, cancelled: Cancelled
    ) -> Iterator[tuple[int, VideoFrame]] | None:
        """Decoded frames from the keyframe stamped `entry` on; None when that does not lead to frame `first`."""
        if entry is not None and not seek(container, stream, entry):
            return None
        entries = None if entry is None else self.index.keyframe_stamps
        pictures = self.index.numbered(decoded(container, stream, stream.codec_context.decode, cancelled, entries))
        head = next(pictures, None)
        # Containers without an exact index may land behind the keyframe asked for: then enter earlier.
        if entry is not None and (head is None or head[0] > first):
            return None
        return pictures if head is None else chain((head,), pictures)
