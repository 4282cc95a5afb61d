"""Upright pictures with square pixels and true colours."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import VideoReformatter

from engine.media import PictureReader, first_picture, open_media
from tests.media import corner_frame, make_clip, numbered_frames, photograph
from tests.unit.engine.media.clips import make_numbered, quarters, read


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


@pytest.mark.parametrize("width", [208, 209, 210, 211, 212, 213])
@pytest.mark.parametrize("rotation_deg", [0, 90])
def test_pictures_for_the_screen_are_whole(tmp_path: Path, width: int, rotation_deg: int) -> None:
    stored = np.full((118, width, 3), 240, np.uint8)
    path = make_clip(
        tmp_path / "a.mp4", [stored] * 2, rotation_deg=rotation_deg, codec_options={"qp": "1"}, pixels="yuv444p"
    )
    reformatter = VideoReformatter()
    picture = next(PictureReader(open_media(path)).pictures(0)).reduced(max(118, width), reformatter)
    for _ in range(3):
        shown = picture.pixels(reformatter, "bgra")
        assert shown.shape == (picture.height, picture.width, 4)
        assert np.abs(shown[..., :3].astype(int) - 240).max() < 8
        assert (shown[..., 3] == 255).all()
