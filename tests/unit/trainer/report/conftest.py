"""A report on made answers, as an evaluation gives it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine.values import BundleRef
from trainer.evaluation import Report
from trainer.scores import Row, score, score_folds

Answers = tuple[np.ndarray, np.ndarray, np.ndarray]


def answers(count: int, sharpness: float, groups: int, seed: int = 0, emotions: int = 7) -> Answers:
    """Probabilities that lean towards the truth, truths, groups."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, emotions, count)
    logits = rng.normal(size=(count, 7)) + sharpness * np.eye(7)[truth]
    given = np.exp(logits)
    return given / given.sum(axis=1, keepdims=True), truth, np.arange(count) % groups


@pytest.fixture(scope="session")
def rows() -> dict[str, Row]:
    """A good row of many people and a poor one of two, without surprise."""
    return {
        "CNN single frame": score(*answers(300, 3, 30)),
        "multimodal fusion": score(*answers(40, 0.8, 2, seed=1, emotions=6)),
    }


@pytest.fixture
def report(rows: dict[str, Row]) -> Report:
    """On a manifest, with notes in which Markdown would see something."""
    return Report(
        BundleRef("starter", "1", "ab" * 32, "compact"), "manifest", "unseen", "manifest, 30 people", "manifest",
        "people", rows, ("left out: __init__*.mp4: <it> is broken", "SEEN: 2 of the people"),
    )  # fmt: skip


@pytest.fixture
def afew(rows: dict[str, Row]) -> Callable[..., Report]:
    """Makes a report on a part of AFEW."""

    def make(part: str = "val", **changes: Any) -> Report:
        facts: dict[str, Any] = {"rows": rows, **changes}
        bundle = BundleRef("mine", "2", "cd" * 32, "full")
        return Report(bundle, "afew", part, f"AFEW {part}, 30 films", "afew", "films", **facts)

    return make


@pytest.fixture(scope="session")
def folds() -> tuple[Any, ...]:
    """Three folds with each of two losses."""
    parts = [answers(30 + 5 * number, 2, 6, seed=number) for number in range(3)]
    return score_folds("none", parts), score_folds("paper", parts[::-1])
