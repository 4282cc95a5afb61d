"""The stream: decode -> cuts and faces -> crops -> batches -> features, and sound beside it, through bounded queues.

Two threads feed the one that follows faces and infers: `picture` decodes and looks for cuts, `sound` decodes, resamples
and listens for speech. Every network runs in that one thread, on all cores: side by side they wait for each other
(measured on two cores, both ways). Queues are short and every wait on them is timed and looks at the cancel token, so
memory does not grow with the video and a cancelled run ends at the next batch. Features go straight to the store.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.branches import AUDIO_RATE_HZ
from engine.emotions import COUNT
from engine.errors import CancelledError
from engine.faces.crops import square_crop
from engine.faces.detector import FaceDetector
from engine.faces.tracks import FaceTracker, SettledFrame
from engine.features import Evidence, FeatureStore, FeatureWriter
from engine.media import Media, SoundSecond
from engine.model import Model
from engine.shots import CutDetector
from engine.slices import Slicer
from engine.speech import SpeechDetector, silent
from engine.threads import Feed, Stopwatch
from engine.values import Frame, Gap, Part, Progress, Track
from engine.windows import SLICE_S

FRAME_QUEUE: Final = 16
FRAME_QUEUE_BYTES: Final = 64 << 20
SOUND_QUEUE: Final = 32
SOUND_GROUP_S: Final = 8
"""Seconds of sound looked at together."""
PROGRESS_EVERY_S: Final = 0.1


@dataclass(slots=True)
class _Crops:
    """The crops of one frame's faces: by track, for the frame branch and for the slice branch."""

    frame: dict[int, np.ndarray]
    slice: dict[int, np.ndarray]


