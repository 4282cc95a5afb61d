"""The stream as a whole: its crops, its batches, what it stores and what it gives on the way."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.errors import CancelledError
from engine.faces.crops import square_crop
from engine.faces.tracks import Face, SettledFrame
from engine.features import FeatureWriter
from engine.media import Media, never, open_media
from engine.model import Model
from engine.pipeline import FRAME_QUEUE, Stream, _crop, _parts
from engine.threads import Stopwatch
from engine.values import Frame, Part, Progress
from tests.media import make_clip, speech_like
from tests.waiting import settled

pytestmark = pytest.mark.timeout(60)


# Crops


def picture(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (40, 60, 3), dtype=np.uint8)


def seen(rgb: np.ndarray, *boxes: tuple[float, ...]) -> SettledFrame:
    faces = tuple(Face(track, np.array(box, np.float32), 0.9, True) for track, box in enumerate(boxes))
    return SettledFrame(Frame(0, 0.0, rgb), False, 0, faces)


def test_colour_crops_are_as_cut() -> None:
    box = np.array([10, 5, 20, 20], np.float32)
    item = seen(picture(), tuple(box))
    np.testing.assert_array_equal(_crop(item, box, 0.3, 16, grey=False), square_crop(picture(), box, 0.3, 16))


@pytest.mark.parametrize(("rgb", "luma"), [((255, 0, 0), 76), ((0, 255, 0), 150), ((0, 0, 255), 29), ((255,) * 3, 255)])
def test_grey_crops_are_luma(rgb: tuple[int, ...], luma: int) -> None:
    flat = np.full((40, 60, 3), rgb, np.uint8)
    crop = _crop(seen(flat), np.array([10, 5, 20, 20], np.float32), 0.0, 16, grey=True)
    assert crop.dtype == np.uint8
    np.testing.assert_array_equal(crop, np.full((16, 16, 1), luma))


def stream(path: Path, model: Model, folder: Path, cancelled: Callable[[], bool] = never) -> Stream:
    media = open_media(path)
    return Stream(media, model, FeatureWriter(folder), 0.0, media.info.duration_s, cancelled, Stopwatch())


def test_like_crops_are_cut_once(film: Path, tiny_model: Model, tmp_path: Path) -> None:
    crops = stream(film, tiny_model, tmp_path / "store")._cut_crops(seen(picture(), (5, 5, 20, 20), (30, 5, 20, 20)))
    assert crops.slice is crops.frame
    assert sorted(crops.frame) == [0, 1]
    assert crops.frame[0].shape == (48, 48, 1)


# Rows on the way


def test_parts_are_by_track() -> None:
    answers = np.arange(28, dtype=np.float32).reshape(4, 7)
    rows = [(5, 0.0, 0.64), (3, 0.0, 0.64), (5, 0.64, 1.28), (3, 0.64, 1.28)]
    first, second = _parts("slice", rows, answers)
    assert (first.branch, first.track, second.track) == ("slice", 3, 5)
    np.testing.assert_array_equal(first.rows.probabilities, answers[[1, 3]])
    np.testing.assert_array_equal(second.rows.start_s, [0.0, 0.64])
    np.testing.assert_array_equal(second.rows.end_s, [0.64, 1.28])


# The stream as a whole


@pytest.mark.usefixtures("quick_senses")
def test_a_stream_stores_what_it_gives(film: Path, tiny_model: Model, tmp_path: Path) -> None:
    passing = stream(film, tiny_model, tmp_path / "store")
    parts = [event for event in passing.run() if isinstance(event, Part)]
    store = passing.finish()
    evidence = store.evidence
    assert [track.id for track in evidence.tracks] == [0, 1]
    assert [track.shot for track in evidence.tracks] == [0, 2]
    np.testing.assert_allclose(evidence.shot_start_s, [0, 2.8, 4])
    np.testing.assert_allclose(evidence.shot_end_s, [2.8, 4, 6])
    np.testing.assert_array_equal(store.keys("frame")[:, 0], [0] * 70 + [1] * 50)
    np.testing.assert_array_equal(store.keys("frame")[:, 1], [*range(70), *range(100, 150)])
    np.testing.assert_array_equal(store.keys("slice"), [[0, 0], [0, 1], [0, 2], [0, 3], [1, 4], [1, 5], [1, 6]])
    np.testing.assert_array_equal(evidence.slice_shot, [0] * 4 + [2] * 3)
    np.testing.assert_array_equal(store.keys("audio")[:, 0], range(5))
    assert evidence.silent.tolist() == [False] * 4 + [True]
    assert evidence.sound_end_s == pytest.approx(5.0, abs=1e-3)
    answers = tiny_model.probabilities("audio", store.features("audio", np.arange(5)))
    given = np.concatenate([part.rows.probabilities for part in parts if part.branch == "audio"])
    np.testing.assert_array_equal(given, answers)


@pytest.mark.usefixtures("quick_senses")
def test_features_of_frames_are_those_of_their_crops(film: Path, tiny_model: Model, tmp_path: Path) -> None:
    passing = stream(film, tiny_model, tmp_path / "store")
    list(passing.run())
    store = passing.finish()
    index = np.array([3, 100])
    frames = [frame for frame in open_media(film).frames() if frame.index in index]
    crops = [_crop(seen(frame.rgb), np.array([50, 30, 60, 60], np.float32), 0.0, 48, True) for frame in frames]
    rows = np.searchsorted(store.keys("frame")[:, 1], index)
    expected = tiny_model.frame_features(np.stack(crops)).astype(np.float32)
    np.testing.assert_array_equal(store.features("frame", rows), expected)


@pytest.mark.usefixtures("quick_senses")
def test_a_stream_decodes_no_further_than_its_queue(
    film: Path, tiny_model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[int] = []
    real = Media.frames

    def counted(*args: Any) -> Iterator[Frame]:
        for frame in real(*args):
            decoded.append(1)
            yield frame

    monkeypatch.setattr(Media, "frames", counted)
    events = stream(film, tiny_model, tmp_path / "store").run()
    part = next(event for event in events if isinstance(event, Part) and event.branch == "frame")
    taken = tiny_model.batch["frame"] + 5  # in the batch given, and waiting in the tracker
    assert len(part.rows) == tiny_model.batch["frame"]
    assert settled(decoded) <= taken + FRAME_QUEUE + 2
    events.close()  # type: ignore[attr-defined]


@pytest.mark.usefixtures("quick_senses")
def test_progress_is_told_by_time(
    film: Path, tiny_model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.pipeline.PROGRESS_EVERY_S", 0.0)
    events = list(stream(film, tiny_model, tmp_path / "store").run())
    progress = [event for event in events if isinstance(event, Progress)]
    assert len(progress) > 100
    assert all(0 <= event.done_s <= event.total_s == 6.0 for event in progress)


@pytest.mark.usefixtures("quick_senses")
def test_a_stream_stops_between_batches(film: Path, tiny_model: Model, tmp_path: Path) -> None:
    token = threading.Event()
    events = stream(film, tiny_model, tmp_path / "store", token.is_set).run()
    next(event for event in events if isinstance(event, Part))
    token.set()
    with pytest.raises(CancelledError):
        list(events)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("affectline")]


@pytest.mark.usefixtures("quick_senses")
def test_sound_alone_makes_its_own_progress(tiny_model: Model, tmp_path: Path) -> None:
    path = make_clip(tmp_path / "voice.wav", sound=speech_like(2.5, 22_050), sound_rate_hz=22_050)
    passing = stream(path, tiny_model, tmp_path / "store")
    events = list(passing.run())
    assert [event.done_s for event in events if isinstance(event, Progress)][-1] == 2.5
    evidence = passing.finish().evidence
    assert (len(evidence.times_s), len(evidence.shot_start_s), evidence.tracks) == (0, 0, ())
    assert evidence.samples.tolist() == [22_050, 22_050, 11_025]
