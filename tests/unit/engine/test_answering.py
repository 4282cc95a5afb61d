"""Columns of windows beside the rules written out one window at a time."""

from collections.abc import Sequence

import numpy as np
import pytest

from engine.answering.rows import Face, Sound, runs_within
from engine.answering.spans import groups, used_rows
from engine.values import Ints


def speech(samples_s: Sequence[float], first: int = 0) -> Sound:
    """Seconds of speech of these lengths."""
    start_s = first + np.arange(float(len(samples_s)))
    return Sound(np.arange(len(samples_s)) + 10, start_s, start_s + np.array(samples_s))


def face(time_s: Sequence[float]) -> Face:
    times = np.array(time_s)
    rows = np.arange(len(times)) + 100
    none = np.zeros(len(times))
    return Face(rows, times, np.zeros((len(times), 4)), none, none > 0, rows, times, times)


def test_seconds_of_many_intervals_are_those_of_each() -> None:
    random = np.random.default_rng(0)
    sound = speech(random.uniform(0.2, 1.0, 40), first=3)
    start_s = np.sort(random.uniform(0, 45, 200))
    end_s = start_s + random.uniform(0.01, 4.0, 200)
    heard = sound.heard(start_s, end_s)
    assert len(heard) == 200
    for number in range(200):
        overlap = np.minimum(sound.end_s, end_s[number]) - np.maximum(sound.start_s, start_s[number])
        least = min(0.5, (end_s[number] - start_s[number]) / 2) - 1e-6
        rows = sound.row[heard.place[number][heard.mask[number]]]
        np.testing.assert_array_equal(rows, sound.row[overlap >= least])
        np.testing.assert_array_equal(rows, sound.within(start_s[number], end_s[number]))


def test_without_speech_nothing_is_heard() -> None:
    heard = speech(()).heard(np.array([0.0, 1.0]), np.array([2.0, 3.0]))
    assert heard.mask.shape == (2, 0)
    assert speech(()).within(0.0, 5.0).tolist() == []


def test_a_time_belongs_to_the_interval_that_begins_with_it() -> None:
    seen = face([0.0, 0.5, 1.0, 1.5])
    assert seen.frames_within(0.5, 1.5).tolist() == [101, 102]
    assert seen.slices_within(0.5 + 1e-7, 1.5 - 1e-7).tolist() == [101, 102]
    np.testing.assert_array_equal(
        runs_within(seen.frame_s, np.array([0.0, 9.0]), np.array([9.0, 9.9])), [[0, 4], [4, 4]]
    )


@pytest.mark.parametrize(
    ("runs", "used", "inside"),
    [
        ([[2, 4, 5], [5, 6, 6]], [2, 3, 4, 5], [[0, 2, 3], [3, 4, 4]]),
        ([[1, 7], [3, 9]], [1, 2, 7, 8], [[0, 2], [2, 4]]),
        ([[3, 5], [3, 7]], [5, 6], [[0, 0], [0, 2]]),
        ([[4], [4]], [], [[0], [0]]),
        (np.zeros((2, 0), np.int64), [], np.zeros((2, 0))),
    ],
)
def test_rows_that_many_windows_share_are_read_once(runs: Ints, used: list[int], inside: Ints) -> None:
    rows = np.arange(10) + 1000
    found, places = used_rows(rows, np.asarray(runs, np.int64))
    np.testing.assert_array_equal(found, np.array(used, np.int64) + 1000)
    for (first, stop), (a, b) in zip(np.asarray(runs).T.tolist(), places.T.tolist(), strict=True):
        np.testing.assert_array_equal(found[a:b], rows[int(first) : int(stop)])
    np.testing.assert_array_equal(np.diff(places, axis=0), np.diff(np.asarray(inside), axis=0))


def test_groups() -> None:
    assert list(groups(7, 3)) == [slice(0, 3), slice(3, 6), slice(6, 7)]
    assert list(groups(0, 3)) == []
