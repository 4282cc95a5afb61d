"""The decoding thread: opening, wishes, closing."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from av.video.reformatter import VideoReformatter

from app.player.decode_lane import Arrived, Began, DecodeLane, Event, Failed, Opened
from app.player.decode_work import Wish
from engine.errors import MediaFormatError, MediaNotFoundError, MediaVanishedError
from tests.media import frame_number, make_clip, numbered_frames, tone
from tests.unit.app.player.conftest import FRAMES

LONGEST_S = 20.0
Kind = TypeVar("Kind", bound=Event)


class Watched:
    """A lane and what it tells."""

    def __init__(self, path: Path) -> None:
        self._told: queue.Queue[Event] = queue.Queue()
        self.lane = DecodeLane(path, 64, self._told.put)

    def next(self, kind: type[Kind]) -> Kind:
        """The next event of a kind."""
        while True:
            event = self._told.get(timeout=LONGEST_S)
            if isinstance(event, kind):
                return event
            assert not isinstance(event, Failed), event.error

    def wait_for(self, index: int) -> None:
        """Until a frame can be shown."""
        while self.lane.get(index) is None:
            self.next(Arrived)


@pytest.fixture
def watched(numbered: Path) -> Iterator[Watched]:
    watched = Watched(numbered)
    yield watched
    assert watched.lane.close(LONGEST_S)


def test_the_first_picture_comes_before_the_index(watched: Watched) -> None:
    began = watched.next(Began)
    assert began.picture.index == 0
    assert (began.width, began.height) == (64, 48)
    assert frame_number(began.picture.pixels(VideoReformatter())) == 0
    assert watched.next(Opened).media.info.frame_count == FRAMES


def test_a_wish_is_granted(watched: Watched) -> None:
    watched.next(Opened)
    watched.lane.want(Wish(44))
    watched.wait_for(44)
    picture = watched.lane.get(44)
    assert picture is not None
    assert frame_number(picture.pixels(VideoReformatter())) == 44
    assert watched.lane.nearest(44) is picture is watched.lane.nearest_kept(44)


def test_the_newest_wish_wins(watched: Watched) -> None:
    watched.next(Opened)
    for index in range(FRAMES):
        watched.lane.want(Wish(index, 1))
    watched.wait_for(FRAMES - 1)
    watched.lane.want(Wish(7, -1))
    watched.wait_for(7)


def test_the_strip_is_made_after_a_while(watched: Watched) -> None:
    watched.next(Opened)
    watched.lane.want(Wish(0))
    watched.wait_for(0)
    while (near := watched.lane.nearest(80)) is None or abs(near.index - 80) > 10:
        assert watched.lane._thread.is_alive()
        watched.lane._thread.join(0.02)
    assert watched.lane.nearest_kept(80) is not near


def test_closing_while_opening_ends_the_thread(numbered: Path) -> None:
    told: list[Event] = []
    lane = DecodeLane(numbered, 64, told.append)
    assert lane.close(LONGEST_S)
    count = len(told)
    lane.want(Wish(3))
    assert len(told) == count


def test_closing_in_the_middle_of_decoding_ends_the_thread(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "long.mp4", numbered_frames(250, 640, 480), gop=250)
    watched = Watched(path)
    watched.next(Opened)
    watched.lane.want(Wish(249))
    watched.next(Arrived)
    assert watched.lane.close(LONGEST_S)


@pytest.mark.parametrize(
    ("content", "error"), [(None, MediaNotFoundError), (b"", MediaFormatError), (b"not a video", MediaFormatError)]
)
def test_what_cannot_be_opened_is_told(tmp_path: Path, content: bytes | None, error: type[Exception]) -> None:
    path = tmp_path / "broken.mp4"
    if content is not None:
        path.write_bytes(content)
    watched = Watched(path)
    assert isinstance(watched.next(Failed).error, error)
    assert watched.lane.close(LONGEST_S)


def test_a_file_that_goes_away_is_told(numbered: Path, tmp_path: Path) -> None:
    path = tmp_path / "gone.mp4"
    path.write_bytes(numbered.read_bytes())
    watched = Watched(path)
    watched.next(Opened)
    watched.lane.want(Wish(0))
    watched.wait_for(0)
    path.unlink()
    watched.lane.want(Wish(FRAMES - 1))
    assert isinstance(watched.next(Failed).error, MediaVanishedError)
    assert watched.lane.get(0) is not None
    assert watched.lane.close(LONGEST_S)


def test_sound_alone_has_no_pictures(tmp_path: Path) -> None:
    watched = Watched(make_clip(tmp_path / "voice.wav", sound=tone(1.0)))
    assert not watched.next(Opened).media.info.has_video
    assert watched.lane.nearest(0) is None
    assert watched.lane.close(LONGEST_S)
