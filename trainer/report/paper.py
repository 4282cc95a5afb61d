"""What the paper itself reports: Pini et al., ICMI 2017, doi 10.1145/3136755.3143006. Accuracies in percent."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from trainer.losses import WEIGHTINGS, Weighting

if TYPE_CHECKING:
    from trainer.evaluation import Report
    from trainer.scores import Row

PAPER: Final = "Pini et al., ICMI 2017"
FUSION: Final = "multimodal fusion"
CLIPS: Final[Mapping[str, int]] = {"val": 383, "test": 653}
"""By part of AFEW 7."""
VALIDATION: Final[Mapping[str, float]] = {
    "CNN single frame": 39.95,
    "CNN average": 44.50,
    "C3D single slice": 33.31,
    "C3D average": 31.59,
    "audio 1 second": 33.65,
    FUSION: 50.39,
}
"""By row of the table, on the validation clips."""
FOLDS: Final[Mapping[Weighting, float]] = {"none": 53.49, "paper": 48.30}
"""By loss, over five subject-independent folds of them."""
TEST: Final[Mapping[Weighting, float]] = {"none": 44.56, "paper": 49.92}
"""By loss, the fusion on the test clips."""
BASELINE: Final[Mapping[str, float]] = {"val": 38.81, "test": 40.47}
"""What the challenge's own baseline reaches."""


def paper_accuracies(report: "Report") -> dict[str, float]:
    """The paper's figures for the rows of a report, and the baseline; nothing when the data are not its own."""
    if report.dataset != "afew" or report.part not in CLIPS:
        return {}
    if report.part == "val":
        own = dict(VALIDATION)
    else:
        own = {f"{FUSION}, {WEIGHTINGS[loss]}": accuracy for loss, accuracy in TEST.items()}
    return {**own, "baseline": BASELINE[report.part]}


def paper_folds(report: "Report", loss: Weighting) -> float | None:
    """The paper's cross-validation with a loss; None when the data are not its own, or the loss is not."""
    return FOLDS.get(loss) if report.dataset == "afew" else None


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One line of the paper's table: ours, a share of 1, and theirs in percent where they have one.

    `accuracy` of a cross-validation is the mean over its folds, `row` of all their answers together.
    """

    name: str
    accuracy: float
    theirs: float | None
    row: "Row"


def paper_lines(report: "Report") -> Iterator[PaperLine]:
    """The table as the paper has it: the branches, their averages, the fusion, and its folds by loss."""
    paper = paper_accuracies(report)
    for name, row in report.rows.items():
        yield PaperLine(name, row.accuracy.value, paper.get(name), row)
    for folds in report.folds:
        name = f"{len(folds.folds)} folds, {WEIGHTINGS[folds.loss]}"
        yield PaperLine(name, folds.mean_accuracy, paper_folds(report, folds.loss), folds.pooled)
