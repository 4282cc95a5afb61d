"""The tracker, fed by a detector that follows a script instead of looking."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.faces.detections import Detections
from engine.faces.tracks import CARRY_S, FaceTracker
from engine.values import Frame

RATE_HZ = 25
ROOT = Path(__file__).parents[4]


def box(x, y=40.0, side=20.0):
    return (float(x), float(y), float(side), float(side) * 1.2)


class Script:
    """`faces[i]` are the (box, score) seen in frame i; a frame's index is written into its first two pixels."""

    def __init__(self, faces):
        self.faces = faces
        self.looked_at = []
        self.most_at_once = 0

    def detect(self, frames):
        self.most_at_once = max(self.most_at_once, len(frames))
        found = []
        for rgb in frames:
            index = int(rgb[0, 0, 0]) + 256 * int(rgb[0, 1, 0])
            self.looked_at.append(index)
            seen = self.faces.get(index, [])
            boxes = np.array([item[0] for item in seen], np.float32).reshape(-1, 4)
            found.append(Detections(boxes, np.array([item[1] for item in seen], np.float32)))
        return found


def frame(index, time_s=None):
    rgb = np.full((100, 200, 3), 60, np.uint8)
    rgb[0, 0], rgb[0, 1] = index % 256, index // 256
    return Frame(index, index / RATE_HZ if time_s is None else time_s, rgb)


def follow(faces, count, cuts=(), start=0, **options):
    script = Script(faces)
    tracker = FaceTracker(script, **options)
    settled = [item for index in range(start, start + count) for item in tracker.push(frame(index), index in cuts)]
    settled += tracker.finish()
    return script, tracker, settled


def steady(first, last, at=lambda i: box(50 + i), score=0.99):
    return {index: [(at(index), score)] for index in range(first, last)}


def test_every_frame_is_settled_once_in_order_with_its_shot():
    _, _, settled = follow({}, 23, cuts=(9,))
    assert [item.frame.index for item in settled] == list(range(23))
    assert [item.shot for item in settled] == [0] * 9 + [1] * 14
    assert [item.frame.index for item in settled if item.cut] == [9]
    assert not any(item.faces for item in settled)


def test_a_steady_face_is_looked_for_in_every_fifth_frame_and_the_last():
    script, tracker, settled = follow(steady(0, 23), 23)
    assert script.looked_at == [0, 5, 10, 15, 20, 22]
    (track,) = tracker.tracks()
    assert track.frame_index.tolist() == list(range(23))
    assert track.time_s.tolist() == [index / RATE_HZ for index in range(23)]
    assert np.flatnonzero(track.detected).tolist() == script.looked_at
    np.testing.assert_allclose(track.box[:, 0], 50 + np.arange(23), atol=1e-4)
    assert [face.detected for item in settled for face in item.faces] == track.detected.tolist()
    assert np.linalg.norm(track.descriptor) == pytest.approx(1, abs=1e-5)


def test_boxes_between_follow_time_not_frame_count():
    script = Script(steady(0, 11, at=lambda i: box(50 + 2 * i)))
    tracker = FaceTracker(script)
    times = [0, 0.01, 0.02, 0.03, 0.04, 0.2, 0.24, 0.28, 0.32, 0.36, 0.4]
    for index, time_s in enumerate(times):
        tracker.push(frame(index, time_s), False)
    tracker.finish()
    np.testing.assert_allclose(tracker.tracks()[0].box[:6, 0], 50 + np.array(times[:6]) * 50, atol=1e-4)


def test_no_more_than_a_group_is_held():
    tracker = FaceTracker(Script(steady(0, 40)), every=5)
    waiting = 0
    for index in range(40):
        waiting += 1 - len(tracker.push(frame(index), False))
        assert waiting <= 4
    assert len(tracker.finish()) == waiting


@pytest.mark.parametrize("start", range(5, 11))
@pytest.mark.parametrize("end", range(20, 26))
def test_start_and_end_are_exact(start, end):
    _, tracker, settled = follow(steady(start, end), 60)
    (track,) = tracker.tracks()
    assert (track.frame_index[0], track.frame_index[-1]) == (start, end - 1)
    assert next(item.frame.index for item in settled if item.faces) == start


def test_a_short_miss_is_bridged_by_a_box_that_stands_still():
    faces = steady(0, 20) | steady(28, 60, at=lambda i: box(50 + i))
    _, tracker, _ = follow(faces, 60)
    (track,) = tracker.tracks()
    assert track.frame_index.tolist() == list(range(60))
    assert not track.detected[20:28].any()
    assert (track.box[20:28] == track.box[19]).all()
    assert track.detected[28]


