"""Two coders who call one person's moment differently: neither teaches, unless one of them has the last word."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from trainer.finetune.values import Lesson

SAME_SHARE: Final = 0.5
"""Two labels are about the same moment when they share this part of the shorter one; boundaries never agree quite."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two coders who call one person's moment differently."""

    first: Lesson
    second: Lesson


def settled(lessons: Sequence[Lesson], prefer: str = "") -> tuple[tuple[Lesson, ...], tuple[Contradiction, ...]]:
    """The lessons without contradictions between coders, and those: neither side of one teaches.

    Args:
        prefer: a coder whose word holds, such as the consensus of an adjudication: what others said of the same
            moments is left out and contradicts nothing.
    """
    meeting = list(_meeting(lessons))
    overruled = {
        other.id
        for pair in meeting
        for one, other in (pair, pair[::-1])
        if prefer == one.coder != other.coder and prefer
    }
    found = tuple(
        Contradiction(first, second)
        for first, second in meeting
        if first.emotion != second.emotion and not overruled & {first.id, second.id}
    )
    out = overruled | {lesson.id for pair in found for lesson in (pair.first, pair.second)}
    return tuple(lesson for lesson in lessons if lesson.id not in out), found


def _meeting(lessons: Sequence[Lesson]) -> Iterator[tuple[Lesson, Lesson]]:
    """Pairs by two coders about one moment of one person."""
    by_media: dict[str, list[Lesson]] = {}
    for lesson in lessons:
        by_media.setdefault(lesson.media, []).append(lesson)
    for mine in by_media.values():
        for first, second in combinations(mine, 2):
            if first.coder != second.coder and _same_person(first, second) and _same_moment(first, second):
                yield first, second


def _same_moment(first: Lesson, second: Lesson) -> bool:
    shared_s = min(first.end_s, second.end_s) - max(first.start_s, second.start_s)
    return shared_s >= SAME_SHARE * min(first.end_s - first.start_s, second.end_s - second.start_s)


def _same_person(first: Lesson, second: Lesson) -> bool:
    """Whether two lessons share a track, or are both of the scene."""
    tracks, others = ({track for part in lesson.stretches for track in part.tracks} for lesson in (first, second))
    return bool(tracks & others) or not (tracks or others)
