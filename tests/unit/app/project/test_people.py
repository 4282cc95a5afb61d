"""Who is shown after merging, splitting, naming and ignoring; rows are handed over, never made up."""

from dataclasses import replace
from math import inf

import numpy as np
import pytest

from app.project import edits
from app.project.people import parts_of_people, shown_people, shown_person
from app.project.values import Stretch
from engine.values import FrameTrack, FusedTrack, Person, Track
from tests.analyses import analysis, label, probabilities, segment
from tests.unit.app.project.records import medium, note


def person(number, start_s, end_s, track=None):
    """Somebody in view for whole seconds: four frames and one window a second, a slice every half."""
    frame_s = np.arange(start_s, end_s, 0.25)
    window_s, slice_s = np.arange(start_s, end_s, 1.0), np.arange(start_s, end_s, 0.5)
    count = len(frame_s)
    seen = FrameTrack(frame_s, np.full((count, 4), number), np.full(count, 0.9), np.ones(count), rows(count, number))
    fused = FusedTrack(
        window_s, window_s + 1, rows(len(window_s), number), rows(len(window_s), number + 50),
        tuple(f"{number}+{at:g}" for at in window_s),
    )  # fmt: skip
    slices = Track(slice_s, slice_s + 0.5, rows(len(slice_s), number + 100))
    said = (segment(start_s, (start_s + end_s) / 2, "happy"), segment((start_s + end_s) / 2, end_s, "sad"))
    tracks = (number if track is None else track,)
    return Person(f"person-{number}", None, end_s - start_s, tracks, seen, slices, fused, said, label("happy"))


def rows(count, seed):
    return probabilities(count, seed)


ONE, TWO = person(1, 0, 8), person(2, 10, 14)
MADE = analysis(people=(ONE, TWO))


def merged(*people, notes=()):
    return edits.merge_people(notes, (), medium(), people).added


def split(number, time_s, notes=()):
    edit = edits.split_person(notes, (), medium(), f"person-{number}", time_s, [p.id for p in MADE.people])
    return (*(one for one in notes if one not in edit.removed), *edit.added)


def same(one, other):
    """Whether two tracks have the same rows, bit for bit."""
    return all(
        np.asarray(getattr(one, name)).tobytes() == np.asarray(getattr(other, name)).tobytes()
        for name in type(one).__slots__
    )


def keep(track, mask):
    """Some rows of a track."""
    columns = [np.asarray(getattr(track, name))[mask] for name in type(track).__slots__]
    return type(track)(*(tuple(column.tolist()) if column.dtype.kind == "U" else column for column in columns))


def test_without_notes_they_are_the_engines():
    assert shown_people(MADE, ()) is MADE.people


def test_a_name_changes_nothing_else():
    first, second = shown_people(MADE, (note("person-2", name="Bea"),))
    assert first is ONE
    assert second == replace(TWO, name="Bea")
    assert second.frames is TWO.frames
    assert second.label is TWO.label


def test_ignored():
    notes = (note("person-1", ignored=True, name="Ana"),)
    assert [one.id for one in shown_people(MADE, notes)] == ["person-2"]
    assert [(one.id, one.name) for one in shown_people(MADE, notes, with_ignored=True)] == [
        ("person-1", "Ana"),
        ("person-2", None),
    ]


def test_merged():
    (both,) = shown_people(MADE, merged("person-2", "person-1"))
    assert both.id == "person-2"
    assert both.present_s == 12
    assert both.tracks == (1, 2)
    assert both.frames.time_s.tolist() == [*ONE.frames.time_s, *TWO.frames.time_s]
    assert np.array_equal(
        both.frames.probabilities, np.concatenate([ONE.frames.probabilities, TWO.frames.probabilities])
    )
    assert np.array_equal(both.fused.raw, np.concatenate([ONE.fused.raw, TWO.fused.raw]))
    assert both.fused.branches == ONE.fused.branches + TWO.fused.branches
    assert both.slices.start_s.tolist() == [*ONE.slices.start_s, *TWO.slices.start_s]
    assert both.segments == ONE.segments + TWO.segments
    mean = np.concatenate([ONE.fused.probabilities, TWO.fused.probabilities]).mean(axis=0, dtype=np.float64)
    assert np.allclose(both.label.probabilities, mean, atol=1e-7)
    assert both.label.confidence == max(both.label.probabilities)


