"""What is drawn is where it was asked for."""

import cv2
import numpy as np
import pytest

from trainer.report.canvas import Anchor, Canvas, text_width

INK = (20, 60, 200)


def marked(canvas: Canvas) -> np.ndarray:
    """Which pixels are not white."""
    return np.asarray((canvas.pixels != 255).any(axis=2))


def extent(canvas: Canvas) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what is drawn."""
    rows, columns = np.flatnonzero(marked(canvas).any(axis=1)), np.flatnonzero(marked(canvas).any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])


def test_boxes_that_touch_leave_no_seam() -> None:
    canvas = Canvas(60, 10)
    for left in (0.0, 20.4, 40.8):
        canvas.box(left, 0, 20.4, 10, INK)
    assert marked(canvas).all()
    assert (canvas.pixels[5, 30] == INK[::-1]).all()  # OpenCV keeps blue first


def test_boxes_may_reach_beyond_the_sheet() -> None:
    canvas = Canvas(10, 10)
    canvas.box(-5, -5, 8, 8, INK)
    assert extent(canvas) == (0, 0, 2, 2)


def test_areas_cover_or_tint() -> None:
    corners = [(10, 10), (30, 10), (30, 30), (10, 30)]
    solid, faint = Canvas(40, 40), Canvas(40, 40)
    solid.area(corners, INK)
    faint.area(corners, INK, 0.5)
    assert solid.pixels[20, 20].tolist() == [200, 60, 20]
    np.testing.assert_allclose(faint.pixels[20, 20], (np.array([200, 60, 20]) + 255) / 2, atol=1)


@pytest.mark.parametrize("width", [2, 3, 4, 6])
def test_a_line_is_as_wide_as_it_was_asked_for_and_centred(width: int) -> None:
    canvas = Canvas(40, 40)
    canvas.line([(5, 20), (35, 20)], (0, 0, 0), width)
    ink = 1 - canvas.pixels[:, 20, 0] / 255
    assert ink.sum() == pytest.approx(width, abs=1)
    assert (ink * (np.arange(40) + 0.5)).sum() / ink.sum() == pytest.approx(20, abs=0.3)


def test_dashes_leave_gaps_and_keep_to_their_ends() -> None:
    canvas = Canvas(200, 10)
    canvas.dashes((10, 5), (190, 5), INK)
    along = marked(canvas)[5, 10:190]
    assert 0.3 < along.mean() < 0.95
    left, _, right, _ = extent(canvas)
    assert left >= 6
    assert right <= 193


def test_dots_are_centred() -> None:
    canvas = Canvas(41, 41)
    canvas.dot(20.5, 20.5, 10, INK, (255, 255, 255))
    left, top, right, bottom = extent(canvas)
    assert left + right == pytest.approx(40, abs=1)
    assert top + bottom == pytest.approx(40, abs=1)
    assert not marked(canvas)[20, 20]


@pytest.mark.parametrize(("anchor", "middle"), [("left", 100 + 30), ("centre", 100), ("right", 100 - 30)])
def test_text_hangs_on_its_anchor(anchor: Anchor, middle: float) -> None:
    canvas = Canvas(200, 60)
    text = "HHH"
    while text_width(text, 24) < 60:
        text += "H"
    canvas.text(100, 30, text, 24, INK, anchor)
    left, top, right, bottom = extent(canvas)
    shift = (text_width(text, 24) - 60) / 2
    assert (left + right) / 2 == pytest.approx(middle + {"left": shift, "centre": 0, "right": -shift}[anchor], abs=3)
    assert (top + bottom) / 2 == pytest.approx(30, abs=2)


def test_bold_is_heavier_and_in_its_place() -> None:
    plain, bold = Canvas(200, 60), Canvas(200, 60)
    plain.text(20, 30, "fusion", 24, INK)
    bold.text(20, 30, "fusion", 24, INK, bold=True)
    assert marked(bold).sum() > 1.1 * marked(plain).sum()
    assert extent(bold)[0] == extent(plain)[0]


def test_text_over_something_fades_it() -> None:
    canvas = Canvas(200, 60)
    canvas.box(0, 0, 200, 60, (0, 0, 0))
    canvas.text(100, 30, "i", 24, INK, "centre", over=True)
    assert canvas.pixels[30, 96].min() > 150
    assert canvas.pixels[30, 20].max() == 0


def test_text_upward_is_turned_and_centred() -> None:
    canvas = Canvas(100, 300)
    canvas.upward(50, 150, "answers", 24, INK)
    left, top, right, bottom = extent(canvas)
    assert bottom - top > 3 * (right - left)
    assert (top + bottom) / 2 == pytest.approx(150, abs=4)
    assert (left + right) / 2 == pytest.approx(50, abs=5)


def test_nothing_has_no_width() -> None:
    assert text_width("", 24) == 0
    assert text_width("mm", 24) > text_width("m", 24) > text_width("i", 24)


def test_a_png_is_what_was_drawn() -> None:
    canvas = Canvas(30, 20)
    canvas.box(3, 4, 5, 6, INK)
    read = cv2.imdecode(np.frombuffer(canvas.png(), np.uint8), cv2.IMREAD_COLOR)
    np.testing.assert_array_equal(read, canvas.pixels)


def test_sheets_are_pasted() -> None:
    canvas, small = Canvas(30, 20), Canvas(4, 3)
    small.box(0, 0, 4, 3, INK)
    canvas.paste(small, 10, 5)
    assert extent(canvas) == (10, 5, 13, 7)
