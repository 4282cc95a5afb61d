import numpy as np
import pytest

from app.timeline.coverage import covered_s


def test_how_much_is_covered() -> None:
    start_s, end_s = np.array([0.0, 1.0, 2.5, 9.0]), np.array([1.0, 4.0, 3.0, 10.0])
    assert covered_s([(0.5, 1.5), (3.0, 20.0)], start_s, end_s) == pytest.approx([0.5, 1.5, 0.0, 1.0])


def test_nothing_covers_nothing() -> None:
    assert covered_s([], np.array([0.0]), np.array([1.0])).tolist() == [0.0]
    assert covered_s([(0.0, 1.0)], np.zeros(0), np.zeros(0)).tolist() == []
