"""Measured passes over a clip, and what follows from them: the best, ratios, and the limit that the hardware sets."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Run:
    """One pass over a clip.

    `stages` are seconds; those of the engine overlap, as they run in threads. `flop` is the arithmetic of trunks and
    heads (2 a multiply-add), without the face detector; 0 where it was not counted.
    """

    frames: int
    wall_s: float
    stages: Mapping[str, float] = field(default_factory=dict)
    device: str = ""
    flop: float = 0.0
    peak_bytes: int = 0

    @property
    def frames_per_s(self) -> float:
        return self.frames / self.wall_s

    @property
    def stages_ms(self) -> dict[str, float]:
        """Milliseconds a frame spent in each stage."""
        return {name: 1000 * spent_s / self.frames for name, spent_s in self.stages.items()}


def interleaved(sides: Mapping[str, Callable[[], Result]], rounds: int) -> Iterator[tuple[int, str, Result]]:
    """Run every side once a round, so that what changes with time (clocks, heat, neighbours) meets all of them.

    Yields (round from 1, side, result).
    """
    for number in range(1, rounds + 1):
        for name, side in sides.items():
            yield number, name, side()


def best_of(runs: Iterable[Run]) -> Run:
    """The fastest: whatever disturbs a run makes it slower."""
    return max(runs, key=lambda run: run.frames_per_s)


def ratio(run: Run, yardstick: Run) -> float:
    """How many times as fast as the yardstick."""
    return run.frames_per_s / yardstick.frames_per_s


def limit_frames_per_s(run: Run, flop_per_s: float) -> float:
    """Frames a second if a run's trunks and heads went at a matrix product's rate and all else cost nothing."""
    return flop_per_s / (run.flop / run.frames)
