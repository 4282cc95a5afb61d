"""Temperatures and the uncertainty threshold, on held-out people, of what is displayed: the smoothed posterior."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from engine.bundle import WindowConfig
from engine.emotions import COUNT, EMOTIONS
from engine.fusion import Fusion
from engine.windows import SLICE_S, cells, segments, smooth, tempered, window_grid
from trainer.metrics import fit_temperature, selective_threshold
from trainer.stage2 import NEUTRAL, FeatureSet, Maker, fuse

FRAME_STEP_S = 0.1
"""Made timelines have ten frames a second: the features of made frames repeat anyway."""
Row = tuple[float, np.ndarray]
"""When something begins, and its features."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """A made video of one person: its windows, what they pool, and who is right at each time.

    `truth` (T,) is the emotion meant at the centre of each window; `changes` lists (start_s, end_s, emotion).
    """

    start_s: np.ndarray
    end_s: np.ndarray
    sets: tuple[FeatureSet, ...]
    truth: np.ndarray
    changes: tuple[tuple[float, float, int], ...]


def made_timeline(maker: Maker, config: WindowConfig, rng: np.random.Generator, expressions: int = 5) -> Timeline:
    """A timeline of some expressions of 2.5 to 6 s, every other one neutral in half of the timelines.

    A third has a face only, a third a voice only, a third both.
    """
    alternate = rng.random() < 0.5
    mode = ("face", "voice", "both")[int(rng.integers(3))]
    changes: list[tuple[float, float, int]] = []
    frames: list[Row] = []
    slices: list[Row] = []
    seconds: list[Row] = []
    end_s = 0.0
    for number in range(expressions):
        emotion = NEUTRAL if alternate and number % 2 else int(rng.integers(COUNT))
        start_s, end_s = end_s, end_s + float(rng.integers(4, 10)) * SLICE_S
        changes.append((start_s, end_s, emotion))
        peak = int(rng.choice(maker.face_of[emotion]))
        for rows, bank, step_s in ((frames, maker.faces.frame, FRAME_STEP_S), (slices, maker.faces.slice, SLICE_S)):
            times_s = np.arange(start_s, end_s - 1e-6, step_s)
            rows += [(float(time_s), bank[peak, int(rng.integers(bank.shape[1]))]) for time_s in times_s]
        voice = maker.voice(emotion, rng, most=6)[: int(end_s - start_s)]
        seconds += [(start_s + index, row) for index, row in enumerate(voice)]
    starts, ends = window_grid(0.0, end_s, config.length_s, config.hop_s)
    none = np.zeros((0, 0), np.float32)
    sets = []
    for a, b in zip(starts, ends, strict=True):
        face = (_between(frames, a, b, 0.0), _between(slices, a, b, SLICE_S / 2)) if mode != "voice" else (none, none)
        sets.append((*face, _between(seconds, a, b, 0.5) if mode != "face" else none))
    there = np.array([any(len(part) for part in item) for item in sets])
    starts, ends, kept = starts[there], ends[there], [item for item, yes in zip(sets, there, strict=True) if yes]
    middle = (starts + ends) / 2
    _, ends_s, emotions = zip(*changes, strict=True)
    truth = np.array(emotions, np.int64)[np.searchsorted(ends_s, middle, "right")]
    return Timeline(starts, ends, tuple(kept), truth, tuple(changes))


def _between(rows: list[Row], start_s: float, end_s: float, middle_s: float) -> np.ndarray:
    """Features of the rows whose middle lies in an interval."""
    kept = [row for time_s, row in rows if start_s - 1e-6 <= time_s + middle_s < end_s - 1e-6]
    return np.stack(kept) if kept else np.zeros((0, 0), np.float32)


@dataclass(frozen=True, slots=True)
class FusedCalibration:
    """Temperatures before and after smoothing, the threshold of "uncertain", and what they were fitted on."""

    fused: float
    posterior: float
    uncertain_below: float
    windows: int
    segments: int
    accuracy: float


def fit_fused(fusion: Fusion, timelines: Sequence[Timeline], config: WindowConfig) -> FusedCalibration:
    """The two temperatures that make the right emotion likeliest in what is displayed, and the confidence from which
    segments are right 80 % of the time.

    One temperature, before smoothing, would have to be about 5 to be honest about errors that go together, and would
    smooth short expressions away: on made timelines it gave 57 % of the windows right where two gave 60 %.
    """
    timelines = [item for item in timelines if len(item.truth)]
    logs = log_softmax(fuse(fusion, [features for item in timelines for features in item.sets]), axis=1)
    truth = np.concatenate([item.truth for item in timelines])
    middle_s = np.concatenate([(item.start_s + item.end_s) / 2 for item in timelines])
    restarts = _restarts(timelines, config.hop_s)

    def displayed(before: float) -> tuple[float, np.ndarray]:
        smoothed = smooth(logs, middle_s, restarts, before, config.stay_s)
        after = fit_temperature(np.log(np.maximum(smoothed, 1e-12)), truth)
        return after, tempered(smoothed, after)

    def loss(log_before: float) -> float:
        given = displayed(float(np.exp(log_before)))[1][np.arange(len(truth)), truth]
        return -float(np.log(np.maximum(given, 1e-9)).mean())

    found = minimize_scalar(loss, bounds=(np.log(0.2), np.log(10.0)), method="bounded", options={"xatol": 0.05})
    before = float(np.exp(found.x))
    after, posterior = displayed(before)
    confidence, right = _judged_segments(timelines, posterior, restarts, config)
    threshold = min(max(selective_threshold(confidence, right, 0.8), 1 / COUNT), 0.99)
    accuracy = float((posterior.argmax(1) == truth).mean())
    return FusedCalibration(before, after, threshold, len(truth), len(right), accuracy)


def _restarts(timelines: Sequence[Timeline], hop_s: float) -> np.ndarray:
    """True on the first window of each timeline and after each hole in it."""
    flags = []
    for item in timelines:
        holes = np.diff(item.start_s) > hop_s + 1e-6
        flags.append(np.concatenate([[True], holes]))
    return np.concatenate(flags)


def _judged_segments(
    timelines: Sequence[Timeline], smoothed: np.ndarray, restarts: np.ndarray, config: WindowConfig
) -> tuple[np.ndarray, np.ndarray]:
    """Confidence of each segment, and whether its emotion is the one meant for most of its time."""
    confidence, right = [], []
    at = 0
    for item in timelines:
        stop = at + len(item.truth)
        spans = cells(item.start_s, item.end_s, restarts[at:stop])
        for segment in segments(*spans, smoothed[at:stop], 0.5, restarts[at:stop], config.min_segment_s):
            label = EMOTIONS.index(segment.emotion)
            meant_s = sum(
                max(0.0, min(end_s, segment.end_s) - max(start_s, segment.start_s))
                for start_s, end_s, emotion in item.changes
                if emotion == label
            )
            confidence.append(segment.confidence)
            right.append(meant_s > (segment.end_s - segment.start_s) / 2)
        at = stop
    return np.array(confidence), np.array(right)
