import numpy as np

from app.timeline.partial import PartialResults
from engine.values import BranchName, Part, Track
from tests.analyses import probabilities


def part(branch: BranchName, track: int | None, start_s: float, count: int, step_s: float = 0.04) -> Part:
    times_s = start_s + np.arange(count) * step_s
    ends_s = times_s if branch == "frame" else times_s + step_s
    return Part(branch, track, Track(times_s, ends_s, probabilities(count, count)))


def test_nothing_has_been_said_at_first() -> None:
    parts = PartialResults()
    assert not parts
    assert parts.shown_tracks() == ()
    assert len(parts.frames()) == len(parts.slices()) == len(parts.seconds()) == 0


def test_of_two_faces_at_once_the_one_seen_more_is_shown() -> None:
    parts = PartialResults()
    parts.append(part("frame", 0, 0.0, 10))
    parts.append(part("frame", 1, 0.0, 25))
    assert parts.shown_tracks() == (1,)
    assert len(parts.frames()) == 25


def test_tracks_of_later_shots_join_those_shown() -> None:
    parts = PartialResults()
    parts.append(part("frame", 2, 10.0, 50))
    parts.append(part("frame", 0, 0.0, 20))
    parts.append(part("frame", 1, 0.2, 5))
    assert parts.shown_tracks() == (0, 2)
    frames = parts.frames()
    assert len(frames) == 70
    assert (np.diff(frames.start_s) > 0).all()


def test_rows_that_come_in_pieces_are_put_together() -> None:
    parts = PartialResults()
    parts.append(part("frame", 0, 0.0, 10))
    parts.append(part("frame", 0, 0.4, 10))
    parts.append(part("slice", 0, 0.0, 1, 0.64))
    parts.append(part("slice", 7, 0.0, 1, 0.64))
    parts.append(part("audio", None, 0.0, 3, 1.0))
    assert parts
    np.testing.assert_allclose(parts.frames().start_s, np.arange(20) * 0.04)
    assert len(parts.slices()) == 1
    assert parts.seconds().end_s.tolist() == [1.0, 2.0, 3.0]


def test_an_analysis_that_begins_anew_takes_the_place_of_what_was_told() -> None:
    parts = PartialResults()
    for start_s in (0.0, 0.12, 0.0):
        parts.append(part("frame", 0, start_s, 3))
    assert parts.frames().start_s.tolist() == [0.0, 0.04, 0.08]
