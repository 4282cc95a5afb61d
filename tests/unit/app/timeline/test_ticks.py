from itertools import pairwise

import numpy as np
import pytest

from app.timeline.axis import Axis
from app.timeline.ticks import Tick, ticks

LABEL_PX = 90.0
RATE_HZ = 25.0


def shown(start_s: float, end_s: float, duration_s: float = 10_800.0) -> tuple[Tick, ...]:
    frame_times_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    return ticks(Axis(duration_s, start_s, end_s, 1600.0), LABEL_PX, frame_times_s)


def labelled(found: tuple[Tick, ...]) -> list[Tick]:
    return [tick for tick in found if tick.text]


@pytest.mark.parametrize(
    ("start_s", "end_s"), [(0, 10_800), (0, 3600), (100, 700), (0, 20), (5, 9.3), (5, 6), (5, 5.3), (7.0, 7.06)]
)
def test_labels_never_touch_and_there_are_enough(start_s: float, end_s: float) -> None:
    found = shown(start_s, end_s)
    px_per_s = 1600 / (end_s - start_s)
    xs = [tick.time_s * px_per_s for tick in labelled(found)]
    assert all(right - left >= LABEL_PX - 1e-6 for left, right in pairwise(xs))
    assert len(xs) >= 2
    assert len(found) < 1000


def test_times_are_round() -> None:
    found = labelled(shown(0, 10_800))
    assert [tick.text for tick in found[:3]] == ["0:00:00", "0:15:00", "0:30:00"]
    assert [tick.text for tick in labelled(shown(0, 19.7, 19.7))[:3]] == ["00:00", "00:02", "00:04"]


def test_small_ticks_divide_what_lies_between_labels_evenly() -> None:
    found = shown(0, 19.7, 19.7)
    steps_s = np.diff([tick.time_s for tick in found])
    np.testing.assert_allclose(steps_s, 0.5)


def test_single_frames_have_their_numbers_and_their_own_times() -> None:
    found = shown(5.0, 5.4)
    numbers = [tick.frame for tick in found if tick.time_s >= 5.0]
    assert numbers == list(range(125, 136))[: len(numbers)]
    assert len(numbers) >= 10
    assert all(tick.time_s == pytest.approx(tick.frame / RATE_HZ) for tick in found if tick.frame is not None)
    assert any(tick.text == "0:00:05.000" for tick in found)


def test_frames_of_an_uneven_rate_stand_where_they_are() -> None:
    times_s = np.array([0.0, 0.04, 0.2, 0.21, 0.5])
    found = ticks(Axis(1.0, 0.0, 1.0, 1600.0), LABEL_PX, times_s)
    assert [tick.time_s for tick in found] == pytest.approx(times_s.tolist())
    assert [tick.frame for tick in found] == [0, 1, 2, 3, 4]


def test_which_frames_are_labelled_does_not_depend_on_the_view() -> None:
    first = {tick.frame for tick in labelled(shown(5.0, 6.0))}
    second = {tick.frame for tick in labelled(shown(5.3, 6.3))}
    shared = set(range(140, 149))
    assert first & shared == second & shared


def test_without_frames_the_ruler_goes_down_to_milliseconds() -> None:
    found = ticks(Axis(10.0, 1.0, 1.05, 1600.0), LABEL_PX, np.zeros(0))
    assert [tick.text for tick in labelled(found)][:2] == ["00:01.000", "00:01.005"]
    assert all(tick.frame is None for tick in found)
