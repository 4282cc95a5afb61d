"""Who trains and who is scored."""

from collections.abc import Sequence

import numpy as np
import pytest

from tests.unit.trainer.finetune.conftest import MakeLesson
from trainer.finetune.splits import SAME_VIDEO, Split, split
from trainer.finetune.values import Lesson


def parts(lessons: Sequence[Lesson], folds: int = 3, gap_s: float = 5.0) -> Split:
    found = split(lessons, folds, gap_s, seed=1)
    assert found is not None
    return found


def crossing(made: Split, lessons: Sequence[Lesson], name: str) -> set[str]:
    """Groups on both sides of a fold."""
    both: set[str] = set()
    for train, held in made.folds:
        both |= {getattr(lessons[i], name) for i in train} & {getattr(lessons[i], name) for i in held}
    return both


def held_once(made: Split, count: int) -> bool:
    return sorted(np.concatenate([held for _, held in made.folds]).tolist()) == list(range(count))


def test_participants_never_cross(lesson: MakeLesson) -> None:
    lessons = [lesson(n, n % 7, participant=f"p{n % 4}", media=f"film-{n % 8}") for n in range(24)]
    made = parts(lessons)
    assert not crossing(made, lessons, "participant")
    assert not crossing(made, lessons, "media")
    assert held_once(made, 24)
    assert made.how == "cross-validated over 4 participants"
    assert len(np.unique(made.cluster)) == 4


def test_people_who_share_a_video_stay_together(lesson: MakeLesson) -> None:
    who = {0: ("a", "one"), 1: ("b", "one"), 2: ("b", "two"), 3: ("c", "three")}
    lessons = [lesson(n, n % 7, participant=who[n % 4][0], media=who[n % 4][1]) for n in range(16)]
    made = parts(lessons)
    assert not crossing(made, lessons, "participant")
    assert made.how == "cross-validated over 2 groups of participants"
    assert len(made.folds) == 2


def test_of_one_participant_videos_never_cross(lesson: MakeLesson) -> None:
    lessons = [lesson(n, n % 7, media=f"film-{n % 3}") for n in range(12)]
    made = parts(lessons, folds=5)
    assert not crossing(made, lessons, "media")
    assert len(made.folds) == 3
    assert made.how == "cross-validated over 3 videos of one participant"


def test_when_everybody_is_in_every_video_videos_are_apart(lesson: MakeLesson) -> None:
    lessons = [lesson(n, n % 7, media=f"film-{n % 2}", participant=f"p{n // 2 % 2}") for n in range(12)]
    made = parts(lessons)
    assert not crossing(made, lessons, "media")
    assert made.how == "cross-validated over 2 videos of the same people"


def test_one_video_is_cut_in_blocks_with_a_gap(lesson: MakeLesson) -> None:
    lessons = [lesson(n, n % 7, start_s=4.0 * n, end_s=4.0 * n + 2) for n in (5, 1, 0, 2, 4, 3, 6, 8, 7)]
    made = parts(lessons)
    assert made.how == SAME_VIDEO
    assert held_once(made, 9)
    for train, held in made.folds:
        times = sorted(lessons[i].start_s for i in held)
        assert times[-1] - times[0] == 8.0  # neighbours
        for one in train:
            assert all(abs(lessons[one].start_s - time_s) - 2 >= 5.0 for time_s in times)


def test_blocks_too_near_leave_nothing_to_train_on(lesson: MakeLesson) -> None:
    lessons = [lesson(0, n, start_s=float(n), end_s=n + 1.0) for n in range(4)]
    made = parts(lessons, gap_s=60.0)
    assert all(len(train) == 0 for train, _ in made.folds)
    assert held_once(made, 4)


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_can_be_held_out_of_one(lesson: MakeLesson, count: int) -> None:
    assert split([lesson(n) for n in range(count)], 5, 5.0, 1) is None


def test_the_same_lessons_are_split_the_same_way(lesson: MakeLesson) -> None:
    lessons = [lesson(n, n % 7, participant=f"p{n % 5}", media=f"film-{n % 5}") for n in range(20)]
    first, second = parts(lessons), parts(lessons)
    assert [held.tolist() for _, held in first.folds] == [held.tolist() for _, held in second.folds]
