import numpy as np
import pytest

from app.timeline.snap import Snapper, nearest

FRAMES_S = np.arange(100) / 25


def test_a_landmark_in_reach_wins_over_a_nearer_frame() -> None:
    snapper = Snapper(FRAMES_S, [1.05])
    assert snapper.snapped(1.001, 0.06) == pytest.approx(1.05)
    assert snapper.snapped(1.001, 0.04) == pytest.approx(1.0)


def test_beyond_reach_nothing_moves() -> None:
    assert Snapper(FRAMES_S, [2.0]).snapped(1.019, 0.01) == 1.019
    assert Snapper(np.zeros(0), []).snapped(1.5, 10.0) == 1.5


def test_landmarks_may_come_unordered_and_twice() -> None:
    assert Snapper(np.zeros(0), [5.0, 1.0, 5.0]).snapped(1.2, 0.5) == 1.0


@pytest.mark.parametrize(("time_s", "found_s"), [(-1.0, 0.0), (0.4, 0.0), (0.5, 0.0), (0.6, 1.0), (7.0, 2.0)])
def test_the_nearest_is_found_on_both_sides(time_s: float, found_s: float) -> None:
    assert nearest(np.array([0.0, 1.0, 2.0]), time_s) == found_s


def test_nothing_is_near_to_nothing() -> None:
    assert nearest(np.zeros(0), 1.0) is None