class Stream:
    """One pass over a media file (or a range of it) with a model's trunks.

    Args:
        start_s, end_s: the range looked at, media seconds.
    """

    def __init__(
        self, media: Media, model: Model, writer: FeatureWriter, start_s: float, end_s: float,
        cancelled: Callable[[], bool], clock: Stopwatch,
    ) -> None:  # fmt: skip
        self._media, self._model, self._writer = media, model, writer
        self._start_s, self._end_s = start_s, end_s
        self._picture_end_s = min(end_s, media.end_s)
        self._cancelled = cancelled
        self._over = threading.Event()
        self.clock = clock
        self._unreadable: list[Gap] = []
        self._times: list[float] = []
        self._shots: list[float] = []
        self._slicer: Slicer | None = None
        self._frames: list[tuple[int, int, float, np.ndarray]] = []
        self._slices: list[tuple[int, int, float, np.ndarray]] = []
        self._slice_keys: list[tuple[int, int, float]] = []
        self._seconds: list[tuple[int, float, bool, int]] = []
        self._tracker: FaceTracker | None = None

    def run(self) -> Iterator[Progress | Part]:
        """Read everything; afterwards :meth:`finish` gives the store."""
        began = time.perf_counter()
        pictures = Feed("picture", self._decode(), self._queued_frames(), self._cancelled)
        sound = Feed("sound", self._read_sound(), SOUND_QUEUE, self._cancelled)
        told = began
        done_s = self._start_s
        try:
            pictures.start()
            sound.start()
            while not (pictures.ended and sound.ended):
                item = pictures.get(wait=not pictures.ended and sound.ended)
                if item is not None:
                    yield from self._settle(self._follow(*item))
                    done_s = item[0].time_s
                heard = sound.get(wait=pictures.ended and not sound.ended)
                if heard is not None:
                    yield from self._hear(*heard)
                if item is None and heard is None and not (pictures.ended and sound.ended):
                    time.sleep(0.002)
                now = time.perf_counter()
                if now - told >= PROGRESS_EVERY_S:
                    told = now
                    yield self._progress(done_s, now - began)
            yield from self._settle(self.clock.timed("faces", self._tracker.finish) if self._tracker else [])
            yield from self._end_shot(self._picture_end_s)
            yield from self._infer_frames(everything=True)
            yield from self._infer_slices(everything=True)
            yield self._progress(self._end_s, time.perf_counter() - began)
        finally:
            self._over.set()
            pictures.close()
            sound.close()

    def finish(self) -> FeatureStore:
        """Write the evidence; the store is then complete."""
        ends = [*self._shots[1:], self._picture_end_s] if self._shots else []
        keys = self._slice_keys
        evidence = Evidence(
            media=self._media.info, start_s=self._start_s, end_s=self._end_s,
            times_s=np.array(self._times), shot_start_s=np.array(self._shots), shot_end_s=np.array(ends),
            tracks=self._tracker.tracks() if self._tracker else (),
            slice_track=np.array([key[0] for key in keys], np.int64),
            slice_shot=np.array([key[1] for key in keys], np.int64),
            slice_start_s=np.array([key[2] for key in keys], np.float64),
            second=np.array([row[0] for row in self._seconds], np.int64),
            speech_share=np.array([row[1] for row in self._seconds], np.float64),
            silent=np.array([row[2] for row in self._seconds], np.bool_),
            samples=np.array([row[3] for row in self._seconds], np.int64),
            sound_start_s=self._media.sound_start_s,
            sound_end_s=self._media.sound_end_s if self._media.info.has_audio else None,
            unreadable=tuple(self._unreadable),
        )  # fmt: skip
        return self._writer.finish(evidence)

    def _progress(self, done_s: float, elapsed_s: float) -> Progress:
        total_s = self._end_s - self._start_s
        return Progress(min(max(0.0, done_s - self._start_s), total_s), total_s, len(self._times), elapsed_s)

    # In threads of their own

    def _nobody_reads(self) -> bool:
        return self._over.is_set() or self._cancelled()

    def _decode(self) -> Iterator[tuple[Frame, bool]]:
        """Frames, and whether a new shot begins with them."""
        cuts = CutDetector()
        frames = self._media.frames(self._start_s, self._end_s, self._nobody_reads, self._unreadable.append)
        while (frame := self.clock.timed("decode", next, frames, None)) is not None:
            yield frame, self.clock.timed("decode", cuts.is_cut, frame.rgb)

    def _queued_frames(self) -> int:
        """How many decoded frames may wait: by their bytes, so that large pictures do not fill the memory."""
        frame_bytes = max(1, 3 * self._media.info.width * self._media.info.height)
        return int(np.clip(FRAME_QUEUE_BYTES // frame_bytes, 2, FRAME_QUEUE))

    def _read_sound(self) -> Iterator[tuple[list[SoundSecond], np.ndarray]]:
        """Groups of seconds with the share of speech in each. The second before the range is heard too: what is
        speech depends on it."""
        if not self._media.info.has_audio:
            return
        detector = self.clock.timed("audio", SpeechDetector)
        seconds = self._media.sound(self._start_s - 1, self._end_s, self._nobody_reads)
        before: np.ndarray | None = None
        group: list[SoundSecond] = []
        while True:
            second = self.clock.timed("audio", next, seconds, None)
            if second is not None and second.second + 1 <= self._start_s:
                before = second.wave
                continue
            if second is not None:
                group.append(second)
            if group and (second is None or len(group) == SOUND_GROUP_S):
                waves = np.stack([item.wave for item in group])
                valid = np.array([item.valid_samples for item in group])
                yield group, self.clock.timed("audio", detector.shares, waves, before, valid)
                before, group = waves[-1], []
            if second is None:
                return

    # In the thread that infers

    def _follow(self, frame: Frame, cut: bool) -> list[SettledFrame]:
        if self._tracker is None:
            self._tracker = FaceTracker(self.clock.timed("faces", FaceDetector, self._model.device.processor))
        return self.clock.timed("faces", self._tracker.push, frame, cut)

    def _settle(self, settled: list[SettledFrame]) -> Iterator[Part]:
        for item in settled:
            time_s = item.frame.time_s
            if item.shot == len(self._shots):
                yield from self._end_shot(time_s)
                self._shots.append(time_s)
                self._slicer = Slicer(time_s, item.shot)
            self._times.append(time_s)
            crops = self.clock.timed("faces", self._cut_crops, item)
            for track, crop in crops.frame.items():
                self._frames.append((track, item.frame.index, time_s, crop))
            assert self._slicer is not None
            for track, start_s, pictures in self._slicer.push(time_s, crops.slice):
                self._slices.append((track, item.shot, start_s, pictures))
            yield from self._infer_frames()
            yield from self._infer_slices()

    def _cut_crops(self, item: SettledFrame) -> _Crops:
        """Square crops of a frame's faces; the slice branch shares the frame branch's where they are alike."""
        manifest = self._model.bundle.manifest
        shapes = [(c.margin, c.crop_px, c.grey) for c in (manifest.frame, manifest.slice)]
        frame = {face.track: _crop(item, face.box, *shapes[0]) for face in item.faces}
        if shapes[0] == shapes[1]:
            return _Crops(frame, frame)
        return _Crops(frame, {face.track: _crop(item, face.box, *shapes[1]) for face in item.faces})

    def _end_shot(self, end_s: float) -> Iterator[Part]:
        if self._slicer is not None:
            for track, start_s, pictures in self._slicer.finish(end_s):
                self._slices.append((track, self._slicer.shot, start_s, pictures))
            self._slicer = None
            yield from self._infer_slices()

    def _infer_frames(self, everything: bool = False) -> Iterator[Part]:
        size = self._model.batch["frame"]
        while len(self._frames) >= size or (everything and self._frames):
            rows, self._frames = self._frames[:size], self._frames[size:]
            crops = np.stack([row[3] for row in rows])
            keys = [row[:3] for row in rows]
            yield from self._keep_frames(keys, self._computed("frame", self._model.frame_features, crops))

    def _keep_frames(self, keys: list[tuple[int, int, float]], features: np.ndarray) -> Iterator[Part]:
        self._writer.append("frame", np.array([key[:2] for key in keys]), features)
        answers = self._model.probabilities("frame", features)
        yield from _parts("frame", [(track, time_s, time_s) for track, _, time_s in keys], answers)

    def _infer_slices(self, everything: bool = False) -> Iterator[Part]:
        size = self._model.batch["slice"]
        while len(self._slices) >= size or (everything and self._slices):
            rows, self._slices = self._slices[:size], self._slices[size:]
            crops = np.stack([row[3] for row in rows])
            keys = [row[:3] for row in rows]
            yield from self._keep_slices(keys, self._computed("slice", self._model.slice_features, crops))

    def _keep_slices(self, keys: list[tuple[int, int, float]], features: np.ndarray) -> Iterator[Part]:
        first = len(self._slice_keys)
        self._slice_keys += keys
        self._writer.append("slice", np.array([(key[0], first + at) for at, key in enumerate(keys)]), features)
        answers = self._model.probabilities("slice", features)
        yield from _parts("slice", [(track, start_s, start_s + SLICE_S) for track, _, start_s in keys], answers)

    def _hear(self, group: list[SoundSecond], shares: np.ndarray) -> Iterator[Part]:
        size = self._model.batch["audio"]
        for at in range(0, len(group), size):
            some = group[at : at + size]
            waves = np.stack([item.wave for item in some])
            quiet = silent(waves, np.array([item.valid_samples for item in some]))
            rows = [
                (item.second, float(share), bool(still), item.valid_samples)
                for item, share, still in zip(some, shares[at : at + size], quiet, strict=True)
            ]
            yield from self._keep_seconds(rows, self._computed("audio", self._model.audio_features, waves))

    def _keep_seconds(self, rows: list[tuple[int, float, bool, int]], features: np.ndarray) -> Iterator[Part]:
        self._writer.append("audio", np.array([[row[0]] for row in rows]), features)
        self._seconds += rows
        start_s = np.array([row[0] for row in rows], np.float64)
        end_s = start_s + np.array([row[3] for row in rows]) / AUDIO_RATE_HZ
        yield Part("audio", None, Track(start_s, end_s, self._model.probabilities("audio", features)))

    def _computed(self, stage: str, compute: Callable[[np.ndarray], np.ndarray], inputs: np.ndarray) -> np.ndarray:
        """A batch, unless the work was cancelled."""
        if self._cancelled():
            raise CancelledError("analysis cancelled")
        return self.clock.timed(stage, compute, inputs)


def _crop(item: SettledFrame, box: np.ndarray, margin: float, side_px: int, grey: bool) -> np.ndarray:
    """(S, S, 3) or, grey, (S, S, 1) uint8. Grey is ITU-R BT.601 luma, as the grey training images were made."""
    crop = square_crop(item.frame.rgb, box, margin, side_px)
    if not grey:
        return crop
    luma = crop @ np.array([0.299, 0.587, 0.114], np.float32)
    return np.rint(luma).astype(np.uint8)[..., None]


def _parts(branch: str, rows: list[tuple[int, float, float]], answers: np.ndarray) -> Iterator[Part]:
    """One part a track of a batch."""
    tracks = np.array([row[0] for row in rows])
    spans = np.array([row[1:] for row in rows])
    for track in np.unique(tracks):
        which = tracks == track
        part = Track(spans[which, 0], spans[which, 1], answers[which].reshape(-1, COUNT))
        yield Part(branch, int(track), part)  # type: ignore[arg-type]
