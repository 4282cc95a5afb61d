"""Tracks to persons, on tracks with made-up places, times and looks."""

import numpy as np
import pytest

from engine.faces.appearance import SIZE, unit
from engine.faces.persons import link_persons
from engine.values import FaceTrack


def look(person, wobble=0.0, seed=0):
    """A descriptor: people are orthogonal, `wobble` is how far one is from itself."""
    vector = np.zeros(SIZE)
    vector[person] = 1
    noise = np.random.default_rng(seed).normal(size=SIZE)
    noise[:10] = 0
    return unit(vector + wobble * unit(noise))


def between(one, other, similarity):
    """A look that is like person `one` by `similarity`, and for the rest like `other`."""
    return unit(similarity * look(one) + np.sqrt(1 - similarity**2) * look(other))


def track(number, start_s, end_s, descriptor, shot=0, x=50.0, side=40.0):
    time_s = np.arange(round(start_s * 25), round(end_s * 25) + 1) / 25
    count = len(time_s)
    return FaceTrack(
        id=number,
        shot=shot,
        frame_index=np.round(time_s * 25),
        time_s=time_s,
        box=np.tile([x, 60.0, side, side], (count, 1)),
        score=np.ones(count),
        detected=np.ones(count, bool),
        descriptor=descriptor,
    )


def test_nobody_and_one():
    assert link_persons([]) == []
    assert link_persons([track(4, 0, 2, look(0))]) == [(4,)]


def test_most_on_screen_first_whatever_the_order():
    tracks = [track(0, 0, 1, look(0)), track(1, 0, 5, look(1), x=200), track(2, 2, 5, look(2), x=400)]
    assert link_persons(tracks) == link_persons(tracks[::-1]) == [(1,), (2,), (0,)]


def test_back_in_the_same_place_is_the_same_person():
    tracks = [track(0, 0, 3, look(0)), track(1, 4, 6, between(0, 1, 0.6))]
    assert link_persons(tracks) == [(0, 1)]


@pytest.mark.parametrize(
    "second",
    [
        track(1, 4, 6, between(0, 1, 0.6), x=200),
        track(1, 4, 6, between(0, 1, 0.6), side=140, x=0),
        track(1, 9, 11, between(0, 1, 0.6)),
        track(1, 4, 6, between(0, 1, 0.3)),
        track(1, 4, 6, between(0, 1, 0.6), shot=1),
    ],
    ids=["elsewhere", "another size", "much later", "unlike", "another shot"],
)
def test_but_not(second):
    assert link_persons([track(0, 0, 3, look(0)), second]) == [(0,), (1,)]


def test_a_face_goes_on_with_the_nearest_of_two():
    tracks = [
        track(0, 0, 3, look(0), x=50),
        track(1, 0, 3.5, look(0), x=80),
        track(2, 4, 8, look(0), x=78),
        track(3, 4, 6, look(0), x=52),
    ]
    assert link_persons(tracks) == [(1, 2), (0, 3)]


def test_across_a_cut_by_looks():
    tracks = [
        track(0, 0, 3, look(0), shot=0),
        track(1, 3.2, 5, look(1), shot=1),
        track(2, 5.2, 9, look(0, 0.5, seed=1), shot=2, x=300),
        track(3, 9.2, 10, look(1, 0.5, seed=2), shot=3, x=10, side=80),
    ]
    assert link_persons(tracks) == [(0, 2), (1, 3)]


@pytest.mark.parametrize(("similarity", "persons"), [(0.75, 2), (0.85, 1)])
def test_how_alike_across_a_cut(similarity, persons):
    tracks = [track(0, 0, 3, look(0)), track(1, 4, 6, between(0, 1, similarity), shot=1)]
    assert len(link_persons(tracks)) == persons


@pytest.mark.parametrize(("similarity", "persons"), [(0.88, 2), (0.95, 1)])
def test_more_alike_within_a_shot(similarity, persons):
    tracks = [track(0, 0, 3, look(0)), track(1, 20, 26, between(0, 1, similarity), x=400)]
    assert len(link_persons(tracks)) == persons


def test_two_at_once_are_two_people_however_alike():
    tracks = [
        track(0, 0, 3, look(0), shot=0),
        track(1, 3, 5, look(0), shot=0),
        track(2, 6, 8, look(0), shot=1, x=20),
        track(3, 7, 12, look(0), shot=1, x=200),
    ]
    persons = link_persons(tracks)
    assert sorted(number for person in persons for number in person) == [0, 1, 2, 3]
    assert not any({0, 1} <= set(person) or {2, 3} <= set(person) for person in persons)


def test_a_person_s_tracks_are_in_order_of_time():
    tracks = [track(7, 8, 20, look(0), shot=2), track(9, 0, 2, look(0)), track(3, 4, 6, look(0), shot=1)]
    assert link_persons(tracks) == [(9, 3, 7)]
