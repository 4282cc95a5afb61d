"""Faces followed through a shot, frame by frame, while the frames are in memory.

A face is looked for in a shot's first frame, in every fifth after it, and in its last. Where the same faces are seen at
both ends of such a group, the boxes between are interpolated; where one came or went, all frames between are looked at,
so that tracks start and end on the right frame. Nothing is remembered across a cut: a shot's tracks do not depend on
what was analysed before it.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from engine.faces.appearance import SIZE, describe, unit
from engine.faces.detections import Detections
from engine.values import F32, F64, FaceTrack, Frame

EVERY: Final = 5
CARRY_S: Final = 0.5
"""How long a box stands still where its face is not seen (a hand before it, a turned head)."""
START_SCORE: Final = 0.9
"""Detector probability with which a track may start; it goes on with what the detector reports at all."""
GATE: Final = 1 / 3
"""Least overlap (IoU of the boxes at twice their size) of a face with itself in the next look; the centre may
move by about the face's own width."""
LEAST_DETECTIONS: Final = 3
LEAST_S: Final = 0.15


class Detector(Protocol):
    """What finds faces: a :class:`engine.faces.detector.FaceDetector`."""

    def detect(self, frames: Sequence[NDArray[np.uint8]]) -> list[Detections]: ...


@dataclass(frozen=True, slots=True)
class Face:
    """A face in one frame: `box` (4,) float32 xywh px, `score` of the nearest detection.

    `detected` is False where the box was interpolated, or stood still because the face was not seen. A face that does
    not come back leaves such boxes at the end of its track; :meth:`FaceTracker.tracks` is without them.
    """

    track: int
    box: F32
    score: float
    detected: bool


@dataclass(frozen=True, slots=True)
class SettledFrame:
    """A frame whose faces are known. `cut` is True in the first frame after a cut; `shot` counts from 0."""

    frame: Frame
    cut: bool
    shot: int
    faces: tuple[Face, ...]


class FaceTracker:
    """Follows faces through frames given in order. It holds at most `every` frames.

    Args:
        detector: finds faces in pictures.
        every: a face is looked for in every n-th frame of a shot.
    """

    def __init__(self, detector: Detector, every: int = EVERY) -> None:
        self._detector = detector
        self._every = every
        self._shot = -1
        self._cut = False
        self._next_id = 0
        self._waiting: list[Frame] = []
        self._alive: list[_Growing] = []
        self._tracks: list[FaceTrack] = []

    def push(self, frame: Frame, cut: bool) -> list[SettledFrame]:
        """Take the next frame; `cut` says that a new shot starts with it. Returns the frames now settled, in order."""
        if cut or self._shot < 0:
            settled = self._end_shot()
            self._shot += 1
            self._cut = cut
            return settled + self._settle([frame])
        self._waiting.append(frame)
        return self._settle_waiting() if len(self._waiting) == self._every else []

    def finish(self) -> list[SettledFrame]:
        """The frames that were still waiting. Afterwards all tracks are complete."""
        return self._end_shot()

    def tracks(self) -> tuple[FaceTrack, ...]:
        """The tracks that have ended, by id, from their first detection to their last; after `finish`, all.

        Left out as noise: what was detected in fewer than three frames, for less than 0.15 s, or on average with less
        than `START_SCORE`. So an id seen in a settled frame need not be here.
        """
        return tuple(sorted(self._tracks, key=lambda track: track.id))

    def _end_shot(self) -> list[SettledFrame]:
        settled = self._settle_waiting() if self._waiting else []
        for track in self._alive:
            self._close(track)
        self._alive = []
        return settled

    def _settle_waiting(self) -> list[SettledFrame]:
        frames, self._waiting = self._waiting, []
        return self._settle(frames)

    def _settle(self, frames: list[Frame]) -> list[SettledFrame]:
        """Look at the last of `frames`, and at the others where a face came or went in between."""
        looked_at = self._detector.detect([frames[-1].rgb])[0]
        if len(frames) == 1 or self._is_steady(looked_at):
            return self._advance(frames, looked_at, describing=True)
        between = self._detector.detect([frame.rgb for frame in frames[:-1]])
        settled: list[SettledFrame] = []
        for frame, detections in zip(frames[:-1], between, strict=True):
            settled += self._advance([frame], detections, describing=False)
        return settled + self._advance(frames[-1:], looked_at, describing=True)

    def _is_steady(self, detections: Detections) -> bool:
        """Whether the faces seen last time, and no others, are seen now."""
        pairs = self._matched(detections)
        lost = any(track.seen and index not in pairs for index, track in enumerate(self._alive))
        back = any(not self._alive[index].seen for index in pairs)
        new = any(index not in pairs.values() and score >= START_SCORE for index, score in enumerate(detections.score))
        return not (lost or back or new)

    def _matched(self, detections: Detections) -> dict[int, int]:
        """Index of a living track -> index of the detection that continues it."""
        if not self._alive or not len(detections):
            return {}
        overlap = loose_overlap(np.stack([track.last_box for track in self._alive]), detections.box)
        rows, columns = linear_sum_assignment(np.where(overlap >= GATE, overlap, 0), maximize=True)
        paired = zip(rows.tolist(), columns.tolist(), strict=True)
        return {row: column for row, column in paired if overlap[row, column] >= GATE}

    def _advance(self, frames: list[Frame], detections: Detections, describing: bool) -> list[SettledFrame]:
        """Carry all tracks over `frames`, in the last of which `detections` were made."""
        pairs = self._matched(detections)
        faces: list[list[Face]] = [[] for _ in frames]
        going_on: list[_Growing] = []
        for index, track in enumerate(self._alive):
            found = pairs.get(index)
            grown = track.carry(frames) if found is None else track.grow(frames, *detections[found])
            if found is not None and describing:
                track.look(frames[-1])
            for place, face in zip(faces, grown, strict=False):
                place.append(face)
            if len(grown) == len(frames):
                going_on.append(track)
            else:
                self._close(track)
        for index in sorted(set(range(len(detections))) - set(pairs.values())):
            box, score = detections[index]
            if score >= START_SCORE:
                track = _Growing(self._next_id, self._shot)
                self._next_id += 1
                faces[-1].append(track.append(frames[-1], box, score, True))
                track.look(frames[-1])
                going_on.append(track)
        self._alive = going_on
        return [self._settled(frame, here) for frame, here in zip(frames, faces, strict=True)]

    def _settled(self, frame: Frame, faces: list[Face]) -> SettledFrame:
        cut, self._cut = self._cut, False
        return SettledFrame(frame, cut, self._shot, tuple(faces))

    def _close(self, track: "_Growing") -> None:
        done = track.frozen()
        scores = done.score[done.detected]
        long_enough = len(scores) >= LEAST_DETECTIONS and done.time_s[-1] - done.time_s[0] >= LEAST_S
        if long_enough and scores.mean() >= START_SCORE:
            self._tracks.append(done)


