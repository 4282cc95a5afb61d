"""The parts of the stream: feeds in threads, slices on the grid, crops, and what is given on the way."""

import threading
import time
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
from engine.pipeline import FRAME_QUEUE, Stopwatch, Stream, _completed, _crop, _Feed, _parts, _Slicer
from engine.values import Frame, Part, Progress
from tests.media import make_clip, speech_like

pytestmark = pytest.mark.timeout(60)
Slices = list[tuple[int, float, np.ndarray]]


# Stopwatch


def test_a_stopwatch_adds_up_by_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.pipeline.time.perf_counter", iter([0.0, 1.0, 5.0, 7.0, 7.0, 7.5]).__next__)
    clock = Stopwatch()
    assert clock.timed("decode", max, 3, 4) == 4
    clock.timed("decode", int)
    with pytest.raises(ZeroDivisionError):
        clock.timed("faces", lambda: 1 / 0)
    assert clock.spent == {"decode": 3.0, "faces": 0.5}


# Feeds


def feed(items: Iterator[Any], size: int = 2, stopped: Callable[[], bool] = never) -> "_Feed[Any]":
    made: _Feed[Any] = _Feed("test", items, size, stopped)
    made.start()
    return made


def everything(source: "_Feed[Any]") -> list[Any]:
    given = []
    while (item := source.get(wait=True)) is not None:
        given.append(item)
    assert source.ended
    return given


def test_a_feed_keeps_the_order() -> None:
    source = feed(iter(range(1, 50)))
    assert everything(source) == list(range(1, 50))
    assert source.get(wait=True) is None


def test_a_feed_is_read_without_waiting_too() -> None:
    may_go_on = threading.Event()

    def items() -> Iterator[int]:
        may_go_on.wait(10)
        yield 1

    source = feed(items())
    assert source.get(wait=False) is None
    assert not source.ended
    may_go_on.set()
    assert everything(source) == [1]


@pytest.mark.parametrize("error", [ValueError("broken"), KeyboardInterrupt()])
def test_an_error_is_raised_after_the_items_before_it(error: BaseException) -> None:
    def items() -> Iterator[int]:
        yield 1
        raise error

    source = feed(items())
    assert source.get(wait=True) == 1
    with pytest.raises(type(error)):
        source.get(wait=True)
    assert source.ended


def endless(made: list[int]) -> Iterator[int]:
    while True:
        made.append(1)
        yield 1


def settled(made: list[int]) -> int:
    """How many are made once no more are."""
    count = -1
    while count != len(made):
        count = len(made)
        time.sleep(0.3)
    return count


def test_a_feed_holds_no_more_than_its_queue() -> None:
    made: list[int] = []
    source = feed(endless(made), size=3)
    source.get(wait=True)
    assert settled(made) <= 3 + 2  # those in the queue, the one taken, and the one in hand
    source.close()


def test_closing_ends_the_thread() -> None:
    source = feed(endless([]))
    source.close()
    assert not source._thread.is_alive()


def test_closing_what_never_began() -> None:
    _Feed("test", iter([1]), 1, never).close()


def test_a_cancelled_feed_raises_and_ends() -> None:
    token = threading.Event()
    source = feed(endless([]), stopped=token.is_set)
    source.get(wait=True)
    token.set()
    with pytest.raises(CancelledError):
        source.get(wait=True)
    source._thread.join(10)
    assert not source._thread.is_alive()


def test_cancelling_while_waiting_for_a_slow_generator() -> None:
    token = threading.Event()

    def items() -> Iterator[int]:
        token.wait(10)
        yield from ()

    source = feed(items(), stopped=token.is_set)
    threading.Timer(0.2, token.set).start()
    with pytest.raises(CancelledError):
        source.get(wait=True)
    source.close()


# Slices on the grid


def sliced(times_s: list[float], end_s: float, seen: Callable[[float], bool] = lambda _: True) -> Slices:
    """Slices of a shot in which the crop of each frame is its number, of the frames in which the face is seen."""
    slicer = _Slicer(times_s[0], 0)
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
    slicer = _Slicer(0.0, 0)
    slices: Slices = []
    for number in range(16):
        slices += slicer.push(number / 25, {9: np.array(number), 2: np.array(-number)})
    slices += slicer.finish(0.64)
    assert [track for track, *_ in slices] == [2, 9]
    np.testing.assert_array_equal(slices[0][2], -slices[1][2])


def test_an_empty_shot_has_no_slices() -> None:
    assert list(_Slicer(0.0, 0).finish(1.0)) == []


def test_of_two_equally_near_steps_the_earlier_is_repeated() -> None:
    steps: list[np.ndarray | None] = [None, np.array(1), None, np.array(3), None]
    np.testing.assert_array_equal(_completed(steps), [1, 1, 1, 3, 3])


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
