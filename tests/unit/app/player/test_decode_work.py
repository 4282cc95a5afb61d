"""What the decoding thread does, one step after another, without the thread."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from av.video.reformatter import VideoReformatter

from app.player.decode_work import LONGEST_KEPT_PX, Decoder, DecodeWork, Order, Wish
from app.player.pictures import BEHIND_FRAMES, PREFETCH_FRAMES, PictureCache
from engine.errors import CancelledError, MediaVanishedError
from engine.media import Media, never, open_media
from engine.values import Frame
from tests.media import corrupt, frame_number, make_clip, numbered_frames
from tests.unit.app.player.conftest import FRAMES

MOST_STEPS = 500


class Desk:
    """Work on a clip, with what is asked for in the test's hand."""

    def __init__(self, path: Path, cache_bytes: int = 32 << 20, looked_at_px: int = 64) -> None:
        self.media: Media = open_media(path)
        self.order = Order(None, looked_at_px, idle=False, closed=False)
        self.cache, self.strip = PictureCache(cache_bytes), PictureCache(32 << 20)
        self.arrived: list[int] = []
        self.work = DecodeWork(self.media, self.cache, self.strip, lambda: self.order, self.arrived.append)

    def want(self, index: int, direction: int = 0, *, playing: bool = False, idle: bool = False) -> None:
        self.order = Order(Wish(index, direction, playing), self.order.looked_at_px, idle, closed=False)
        self.cache.focus(index)

    def finish(self) -> int:
        """Work until nothing is left to do; how many steps it took."""
        for step in range(MOST_STEPS):
            if not self.work.step():
                return step
        raise AssertionError("the work never ends")

    def number(self, index: int) -> int:
        """The number on the picture that is kept for a frame."""
        picture = self.cache.get(index)
        assert picture is not None
        return frame_number(picture.pixels(VideoReformatter()))


@pytest.fixture
def desk(numbered: Path) -> Desk:
    return Desk(numbered)


def test_without_a_wish_nothing_is_done(desk: Desk) -> None:
    assert not desk.work.step()
    assert len(desk.cache) == 0


@pytest.mark.parametrize("index", [0, 1, 17, 29, 30, 59, 60, FRAMES - 1])
def test_the_frame_wished_for_comes_first_and_is_the_right_one(desk: Desk, index: int) -> None:
    desk.want(index)
    assert desk.work.step()
    assert desk.number(index) == index
    assert desk.arrived[-1] == index


def test_what_lies_on_the_way_is_kept(desk: Desk) -> None:
    desk.want(50)
    desk.work.step()
    assert [index for index in range(FRAMES) if index in desk.cache] == list(range(30, 51))
    assert all(desk.number(index) == index for index in range(30, 51))


def test_the_first_picture_on_the_way_stands_in(desk: Desk) -> None:
    desk.want(50)
    desk.work.step()
    assert desk.arrived == [30, 50]


def test_frames_around_are_decoded_before_they_are_asked_for(desk: Desk) -> None:
    desk.want(20, direction=1)
    desk.finish()
    assert all(index in desk.cache for index in range(20 - BEHIND_FRAMES, 20 + PREFETCH_FRAMES + 1))
    before = list(desk.arrived)
    desk.want(21, direction=1)
    desk.work.step()
    assert desk.arrived == before


def test_backwards_the_group_before_is_decoded(desk: Desk) -> None:
    desk.want(65, direction=-1)
    desk.finish()
    assert all(desk.number(index) == index for index in range(30, 66))


def test_a_newer_wish_ends_the_older_one_within_a_picture(desk: Desk) -> None:
    desk.want(59)
    seen: list[int] = []

    def change_mind(index: int) -> None:
        seen.append(index)
        desk.order = Order(Wish(5), 64, idle=False, closed=False)

    work = DecodeWork(desk.media, desk.cache, desk.strip, lambda: desk.order, change_mind)
    assert work.step()
    assert seen == [30]
    assert max((index for index in range(FRAMES) if index in desk.cache), default=0) <= 31
    assert work.step()
    assert desk.number(5) == 5


