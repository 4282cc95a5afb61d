"""How values are written on the command line."""

from typing import Any

import click

from app.interchange import FORMATS
from app.timeline.clock import parse_clock


class Seconds(click.ParamType[float]):
    """A media time: seconds (`83.5`) or a clock (`1:23.5`, `1:02:03`)."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        seconds = parse_clock(str(value))
        if seconds is None:
            self.fail(f"{value!r} is no time in a video: write seconds (83.5) or a clock (1:23.5)", param, ctx)
        return seconds


class Formats(click.ParamType[tuple[str, ...]]):
    """`json`, `csv`, or both with a comma."""

    name = "formats"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        names = tuple(dict.fromkeys(str(value).split(",")))
        for name in names:
            if name not in FORMATS:
                self.fail(f"{name!r} is none of {', '.join(FORMATS)}", param, ctx)
        return names


class Size(click.ParamType[tuple[int, int]]):
    """Width and height in pixels: `1280x800`."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        if isinstance(value, tuple):
            return value
        width, _, height = str(value).lower().partition("x")
        if not (width.isdecimal() and height.isdecimal() and 320 <= int(width) <= 7680 and 240 <= int(height) <= 4320):
            self.fail(f"{value!r} is no size: write 1280x800 (at least 320x240)", param, ctx)
        return int(width), int(height)
