"""The three diagrams of a report, a panel a row of the table: confusion, reliability, and risk against coverage."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.emotions import COUNT, EMOTIONS
from trainer.report.canvas import Canvas, Colour
from trainer.report.wording import percent, percent_between
from trainer.scores import Row

WIDTH: Final = 1000
HEIGHT: Final = 1000
COLUMNS: Final = 2
"""Panels side by side: across a page a panel is then half as wide as the text, its smallest letters 6 points high."""

WHITE: Final[Colour] = (255, 255, 255)
INK: Final[Colour] = (34, 34, 34)
MUTED: Final[Colour] = (104, 104, 104)
GRID: Final[Colour] = (226, 226, 226)
FRAME: Final[Colour] = (150, 150, 150)
EMPTY: Final[Colour] = (243, 243, 243)
BLUE: Final[Colour] = (0, 94, 162)
PALE: Final[Colour] = (174, 205, 229)
ORANGE: Final[Colour] = (201, 84, 0)
_HEAT: Final = np.array([(255, 255, 255), (198, 221, 240), (104, 165, 212), (22, 96, 163), (8, 45, 99)], np.float64)
"""White to dark blue in even steps of lightness, so that it also reads in grey."""
_TITLE, _TEXT, _SMALL = 36, 27, 22


def confusion_picture(rows: Mapping[str, Row]) -> bytes:
    """Confusion matrices in shares of what was there, with counts, in the order of the labels."""
    return _sheet(rows, _confusion)


def reliability_picture(rows: Mapping[str, Row]) -> bytes:
    """How often answers of each confidence are right, and how many there are."""
    return _sheet(rows, _reliability)


def risk_picture(rows: Mapping[str, Row]) -> bytes:
    """The error among the surest answers, from few of them to all."""
    return _sheet(rows, _risk)


def _sheet(rows: Mapping[str, Row], panel: Callable[[str, Row], Canvas]) -> bytes:
    across = min(COLUMNS, len(rows))
    sheet = Canvas(across * WIDTH, -(-len(rows) // COLUMNS) * HEIGHT)
    for number, (name, row) in enumerate(rows.items()):
        sheet.paste(panel(name, row), number % COLUMNS * WIDTH, number // COLUMNS * HEIGHT)
    return sheet.png()


def _panel(title: str, said: str) -> Canvas:
    panel = Canvas(WIDTH, HEIGHT)
    panel.text(50, 50, title, _TITLE, INK, bold=True)
    panel.text(50, 100, said, _TEXT, MUTED)
    return panel


# Confusion


_CELL = 104
_LEFT, _TOP = 208, 154


def _confusion(name: str, row: Row) -> Canvas:
    accuracy = _share("accuracy", row.accuracy.value, percent_between(row.accuracy))
    panel = _panel(name, f"{accuracy}, {row.count:,} answers")
    counts = np.array(row.confusion)
    side = COUNT * _CELL
    for there in range(COUNT):
        middle = _TOP + (there + 0.5) * _CELL
        panel.text(_LEFT - 20, middle - 13, EMOTIONS[there], _TEXT, INK, "right")
        panel.text(_LEFT - 20, middle + 17, f"{counts[there].sum():,}", _SMALL, MUTED, "right")
        panel.text(_LEFT + (there + 0.5) * _CELL, _TOP + side + 28, EMOTIONS[there], 25, INK, "centre")
        for said in range(COUNT):
            _cell(panel, _LEFT + said * _CELL, _TOP + there * _CELL, counts[there, said], counts[there].sum())
    for edge in range(COUNT + 1):
        at = edge * _CELL
        panel.box(_LEFT, _TOP + at - 1, side, 2, GRID)
        panel.box(_LEFT + at - 1, _TOP, 2, side, GRID)
    for place in range(COUNT):
        _frame(panel, _LEFT + place * _CELL, _TOP + place * _CELL, _CELL, _CELL, FRAME)
    _frame(panel, _LEFT, _TOP, side, side, FRAME)
    panel.upward(40, _TOP + side / 2, "what was there", _TEXT, MUTED)
    below = "what was answered: percent of the row, and count"
    panel.text(_LEFT + side / 2, _TOP + side + 76, below, _TEXT, MUTED, "centre")
    return panel


def _cell(panel: Canvas, left: float, top: float, count: int, of: int) -> None:
    if not of:
        panel.box(left, top, _CELL, _CELL, EMPTY)
        panel.text(left + _CELL / 2, top + _CELL / 2, "–", _TEXT, MUTED, "centre")
        return
    share = count / of
    panel.box(left, top, _CELL, _CELL, _heat(share))
    ink = _ink(share) if count else FRAME
    panel.text(left + _CELL / 2, top + _CELL / 2 - 13, percent(share, 1), 30, ink, "centre")
    panel.text(left + _CELL / 2, top + _CELL / 2 + 22, f"{count:,}", _SMALL, ink, "centre")


def _ink(share: float) -> Colour:
    """What reads on `_heat`."""
    return WHITE if share > 0.6 else INK


def _heat(share: float) -> Colour:
    steps = np.linspace(0, 1, len(_HEAT))
    red, green, blue = (round(float(np.interp(share, steps, _HEAT[:, channel]))) for channel in range(3))
    return red, green, blue


# Axes


@dataclass(frozen=True, slots=True)
class _Axes:
    """A frame in which the shares 0 to `x_end` and 0 to `y_end` are shown."""

    panel: Canvas
    left: float
    top: float
    width: float
    height: float
    x_end: float = 1.0
    y_end: float = 1.0

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where a point is; what lies beyond the frame is put on its edge."""
        right, up = min(max(x / self.x_end, 0), 1), min(max(y / self.y_end, 0), 1)
        return self.left + right * self.width, self.top + (1 - up) * self.height

    def grid(self, x_step: float, y_step: float, x_said: bool = True) -> None:
        """Lines and percentages at every step."""
        for share in _steps(self.x_end, x_step):
            x = self.at(share, 0)[0]
            self.panel.box(x - 1, self.top, 2, self.height, GRID)
            if x_said:
                self.panel.text(x, self.top + self.height + 26, _whole(share, x_step), _TEXT - 2, INK, "centre")
        for share in _steps(self.y_end, y_step):
            y = self.at(0, share)[1]
            self.panel.box(self.left, y - 1, self.width, 2, GRID)
            self.panel.text(self.left - 14, y, _whole(share, y_step), _TEXT - 2, INK, "right")

    def frame(self) -> None:
        """The outline, drawn last."""
        _frame(self.panel, self.left, self.top, self.width, self.height, FRAME)

    def names(self, x_name: str, y_name: str) -> None:
        """What is along each axis."""
        if x_name:
            self.panel.text(self.left + self.width / 2, self.top + self.height + 74, x_name, _TEXT, MUTED, "centre")
        self.panel.upward(44, self.top + self.height / 2, y_name, _TEXT, MUTED)


