"""Which pictures are kept and which are wanted next."""

from pathlib import Path

import numpy as np
import pytest

from app.player.pictures import (
    BEHIND_FRAMES,
    PREFETCH_FRAMES,
    STRIP_LENGTH,
    STRIP_STEP_S,
    PictureCache,
    kept_range,
    nearer,
    prefetch_order,
    strip_places,
)
from engine.media import Picture, PictureReader, open_media


@pytest.fixture(scope="module")
def pictures(numbered: Path) -> list[Picture]:
    reader = PictureReader(open_media(numbered))
    found = list(reader.pictures(0))
    reader.close()
    return found


def test_a_picture_is_found_again(pictures: list[Picture]) -> None:
    cache = PictureCache(1 << 20)
    cache.add(pictures[5])
    assert cache.get(5) is pictures[5]
    assert 5 in cache
    assert cache.get(6) is None
    assert cache.size_bytes == pictures[5].size_bytes == 64 * 48 * 3 // 2


def test_a_picture_takes_the_place_of_one_of_the_same_frame(pictures: list[Picture]) -> None:
    cache = PictureCache(1 << 20)
    cache.add(pictures[5])
    cache.add(pictures[5])
    assert len(cache) == 1
    assert cache.size_bytes == pictures[5].size_bytes


@pytest.mark.parametrize(("focus", "kept"), [(0, [0, 1, 2, 3]), (9, [6, 7, 8, 9]), (4, [2, 3, 4, 5])])
def test_what_is_farthest_goes_first(pictures: list[Picture], focus: int, kept: list[int]) -> None:
    cache = PictureCache(4 * pictures[0].size_bytes)
    cache.focus(focus)
    for picture in pictures[:10]:
        cache.add(picture)
    assert len(cache) == 4
    assert abs(np.array([index for index in range(10) if index in cache]) - kept).max() <= 1
    assert cache.size_bytes <= 4 * pictures[0].size_bytes


def test_one_picture_is_kept_however_large(pictures: list[Picture]) -> None:
    cache = PictureCache(1)
    cache.add(pictures[0])
    assert 0 in cache
    assert cache.room_for(100) == 1


def test_the_nearest_is_found(pictures: list[Picture]) -> None:
    cache = PictureCache(1 << 20)
    assert cache.nearest(3) is None
    for index in (10, 20, 40):
        cache.add(pictures[index])
    assert [cache.nearest(index).index for index in (0, 10, 15, 16, 29, 31, 89)] == [10, 10, 10, 20, 20, 40, 40]  # type: ignore[union-attr]


def test_the_nearer_of_two(pictures: list[Picture]) -> None:
    assert nearer(None, None, 4) is None
    assert nearer(pictures[3], None, 9) is nearer(None, pictures[3], 9) is pictures[3]
    assert nearer(pictures[3], pictures[8], 7) is pictures[8]
    assert nearer(pictures[4], pictures[8], 6) is pictures[4]


def test_more_is_kept_in_the_direction_of_travel() -> None:
    forwards, backwards, resting = (kept_range(500, direction, 100, 1000) for direction in (1, -1, 0))
    assert len(forwards) == len(backwards) == len(resting) == 100
    assert forwards[-1] - 500 == 75
    assert 500 - backwards[0] == 74
    assert resting[-1] - 500 == 50
    assert all(500 in kept for kept in (forwards, backwards, resting))


def test_what_is_kept_lies_in_the_video() -> None:
    assert kept_range(3, 1, 100, 50) == range(0, 50)
    assert kept_range(0, -1, 20, 50) == range(0, 20)
    assert kept_range(49, 1, 20, 50) == range(30, 50)


def test_prefetching_goes_ahead_first() -> None:
    forwards, backwards = list(prefetch_order(500, 1, 400, 1000)), list(prefetch_order(500, -1, 400, 1000))
    assert forwards[:3] == [501, 502, 503]
    assert forwards[PREFETCH_FRAMES:] == list(range(499, 499 - BEHIND_FRAMES, -1))
    assert backwards[:3] == [499, 498, 497]
    assert backwards[PREFETCH_FRAMES] == 501


def test_prefetching_never_asks_for_what_would_not_be_kept() -> None:
    for focus in (0, 20, 49):
        for direction in (-1, 0, 1):
            assert set(prefetch_order(focus, direction, 7, 50)) <= set(kept_range(focus, direction, 7, 50))


def test_the_strip_has_keyframes_first_and_fills_what_is_between() -> None:
    times_s = np.arange(1000) / 25
    keyframes = np.zeros(1000, np.bool_)
    keyframes[::250] = True
    places = strip_places(times_s, keyframes)
    assert sorted(places[:4]) == [0, 250, 500, 750]
    assert places[0] == 0
    assert places[4:] == sorted(places[4:])
    gaps_s = np.diff(times_s[sorted(places)])
    assert gaps_s.max() <= 2 * STRIP_STEP_S
    assert len(set(places)) == len(places)


def test_a_long_video_has_no_longer_strip() -> None:
    times_s = np.arange(3 * 3600 * 25) / 25
    keyframes = np.zeros(len(times_s), np.bool_)
    keyframes[::50] = True
    places = strip_places(times_s, keyframes)
    assert len(places) <= 1.1 * STRIP_LENGTH
    assert keyframes[places].mean() > 0.9


def test_a_video_without_frames_has_no_strip() -> None:
    assert strip_places(np.zeros(0), np.zeros(0, np.bool_)) == []
    assert strip_places(np.zeros(1), np.zeros(1, np.bool_)) == []
    assert strip_places(np.zeros(1), np.ones(1, np.bool_)) == [0]


@pytest.mark.parametrize("count", range(2, 80))
def test_the_strip_stays_in_the_video(count: int) -> None:
    places = strip_places(np.round(np.arange(count) * 0.04, 3), np.arange(count) % 25 == 0)
    assert 0 <= min(places) <= max(places) < count
