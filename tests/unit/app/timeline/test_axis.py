import numpy as np
import pytest

from app.timeline.axis import SHORTEST_S, Axis

HOUR_S = 3600.0


def axis(start_s: float = 0.0, end_s: float = 100.0) -> Axis:
    return Axis(HOUR_S, start_s, end_s, 1000.0)


def test_pixels_and_times_are_each_others_inverse() -> None:
    shown = axis(50, 150)
    assert shown.x(50) == 0
    assert shown.x(150) == 1000
    assert shown.time(shown.x(77.7)) == pytest.approx(77.7)
    np.testing.assert_allclose(shown.xs(np.array([50.0, 100.0])), [0, 500])


def test_a_pixel_beyond_the_video_is_its_end() -> None:
    assert axis().time(-50) == 0.0
    assert axis(HOUR_S - 100, HOUR_S).time(5000) == HOUR_S


def test_zooming_keeps_the_moment_under_the_mouse_where_it_is() -> None:
    shown = axis(1000, 1100)
    closer = shown.zoomed(2.0, 1030.0)
    assert closer.span_s == pytest.approx(50)
    assert closer.x(1030.0) == pytest.approx(shown.x(1030.0))
    assert closer.zoomed(0.5, 1030.0).start_s == pytest.approx(1000)


def test_zooming_out_ends_with_the_whole_video_and_in_with_a_frame() -> None:
    wide = axis(1000, 1100).zoomed(1e-6, 1050)
    assert (wide.start_s, wide.end_s) == (0, HOUR_S)
    assert wide.is_whole
    assert axis(10, 11).zoomed(1e9, 10.5).span_s == pytest.approx(SHORTEST_S)


@pytest.mark.parametrize(("by_s", "start_s"), [(30.0, 80.0), (-80.0, 0.0), (1e6, HOUR_S - 100)])
def test_panning_stops_at_the_ends(by_s: float, start_s: float) -> None:
    moved = axis(50, 150).panned(by_s)
    assert moved.start_s == pytest.approx(start_s)
    assert moved.span_s == pytest.approx(100)


def test_a_stretch_is_shown_exactly_and_what_is_too_short_is_widened() -> None:
    assert (axis().shown(20, 25).start_s, axis().shown(20, 25).end_s) == (20, 25)
    narrow = axis().shown(20, 20)
    assert narrow.span_s == pytest.approx(SHORTEST_S)
    assert narrow.start_s < 20 < narrow.end_s
    beyond = axis().shown(HOUR_S - 1, HOUR_S + 1)
    assert beyond.end_s == HOUR_S


def test_a_video_without_length_has_an_axis_all_the_same() -> None:
    assert Axis.whole(0.0, 0).px_per_s > 0


def test_the_page_turns_when_the_playhead_runs_out_of_view() -> None:
    shown = axis(100, 200)
    assert shown.following(150, 199.9) == shown
    turned = shown.following(199.9, 200.1)
    assert turned.x(200.1) == pytest.approx(50)
    back = shown.following(100.1, 99.9)
    assert back.start_s < 99.9 < back.end_s


def test_a_playhead_that_runs_elsewhere_is_followed_only_when_it_jumps() -> None:
    shown = axis(100, 200)
    assert shown.following(500.0, 500.04) == shown
    assert shown.following(500.0, 700.0).x(700.0) == pytest.approx(50)