def _reliability(name: str, row: Row) -> Canvas:
    error = row.calibration_error
    panel = _panel(name, f"{_share('calibration error', error.value, percent_between(error))}, {row.count:,} answers")
    axes = _Axes(panel, 150, 154, 790, 560)
    axes.grid(0.2, 0.2, x_said=False)
    panel.dashes(axes.at(0, 0), axes.at(1, 1), FRAME)
    axes.frame()
    for bin_ in row.bins:
        low, high = bin_.accuracy.low, bin_.accuracy.high
        if math.isfinite(low) and math.isfinite(high):
            _whisker(panel, axes.at(bin_.confidence, low), axes.at(bin_.confidence, high))
    panel.line([axes.at(bin_.confidence, bin_.accuracy.value) for bin_ in row.bins], BLUE, 4)
    for bin_ in row.bins:
        panel.dot(*axes.at(bin_.confidence, bin_.accuracy.value), 9, BLUE)
    panel.text(*axes.at(0.03, 0.94), "less sure than right", _SMALL, MUTED, over=True)
    panel.text(*axes.at(0.97, 0.06), "surer than right", _SMALL, MUTED, "right", over=True)
    axes.names("", "right answers, percent")
    _histogram(panel, row)
    return panel


def _histogram(panel: Canvas, row: Row) -> None:
    """How many answers have each confidence, under the reliability."""
    most = max(bin_.count for bin_ in row.bins) / row.count
    step = _nice(most / 2)
    axes = _Axes(panel, 150, 740, 790, 150, y_end=max(step * math.ceil(most / step), step))
    axes.grid(0.2, step)
    for bin_ in row.bins:
        (left, top), right = axes.at(bin_.start, bin_.count / row.count), axes.at(bin_.end, 0)[0]
        panel.box(left + 3, top, right - left - 6, axes.top + axes.height - top, PALE)
    axes.frame()
    axes.names("confidence, percent", "answers")


