"""Readings at a moment: numbers as they are in the analysis, and reasons where there are none."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from app.inspection import Reading, reading_at
from engine.values import Analysis, FrameTrack, FusedTrack, Gap, Person, SecondTrack, Track
from tests.analyses import analysis, probabilities


def bits(row: Any) -> bytes:
    return bytes(np.asarray(row, np.float32).tobytes())


def seen_from_to(start_s: float, end_s: float, rate_hz: float = 25.0) -> FrameTrack:
    count = round((end_s - start_s) * rate_hz)
    box = np.tile([10.0, 10.0, 60.0, 60.0], (count, 1))
    return FrameTrack(
        start_s + np.arange(count) / rate_hz, box, np.ones(count), np.ones(count, np.bool_), probabilities(count, 3)
    )


@pytest.fixture
def made() -> Analysis:
    """Twelve seconds; the person is in view from 2 s to 6 s; silence to 3 s, no speech to 4 s, then speech."""
    windows_s = np.arange(2.0, 3.5, 0.5)
    fused = FusedTrack(
        windows_s, windows_s + 2.5, probabilities(3, 5), probabilities(3, 6),
        ("frame+slice", "frame+slice+audio", "frame"),
    )  # fmt: skip
    slice_s = 2 + 0.64 * np.arange(6)
    whole = analysis()
    person = replace(
        whole.people[0], frames=seen_from_to(2, 6), fused=fused,
        slices=Track(slice_s, slice_s + 0.64, probabilities(6, 4)),
    )  # fmt: skip
    return replace(whole, people=(person,))


@pytest.fixture
def ana(made: Analysis) -> Person:
    return made.people[0]


def reasons(reading: Reading) -> tuple[str, str, str, str]:
    return reading.frame.reason, reading.slice.reason, reading.second.reason, reading.fused.reason


def test_every_answer_is_that_of_the_analysis_bit_for_bit(made: Analysis, ana: Person) -> None:
    reading = reading_at(made, ana, 4.1)
    assert reasons(reading) == ("", "", "", "")
    assert bits(reading.frame.probabilities) == bits(ana.frames.probabilities[52])
    assert bits(reading.slice.probabilities) == bits(ana.slices.probabilities[3])
    assert bits(reading.second.probabilities) == bits(made.seconds.probabilities[4])
    assert bits(reading.fused.probabilities) == bits(ana.fused.probabilities[2])


def test_intervals_are_those_that_the_answers_cover(made: Analysis, ana: Person) -> None:
    reading = reading_at(made, ana, 4.1)
    assert (reading.frame.start_s, reading.frame.end_s) == pytest.approx((4.08, 4.12))
    assert (reading.slice.start_s, reading.slice.end_s) == pytest.approx((3.92, 4.56))
    assert (reading.second.start_s, reading.second.end_s) == (4.0, 5.0)
    assert (reading.fused.start_s, reading.fused.end_s) == (3.0, 5.5)


def test_the_frame_is_the_one_that_has_begun(made: Analysis, ana: Person) -> None:
    for row in (0, 7, 99):
        time_s = float(ana.frames.time_s[row])
        for moment_s in (time_s, time_s + 0.039, round(time_s, 6)):
            assert bits(reading_at(made, ana, moment_s).frame.probabilities) == bits(ana.frames.probabilities[row])


def test_a_moment_belongs_to_the_window_in_whose_middle_it_lies(made: Analysis, ana: Person) -> None:
    starts_s = [reading_at(made, ana, time_s).fused.start_s for time_s in (2.0, 3.45, 3.55, 3.95, 4.05, 5.4)]
    assert starts_s == [2.0, 2.0, 2.5, 2.5, 3.0, 3.0]
    assert reading_at(made, ana, 3.5).fused.start_s == 2.5  # half-way: the later, as in the cells of segments


def test_out_of_view(made: Analysis, ana: Person) -> None:
    for time_s in (1.0, 6.5):
        assert reasons(reading_at(made, ana, time_s))[:2] == ("out of view", "out of view")
    assert reading_at(made, ana, 6.5).fused.reason == "out of view"
    assert reading_at(made, ana, 6.5).branches_text == "out of view"


def test_in_view_but_in_no_slice(made: Analysis, ana: Person) -> None:
    reading = reading_at(made, ana, 5.9)
    assert reading.frame.reason == ""
    assert reading.slice.reason == "too few frames for a slice"


def test_unreadable_stretches_say_so(made: Analysis, ana: Person) -> None:
    made = replace(made, gaps=(*made.gaps, Gap("unreadable", 7.0, 8.0)))
    assert reading_at(made, ana, 7.5).frame.reason == "unreadable"
    assert reading_at(made, ana, 8.5).frame.reason == "out of view"


def test_the_voice_is_silent_or_not_speech_or_not_there(made: Analysis, ana: Person) -> None:
    assert reading_at(made, ana, 2.5).second.reason == "silence"
    assert reading_at(made, ana, 3.5).second.reason == "no speech"
    assert reading_at(made, ana, 4.5).second.reason == ""
    for time_s in (2.5, 3.5):
        assert reading_at(made, ana, time_s).second.probabilities is None


def test_without_a_sound_track(made: Analysis, ana: Person) -> None:
    mute = replace(
        made, media=replace(made.media, has_audio=False),
        seconds=SecondTrack([], [], [], np.zeros((0, 7), np.float32)),
    )  # fmt: skip
    reading = reading_at(mute, ana, 2.1)
    assert reading.second.reason == "no sound track"
    assert reading.branches_text == "face only · no sound track"


def test_sound_that_ended_before_the_picture(made: Analysis, ana: Person) -> None:
    short = replace(made, seconds=SecondTrack([4.0], [4.5], [True], probabilities(1)))
    assert reading_at(short, ana, 4.6).second.reason == "no sound here"
    assert reading_at(short, ana, 3.9).second.reason == "no sound here"
    assert reading_at(short, ana, 4.4).second.reason == ""


def test_the_branches_of_the_fusion_in_words(made: Analysis, ana: Person) -> None:
    said = {reading_at(made, ana, time_s).branches_text for time_s in (2.1, 3.6, 5.4)}
    assert "face and voice" in said
    assert "frame only · no speech" in said
    assert reading_at(made, ana, 3.6).branches == ("frame", "slice", "audio")
    silent = replace(made, gaps=(Gap("silence", 2.0, 3.5),))
    assert reading_at(silent, ana, 2.1).branches_text == "face only · voice silent"


def test_outside_of_what_was_analysed(made: Analysis, ana: Person) -> None:
    part = replace(made, start_s=3.0, end_s=5.0)
    for time_s in (2.5, 5.5):
        reading = reading_at(part, ana, time_s)
        assert reasons(reading) == ("not analysed",) * 4
        assert reading.branches_text == "not analysed"
    assert reading_at(part, ana, 3.0).frame.reason == ""


def test_the_scene_has_a_voice_and_no_face(made: Analysis) -> None:
    unseen = FusedTrack([8.0], [10.5], probabilities(1, 8), probabilities(1, 9), ("audio",))
    alone = replace(made, unseen=unseen)
    reading = reading_at(alone, None, 9.0)
    assert bits(reading.fused.probabilities) == bits(unseen.probabilities[0])
    assert bits(reading.second.probabilities) == bits(made.seconds.probabilities[9])
    assert reading.frame.reason == reading.slice.reason == "the scene has no face"
    assert reading.branches_text == "voice only · no face"
    assert reading_at(alone, None, 5.0).fused.reason == "somebody is in view"
    assert reading_at(alone, None, 1.0).fused.reason == "silence"


def test_the_videos_own_frame_times_decide_how_long_a_frame_lasts(made: Analysis, ana: Person) -> None:
    times_s = np.array([1.9, 2.0, 2.3, 2.5])
    one = replace(ana, frames=replace(ana.frames, time_s=times_s[1:3], **rows(ana.frames, 2)))
    assert reading_at(made, one, 2.29, times_s).frame.end_s == 2.3
    assert reading_at(made, one, 2.45, times_s).frame.start_s == 2.3
    assert reading_at(made, one, 2.5, times_s).frame.reason == "out of view"
    last = replace(one, frames=replace(one.frames, time_s=times_s[2:4]))
    assert reading_at(made, last, 11.0, times_s).frame.start_s == 2.5  # shown up to the end


def test_without_them_a_still_frame_lasts_at_a_variable_rate_only(made: Analysis, ana: Person) -> None:
    still = replace(ana, frames=replace(ana.frames, time_s=np.array([2.0, 2.5]), **rows(ana.frames, 2)))
    assert reading_at(made, still, 2.4).frame.reason == "out of view"
    variable = replace(made, media=replace(made.media, variable_rate=True))
    assert reading_at(variable, still, 2.4).frame.start_s == 2.0


def rows(frames: FrameTrack, count: int) -> dict[str, Any]:
    return {name: getattr(frames, name)[:count] for name in ("box", "score", "detected", "probabilities")}
