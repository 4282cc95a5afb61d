"""How much branches disagree, whether their leaders differ, and who decided."""

from dataclasses import replace

import numpy as np
import pytest

from app.timeline.disagreement import MARKED_AMOUNT, Disagreement, disagreement, next_disagreement
from engine.emotions import COUNT, INDEX
from engine.values import FrameTrack, FusedTrack, Person, SecondTrack, Track
from tests.analyses import person as some_person


def sure(emotion: str, share: float = 1.0) -> np.ndarray:
    row = np.full(COUNT, (1 - share) / (COUNT - 1), np.float32)
    row[INDEX[emotion]] = share
    return row


def case(
    frame: np.ndarray, slices: np.ndarray, voice: np.ndarray, raw: np.ndarray, branches: str = "frame+slice+audio"
) -> tuple[Person, SecondTrack]:
    """One window, [0, 2.56), in which every branch keeps to one answer."""
    times_s = np.arange(64) / 25
    box = np.tile([0.0, 0.0, 60.0, 60.0], (64, 1))
    starts_s = np.arange(4) * 0.64
    person = replace(
        some_person(),
        frames=FrameTrack(times_s, box, np.ones(64), np.ones(64, np.bool_), np.tile(frame, (64, 1))),
        slices=Track(starts_s, starts_s + 0.64, np.tile(slices, (4, 1))),
        fused=FusedTrack([0.0], [2.56], raw[None], raw[None], (branches,)),
    )
    return person, SecondTrack([0.0, 1.0, 2.0], [1.0, 2.0, 3.0], [True] * 3, np.tile(voice, (3, 1)))


def test_branches_that_agree() -> None:
    found = disagreement(*case(sure("sad", 0.6), sure("sad", 0.6), sure("sad", 0.6), sure("sad")))
    assert found.amount[0] == pytest.approx(0, abs=1e-6)
    assert not found.differs[0]
    assert not found.marked[0]


def test_each_sure_of_another_emotion_is_all_there_can_be() -> None:
    found = disagreement(*case(sure("sad"), sure("happy"), sure("angry"), sure("sad")))
    assert found.amount[0] == pytest.approx(1)
    assert found.differs[0]
    assert found.marked[0]


def test_two_branches_can_reach_it_too() -> None:
    found = disagreement(*case(sure("sad"), sure("happy"), sure("angry"), sure("sad"), "frame+slice"))
    assert found.amount[0] == pytest.approx(1)


def test_one_against_two_lies_between() -> None:
    found = disagreement(*case(sure("sad"), sure("sad"), sure("happy"), sure("sad")))
    entropy = -(2 / 3 * np.log(2 / 3) + 1 / 3 * np.log(1 / 3))
    assert found.amount[0] == pytest.approx(entropy / np.log(3))


def test_a_branch_alone_agrees_with_itself() -> None:
    found = disagreement(*case(sure("sad"), sure("happy"), sure("angry"), sure("sad"), "frame"))
    assert (found.amount[0], bool(found.differs[0]), found.decided) == (0.0, False, ("frame",))


def test_leaders_that_differ_by_a_hair_are_not_worth_a_look() -> None:
    near = np.full(COUNT, 0.1, np.float32)
    frame, slices = near.copy(), near.copy()
    frame[[3, 5]], slices[[3, 5]] = (0.26, 0.24), (0.24, 0.26)
    found = disagreement(*case(frame, slices, frame, frame))
    assert found.differs[0]
    assert found.amount[0] < MARKED_AMOUNT
    assert not found.marked[0]


@pytest.mark.parametrize(("leader", "branch"), [("sad", "frame"), ("happy", "slice"), ("angry", "audio")])
def test_the_branch_nearest_to_the_fused_answer_decided(leader: str, branch: str) -> None:
    found = disagreement(*case(sure("sad", 0.8), sure("happy", 0.8), sure("angry", 0.8), sure(leader, 0.7)))
    assert found.decided == (branch,)


def test_a_branch_that_the_fusion_did_not_use_decides_nothing() -> None:
    found = disagreement(*case(sure("sad", 0.8), sure("happy", 0.8), sure("angry", 0.8), sure("angry"), "frame+slice"))
    assert found.decided[0] in ("frame", "slice")


def test_seconds_without_speech_do_not_count() -> None:
    person, seconds = case(sure("sad"), sure("sad"), sure("sad"), sure("sad"))
    rows = seconds.probabilities.copy()
    rows[1] = sure("happy")
    mixed = replace(seconds, probabilities=rows)
    assert disagreement(person, mixed).amount[0] > 0.05
    spoken = replace(mixed, speech=np.array([True, False, True]))
    assert disagreement(person, spoken).amount[0] == pytest.approx(0, abs=1e-6)


def test_a_branch_answers_with_the_mean_of_its_window_only() -> None:
    person, seconds = case(sure("sad"), sure("sad"), sure("sad"), sure("sad"))
    rows = person.frames.probabilities.copy()
    rows[-13:] = sure("happy")  # from 2.04 s on
    early = replace(person.fused, end_s=np.array([2.0]))
    changed = replace(person, frames=replace(person.frames, probabilities=rows))
    assert disagreement(changed, seconds).amount[0] > 0
    assert disagreement(replace(changed, fused=early), seconds).amount[0] == pytest.approx(0, abs=1e-6)


def test_rows_are_those_of_the_fused_windows() -> None:
    person = some_person()
    found = disagreement(person, SecondTrack([0.0], [1.0], [False], np.full((1, 7), 1 / 7)))
    assert len(found) == len(person.fused) == len(found.decided)
    np.testing.assert_array_equal(found.start_s, person.fused.start_s)
    assert found.amount.dtype == np.float32


def test_nobody_in_view_has_no_rows() -> None:
    nothing = np.zeros((0, COUNT), np.float32)
    empty = replace(
        some_person(), frames=FrameTrack([], np.zeros((0, 4)), [], [], nothing), slices=Track([], [], nothing),
        fused=FusedTrack([], [], nothing, nothing, ()),
    )  # fmt: skip
    found = disagreement(empty, SecondTrack([], [], [], nothing))
    assert len(found) == 0
    assert found.decided == ()
    assert next_disagreement(found, 0.0) is None


def test_the_next_one_is_where_a_run_begins() -> None:
    amount = np.array([0.9, 0.9, 0.0, 0.5, 0.6, 0.1, 0.7], np.float32)
    starts_s = np.arange(7) * 0.5
    found = Disagreement(starts_s, starts_s + 2.56, amount, amount > 0.05, ("frame",) * 7)
    assert next_disagreement(found, -1.0) == 0.0
    assert next_disagreement(found, 0.0) == 1.5
    assert next_disagreement(found, 1.5) == 3.0
    assert next_disagreement(found, 3.0) is None
