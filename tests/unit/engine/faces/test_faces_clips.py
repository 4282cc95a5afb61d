"""Detector, tracker and linking on real clips: who is there, and when."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from engine.faces.detector import FaceDetector
from engine.faces.persons import link_persons
from engine.faces.tracks import FaceTracker
from engine.values import FaceTrack, Frame


def frames(path: Path, until_s: float) -> Iterator[Frame]:
    with av.open(str(path)) as container:
        for index, picture in enumerate(container.decode(video=0)):
            time_s = float(picture.pts * picture.time_base)
            if time_s >= until_s:
                return
            yield Frame(index, time_s, picture.to_ndarray(format="rgb24"))


def tracks_of(pictures: Iterator[Frame]) -> tuple[FaceTrack, ...]:
    tracker = FaceTracker(FaceDetector())
    for picture in pictures:
        tracker.push(picture, False)
    tracker.finish()
    return tracker.tracks()


def test_a_moving_portrait_is_one_person_to_the_frame():
    """The astronaut slides through twelve frames and is gone for the last eight."""
    astronaut = pytest.importorskip("skimage.data").astronaut()[:300, 60:360]

    def scene() -> Iterator[Frame]:
        for index in range(20):
            rgb = np.full((300, 420, 3), 128, np.uint8)
            if index < 12:
                rgb[:, 5 * index : 5 * index + 300] = astronaut
            yield Frame(index, index / 25, rgb)

    (track,) = tracks_of(scene())
    assert track.frame_index.tolist() == list(range(12))
    assert np.diff(track.box[:, 0]).mean() == pytest.approx(5, abs=0.7)


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "start_s", "end_s", "until_s"),
    [
        ("WolfgangLanger_Pexels.mp4", 0, 9.5, 9.5),  # a hand over the face from 3 s to 9 s
        ("single_face.mp4", 0, 2.4, 9),
        ("face_noface.mov", 0, 2.4, 4),
        ("grid_speech.mpg", 0, 3.0, 9),
        ("talk_d3.mp4", 0, 2.0, 2),
        ("talk_d6.mp4", 0, 2.0, 2),
        ("talk_d18.mp4", 0, 2.0, 2),
        ("talk_d19.mp4", 0, 2.0, 2),
    ],
)
def test_one_person(example_data, name, start_s, end_s, until_s):
    tracks = tracks_of(frames(example_data / "clips" / name, until_s))
    assert len(link_persons(tracks)) == 1
    assert tracks[0].time_s[0] == pytest.approx(start_s, abs=0.05)
    assert tracks[-1].time_s[-1] == pytest.approx(end_s, abs=0.06)


@pytest.mark.data
@pytest.mark.parametrize("name", ["no_face.mp4", "no_duration.webm"])
def test_nobody(example_data, name):
    assert tracks_of(frames(example_data / "clips" / name, 9)) == ()


@pytest.mark.data
def test_a_crowd(example_data):
    """Five faces can be made out in the first second, of 60 to 130 pixels."""
    assert 4 <= len(link_persons(tracks_of(frames(example_data / "clips" / "crowd_1080p.mp4", 1.2)))) <= 7
