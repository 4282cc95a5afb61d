"""A model's scores as tables for people; as JSON for programs they are the trainer's own record."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.emotions import EMOTIONS
from trainer.intervals import DRAWS, Estimate
from trainer.losses import WEIGHTINGS
from trainer.report.document import panels, warnings
from trainer.report.paper import FUSION, PAPER, paper_accuracies, paper_folds
from trainer.report.record import report_json
from trainer.report.wording import first_of
from trainer.scores import FoldScores, Row

if TYPE_CHECKING:
    from trainer.evaluation import Report

__all__ = ["confusion_lines", "report_json", "report_lines"]


def report_lines(report: "Report") -> Iterator[str]:
    """The table, each row with the ends of its intervals below it, recalls in the order of the labels.

    On the paper's own data its figures stand beside ours.
    """
    yield f"split: {report.split}; labels: {report.labels}"
    yield from first_of(report.notes)
    paper = paper_accuracies(report)
    beside = f"{'paper':>8}" if paper else ""
    heads = "".join(f"{emotion:>9}" for emotion in EMOTIONS)
    yield f"{'':<20}{'accuracy':>9}{beside}{'UAR':>8}{'count':>8}{'ECE':>8}   recall:{heads}"
    for name, row in report.rows.items():
        theirs = f"{_paper(paper.get(name)):>8}" if paper else ""
        yield _line(name, row, "value", theirs, f"{row.count:>8}")
        if math.isfinite(row.accuracy.low):
            yield _line("  95 % from", row, "low", " " * len(theirs), f"{'':>8}")
            yield _line("  to", row, "high", " " * len(theirs), f"{'':>8}")
    if any(math.isfinite(row.accuracy.low) for row in report.rows.values()):
        yield f"from, to: 95 % intervals over the {report.groups}, drawn {DRAWS:,} times"
    yield from warnings(report)
    yield from _paper_lines(paper)
    for folds in report.folds:
        yield _fold_line(folds, paper_folds(report, folds.loss))


def confusion_lines(report: "Report") -> Iterator[str]:
    """Counts of each row of the table: a line an emotion that was there, a column one that was answered."""
    for name, row in panels(report).items():
        yield f"{name:<24}{''.join(f'{emotion:>9}' for emotion in EMOTIONS)}"
        for emotion, counts in zip(EMOTIONS, row.confusion, strict=True):
            yield f"  {emotion:<22}{''.join(f'{count:>9}' for count in counts)}"


def _line(name: str, row: Row, end: str, theirs: str, count: str) -> str:
    """One line of the table: the figures, or the lower or upper ends of their intervals."""

    def of(estimate: Estimate) -> float:
        return float(getattr(estimate, end))

    recalls = "".join(f"{_percent(of(recall)):>9}" for recall in row.recalls)
    scores = f"{_percent(of(row.accuracy)):>9}{theirs}{_percent(of(row.uar)):>8}{count}"
    return f"{name:<20}{scores}{of(row.calibration_error):>8.3f}{'':>10}{recalls}"


def _paper_lines(paper: dict[str, float]) -> Iterator[str]:
    """What the paper has no row of ours for: the baseline, and its fusion by loss."""
    if paper:
        beside = [f"{name} {share:.2f}" for name, share in paper.items() if name.startswith(f"{FUSION}, ")]
        yield "; ".join([f"paper: {PAPER}", *beside, f"the challenge's baseline {paper['baseline']:.2f}"])


def _fold_line(folds: FoldScores, theirs: float | None) -> str:
    each = " ".join(_percent(accuracy) for accuracy in folds.accuracies)
    paper = "" if theirs is None else f"; paper {theirs:.2f}"
    spread = f"mean {_percent(folds.mean_accuracy)}, deviation {_percent(folds.deviation)}"
    return f"{len(folds.folds)} folds, {WEIGHTINGS[folds.loss]}: {each}; {spread}{paper}"


def _paper(share: float | None) -> str:
    return "-" if share is None else f"{share:.2f}"


def _percent(figure: float) -> str:
    return f"{100 * figure:.2f}" if math.isfinite(figure) else "-"
