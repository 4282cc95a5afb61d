"""What the timeline shows and what it tells: frozen values between the widget and whoever feeds it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.values import FrameTrack, FusedTrack, SecondTrack, Segment, Track

LaneName = Literal[
    "overview", "events", "sound", "frame", "slice", "voice", "fused", "agreement", "gaps", "corrections"
]
LANES: Final[tuple[LaneName, ...]] = (
    "overview", "events", "sound", "frame", "slice", "voice", "fused", "agreement", "gaps", "corrections",
)  # fmt: skip
"""From top to bottom. The overview stays above the ruler, the others may be reordered."""
SMALLEST_LINES: Final = 1.0
LARGEST_LINES: Final = 40.0

Edge = Literal["start", "end"]
SoundMode = Literal["waveform", "mel"]
FrameMode = Literal["curves", "heat"]


class WaveLevel(Protocol):
    """A waveform at one scale: column k holds the least and the greatest sample of ``[k, k + 1) * step_s``."""

    @property
    def step_s(self) -> float: ...
    @property
    def low(self) -> NDArray[Any]: ...
    @property
    def high(self) -> NDArray[Any]: ...


class Sound(Protocol):
    """What the sound lane needs of `app.timeline.sound_pictures.SoundPicture`."""

    @property
    def levels(self) -> Sequence[WaveLevel]: ...
    @property
    def silent(self) -> bool: ...
    @property
    def peak(self) -> float: ...
    def mel(self, start_s: float, end_s: float, width_px: int) -> NDArray[np.uint8]: ...


@dataclass(frozen=True, slots=True)
class ShownPerson:
    """Whose answers the branch lanes show; `id` None is the scene. `unseen` is what was fused from the voice alone."""

    id: str | None
    name: str
    frames: FrameTrack
    slices: Track
    seconds: SecondTrack
    fused: FusedTrack
    segments: tuple[Segment, ...]
    unseen: FusedTrack
    unseen_segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """A stretch that was selected by dragging on a lane; `person` None is the scene."""

    start_s: float
    end_s: float
    person: str | None
    lane: str


@dataclass(frozen=True, slots=True)
class Hit:
    """What lies under the mouse: always a lane and a time, and the thing that was met, if any."""

    lane: str
    time_s: float
    person: str | None = None
    segment: Segment | None = None
    correction: str | None = None
    marker: str | None = None
    epoch: str | None = None
    edge: Edge | None = None


@dataclass(frozen=True, slots=True)
class LaneLayout:
    """Which lanes are shown, in which order and how high, in lines of text so that it fits every font and display."""

    order: tuple[LaneName, ...] = LANES
    hidden: frozenset[LaneName] = frozenset()
    lines: Mapping[LaneName, float] = field(default_factory=dict)

    @property
    def shown(self) -> tuple[LaneName, ...]:
        return tuple(name for name in self.order if name not in self.hidden)

    def with_shown(self, name: LaneName, shown: bool) -> "LaneLayout":
        """Show or hide one lane."""
        return replace(self, hidden=self.hidden - {name} if shown else self.hidden | {name})

    def with_lines(self, name: LaneName, lines: float) -> "LaneLayout":
        """Make one lane as high as this many lines of text."""
        return replace(self, lines={**self.lines, name: min(max(lines, SMALLEST_LINES), LARGEST_LINES)})

    def moved(self, name: LaneName, before: LaneName | None) -> "LaneLayout":
        """Put one lane right above another, or last."""
        if name == before:
            return self
        rest = [other for other in self.order if other != name]
        rest.insert(len(rest) if before is None else rest.index(before), name)
        return replace(self, order=tuple(rest))

    def shifted(self, name: LaneName, by: int) -> "LaneLayout":
        """Move one lane up (-1) or down (1) past the next lane that is shown."""
        shown = self.shown
        place = shown.index(name) + by
        if not 0 <= place < len(shown):
            return self
        behind = place + (by > 0)
        return self.moved(name, shown[behind] if behind < len(shown) else None)

    def to_dict(self) -> dict[str, Any]:
        """Plain lists and numbers, for a settings file."""
        return {"order": list(self.order), "hidden": sorted(self.hidden), "lines": dict(self.lines)}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "LaneLayout":
        """What was stored; lanes that are not known are dropped and new ones take their usual place."""
        order = [name for name in _names(stored.get("order")) if name in LANES]
        order = list(dict.fromkeys(order))
        for place, name in enumerate(LANES):
            if name not in order:
                order.insert(place, name)
        hidden = frozenset(name for name in LANES if name in _names(stored.get("hidden")))
        made = cls(tuple(order), hidden)
        for name, lines in _heights(stored.get("lines")).items():
            made = made.with_lines(name, lines)
        return made


def _names(stored: object) -> list[Any]:
    return list(stored) if isinstance(stored, list | tuple) else []


def _heights(stored: object) -> dict[LaneName, float]:
    if not isinstance(stored, Mapping):
        return {}
    return {name: float(stored[name]) for name in LANES if isinstance(stored.get(name), int | float)}
