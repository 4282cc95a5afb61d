"""Voices: names, decoding, seconds, and splits by speaker."""

from pathlib import Path
from typing import cast

import av
import numpy as np
import pytest
from av.audio.stream import AudioStream

from engine.emotions import EMOTIONS
from engine.errors import DatasetError, MediaFormatError, MediaNotFoundError
from trainer.datasets import emodb, ravdess
from trainer.datasets.example import Example, VoiceClip
from trainer.datasets.sound import RATE_HZ, decode_mono, read_waves, voice_windows
from trainer.datasets.voices import FOLDS, TEST_PEOPLE, voice_splits

DATA = Path(__file__).parents[4] / "../shared/data"


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def tone(seconds: float, rate_hz: int, pitch_hz: float = 440.0, amplitude: float = 0.5) -> np.ndarray:
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    return (amplitude * np.sin(2 * np.pi * pitch_hz * time_s)).astype(np.float32)


def write_sound(path: Path, channels: np.ndarray, rate_hz: int, codec: str = "pcm_s16le") -> Path:
    """Write (C, T) float sound with PyAV."""
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[len(channels)]
    with av.open(str(path), "w") as container:
        stream = cast(AudioStream, container.add_stream(codec, rate=rate_hz, layout=layout))
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(channels, np.float32), "fltp", layout)
        frame.sample_rate = rate_hz
        resampler = av.AudioResampler(format=stream.format, layout=layout, rate=rate_hz, frame_size=stream.frame_size)
        for piece in [*resampler.resample(frame), *resampler.resample(None), None]:
            container.mux(stream.encode(piece))
    return path


# Names


def test_ravdess_names(tmp_path: Path) -> None:
    touch(
        tmp_path,
        *(f"Actor_12/03-01-0{code}-01-02-01-12.wav" for code in range(1, 9)),
        "Actor_01/03-02-03-01-01-01-01.wav",  # sung
        "Actor_01/03-01-09-01-01-01-01.wav",
        "Actor_01/03-01-03-01-01-01-01.txt",
        "Actor_01/03-01-03-01-01-01-25.wav",
        "Actor_01/03-01-05-02-01-01-01.MP3",
    )
    clips = ravdess.read_voices(tmp_path)
    said = {clip.path.name: (EMOTIONS[clip.emotion], clip.person) for clip in clips}
    order = ("neutral", "neutral", "happy", "sad", "angry", "fear", "disgust", "surprise")
    assert said == {
        **{f"03-01-0{code}-01-02-01-12.wav": (name, "ravdess-12") for code, name in enumerate(order, start=1)},
        "03-01-05-02-01-01-01.MP3": ("angry", "ravdess-01"),
    }
    assert [clip.path.name for clip in clips] == sorted(said)
    assert {clip.source for clip in clips} == {"ravdess"}


def test_ravdess_videos(tmp_path: Path) -> None:
    touch(
        tmp_path,
        "Actor_01/01-01-03-01-01-01-01.mp4",
        "Actor_01/02-01-03-01-01-01-01.mp4",
        "Actor_01/03-01-03-01-01-01-01.wav",
        "copy/Actor_01/03-01-03-01-01-01-01.wav",
        "Actor_02/01-01-04-01-01-01-02.mp4",
        "Actor_03/02-01-05-01-01-01-03.mp4",
        "Actor_04/02-01-06-01-01-01-04.mp4",
        "Actor_04/03-01-06-01-01-01-04.wav",
    )
    read = ravdess.read_clips(tmp_path)
    assert [(example.path.name, example.modality, example.group) for example in read.examples] == [
        ("01-01-03-01-01-01-01.mp4", "both", "ravdess-01"),
        ("01-01-04-01-01-01-02.mp4", "both", "ravdess-02"),
        ("02-01-05-01-01-01-03.mp4", "face", "ravdess-03"),
        ("02-01-06-01-01-01-04.mp4", "face", "ravdess-04"),
        ("03-01-06-01-01-01-04.wav", "voice", "ravdess-04"),
    ]
    assert [clip.path.relative_to(tmp_path).as_posix() for clip in ravdess.read_voices(tmp_path)] == [
        "Actor_01/03-01-03-01-01-01-01.wav",
        "Actor_02/01-01-04-01-01-01-02.mp4",
        "Actor_04/03-01-06-01-01-01-04.wav",
    ]
    with pytest.raises(DatasetError, match="no file with sound named like"):
        ravdess.read_voices(tmp_path / "Actor_03")


