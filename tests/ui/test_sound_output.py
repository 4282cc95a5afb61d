"""Sound to a device: what is heard when, and machines on which nothing is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtMultimedia import QtAudio
from pytestqt.qtbot import QtBot

from app.player import sound_output
from app.player.player import Player
from app.player.sound_lane import FRAME_BYTES, RATE_HZ
from app.player.sound_output import BUFFER_BYTES, SoundOutput
from engine.media import Media, open_media
from tests.media import make_clip, numbered_frames, tone

LONGEST_MS = 20_000


class Pipe:
    """What a device is written to."""

    def __init__(self) -> None:
        self.waiting_bytes = self.written_bytes = 0

    def write(self, sound: bytes) -> int:
        self.waiting_bytes += len(sound)
        self.written_bytes += len(sound)
        return len(sound)


class Sink:
    """A device that plays when a test says so."""

    def __init__(self, works: bool = True) -> None:
        self.pipe = Pipe()
        self.volume = 1.0
        self.works = works
        self.failure = QtAudio.Error.NoError
        self.resets = 0

    def start(self) -> Pipe | None:
        self.pipe = Pipe()
        return self.pipe if self.works else None

    def reset(self) -> None:
        self.resets += 1

    def bufferSize(self) -> int:
        return BUFFER_BYTES

    def bytesFree(self) -> int:
        return BUFFER_BYTES - self.pipe.waiting_bytes

    def error(self) -> QtAudio.Error:
        return self.failure

    def setVolume(self, volume: float) -> None:
        self.volume = volume

    def play(self, seconds: float) -> float:
        """Let some of what waits be heard; how much was."""
        heard = min(self.pipe.waiting_bytes, round(seconds * RATE_HZ) * FRAME_BYTES)
        self.pipe.waiting_bytes -= heard
        return heard / FRAME_BYTES / RATE_HZ


@pytest.fixture
def sink(monkeypatch: pytest.MonkeyPatch) -> Sink:
    sink = Sink()
    monkeypatch.setattr(sound_output, "_open_sink", lambda: sink)
    return sink


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("sound") / "tone.mp4", numbered_frames(75), sound=tone(3.0))


@pytest.fixture
def output(qtbot: QtBot) -> Iterator[SoundOutput]:
    output = SoundOutput()
    yield output
    output.stop()


def begin(output: SoundOutput, media: Media, time_s: float, speed: float, qtbot: QtBot) -> None:
    output.start(media, time_s, speed)
    qtbot.waitUntil(lambda: output.ready, timeout=LONGEST_MS)
    output.begin()


@pytest.mark.parametrize(("time_s", "speed"), [(0.0, 1.0), (1.2, 1.0), (1.0, 0.5), (0.5, 2.0)])
def test_what_is_heard_is_told_in_media_time(
    output: SoundOutput, sink: Sink, clip: Path, qtbot: QtBot, time_s: float, speed: float
) -> None:
    begin(output, open_media(clip), time_s, speed, qtbot)
    assert output.heard_s == pytest.approx(time_s)
    played_s = 0.0
    while played_s < 0.4:
        qtbot.waitUntil(lambda: sink.pipe.waiting_bytes > 0, timeout=LONGEST_MS)
        played_s += sink.play(0.1)
        assert output.heard_s == pytest.approx(time_s + played_s * speed, abs=1e-6)


def test_the_device_is_never_given_more_than_it_takes(
    output: SoundOutput, sink: Sink, clip: Path, qtbot: QtBot
) -> None:
    begin(output, open_media(clip), 0.0, 1.0, qtbot)
    qtbot.waitUntil(lambda: sink.pipe.waiting_bytes == BUFFER_BYTES, timeout=LONGEST_MS)
    assert sink.bytesFree() == 0
    assert output.note is None


def test_after_the_end_the_sound_leads_no_longer(output: SoundOutput, sink: Sink, clip: Path, qtbot: QtBot) -> None:
    begin(output, open_media(clip), 2.95, 1.0, qtbot)
    qtbot.waitUntil(lambda: sink.play(1.0) >= 0 and output.heard_s is None, timeout=LONGEST_MS)


def test_stopping_is_silent_at_once(output: SoundOutput, sink: Sink, clip: Path, qtbot: QtBot) -> None:
    begin(output, open_media(clip), 0.0, 1.0, qtbot)
    output.stop()
    assert sink.resets == 1
    assert output.heard_s is None
    assert output.ready


def test_volume_and_mute(output: SoundOutput, sink: Sink) -> None:
    output.look_for_device()
    output.set_volume(0.5)
    assert sink.volume == 0.25
    output.set_muted(True)
    assert sink.volume == 0.0
    output.set_muted(False)
    assert sink.volume == 0.25


def test_the_volume_chosen_before_is_that_of_the_device(output: SoundOutput, sink: Sink) -> None:
    output.set_volume(0.5)
    output.look_for_device()
    assert sink.volume == 0.25


def test_a_machine_without_a_device(
    monkeypatch: pytest.MonkeyPatch, output: SoundOutput, clip: Path, qtbot: QtBot
) -> None:
    monkeypatch.setattr(sound_output, "_open_sink", lambda: None)
    with qtbot.waitSignal(output.note_changed) as changed:
        assert not output.look_for_device()
    assert changed.args == ["this computer has no sound output"] == [output.note]
    output.start(open_media(clip), 0.0, 1.0)
    assert output.ready
    output.begin()
    assert output.heard_s is None


def test_a_device_that_does_not_start(output: SoundOutput, sink: Sink, clip: Path, qtbot: QtBot) -> None:
    sink.works = False
    begin(output, open_media(clip), 0.0, 1.0, qtbot)
    assert output.note == "the sound output does not work"
    assert output.heard_s is None


def test_a_device_that_is_unplugged(output: SoundOutput, sink: Sink, clip: Path, qtbot: QtBot) -> None:
    begin(output, open_media(clip), 0.0, 1.0, qtbot)
    sink.failure = QtAudio.Error.IOError
    qtbot.waitUntil(lambda: output.note is not None, timeout=LONGEST_MS)
    assert output.heard_s is None


def test_the_picture_follows_the_sound(sink: Sink, clip: Path, qtbot: QtBot) -> None:
    player = Player()
    with qtbot.waitSignal(player.opened, timeout=LONGEST_MS):
        player.open(clip)
    player.play()
    qtbot.waitUntil(lambda: sink.pipe.written_bytes > 0, timeout=LONGEST_MS)

    def played_to_the_second() -> bool:
        sink.play(0.02 if (player.time_s < 1.0) else 0.0)
        return player.time_s >= 1.0

    qtbot.waitUntil(played_to_the_second, timeout=LONGEST_MS)
    heard_s = (sink.pipe.written_bytes - sink.pipe.waiting_bytes) / FRAME_BYTES / RATE_HZ
    assert player.time_s == pytest.approx(heard_s, abs=0.25)
    player.close()
    assert sink.resets >= 1


def test_nothing_is_heard_backwards_or_at_four_times(sink: Sink, clip: Path, qtbot: QtBot) -> None:
    player = Player()
    with qtbot.waitSignal(player.opened, timeout=LONGEST_MS):
        player.open(clip)
    player.seek(1.5)
    player.shuttle(-1)
    qtbot.waitUntil(lambda: player.time_s < 1.4, timeout=LONGEST_MS)
    player.set_speed(4.0)
    qtbot.waitUntil(lambda: player.time_s > 1.6, timeout=LONGEST_MS)
    assert sink.pipe.written_bytes == 0
    player.close()
