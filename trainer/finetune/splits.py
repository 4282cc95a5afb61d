"""Which corrections train and which are scored: nobody and no video on both sides, as far as there are several."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.values import Ints
from trainer.finetune.values import Lesson
from trainer.folds import balanced_parts

SAME_VIDEO = "same video, optimistic"


@dataclass(frozen=True, slots=True)
class Split:
    """Folds of (train, held) indices; every lesson is held once. `cluster` (N,) are the groups that intervals draw."""

    folds: tuple[tuple[Ints, Ints], ...]
    cluster: Ints
    how: str


def split(lessons: Sequence[Lesson], folds: int, gap_s: float, seed: int) -> Split | None:
    """Folds for lessons, by the strictest rule that leaves two groups; None for fewer than two lessons.

    By people and videos that nothing connects; else by videos; else, of a single video, by blocks of time with
    `gap_s` between a held block and what trains.
    """
    if len(lessons) < 2:
        return None
    apart = _connected(lessons)
    people, videos = (len({getattr(lesson, name) for lesson in lessons}) for name in ("participant", "media"))
    if apart.max() > 0 and people > 1:
        groups = int(apart.max()) + 1
        who = "participants" if groups == people else "groups of participants"
        return _grouped(lessons, apart, folds, seed, f"cross-validated over {groups} {who}")
    if videos > 1:
        _, by_video = np.unique([lesson.media for lesson in lessons], return_inverse=True)
        who = "one participant" if people == 1 else "the same people"
        return _grouped(lessons, by_video, folds, seed, f"cross-validated over {videos} videos of {who}")
    return _blocks(lessons, folds, gap_s)


def _grouped(lessons: Sequence[Lesson], group: Ints, folds: int, seed: int, how: str) -> Split:
    emotion = np.array([lesson.emotion for lesson in lessons], np.int64)
    count = min(folds, int(group.max()) + 1)
    part = balanced_parts(emotion, group, count, seed)
    pairs = tuple((np.flatnonzero(part != number), np.flatnonzero(part == number)) for number in range(count))
    return Split(pairs, group, how)


def _connected(lessons: Sequence[Lesson]) -> Ints:
    """(N,) group of each lesson: those that share a participant or a video, directly or through others."""
    label = np.arange(len(lessons))
    keys: list[Ints] = [
        np.unique([getattr(lesson, name) for lesson in lessons], return_inverse=True)[1]
        for name in ("participant", "media")
    ]
    while True:
        before = label.copy()
        for key in keys:
            least = np.full(key.max() + 1, len(lessons))
            np.minimum.at(least, key, label)
            label = least[key]
        if (label == before).all():
            return np.asarray(np.unique(label, return_inverse=True)[1], np.int64)


def _blocks(lessons: Sequence[Lesson], folds: int, gap_s: float) -> Split:
    """Blocks of time with as many lessons each; what lies within `gap_s` of a held block does not train."""
    start_s = np.array([lesson.start_s for lesson in lessons])
    end_s = np.array([lesson.end_s for lesson in lessons])
    order = np.argsort(start_s + end_s, kind="stable")
    pairs, cluster = [], np.zeros(len(lessons), np.int64)
    for number, held in enumerate(np.array_split(order, min(folds, len(lessons)))):
        cluster[held] = number
        first_s, last_s = start_s[held].min() - gap_s, end_s[held].max() + gap_s
        far = (end_s <= first_s) | (start_s >= last_s)
        far[held] = False
        pairs.append((np.flatnonzero(far), np.sort(held)))
    return Split(tuple(pairs), cluster, SAME_VIDEO)
