"""From what is stored about a video to people, windows, segments and labels. Needs no picture and no trunk.

Run again after new classifiers or fusion weights, this re-scores hours of video in seconds.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch

from engine.branches import AUDIO_RATE_HZ, FEATURES
from engine.emotions import COUNT, EMOTIONS
from engine.faces.persons import link_persons
from engine.features import FeatureStore
from engine.model import Model
from engine.netvlad import NetVLAD
from engine.speech import is_speech
from engine.values import (
    BRANCHES,
    F64,
    Bools,
    BranchName,
    FaceTrack,
    FrameTrack,
    FusedTrack,
    Gap,
    Ints,
    Label,
    Person,
    SecondTrack,
    Segment,
    Track,
)
from engine.windows import SLICE_S, cells, no_face_gaps, segments, smooth, sound_gaps, tempered, window_grid

AUDIO_OVERLAP_S = 0.5
"""A second of sound belongs to a window that it overlaps by this much."""
BEFORE_CUT_S = 1e-3
PIECE_ROWS = 4096
"""Rows of features pooled at a time for a whole-video label."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What the model says, apart from where the video came from."""

    people: tuple[Person, ...]
    seconds: SecondTrack
    unseen: FusedTrack
    unseen_segments: tuple[Segment, ...]
    label: Label | None
    label_reason: str
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class _Sound:
    """The seconds of speech: `row` (S,) into the store, with their bounds."""

    row: Ints
    start_s: F64
    end_s: F64

    def within(self, start_s: float, end_s: float) -> Ints:
        """Rows of the seconds that overlap an interval enough."""
        overlap = np.minimum(self.end_s, end_s) - np.maximum(self.start_s, start_s)
        return self.row[overlap >= min(AUDIO_OVERLAP_S, (end_s - start_s) / 2) - 1e-6]


@dataclass(frozen=True, slots=True)
class _Face:
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
        first, stop = np.searchsorted(self.frame_s, [start_s - 1e-6, end_s - 1e-6])
        return self.frame_row[first:stop]

    def slices_within(self, start_s: float, end_s: float) -> Ints:
        """Slices whose middle lies in the interval."""
        first, stop = np.searchsorted(self.slice_middle_s, [start_s - 1e-6, end_s - 1e-6])
        return self.slice_row[first:stop]


@dataclass(frozen=True, slots=True)
class _Window:
    """A window to be fused: which rows of the store it pools."""

    start_s: float
    end_s: float
    restart: bool
    rows: tuple[Ints, Ints, Ints]

    @property
    def branches(self) -> str:
        return "+".join(name for name, rows in zip(BRANCHES, self.rows, strict=True) if len(rows))


