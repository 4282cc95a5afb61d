"""Opening, indexing, decoding and hearing media files."""

from __future__ import annotations

import hashlib
import math
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import VideoReformatter

from engine.errors import CancelledError, MediaFormatError, MediaNotFoundError, MediaVanishedError
from engine.media import SOUND_RATE_HZ, Media, PictureReader, content_sha256, first_picture, open_media
from engine.values import Frame, Gap
from tests.media import (
    Picture,
    corner_frame,
    corrupt,
    frame_number,
    make_clip,
    numbered_frames,
    photograph,
    speech_like,
    tone,
    truncate,
)

COUNT = 60
KINDS: dict[str, dict[str, object]] = {
    "plain.mp4": {},
    "b_frames_long_gop.mp4": {"b_frames": 3, "gop": 250},
    "ntsc.mov": {"rate": Fraction(30000, 1001)},
    "late.mp4": {"times_s": [1 + k / 25 for k in range(COUNT)]},
    "variable.mp4": {"times_s": np.cumsum(np.tile([0.02, 0.05, 0.11], COUNT // 3)).tolist(), "b_frames": 2},
    "plain.mkv": {},
    "vp9.webm": {"sound_rate_hz": 48000},
    "stream.webm": {"sound_rate_hz": 48000, "seekable": False},
    "hidden_frames.webm": {
        "codec": "libvpx",
        "sound_rate_hz": 48000,
        "codec_options": {"auto-alt-ref": "1", "lag-in-frames": "16", "deadline": "good"},
    },
    "transport.ts": {"b_frames": 2},
    "program.mpg": {},
    "mpeg4.avi": {"b_frames": 2},
    "without_presentation_times.avi": {"codec": "libx264", "b_frames": 2},
    "flash.flv": {},
    "hevc.mp4": {"codec": "libx265", "b_frames": 3},
}


def read(path: Path, **range_s: float) -> tuple[list[Frame], list[Gap]]:
    gaps: list[Gap] = []
    return list(open_media(path).frames(**range_s, report=gaps.append)), gaps


def make_numbered(path: Path, **kind: object) -> Path:
    sound_rate_hz = int(kind.get("sound_rate_hz", 44100))  # type: ignore[call-overload]
    return make_clip(path, numbered_frames(COUNT), sound=tone(COUNT / 25, sound_rate_hz), **kind)  # type: ignore[arg-type]


def decoded_times_s(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return [float(frame.pts * stream.time_base) for frame in container.decode(stream)]


@pytest.mark.parametrize("name", KINDS)
def test_every_frame_has_its_time_and_is_reached_by_seeking(tmp_path: Path, name: str) -> None:
    media = open_media(make_numbered(tmp_path / name, **KINDS[name]))
    gaps: list[Gap] = []
    frames = list(media.frames(report=gaps.append))

    assert [frame_number(frame.rgb) for frame in frames] == list(range(COUNT))
    assert [frame.index for frame in frames] == list(range(COUNT)) == list(range(media.info.frame_count))
    assert [frame.time_s for frame in frames] == media.times_s.tolist()
    assert (np.diff(media.times_s) > 0).all()
    assert media.info.variable_rate == name.startswith("variable")
    assert media.times_s[-1] < media.end_s <= media.info.duration_s
    assert gaps == []
    for wanted in (0, 17, 40, COUNT - 1):
        time_s = float(media.times_s[wanted])
        assert_same(media.frame_at(time_s + 1e-4), frames[wanted])
        assert_same(next(media.frames(time_s)), frames[wanted])


def assert_same(given: Frame, expected: Frame) -> None:
    assert given.index == expected.index
    assert np.array_equal(given.rgb, expected.rgb)


@pytest.mark.parametrize("name", ["plain.mp4", "late.mp4", "variable.mp4", "plain.mkv", "stream.webm", "hevc.mp4"])
def test_times_are_those_of_the_container(tmp_path: Path, name: str) -> None:
    path = make_numbered(tmp_path / name, **KINDS[name])
    assert open_media(path).times_s.tolist() == decoded_times_s(path)


def test_clocks_without_an_origin_start_with_the_file(tmp_path: Path) -> None:
    times_s = [1000 + k / 25 for k in range(COUNT)]
    media = open_media(make_clip(tmp_path / "recorded.ts", numbered_frames(COUNT), times_s=times_s))
    assert media.times_s[0] == 0
    assert media.info.duration_s == pytest.approx(COUNT / 25, abs=0.01)


def test_frames_without_any_time_are_counted_at_the_stated_rate(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "bare.h264", numbered_frames(COUNT), codec="libx264", b_frames=2)
    media = open_media(path)
    assert media.times_s.tolist() == pytest.approx([k / 25 for k in range(COUNT)])
    assert [frame_number(frame.rgb) for frame in media.frames(1.0, 1.2)] == [25, 26, 27, 28, 29]
    assert frame_number(media.frame_at(2.0).rgb) == 50


def test_what_an_edit_list_cuts_away_does_not_exist(tmp_path: Path) -> None:
    times_s = [(k - 8) / 25 for k in range(COUNT)]
    options = {"avoid_negative_ts": "disabled"}
    path = make_clip(tmp_path / "cut.mp4", numbered_frames(COUNT), times_s=times_s, gop=25, container_options=options)
    frames, gaps = read(path)
    assert [frame_number(frame.rgb) for frame in frames] == list(range(8, COUNT))
    assert frames[0].time_s == 0
    assert gaps == []


def test_a_range_holds_its_start_and_not_its_end(tmp_path: Path) -> None:
    media = open_media(make_numbered(tmp_path / "a.mp4"))
    chosen = [frame.index for frame in media.frames(float(media.times_s[10]), float(media.times_s[13]))]
    assert chosen == [10, 11, 12]
    assert list(media.frames(5.0, 6.0)) == []


def test_the_frame_shown_is_the_last_that_began(tmp_path: Path) -> None:
    media = open_media(make_numbered(tmp_path / "late.mp4", **KINDS["late.mp4"]))
    assert media.frame_at(0.0).index == 0
    assert media.frame_at(1.079).index == 1
    assert media.frame_at(99.0).index == COUNT - 1


def test_info_says_what_the_file_is(tmp_path: Path) -> None:
    path = make_numbered(tmp_path / "a.mp4")
    info = open_media(path).info
    assert (info.width, info.height, info.frame_count, info.rotation_deg) == (64, 48, COUNT, 0)
    assert (info.video_codec, info.audio_codec, info.has_audio, info.has_video) == ("h264", "aac", True, True)
    assert info.average_rate_hz == pytest.approx(25)
    assert info.duration_s == pytest.approx(2.4)
    assert info.size_bytes == path.stat().st_size
    assert info.sha256 == hashlib.sha256(path.read_bytes()).hexdigest() == content_sha256(path)


@pytest.mark.parametrize("rate", [Fraction(30000, 1001), Fraction(24000, 1001), Fraction(15), Fraction(60)])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_rounded_timestamps_are_no_variable_rate(tmp_path: Path, rate: Fraction, suffix: str) -> None:
    info = open_media(make_clip(tmp_path / f"a{suffix}", numbered_frames(50), rate=rate)).info
    assert not info.variable_rate
    assert info.average_rate_hz == pytest.approx(float(rate), rel=2e-3)


def test_one_dropped_frame_is_a_variable_rate(tmp_path: Path) -> None:
    times_s = [k / 25 for k in range(COUNT + 1) if k != 30]
    assert open_media(make_clip(tmp_path / "a.mp4", numbered_frames(COUNT), times_s=times_s)).info.variable_rate


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("rotation_deg", [0, 90, 180, 270])
def test_pictures_are_upright(tmp_path: Path, rotation_deg: int, mirrored: bool) -> None:
    stored = corner_frame()
    path = make_clip(tmp_path / "a.mp4", [stored] * 3, rotation_deg=rotation_deg, mirrored=mirrored)
    media = open_media(path)
    upright = np.rot90(stored[:, ::-1] if mirrored else stored, -rotation_deg // 90)
    shown = media.frame_at(0).rgb
    assert media.info.rotation_deg == rotation_deg
    assert (media.info.height, media.info.width) == upright.shape[:2] == shown.shape[:2]
    assert shown.flags.c_contiguous
    assert quarters(shown) == pytest.approx(quarters(upright), abs=12)


def quarters(rgb: Picture) -> list[float]:
    """Mean colours of the inside of the four quarters."""
    height, width = rgb.shape[:2]
    centres = [(y, x) for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]
    return [float(value) for y, x in centres for value in rgb[y - 4 : y + 4, x - 4 : x + 4].mean(axis=(0, 1))]


@pytest.mark.parametrize(("aspect", "size"), [((4, 3), (85, 48)), ((1, 2), (64, 96)), ((100, 1), (64, 48))])
def test_pixels_are_square(tmp_path: Path, aspect: tuple[int, int], size: tuple[int, int]) -> None:
    path = make_clip(tmp_path / "a.mp4", [corner_frame()] * 3, pixel_aspect=Fraction(*aspect))
    info = open_media(path).info
    assert (info.width, info.height) == size
    assert open_media(path).frame_at(0).rgb.shape == (size[1], size[0], 3)


@pytest.mark.parametrize(
    ("codec", "pixels"),
    [
        ("ffv1", "yuv422p10le"),
        ("ffv1", "gray"),
        ("ffv1", "gray16le"),
        ("ffv1", "yuva420p"),
        ("ffv1", "bgr0"),
        ("libx264", "yuv420p10le"),
        ("libx264", "yuv444p"),
        ("mjpeg", "yuvj420p"),
        ("prores_ks", "yuv422p10le"),
    ],
)
def test_pixel_formats_become_rgb(tmp_path: Path, codec: str, pixels: str) -> None:
    picture = photograph()[:240, 100:420]
    shown = open_media(make_clip(tmp_path / "a.mkv", [picture] * 2, codec=codec, pixels=pixels)).frame_at(0).rgb
    expected = picture.mean(axis=2) if "gray" in pixels else picture
    given = shown.mean(axis=2) if "gray" in pixels else shown
    assert shown.dtype == np.uint8
    assert np.abs(given - expected.astype(float)).mean() < 12


def test_a_palette_becomes_rgb(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.gif", [corner_frame()] * 3, pixels="rgb8")
    assert quarters(open_media(path).frame_at(0).rgb) == pytest.approx(quarters(corner_frame()), abs=40)


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (3, 5)])
def test_tiny_pictures_are_pictures(tmp_path: Path, size: tuple[int, int]) -> None:
    picture = np.full((size[1], size[0], 3), 200, np.uint8)
    frames, _ = read(make_clip(tmp_path / "a.mp4", [picture] * 3, pixels="yuv444p"))
    assert [frame.rgb.shape for frame in frames] == [picture.shape] * 3
    assert np.abs(frames[0].rgb.astype(int) - 200).max() < 8


def test_a_change_of_size_keeps_the_first_size(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=25, width=64, height=48, pix_fmt="yuvj420p")
        for index, width in enumerate((64, 128)):
            encoder = av.CodecContext.create("mjpeg", "w")
            encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = width, 48, "yuvj420p", Fraction(1, 25)
            picture = av.VideoFrame.from_ndarray(corner_frame(width, 48), "rgb24").reformat(format="yuvj420p")
            picture.pts, picture.time_base = index, Fraction(1, 25)
            for packet in encoder.encode(picture):
                packet.stream = stream
                container.mux(packet)
    frames, gaps = read(path)
    assert [frame.rgb.shape for frame in frames] == [(48, 64, 3)] * 2
    assert quarters(frames[1].rgb) == pytest.approx(quarters(corner_frame()), abs=15)
    assert gaps == []


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".avi"])
def test_a_truncated_file_gives_what_there_is(tmp_path: Path, suffix: str) -> None:
    path = truncate(make_numbered(tmp_path / f"a{suffix}"), 0.6)
    media = open_media(path)
    frames, gaps = read(path)
    assert 15 < len(frames) < 50
    assert [frame_number(frame.rgb) for frame in frames] == list(range(len(frames)))
    (gap,) = gaps
    assert gap.kind == "unreadable"
    assert gap.start_s == media.end_s == pytest.approx(len(frames) / 25)
    assert gap.end_s == media.info.duration_s == pytest.approx(2.4, abs=0.03)
    assert read(path, end_s=0.2)[1] == []
    assert read(path, start_s=2.0, end_s=2.1)[1] == [Gap("unreadable", 2.0, 2.1)]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
def test_a_corrupt_middle_is_skipped_and_told(tmp_path: Path, suffix: str) -> None:
    path = make_numbered(tmp_path / f"a{suffix}", sound_rate_hz=48000)
    clean, _ = read(path)
    media = open_media(corrupt(path, 0.4, 0.5))
    gaps: list[Gap] = []
    frames = list(media.frames(report=gaps.append))
    (gap,) = gaps
    assert gap.kind == "unreadable"
    assert 0.6 < gap.start_s < gap.end_s < 1.6
    assert not [frame.time_s for frame in frames if gap.start_s <= frame.time_s < gap.end_s]
    by_time = {frame.time_s: frame for frame in frames}
    behind = [frame for frame in clean if frame.time_s >= 2.0]
    assert all(np.array_equal(frame.rgb, by_time[frame.time_s].rgb) for frame in behind)


def test_a_still_picture_under_sound_is_no_gap(tmp_path: Path) -> None:
    times_s = [*(k / 25 for k in range(20)), *(2 + k / 25 for k in range(20))]
    path = make_clip(tmp_path / "a.mkv", numbered_frames(40), times_s=times_s, sound=tone(2.8))
    assert read(path)[1] == []


def test_the_frame_before_a_gap_stays_on_the_screen(tmp_path: Path) -> None:
    path = corrupt(make_numbered(tmp_path / "a.mp4"), 0.4, 0.5)
    gaps: list[Gap] = []
    media = open_media(path)
    frames = list(media.frames(report=gaps.append))
    shown = media.frame_at((gaps[0].start_s + gaps[0].end_s) / 2)
    assert shown.index == max(frame.index for frame in frames if frame.time_s < gaps[0].start_s)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.mp4", b""),
        ("text.mp4", b"this is not a video\n" * 50),
        ("text.txt", b"this is not a video\n" * 50),
        ("subtitles.srt", b"1\n00:00:01,000 --> 00:00:02,000\nhello\n"),
        ("list.m3u8", b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\na.mp4\n#EXT-X-ENDLIST\n"),
        ("noise.mp4", np.random.default_rng(0).bytes(20000)),
    ],
)
def test_what_is_no_media_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(MediaFormatError):
        open_media(tmp_path / name)


def test_a_playlist_opens_nothing_else(tmp_path: Path) -> None:
    make_numbered(tmp_path / "a.mp4")
    (tmp_path / "list.ffconcat").write_text("ffconcat version 1.0\nfile a.mp4\n")
    with pytest.raises(MediaFormatError):
        open_media(tmp_path / "list.ffconcat")


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(MediaNotFoundError):
        open_media(tmp_path / "absent.mp4")
    with pytest.raises(MediaNotFoundError):
        content_sha256(tmp_path / "absent.mp4")
    with pytest.raises(MediaFormatError, match="folder"):
        open_media(tmp_path)


def test_a_forbidden_file_is_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_numbered(tmp_path / "a.mp4")

    def refuse(self: Path, mode: str = "r") -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(MediaNotFoundError, match="may not"):
        open_media(path)


def test_a_video_without_frames_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        container.add_stream("ffv1", rate=25, width=64, height=48, pix_fmt="yuv420p")
        container.start_encoding()
    with pytest.raises(MediaFormatError):
        open_media(path)


def test_a_name_that_looks_like_an_address_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_numbered(tmp_path / "plain.mp4").rename(tmp_path / "http:clip 100%.mp4")
    assert open_media("http:clip 100%.mp4").info.frame_count == COUNT


def test_a_file_that_went_away_is_told(tmp_path: Path) -> None:
    path = make_numbered(tmp_path / "a.mp4")
    media = open_media(path)
    path.unlink()
    for work in (lambda: next(media.frames()), lambda: next(media.sound()), lambda: media.frame_at(0)):
        with pytest.raises(MediaVanishedError):
            work()


def big_clip(path: Path) -> Media:
    noise = np.random.default_rng(0)
    frames = [noise.integers(0, 256, (240, 320, 3), dtype=np.uint8) for _ in range(COUNT)]
    return open_media(make_clip(path, frames, codec="mjpeg", pixels="yuvj420p"))


def test_a_file_that_goes_away_while_it_is_read_is_told(tmp_path: Path) -> None:
    media = big_clip(tmp_path / "a.mkv")
    frames = media.frames()
    next(frames)
    truncate(media.path, 0.3)
    media.path.unlink()
    with pytest.raises(MediaVanishedError):
        list(frames)


def test_a_file_that_is_cut_while_it_is_read_is_told(tmp_path: Path) -> None:
    media = big_clip(tmp_path / "a.mkv")
    frames = media.frames()
    next(frames)
    truncate(media.path, 0.5)
    with pytest.raises(MediaVanishedError, match="changed while it was read"):
        list(frames)


def test_reading_stops_when_cancelled(tmp_path: Path) -> None:
    path = make_numbered(tmp_path / "a.mp4")
    media = open_media(path)
    for work in (
        lambda: open_media(path, cancelled=lambda: True),
        lambda: content_sha256(path, cancelled=lambda: True),
        lambda: next(media.frames(cancelled=lambda: True)),
        lambda: next(media.sound(cancelled=lambda: True)),
    ):
        with pytest.raises(CancelledError):
            work()


@pytest.mark.parametrize(("suffix", "codec"), [(".wav", "pcm_s16le"), (".mp3", "mp3"), (".m4a", "aac")])
def test_sound_alone_is_media(tmp_path: Path, suffix: str, codec: str) -> None:
    media = open_media(make_clip(tmp_path / f"a{suffix}", sound=np.stack([tone(2.4)] * 2)))
    assert (media.info.has_video, media.info.frame_count, media.info.audio_codec) == (False, 0, codec)
    assert media.info.duration_s == pytest.approx(2.4, abs=0.06)
    assert list(media.frames()) == []
    assert [second.second for second in media.sound()] == [0, 1, 2]
    with pytest.raises(MediaFormatError):
        media.frame_at(0)


def heard(media: Media, **range_s: float) -> np.ndarray:
    return np.concatenate([second.wave for second in media.sound(**range_s)])


@pytest.mark.parametrize("sound_rate_hz", [8000, 11025, 16000, 22050, 32000, 44100, 48000, 96000, 44056])
def test_sound_of_any_rate_keeps_its_place(tmp_path: Path, sound_rate_hz: int) -> None:
    path = make_clip(tmp_path / "a.wav", sound=tone(2.4, sound_rate_hz), sound_rate_hz=sound_rate_hz)
    seconds = list(open_media(path).sound())
    assert [(second.second, second.valid_samples) for second in seconds] == [(0, 22050), (1, 22050), (2, 8820)]
    assert all(second.wave.dtype == np.float32 and second.wave.shape == (SOUND_RATE_HZ,) for second in seconds)
    wave = np.concatenate([second.wave for second in seconds])
    assert np.abs(wave - np.pad(tone(2.4, SOUND_RATE_HZ), (0, 13230)))[200:52700].max() < 2e-3
    assert not wave[2 * SOUND_RATE_HZ + 8820 :].any()


@pytest.mark.parametrize("codec", ["pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le"])
def test_sound_of_any_sample_format_has_one_scale(tmp_path: Path, codec: str) -> None:
    path = make_clip(tmp_path / "a.wav", sound=tone(1.0), sound_codec=codec)
    assert np.abs(heard(open_media(path)) - tone(1.0, SOUND_RATE_HZ))[200:-200].max() < 0.012


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_mono_is_the_mean_of_the_channels(tmp_path: Path, channels: int) -> None:
    levels = np.linspace(0.1, 0.9, channels, dtype=np.float32)
    path = make_clip(tmp_path / "a.wav", sound=levels[:, None] * tone(1.0, level=0.9))
    expected = levels.mean() * tone(1.0, SOUND_RATE_HZ, level=0.9)
    assert np.abs(heard(open_media(path)) - expected)[200:-200].max() < 2e-3


@pytest.mark.parametrize("name", ["a.mp4", "a.webm", "a.mkv"])
def test_a_second_of_sound_does_not_depend_on_where_reading_began(tmp_path: Path, name: str) -> None:
    path = make_clip(tmp_path / name, numbered_frames(100), sound=speech_like(4.0, 48000), sound_rate_hz=48000)
    media = open_media(path)
    whole = {second.second: second for second in media.sound()}
    for start in range(4):
        part = list(media.sound(start + 0.4, start + 1.4))
        assert [second.second for second in part] == [k for k in (start, start + 1) if k in whole]
        assert all(np.array_equal(second.wave, whole[second.second].wave) for second in part)
        assert all(second.valid_samples == whole[second.second].valid_samples for second in part)


def test_sound_shorter_than_the_picture_ends_early(tmp_path: Path) -> None:
    media = open_media(make_clip(tmp_path / "a.mp4", numbered_frames(100), sound=tone(1.5)))
    assert media.sound_end_s == pytest.approx(1.5, abs=0.05)
    assert [second.second for second in media.sound()] == [0, 1]
    assert list(media.sound(2.0)) == []


def test_late_sound_is_in_its_place(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mkv", numbered_frames(100), sound=tone(2.0), sound_start_s=1.25)
    media = open_media(path)
    assert media.sound_start_s == pytest.approx(1.25, abs=0.03)
    seconds = list(media.sound())
    assert [second.second for second in seconds] == [1, 2, 3]
    loud = np.abs(seconds[0].wave) > 0.05
    assert int(np.argmax(loud)) / SOUND_RATE_HZ == pytest.approx(0.25, abs=0.03)
    assert loud[SOUND_RATE_HZ // 3 :].mean() > 0.8


def test_silence_is_sound(tmp_path: Path) -> None:
    media = open_media(make_clip(tmp_path / "a.mp4", numbered_frames(50), sound=np.zeros(88200, np.float32)))
    assert [second.second for second in media.sound()] == [0, 1]
    assert not heard(media).any()


def test_no_sound_is_none(tmp_path: Path) -> None:
    media = open_media(make_clip(tmp_path / "a.mp4", numbered_frames(20)))
    assert not media.info.has_audio
    assert (media.sound_start_s, media.sound_end_s, list(media.sound())) == (0.0, 0.0, [])


def test_corrupt_sound_is_silence_and_what_follows_keeps_its_place(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.m4a", sound=speech_like(6.0))
    clean = heard(open_media(path))
    damaged = heard(open_media(corrupt(path, 0.4, 0.5)))
    assert np.isfinite(damaged).all()
    assert len(damaged) == len(clean)
    behind = slice(int(4.2 * SOUND_RATE_HZ), int(5.8 * SOUND_RATE_HZ))
    assert np.abs(clean[behind] - damaged[behind]).max() < 0.02
    assert np.abs(clean - damaged).max() > 0.1


def test_cover_art_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    with av.open(str(path), "w") as container:
        sound = container.add_stream("libmp3lame", rate=44100, layout="mono")
        cover = container.add_stream("mjpeg", rate=1, width=64, height=48, pix_fmt="yuvj420p")
        cover.disposition = av.stream.Disposition.attached_pic
        container.mux(cover.encode(av.VideoFrame.from_ndarray(corner_frame(), "rgb24").reformat(format="yuvj420p")))
        frame = av.AudioFrame.from_ndarray(tone(0.5)[None], "fltp", "mono")
        frame.sample_rate = 44100
        container.mux(sound.encode(frame))
        container.mux(sound.encode())
    info = open_media(path).info
    assert not info.has_video
    assert info.has_audio


@pytest.mark.data
def test_example_clips_are_read_as_a_plain_decoder_reads_them(example_data: Path) -> None:
    for name in ("face_noface.mov", "no_face.mp4", "no_duration.webm", "grid_speech.mpg", "single_face.mp4"):
        media = open_media(example_data / "clips" / name)
        gaps: list[Gap] = []
        times_s = [frame.time_s for frame in media.frames(report=gaps.append)]
        assert times_s == media.times_s.tolist() == decoded_times_s(media.path)
        assert gaps == []
        assert math.isfinite(media.info.duration_s)


@pytest.mark.parametrize("name", KINDS)
def test_a_reader_gives_the_same_pictures_from_anywhere(tmp_path: Path, name: str) -> None:
    media = open_media(make_numbered(tmp_path / name, **KINDS[name]))
    reader, reformatter = PictureReader(media), VideoReformatter()
    for wanted in (40, 0, COUNT - 1, 17, 18):
        picture = next(picture for picture in reader.pictures(wanted) if picture.index >= wanted)
        assert picture.index == wanted
        assert picture.time_s == media.times_s[wanted]
        assert np.array_equal(picture.pixels(reformatter), media.frame_at(picture.time_s + 1e-4).rgb)
    reader.close()
    assert [picture.index for picture in reader.pictures(50)][-1] == COUNT - 1
    reader.close()


def test_a_reader_tells_that_the_file_went_away(tmp_path: Path) -> None:
    media = open_media(make_numbered(tmp_path / "gone.mp4"))
    reader = PictureReader(media)
    assert next(reader.pictures(0)).index == 0
    media.check_still_there()
    media.path.unlink()
    with pytest.raises(MediaVanishedError, match="went away"):
        next(reader.pictures(0))
    with pytest.raises(MediaVanishedError, match="went away"):
        media.check_still_there()
    reader.close()


def test_a_reader_is_stopped(tmp_path: Path) -> None:
    reader = PictureReader(open_media(make_numbered(tmp_path / "plain.mp4")))
    with pytest.raises(CancelledError):
        next(reader.pictures(30, lambda: True))
    reader.close()


@pytest.mark.parametrize("rotation_deg", [0, 90, 180, 270])
@pytest.mark.parametrize("mirrored", [False, True])
def test_reduced_pictures_are_upright(tmp_path: Path, rotation_deg: int, mirrored: bool) -> None:
    path = make_clip(tmp_path / "turned.mp4", [corner_frame(96, 64)] * 3, rotation_deg=rotation_deg, mirrored=mirrored)
    media, reformatter = open_media(path), VideoReformatter()
    for picture in (first_picture(path), next(PictureReader(media).pictures(0))):
        assert picture is not None
        assert (picture.width, picture.height) == (media.info.width, media.info.height)
        reduced = picture.reduced(48, reformatter)
        assert max(reduced.width, reduced.height) == 48
        assert reduced.size_bytes == 48 * 32 * 3 // 2
        seen, whole = reduced.pixels(reformatter).astype(int), media.frame_at(0.0).rgb
        assert seen.shape == (reduced.height, reduced.width, 3)
        assert np.abs(seen - whole[::2, ::2]).mean() < 8
        assert np.abs(reduced.pixels(reformatter, "bgra")[..., 2::-1] - seen).mean() < 2


@pytest.mark.parametrize("pixels", ["yuv420p", "yuvj420p", "yuv422p", "yuv444p", "yuv420p10le"])
def test_reduced_pictures_have_the_same_colours(tmp_path: Path, pixels: str) -> None:
    path = make_clip(tmp_path / "colours.mp4", [photograph()] * 2, pixels=pixels)
    media, reformatter = open_media(path), VideoReformatter()
    whole = media.frame_at(0.0).rgb.astype(int)
    reduced = next(PictureReader(media).pictures(0)).reduced(256, reformatter)
    quarters = whole.reshape(256, 2, 256, 2, 3).mean(axis=(1, 3))
    off = reduced.pixels(reformatter).astype(int) - quarters
    assert np.abs(off).mean() < 4
    assert np.abs(off.mean(axis=(0, 1))).max() < 1.5


def test_wide_pixels_are_reduced_in_shape(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "wide.mp4", numbered_frames(3), pixel_aspect=Fraction(2))
    picture = next(PictureReader(open_media(path)).pictures(0))
    assert (picture.width, picture.height) == (128, 48)
    reduced = picture.reduced(64, VideoReformatter())
    assert (reduced.width, reduced.height) == (64, 24)


def test_small_pictures_are_not_enlarged(tmp_path: Path) -> None:
    picture = next(PictureReader(open_media(make_numbered(tmp_path / "plain.mp4"))).pictures(0))
    assert picture.reduced(5000, VideoReformatter()) is picture


@pytest.mark.parametrize("name", ["plain.mp4", "late.mp4", "vp9.webm", "transport.ts", "mpeg4.avi"])
def test_the_first_picture_needs_no_index(tmp_path: Path, name: str) -> None:
    path = make_numbered(tmp_path / name, **KINDS[name])
    picture, media = first_picture(path), open_media(path)
    assert picture is not None
    assert picture.time_s == pytest.approx(media.times_s[0])
    assert frame_number(picture.pixels(VideoReformatter())) == 0


def test_there_is_no_first_picture_of_what_has_none(tmp_path: Path) -> None:
    assert first_picture(tmp_path / "absent.mp4") is None
    (tmp_path / "text.mp4").write_text("not a video")
    assert first_picture(tmp_path / "text.mp4") is None
    assert first_picture(make_clip(tmp_path / "voice.wav", sound=tone(0.5))) is None


@pytest.mark.parametrize("name", ["plain.mp4", "late.mp4", "transport.ts", "plain.mkv", "mpeg4.avi"])
def test_sound_is_heard_from_a_little_before(tmp_path: Path, name: str) -> None:
    media = open_media(make_numbered(tmp_path / name, **KINDS[name]))
    times_s = [at_s for at_s, _ in media.sound_frames()]
    assert times_s[0] == pytest.approx(media.sound_start_s, abs=0.06)
    assert times_s == sorted(times_s)
    late = next(at_s for at_s, _ in media.sound_frames(2.0))
    assert late <= 2.0
    frames = [frame for at_s, frame in media.sound_frames(2.0) if at_s >= 2.0]
    assert sum(frame.samples for frame in frames) / frames[0].sample_rate == pytest.approx(
        media.sound_end_s - 2.0, abs=0.06
    )


def test_without_sound_there_are_no_sound_frames(tmp_path: Path) -> None:
    assert list(open_media(make_clip(tmp_path / "silent.mp4", numbered_frames(3))).sound_frames()) == []
