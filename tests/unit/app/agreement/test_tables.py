import numpy as np
import pytest

from app.agreement.coefficients import agreement, kappa
from app.agreement.tables import tables_of

GOOD, BAD = np.diag([40, 60]), np.array([[20, 20], [30, 30]])


def test_the_whole_is_the_sum_and_empty_videos_do_not_count() -> None:
    tables = tables_of({"m1": GOOD, "m2": np.zeros((2, 2)), "m3": BAD}, 2)
    assert tables.videos == 2
    assert tables.whole.tolist() == (GOOD + BAD).tolist()


def test_draws_are_of_whole_videos() -> None:
    drawn = tables_of({"m1": GOOD, "m2": BAD}, 2).drawn
    kinds = {tuple(table.ravel()) for table in drawn.astype(int)}
    assert kinds == {tuple(table.ravel()) for table in (2 * GOOD, GOOD + BAD, 2 * BAD)}


def test_an_interval_holds_the_figure_and_is_the_same_each_time() -> None:
    videos = {f"m{at}": GOOD + at * BAD for at in range(8)}
    one, other = (tables_of(videos, 2, seed=5).estimate(kappa) for _ in range(2))
    assert one == other
    assert one.low < one.value < one.high
    assert tables_of(videos, 2, seed=6).estimate(kappa) != one


def test_equal_videos_leave_no_doubt() -> None:
    found = tables_of({f"m{at}": BAD for at in range(4)}, 2).estimate(agreement)
    assert (found.low, found.value, found.high) == pytest.approx((0.5, 0.5, 0.5))


def test_one_video_gives_a_figure_without_an_interval() -> None:
    found = tables_of({"m1": BAD}, 2).estimate(agreement)
    assert found.value == 0.5
    assert np.isnan([found.low, found.high]).all()


def test_nothing_gives_nothing() -> None:
    tables = tables_of({}, 2)
    found = tables.estimate(kappa, 1)
    assert tables.videos == 0
    assert np.isnan([found.value, found.low, found.high]).all()


def test_draws_that_leave_it_undefined_are_left_out() -> None:
    """Each video has one thing said alone: only draws of both can be judged, and there all is alike."""
    found = tables_of({"m1": np.diag([5, 0]), "m2": np.diag([0, 5])}, 2).estimate(kappa)
    assert (found.low, found.value, found.high) == pytest.approx((1.0, 1.0, 1.0))
