"""Where playing turns round or stops."""

from app.player.course import INSIDE_S, Course, Turn


def test_plays_through_and_stops_at_both_ends() -> None:
    course = Course(end_s=10.0)
    assert course.turn_at(5.0, backwards=False) is None
    assert course.turn_at(9.99, backwards=False) is None
    assert course.turn_at(10.0, backwards=False) == Turn(10.0 - INSIDE_S, at_end=True)
    assert course.turn_at(0.01, backwards=True) is None
    assert course.turn_at(-0.01, backwards=True) == Turn(0.0, at_end=True)


def test_a_loop_begins_again() -> None:
    course = Course(end_s=10.0, loop=(2.0, 4.0))
    assert course.turn_at(3.0, backwards=False) is None
    assert course.turn_at(4.0, backwards=False) == Turn(2.0, plays_on=True)
    assert course.turn_at(1.9, backwards=True) == Turn(4.0 - INSIDE_S, plays_on=True)


def test_a_loop_over_everything_ends_where_the_video_does() -> None:
    course = Course(end_s=10.0, loop=(0.0, 99.0))
    assert course.turn_at(10.0, backwards=False) == Turn(0.0, plays_on=True)


def test_a_range_is_played_once_even_in_a_loop() -> None:
    course = Course(end_s=10.0, loop=(0.0, 9.0), only=(2.0, 4.0))
    assert course.turn_at(4.0, backwards=False) == Turn(4.0 - INSIDE_S)
    course.forget_range()
    assert course.turn_at(4.0, backwards=False) is None


def test_a_range_up_to_the_end_reaches_the_end() -> None:
    turn = Course(end_s=10.0, only=(8.0, 12.0)).turn_at(10.0, backwards=False)
    assert turn is not None
    assert turn.at_end


def test_playing_begins_where_it_is_but_again_at_the_end() -> None:
    course = Course(end_s=10.0)
    assert course.start_s(3.0, at_end=False) == 3.0
    assert course.start_s(9.96, at_end=True) == 0.0


def test_playing_begins_inside_the_loop() -> None:
    course = Course(end_s=10.0, loop=(2.0, 4.0))
    assert course.start_s(3.0, at_end=False) == 3.0
    assert course.start_s(1.0, at_end=False) == course.start_s(4.0, at_end=False) == 2.0
