"""Pictures of sound: what they show, at every scale, and that they are drawn once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app import places
from app.timeline import sound_pictures
from app.timeline.sound_pictures import (
    BANDS,
    BIN,
    FILE,
    HOP,
    RATE_HZ,
    Drawn,
    SoundPicture,
    draw,
    picture_of,
    sound_picture,
)
from engine.errors import CancelledError, MediaNotFoundError
from engine.media import content_sha256
from engine.values import Progress
from tests.media import make_clip
from tests.unit.app.jobs.pretended import taken

QUIET_S, TONE_S, PEAK = 2, 3, 0.5


class SameProcess:
    """Stands for the child process, which imports librosa where it stops no window."""

    used = 0

    def __init__(self, _name: str) -> None:
        SameProcess.used += 1

    def steps(self, work: Any, *arguments: Any, cancelled: Any) -> Iterator[Any]:
        return (yield from work(cancelled, *arguments))

    def close(self) -> None: ...


@pytest.fixture(autouse=True)
def _same_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound_pictures, "Child", SameProcess)
    monkeypatch.setattr(SameProcess, "used", 0)


def never() -> bool:
    return False


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of nothing, three of a tone of 1 kHz at half the scale, 4.5 of nothing."""
    times_s = np.arange(TONE_S * RATE_HZ) / RATE_HZ
    tone = PEAK * np.sin(2 * np.pi * 1000 * times_s)
    sound = np.concatenate([np.zeros(QUIET_S * RATE_HZ), tone, np.zeros(round(4.5 * RATE_HZ))]).astype(np.float32)
    path = tmp_path_factory.mktemp("sound") / "tone.wav"
    return make_clip(path, sound=sound, sound_rate_hz=RATE_HZ)


@pytest.fixture(scope="module")
def drawn(clip: Path) -> Drawn:
    made = taken(draw(never, clip))[1]
    assert isinstance(made, Drawn)
    return made


@pytest.fixture(scope="module")
def picture(drawn: Drawn) -> SoundPicture:
    return picture_of(drawn)


def test_the_waveform_is_flat_where_nothing_is_heard_and_reaches_the_peak_in_the_tone(picture: SoundPicture) -> None:
    level = picture.levels[0]
    edges = np.arange(len(level.low)) * level.step_s
    tone = (edges >= QUIET_S + 0.1) & (edges < QUIET_S + TONE_S - 0.1)
    quiet = (edges < QUIET_S - 0.1) | (edges >= QUIET_S + TONE_S + 0.1)
    assert not level.low[quiet].any()
    assert not level.high[quiet].any()
    assert level.high[tone].min() > 100  # 1.36 ms hold one period of the tone
    assert level.low[tone].max() < -100
    assert picture.peak == pytest.approx(PEAK, abs=0.01)


def test_it_is_as_long_as_the_sound(picture: SoundPicture) -> None:
    assert picture.levels[0].step_s == BIN / RATE_HZ
    assert picture.end_s == pytest.approx(10.0)  # whole seconds


