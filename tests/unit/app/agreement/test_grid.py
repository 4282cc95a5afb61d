import numpy as np

from app.agreement import grid
from tests.unit.app.agreement.raters import place, said


def test_a_step_has_the_label_at_its_middle() -> None:
    (codes,) = grid.codes([said((0.0, 0.24, "happy"), (0.24, 0.5, "sad"))])
    assert codes.tolist() == [place("happy")] * 2 + [place("sad")] * 3


def test_unsure_and_nothing_are_told_apart() -> None:
    first, second = grid.codes([said((0.0, 0.2, "happy"), (0.2, 0.3, None)), said((0.4, 0.5, "sad"))])
    assert first.tolist() == [place("happy")] * 2 + [grid.UNSURE, grid.NOTHING, grid.NOTHING]
    assert second.tolist() == [grid.NOTHING] * 4 + [place("sad")]


def test_the_grid_is_that_of_media_time_wherever_labels_begin() -> None:
    (late,) = grid.codes([said((100.04, 100.3, "sad"))])
    assert late.tolist() == [place("sad")] * 3
    assert grid.codes([(), ()]).shape == (2, 0)


def test_only_steps_that_both_labelled_are_compared() -> None:
    first, second = grid.codes([said((0, 1, "happy"), (1, 2, None)), said((0.5, 3, "sad"))])
    counts = grid.confusion(first, second)
    assert counts.sum() == 5
    assert counts[place("happy"), place("sad")] == 5


def test_what_is_beside() -> None:
    given = grid.codes([said((0, 1, "happy"), (1, 2, None)), said((0.5, 3, "sad"))])
    assert grid.alone(given).tolist() == [5, 10]
    assert grid.unsure(given).tolist() == [10, 0]


def test_answers_of_three() -> None:
    given = np.array([[0, -1, -2], [0, 1, 1], [2, 1, -2]])
    assert grid.answers(given)[:, :3].tolist() == [[2, 0, 1], [0, 2, 0], [0, 1, 0]]