def test_a_face_that_stays_away_ends_at_its_last_detection():
    _, tracker, settled = follow(steady(0, 20), 60)
    (track,) = tracker.tracks()
    assert track.time_s[-1] == 19 / RATE_HZ
    carried = [item.frame.time_s for item in settled for face in item.faces if item.frame.index > 19]
    assert carried[0] == 20 / RATE_HZ
    assert carried[-1] - track.time_s[-1] == pytest.approx(CARRY_S, abs=1 / RATE_HZ)


def test_a_face_that_comes_back_too_late_or_elsewhere_is_another_track():
    late = steady(0, 20) | steady(40, 60)
    elsewhere = steady(0, 20, at=lambda i: box(30)) | steady(25, 60, at=lambda i: box(150))
    assert [len(follow(faces, 60)[1].tracks()) for faces in (late, elsewhere)] == [2, 2]


def test_two_faces_that_pass_one_another_keep_their_tracks():
    faces = {i: [(box(20 + 2 * i, y=30), 0.99), (box(150 - 2 * i, y=60), 0.98)] for i in range(60)}
    for index in range(1, 60, 2):
        faces[index].reverse()
    _, tracker, _ = follow(faces, 60)
    left, right = tracker.tracks()
    np.testing.assert_allclose(left.box[:, 0], 20 + 2 * np.arange(60), atol=1e-3)
    np.testing.assert_allclose(right.box[:, 0], 150 - 2 * np.arange(60), atol=1e-3)


def test_a_second_face_is_found_without_disturbing_the_first():
    faces = steady(0, 40, at=lambda i: box(30))
    for index in range(17, 33):
        faces[index] = [*faces[index], (box(140), 0.99)]
    script, tracker, _ = follow(faces, 40)
    first, second = tracker.tracks()
    assert len(first.time_s) == 40
    assert (second.frame_index[0], second.frame_index[-1]) == (17, 32)
    assert set(range(16, 20)) | set(range(31, 35)) <= set(script.looked_at)


def test_a_track_never_crosses_a_cut():
    script, tracker, _ = follow(steady(0, 40, at=lambda i: box(50)), 40, cuts=(17,))
    first, second = tracker.tracks()
    assert (first.shot, second.shot) == (0, 1)
    assert first.frame_index.tolist() == list(range(17))
    assert second.frame_index.tolist() == list(range(17, 40))
    assert script.looked_at == [0, 5, 10, 15, 16, 17, 22, 27, 32, 37, 39]


def test_a_shot_alone_gives_the_same_numbers():
    faces = steady(0, 60, at=lambda i: box(50 + 0.37 * i))
    whole = follow(faces, 60, cuts=(21,))[1].tracks()[1]
    alone = follow(faces, 39, cuts=(21,), start=21)[1].tracks()[0]
    for name in ("frame_index", "time_s", "box", "score", "detected", "descriptor"):
        assert np.array_equal(getattr(whole, name), getattr(alone, name)), name


@pytest.mark.parametrize(
    "faces",
    [
        steady(7, 9),
        {index: [(box(50), 0.99)] for index in (5, 8)},
        steady(0, 40, score=0.85),
        {**steady(0, 1, score=0.95), **steady(1, 40, score=0.75)},
    ],
    ids=["two frames", "flicker", "too unsure to start", "unsure on average"],
)
def test_noise_is_no_track(faces):
    assert follow(faces, 40)[1].tracks() == ()


def test_an_unsure_detection_goes_on_with_a_track():
    faces = steady(0, 20) | steady(20, 26, score=0.8) | steady(26, 40)
    (track,) = follow(faces, 40)[1].tracks()
    assert len(track.time_s) == 40
    assert track.score[track.frame_index == 25] == pytest.approx(0.8)


def test_short_shots_and_no_frames():
    assert FaceTracker(Script({})).finish() == []
    _, tracker, settled = follow(steady(0, 1), 1)
    assert [len(item.faces) for item in settled] == [1]
    assert tracker.tracks() == ()


def test_equal_times_do_no_harm():
    tracker = FaceTracker(Script(steady(0, 12)))
    for index in range(12):
        tracker.push(frame(index, time_s=0.0 if index < 6 else index / RATE_HZ), False)
    tracker.finish()
    assert np.isfinite(tracker.tracks()[0].box).all()


def test_a_box_of_no_size_does_no_harm():
    faces = {index: [((50.0, 40.0, 0.0, 0.0), 0.99)] for index in range(20)}
    assert follow(faces, 20)[1].tracks() == ()


def test_neither_tracks_nor_persons_need_torch():
    code = "import sys, engine.faces.tracks, engine.faces.persons, engine.faces.crops; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_at_most_a_group_goes_to_the_detector_at_once():
    script, _, _ = follow(steady(12, 33), 60)
    assert script.most_at_once == 4
