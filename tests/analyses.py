"""Analyses made by hand, for tests of what is done with them."""

from dataclasses import replace

import numpy as np

from engine.emotions import COUNT, EMOTIONS, INDEX
from engine.values import (
    Analysis,
    BundleRef,
    FrameTrack,
    FusedTrack,
    Gap,
    Label,
    MediaInfo,
    Person,
    SecondTrack,
    Segment,
    Timing,
    Track,
)


def probabilities(count: int, seed: int = 0) -> np.ndarray:
    """(count, 7) float32 rows that sum to one."""
    drawn = np.random.default_rng(seed).random((count, COUNT))
    return (drawn / drawn.sum(1, keepdims=True)).astype(np.float32)


def fused(count: int, branches: str = "frame+slice") -> FusedTrack:
    start_s = np.arange(count) * 0.5
    return FusedTrack(start_s, start_s + 2.56, probabilities(count, 1), probabilities(count, 2), (branches,) * count)


def segment(start_s: float, end_s: float, emotion: str, confidence: float = 0.8, uncertain: bool = False) -> Segment:
    return Segment(start_s, end_s, emotion, confidence, uncertain)


def label(emotion: str, confidence: float = 0.7, branches: str = "frame+slice+audio") -> Label:
    rest = np.full(COUNT, (1 - confidence) / (COUNT - 1), np.float32)
    rest[INDEX[emotion]] = confidence
    return Label(emotion, confidence, rest, branches)


def person(number: int = 1, frames: int = 5, segments: tuple[Segment, ...] = ()) -> Person:
    time_s = np.arange(frames) / 25
    box = np.tile([10.25, 20.5, 64, 80], (frames, 1))
    detected = np.arange(frames) % 3 == 0
    seen = FrameTrack(time_s, box, np.full(frames, 0.99), detected, probabilities(frames))
    slices = Track([0.0], [0.64], probabilities(1))
    return Person(f"person-{number}", None, frames / 25, (0,), seen, slices, fused(4), segments, label("happy"))


def analysis(path: str = "clip.mp4", **changes: object) -> Analysis:
    """Twelve seconds: one person who is neutral, then perhaps happy; a voice; a cut."""
    media = MediaInfo(path, "ab" * 32, 1000, 12.0, 640, 360, 300, 25.0, False, 0, True, "h264", "aac")
    seconds = np.arange(12.0)
    made = Analysis(
        media=media,
        bundle=BundleRef("starter", "1", "cd" * 32, "compact"),
        device="cpu fp32",
        start_s=0.0,
        end_s=12.0,
        people=(person(segments=(segment(0, 6, "neutral"), segment(6, 10, "happy", 0.4, True))),),
        seconds=SecondTrack(seconds, seconds + 1, seconds > 3, probabilities(12)),
        unseen=fused(1, "audio"),
        unseen_segments=(segment(10, 12, "sad", 0.6),),
        label=label("happy", 0.61),
        label_reason="person-1, most present",
        gaps=(Gap("cut", 6.0, 6.0), Gap("no_face", 10.0, 12.0, "person-1"), Gap("silence", 0.0, 3.0)),
        timing=Timing(1.5, 0.5, {"decode": 0.25, "faces": 1 / 3}),
        features=None,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def empty_analysis() -> Analysis:
    """Neither face nor sound: no label."""
    nothing = np.zeros((0, COUNT), np.float32)
    return analysis(
        people=(),
        seconds=SecondTrack([], [], [], nothing),
        unseen=FusedTrack([], [], nothing, nothing, ()),
        unseen_segments=(),
        label=None,
        label_reason="neither face nor sound",
        gaps=(Gap("no_face", 0.0, 12.0), Gap("no_audio", 0.0, 12.0)),
    )


__all__ = ["EMOTIONS", "analysis", "empty_analysis", "fused", "label", "person", "probabilities", "segment"]