def _risk(name: str, row: Row) -> Canvas:
    half, error = row.half_error, 1 - row.accuracy.value
    of_half = _share("of the surest half", half.value, percent_between(half))
    panel = _panel(name, f"error: {percent(error)} % of {row.count:,} answers, {of_half}")
    coverage = [point.coverage for point in row.risk]
    risk = np.array([point.error.value for point in row.risk])
    low = np.nan_to_num([point.error.low for point in row.risk], nan=0.0)
    high = np.array([point.error.high for point in row.risk])
    there = np.isfinite(high)
    step = _nice(max(float(risk.max()), error, float(high[there].max(initial=0)) * 0.9, 0.02) / 4)
    end = step * math.ceil(max(float(risk.max()), error) * 1.15 / step + 1e-9)
    axes = _Axes(panel, 150, 154, 790, 736, y_end=max(end, step))
    axes.grid(0.2, step)
    if there.all():
        band = [axes.at(*point) for point in zip(coverage, high, strict=True)]
        band += [axes.at(*point) for point in zip(coverage[::-1], low[::-1], strict=True)]
        panel.area(band, PALE, 0.55)
    axes.frame()
    panel.dashes(axes.at(0, error), axes.at(1, error), FRAME)
    x, y = axes.at(0.8, error)
    panel.text(x, y - 28, "error of all", _SMALL, MUTED, "right", over=True)
    panel.line([axes.at(*point) for point in zip(coverage, risk, strict=True)], BLUE, 6)
    x, y = axes.at(0.5, half.value)
    panel.text(x - 20, y - 30, f"{percent(half.value, 1)} %", _TEXT, ORANGE, "right", over=True)
    panel.dot(x, y, 12, ORANGE, WHITE)
    axes.names("surest answers, percent of all", "wrong answers, percent")
    return panel


def _whisker(panel: Canvas, low: tuple[float, float], high: tuple[float, float]) -> None:
    panel.line([low, high], BLUE, 3)
    for x, y in (low, high):
        panel.line([(x - 8, y), (x + 8, y)], BLUE, 3)


def _frame(panel: Canvas, left: float, top: float, width: float, height: float, colour: Colour) -> None:
    for x, y, across, down in (
        (left - 1, top - 1, width + 2, 2),
        (left - 1, top + height - 1, width + 2, 2),
        (left - 1, top - 1, 2, height + 2),
        (left + width - 1, top - 1, 2, height + 2),
    ):
        panel.box(x, y, across, down, colour)


def _steps(end: float, step: float) -> Sequence[float]:
    return [number * step for number in range(math.floor(end / step + 1e-9) + 1)]


def _nice(about: float) -> float:
    """The step of 1, 2, 5, 10 ... percent that is next to a share, a tenth of a percent at least."""
    power = 10.0 ** math.floor(math.log10(max(about, 0.001)))
    return min((factor * power for factor in (1, 2, 5, 10)), key=lambda step: abs(math.log(step / max(about, 0.001))))


def _whole(share: float, step: float) -> str:
    return percent(share, 0 if step > 0.0099 else 1)


def _share(what: str, share: float, between: str) -> str:
    return f"{what} {percent(share)} %" + (f" ({between})" if between else "")