def test_a_full_cache_does_not_keep_the_thread_busy(numbered: Path) -> None:
    desk = Desk(numbered, cache_bytes=5 * 64 * 48 * 3 // 2)
    for index in (40, 41, 80, 3):
        desk.want(index, direction=1)
        assert desk.finish() < 60
        assert desk.number(index) == index
    assert len(desk.cache) <= 5


def test_pictures_are_reduced_to_what_is_looked_at(tmp_path: Path) -> None:
    desk = Desk(make_clip(tmp_path / "wide.mp4", numbered_frames(12, 1600, 200), gop=12), looked_at_px=400)
    desk.want(6)
    desk.finish()
    assert {desk.cache.get(index).width for index in range(12)} == {400}  # type: ignore[union-attr]


def test_the_picture_that_rests_becomes_as_large_as_it_is_looked_at(tmp_path: Path) -> None:
    desk = Desk(make_clip(tmp_path / "wide.mp4", numbered_frames(12, 1600, 200), gop=12), looked_at_px=1600)
    desk.want(6, playing=True)
    desk.finish()
    assert desk.cache.get(6).width == LONGEST_KEPT_PX  # type: ignore[union-attr]
    desk.want(6)
    desk.work.step()
    assert desk.cache.get(6).width == LONGEST_KEPT_PX  # type: ignore[union-attr]
    assert desk.work.idle_work_left
    desk.want(6, idle=True)
    desk.work.step()
    assert desk.cache.get(6).width == 1600  # type: ignore[union-attr]
    assert desk.cache.get(7).width == LONGEST_KEPT_PX  # type: ignore[union-attr]
    assert desk.number(6) == 6
    assert desk.arrived[-1] == 6


def test_the_strip_is_made_when_nothing_is_asked_for(desk: Desk) -> None:
    desk.want(0)
    desk.finish()
    assert desk.work.idle_work_left
    desk.want(0, idle=True)
    desk.finish()
    assert not desk.work.idle_work_left
    assert len(desk.strip) >= FRAMES / 25 / 0.4 - 1
    nearest = desk.strip.nearest(77)
    assert nearest is not None
    assert abs(nearest.index - 77) <= 10
    assert frame_number(nearest.pixels(VideoReformatter())) == nearest.index


def test_the_strip_waits_while_playing(desk: Desk) -> None:
    desk.want(0, direction=1, playing=True, idle=True)
    desk.finish()
    assert desk.strip.nearest(FRAMES - 1).index < 60  # type: ignore[union-attr]


def test_frames_that_cannot_be_decoded_are_given_up(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "damaged.mp4", numbered_frames(90), gop=10)
    desk = Desk(corrupt(path, 0.45, 0.55))
    held = {index for index in range(90) if _decodable(desk.media, index)}
    assert 60 < len(held) < 90
    lost = next(index for index in range(90) if index not in held)
    desk.want(lost)
    desk.finish()
    assert desk.arrived[-1] == lost
    assert desk.finish() == 0
    assert lost not in desk.cache
    kept = [index for index in held if index in desk.cache]
    assert [desk.number(index) for index in kept] == [frame_number(_frame(desk.media, index).rgb) for index in kept]


def _decodable(media: Media, index: int) -> bool:
    return _frame(media, index).index == index


def _frame(media: Media, index: int) -> Frame:
    return media.frame_at(float(media.times_s[index]) + 1e-4)


def test_a_file_that_went_away_is_told(numbered: Path, tmp_path: Path) -> None:
    path = tmp_path / "gone.mp4"
    path.write_bytes(numbered.read_bytes())
    desk = Desk(path)
    desk.want(3)
    desk.work.step()
    path.unlink()
    desk.want(80)
    with pytest.raises(MediaVanishedError):
        desk.finish()


def test_it_stops_when_closed(desk: Desk) -> None:
    desk.order = Order(Wish(80), 64, idle=False, closed=True)
    with pytest.raises(CancelledError):
        desk.work.step()


def test_a_decoder_goes_on_where_it_stands(numbered: Path) -> None:
    decoder = Decoder(open_media(numbered))
    assert [picture.index for picture in decoder.towards(2, never)] == [0, 1, 2]
    assert [picture.index for picture in decoder.towards(5, never)] == [3, 4, 5]
    assert [picture.index for picture in decoder.towards(32, never)] == [30, 31, 32]
    assert [picture.index for picture in decoder.towards(4, never)] == [0, 1, 2, 3, 4]
    assert [picture.index for picture in decoder.towards(29, never)][-1] == 29
    assert [picture.index for picture in decoder.towards(31, never)] == [30, 31]
    decoder.close()


def test_variable_times_and_late_starts(tmp_path: Path) -> None:
    times_s = (1 + np.cumsum(np.tile([0.02, 0.05, 0.11], 10))).tolist()
    desk = Desk(make_clip(tmp_path / "variable.mp4", numbered_frames(30), times_s=times_s, gop=10, b_frames=2))
    desk.want(17)
    desk.finish()
    assert [desk.number(index) for index in range(30)] == list(range(30))
    assert desk.cache.get(17).time_s == pytest.approx(times_s[17], abs=1e-3)  # type: ignore[union-attr]
