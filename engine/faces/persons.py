"""Which tracks of one video are the same person: a deterministic pass over place, time and appearance.

A suggestion for people to correct: appearance here is hair, skin and a coarse picture, not identity.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from engine.faces.appearance import SIZE, unit
from engine.faces.tracks import GATE, loose_overlap
from engine.values import F32, F64, FaceTrack

PLACE_GAP_S = 3.0
"""How long a face may be away and be taken for the same because it is back in the same place."""
PLACE_SIMILARITY = 0.5
CUT_SIMILARITY = 0.8
"""Over a cut. Measured on eight clips: one person in other light and closer, .77 to .95 (.45 to .95 among the small
faces of a crowd); two people, 95 of 100 pairs below .75."""
SHOT_SIMILARITY = 0.92
"""Within a shot, where light and background help the likeness of any two people."""


def link_persons(tracks: Sequence[FaceTrack]) -> list[tuple[int, ...]]:
    """Group tracks into persons.

    First, within a shot, a track that begins where another ended a moment before goes on with it. Then each such chain,
    the longest on screen first, joins the person it looks most like, or is a new one. Tracks that share a moment are
    never one person.

    Returns:
        Track ids of each person in order of time; persons by their time on screen, most first.
    """
    ordered = sorted(tracks, key=lambda track: (track.time_s[0], track.id))
    persons: list[_Group] = []
    for chain in sorted(_chains(ordered), key=_Group.rank):
        alike = [(_margin(person, chain), -index) for index, person in enumerate(persons)]
        margin, index = max(alike, default=(-1.0, 0))
        if margin >= 0:
            persons[-index].extend(chain.tracks)
        else:
            persons.append(chain)
    return [person.ids() for person in sorted(persons, key=_Group.rank)]


@dataclass(slots=True)
class _Group:
    """Tracks taken for one person."""

    tracks: list[FaceTrack] = field(default_factory=list)
    present_s: float = 0.0
    shots: set[int] = field(default_factory=set)
    weighted: F64 = field(default_factory=lambda: np.zeros(SIZE))
    descriptor: F32 = field(default_factory=lambda: np.zeros(SIZE, np.float32))

    def extend(self, tracks: Iterable[FaceTrack]) -> None:
        for track in tracks:
            self.tracks.append(track)
            self.present_s += _length_s(track)
            self.shots.add(track.shot)
            self.weighted += track.descriptor * max(_length_s(track), 1e-3)
        self.descriptor = unit(self.weighted)

    def rank(self) -> tuple[float, float, int]:
        first = min(self.tracks, key=lambda track: (track.time_s[0], track.id))
        return -self.present_s, float(first.time_s[0]), first.id

    def ids(self) -> tuple[int, ...]:
        return tuple(track.id for track in sorted(self.tracks, key=lambda track: (track.time_s[0], track.id)))


def _chains(ordered: list[FaceTrack]) -> list[_Group]:
    """Tracks of a shot that follow one another in one place."""
    chains: list[_Group] = []
    first_of_shot = 0
    for track in ordered:
        if chains and chains[-1].tracks[-1].shot != track.shot:
            first_of_shot = len(chains)
        here = chains[first_of_shot:]
        nearby = [(_place(chain.tracks[-1], track), -index) for index, chain in enumerate(here)]
        overlap, index = max(nearby, default=(0.0, 0))
        if overlap >= GATE:
            here[-index].extend([track])
        else:
            chains.append(_Group())
            chains[-1].extend([track])
    return chains


def _place(before: FaceTrack, after: FaceTrack) -> float:
    """How well `after` begins where `before` ended: overlap 0..1, 0 where it cannot go on with it."""
    gap_s = after.time_s[0] - before.time_s[-1]
    if before.shot != after.shot or not 0 < gap_s <= PLACE_GAP_S:
        return 0.0
    if before.descriptor @ after.descriptor < PLACE_SIMILARITY:
        return 0.0
    return float(loose_overlap(before.box[-1:], after.box[:1])[0, 0])


def _margin(person: _Group, chain: _Group) -> float:
    """By how much the two are more alike than they need to be; below 0 they are not one person."""
    needed = SHOT_SIMILARITY if person.shots & chain.shots else CUT_SIMILARITY
    margin = float(person.descriptor @ chain.descriptor) - needed
    if margin >= 0 and any(_share_a_moment(one, other) for one in person.tracks for other in chain.tracks):
        return -1.0
    return margin


def _share_a_moment(one: FaceTrack, other: FaceTrack) -> bool:
    return bool(one.time_s[0] <= other.time_s[-1] and other.time_s[0] <= one.time_s[-1])


def _length_s(track: FaceTrack) -> float:
    return float(track.time_s[-1] - track.time_s[0])
