"""Non-maximum suppression against its definition."""

import numpy as np
import pytest

from engine.faces.suppression import suppress, suppress_inside


def overlap(a, b, by_smaller):
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    areas = [(c[2] - c[0]) * (c[3] - c[1]) for c in (a, b)]
    return width * height / (min(areas) if by_smaller else sum(areas) - width * height)


def by_definition(corners, score, threshold, by_smaller):
    kept = []
    for index in np.argsort(-score, kind="stable").tolist():
        if all(overlap(corners[index], corners[other], by_smaller) <= threshold for other in kept):
            kept.append(index)
    return kept


@pytest.mark.parametrize(("function", "by_smaller"), [(suppress, False), (suppress_inside, True)])
@pytest.mark.parametrize("threshold", [0.3, 0.7])
def test_as_defined(function, by_smaller, threshold):
    random = np.random.default_rng(3)
    start = random.uniform(0, 200, (80, 2))
    corners = np.concatenate([start, start + random.uniform(20, 90, (80, 2))], 1)
    score = random.uniform(0.6, 1, 80).astype(np.float32)
    kept = function(corners, score, threshold)
    assert 1 < len(kept) < 80
    assert kept.tolist() == by_definition(corners, score, threshold, by_smaller)


@pytest.mark.parametrize("function", [suppress, suppress_inside])
def test_nothing_and_one(function):
    assert function(np.empty((0, 4)), np.empty(0, np.float32), 0.5).tolist() == []
    assert function(np.array([[0.0, 0, 5, 5]]), np.float32([0.8]), 0.5).tolist() == [0]


def test_a_box_inside_a_better_one_goes():
    corners = np.array([[0.0, 0, 100, 100], [40, 40, 60, 60]])
    score = np.float32([0.9, 0.8])
    assert suppress_inside(corners, score, 0.7).tolist() == [0]
    assert suppress(corners, score, 0.7).tolist() == [0, 1]
