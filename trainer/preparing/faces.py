"""The face of an example as analysis sees it: followed, put on the slices' grid, and cut from its frames.

The film is read twice: first to follow everybody, then to cut the one who is seen longest. So memory holds boxes and
one frame, however long the film.
"""

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray

from engine.branches import SLICE_FRAMES
from engine.errors import MediaVanishedError
from engine.faces.persons import link_persons
from engine.faces.tracks import Detector, Face, FaceTracker, SettledFrame
from engine.media import TICK_S, Media
from engine.pipeline import _crop  # the engine's own cut, grey included
from engine.shots import CutDetector
from engine.slices import Slicer
from engine.values import F32, F64, Bools, FaceTrack, Gap, Ints
from engine.windows import SLICE_S
from trainer.preparing.settings import CropShape

Cancelled = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class FollowedFace:
    """One person's face over an example.

    `frame_index` (R,) into the media's frames, `time_s` (R,) and `box` (R, 4) xywh px say what to cut. The first `seen`
    rows, ascending in time, are what the frame branch sees; the others complete slices that the face does not fill.
    `detected` (R,) is True where the detector itself saw it; `slice_rows` (L, 16) are rows, `slice_start_s` (L,).
    """

    frame_index: Ints
    time_s: F64
    box: F32
    detected: Bools
    seen: int
    slice_rows: Ints
    slice_start_s: F64


@dataclass(frozen=True, slots=True)
class Watched:
    """What was seen of an example: its main face, if there is any, how many people, and what could not be read."""

    face: FollowedFace | None
    people: int
    unreadable: tuple[Gap, ...]


class Follower:
    """Follows everybody in one example, which ends at `end_s`."""

    def __init__(self, media: Media, start_s: float, end_s: float, detector: Detector) -> None:
        self._media, self._start_s, self._end_s = media, start_s, min(end_s, media.end_s)
        self._tracker = FaceTracker(detector)
        self._slicer: Slicer | None = None
        self._shots = 0
        self._times = array("d")
        self._unreadable: list[Gap] = []
        self._track, self._index, self._detected = array("q"), array("q"), array("b")
        self._time_s, self._box = array("d"), array("f")
        self._slices: list[tuple[int, float, Ints]] = []

    def frames(self, cancelled: Cancelled) -> Iterator[float]:
        """Read the example; gives the time of each frame. Afterwards :meth:`watched` says who was there.

        Raises:
            MediaVanishedError: the file went away.
            CancelledError: `cancelled()` became true.
        """
        cuts = CutDetector()
        for frame in self._media.frames(self._start_s, self._end_s, cancelled, self._unreadable.append):
            self._settle(self._tracker.push(frame, cuts.is_cut(frame.rgb)))
            yield frame.time_s
        self._settle(self._tracker.finish())
        self._end_shot(self._end_s)

    def watched(self) -> Watched:
        """Who is on screen longest, as analysis chooses."""
        tracks = {track.id: track for track in self._tracker.tracks()}
        people = [[tracks[number] for number in numbers] for numbers in link_persons(list(tracks.values()))]
        face = self._face(max(people, key=self._present_s)) if people else None
        return Watched(face, len(people), tuple(self._unreadable))

    def _settle(self, settled: list[SettledFrame]) -> None:
        for item in settled:
            time_s = item.frame.time_s
            if item.shot == self._shots:
                self._end_shot(time_s)
                self._shots += 1
                self._slicer = Slicer(time_s, item.shot)
            self._times.append(time_s)
            rows = {face.track: np.array(self._keep(item, face)) for face in item.faces}
            assert self._slicer is not None
            self._slices += self._slicer.push(time_s, rows)

    def _end_shot(self, end_s: float) -> None:
        if self._slicer is not None:
            self._slices += self._slicer.finish(end_s)
            self._slicer = None

    def _keep(self, item: SettledFrame, face: Face) -> int:
        """Remember where a face is; gives its row."""
        self._track.append(face.track)
        self._index.append(item.frame.index)
        self._time_s.append(item.frame.time_s)
        self._box.extend(face.box.tolist())
        self._detected.append(face.detected)
        return len(self._track) - 1

    def _present_s(self, tracks: list[FaceTrack]) -> float:
        times = np.array(self._times)
        shown_s = np.append(np.diff(times), max(0.0, self._end_s - times[-1]))
        return float(sum(shown_s[np.searchsorted(times, track.time_s - 1e-9)].sum() for track in tracks))

    def _face(self, tracks: list[FaceTrack]) -> FollowedFace:
        track, index, time_s = np.array(self._track), np.array(self._index), np.array(self._time_s)
        slices: list[tuple[int, float, Ints]] = []
        seen = np.zeros(len(track), np.bool_)
        for one in tracks:
            slices += [item for item in self._slices if item[0] == one.id and _reaches(one, item[1])]
            seen |= (track == one.id) & (index <= one.frame_index[-1])
        slices.sort(key=lambda item: item[1])
        steps = np.array([item[2] for item in slices], np.int64).reshape(-1, SLICE_FRAMES)
        order = np.flatnonzero(seen)
        order = order[np.argsort(time_s[order], kind="stable")]
        order = np.append(order, np.setdiff1d(steps, order))
        place = np.empty(len(track), np.int64)
        place[order] = np.arange(len(order))
        return FollowedFace(
            index[order], time_s[order], np.array(self._box, np.float32).reshape(-1, 4)[order],
            np.array(self._detected, np.bool_)[order], int(seen.sum()), place[steps],
            np.array([item[1] for item in slices], np.float64),
        )  # fmt: skip


def _reaches(track: FaceTrack, slice_start_s: float) -> bool:
    """Whether a slice's middle lies before the face is last seen, or it is the face's first: others do not count."""
    last_s = max(float(track.time_s[-1]), float(track.time_s[0]) + SLICE_S / 2)
    return slice_start_s + SLICE_S / 2 <= last_s


def cut(
    media: Media, start_s: float, face: FollowedFace, shapes: Iterable[CropShape], cancelled: Cancelled
) -> Iterator[tuple[int, float, list[NDArray[np.uint8]]]]:
    """Read the example again: each row of a face, its time, and its crop (S, S, C) in each shape, frame by frame.

    Raises:
        MediaVanishedError: the file went away, or is no longer what was followed.
        CancelledError: `cancelled()` became true.
    """
    rows_of: dict[int, list[int]] = defaultdict(list)
    for row, index in enumerate(face.frame_index.tolist()):
        rows_of[index].append(row)
    for frame in media.frames(start_s, float(face.time_s.max()) + 2 * TICK_S, cancelled):
        picture = SettledFrame(frame, False, 0, ())
        for row in rows_of.pop(frame.index, []):
            yield row, frame.time_s, [_crop(picture, face.box[row], *astuple(shape)) for shape in shapes]
    if rows_of:
        raise MediaVanishedError(media.path, "it changed while it was read")
