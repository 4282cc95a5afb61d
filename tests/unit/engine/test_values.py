"""Values are checked when made and cannot be changed afterwards."""

from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest

from engine.values import FaceTrack, FrameTrack, FusedTrack, Label, MediaInfo, Progress, SecondTrack, Track

ROWS = {
    FaceTrack: {
        "id": 0, "shot": 0, "frame_index": np.arange(2), "time_s": np.arange(2.0), "box": np.ones((2, 4)),
        "score": np.ones(2), "detected": np.ones(2), "descriptor": np.ones(5),
    },
    Track: {"start_s": np.arange(2.0), "end_s": np.arange(2.0) + 1, "probabilities": np.ones((2, 7))},
    FrameTrack: {
        "time_s": np.arange(2.0), "box": np.ones((2, 4)), "score": np.ones(2), "detected": np.ones(2),
        "probabilities": np.ones((2, 7)),
    },
    SecondTrack: {
        "start_s": np.arange(2.0), "end_s": np.arange(2.0) + 1, "speech": np.ones(2), "probabilities": np.ones((2, 7)),
    },
    FusedTrack: {
        "start_s": np.arange(2.0), "end_s": np.arange(2.0) + 1, "probabilities": np.ones((2, 7)),
        "raw": np.ones((2, 7)), "branches": ("frame", "frame+audio"),
    },
    Label: {"emotion": "sad", "confidence": 0.5, "probabilities": np.ones(7), "branches": "frame"},
}  # fmt: skip
ARRAYS = [
    (kind, name) for kind, values in ROWS.items() for name, value in values.items() if isinstance(value, np.ndarray)
]


@pytest.mark.parametrize(("kind", "name"), ARRAYS)
def test_arrays_are_read_only(kind: Any, name: str) -> None:
    array = getattr(kind(**ROWS[kind]), name)
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 0


@pytest.mark.parametrize(("kind", "name"), [item for item in ARRAYS if item[1] not in ("start_s", "time_s")])
def test_another_shape_raises(kind: Any, name: str) -> None:
    wrong = np.ones((3, 3))
    with pytest.raises(ValueError, match=f"{kind.__name__}.{name}: shape"):
        kind(**{**ROWS[kind], name: wrong})


@pytest.mark.parametrize("kind", [Track, SecondTrack, FusedTrack])
def test_times_of_another_length_raise(kind: Any) -> None:
    with pytest.raises(ValueError, match="expected"):
        kind(**{**ROWS[kind], "start_s": np.arange(3.0)})


def test_arrays_have_the_documented_types() -> None:
    track = FaceTrack(**ROWS[FaceTrack])
    kinds = {name: getattr(track, name).dtype for name in ("frame_index", "time_s", "box", "score", "detected")}
    assert kinds == {
        "frame_index": np.int64, "time_s": np.float64, "box": np.float32, "score": np.float32, "detected": np.bool_,
    }  # fmt: skip


def test_the_array_given_stays_writeable() -> None:
    given = np.arange(2.0)
    Track(given, given + 1, np.ones((2, 7)))
    given[0] = 5
    assert given[0] == 5


def test_fields_cannot_be_replaced() -> None:
    track = Track(**ROWS[Track])
    with pytest.raises(FrozenInstanceError):
        track.start_s = np.zeros(2)  # type: ignore[misc]


@pytest.mark.parametrize("kind", [Track, FrameTrack, SecondTrack, FusedTrack])
def test_length_is_that_of_the_rows(kind: Any) -> None:
    assert len(kind(**ROWS[kind])) == 2


def test_fused_windows_need_a_branch_list_each() -> None:
    with pytest.raises(ValueError, match="1 for 2 windows"):
        FusedTrack(**{**ROWS[FusedTrack], "branches": ("frame",)})


@pytest.mark.parametrize(("frames", "has"), [(0, False), (1, True)])
def test_a_file_with_frames_has_video(frames: int, has: bool) -> None:
    info = MediaInfo("a.mp4", "0" * 64, 10, 1.0, 16, 16, frames, 25.0, False, 0, True)
    assert info.has_video is has


def test_progress_tells_speed_and_the_time_left() -> None:
    progress = Progress(done_s=2.0, total_s=10.0, frames=50, elapsed_s=4.0)
    assert progress.frames_per_s == 12.5
    assert progress.remaining_s == 16.0


def test_progress_at_the_start_knows_nothing() -> None:
    progress = Progress(done_s=0.0, total_s=10.0, frames=0, elapsed_s=0.0)
    assert progress.frames_per_s == 0
    assert progress.remaining_s is None


def test_no_time_is_left_beyond_the_end() -> None:
    assert Progress(done_s=11.0, total_s=10.0, frames=1, elapsed_s=1.0).remaining_s == 0
