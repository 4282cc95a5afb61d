"""Where to go next."""

import numpy as np

from app.session.navigation import at_frames, next_start, previous_start, segment_at, stretches, uncertain_starts
from tests.analyses import segment


def test_next_and_previous_leave_the_place_where_one_is() -> None:
    starts = (0.0, 2.0, 5.0)
    assert next_start(starts, 2.0) == 5.0
    assert next_start(starts, 1.9) == 2.0
    assert previous_start(starts, 2.0) == 0.0
    assert previous_start(starts, 2.1) == 2.0


def test_there_may_be_nowhere_to_go() -> None:
    assert next_start((), 0.0) is None
    assert next_start((1.0,), 1.0) is None
    assert previous_start((1.0,), 1.0) is None


def test_a_segment_holds_its_start_but_not_its_end() -> None:
    one, two = segment(0, 2, "happy"), segment(2, 3, "sad")
    assert segment_at((one, two), 0.0) is one
    assert segment_at((one, two), 2.0) is two
    assert segment_at((one, two), 3.0) is None


def test_only_uncertain_segments_count() -> None:
    assert uncertain_starts((segment(0, 1, "sad"), segment(1, 2, "fear", 0.3, True))) == (1.0,)


def test_windows_of_one_disagreement_are_one_place() -> None:
    starts = (0.0, 0.5, 1.0, 1.5, 2.0)
    assert stretches(starts, (True, True, False, False, True)) == (0.0, 2.0)
    assert stretches((), ()) == ()


def test_a_moment_between_two_frames_is_the_later_one() -> None:
    frames_s = np.array([0.0, 0.04, 0.08])
    assert at_frames((0.0, 0.041, 0.05), frames_s) == (0.0, 0.04, 0.08)


def test_behind_the_last_frame_there_is_none_later_and_without_frames_none_at_all() -> None:
    assert at_frames((0.5,), np.array([0.0, 0.04])) == (0.04,)
    assert at_frames((0.5, 0.7), np.zeros(0)) == (0.5, 0.7)
