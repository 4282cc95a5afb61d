"""Where to go next."""

from app.session.navigation import next_start, previous_start, segment_at, stretches, uncertain_starts
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
