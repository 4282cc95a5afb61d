"""Media time while playing."""

import pytest

from app.player.clock import GENTLY, JUMP_S, MediaClock


class Now:
    """A clock on the wall that a test turns."""

    def __init__(self) -> None:
        self.s = 100.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def now() -> Now:
    return Now()


def test_stands_still_until_started(now: Now) -> None:
    clock = MediaClock(now)
    clock.stop(3.0)
    now.s += 5
    assert not clock.running
    assert clock.time_s == 3.0


@pytest.mark.parametrize("speed", [0.25, 1.0, 4.0, -1.0, -2.0])
def test_runs_at_its_speed(now: Now, speed: float) -> None:
    clock = MediaClock(now)
    clock.start(10.0, speed)
    now.s += 1.5
    assert clock.running
    assert clock.speed == speed
    assert clock.time_s == pytest.approx(10 + 1.5 * speed)


def test_stops_where_it_is(now: Now) -> None:
    clock = MediaClock(now)
    clock.start(0.0, 2.0)
    now.s += 1
    clock.stop()
    now.s += 1
    assert clock.time_s == pytest.approx(2.0)


def test_follows_sound_gently_and_jumps_when_far_off(now: Now) -> None:
    clock = MediaClock(now)
    clock.start(0.0, 1.0)
    now.s += 1
    clock.follow(1.1)
    assert clock.time_s == pytest.approx(1 + GENTLY * 0.1)
    clock.follow(clock.time_s - 2 * JUMP_S)
    assert clock.time_s == pytest.approx(1 + GENTLY * 0.1 - 2 * JUMP_S)


def test_comes_together_with_the_sound(now: Now) -> None:
    clock = MediaClock(now)
    clock.start(0.0, 1.0)
    for _ in range(60):
        now.s += 0.02
        clock.follow(now.s - 100 - 0.08)
    assert clock.time_s == pytest.approx(now.s - 100 - 0.08, abs=0.002)


def test_a_standing_clock_follows_nothing(now: Now) -> None:
    clock = MediaClock(now)
    clock.stop(1.0)
    clock.follow(7.0)
    assert clock.time_s == 1.0
