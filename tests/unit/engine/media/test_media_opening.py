"""Opening a file: what it is, and what is refused."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from engine.errors import MediaFormatError, MediaNotFoundError
from engine.media import content_sha256, open_media
from tests.media import corner_frame, make_clip, numbered_frames, tone
from tests.unit.engine.media.clips import COUNT, make_numbered


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


@pytest.mark.parametrize(("suffix", "codec"), [(".wav", "pcm_s16le"), (".mp3", "mp3"), (".m4a", "aac")])
def test_sound_alone_is_media(tmp_path: Path, suffix: str, codec: str) -> None:
    media = open_media(make_clip(tmp_path / f"a{suffix}", sound=np.stack([tone(2.4)] * 2)))
    assert (media.info.has_video, media.info.frame_count, media.info.audio_codec) == (False, 0, codec)
    assert media.info.duration_s == pytest.approx(2.4, abs=0.06)
    assert list(media.frames()) == []
    assert [second.second for second in media.sound()] == [0, 1, 2]
    with pytest.raises(MediaFormatError):
        media.frame_at(0)


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
