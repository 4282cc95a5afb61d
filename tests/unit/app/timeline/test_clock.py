import pytest

from app.timeline.clock import clock_text, parse_clock, short_clock_text


@pytest.mark.parametrize(
    ("time_s", "text"),
    [
        (0.0, "00:00.000"),
        (7.341, "00:07.341"),
        (59.9996, "01:00.000"),
        (3599.9994, "59:59.999"),
        (3600.0, "1:00:00.000"),
        (36_610.5, "10:10:10.500"),
        (-1.25, "-00:01.250"),
        (-0.0001, "00:00.000"),
    ],
)
def test_a_time_reads_as_a_clock(time_s: float, text: str) -> None:
    assert clock_text(time_s) == text


def test_hours_may_be_asked_for() -> None:
    assert clock_text(7.341, hours=True) == "0:00:07.341"
    assert short_clock_text(7.341) == "00:07"
    assert short_clock_text(7.341, hours=True) == "0:00:07"


@pytest.mark.parametrize(
    ("text", "time_s"),
    [
        ("83.5", 83.5),
        ("83,5", 83.5),
        (".5", 0.5),
        (" 1:23.5 ", 83.5),
        ("90:00", 5400.0),
        ("1:02:03", 3723.0),
        ("0:00:07.341", 7.341),
    ],
)
def test_what_people_type_is_understood(text: str, time_s: float) -> None:
    assert parse_clock(text) == pytest.approx(time_s)


@pytest.mark.parametrize("text", ["", "soon", "1:60", "1:2:3:4", "-5", "1e9", "nan", "1::2", ":", "1:-2", "½"])
def test_what_is_no_time_is_refused(text: str) -> None:
    assert parse_clock(text) is None


@pytest.mark.parametrize("time_s", [0.0, 12.345, 754.001, 3723.999])
def test_a_shown_time_can_be_typed_again(time_s: float) -> None:
    assert parse_clock(clock_text(time_s)) == pytest.approx(time_s, abs=1e-9)
