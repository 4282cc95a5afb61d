"""The first picture of a video."""

from __future__ import annotations

from pathlib import Path

import pytest
from av.video.reformatter import VideoReformatter

from engine.media import first_picture, open_media
from tests.media import frame_number, make_clip, tone
from tests.unit.engine.media.clips import KINDS, make_numbered


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
