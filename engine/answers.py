"""From what is stored about a video to people, windows, segments and labels. Needs no picture and no trunk.

Run again after new classifiers or fusion weights, this re-scores ten hours of video in a fraction of a minute.
"""

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, fields, replace

import numpy as np
import torch

from engine.answering.rows import Face, Rows
from engine.answering.spans import Windows, groups, used_rows, windows_of_face, windows_of_voice
from engine.branches import AUDIO_RATE_HZ, FEATURES
from engine.emotions import COUNT, EMOTIONS
from engine.faces.persons import link_persons
from engine.features import FeatureStore
from engine.model import Model, Pooled, mean_voice
from engine.netvlad import NetVLAD
from engine.values import (
    BRANCHES,
    F64,
    Bools,
    BranchName,
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
from engine.windows import SLICE_S, cells, no_face_gaps, segments, smooth, sound_gaps, tempered

PIECE_ROWS = 4096
"""Rows of features read at a time: 8 MB as numpy sums them."""
GROUP = 256
"""Windows pooled at a time: of 64 frames each with their neighbours, about as many rows."""


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


def answer(store: FeatureStore, model: Model, told: Callable[[float], None] | None = None) -> Answers:
    """Everything the heads and the fusion say about a stored video.

    Args:
        told: hears now and then which share of the work is done, 0 to 1; what it raises ends the work.
    """
    steps = answering(store, model)
    while True:
        try:
            share = next(steps)
        except StopIteration as end:
            answers: Answers = end.value
            return answers
        if told is not None:
            told(share)


def answering(store: FeatureStore, model: Model) -> Generator[float, None, Answers]:
    """:func:`answer` in steps of a few thousand rows; each gives the share of the work that is done, 0 to 1."""
    scorer = _Scorer(store, model)
    steps = scorer.everything()
    total = max(1, len(_Scorer.PASSES) * len(store.keys("frame")) + len(store.keys("audio")))
    done = 0
    while True:
        try:
            done += next(steps)
        except StopIteration as end:
            answers: Answers = end.value
            return answers
        yield min(1.0, done / total)


class _Scorer:
    """One pass over a store with one model. Its generators give how many rows they have read since the last step."""

    PASSES = ("probabilities", "windows", "label")
    """How often a person's rows are read."""

    def __init__(self, store: FeatureStore, model: Model) -> None:
        self.store, self.model = store, model
        self.evidence = store.evidence
        self.config = model.bundle.manifest.windows
        self.calibration = model.bundle.manifest.calibration
        self.rows = Rows(store, self.config.min_speech)
        self.sound = self.rows.sound
        self.known = {track.id: track for track in self.evidence.tracks}

    def everything(self) -> Generator[int, None, Answers]:
        """People, the longest on screen first, the voice alone, and one label."""
        groups_of_tracks = sorted(link_persons(self.evidence.tracks), key=self.present_s, reverse=True)
        people = []
        for number, tracks in enumerate(groups_of_tracks, start=1):
            person = yield from self.person(f"person-{number}", tracks)
            people.append(person)
        present = self.present()
        unseen, unseen_segments = yield from self.fused(windows_of_voice(self.rows, present, self.config))
        seconds = yield from self.seconds()
        if people:
            label, reason = people[0].label, f"{people[0].id}, most present"
        else:
            none = np.zeros(0, np.int64)
            label = yield from self.label((none, none, self.sound.row))
            reason = "voice only" if label else "neither face nor sound"
        return Answers(tuple(people), seconds, unseen, unseen_segments, label, reason, self.gaps(present))

    def person(self, name: str, tracks: tuple[int, ...]) -> Generator[int, None, Person]:
        """Everything about one person."""
        face = self.rows.face(self.known[track] for track in tracks)
        answers = yield from self._probabilities("frame", face.frame_row)
        frames = FrameTrack(face.frame_s, face.box, face.score, face.detected, answers)
        answers = yield from self._probabilities("slice", face.slice_row)
        slices = Track(face.slice_s, face.slice_s + SLICE_S, answers)
        fused, parts = yield from self.fused(self.windows_of(face))
        heard = self.sound.row[np.isin(np.floor(self.sound.start_s), np.floor(face.frame_s))]
        label = yield from self.label((face.frame_row, face.slice_row, heard))
        return Person(name, None, self._present_s(face.frame_s), tracks, frames, slices, fused, parts, label)

    def windows_of(self, face: Face) -> Windows:
        """A person's windows."""
        return windows_of_face(self.rows, face, self.config)

    def _probabilities(self, branch: BranchName, rows: Ints) -> Generator[int, None, np.ndarray]:
        """(N, 7) of rows of the store, read a piece at a time."""
        answers = np.zeros((len(rows), COUNT), np.float32)
        for piece in groups(len(rows), PIECE_ROWS):
            answers[piece] = self.model.probabilities(branch, self.store.features(branch, rows[piece]))
            yield len(rows[piece]) if branch != "slice" else 0
        return answers

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

    def fused(self, windows: Windows) -> Generator[int, None, tuple[FusedTrack, tuple[Segment, ...]]]:
        """Fuse, smooth and cut into segments."""
        start_s, end_s, restarts = windows.start_s, windows.end_s, windows.restart
        raw = yield from self.raw(windows)
        smoothed = smooth(
            np.log(np.maximum(raw, 1e-12)), (start_s + end_s) / 2, restarts, self.calibration.fused, self.config.stay_s
        )
        smoothed = tempered(smoothed, self.calibration.posterior)
        track = FusedTrack(start_s, end_s, smoothed, raw, windows.branches)
        spans = cells(start_s, end_s, restarts)
        below, least_s = self.calibration.uncertain_below, self.config.min_segment_s
        return track, segments(*spans, smoothed, below, restarts, least_s)

    def raw(self, windows: Windows, group: int = GROUP) -> Generator[int, None, np.ndarray]:
        """(N, 7) fused probabilities; features are read for a group of windows at a time."""
        answers = np.zeros((len(windows), COUNT), np.float32)
        for piece in groups(len(windows), group):
            answers[piece] = self.model.fuse_pooled(self._pooled(windows, piece))
            yield int(windows.frames[1, piece][-1] - windows.frames[0, piece][0])
        return answers

    def _pooled(self, windows: Windows, piece: slice) -> Pooled:
        """Some of the windows, pooled. What neighbours share is read once."""
        fusion = self.model.fusion
        frame_runs, slice_runs = windows.frames[:, piece], windows.slices[:, piece]
        frames = self._summed(fusion.frame_vlad, "frame", windows.frame_row, frame_runs)
        slices = self._summed(fusion.slice_vlad, "slice", windows.slice_row, slice_runs)
        voices = torch.from_numpy(self._voices(windows, piece))
        seen, sliced = (torch.from_numpy(runs[1] > runs[0]) for runs in (frame_runs, slice_runs))
        return Pooled(frames, seen, slices, sliced, voices, torch.from_numpy(windows.heard.mask[piece].any(1)))

    def _voices(self, windows: Windows, piece: slice) -> np.ndarray:
        """(N, 128) mean features of the seconds of windows, as `engine.model.mean_voice` gives them one by one."""
        place, mask = windows.heard.place[piece], windows.heard.mask[piece]
        known, where = np.unique(place[mask], return_inverse=True)
        sums = np.zeros((len(place), FEATURES["audio"]))
        np.add.at(sums, np.nonzero(mask)[0], self.store.features("audio", windows.second_row[known])[where])
        return np.asarray(sums / np.maximum(1, mask.sum(1, keepdims=True)), np.float32)

    def _summed(self, vlad: NetVLAD, branch: BranchName, row: Ints, runs: Ints) -> torch.Tensor:
        """NetVLAD sums (N, K, D) of runs of rows."""
        used, inside = used_rows(row, runs)
        return vlad.sums_of_runs(self.store.features(branch, used), inside)

    @torch.inference_mode()
    def _answered(self, pooled: Pooled) -> np.ndarray:
        """(7,) of one set, at the temperature of a label."""
        logits = self.model.fusion.from_sums(*(getattr(pooled, item.name) for item in fields(pooled)))
        return torch.softmax(logits / (self.calibration.fused * self.calibration.posterior), 1)[0].numpy()

    def label(self, rows: tuple[Ints, Ints, Ints]) -> Generator[int, None, Label | None]:
        """One answer from everything at once, as the paper labels a clip; None when there is nothing."""
        if not any(len(part) for part in rows):
            return None
        fusion = self.model.fusion
        frames = yield from self._sums(fusion.frame_vlad, "frame", rows[0])
        slices = yield from self._sums(fusion.slice_vlad, "slice", rows[1])
        voice = torch.from_numpy(mean_voice(self.store.features("audio", rows[2])))[None]
        there = [torch.tensor([len(part) > 0]) for part in rows]
        probabilities = self._answered(Pooled(frames, there[0], slices, there[1], voice, there[2]))
        leader = int(probabilities.argmax())
        branches = "+".join(name for name, part in zip(BRANCHES, rows, strict=True) if len(part))
        return Label(EMOTIONS[leader], float(probabilities[leader]), probabilities, branches)

    def _sums(self, vlad: NetVLAD, branch: BranchName, rows: Ints) -> Generator[int, None, torch.Tensor]:
        """NetVLAD sums (1, K, D) over any number of rows, a piece at a time."""
        clusters, features = vlad.centres.shape
        total = np.zeros((1, clusters, features + 1))
        for piece in groups(len(rows), PIECE_ROWS):
            part = self.store.features(branch, rows[piece])
            total += vlad.totals(part, np.array([[0], [len(part)]]))
            yield len(part) if branch == "frame" else 0
        return vlad.from_totals(total)

    def seconds(self) -> Generator[int, None, SecondTrack]:
        """The audio branch's own answers."""
        e = self.evidence
        start_s = e.second.astype(np.float64)
        answers = yield from self._probabilities("audio", np.arange(len(e.second)))
        return SecondTrack(start_s, start_s + e.samples / AUDIO_RATE_HZ, self.rows.speech, answers)

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
        found = list(sound_gaps(e.second, e.silent, self.rows.speech, e.start_s, e.end_s, sound_s))
        if len(e.times_s):
            found += no_face_gaps(e.times_s, present, float(e.shot_end_s[-1]))
        elif not e.unreadable:
            found.append(Gap("no_face", e.start_s, e.end_s))
        found += [Gap("cut", float(cut_s), float(cut_s)) for cut_s in e.shot_start_s[1:]]
        found += _merged(e.unreadable)
        return tuple(sorted(found, key=lambda gap: (gap.start_s, gap.end_s, gap.kind)))


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
