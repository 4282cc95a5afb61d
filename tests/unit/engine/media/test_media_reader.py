"""A reader that looks at pictures here and there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from av.video.reformatter import VideoReformatter

from engine.errors import CancelledError, MediaVanishedError
from engine.media import PictureReader, open_media
from tests.unit.engine.media.clips import COUNT, KINDS, make_numbered


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
