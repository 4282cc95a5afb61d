"""Progress of one piece of work after another, on standard error."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

LINE_EVERY_S = 10.0
"""Where there is no terminal to redraw, a line this often."""


class ProgressView:
    """A bar on a terminal, a line now and then elsewhere. Used as a context; `show` may be called at any rate."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        self._next_line_s = clock() + LINE_EVERY_S
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=30),
            TaskProgressColumn(),
            TextColumn("{task.fields[detail]}", markup=False),
            console=console,
            transient=True,
            disable=not console.is_interactive,
        )
        self._task = self._bar.add_task("", total=None, detail="")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.clear()

    def show(self, name: str, done: float, total: float, speed: str, remaining_s: float | None) -> None:
        """Where the work called `name` is: `done` of `total` in any unit, its speed in words, seconds left if known."""
        detail = ", ".join(part for part in (speed, remaining_text(remaining_s)) if part)
        self._bar.start()
        self._bar.update(self._task, description=name, completed=min(done, total), total=total, detail=detail)
        if not self._console.is_interactive and self._clock() >= self._next_line_s:
            self._next_line_s = self._clock() + LINE_EVERY_S
            share = f"{100 * min(done / total, 1):.0f} %" if total > 0 else ""
            self.say(f"{name}: {', '.join(part for part in (share, detail) if part)}")

    def say(self, line: str) -> None:
        """A line that stays, above the bar."""
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def clear(self) -> None:
        """Take the bar away until the next `show`; while it is there, it alone may write to the terminal."""
        self._bar.stop()


def remaining_text(remaining_s: float | None) -> str:
    """`9 s left`, `4 min left`, `2 h 05 min left`; empty when unknown."""
    if remaining_s is None:
        return ""
    if remaining_s < 90:
        return f"{remaining_s:.0f} s left"
    minutes = round(remaining_s / 60)
    return f"{minutes} min left" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02} min left"
