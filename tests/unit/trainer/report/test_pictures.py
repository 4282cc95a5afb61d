"""Each picture has a panel a row, and what it shows follows the figures."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import cv2
import numpy as np
import pytest

from trainer.intervals import Estimate
from trainer.report import pictures
from trainer.report.pictures import (
    BLUE,
    HEIGHT,
    ORANGE,
    PALE,
    WIDTH,
)
from trainer.scores import Row, score

Draw = Callable[[Mapping[str, Row]], bytes]
PICTURES = (pictures.confusion_picture, pictures.reliability_picture, pictures.risk_picture)


def read(png: bytes) -> np.ndarray:
    """(H, W, 3) red, green, blue."""
    return np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)[..., ::-1])


def panel(picture: np.ndarray, number: int) -> np.ndarray:
    top, left = number // 2 * HEIGHT, number % 2 * WIDTH
    return picture[top : top + HEIGHT, left : left + WIDTH]


def has(picture: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    return np.asarray((picture == colour).all(axis=2))


@pytest.mark.parametrize("draw", PICTURES)
@pytest.mark.parametrize(("count", "size"), [(1, (1, 1)), (2, (1, 2)), (5, (3, 2))])
def test_a_panel_a_row(draw: Draw, count: int, size: tuple[int, int], rows: dict[str, Row]) -> None:
    row = rows["CNN single frame"]
    picture = read(draw({f"row {number}": row for number in range(count)}))
    assert picture.shape == (size[0] * HEIGHT, size[1] * WIDTH, 3)
    for number in range(count):
        assert (panel(picture, number) != 255).any()
    if count < size[0] * size[1]:
        assert (panel(picture, count) == 255).all()
    np.testing.assert_array_equal(panel(picture, 0)[110:], panel(picture, count - 1)[110:])  # below their titles


@pytest.mark.parametrize("draw", PICTURES)
def test_nothing_is_drawn_at_the_edge(draw: Draw, rows: dict[str, Row]) -> None:
    """What is drawn there would be cut off."""
    for number in range(2):
        drawn = panel(read(draw(rows)), number)
        for edge in (drawn[:8], drawn[-8:], drawn[:, :8], drawn[:, -8:]):
            assert (edge == 255).all()


@pytest.mark.parametrize("draw", PICTURES)
def test_the_same_figures_give_the_same_bytes(draw: Draw, rows: dict[str, Row]) -> None:
    assert draw(rows) == draw(rows)


# Confusion


def cell(picture: np.ndarray, there: int, said: int) -> np.ndarray:
    """The colour of a cell, at its lower left where nothing is written."""
    top = pictures._TOP + there * pictures._CELL
    left = pictures._LEFT + said * pictures._CELL
    return np.asarray(picture[top + pictures._CELL - 8, left + 8])


def test_cells_darken_with_their_share() -> None:
    given = np.eye(7)[[0, 0, 0, 1]]  # three of four angry answers are right
    picture = read(pictures.confusion_picture({"row": score(given, [0, 0, 0, 0], np.arange(4))}))
    assert cell(picture, 0, 0).sum() < cell(picture, 0, 1).sum() < cell(picture, 0, 2).sum() == 3 * 255
    assert cell(picture, 1, 1).tolist() == list(pictures.EMPTY)  # disgust was never there


def test_heat_falls_in_lightness() -> None:
    grey = [np.dot(pictures._heat(share), (0.2126, 0.7152, 0.0722)) for share in np.linspace(0, 1, 21)]
    assert (np.diff(grey) < 0).all()
    assert pictures._heat(0) == (255, 255, 255)


def test_figures_can_be_read_on_every_heat() -> None:
    for share in np.linspace(0, 1, 101):
        lighter, darker = sorted((luminance(pictures._heat(share)), luminance(pictures._ink(share))), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) > 3.8


def luminance(colour: tuple[int, int, int]) -> float:
    """Relative luminance (WCAG 2)."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in np.array(colour) / 255]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


# Reliability


def test_dots_follow_the_accuracy_of_their_bins() -> None:
    given = np.full((20, 7), 0.5 / 6)
    given[:, 0] = 0.5
    heights = []
    for right in (4, 16):
        truth = np.where(np.arange(20) < right, 0, 1)
        picture = read(pictures.reliability_picture({"row": score(given, truth, np.arange(20))}))
        # the whisker's and the dot's middle column: half-way along the axis
        rows = np.flatnonzero(has(picture[154:714], BLUE)[:, 530:560].sum(axis=1) > 14)
        heights.append(714 - (154 + rows.mean()))
    assert heights[0] == pytest.approx(0.2 * 560, abs=6)
    assert heights[1] == pytest.approx(0.8 * 560, abs=6)


def test_bars_say_how_many_answers_there_are(rows: dict[str, Row]) -> None:
    row = rows["CNN single frame"]
    drawn = has(read(pictures.reliability_picture({"row": row}))[740:890], PALE).sum(axis=0)
    tallest = max(row.bins, key=lambda bin_: bin_.count)
    middle = round(150 + 790 * (tallest.start + tallest.end) / 2)
    assert drawn[middle] == drawn.max() > 0
    empty = [place for place in range(15) if not any(round(bin_.start * 15) == place for bin_ in row.bins)]
    assert all(drawn[round(150 + 790 * (place + 0.5) / 15)] == 0 for place in empty)


# Risk


def test_the_half_is_marked(rows: dict[str, Row]) -> None:
    ring = has(read(pictures.risk_picture({"row": rows["CNN single frame"]}))[154:890], ORANGE)
    columns = np.flatnonzero(ring.any(axis=0))
    assert columns.min() < 150 + 790 / 2 < columns.max()


@pytest.mark.parametrize("draw", PICTURES)
def test_one_person_is_drawn_without_intervals(draw: Draw) -> None:
    given = np.random.default_rng(0).dirichlet(np.ones(7), 30)
    row = score(given, np.arange(30) % 7, np.zeros(30))
    picture = read(draw({"row": row}))
    assert (picture != 255).any()
    if draw is pictures.risk_picture:
        assert not has(picture, tuple(np.round(0.55 * np.array(PALE) + 0.45 * 255).astype(int))).any()


@pytest.mark.parametrize("draw", PICTURES)
def test_never_wrong_is_drawn(draw: Draw) -> None:
    picture = read(draw({"row": score(np.eye(7), np.arange(7), np.arange(7))}))
    assert (picture != 255).any()


def test_what_reaches_beyond_an_axis_stays_in_its_frame(rows: dict[str, Row]) -> None:
    row = rows["multimodal fusion"]
    wild = replace(row.risk[0], error=Estimate(0.01, 0.0, 1.0))
    picture = read(pictures.risk_picture({"row": replace(row, risk=(wild, *row.risk[1:]))}))
    above = picture[125:150, 200:940]
    assert (above == 255).all()


@pytest.mark.parametrize(("about", "step"), [(0.2, 0.2), (0.16, 0.2), (0.03, 0.02), (0.013, 0.01), (0, 0.001)])
def test_steps_are_round(about: float, step: float) -> None:
    assert pictures._nice(about) == pytest.approx(step)
