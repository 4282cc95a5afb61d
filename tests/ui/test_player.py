"""The player: exact frames, playing, looping, and files that break."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.player.player import Player
from app.player.values import Shown
from tests.media import frame_number, make_clip, numbered_frames, tone, truncate

FRAMES, RATE = 90, 25
LONGEST_MS = 20_000


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("player") / "numbered.mp4"
    return make_clip(path, numbered_frames(FRAMES), gop=30, b_frames=2, sound=tone(FRAMES / RATE))


class Watch:
    """A player, and everything it tells."""

    def __init__(self, qtbot: QtBot) -> None:
        self.player = Player()
        self._bot = qtbot
        self.shown: list[Shown] = []
        self.told: list[tuple[Any, ...]] = []
        self.player.frame_changed.connect(self.shown.append)
        for name in ("failed", "position_changed", "playing_changed", "ended", "speed_changed"):
            getattr(self.player, name).connect(self._teller(name))

    def _teller(self, name: str) -> Any:
        def tell(*values: object) -> None:
            self.told.append((name, *values))

        return tell

    def open(self, path: Path) -> None:
        with self._bot.waitSignal(self.player.opened, timeout=LONGEST_MS):
            self.player.open(path)

    def wait_exact(self, index: int) -> Shown:
        """Until a frame is shown, itself and not one nearby."""
        self._bot.waitUntil(lambda: bool(self.shown) and self._is(index), timeout=LONGEST_MS)
        return self.shown[-1]

    def _is(self, index: int) -> bool:
        return self.shown[-1].index == index and self.shown[-1].exact

    def names(self) -> list[str]:
        return [told[0] for told in self.told]


@pytest.fixture
def watch(qtbot: QtBot) -> Iterator[Watch]:
    watch = Watch(qtbot)
    yield watch
    watch.player.close()


def number(image: QImage) -> int:
    """The number on a picture."""
    seen = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(seen.constBits(), np.uint8).reshape(seen.height(), seen.bytesPerLine())
    return frame_number(rows[:, : 3 * seen.width()].reshape(seen.height(), seen.width(), 3))


def test_opening_shows_the_first_frame(watch: Watch, clip: Path) -> None:
    watch.open(clip)
    shown = watch.wait_exact(0)
    assert (shown.width, shown.height, shown.time_s) == (64, 48, 0.0)
    assert number(shown.image) == 0
    assert watch.player.media_info is not None
    assert watch.player.media_info.frame_count == len(watch.player.frame_times_s) == FRAMES
    assert not watch.player.is_playing


def test_nothing_open_does_nothing(watch: Watch) -> None:
    player = watch.player
    player.play()
    player.seek(3.0)
    player.scrub(3.0)
    player.step(1)
    player.shuttle(-1)
    player.play_range(1.0, 2.0)
    player.toggle()
    player.close()
    assert player.media_info is None
    assert len(player.frame_times_s) == 0
    assert (player.time_s, player.frame_index, player.is_playing) == (0.0, 0, False)
    assert watch.shown == []


@pytest.mark.parametrize(("time_s", "index"), [(0.039, 0), (0.04, 1), (1.2, 30), (1.235, 30), (2.0, 50), (99.0, 89)])
def test_seeking_shows_the_frame_of_that_time(watch: Watch, clip: Path, time_s: float, index: int) -> None:
    watch.open(clip)
    watch.player.seek(time_s)
    assert watch.player.frame_index == index
    assert watch.player.time_s == watch.player.frame_times_s[index]
    assert number(watch.wait_exact(index).image) == index


def test_scrubbing_shows_something_near_at_once(watch: Watch, clip: Path) -> None:
    watch.open(clip)
    watch.wait_exact(0)
    watch.player.seek(2.0)
    watch.wait_exact(50)
    watch.shown.clear()
    watch.player.scrub(0.4)
    assert watch.player.time_s == pytest.approx(0.4)
    assert len(watch.shown) == 1
    assert abs(watch.shown[0].index - 10) <= 40
    assert number(watch.wait_exact(10).image) == 10


def test_it_is_busy_until_the_exact_picture_is_there(watch: Watch, clip: Path, qtbot: QtBot) -> None:
    player = watch.player
    assert not player.busy
    player.open(clip)
    assert player.busy
    qtbot.waitUntil(lambda: not player.busy, timeout=LONGEST_MS)
    watch.wait_exact(0)
    player.seek(3.0)
    assert player.busy
    qtbot.waitUntil(lambda: not player.busy, timeout=LONGEST_MS)
    watch.wait_exact(75)


def test_the_last_of_many_scrubs_wins(watch: Watch, clip: Path) -> None:
    watch.open(clip)
    for index in [*range(0, FRAMES, 7), 33]:
        watch.player.scrub(index / RATE)
    watch.wait_exact(33)
    assert watch.player.frame_index == 33


def test_steps_go_to_the_neighbours_and_stop_at_the_ends(watch: Watch, clip: Path) -> None:
    watch.open(clip)
    for index in (29, 30, 31):
        watch.player.step(29 if index == 29 else 1)
        assert number(watch.wait_exact(index).image) == index
    for index in (30, 29, 28):
        watch.player.step(-1)
        assert number(watch.wait_exact(index).image) == index
    watch.player.step(-1000)
    watch.wait_exact(0)
    watch.player.step(-1)
    assert watch.player.frame_index == 0
    watch.player.step(1000)
    watch.player.step(1)
    assert number(watch.wait_exact(FRAMES - 1).image) == FRAMES - 1


def test_playing_shows_frames_in_order_up_to_the_end(watch: Watch, clip: Path, qtbot: QtBot) -> None:
    watch.open(clip)
    watch.player.seek(3.0)
    watch.wait_exact(75)
    watch.shown.clear()
    with qtbot.waitSignal(watch.player.ended, timeout=LONGEST_MS):
        watch.player.play()
        assert watch.player.is_playing
    assert not watch.player.is_playing
    watch.wait_exact(FRAMES - 1)
    indices = [shown.index for shown in watch.shown]
    assert indices == sorted(indices)
    assert all(number(shown.image) == shown.index for shown in watch.shown)
    assert [told for told in watch.told if told[0] == "playing_changed"] == [
        ("playing_changed", True), ("playing_changed", False),
    ]  # fmt: skip


def test_playing_at_the_end_begins_again(watch: Watch, clip: Path, qtbot: QtBot) -> None:
    watch.open(clip)
    watch.player.seek(99.0)
    watch.player.play()
    qtbot.waitUntil(lambda: 0 < watch.player.frame_index < 60, timeout=LONGEST_MS)
    watch.player.pause()
    index = watch.player.frame_index
    watch.wait_exact(index)


def test_backwards_to_the_begin(watch: Watch, clip: Path, qtbot: QtBot) -> None:
    watch.open(clip)
    watch.player.seek(1.5)
    watch.wait_exact(37)
    watch.shown.clear()
    with qtbot.waitSignal(watch.player.ended, timeout=LONGEST_MS):
        for _ in range(3):
            watch.player.shuttle(-1)
    indices = [shown.index for shown in watch.shown]
    assert indices == sorted(indices, reverse=True)
    watch.wait_exact(0)
    assert [told[1] for told in watch.told if told[0] == "speed_changed"] == [-1.0, -2.0, -4.0, 1.0]


def test_the_shuttle_gets_faster_turns_round_and_stops(watch: Watch, clip: Path) -> None:
    watch.open(clip)
    player = watch.player
    player.seek(1.0)
    speeds = []
    for direction in (1, 1, 1, 1, -1, -1, 1):
        player.shuttle(direction)
        speeds.append(player.speed)
    assert speeds == [1, 2, 4, 4, -1, -2, 1]
    player.shuttle(0)
    assert not player.is_playing
    assert player.speed == 1


def test_a_chosen_speed_stays_after_the_shuttle(watch: Watch, clip: Path) -> None:
    watch.open(clip)
    watch.player.set_speed(0.5)
    watch.player.shuttle(-1)
    watch.player.pause()
    assert watch.player.speed == 0.5
    with pytest.raises(ValueError, match="positive"):
        watch.player.set_speed(-1)


def test_a_range_is_played_once(watch: Watch, clip: Path, qtbot: QtBot) -> None:
    watch.open(clip)
    watch.player.play_range(1.0, 1.4)
    qtbot.waitUntil(lambda: not watch.player.is_playing, timeout=LONGEST_MS)
    watch.wait_exact(34)
    assert "ended" not in watch.names()
    assert max(told[1] for told in watch.told if told[0] == "position_changed") < 1.4


def test_a_loop_goes_round_until_it_is_taken_away(watch: Watch, clip: Path, qtbot: QtBot) -> None:
    watch.open(clip)
    player = watch.player
    player.set_loop(1.0, 1.2)
    assert player.loop == (1.0, 1.2)
    player.play()
    qtbot.waitUntil(lambda: _rounds(watch) >= 2, timeout=LONGEST_MS)
    assert player.is_playing
    assert {round(told[1] * RATE) for told in watch.told if told[0] == "position_changed"} <= set(range(25, 30))
    player.set_loop(None, None)
    assert player.loop is None
    qtbot.waitUntil(lambda: player.frame_index > 32, timeout=LONGEST_MS)


def _rounds(watch: Watch) -> int:
    positions = [told[1] for told in watch.told if told[0] == "position_changed"]
    return sum(later < earlier for earlier, later in pairwise(positions))


def test_seeking_while_playing_plays_on(watch: Watch, clip: Path, qtbot: QtBot) -> None:
    watch.open(clip)
    watch.player.play()
    watch.player.seek(2.0)
    assert watch.player.is_playing
    qtbot.waitUntil(lambda: watch.player.frame_index > 52, timeout=LONGEST_MS)


def test_another_video_takes_the_place_of_the_first(watch: Watch, clip: Path, tmp_path: Path) -> None:
    other = make_clip(tmp_path / "other.mp4", numbered_frames(20, 96, 48))
    watch.player.open(clip)
    watch.open(other)
    watch.player.seek(0.4)
    shown = watch.wait_exact(10)
    assert shown.width == 96
    assert watch.player.media_info is not None
    assert watch.player.media_info.frame_count == 20


@pytest.mark.parametrize("content", [None, b"", b"nothing that can be played"])
def test_what_cannot_be_opened_is_told_in_a_sentence(
    watch: Watch, tmp_path: Path, qtbot: QtBot, content: bytes | None
) -> None:
    path = tmp_path / "broken.mp4"
    if content is not None:
        path.write_bytes(content)
    with qtbot.waitSignal(watch.player.failed, timeout=LONGEST_MS) as failed:
        watch.player.open(path)
    assert failed.args is not None
    assert failed.args[0].startswith(f"cannot read {path}: ")


def test_a_video_deleted_while_it_plays_stops_and_stays_on_screen(
    watch: Watch, clip: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "gone.mp4"
    path.write_bytes(clip.read_bytes())
    watch.open(path)
    watch.player.set_loop(0.0, 1.0)
    watch.player.play()
    qtbot.waitUntil(lambda: len(watch.shown) > 3, timeout=LONGEST_MS)
    with qtbot.waitSignal(watch.player.failed, timeout=LONGEST_MS) as failed:
        path.unlink()
    assert failed.args == [f"cannot read {path}: it went away while it was read"]
    assert not watch.player.is_playing
    assert watch.player.media_info is not None
    assert number(watch.shown[-1].image) == watch.shown[-1].index


def test_a_video_that_was_cut_off_plays_up_to_there(watch: Watch, tmp_path: Path, qtbot: QtBot) -> None:
    path = make_clip(tmp_path / "half.mkv", numbered_frames(FRAMES), gop=10)
    watch.open(truncate(path, 0.5))
    count = len(watch.player.frame_times_s)
    assert 20 < count < 70
    assert watch.player.media_info is not None
    assert watch.player.end_s < watch.player.media_info.duration_s
    watch.player.seek(watch.player.end_s - 0.3)
    with qtbot.waitSignal(watch.player.ended, timeout=LONGEST_MS):
        watch.player.play()
    assert watch.shown[-1].index in (count - 1, count - 2)  # the last may be torn


def test_sound_alone_plays(watch: Watch, tmp_path: Path, qtbot: QtBot) -> None:
    watch.open(make_clip(tmp_path / "voice.wav", sound=tone(0.5)))
    with qtbot.waitSignal(watch.player.ended, timeout=LONGEST_MS):
        watch.player.play()
    assert watch.shown == []
    assert not watch.player.busy
    assert watch.player.time_s == pytest.approx(0.5, abs=0.01)


def test_why_there_is_no_sound(watch: Watch, tmp_path: Path) -> None:
    assert watch.player.sound_note is None
    watch.open(make_clip(tmp_path / "silent.mp4", numbered_frames(5)))
    assert watch.player.sound_note == "this video has no sound"


def test_volume(watch: Watch) -> None:
    watch.player.set_volume(0.4)
    watch.player.set_muted(True)
    assert (watch.player.volume, watch.player.muted) == (0.4, True)
    watch.player.set_volume(7)
    assert watch.player.volume == 1.0


def test_pictures_are_as_large_as_they_are_looked_at(watch: Watch, tmp_path: Path, qtbot: QtBot) -> None:
    watch.player.set_view_size(320, 320)
    watch.open(make_clip(tmp_path / "wide.mp4", numbered_frames(10, 960, 240)))
    assert watch.wait_exact(0).image.width() == 320
    watch.player.set_view_size(960, 400)
    qtbot.waitUntil(lambda: watch.shown[-1].image.width() == 960, timeout=LONGEST_MS)
    assert (watch.shown[-1].width, watch.shown[-1].height) == (960, 240)


def test_times_are_those_of_the_file(watch: Watch, tmp_path: Path) -> None:
    times_s = (1 + np.cumsum(np.tile([0.02, 0.05, 0.11], 10))).tolist()
    watch.open(make_clip(tmp_path / "variable.mp4", numbered_frames(30), times_s=times_s, gop=10))
    for index in (0, 11, 29):
        watch.player.seek(times_s[index] + 1e-3)
        shown = watch.wait_exact(index)
        assert shown.time_s == watch.player.time_s == pytest.approx(times_s[index], abs=1e-3)
        assert number(shown.image) == index


def test_closing_in_the_middle_of_everything(qtbot: QtBot, clip: Path) -> None:
    for moment in range(6):
        player = Player()
        player.open(clip)
        if moment > 1:
            qtbot.waitUntil(lambda player=player: player.media_info is not None, timeout=LONGEST_MS)  # type: ignore[misc]
        if moment > 2:
            player.scrub(3.5)
        if moment > 3:
            player.play()
        if moment > 4:
            qtbot.waitUntil(lambda player=player: player.frame_index > 0, timeout=LONGEST_MS)  # type: ignore[misc]
        player.close()
        assert player.media_info is None
        player.deleteLater()


def test_another_speed_does_not_play_beyond_the_range(watch: Watch, clip: Path, qtbot: QtBot) -> None:
    watch.open(clip)
    watch.player.play_range(0.4, 1.2)
    watch.player.set_speed(2.0)
    qtbot.waitUntil(lambda: not watch.player.is_playing, timeout=LONGEST_MS)
    watch.wait_exact(29)


def test_it_says_whether_it_works(watch: Watch, clip: Path, tmp_path: Path, qtbot: QtBot) -> None:
    assert not watch.player.works
    file = tmp_path / "lost.mp4"
    file.write_bytes(clip.read_bytes())
    watch.open(file)
    assert watch.player.works
    with qtbot.waitSignal(watch.player.failed, timeout=LONGEST_MS):
        file.unlink()
        watch.player.seek(2.0)
    assert watch.player.media_info is not None
    assert not watch.player.works
    watch.open(clip)
    assert watch.player.works
