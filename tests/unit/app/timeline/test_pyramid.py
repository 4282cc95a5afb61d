import numpy as np
import pytest

from app.timeline.pyramid import Pyramid
from tests.analyses import probabilities


def frames(count: int, rate_hz: float = 25.0) -> np.ndarray:
    return np.arange(count) / rate_hz


def test_few_rows_are_given_as_they_are() -> None:
    time_s, values = frames(50), probabilities(50)
    curves = Pyramid(time_s, values).visible(0.0, 2.0, 800)
    assert curves.exact
    np.testing.assert_array_equal(curves.time_s, time_s)
    np.testing.assert_array_equal(curves.low, values)
    np.testing.assert_array_equal(curves.high, values)


@pytest.mark.parametrize("width_px", [10, 100, 333, 1000])
def test_many_rows_become_at_most_about_one_block_a_pixel(width_px: int) -> None:
    curves = Pyramid(frames(10_007), probabilities(10_007)).visible(0.0, 401.0, width_px)
    assert not curves.exact
    assert width_px / 2 - 2 <= len(curves.time_s) <= width_px + 2


def test_no_spike_is_lost_and_none_is_made_up() -> None:
    values = np.full((5000, 7), 0.1, np.float32)
    values[3333, 2] = 0.9
    values[1111, 5] = 0.01
    curves = Pyramid(frames(5000), values).visible(0.0, 200.0, 60)
    assert curves.high.max(axis=0).tolist() == pytest.approx([0.1, 0.1, 0.9, 0.1, 0.1, 0.1, 0.1])
    assert curves.low.min(axis=0).tolist() == pytest.approx([0.1, 0.1, 0.1, 0.1, 0.1, 0.01, 0.1])
    spike_s = curves.time_s[np.argmax(curves.high[:, 2])]
    assert spike_s == pytest.approx(3333 / 25, abs=200 / 30)


def test_blocks_hold_the_reductions_of_their_rows() -> None:
    time_s, values = frames(64), probabilities(64, seed=4)
    curves = Pyramid(time_s, values).visible(-1, 10, 16)
    blocks = values.reshape(16, 4, 7)
    np.testing.assert_array_equal(curves.low, blocks.min(1))
    np.testing.assert_array_equal(curves.high, blocks.max(1))
    np.testing.assert_allclose(curves.mean, blocks.mean(1), atol=1e-6)
    np.testing.assert_allclose(curves.time_s, time_s.reshape(16, 4).mean(1))


def test_the_odd_row_at_the_end_weighs_no_more_than_the_others() -> None:
    values = np.zeros((5, 1), np.float32)
    values[4] = 1.0
    curves = Pyramid(frames(5), values).visible(-1, 1, 2)
    assert len(curves.time_s) == 2
    assert curves.mean[:, 0].tolist() == pytest.approx([0.0, 1.0])
    one = Pyramid(frames(7), np.arange(7, dtype=np.float32)[:, None])
    assert float(one.visible(-1, 1, 2).mean[-1, 0]) == pytest.approx(5.0)


@pytest.mark.parametrize("width_px", [1000, 20])
def test_curves_break_where_the_person_is_out_of_view(width_px: int) -> None:
    time_s = np.concatenate([frames(100), 10.0 + frames(100)])
    curves = Pyramid(time_s, probabilities(200)).visible(0.0, 14.0, width_px)
    broken = np.isnan(curves.mean[:, 0])
    assert broken.sum() == 1
    assert 4.0 < curves.time_s[broken][0] < 10.0
    known = curves.time_s[~broken]
    assert not ((known > 3.97) & (known < 9.99)).any()


def test_times_are_the_frames_own_and_half_a_second_is_still_joined() -> None:
    time_s = np.array([0.0, 0.1, 0.45, 0.9, 1.5])
    curves = Pyramid(time_s, probabilities(5)).visible(0, 2, 100)
    assert curves.time_s[~np.isnan(curves.mean[:, 0])].tolist() == time_s.tolist()
    assert np.isnan(curves.mean[:, 0]).tolist() == [False, False, False, False, True, False]


def test_blocks_do_not_depend_on_where_the_view_begins() -> None:
    pyramid = Pyramid(frames(4000), probabilities(4000))
    one, other = pyramid.visible(20.0, 120.0, 100), pyramid.visible(20.37, 120.37, 100)
    shared = np.intersect1d(one.time_s, other.time_s)
    assert len(shared) >= len(one.time_s) - 2


def test_the_next_point_on_each_side_is_there_so_that_curves_run_out_of_view() -> None:
    curves = Pyramid(frames(100), probabilities(100)).visible(1.01, 2.01, 500)
    assert curves.time_s[0] == pytest.approx(1.0)
    assert curves.time_s[-1] == pytest.approx(2.04)


def test_nothing_and_next_to_nothing() -> None:
    nothing = Pyramid(np.zeros(0), np.zeros((0, 7), np.float32))
    assert len(nothing) == 0
    assert len(nothing.visible(0, 1, 100).time_s) == 0
    single = Pyramid(np.array([3.0]), probabilities(1))
    assert single.visible(0, 10, 100).time_s.tolist() == [3.0]


def test_the_nearest_row_is_found() -> None:
    values = probabilities(10)
    pyramid = Pyramid(frames(10), values)
    for time_s, row in ((-5.0, 0), (0.0, 0), (0.119, 3), (0.101, 3), (99.0, 9)):
        found_s, found = pyramid.nearest(time_s)
        assert found_s == pytest.approx(row / 25)
        np.testing.assert_array_equal(found, values[row])
