"""The timeline a person reads."""

from dataclasses import replace

import pytest

from app.timeline_text import MARGIN, SEGMENTS_SHOWN, clock, run_line, timeline_text
from engine.values import Gap
from tests.analyses import analysis, empty_analysis, person, segment


def lines(made, width=MARGIN + 24):
    return [line.plain for line in timeline_text(made, width)]


def bars(made):
    return {line[:MARGIN].strip(): line[MARGIN:] for line in lines(made) if len(line) == MARGIN + 24}


def test_bar_letters_hatch_and_absence():
    """Twelve seconds on 24 columns: six neutral, four uncertain happy, then out of view, where a voice is sad."""
    shown = bars(analysis())
    assert shown["person-1"] == "N" * 12 + "H/" * 4 + "·" * 4
    assert shown["voice only"] == "·" * 20 + "S" * 4


def test_the_bar_covers_the_range_asked_for():
    assert bars(analysis(start_s=5.0, end_s=7.0))["person-1"] == "N" * 12 + "H/" * 6


def test_the_ruler_has_round_times():
    """Twelve seconds on 48 columns are four columns a second; 12.5 to 24.5 s begins between two ticks."""
    assert lines(analysis(), MARGIN + 48)[1][MARGIN:] == "|0:00               |0:05               |0:10"
    assert lines(analysis(start_s=12.5, end_s=24.5), MARGIN + 48)[1][MARGIN:] == " " * 10 + "|0:15               |0:20"


def test_a_segment_shorter_than_a_column_shows():
    someone = person(segments=(segment(3.1, 3.3, "fear"),))
    assert bars(analysis(people=(someone,)))["person-1"].count("F") == 1


def test_segments_gaps_and_label_are_said():
    said = "\n".join(lines(analysis()))
    assert "0:06.00 - 0:10.00" in said
    assert "happy     40%  uncertain" in said
    assert "gaps: cut 0:06.00; no face 0:10.00-0:12.00 (person-1); silence 0:00.00-0:03.00" in said
    assert "label: happy 61% from frame+slice+audio; person-1, most present" in said


def test_many_segments_and_gaps_are_counted():
    someone = person(segments=tuple(segment(k, k + 1, "happy") for k in range(SEGMENTS_SHOWN + 5)))
    cuts = tuple(Gap("cut", float(k), float(k)) for k in range(9))
    said = "\n".join(lines(analysis(people=(someone,), gaps=cuts)))
    assert "and 5 more segments" in said
    assert "cut 0:00.00, 0:01.00, 0:02.00, 0:03.00 and 5 more" in said


def test_nothing_found():
    said = lines(empty_analysis())
    assert said[-1] == "label: none, neither face nor sound"


def test_a_long_name_keeps_the_bars_aligned():
    someone = replace(person(segments=(segment(0, 12, "sad"),)), name="Wilhelmina Featherstonehaugh")
    row = next(line for line in lines(analysis(people=(someone,))) if line.endswith("S" * 24))
    assert len(row) == MARGIN + 24


def test_the_run_is_said():
    said = run_line(analysis(), "no GPU found")
    assert said.startswith("starter 1 (compact) on cpu fp32 (no GPU found): 12.0 s of video in 1.5 s, 8.0x real time")


@pytest.mark.parametrize(
    ("time_s", "said"), [(0, "0:00.00"), (7.344, "0:07.34"), (59.999, "1:00.00"), (3723.4, "1:02:03.40")]
)
def test_clock(time_s, said):
    assert clock(time_s) == said