def test_split():
    shown = {one.id: one for one in shown_people(MADE, split(1, 5.3, (note("person-1", name="Ana"),)))}
    assert list(shown) == ["person-1", "person-2", "person-3"]  # by time on screen: 5.5, 4, 2.5 s
    early, late = shown["person-1"], shown["person-3"]
    assert early.name == "Ana"
    assert late.name is None
    assert shown["person-2"] is TWO
    assert early.frames.time_s.max() == 5.25
    assert late.frames.time_s.min() == 5.5
    assert early.present_s + late.present_s == pytest.approx(8)
    assert early.present_s == pytest.approx(8 * 22 / 32)
    assert early.fused.start_s.tolist() == [0, 1, 2, 3, 4]  # the window around 5.5 s has its middle after the moment
    assert late.fused.start_s.tolist() == [5, 6, 7]
    assert [(one.start_s, one.end_s) for one in early.segments] == [(0, 4), (4, 5.3)]
    assert [(one.start_s, one.end_s) for one in late.segments] == [(5.3, 8)]
    assert len(early.slices) + len(late.slices) == len(ONE.slices)


def test_split_twice_and_merged_across():
    notes = split(1, 2.0)
    notes = split(3, 6.0, notes)
    shown = {one.id: one for one in shown_people(MADE, notes)}
    assert {name: (one.frames.time_s.min(), one.frames.time_s.max()) for name, one in shown.items()} == {
        "person-1": (0, 1.75),
        "person-2": (10, 13.75),
        "person-3": (2, 5.75),
        "person-4": (6, 7.75),
    }
    edit = edits.merge_people(notes, (), medium(), ["person-2", "person-4", "person-1"])
    notes = (*(one for one in notes if one not in edit.removed), *edit.added)
    shown = {one.id: one for one in shown_people(MADE, notes)}
    assert set(shown) == {"person-2", "person-3"}
    assert shown["person-2"].frames.time_s.tolist() == [
        *ONE.frames.time_s[:8], *ONE.frames.time_s[24:], *TWO.frames.time_s
    ]  # fmt: skip


def test_split_and_merged_again_they_are_the_engines():
    notes = split(1, 5.3)
    edit = edits.merge_people(notes, (), medium(), ["person-1", "person-3"])
    assert edit.added == ()
    assert shown_people(MADE, ()) == MADE.people


def test_no_row_is_lost_or_shared_by_splitting():
    for time_s in np.arange(0.05, 7.75, 0.13):
        shown = shown_people(MADE, split(1, float(time_s)))
        parts = [one for one in shown if one.id != "person-2"]
        for kind in ("frames", "slices", "fused"):
            assert sum(len(getattr(part, kind)) for part in parts) == len(getattr(ONE, kind))
        assert sum(one.end_s - one.start_s for part in parts for one in part.segments) == pytest.approx(8, abs=0.002)


def test_where_both_are_in_view_the_one_with_more_time_wins():
    long, short = person(1, 0, 8), person(2, 6, 11)
    (both,) = shown_people(analysis(people=(long, short)), merged("person-2", "person-1"))
    assert both.frames.time_s.tolist() == np.arange(0, 11, 0.25).tolist()
    assert set(both.frames.box[both.frames.time_s < 8, 0]) == {1}
    assert set(both.frames.box[both.frames.time_s >= 8, 0]) == {2}
    assert both.fused.start_s.tolist() == list(range(11))
    assert both.fused.branches[7:9] == ("1+7", "2+8")
    assert both.slices.start_s.tolist() == np.arange(0, 11, 0.5).tolist()
    assert [(one.start_s, one.end_s, one.emotion) for one in both.segments] == [
        (0, 4, "happy"), (4, 8, "sad"), (8, 8.5, "happy"), (8.5, 11, "sad"),
    ]  # fmt: skip
    assert both.present_s == pytest.approx(8 + 3)


