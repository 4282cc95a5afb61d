"""Square crops: size, place, edges, averaging."""

import numpy as np
import pytest

from engine.faces.crops import square_crop


def ramp(height=120, width=160):
    """Red rises by one a column, green by one a row."""
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[..., 0] = np.arange(width)[None]
    rgb[..., 1] = np.arange(height)[:, None]
    return rgb


def test_same_size_is_a_copy():
    rgb = ramp()
    assert np.array_equal(square_crop(rgb, (20, 30, 48, 48), 0, 48), rgb[30:78, 20:68])


@pytest.mark.parametrize("box", [(20, 30, 40, 60), (10, 40, 60, 40), (10.5, 30.25, 60, 41)])
@pytest.mark.parametrize("side_px", [15, 60, 97])
def test_square_of_the_longer_side_about_the_centre(box, side_px):
    crop = square_crop(ramp(), box, 0, side_px).astype(float)
    assert crop.shape == (side_px, side_px, 3)
    centre_x, centre_y = box[0] + box[2] / 2 - 0.5, box[1] + box[3] / 2 - 0.5
    assert crop[..., 0].mean() == pytest.approx(centre_x, abs=0.8)  # two roundings to whole levels
    assert crop[..., 1].mean() == pytest.approx(centre_y, abs=0.8)
    step = 60 / side_px
    assert np.diff(crop[..., 0].mean(0)).mean() == pytest.approx(step, rel=0.05)
    assert np.diff(crop[..., 1].mean(1)).mean() == pytest.approx(step, rel=0.05)


def test_margin_is_added_on_each_side():
    crop = square_crop(ramp(), (60, 40, 40, 40), 0.25, 60)
    assert np.array_equal(crop, ramp()[30:90, 50:110])


def test_edge_is_repeated_beyond_the_picture():
    crop = square_crop(ramp(), (-30, -30, 60, 60), 0, 60)
    assert not crop[:30, :30].any()
    assert np.array_equal(crop[30:, 30:], ramp()[:30, :30])
    outside = square_crop(ramp(), (500, 500, 40, 40), 0, 20)
    assert (outside == ramp()[-1, -1]).all()


def test_shrinking_averages():
    checks = np.indices((96, 96)).sum(0) % 2 * 200
    rgb = np.repeat(checks[..., None], 3, 2).astype(np.uint8)
    crop = square_crop(rgb, (0, 0, 96, 96), 0, 16)
    assert np.abs(crop.astype(int) - 100).max() <= 1


@pytest.mark.parametrize("box", [(5, 5, 0, 0), (5, 5, 0.2, 0.1)])
def test_a_box_of_no_size_and_a_picture_of_one_pixel(box):
    assert square_crop(ramp(), box, 0.3, 8).shape == (8, 8, 3)
    assert (square_crop(np.full((1, 1, 3), 7, np.uint8), box, 0.3, 8) == 7).all()


def test_a_read_only_picture_will_do():
    rgb = ramp()
    rgb.flags.writeable = False
    assert square_crop(rgb, (20, 30, 48, 48), 0, 48).shape == (48, 48, 3)
