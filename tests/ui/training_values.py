"""What the tests of the training panel show in it."""

import numpy as np

from app.views.training.values import (
    Basis,
    ChangedRow,
    ClassShare,
    Figure,
    Judged,
    LeftOutRow,
    Moment,
    ParticipantShare,
    RevisionRow,
    Verdict,
    scores_of,
)
from engine.emotions import EMOTIONS

COUNTS = (6, 2, 0, 9, 11, 4, 2)
BASIS = Basis(
    "starter 1",
    tuple(ClassShare(name, count, min(count, 3), count < 5) for name, count in zip(EMOTIONS, COUNTS, strict=True)),
    (ParticipantShare("Ana", 25, 3), ParticipantShare("Berta", 9, 1)),
    (LeftOutRow("unsure", "marked unsure", 3, "Show"), LeftOutRow("new", "nine.mp4 is not analysed", 4, "Analyse"),
     LeftOutRow("ignored", "of people who are ignored", 1)),
)  # fmt: skip


def confusion(right: tuple[int, ...], wrong: tuple[int, ...]) -> np.ndarray:
    """Right answers on the diagonal, wrong ones all called neutral, or happy where it is neutral."""
    matrix = np.diag(np.array(right, np.int64))
    for row, count in enumerate(wrong):
        matrix[row, 3 if row == 4 else 4] += count
    return matrix


def judged(title: str = "Your corrections", how: str = "cross-validated over 4 participants") -> Judged:
    before, after = (
        confusion((2, 1, 0, 6, 9, 1, 1), (4, 1, 0, 3, 2, 3, 1)),
        confusion((5, 1, 0, 8, 10, 3, 1), (1, 1, 0, 1, 1, 1, 1)),
    )
    return Judged(
        title, how, 34, Figure(20 / 34, 28 / 34, 0.05, 0.4), Figure(0.5, 0.62, -0.02, 0.3),
        Figure(0.17, 0.11, -0.1, -0.02), scores_of(before, after, EMOTIONS), before, after,
    )  # fmt: skip


GUARD = judged("Guard set", "")
VERDICT = Verdict("b", "1.2", "starter 1.1", 34, (judged(), GUARD), (), ("temperatures were fitted again",), True)
WORSE = Verdict("c", "1.3", "starter 1.1", 34, (judged(),), ("the guard set falls by 1.8 points",), (), True)
CHANGES = (
    ChangedRow("one", "one.mp4", "person-1", "Ana", 1.0, 3.5, "sad", "happy", "happy"),
    ChangedRow("two", "two.mp4", None, "scene", 62.0, 64.0, "angry", "neutral"),
    ChangedRow("two", "two.mp4", "person-2", "person-2", 70.0, 71.2, "fear", None),
)
ROWS = (
    RevisionRow("c", "starter 1.3", "2026-11-22 14:02", 61, 0.55, 0.70, 0.78, 0.76, candidate=True),
    RevisionRow("b", "starter 1.2", "2026-11-21 10:10", 48, 0.52, 0.74, 0.78, 0.78, current=True),
    RevisionRow("a", "starter 1.1", "2026-11-20 09:00", 34, note="its parent is gone"),
    RevisionRow(None, "starter 1", ""),
)


def moment(done: int, stage: str = "fit", guard: float | None = None) -> Moment:
    return Moment("Fitting", done, 100, stage, 12.0, 2.0 / (1 + done), done / 100, guard)