def test_coarser_levels_hold_the_extremes_of_the_finer(picture: SoundPicture) -> None:
    assert len(picture.levels) > 1
    for fine, coarse in zip(picture.levels, picture.levels[1:], strict=False):
        assert coarse.step_s == pytest.approx(4 * fine.step_s)
        for k in (0, len(coarse.low) // 3, len(coarse.low) - 1):
            assert coarse.low[k] == fine.low[4 * k : 4 * k + 4].min()
            assert coarse.high[k] == fine.high[4 * k : 4 * k + 4].max()


def test_a_tone_is_one_bright_line_for_as_long_as_it_lasts(picture: SoundPicture) -> None:
    mel = picture.mel(0, 10, 500)
    assert mel.shape == (BANDS, 500)
    assert mel.dtype == np.uint8
    assert not mel[:, :90].any()
    assert not mel[:, 260:].any()
    tone = mel[:, 110:240]
    band = int(tone.mean(1).argmax())
    assert 12 < band < 26  # 1 kHz is the 15th of 40 mels in the linear part of 11 kHz
    assert tone[band].min() > 240
    assert tone[-1].max() == 0


@pytest.mark.parametrize("width_px", [1, 7, 500, 5000])
def test_any_width_shows_the_loudest_of_each_pixel(picture: SoundPicture, width_px: int) -> None:
    mel = picture.mel(0, 10, width_px)
    assert mel.shape == (BANDS, width_px)
    assert mel.max() == 255


def test_a_part_is_a_part_of_the_whole(picture: SoundPicture) -> None:
    whole, part = picture.mel(0, 10, 500), picture.mel(4, 6, 100)
    np.testing.assert_array_equal(part, whole[:, 200:300])


def test_beyond_the_sound_is_nothing(picture: SoundPicture) -> None:
    mel = picture.mel(-5, 15, 200)
    assert not mel[:, :50].any()
    assert not mel[:, 150:].any()
    np.testing.assert_array_equal(mel[:, 50:150], picture.mel(0, 10, 100))
    assert picture.mel(20, 30, 50).shape == (BANDS, 50)
    assert picture.mel(3, 3, 50).shape == (BANDS, 50)
    assert picture.mel(0, 1, 0).shape == (BANDS, 0)


def test_reading_in_pieces_changes_nothing(clip: Path, drawn: Drawn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound_pictures, "GROUP_S", 1)
    steps, other = taken(draw(never, clip))
    assert len(steps) == 10
    assert steps[4].done_s == 5.0
    np.testing.assert_array_equal(other.low, drawn.low)
    assert np.abs(other.mel.astype(int) - drawn.mel.astype(int)).max() <= 1
    assert len(drawn.mel) == 10 * RATE_HZ // HOP


def test_it_is_drawn_once_and_kept(clip: Path, drawn: Drawn) -> None:
    steps, first = taken(sound_picture(clip, drawn.sha256, never))
    assert all(isinstance(step, Progress) for step in steps)
    assert SameProcess.used == 1
    assert (places.pictures() / drawn.sha256 / FILE).is_file()
    steps, again = taken(sound_picture(clip, drawn.sha256, never))
    assert (steps, SameProcess.used) == ([], 1)
    np.testing.assert_array_equal(again.levels[0].high, first.levels[0].high)
    np.testing.assert_array_equal(again.mel(0, 10, 100), first.mel(0, 10, 100))
    assert not again.levels[0].high.flags.writeable


def test_a_damaged_picture_is_drawn_again(clip: Path, drawn: Drawn) -> None:
    file = places.pictures() / drawn.sha256 / FILE
    file.parent.mkdir(parents=True)
    for content in (b"", b"PK\x03\x04 cut off", b"no archive"):
        file.write_bytes(content)
        assert taken(sound_picture(clip, drawn.sha256, never))[1] is not None
    assert SameProcess.used == 3


def test_a_file_that_took_anothers_place_is_not_kept_under_its_name(clip: Path) -> None:
    taken(sound_picture(clip, "0" * 64, never))
    assert not (places.pictures() / ("0" * 64) / FILE).exists()


def test_where_nothing_can_be_kept_it_is_drawn_all_the_same(clip: Path, drawn: Drawn) -> None:
    places.pictures().parent.mkdir(parents=True, exist_ok=True)
    places.pictures().write_text("a file where the folder should be", encoding="utf-8")
    assert taken(sound_picture(clip, drawn.sha256, never))[1] is not None


def test_digital_silence_says_so(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "silent.wav", sound=np.zeros(2 * RATE_HZ, np.float32), sound_rate_hz=RATE_HZ)
    _, picture = taken(sound_picture(clip, content_sha256(clip), never))
    assert picture.silent
    assert picture.note == "digital silence"
    assert not picture.levels[0].high.any()
    assert not picture.mel(0, 2, 50).any()


def test_sound_has_no_note(picture: SoundPicture) -> None:
    assert (picture.silent, picture.note) == (False, "")


def test_without_a_sound_track_there_is_no_picture(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "mute.mp4", [np.zeros((48, 64, 3), np.uint8)] * 5)
    assert taken(sound_picture(clip, content_sha256(clip), never)) == ([], None)


def test_sound_that_begins_late_is_where_it_is_heard(tmp_path: Path) -> None:
    tone = PEAK * np.sin(np.arange(2 * RATE_HZ) / 3)
    clip = make_clip(
        tmp_path / "late.mov", [np.zeros((48, 64, 3), np.uint8)] * 125, sound=tone.astype(np.float32),
        sound_rate_hz=RATE_HZ, sound_codec="pcm_s16le", sound_start_s=2.0,
    )  # fmt: skip
    _, picture = taken(sound_picture(clip, content_sha256(clip), never))
    loud = np.flatnonzero(picture.levels[0].high > 60) * picture.levels[0].step_s
    assert loud[0] == pytest.approx(2.0, abs=0.01)
    assert loud[-1] == pytest.approx(4.0, abs=0.01)


def test_errors_and_cancelling_come_through(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(MediaNotFoundError):
        taken(sound_picture(tmp_path / "nothing.mp4", "0" * 64, never))
    with pytest.raises(CancelledError):
        taken(sound_picture(clip, "0" * 64, lambda: True))