def test_emodb_names(tmp_path: Path) -> None:
    touch(tmp_path, *(f"wav/03a01{letter}a.wav" for letter in "WLEAFTN"), "16b10Td.mp3", "16b10Xd.mp3", "a01Fa.wav")
    clips = emodb.read_voices(tmp_path)
    said = {clip.path.stem: (EMOTIONS[clip.emotion], clip.person) for clip in clips}
    assert said == {
        "03a01Wa": ("angry", "emodb-03"), "03a01Ea": ("disgust", "emodb-03"), "03a01Aa": ("fear", "emodb-03"),
        "03a01Fa": ("happy", "emodb-03"), "03a01Ta": ("sad", "emodb-03"), "03a01Na": ("neutral", "emodb-03"),
        "16b10Td": ("sad", "emodb-16"),
    }  # fmt: skip


def test_emodb_examples(tmp_path: Path) -> None:
    touch(tmp_path, "03a01Wa.wav", "mp3/03a01Wa.mp3", "03a01La.wav")
    clips = emodb.read_clips(tmp_path)
    assert [(example.path.name, example.modality) for example in clips.examples] == [("03a01Wa.wav", "voice")]


def test_a_clip_is_an_example() -> None:
    clip = VoiceClip(Path("a.wav"), 3, "emodb-03", "emodb")
    assert clip.example() == Example(Path("a.wav"), 0.0, None, 3, "emodb-03", modality="voice")


def test_folders_without_voices(tmp_path: Path) -> None:
    touch(tmp_path, "song/03-02-03-01-01-01-01.wav")
    with pytest.raises(DatasetError, match=r"no file named like 03-01-05-01-02-01-12\.wav"):
        ravdess.read_voices(tmp_path)
    with pytest.raises(DatasetError, match=r"no file named like 03a01Fa\.wav"):
        emodb.read_voices(tmp_path)
    with pytest.raises(DatasetError, match="no such folder"):
        ravdess.read_voices(tmp_path / "missing")
    with pytest.raises(DatasetError, match="is no folder"):
        emodb.read_voices(tmp_path / "song/03-02-03-01-01-01-01.wav")


