"""Where playing turns round or stops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

INSIDE_S: Final = 1e-4
"""So far before the end of a range its last frame is shown, frames being longer than that."""

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Turn:
    """What happens at the end of what is played: it goes to `time_s`, and plays on from there or stops."""

    time_s: float
    plays_on: bool = False
    at_end: bool = False


@dataclass(slots=True)
class Course:
    """The whole video, or a loop, or a range that is played once."""

    end_s: float = 0.0
    loop: Range | None = None
    only: Range | None = None

    def forget_range(self) -> None:
        """What is played next is not played once only."""
        self.only = None

    def start_s(self, position_s: float, at_end: bool) -> float:
        """Where playing begins when it is asked for at a position."""
        if self.loop is not None:
            start_s, end_s = self.loop
            return position_s if start_s <= position_s < end_s - INSIDE_S else start_s
        return 0.0 if at_end else position_s

    def turn_at(self, time_s: float, backwards: bool) -> Turn | None:
        """What to do at a time of the clock; None is to play on."""
        start_s, end_s = self.only or self.loop or (0.0, self.end_s)
        end_s = min(end_s, self.end_s)
        if not backwards and time_s >= end_s:
            if self.only is None and self.loop is not None:
                return Turn(start_s, plays_on=True)
            return Turn(max(start_s, end_s - INSIDE_S), at_end=end_s >= self.end_s)
        if backwards and time_s <= start_s:
            if self.only is None and self.loop is not None:
                return Turn(end_s - INSIDE_S, plays_on=True)
            return Turn(start_s, at_end=start_s <= 0.0)
        return None