def test_within_an_interruption_of_the_longer_one_the_other_is_seen():
    long = person(1, 0, 20)
    away = (long.frames.time_s < 5) | (long.frames.time_s >= 8)
    away_windows = (long.fused.start_s < 5) | (long.fused.start_s >= 8)
    away_slices = (long.slices.start_s < 5) | (long.slices.start_s >= 8)
    long = replace(
        long, frames=keep(long.frames, away), fused=keep(long.fused, away_windows),
        slices=keep(long.slices, away_slices), present_s=17.0, segments=(segment(0, 5, "sad"), segment(8, 20, "sad")),
    )  # fmt: skip
    short = person(2, 4, 10)
    (both,) = shown_people(analysis(people=(long, short)), merged("person-1", "person-2"))
    assert both.frames.time_s.tolist() == np.arange(0, 20, 0.25).tolist()
    assert sorted(set(both.frames.time_s[both.frames.box[:, 0] == 2])) == np.arange(5, 8, 0.25).tolist()
    assert both.fused.start_s.tolist() == list(range(20))
    assert [(one.start_s, one.end_s) for one in both.segments] == [(0, 5), (5, 7), (7, 8), (8, 20)]


def test_windows_that_overlap_lose_nothing_at_a_seam():
    """As the engine makes them: 2.56 s long, one every half second."""
    start_s = np.arange(0, 20, 0.5)
    windows = FusedTrack(start_s, start_s + 2.56, rows(40, 1), rows(40, 2), ("frame",) * 40)
    whole = replace(person(1, 0, 22), fused=windows, segments=(segment(0, 22, "happy"),))
    other = replace(whole, id="person-2", fused=replace(windows, branches=("slice",) * 40))
    stretches = (Stretch("person-1", 0, 7), Stretch("person-2", 7, 11), Stretch("person-1", 11, inf))
    notes = (note("person-1", stretches=stretches), note("person-2", stretches=(Stretch("person-2", 0, 7),)))
    made = shown_people(analysis(people=(whole, other)), notes)[0]
    middle_s = windows.start_s + 1.28
    assert made.fused.start_s.tolist() == start_s.tolist()
    assert made.fused.branches == tuple("slice" if 7 <= at < 11 else "frame" for at in middle_s)
    assert len(made.frames) == len(whole.frames)
    assert [(one.start_s, one.end_s) for one in made.segments] == [(0, 7), (7, 11), (11, 22)]


def test_a_note_about_nobody_shows_nobody():
    notes = (note("person-9", name="Zoe"), note("person-8", stretches=(Stretch("person-7", 0, inf),)))
    assert shown_people(MADE, notes) == MADE.people


def test_what_nobody_was_given_stays_with_its_person():
    """As when another analysis finds one more person, whose id a split had used already."""
    notes = (note("person-2", stretches=(Stretch("person-1", 5, inf),)),)
    shown = {one.id: one for one in shown_people(MADE, notes)}
    assert shown["person-1"].frames.time_s.max() == 4.75
    assert shown["person-2"].frames.time_s.tolist() == [*np.arange(5, 8, 0.25), *TWO.frames.time_s]


def test_a_stretch_without_frames_makes_nobody():
    assert [one.id for one in shown_people(MADE, split(1, 9.0))] == ["person-1", "person-2"]


def test_whose_rows_these_are():
    people = [one.id for one in MADE.people]
    notes = split(1, 5.0)
    assert shown_person(people, notes, "person-1", 4.9) == "person-1"
    assert shown_person(people, notes, "person-1", 5.0) == "person-3"
    assert shown_person(people, notes, "person-2", 5.0) == "person-2"
    assert shown_person(people, (note("person-2", ignored=True),), "person-2", 5.0) is None
    assert shown_person(people, merged("person-2", "person-1"), "person-1", 5.0) == "person-2"
    assert shown_person(people, (), "person-9", 5.0) is None


def test_parts_cover_every_person_once():
    parts = parts_of_people(["person-1", "person-2"], split(1, 5.0))
    assert parts == {
        "person-1": (Stretch("person-1", 0, 5),),
        "person-2": (Stretch("person-2", 0, inf),),
        "person-3": (Stretch("person-1", 5, inf),),
    }


def test_rows_stay_read_only_and_typed():
    (both,) = shown_people(MADE, merged("person-1", "person-2"))
    assert both.frames.probabilities.dtype == np.float32
    assert both.frames.time_s.dtype == np.float64
    assert both.frames.detected.dtype == np.bool_
    assert not both.fused.raw.flags.writeable
    untouched = shown_people(MADE, (note("person-1", name="Ana"),))[0]
    assert same(untouched.frames, ONE.frames)
