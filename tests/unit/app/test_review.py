import pytest

from app.project.values import Correction
from app.review import (
    APART_S,
    ENOUGH_AGREED,
    LONGEST,
    RECENT,
    Candidate,
    Reason,
    acceptable,
    not_corrected,
    queue,
    returns,
)


def candidate(
    start_s: float,
    emotion: str = "happy",
    confidence: float = 0.5,
    disagreement: float | None = None,
    **changes: object,
) -> Candidate:
    given = {"media_id": "m1", "video_name": "clip.mp4", "person": "person-1", "end_s": start_s + 4, "uncertain": False}
    return Candidate(
        start_s=start_s, emotion=emotion, confidence=confidence, disagreement=disagreement, **(given | changes)
    )  # type: ignore[arg-type]


def correction(start_s: float, end_s: float, emotion: str | None = "happy", **changes: object) -> Correction:
    given = {
        "id": f"c{start_s}", "media_id": "m1", "person": "person-1", "origin": "blank", "coder": "MK",
        "seen_in": "face", "note": "", "made_at": "2026-11-22T19:00:00.000",
    }  # fmt: skip
    return Correction(start_s=start_s, end_s=end_s, emotion=emotion, **(given | changes))  # type: ignore[arg-type]


def starts(candidates: tuple[Candidate, ...], corrections: tuple[Correction, ...], reason: Reason) -> list[float]:
    return [waiting.candidate.start_s for waiting in queue(candidates, corrections, reason)]


def test_a_segment_is_corrected_from_half_of_its_length_on() -> None:
    segments = (candidate(0), candidate(20))
    assert not_corrected(segments, (correction(0, 1.9),)) == segments
    assert not_corrected(segments, (correction(0, 2),)) == segments[1:]
    assert not_corrected(segments, (correction(0, 30),)) == ()


def test_pieces_count_together_and_overlaps_once() -> None:
    segments = (candidate(0),)
    assert not_corrected(segments, (correction(0, 1), correction(3, 4))) == ()
    assert not_corrected(segments, (correction(0, 1.5), correction(0.5, 1.5, coder="AB"))) == segments


def test_corrections_count_for_their_own_video_and_person_only() -> None:
    segments = (candidate(0), candidate(0, person=None), candidate(0, media_id="m2"))
    assert not_corrected(segments, (correction(0, 4),)) == segments[1:]
    assert not_corrected(segments, (correction(0, 4, person=None),)) == (segments[0], segments[2])
    assert not_corrected(segments, (correction(0, 4, media_id="m3"),)) == segments


def test_unsure_is_an_answer_too() -> None:
    assert not_corrected((candidate(0),), (correction(0, 4, None),)) == ()


def test_nothing_in_nothing_out() -> None:
    assert not_corrected((), (correction(0, 4),)) == ()
    assert queue((), (), "least certain") == ()


def test_least_certain_first() -> None:
    segments = (candidate(0, confidence=0.9), candidate(20, confidence=0.3, uncertain=True), candidate(40))
    assert starts(segments, (), "least certain") == [20, 40, 0]
    assert [waiting.why for waiting in queue(segments, (), "least certain")] == [
        "uncertain",
        "fairly sure",
        "fairly sure",
    ]


def test_disagreement_first_and_only_where_branches_can_disagree() -> None:
    segments = (
        candidate(0, disagreement=0.2),
        candidate(20),
        candidate(40, disagreement=0.9),
        candidate(60, disagreement=0.0),
    )
    found = queue(segments, (), "branches disagree")
    assert [(waiting.candidate.start_s, waiting.why) for waiting in found] == [
        (40, "disagree 0.90"),
        (0, "disagree 0.20"),
    ]


def test_rare_classes_first_and_of_each_the_surest() -> None:
    segments = (
        candidate(0, "happy", 0.9),
        candidate(20, "fear", 0.4),
        candidate(40, "fear", 0.8),
        candidate(60, "sad", 0.9),
    )
    labels = (correction(100, 101, "happy"), correction(102, 103, "happy"), correction(104, 105, "sad"))
    found = queue(segments, labels, "rare class")
    assert [(waiting.candidate.start_s, waiting.why) for waiting in found] == [
        (40, "no fear label yet"),
        (20, "no fear label yet"),
        (60, "1 sad label"),
        (0, "2 happy labels"),
    ]


def test_neighbours_of_one_another_are_not_in_the_queue_together() -> None:
    segments = (
        candidate(0, confidence=0.1),
        candidate(APART_S - 0.1, confidence=0.2),
        candidate(APART_S, confidence=0.3),
    )
    assert starts(segments, (), "least certain") == [0, APART_S]


def test_two_persons_at_one_moment_are_no_neighbours() -> None:
    segments = (candidate(0, confidence=0.1), candidate(0, confidence=0.2, person="person-2"))
    assert len(queue(segments, (), "least certain")) == 2


def test_neighbours_of_what_was_answered_wait_until_nothing_else_is_left() -> None:
    far, near = candidate(100, confidence=0.9), candidate(5, confidence=0.1)
    answered = (correction(0, 4),)
    assert starts((near, far), answered, "least certain") == [100]
    assert starts((near,), answered, "least certain") == [5]


def test_the_queue_is_bounded() -> None:
    segments = tuple(candidate(20.0 * index) for index in range(LONGEST + 5))
    assert len(queue(segments, (), "least certain")) == LONGEST


def test_equals_keep_their_order() -> None:
    segments = tuple(candidate(20.0 * index, media_id=f"m{index % 3}") for index in range(9))
    assert starts(segments, (), "least certain") == [segment.start_s for segment in segments]


def test_acceptable_from_a_confidence_on() -> None:
    segments = (candidate(0, confidence=0.89), candidate(20, confidence=0.9), candidate(40, confidence=0.95))
    assert acceptable(segments, 0.9) == segments[1:]
    assert acceptable(segments, 1.0) == ()


def answers(agreed: int, of: int) -> tuple[Correction, ...]:
    return tuple(
        correction(index, index + 1, origin="accepted" if index < agreed else "edited", made_at=f"2026-{index:03}")
        for index in range(of)
    )


@pytest.mark.parametrize(
    ("agreed", "verdict"), [(ENOUGH_AGREED, "more labels pay little now"), (ENOUGH_AGREED - 1, "labels still pay")]
)
def test_whether_labels_still_pay(agreed: int, verdict: str) -> None:
    assert returns(answers(agreed, RECENT)) == f"{agreed} of the last {RECENT} answers agreed: {verdict}"


def test_too_few_answers_say_nothing_and_only_answers_count() -> None:
    assert returns(answers(5, RECENT - 1)) is None
    assert returns((*answers(5, RECENT - 1), correction(50, 51, origin="batch"), correction(60, 61))) is None


def test_only_the_latest_answers_count() -> None:
    early = tuple(
        correction(200 + index, 201 + index, origin="accepted", made_at=f"2025-{index:03}") for index in range(30)
    )
    assert returns((*answers(0, RECENT), *early)) == f"0 of the last {RECENT} answers agreed: labels still pay"
