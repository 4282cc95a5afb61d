"""What the program says of one person, in the forms that lanes paint from."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from app.timeline.columns import Spans, Steps
from app.timeline.partial import PartialResults
from app.timeline.pyramid import OUT_OF_VIEW_S, Pyramid
from app.timeline.values import ShownPerson
from engine.emotions import COUNT, INDEX
from engine.values import F64, Ints, SecondTrack, Segment, Track

PEOPLE_KEPT: Final = 4
AWAY: Final = "out of view"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch with a word to it."""

    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True, slots=True)
class Segments:
    """Predicted segments by time, with their emotion (index) and confidence also as arrays."""

    spans: Spans[Segment]
    emotion: Ints
    confidence: F64

    @classmethod
    def of(cls, segments: Iterable[Segment]) -> "Segments":
        spans = Spans.of(segments)
        emotion = np.array([INDEX[item.emotion] for item in spans.items], np.int64)
        return cls(spans, emotion, np.array([item.confidence for item in spans.items], np.float64))

    def __len__(self) -> int:
        return len(self.spans)

    def at(self, time_s: float) -> Segment | None:
        """The one that holds a moment."""
        return self.spans.at(time_s)


@dataclass(frozen=True, slots=True)
class Answers:
    """What the branch lanes and the fused lane show of one person, or of an analysis that is still running."""

    frames: Pyramid
    slices: Steps
    seconds: Steps
    no_speech: Spans[Span]
    fused: Steps
    segments: Segments
    unseen: Segments
    away: Spans[Span]
    """Where the person is out of view; the last one has no end."""

    @classmethod
    def of_person(cls, person: ShownPerson) -> "Answers":
        """Everything there is. Of the scene, that is what was fused while nobody was in view."""
        alone = person.id is None
        fused = person.unseen if alone else person.fused
        middle_s = (fused.start_s + fused.end_s) / 2
        return cls(
            frames=Pyramid(person.frames.time_s, person.frames.probabilities),
            slices=_steps(person.slices),
            seconds=_steps(person.seconds),
            no_speech=Spans.of(_runs(person.seconds.start_s, person.seconds.end_s, ~person.seconds.speech)),
            fused=Steps.of(middle_s, middle_s + 1.0, fused.probabilities),
            segments=Segments.of(person.unseen_segments if alone else person.segments),
            unseen=Segments.of(() if alone else person.unseen_segments),
            away=Spans.of(() if alone else _away(person.frames.time_s)),
        )

    @classmethod
    def of_parts(cls, parts: PartialResults) -> "Answers":
        """What there is so far: no fused windows yet, and nobody knows yet where somebody speaks."""
        frames = parts.frames()
        nothing = _steps(Track(np.zeros(0), np.zeros(0), np.zeros((0, COUNT), np.float32)))
        return cls(
            frames=Pyramid(frames.start_s, frames.probabilities),
            slices=_steps(parts.slices()),
            seconds=_steps(parts.seconds()),
            no_speech=Spans.of(()),
            fused=nothing,
            segments=Segments.of(()),
            unseen=Segments.of(()),
            away=Spans.of(()),
        )


@dataclass(frozen=True, slots=True)
class Rival:
    """What another revision says of the person shown, for the lower tier of the fused lane."""

    text: str
    """Which revision, in a word or two."""
    segments: Segments
    unseen: Segments


@dataclass(frozen=True, slots=True)
class Agreement:
    """Per window: the moment it stands for, how much the branches disagree (0..1), and which branch decided."""

    start_s: F64
    end_s: F64
    amount: F64
    decided: Spans[Span]

    @classmethod
    def of(cls, start_s: F64, end_s: F64, amount: F64, decided: tuple[str, ...]) -> "Agreement":
        """Overlapping windows stand for the time around their middle, up to half-way to their neighbours."""
        start_s, end_s = np.asarray(start_s, np.float64), np.asarray(end_s, np.float64)
        if len(start_s) == 0:
            return cls(start_s, end_s, np.asarray(amount, np.float64), Spans.of(()))
        middle_s = (start_s + end_s) / 2
        between_s = (middle_s[:-1] + middle_s[1:]) / 2
        first_s = np.concatenate([start_s[:1], np.maximum(between_s, start_s[1:])])
        last_s = np.concatenate([np.minimum(between_s, end_s[:-1]), end_s[-1:]])
        return cls(first_s, last_s, np.asarray(amount, np.float64), Spans.of(_named_runs(first_s, last_s, decided)))


class LatelyShown:
    """Answers of the people shown last, so that going back and forth between two costs nothing."""

    def __init__(self) -> None:
        self._kept: list[tuple[tuple[object, ...], Answers]] = []

    def answers(self, person: ShownPerson) -> Answers:
        """Those of a person, made only where the person's tracks are not the very ones known."""
        tracks = (
            person.id is None, person.frames, person.slices, person.seconds, person.fused, person.segments,
            person.unseen, person.unseen_segments,
        )  # fmt: skip
        for known, answers in self._kept:
            if all(one is other for one, other in zip(known, tracks, strict=True)):
                return answers
        made = Answers.of_person(person)
        self._kept = [(tracks, made), *self._kept[: PEOPLE_KEPT - 1]]
        return made


def _steps(track: Track | SecondTrack) -> Steps:
    return Steps.of(track.start_s, track.end_s, track.probabilities)


def _away(time_s: F64) -> list[Span]:
    """Stretches longer than half a second without a frame, also before the first and after the last."""
    if len(time_s) == 0:
        return [Span(0.0, math.inf, AWAY)]
    usual_s = float(np.median(np.diff(time_s))) if len(time_s) > 1 else 0.0
    starts_s = np.concatenate([[0.0], time_s + usual_s])
    ends_s = np.append(time_s, np.inf)
    wide = np.flatnonzero(ends_s - starts_s > OUT_OF_VIEW_S)
    return [Span(float(starts_s[at]), float(ends_s[at]), AWAY) for at in wide]


def _runs(start_s: F64, end_s: F64, wanted: np.ndarray) -> list[Span]:
    """Neighbouring intervals that are wanted, joined."""
    edges = np.flatnonzero(np.diff(wanted.astype(np.int8), prepend=0, append=0))
    ends = zip(edges[::2], edges[1::2], strict=True)
    return [Span(float(start_s[a]), float(end_s[b - 1]), "no speech") for a, b in ends]


def _named_runs(start_s: F64, end_s: F64, names: tuple[str, ...]) -> list[Span]:
    """Neighbouring intervals of one name, joined; not across a gap."""
    named = np.array(names)
    breaks = (named[1:] != named[:-1]) | (start_s[1:] > end_s[:-1] + 1e-6)
    first = np.flatnonzero(np.concatenate([[True], breaks]))
    last = np.append(first[1:], len(named)) - 1
    return [Span(float(start_s[a]), float(end_s[b]), names[a]) for a, b in zip(first, last, strict=True)]
