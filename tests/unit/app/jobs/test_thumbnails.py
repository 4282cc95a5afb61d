"""Thumbnails of videos and faces: which moment, which part, and that they are made once."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QImage

from app import places
from app.jobs import thumbnails
from app.jobs.thumbnails import best_row, face_square, face_thumbnail, video_thumbnail
from engine.errors import CancelledError, MediaNotFoundError
from engine.values import FrameTrack
from tests.analyses import person, probabilities
from tests.media import make_clip

SHA = "ab" * 32


def scene(brightness: int) -> np.ndarray:
    """Stripes, so that it is not of one colour."""
    picture = np.full((90, 160, 3), brightness, np.uint8)
    picture[:, ::16] = brightness // 2
    return picture


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds; black to 1 s, then bright on the left and dark on the right."""
    lit = scene(200)
    lit[:, 80:] = 60
    path = tmp_path_factory.mktemp("thumbnails") / "clip.mp4"
    return make_clip(path, [np.zeros((90, 160, 3), np.uint8)] * 25 + [lit] * 75)


def pixel(image: QImage, x: int, y: int) -> int:
    return image.pixelColor(x, y).lightness()


def test_a_video_is_shown_by_a_frame_that_is_not_black(clip: Path) -> None:
    (image,) = video_thumbnail(clip, SHA)
    assert image is not None
    assert (image.width(), image.height()) == (320, 180)
    assert pixel(image, 45, 90) > 150
    assert pixel(image, 250, 90) < 100


def test_a_black_video_is_shown_as_it_is(tmp_path: Path) -> None:
    black = make_clip(tmp_path / "black.mp4", [np.zeros((90, 160, 3), np.uint8)] * 10)
    (image,) = video_thumbnail(black, SHA)
    assert image is not None
    assert pixel(image, 10, 10) < 30


def test_sound_alone_has_none(tmp_path: Path) -> None:
    sound = make_clip(tmp_path / "sound.wav", sound=np.zeros(22050, np.float32))
    assert list(video_thumbnail(sound, SHA)) == [None]


def test_thumbnails_are_kept_by_content(clip: Path, tmp_path: Path) -> None:
    (made,) = video_thumbnail(clip, SHA)
    (kept,) = video_thumbnail(tmp_path / "gone.mp4", SHA)
    assert kept == made
    assert [file.suffix for file in (places.pictures() / SHA).iterdir()] == [".png"]


def test_a_damaged_thumbnail_is_made_again(clip: Path) -> None:
    (made,) = video_thumbnail(clip, SHA)
    (file,) = (places.pictures() / SHA).iterdir()
    file.write_bytes(b"")
    (again,) = video_thumbnail(clip, SHA)
    assert again == made
    assert file.stat().st_size > 0


def test_where_nothing_can_be_kept_they_are_made_all_the_same(clip: Path) -> None:
    places.pictures().parent.mkdir(parents=True, exist_ok=True)
    places.pictures().write_text("a file where the folder should be", encoding="utf-8")
    assert next(video_thumbnail(clip, SHA)) is not None


def test_a_video_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(MediaNotFoundError):
        next(video_thumbnail(tmp_path / "nothing.mp4", SHA))


def test_one_that_is_no_longer_wanted_is_not_decoded(clip: Path) -> None:
    with pytest.raises(CancelledError):
        next(video_thumbnail(clip, SHA, lambda: True))


def frames(boxes: list[tuple[float, float, float, float]], scores: list[float], detected: list[bool]) -> FrameTrack:
    count = len(boxes)
    return FrameTrack(1 + np.arange(count) / 25, boxes, scores, detected, probabilities(count))


def test_a_face_is_taken_where_it_is_large_and_sure_and_really_seen() -> None:
    boxes = [(0.0, 0.0, 20.0, 20.0), (0.0, 0.0, 40.0, 40.0), (0.0, 0.0, 50.0, 50.0), (0.0, 0.0, 60.0, 60.0)]
    made = replace(person(), frames=frames(boxes, [1.0, 0.99, 0.5, 1.0], [True, True, True, False]))
    assert best_row(made) == 1
    carried = replace(made, frames=frames(boxes, [1.0, 0.99, 0.5, 1.0], [False] * 4))
    assert best_row(carried) == 3


def test_nobody_has_no_face(clip: Path) -> None:
    unseen = replace(person(), frames=FrameTrack([], np.zeros((0, 4)), [], [], probabilities(0)))
    assert best_row(unseen) is None
    assert list(face_thumbnail(clip, SHA, unseen)) == [None]


def test_a_face_is_a_square_of_its_surroundings(clip: Path) -> None:
    seen = replace(person(), frames=frames([(20.0, 30.0, 24.0, 30.0)], [1.0], [True]))
    (image,) = face_thumbnail(clip, SHA, seen)
    assert image is not None
    assert (image.width(), image.height()) == (128, 128)
    assert pixel(image, 64, 64) > 150
    (kept,) = face_thumbnail(Path("gone.mp4"), SHA, seen)
    assert kept == image


def test_at_the_edge_of_the_picture_its_edge_goes_on() -> None:
    picture = np.arange(100, dtype=np.uint8).reshape(10, 10)[..., None].repeat(3, 2)
    crop = face_square(picture, np.array([-2, -2, 4, 4], np.float32), margin=0.0)
    assert crop.shape == (4, 4, 3)
    assert crop[..., 0].tolist() == [[0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 1], [10, 10, 10, 11]]


def test_many_faces_of_one_video_read_it_once(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Path] = []
    real = thumbnails.open_media
    monkeypatch.setattr(thumbnails, "open_media", lambda path: opened.append(path) or real(path))
    thumbnails._opened.cache_clear()
    for x in (10.0, 20.0, 30.0):
        list(face_thumbnail(clip, SHA, replace(person(), frames=frames([(x, 30.0, 24.0, 30.0)], [1.0], [True]))))
    assert opened == [clip]
