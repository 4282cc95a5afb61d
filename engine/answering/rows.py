"""Which rows of a feature store are somebody's face, and which are speech: all by time, none of it by a model."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.branches import AUDIO_RATE_HZ
from engine.features import FeatureStore
from engine.speech import is_speech
from engine.values import F64, Bools, FaceTrack, Ints
from engine.windows import SLICE_S

AUDIO_OVERLAP_S: Final = 0.5
"""A second of sound belongs to an interval that it overlaps by this much."""
BEFORE_CUT_S: Final = 1e-3
_SAME_S: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Heard:
    """Seconds of speech of many intervals: `place` (N, C) into the rows of speech, those of `mask` (N, C) count."""

    place: Ints
    mask: Bools

    def __len__(self) -> int:
        return len(self.place)


@dataclass(frozen=True, slots=True)
class Sound:
    """The seconds of speech: `row` (S,) into the store, with their bounds, ascending."""

    row: Ints
    start_s: F64
    end_s: F64

    def within(self, start_s: float, end_s: float) -> Ints:
        """Rows of the seconds that overlap an interval enough."""
        heard = self.heard(np.array([start_s]), np.array([end_s]))
        return np.asarray(self.row[heard.place[heard.mask]])

    def heard(self, start_s: F64, end_s: F64) -> Heard:
        """The seconds that overlap each of many intervals (N,) enough: half a second, or half of a shorter interval."""
        first = np.searchsorted(self.start_s, start_s - 1.0)
        stop = np.searchsorted(self.start_s, end_s)
        most = int((stop - first).max(initial=0))
        place = first[:, None] + np.arange(most)
        mask = place < stop[:, None]
        place = np.where(mask, place, 0)
        overlap = np.minimum(self.end_s[place], end_s[:, None]) - np.maximum(self.start_s[place], start_s[:, None])
        least = np.minimum(AUDIO_OVERLAP_S, (end_s - start_s) / 2) - _SAME_S
        return Heard(place, mask & (overlap >= least[:, None]))


@dataclass(frozen=True, slots=True)
class Face:
    """One person's rows in the store, ascending in time, with the boxes of the frames."""

    frame_row: Ints
    frame_s: F64
    box: np.ndarray
    score: np.ndarray
    detected: Bools
    slice_row: Ints
    slice_s: F64
    slice_middle_s: F64
    """Of a slice that runs out of its shot, just before the cut: it belongs to no other shot."""

    def frames_within(self, start_s: float, end_s: float) -> Ints:
        """Rows of the frames in an interval."""
        first, stop = runs_within(self.frame_s, start_s, end_s)
        return self.frame_row[first:stop]

    def slices_within(self, start_s: float, end_s: float) -> Ints:
        """Rows of the slices whose middle lies in the interval."""
        first, stop = runs_within(self.slice_middle_s, start_s, end_s)
        return self.slice_row[first:stop]


def runs_within(time_s: F64, start_s: float | F64, end_s: float | F64) -> Ints:
    """(2, ...) first and one past the last of ascending times that lie in intervals."""
    bounds = np.stack([np.asarray(start_s, np.float64), np.asarray(end_s, np.float64)])
    return np.asarray(np.searchsorted(time_s, bounds - _SAME_S))


class Rows:
    """Finds rows of a store.

    Args:
        min_speech: share of a second that must be speech for it to count.
    """

    def __init__(self, store: FeatureStore, min_speech: float) -> None:
        self.evidence = store.evidence
        self.speech = is_speech(self.evidence.speech_share, min_speech)
        row = np.flatnonzero(self.speech)
        start_s = self.evidence.second[row].astype(np.float64)
        self.sound = Sound(row, start_s, start_s + self.evidence.samples[row] / AUDIO_RATE_HZ)
        keys = store.keys("frame")
        self._frame_index = np.asarray(keys[:, 1])
        self._frame_rows = by_track(np.asarray(keys[:, 0]))
        self._slice_rows = by_track(self.evidence.slice_track)

    def face(self, tracks: Iterable[FaceTrack]) -> Face:
        """The rows of tracks, at least one, that are one person."""
        parts = [(track, *self._frames_of(track)) for track in tracks]
        frame_row = np.concatenate([rows for _, rows, _ in parts])
        frame_s = np.concatenate([track.time_s[place] for track, _, place in parts])
        order = np.argsort(frame_s, kind="stable")
        slice_row = np.concatenate([self._slices_of(track) for track, _, _ in parts])
        slice_row = slice_row[np.argsort(self.evidence.slice_start_s[slice_row], kind="stable")]
        box, score, detected = (
            np.concatenate([getattr(track, name)[place] for track, _, place in parts])[order]
            for name in ("box", "score", "detected")
        )
        slice_s = self.evidence.slice_start_s[slice_row]
        shot_end_s = self.evidence.shot_end_s[self.evidence.slice_shot[slice_row]]
        middle_s = np.minimum(slice_s + SLICE_S / 2, shot_end_s - BEFORE_CUT_S)
        return Face(frame_row[order], frame_s[order], box, score, detected, slice_row, slice_s, middle_s)

    def _frames_of(self, track: FaceTrack) -> tuple[Ints, Ints]:
        """Rows of a track, and the place of each in it. Rows past the track's last detection are left out."""
        rows = self._frame_rows.get(track.id, np.zeros(0, np.int64))
        index = self._frame_index[rows]
        place = np.searchsorted(track.frame_index, index)
        known = (place < len(track.frame_index)) & (
            track.frame_index[np.minimum(place, len(track.frame_index) - 1)] == index
        )
        return rows[known], place[known]

    def _slices_of(self, track: FaceTrack) -> Ints:
        rows: Ints = self._slice_rows.get(track.id, np.zeros(0, np.int64))
        middle_s = self.evidence.slice_start_s[rows] + SLICE_S / 2
        last_s = max(float(track.time_s[-1]), float(track.time_s[0]) + SLICE_S / 2)
        return np.asarray(rows[middle_s <= last_s])


def by_track(track: np.ndarray) -> dict[int, Ints]:
    """Rows of each track, ascending."""
    order = np.argsort(track, kind="stable")
    ids, first = np.unique(np.asarray(track)[order], return_index=True)
    return {int(number): rows for number, rows in zip(ids, np.split(order, first)[1:], strict=True)}
