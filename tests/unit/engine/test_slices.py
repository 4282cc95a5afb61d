"""Crops at a video's own times put on the 25 Hz grid of their shot."""

from collections.abc import Callable

import numpy as np
import pytest

from engine.slices import Slicer, _completed

Slices = list[tuple[int, float, np.ndarray]]


def sliced(times_s: list[float], end_s: float, seen: Callable[[float], bool] = lambda _: True) -> Slices:
    """Slices of a shot in which the crop of each frame is its number, of the frames in which the face is seen."""
    slicer = Slicer(times_s[0], 0)
    slices: Slices = []
    for number, time_s in enumerate(times_s):
        slices += slicer.push(time_s, {4: np.array(number)} if seen(time_s) else {})
    slices += slicer.finish(end_s)
    return slices


def test_25_frames_a_second_are_taken_one_by_one() -> None:
    slices = sliced([k / 25 for k in range(40)], 1.6)
    assert [(track, start_s) for track, start_s, _ in slices] == [(4, 0.0), (4, 0.64)]
    np.testing.assert_array_equal(np.stack([pictures for *_, pictures in slices]), np.arange(32).reshape(2, 16))


def test_the_grid_begins_at_the_shot() -> None:
    slices = sliced([10.013 + k / 25 for k in range(16)], 10.653)
    assert [start_s for _, start_s, _ in slices] == [10.013]
    np.testing.assert_array_equal(slices[0][2], np.arange(16))


@pytest.mark.parametrize("rate_hz", [10.0, 24.0, 29.97, 50.0, 60.0])
def test_other_rates_give_the_nearest_frame(rate_hz: float) -> None:
    times_s = np.arange(round(2 * rate_hz)) / rate_hz
    slices = sliced(times_s.tolist(), 2.0)
    assert [round(start_s, 6) for _, start_s, _ in slices] == [0, 0.64, 1.28]
    for _, start_s, pictures in slices:
        grid_s = start_s + np.arange(16) / 25
        least = np.abs(times_s[:, None] - grid_s).min(0)
        np.testing.assert_allclose(np.abs(times_s[pictures] - grid_s), least, atol=2e-6)


def test_of_two_equally_near_frames_the_earlier_is_taken() -> None:
    (whole,) = sliced([k * 0.08 for k in range(8)], 0.64)
    np.testing.assert_array_equal(whole[2], [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7])


def test_a_shot_shorter_than_a_slice_is_filled_with_its_last_frame() -> None:
    (whole,) = sliced([0.0, 0.04, 0.08], 0.12)
    np.testing.assert_array_equal(whole[2], [0, 1] + [2] * 14)


def test_the_rest_of_a_shot_is_no_slice() -> None:
    assert len(sliced([k / 25 for k in range(31)], 31 / 25)) == 1


def test_missing_steps_repeat_the_nearest() -> None:
    (whole,) = sliced([k / 25 for k in range(16)], 0.64, seen=lambda time_s: not 0.14 < time_s < 0.3)
    np.testing.assert_array_equal(whole[2], [0, 1, 2, 3, 3, 3, 8, 8, *range(8, 16)])


@pytest.mark.parametrize(("last", "count"), [(8, 1), (7, 0)])
def test_a_face_must_be_there_for_half_of_a_slice(last: int, count: int) -> None:
    assert len(sliced([k / 25 for k in range(16)], 0.64, seen=lambda time_s: time_s < (last - 0.5) / 25)) == count


def test_each_face_has_its_own_slices() -> None:
    slicer = Slicer(0.0, 0)
    slices: Slices = []
    for number in range(16):
        slices += slicer.push(number / 25, {9: np.array(number), 2: np.array(-number)})
    slices += slicer.finish(0.64)
    assert [track for track, *_ in slices] == [2, 9]
    np.testing.assert_array_equal(slices[0][2], -slices[1][2])


def test_an_empty_shot_has_no_slices() -> None:
    assert list(Slicer(0.0, 0).finish(1.0)) == []


def test_of_two_equally_near_steps_the_earlier_is_repeated() -> None:
    steps: list[np.ndarray | None] = [None, np.array(1), None, np.array(3), None]
    np.testing.assert_array_equal(_completed(steps), [1, 1, 1, 3, 3])
