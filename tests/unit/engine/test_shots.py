"""Where shots are cut."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import permutations
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.media import open_media
from engine.shots import CutDetector
from tests.media import Picture, cut_frames, face_frames, photograph

PHOTOGRAPHS = ("astronaut", "coffee", "chelsea", "rocket")


def cuts(frames: Iterable[Picture]) -> list[int]:
    detector = CutDetector()
    return [index for index, rgb in enumerate(frames) if detector.is_cut(rgb)]


@lru_cache
def _large(name: str) -> Picture:
    return np.asarray(cv2.resize(photograph(name), (960, 720)), np.uint8)


def view(name: str, left_px: float = 0, width: int = 320, height: int = 180) -> Picture:
    """A window on a photograph, 960 pixels wide, `left_px` from its left."""
    picture = _large(name)
    left = int(np.clip(left_px, 0, 960 - width))
    return np.ascontiguousarray(picture[200 : 200 + height, left : left + width])


@pytest.mark.parametrize("cut_at", [1, 5, 25])
def test_a_cut_between_alike_faces_is_found_at_its_frame(cut_at: int) -> None:
    assert cuts(cut_frames(50, cut_at)) == [cut_at]


def test_a_cut_to_a_closer_view_of_the_same_face_is_found() -> None:
    assert cuts(face_frames(20) + face_frames(20, face_px=200)) == [20]


@pytest.mark.parametrize(("before", "after"), list(permutations(PHOTOGRAPHS, 2)))
def test_cuts_between_moving_pictures_are_found(before: str, after: str) -> None:
    frames = [view(before, 100 + 6 * k) for k in range(15)] + [view(after, 100 + 6 * k) for k in range(15)]
    assert cuts(frames) == [15]


def test_a_cut_between_pictures_of_one_colour_is_found() -> None:
    toned = [np.uint8(view(name, 200) * 0.2 + 90) for name in ("coffee", "chelsea")]
    assert cuts([toned[0]] * 10 + [toned[1]] * 10) == [10]


def test_cuts_in_quick_succession_are_found() -> None:
    frames = [view(name, 200) for name in PHOTOGRAPHS for _ in range(2)]
    assert cuts(frames) == [2, 4, 6]


@pytest.mark.parametrize("name", PHOTOGRAPHS)
@pytest.mark.parametrize("speed_px", [3, 10, 25])
def test_a_pan_is_no_cut(name: str, speed_px: int) -> None:
    still = [view(name, 0)] * 10
    assert cuts(still + [view(name, speed_px * k) for k in range(640 // speed_px)]) == []


def test_motion_of_a_face_is_no_cut() -> None:
    assert cuts(face_frames(60, sway_px=60, period=20)) == []


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_a_flash_is_no_cut(name: str) -> None:
    picture = view(name, 200)
    flash = np.uint8(np.clip(picture * 1.6 + 30, 0, 255))
    assert cuts([picture] * 8 + [flash] + [picture] * 8) == []


def test_noise_is_no_cut() -> None:
    noise = np.random.default_rng(0)
    frames = [np.uint8(np.clip(view("coffee", 200) + noise.normal(0, 25, (180, 320, 3)), 0, 255)) for _ in range(15)]
    assert cuts(frames) == []


def test_black_and_still_pictures_are_no_cut() -> None:
    assert cuts([np.zeros((90, 160, 3), np.uint8)] * 10) == []
    assert cuts([view("rocket")] * 10) == []


def test_a_black_frame_is_a_shot_of_its_own() -> None:
    black = np.zeros_like(view("coffee"))
    assert cuts([view("coffee")] * 5 + [black] + [view("chelsea")] * 5) == [5, 6]


def test_reading_may_begin_at_a_cut() -> None:
    frames = cut_frames(40, 15) + [view("coffee", 6 * k, 320, 240) for k in range(30)]
    whole = cuts(frames)
    assert whole == [15, 40]
    for first in whole:
        assert [first + cut for cut in cuts(frames[first:])] == [cut for cut in whole if cut > first]


def test_reset_forgets() -> None:
    detector = CutDetector()
    assert not detector.is_cut(view("coffee"))
    detector.reset()
    assert not detector.is_cut(view("chelsea"))
    assert detector.is_cut(view("coffee"))


@pytest.mark.parametrize("size", [(1, 1), (2, 7), (1080, 1920)])
def test_any_size_will_do(size: tuple[int, int]) -> None:
    dark, bright = (np.full((*size, 3), level, np.uint8) for level in (20, 230))
    assert cuts([dark, dark]) == []
    assert len(cuts([dark, bright])) <= 1


@pytest.mark.data
def test_example_clips_have_the_cuts_one_sees(example_data: Path) -> None:
    expected = {"face_noface.mov": [72, 73], "grid_speech.mpg": [], "crowd_1080p.mp4": [], "single_face.mp4": []}
    for name, seen in expected.items():
        media = open_media(example_data / "clips" / name)
        assert cuts(frame.rgb for frame in media.frames()) == seen
