"""The diverse order: worth a look, and unlike what was chosen before."""

from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from app.project.values import Correction
from app.review import Candidate, queue
from app.review_columns import columns_of
from app.review_order import APART_S, LONGEST, chosen
from engine.emotions import EMOTIONS
from tests.unit.app.project.records import correction


def candidate(start_s: float, emotion: str = "happy", confidence: float = 0.5, **changes: Any) -> Candidate:
    given = {"media_id": "m1", "video_name": "clip.mp4", "person": "person-1", "end_s": start_s + 4, "uncertain": False}
    return Candidate(start_s=start_s, emotion=emotion, confidence=confidence, **(given | changes))


def diverse(candidates: list[Candidate], *corrections: Correction) -> list[Candidate]:
    return [waiting.candidate for waiting in queue(candidates, corrections, "diverse")]


def library(videos: int, segments: int, seed: int = 0) -> list[Candidate]:
    """Everywhere mostly neutral; the first video is the least certain by far."""
    rng = np.random.default_rng(seed)
    made = []
    for video in range(videos):
        for at in range(segments):
            emotion = EMOTIONS[int(rng.choice(7, p=[0.1, 0.05, 0.05, 0.15, 0.5, 0.1, 0.05]))]
            confidence = float(rng.uniform(0.2, 0.4) if video == 0 else rng.uniform(0.4, 1.0))
            made.append(
                candidate(5.0 * at, emotion, confidence, media_id=f"m{video}", disagreement=float(rng.random()),
                          person=f"person-{1 + at % 2}")
            )  # fmt: skip
    return made


def test_it_spreads_over_videos_and_classes_where_certainty_alone_does_not() -> None:
    segments = library(10, 100)
    plain = [waiting.candidate for waiting in queue(segments, (), "least certain")[:20]]
    spread = diverse(segments)[:20]
    assert {one.media_id for one in plain} == {"m0"}
    assert len({one.media_id for one in spread}) == 10
    assert max(Counter(one.emotion for one in spread).values()) < max(Counter(one.emotion for one in plain).values())
    assert len({one.emotion for one in spread}) >= 6


def test_what_is_chosen_is_still_worth_a_look() -> None:
    segments = library(10, 100)
    everywhere = float(np.mean([one.confidence for one in segments]))
    assert float(np.mean([one.confidence for one in diverse(segments)[:20]])) < everywhere - 0.1


def test_no_two_are_neighbours() -> None:
    places: dict[tuple[str, str | None], list[float]] = {}
    found = diverse(library(3, 200))
    for one in found:
        places.setdefault((one.media_id, one.person), []).append(one.start_s)
    assert all(b - a >= APART_S for starts in places.values() for a, b in pairwise(sorted(starts)))
    assert len(found) == len(set(map(id, found)))


def test_everything_that_can_be_chosen_is() -> None:
    segments = [candidate(20.0 * at, EMOTIONS[at % 7], 0.3 + 0.001 * at) for at in range(40)]
    assert {one.start_s for one in diverse(segments)} == {one.start_s for one in segments}
    assert len(diverse([candidate(20.0 * at) for at in range(LONGEST + 9)])) == LONGEST


def test_what_was_labelled_lately_counts_as_chosen() -> None:
    first, second = candidate(0, "sad", 0.40), candidate(0, "fear", 0.41, media_id="m2")
    third = candidate(100, "happy", 0.9)
    assert diverse([first, second, third])[0] is first
    lately = [correction(f"c{at}", 200 + 20 * at, 202 + 20 * at, "sad", person="person-1") for at in range(5)]
    assert diverse([first, second, third], *lately)[0] is second


def test_neighbours_of_labels_wait_until_nothing_else_is_left() -> None:
    near, far = candidate(5, confidence=0.2), candidate(100, confidence=0.9)
    label = correction("c1", 0, 4)
    assert diverse([near, far], label) == [far]
    assert diverse([near], label) == [near]


def test_the_worthier_is_drawn_the_likelier() -> None:
    columns = columns_of([candidate(0, confidence=0.3), candidate(100, confidence=0.9), candidate(200, confidence=0.6)])
    firsts = Counter(int(chosen(columns, np.arange(3), (), "diverse", seed)[0][0]) for seed in range(200))
    assert firsts[0] > firsts[2] > firsts[1]


def test_what_is_left_keeps_its_order_when_others_are_answered() -> None:
    columns = columns_of([candidate(20.0 * at, confidence=0.3 + 0.01 * at, media_id=f"m{at}") for at in range(40)])
    rows, _ = chosen(columns, np.arange(40), (), "diverse")
    fewer, _ = chosen(columns, np.setdiff1d(np.arange(40), rows[:1]), (), "diverse")
    kept = [row for row in rows.tolist() if row != rows[0]]
    assert np.mean(np.array(kept[:10]) == fewer[:10]) > 0.6  # places shift only where worth, a place among others, did


def test_draws_are_of_a_seed() -> None:
    columns = columns_of([candidate(20.0 * at, media_id=f"m{at}") for at in range(12)])
    rows = np.arange(len(columns))
    first, again, other = (chosen(columns, rows, (), "diverse", seed)[0].tolist() for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert sorted(first) == sorted(other) == rows.tolist()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"confidence": 0.1, "uncertain": True}, "uncertain"),
        ({"disagreement": 0.9, "confidence": 0.6}, "disagree 0.90"),
        ({"emotion": "fear", "confidence": 0.8}, "no fear label yet"),
    ],
)
def test_the_words_say_what_speaks_for_it_most(changes: dict[str, Any], why: str) -> None:
    others = [candidate(20.0 * at, "happy", 0.5 + 0.05 * at, disagreement=0.01 * at) for at in range(1, 9)]
    one = candidate(500, **({"disagreement": 0.0, "confidence": 0.95} | changes))
    waiting = queue([*others, one], [correction("c1", 900, 902, "happy")], "diverse")
    assert next(each.why for each in waiting if each.candidate is one) == why


def test_nothing_in_nothing_out() -> None:
    assert diverse([]) == []
