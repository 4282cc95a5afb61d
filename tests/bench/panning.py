"""How smoothly the timeline moves over three hours and two people: ``python -m tests.bench.panning``.

Each frame is a change of the view and a real repaint of the window, without a display. Prints the median and the 95th
percentile of a frame's milliseconds against the 16.7 of 60 frames a second.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from app.project.values import Correction, Epoch, Marker
from app.timeline.values import ShownPerson
from app.views.timeline.view import TimelineView
from engine.emotions import COUNT, EMOTIONS
from engine.values import F32, FrameTrack, FusedTrack, Gap, SecondTrack, Segment, Track
from tests.bench.idle import current_load

HOURS: Final = 3
BUDGET_MS: Final = 1000 / 60
SIZE_PX: Final = (1920, 460)
FRAMES: Final = 120
CODER: Final = "MK"
MEDIA: Final = "media"


@dataclass(frozen=True, slots=True)
class Waves:
    """A waveform and a spectrogram of made-up sound."""

    levels: tuple["Wave", ...]
    bands: np.ndarray
    duration_s: float
    silent: bool = False
    peak: float = 0.8

    def mel(self, start_s: float, end_s: float, width_px: int) -> np.ndarray:
        """(64, width_px) uint8."""
        at = np.linspace(start_s, end_s, width_px, endpoint=False) / self.duration_s * self.bands.shape[1]
        return self.bands[:, np.clip(at.astype(int), 0, self.bands.shape[1] - 1)]


@dataclass(frozen=True, slots=True)
class Wave:
    """One scale of a waveform."""

    step_s: float
    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True, slots=True)
class Made:
    """A whole project of one video, as the timeline is given it."""

    duration_s: float
    frame_times_s: np.ndarray
    cuts_s: np.ndarray
    people: tuple[ShownPerson, ...]
    gaps: tuple[Gap, ...]
    corrections: tuple[Correction, ...]
    markers: tuple[Marker, ...]
    epochs: tuple[Epoch, ...]
    sound: Waves
    disagreement: tuple[np.ndarray, np.ndarray, np.ndarray, tuple[str, ...]]


def moods(times_s: np.ndarray, seed: int, jitter: float = 0.25) -> F32:
    """(T, 7) probabilities of moods that come and go within seconds."""
    rng = np.random.default_rng(seed)
    last_s = float(times_s[-1]) if len(times_s) else 0.0
    changes_s = np.cumsum(rng.gamma(2.0, 2.0, int(last_s / 3) + 8))
    wanted = rng.choice(COUNT, len(changes_s), p=[0.1, 0.05, 0.08, 0.25, 0.27, 0.17, 0.08])
    levels = np.full((len(changes_s), COUNT), -1.5) + rng.normal(0, 0.7, (len(changes_s), COUNT))
    levels[np.arange(len(changes_s)), wanted] += rng.uniform(1.0, 4.5, len(changes_s))
    scores = np.stack([np.interp(times_s, changes_s, levels[:, emotion]) for emotion in range(COUNT)], axis=1)
    noise = rng.normal(0, jitter, (len(times_s) + 8, COUNT))
    scores += np.stack([np.convolve(noise[:, e], np.ones(9) / 3, "valid") for e in range(COUNT)], axis=1)
    powers = np.exp(scores - scores.max(1, keepdims=True))
    return (powers / powers.sum(1, keepdims=True)).astype(np.float32)


def segments_of(fused: FusedTrack) -> tuple[Segment, ...]:
    """Runs of windows led by one emotion."""
    leaders = fused.probabilities.argmax(1)
    breaks = (np.diff(leaders) != 0) | (np.diff(fused.start_s) > 1.0)
    first = np.concatenate([[0], np.flatnonzero(breaks) + 1])
    last = np.append(first[1:], len(leaders)) - 1
    middle_s = (fused.start_s + fused.end_s) / 2
    found = []
    for a, b in zip(first.tolist(), last.tolist(), strict=True):
        confidence = float(fused.probabilities[a : b + 1, leaders[a]].mean())
        start_s, end_s = float(middle_s[a] - 0.25), float(middle_s[b] + 0.25)
        if found and found[-1].end_s < start_s:
            start_s = found[-1].end_s if start_s - found[-1].end_s < 0.01 else start_s
        found.append(Segment(start_s, end_s, EMOTIONS[leaders[a]], confidence, confidence < 0.5))
    return tuple(found)


def made_person(number: int, duration_s: float, rate_hz: float = 25.0, voice: bool = True) -> ShownPerson:
    """Somebody in view all the time but for two stretches."""
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    away = ((time_s > duration_s * 0.31) & (time_s < duration_s * 0.35)) | (time_s > duration_s * 0.985)
    time_s = time_s[~away]
    count = len(time_s)
    frames = FrameTrack(time_s, np.zeros((count, 4)), np.ones(count), np.ones(count, bool), moods(time_s, number))
    slice_s = np.arange(int(duration_s / 0.64)) * 0.64
    slice_s = slice_s[~((slice_s > duration_s * 0.305) & (slice_s < duration_s * 0.35))]
    slices = Track(slice_s, slice_s + 0.64, moods(slice_s, number, 0.5))
    second_s = np.arange(int(duration_s), dtype=np.float64)
    talk = np.sin(second_s / 9.0 + number) + np.sin(second_s / 23.0) > -0.3
    seconds = SecondTrack(second_s, second_s + 1, talk & voice, moods(second_s, number + 50, 0.5))
    window_s = np.arange(max(int(duration_s / 0.5) - 5, 1)) * 0.5
    window_s = window_s[~((window_s > duration_s * 0.3) & (window_s < duration_s * 0.35))]
    answers = moods(window_s + 1.28, number, 0.4)
    fused = FusedTrack(window_s, window_s + 2.56, answers, answers, ("frame+slice+audio",) * len(window_s))
    alone_s = np.arange(duration_s * 0.31, duration_s * 0.345, 0.5)
    alone = moods(alone_s, number + 90)
    unseen = FusedTrack(alone_s, alone_s + 2.56, alone, alone, ("audio",) * len(alone_s))
    heard = (Segment(float(duration_s * 0.312), float(duration_s * 0.348), "sad", 0.6, False),)
    name = ("Ana", "Ben", "Cleo")[number % 3]
    return ShownPerson(f"person-{number + 1}", name, frames, slices, seconds, fused, segments_of(fused), unseen, heard)


def made_corrections(count: int, duration_s: float, people: Sequence[str | None]) -> tuple[Correction, ...]:
    """By two coders, of several people and the scene."""
    rng = np.random.default_rng(3)
    starts_s = np.sort(rng.uniform(0, duration_s * 0.95, count))
    found = []
    for number, start_s in enumerate(starts_s.tolist()):
        end_s = min(start_s + float(rng.gamma(3.0, min(duration_s / 40, 2.0))), duration_s)
        emotion = EMOTIONS[int(rng.integers(COUNT))] if number % 11 else None
        origin = ("blank", "edited", "accepted", "batch")[number % 4]
        coder = "JD" if number % 5 == 4 else CODER
        found.append(
            Correction(f"c{number}", MEDIA, people[number % len(people)], start_s, end_s, emotion, origin, coder,
                       "face", "look again" if number % 7 == 3 else "", "2026-11-01T10:00:00.000+00:00")
        )  # fmt: skip
    return tuple(found)


def made_sound(duration_s: float) -> Waves:
    """Loud and quiet, at four scales."""
    rng = np.random.default_rng(5)
    step_s = 30 / 22_050
    count = int(duration_s / step_s)
    loud = np.abs(np.sin(np.arange(count) * step_s * 2.1)) * (0.3 + 0.7 * np.abs(np.sin(np.arange(count) * step_s / 7)))
    high = (loud * rng.uniform(0.2, 1.0, count) * 127).astype(np.int8)
    low = -(loud * rng.uniform(0.2, 1.0, count) * 127).astype(np.int8)
    levels = [Wave(step_s, low, high)]
    while len(levels[-1].low) > 2048:
        below, whole = levels[-1], len(levels[-1].low) // 4 * 4
        low, high = (side[:whole].reshape(-1, 4) for side in (below.low, below.high))
        levels.append(Wave(below.step_s * 4, low.min(1), high.max(1)))
    columns = min(int(duration_s * 50), 40_000)
    strength = np.interp(np.linspace(0, count, columns), np.arange(count), loud)
    tones = np.exp(-((np.arange(64)[:, None] - 14 - 6 * np.sin(np.arange(columns) / 30)) ** 2) / 60)
    bands = np.clip((tones * 0.9 + rng.random((64, columns)) * 0.25) * strength * 255, 0, 255).astype(np.uint8)
    return Waves(tuple(levels), bands, duration_s)


def made_project(duration_s: float = HOURS * 3600.0, people: int = 2, corrections: int = 400) -> Made:
    """Everything the timeline can show."""
    rng = np.random.default_rng(11)
    shown = tuple(made_person(number, duration_s) for number in range(people))
    cuts_s = np.sort(rng.uniform(1, duration_s, max(int(duration_s / 12), 2)))
    gaps = [Gap("no_face", duration_s * 0.31, duration_s * 0.35, person.id) for person in shown]
    gaps += [Gap("no_face", duration_s * 0.985, duration_s, person.id) for person in shown]
    for start_s in np.arange(duration_s * 0.1, duration_s, max(duration_s / 300, 7.0)).tolist():
        gaps.append(Gap("no_speech", start_s, min(start_s + 2.0, duration_s)))
    gaps.append(Gap("silence", 0.0, duration_s * 0.06))
    gaps.append(Gap("unreadable", duration_s * 0.6, duration_s * 0.61))
    fused = shown[0].fused
    amount = np.clip(np.abs(np.sin(fused.start_s / 5.0)) ** 3 * 0.9, 0, 1)
    decided = tuple(("frame", "slice", "audio")[int(at / 7) % 3] for at in fused.start_s.tolist())
    identities = (*(person.id for person in shown), None)
    epochs = (
        Epoch("e1", MEDIA, duration_s * 0.05, duration_s * 0.4, "baseline"),
        Epoch("e2", MEDIA, duration_s * 0.45, duration_s * 0.8, "condition A"),
    )
    markers = tuple(
        Marker(f"m{at}", MEDIA, duration_s * share, text, CODER)
        for at, (share, text) in enumerate(((0.12, "question 1"), (0.55, "looks away"), (0.72, "")))
    )
    return Made(
        duration_s, shown[0].frames.time_s, cuts_s, shown, tuple(gaps),
        made_corrections(corrections, duration_s, identities), markers, epochs, made_sound(duration_s),
        (fused.start_s, fused.end_s, amount, decided),
    )  # fmt: skip


def fill(view: TimelineView, made: Made, person: int = 0) -> None:
    """Give a timeline all of it, as the window does."""
    view.set_media(made.duration_s, np.arange(round(made.duration_s * 25)) / 25, made.cuts_s)
    view.set_sound(made.sound, "")
    view.set_gaps(made.gaps)
    view.set_person(made.people[person])
    view.set_disagreement(*made.disagreement)
    people = tuple((shown.id, shown.name) for shown in made.people)
    view.set_corrections(made.corrections, CODER, people, False)
    view.set_markers(made.markers)
    view.set_epochs(made.epochs)
    view.set_revision_text("starter 1")


# Motion


def pans(view: TimelineView, made: Made) -> Iterator[None]:
    """Along ten minutes, by some pixels a frame."""
    view.zoom_to(made.duration_s * 0.2, made.duration_s * 0.2 + 600)
    for _ in range(FRAMES):
        start_s, end_s = view.visible_range()
        by_s = (end_s - start_s) * 0.01
        view.zoom_to(start_s + by_s, end_s + by_s)
        yield


def wide_pans(view: TimelineView, made: Made) -> Iterator[None]:
    """Along half of the video at once: the most there is to draw."""
    half_s = made.duration_s / 2
    for frame in range(FRAMES):
        start_s = half_s * frame / FRAMES
        view.zoom_to(start_s, start_s + half_s)
        yield


def zooms(view: TimelineView, made: Made) -> Iterator[None]:
    """From all of it to single frames and back."""
    view.zoom_all()
    factor = (made.duration_s / 0.4) ** (2 / FRAMES)
    for frame in range(FRAMES):
        view.zoom_at(factor if frame < FRAMES / 2 else 1 / factor, made.duration_s * 0.4)
        yield


def playback(view: TimelineView, made: Made) -> Iterator[None]:
    """The playhead alone, over a minute in view."""
    start_s = made.duration_s * 0.5
    view.zoom_to(start_s, start_s + 60)
    for frame in range(FRAMES):
        view.set_playhead(start_s + 1 + frame / 60)
        yield


MOTIONS: Final[dict[str, Callable[[TimelineView, Made], Iterator[None]]]] = {
    "pan, 10 min in view": pans,
    "pan, 90 min in view": wide_pans,
    "zoom, 3 h to frames": zooms,
    "playhead": playback,
}


def frame_ms(view: TimelineView, made: Made, motion: Callable[[TimelineView, Made], Iterator[None]]) -> np.ndarray:
    """(frames,) milliseconds from a change to its picture; the first few, which fill caches, are left out."""
    from PySide6.QtCore import QCoreApplication, QEvent

    found = []
    window = view.window()
    steps = motion(view, made)
    while True:
        began_s = time.perf_counter()
        if next(steps, StopIteration) is StopIteration:
            return np.array(found[5:])
        QCoreApplication.sendPostedEvents(window, QEvent.Type.UpdateRequest.value)
        found.append((time.perf_counter() - began_s) * 1000)


def measure(duration_s: float = HOURS * 3600.0) -> dict[str, np.ndarray]:
    """Milliseconds of the frames of every motion."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from app.views import theme

    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    theme.apply(app, "light")
    made = made_project(duration_s)
    view = TimelineView()
    view.resize(*SIZE_PX)
    view.show()
    QTest.qWaitForWindowExposed(view)
    fill(view, made)
    return {name: frame_ms(view, made, motion) for name, motion in MOTIONS.items()}


def main() -> None:
    """Print a line for each motion."""
    load = current_load()
    if not load.idle:
        print(f"the machine is busy ({load}): the figures are too high")
    print(f"timeline, {HOURS} h and 2 people at {SIZE_PX[0]}x{SIZE_PX[1]}; budget {BUDGET_MS:.1f} ms a frame")
    for name, took_ms in measure().items():
        half, most = np.percentile(took_ms, [50, 95])
        verdict = "ok" if most <= BUDGET_MS else "over budget"
        print(f"  {name:22} p50 {half:5.1f} ms  p95 {most:5.1f} ms  ({1000 / half:4.0f} frames/s)  {verdict}")


if __name__ == "__main__":
    main()
