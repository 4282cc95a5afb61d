"""Media time as people read it."""

import re
from typing import Final

MILLISECONDS_PER_HOUR: Final = 3_600_000
MILLISECONDS_PER_MINUTE: Final = 60_000
SECONDS_PER_MINUTE: Final = 60
_SECONDS: Final = re.compile(r"\d+(\.\d*)?|\.\d+", re.ASCII)


def clock_text(time_s: float, hours: bool = False) -> str:
    """ "00:07.341", or "1:00:07.341" from one hour on or when `hours` asks for them; times before zero get a sign."""
    whole, minutes, seconds, milliseconds = _split(time_s)
    return f"{_head(time_s, whole, minutes, hours)}:{seconds:02}.{milliseconds:03}"


def short_clock_text(time_s: float, hours: bool = False) -> str:
    """The same without milliseconds, for whole seconds: "00:07"."""
    whole, minutes, seconds, _ = _split(time_s)
    return f"{_head(time_s, whole, minutes, hours)}:{seconds:02}"


def parse_clock(text: str) -> float | None:
    """Seconds of "83.5", "1:23.5" or "0:01:23.5", also with a decimal comma; None where it is no such time."""
    parts = text.strip().replace(",", ".").split(":")
    if len(parts) > 3 or not all(part.isdecimal() for part in parts[:-1]) or not _SECONDS.fullmatch(parts[-1]):
        return None
    numbers = [float(part) for part in parts]
    if any(number >= SECONDS_PER_MINUTE for number in numbers[1:]):
        return None
    return sum(number * float(SECONDS_PER_MINUTE**place) for place, number in enumerate(reversed(numbers)))


def _split(time_s: float) -> tuple[int, int, int, int]:
    rest = abs(round(time_s * 1000))
    whole, rest = divmod(rest, MILLISECONDS_PER_HOUR)
    minutes, rest = divmod(rest, MILLISECONDS_PER_MINUTE)
    seconds, milliseconds = divmod(rest, 1000)
    return whole, minutes, seconds, milliseconds


def _head(time_s: float, hours: int, minutes: int, always_hours: bool) -> str:
    sign = "-" if round(time_s * 1000) < 0 else ""
    return f"{sign}{hours}:{minutes:02}" if hours or always_hours else f"{sign}{minutes:02}"