class _Growing:
    """A track in the making: compact columns, so that hours of faces stay small."""

    def __init__(self, track_id: int, shot: int) -> None:
        self._id = track_id
        self._shot = shot
        self._frame_index = array("q")
        self._time_s = array("d")
        self._box = array("f")
        self._score = array("f")
        self._detected = array("b")
        self._appearance = np.zeros(SIZE, np.float64)
        self._end = 0  # after the last detection
        self.last_box: F32 = np.zeros(4, np.float32)

    @property
    def seen(self) -> bool:
        """Whether the face was detected in the last frame."""
        return self._end == len(self._time_s)

    def append(self, frame: Frame, box: F32, score: float, detected: bool) -> Face:
        self._frame_index.append(frame.index)
        self._time_s.append(frame.time_s)
        self._box.extend(box.tolist())
        self._score.append(score)
        self._detected.append(detected)
        if detected:
            self._end = len(self._time_s)
        self.last_box = box
        return Face(self._id, box, score, detected)

    def grow(self, frames: list[Frame], box: F32, score: float) -> list[Face]:
        """Go on to a detection in the last of `frames`, on a straight line in time."""
        start_s, start = self._time_s[-1], self.last_box
        span_s = frames[-1].time_s - start_s
        grown = []
        for frame in frames[:-1]:
            share = (frame.time_s - start_s) / span_s if span_s > 0 else 1.0
            between = (start + np.float32(share) * (box - start)).astype(np.float32)
            grown.append(self.append(frame, between, score, False))
        return [*grown, self.append(frames[-1], box, score, True)]

    def carry(self, frames: list[Frame]) -> list[Face]:
        """Stand still in those of `frames` that are not too long after the last detection."""
        seen_s = self._time_s[self._end - 1]
        near = [frame for frame in frames if frame.time_s - seen_s <= CARRY_S]
        return [self.append(frame, self.last_box, self._score[-1], False) for frame in near]

    def look(self, frame: Frame) -> None:
        """Add the face's appearance in the frame just appended."""
        self._appearance += describe(frame.rgb, self.last_box)

    def frozen(self) -> FaceTrack:
        """The track from its first detection to its last."""
        end = self._end
        return FaceTrack(
            id=self._id,
            shot=self._shot,
            frame_index=np.array(self._frame_index[:end], np.int64),
            time_s=np.array(self._time_s[:end], np.float64),
            box=np.array(self._box[: 4 * end], np.float32).reshape(end, 4),
            score=np.array(self._score[:end], np.float32),
            detected=np.array(self._detected[:end], np.bool_),
            descriptor=unit(self._appearance),
        )


def loose_overlap(first: F32, second: F32) -> F64:
    """(N, M) intersection over union of boxes xywh (N, 4) and (M, 4), all at twice their size."""
    (start, end), (other_start, other_end) = _doubled(first[:, None]), _doubled(second[None])
    shared = np.maximum(np.minimum(end, other_end) - np.maximum(start, other_start), 0).prod(-1)
    union = (end - start).prod(-1) + (other_end - other_start).prod(-1) - shared
    overlap: F64 = shared / np.maximum(union, np.finfo(np.float64).tiny)  # boxes of no size overlap nothing
    return overlap


def _doubled(box: F32) -> tuple[F64, F64]:
    """Corners of boxes at twice their size about the same centres."""
    wide = box.astype(np.float64)
    return wide[..., :2] - wide[..., 2:] / 2, wide[..., :2] + wide[..., 2:] * 1.5
