"""What the next labels will bring: from the model's confidence, and from the answers so far."""

from typing import Any

import numpy as np
import pytest

from app.project.values import Correction
from app.review import Candidate, prepare
from app.review_columns import columns_of
from app.review_forecast import AHEAD, Forecast, RevisionScore, forecast
from tests.unit.app.project.records import correction


def candidate(at: int, confidence: float) -> Candidate:
    return Candidate("m1", "clip.mp4", "person-1", 20.0 * at, 20.0 * at + 4, "happy", confidence, confidence < 0.5)


def answer(at: int, changed: bool, **changes: Any) -> Correction:
    """To the segment of that place."""
    said = {
        "emotion": "sad" if changed else "happy", "origin": "edited" if changed else "accepted",
        "made_at": f"2026-{at:05}",
    }  # fmt: skip
    return correction(f"c{at}", 20.0 * at, 20.0 * at + 4, **(said | changes))


def found(confidences: list[float], answers: list[Correction], upcoming: int = AHEAD, **options: Any) -> Forecast:
    """Segments of these confidences; the last ones are next."""
    columns = columns_of([candidate(at, confidence) for at, confidence in enumerate(confidences)])
    rows = np.arange(len(columns) - upcoming, len(columns))
    made = forecast(columns, rows, answers, **options)
    assert made is not None
    return made


def test_without_answers_the_models_own_confidence_counts() -> None:
    unsure, sure = found([0.3] * 20, []), found([0.95] * 20, [])
    assert unsure.changes == pytest.approx(20 * (1 - (1 / 7 + 0.4) / 2), abs=0.3)
    assert sure.changes == pytest.approx(20 * 0.05, abs=0.2)
    assert sure.low <= sure.changes <= sure.high
    assert (unsure.answers, unsure.past) == (0, ())
    assert (
        unsure.sentence
        == f"About 15 of the next 20 would change ({unsure.low} to {unsure.high}), by the model's own confidence"
    )


@pytest.mark.parametrize(("changed_of_10", "least", "most"), [(0, 0.2, 1.5), (5, 8.5, 11.0), (10, 17.5, 19.5)])
def test_answers_correct_it(changed_of_10: int, least: float, most: float) -> None:
    """A hundred answers to segments of 0.75, of which the model itself would expect a quarter changed."""
    answers = [answer(at, at % 10 < changed_of_10) for at in range(100)]
    assert least < found([0.75] * 120, answers).changes < most


def test_each_range_of_confidence_learns_for_itself() -> None:
    answers = [answer(at, at < 50) for at in range(100)]
    confidences = [0.45] * 50 + [0.95] * 50
    assert found(confidences + [0.45] * 20, answers).changes > 16
    assert found(confidences + [0.95] * 20, answers).changes < 1.5


def test_the_interval_is_honest() -> None:
    """Answers are drawn with a known rate: in about 95 of 100 worlds, what comes lies in it."""
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(100):
        changed = rng.random(200) < 0.35
        made = found([0.65] * 220, [answer(at, bool(each)) for at, each in enumerate(changed)])
        inside += made.low <= int((rng.random(20) < 0.35).sum()) <= made.high
    assert 88 <= inside <= 100


def test_unsure_batches_and_blank_labels_tell_nothing() -> None:
    answers = [
        answer(0, True, emotion=None),
        answer(1, False, origin="batch"),
        answer(2, True, origin="blank"),
        answer(3, True),
    ]
    assert found([0.5] * 30, answers).answers == 1


def test_answers_to_what_is_predicted_no_more_are_left_out() -> None:
    elsewhere = [answer(at, True, person="person-9") for at in range(30)]
    assert found([0.9] * 20, elsewhere).answers == 0


def test_the_past_comes_in_blocks_that_end_with_the_latest_answer() -> None:
    answers = [answer(at, at < 30) for at in range(50)]
    assert found([0.5] * 70, answers[::-1]).past == (20, 0)


def test_it_is_the_same_each_time_and_nothing_left_gives_none() -> None:
    assert found([0.5] * 40, [answer(0, True)]) == found([0.5] * 40, [answer(0, True)])
    columns = columns_of([candidate(0, 0.5)])
    assert forecast(columns, np.zeros(0, np.int64), ()) is None


def test_fewer_left_than_that_are_said() -> None:
    made = found([0.5] * 5, [], upcoming=3)
    assert made.ahead == 3
    assert "of the next 3 would change" in made.sentence
    assert not made.is_flat


def test_when_labels_stop_paying() -> None:
    settled = found([0.95] * 120, [answer(at, False) for at in range(100)])
    assert settled.changes < 2
    assert settled.is_flat
    assert not found([0.5] * 120, [answer(at, at % 3 == 0) for at in range(100)]).is_flat
    assert not found([0.95] * 20, []).is_flat, "confidence alone does not say that it is over"


def test_when_revisions_stop_gaining() -> None:
    growing = [RevisionScore("1.1", 0.5, 0.6), RevisionScore("1.2", 0.6, 0.65)]
    stalled = [*growing, RevisionScore("1.3", 0.648, 0.652)]
    assert not found([0.5] * 20, [], gains=growing).is_flat
    last = found([0.5] * 20, [], gains=stalled)
    assert last.is_flat
    assert last.gains_text == "1.1: 50 → 60 %, 1.2: 60 → 65 %, 1.3: 65 → 65 %"
    assert found([0.5] * 20, [], gains=growing[:1]).gains_text == ""


def test_everything_is_prepared_for_every_reason() -> None:
    candidates = [candidate(at, 0.3 + 0.01 * at) for at in range(60)]
    review = prepare(columns_of(candidates), [answer(at, True) for at in range(10)])
    assert len(review.left) == 50
    assert review.acceptable_count(0.8) == sum(one.confidence >= 0.8 for one in review.left)
    assert review.acceptable_count(0.0) == 50
    assert set(review.queues) == set(review.forecasts)
    unsure, rare = review.forecasts["least certain"], review.forecasts["rare class"]
    assert unsure is not None
    assert rare is not None
    assert unsure.changes > rare.changes, "the surest of a class are looked at first"
    assert review.forecasts["branches disagree"] is None
