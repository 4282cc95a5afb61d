"""Values on their way between two processes of ours."""

import multiprocessing
import threading
from typing import Any

import numpy as np
import pytest

from app.jobs.wire import receive, send
from engine.errors import CancelledError, DeviceError, MediaError, StorageError
from tests.analyses import analysis, empty_analysis


def there(value: Any) -> Any:
    near, far = multiprocessing.Pipe()
    send(near, value)
    return receive(far)


def test_an_analysis_arrives_bit_for_bit_and_read_only() -> None:
    sent = analysis()
    got = there(sent)
    for had, has in ((sent.people[0].frames, got.people[0].frames), (sent.seconds, got.seconds)):
        np.testing.assert_array_equal(had.probabilities, has.probabilities)
        assert has.probabilities.dtype == np.float32
        assert not has.probabilities.flags.writeable
    assert got.media == sent.media
    assert got.gaps == sent.gaps


def test_one_without_anything_in_it_arrives_too() -> None:
    got = there(empty_analysis())
    assert got.seconds.probabilities.shape == (0, 7)


def test_large_arrays_arrive_behind_the_rest() -> None:
    rng = np.random.default_rng(0)
    sent = {"a": rng.random((20_000, 7)), "b": "text", "c": rng.random((300, 400)).T, "d": np.arange(3)}
    near, far = multiprocessing.Pipe()
    thread = threading.Thread(target=send, args=(near, sent))  # more than a pipe holds
    thread.start()
    got = receive(far)
    thread.join()
    assert got["b"] == "text"
    for name in ("a", "c", "d"):
        np.testing.assert_array_equal(got[name], sent[name])
        assert not got[name].flags.writeable


@pytest.mark.parametrize("array", [np.arange(6).reshape(2, 3).T, np.zeros((0, 3)), np.array(2.5), np.arange(6)[::2]])
def test_arrays_of_any_layout(array: np.ndarray) -> None:
    got = there(array)
    np.testing.assert_array_equal(got, array)
    assert got.shape == array.shape


@pytest.mark.parametrize(
    "error",
    [MediaError("a b.mp4", "it is empty"), StorageError("/full", "no space"), DeviceError("no GPU"), CancelledError()],
)
def test_errors_keep_what_they_carry(error: Exception) -> None:
    got = there(error)
    assert type(got) is type(error)
    assert str(got) == str(error)
    assert vars(got) == vars(error)