class _Scorer:
    """One pass over a store with one model."""

    def __init__(self, store: FeatureStore, model: Model) -> None:
        self.store, self.model = store, model
        self.evidence = store.evidence
        self.config = model.bundle.manifest.windows
        self.calibration = model.bundle.manifest.calibration
        self.speech = is_speech(self.evidence.speech_share, self.config.min_speech)
        row = np.flatnonzero(self.speech)
        start_s = self.evidence.second[row].astype(np.float64)
        self.sound = _Sound(row, start_s, start_s + self.evidence.samples[row] / AUDIO_RATE_HZ)
        self._frame_rows = _by_track(store.keys("frame")[:, 0])
        self._slice_rows = _by_track(self.evidence.slice_track)

    def face(self, tracks: Iterable[FaceTrack]) -> _Face:
        """The rows of tracks that are one person."""
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
        return _Face(frame_row[order], frame_s[order], box, score, detected, slice_row, slice_s, middle_s)

    def _frames_of(self, track: FaceTrack) -> tuple[Ints, Ints]:
        """Rows of a track, and the place of each in it. Rows past the track's last detection are left out."""
        rows = self._frame_rows.get(track.id, np.zeros(0, np.int64))
        index = self.store.keys("frame")[rows, 1]
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

    def person(self, name: str, tracks: tuple[int, ...]) -> Person:
        """Everything about one person."""
        known = {track.id: track for track in self.evidence.tracks}
        face = self.face(known[track] for track in tracks)
        windows = list(self._windows_of(face))
        fused, parts = self.fused(windows)
        frames = FrameTrack(
            face.frame_s, face.box, face.score, face.detected,
            self._probabilities("frame", face.frame_row),
        )  # fmt: skip
        slices = Track(
            face.slice_s, face.slice_s + SLICE_S, self._probabilities("slice", face.slice_row)
        )  # fmt: skip
        heard = self.sound.row[np.isin(np.floor(self.sound.start_s), np.floor(face.frame_s))]
        label = self.label((face.frame_row, face.slice_row, heard))
        return Person(name, None, self._present_s(face.frame_s), tracks, frames, slices, fused, parts, label)

    def _probabilities(self, branch: BranchName, rows: Ints) -> np.ndarray:
        """(N, 7) of rows of the store, read a piece at a time."""
        parts = [
            self.model.probabilities(branch, self.store.features(branch, rows[at : at + PIECE_ROWS]))
            for at in range(0, len(rows), PIECE_ROWS)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, COUNT), np.float32)

    def present_s(self, tracks: tuple[int, ...]) -> float:
        """How long a person is on screen."""
        return self._present_s(np.concatenate([track.time_s for track in self.evidence.tracks if track.id in tracks]))

    def _present_s(self, frame_s: F64) -> float:
        """How long these frames are on screen together; what could not be read between them does not count."""
        times = self.evidence.times_s
        ends = np.append(times[1:], self.evidence.shot_end_s[-1])
        for gap in self.evidence.unreadable:
            ends[(times < gap.start_s) & (gap.start_s < ends)] = gap.start_s
        place = np.searchsorted(times, frame_s - 1e-9)
        return float((ends[place] - times[place]).sum())

    def _windows_of(self, face: _Face) -> Iterator[_Window]:
        """A person's windows: those of each shot in which the face is seen often enough."""
        shots = np.searchsorted(self.evidence.shot_start_s, face.frame_s + 1e-9, side="right") - 1
        for shot in np.unique(shots):
            before = False
            for start_s, end_s in self._grid(self.evidence.shot_start_s[shot], self.evidence.shot_end_s[shot]):
                rows = face.frames_within(start_s, end_s)
                enough = len(rows) > 0 and len(rows) >= self.config.min_presence * self._frames_between(start_s, end_s)
                if enough:
                    sets = (rows, face.slices_within(start_s, end_s), self.sound.within(start_s, end_s))
                    yield _Window(start_s, end_s, not before, sets)
                before = enough

    def _grid(self, start_s: float, end_s: float) -> Iterator[tuple[float, float]]:
        starts, ends = window_grid(start_s, end_s, self.config.length_s, self.config.hop_s)
        return zip(starts.tolist(), ends.tolist(), strict=True)

    def _frames_between(self, start_s: float, end_s: float) -> int:
        first, stop = np.searchsorted(self.evidence.times_s, [start_s - 1e-6, end_s - 1e-6])
        return int(stop - first)

    def unseen_windows(self, present: Bools) -> Iterator[_Window]:
        """Windows in which nobody is in view and somebody speaks."""
        e = self.evidence
        shots = list(zip(e.shot_start_s.tolist(), e.shot_end_s.tolist(), strict=True))
        picture_end_s = shots[-1][1] if shots else e.start_s
        sound_end_s = min(e.sound_end_s or 0.0, e.end_s)
        if sound_end_s - picture_end_s >= AUDIO_OVERLAP_S:
            shots.append((picture_end_s, sound_end_s))
        none = np.zeros(0, np.int64)
        for shot_start_s, shot_end_s in shots:
            before = False
            for start_s, end_s in self._grid(shot_start_s, shot_end_s):
                first, stop = np.searchsorted(e.times_s, [start_s - 1e-6, end_s - 1e-6])
                heard = self.sound.within(start_s, end_s)
                alone = len(heard) > 0 and present[first:stop].sum() < max(1, self.config.min_presence * (stop - first))
                if alone:
                    yield _Window(start_s, end_s, not before, (none, none, heard))
                before = alone

    def fused(self, windows: list[_Window]) -> tuple[FusedTrack, tuple[Segment, ...]]:
        """Fuse, smooth and cut into segments."""
        start_s = np.array([window.start_s for window in windows])
        end_s = np.array([window.end_s for window in windows])
        restarts = np.array([window.restart for window in windows], np.bool_)
        raw = self.raw(windows)
        smoothed = smooth(
            np.log(np.maximum(raw, 1e-12)), (start_s + end_s) / 2, restarts, self.calibration.fused, self.config.stay_s
        )
        smoothed = tempered(smoothed, self.calibration.posterior)
        track = FusedTrack(start_s, end_s, smoothed, raw, tuple(window.branches for window in windows))
        spans = cells(start_s, end_s, restarts)
        below, least_s = self.calibration.uncertain_below, self.config.min_segment_s
        return track, segments(*spans, smoothed, below, restarts, least_s)

    def raw(self, windows: list[_Window], group: int = 256) -> np.ndarray:
        """(N, 7) fused probabilities; features are read for a group of windows at a time."""
        parts = [
            self.model.fuse([self._sets(window.rows) for window in windows[at : at + group]])
            for at in range(0, len(windows), group)
        ]
        return np.concatenate([np.zeros((0, COUNT), np.float32), *parts])

    def _sets(self, rows: tuple[Ints, Ints, Ints]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        frame, slices, audio = (self.store.features(b, r) for b, r in zip(BRANCHES, rows, strict=True))
        return frame, slices, audio

    @torch.inference_mode()
    def label(self, rows: tuple[Ints, Ints, Ints]) -> Label | None:
        """One answer from everything at once, as the paper labels a clip; None when there is nothing."""
        if not any(len(part) for part in rows):
            return None
        fusion = self.model.fusion
        frames = self._sums(fusion.frame_vlad, "frame", rows[0])
        slices = self._sums(fusion.slice_vlad, "slice", rows[1])
        voice = np.zeros((1, FEATURES["audio"]), np.float32)
        if len(rows[2]):
            voice = self.store.features("audio", rows[2]).mean(0, keepdims=True)
        there = [torch.tensor([len(part) > 0]) for part in rows]
        logits = fusion.from_sums(frames, there[0], slices, there[1], torch.from_numpy(voice), there[2])
        temperature = self.calibration.fused * self.calibration.posterior
        probabilities = torch.softmax(logits / temperature, 1)[0].numpy()
        leader = int(probabilities.argmax())
        branches = "+".join(name for name, part in zip(BRANCHES, rows, strict=True) if len(part))
        return Label(EMOTIONS[leader], float(probabilities[leader]), probabilities, branches)

    def _sums(self, vlad: NetVLAD, branch: BranchName, rows: Ints) -> torch.Tensor:
        """NetVLAD sums over any number of rows, a piece at a time."""
        total = torch.zeros(1, *vlad.centres.shape)
        for at in range(0, len(rows), PIECE_ROWS):
            total += vlad.sums_of(self.store.features(branch, rows[at : at + PIECE_ROWS]))
        return total

    def seconds(self) -> SecondTrack:
        """The audio branch's own answers."""
        e = self.evidence
        start_s = e.second.astype(np.float64)
        answers = self._probabilities("audio", np.arange(len(e.second)))
        return SecondTrack(start_s, start_s + e.samples / AUDIO_RATE_HZ, self.speech, answers)

    def present(self) -> Bools:
        """(F,) whether anybody's face is followed in a frame."""
        present = np.zeros(len(self.evidence.times_s), np.bool_)
        for track in self.evidence.tracks:
            present[np.searchsorted(self.evidence.times_s, track.time_s - 1e-9)] = True
        return present

    def gaps(self, present: Bools) -> tuple[Gap, ...]:
        """What is missing, and the cuts, in order of time."""
        e = self.evidence
        sound_s = (e.sound_start_s, e.sound_end_s) if e.sound_end_s is not None else None
        found = list(sound_gaps(e.second, e.silent, self.speech, e.start_s, e.end_s, sound_s))
        if len(e.times_s):
            found += no_face_gaps(e.times_s, present, float(e.shot_end_s[-1]))
        elif not e.unreadable:
            found.append(Gap("no_face", e.start_s, e.end_s))
        found += [Gap("cut", float(cut_s), float(cut_s)) for cut_s in e.shot_start_s[1:]]
        found += _merged(e.unreadable)
        return tuple(sorted(found, key=lambda gap: (gap.start_s, gap.end_s, gap.kind)))


def answer(store: FeatureStore, model: Model) -> Answers:
    """Everything the heads and the fusion say about a stored video."""
    scorer = _Scorer(store, model)
    groups = sorted(link_persons(store.evidence.tracks), key=scorer.present_s, reverse=True)
    people = tuple(scorer.person(f"person-{number}", tracks) for number, tracks in enumerate(groups, start=1))
    present = scorer.present()
    unseen, unseen_segments = scorer.fused(list(scorer.unseen_windows(present)))
    if people:
        label, reason = people[0].label, f"{people[0].id}, most present"
    else:
        none = np.zeros(0, np.int64)
        label = scorer.label((none, none, scorer.sound.row))
        reason = "voice only" if label else "neither face nor sound"
    return Answers(people, scorer.seconds(), unseen, unseen_segments, label, reason, scorer.gaps(present))


def _merged(gaps: Iterable[Gap]) -> Iterator[Gap]:
    """Gaps of one kind, those that touch made one."""
    held: Gap | None = None
    for gap in sorted(gaps, key=lambda item: item.start_s):
        if held is not None and gap.start_s <= held.end_s + 1e-6:
            held = replace(held, end_s=max(held.end_s, gap.end_s))
        else:
            if held is not None:
                yield held
            held = gap
    if held is not None:
        yield held


def _by_track(track: np.ndarray) -> dict[int, Ints]:
    """Rows of each track, ascending."""
    order = np.argsort(track, kind="stable")
    ids, first = np.unique(np.asarray(track)[order], return_index=True)
    return {int(number): rows for number, rows in zip(ids, np.split(order, first)[1:], strict=True)}