# Decoding


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 44_100, 48_000])
def test_decode_at_any_rate(tmp_path: Path, rate_hz: int) -> None:
    wave = decode_mono(write_sound(tmp_path / "a.wav", tone(1.5, rate_hz)[None], rate_hz))
    assert wave.dtype == np.float32
    assert len(wave) == pytest.approx(1.5 * RATE_HZ, abs=2)
    middle = slice(RATE_HZ // 2, RATE_HZ)
    np.testing.assert_allclose(wave[middle], tone(1.5, RATE_HZ)[middle], atol=2e-3)


@pytest.mark.parametrize("codec", ["pcm_u8", "pcm_s32le", "pcm_f32le"])
def test_decode_any_format(tmp_path: Path, codec: str) -> None:
    sound = tone(0.5, RATE_HZ)
    wave = decode_mono(write_sound(tmp_path / "a.wav", sound[None], RATE_HZ, codec))
    np.testing.assert_allclose(wave, sound, atol=1 / 64)


@pytest.mark.parametrize("count", [2, 6])
def test_channels_are_averaged(tmp_path: Path, count: int) -> None:
    sound = tone(0.5, RATE_HZ)
    channels = np.zeros((count, len(sound)), np.float32)
    channels[0] = sound
    wave = decode_mono(write_sound(tmp_path / "a.wav", channels, RATE_HZ))
    np.testing.assert_allclose(wave, sound / count, atol=1e-3)


def test_mp3(tmp_path: Path) -> None:
    wave = decode_mono(write_sound(tmp_path / "a.mp3", tone(2, RATE_HZ)[None], RATE_HZ, "libmp3lame"))
    assert len(wave) == pytest.approx(2 * RATE_HZ, abs=2 * 1152)
    assert np.abs(wave[RATE_HZ // 2 : RATE_HZ]).max() == pytest.approx(0.5, rel=0.1)  # lame turns down a little


def test_files_that_are_no_sound(tmp_path: Path) -> None:
    with pytest.raises(MediaNotFoundError):
        decode_mono(tmp_path / "missing.wav")
    (tmp_path / "empty.wav").touch()
    (tmp_path / "text.mp3").write_text("hello " * 100)
    header = write_sound(tmp_path / "a.wav", tone(0.1, RATE_HZ)[None], RATE_HZ).read_bytes()
    (tmp_path / "no_samples.wav").write_bytes(header[: header.index(b"data") + 4] + bytes(4))
    for name in ("empty.wav", "text.mp3", "no_samples.wav"):
        with pytest.raises(MediaFormatError, match="cannot be decoded as sound"):
            decode_mono(tmp_path / name)


def test_picture_without_sound(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width = stream.height = 32
        frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), "rgb24")
        for piece in (frame, None):
            container.mux(stream.encode(piece))
    with pytest.raises(MediaFormatError, match="it has no sound"):
        decode_mono(tmp_path / "a.mp4")


def test_unreadable_clips_are_left_out(tmp_path: Path) -> None:
    good = VoiceClip(write_sound(tmp_path / "good.wav", tone(0.3, RATE_HZ)[None], RATE_HZ), 0, "p", "s")
    bad = VoiceClip(touch(tmp_path, "bad.wav") / "bad.wav", 1, "p", "s")
    gone = VoiceClip(tmp_path / "gone.wav", 1, "p", "s")
    waves = read_waves([bad, good, gone])
    assert waves.clips == (good,)
    assert [len(wave) for wave in waves.samples] == [round(0.3 * RATE_HZ)]
    assert [clause.split(":")[0] for clause in waves.skipped] == ["bad.wav", "gone.wav"]


# Seconds


@pytest.mark.parametrize(
    ("seconds", "lengths_s"),
    [
        (2.0, [1, 1]),
        (2.5, [1, 1, 0.5]),
        (1.25, [1, 0.25]),
        (1.24, [1]),
        (0.1, [0.1]),
        (0.0, []),
    ],
)
def test_voice_windows(seconds: float, lengths_s: list[float]) -> None:
    wave = np.arange(1, round(seconds * RATE_HZ) + 1, dtype=np.float32)
    cut = voice_windows(wave)
    np.testing.assert_allclose(cut.length, np.array(lengths_s) * RATE_HZ, atol=0.51)
    assert cut.samples.shape == (len(lengths_s), RATE_HZ)
    used = int(cut.length.sum())
    np.testing.assert_array_equal(cut.samples.ravel()[:used], wave[:used])
    assert not cut.samples.ravel()[used:].any()


# Splits


def voices(*people: str) -> list[VoiceClip]:
    return [
        VoiceClip(Path(f"{person}-{take}.wav"), 0, person, person.split("-")[0]) for person in people for take in "ab"
    ]


def test_splits_are_by_person() -> None:
    clips = voices(*(f"ravdess-{actor:02}" for actor in range(1, 25)), "emodb-03", "emodb-09", "emodb-10")
    splits = voice_splits(clips)
    people = {name: {clip.person for clip in getattr(splits, name)} for name in ("train", "dev", "test")}
    assert people["test"] == {"ravdess-17", "ravdess-18", "ravdess-19", "ravdess-20"} == TEST_PEOPLE
    assert people["dev"] == {"ravdess-15", "ravdess-16", "emodb-09", "emodb-10"}
    assert not people["train"] & (people["dev"] | people["test"])
    assert len(splits.train) + len(splits.dev) + len(splits.test) == len(clips)


def test_folds_cover_twenty_actors_once() -> None:
    assert sorted(person for fold in FOLDS for person in fold) == [f"ravdess-{actor:02}" for actor in range(1, 21)]
    splits = voice_splits(voices("ravdess-01", "ravdess-15", "ravdess-17"), FOLDS[3], FOLDS[3] | {"ravdess-01"})
    assert [clip.person for clip in splits.test] == ["ravdess-15"] * 2  # named for both: tests
    assert [clip.person for clip in splits.dev] == ["ravdess-01"] * 2
    assert [clip.person for clip in splits.train] == ["ravdess-17"] * 2


@pytest.mark.data
@pytest.mark.skipif(not DATA.exists(), reason="the data sets are not here")
def test_published_counts_of_the_full_data() -> None:
    acted, german = ravdess.read_voices(DATA / "ravdess"), emodb.read_voices(DATA / "emodb")
    assert len(acted) == 1_200
    assert len({clip.person for clip in acted}) == 20
    assert len(german) == 408 - 58  # boredom
    assert len({clip.person for clip in german}) == 8
    assert {EMOTIONS[clip.emotion] for clip in german} == set(EMOTIONS) - {"surprise"}
    waves = read_waves(acted[:8] + german[:8])
    assert waves.skipped == ()
    assert all(1 < len(wave) / RATE_HZ < 5 for wave in waves.samples)
