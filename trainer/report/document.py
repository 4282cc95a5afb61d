"""The report as Markdown: what was scored, tables with intervals and counts, and its pictures."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from engine.emotions import EMOTIONS
from trainer.intervals import DRAWS, FEW_GROUPS
from trainer.losses import WEIGHTINGS
from trainer.metrics import BINS
from trainer.report.paper import CLIPS, FUSION, PAPER, paper_accuracies, paper_folds
from trainer.report.wording import UNKNOWN, counted, first_of, number_with, percent, percent_with
from trainer.scores import Row

if TYPE_CHECKING:
    from trainer.evaluation import Report

CONFUSION: Final = "confusion.png"
RELIABILITY: Final = "reliability.png"
RISK: Final = "risk-coverage.png"
LABELS: Final[Mapping[str, str]] = {
    "ferplus": "the majority of the FER+ crowd",
    "fer2013": "FER2013's own labels",
    "acted": "what was acted",
    "afew": "AFEW's own",
    "manifest": "as the manifest says",
}
"""How each set of labels is introduced; others are their own name."""
_SHOWN: Final = (0.2, 0.4, 0.5, 0.6, 0.8, 1.0)
"""Coverages of the table; the picture and the JSON have all."""


def panels(report: "Report") -> dict[str, Row]:
    """What gets a panel in each picture: the rows, then each cross-validation's folds together."""
    folds = {f"{len(item.folds)} folds, {WEIGHTINGS[item.loss]}": item.pooled for item in report.folds}
    return {**report.rows, **folds}


def warnings(report: "Report") -> Iterator[str]:
    """Where there are too few groups for an interval to say much."""
    for few in sorted({row.groups for row in panels(report).values() if row.groups < FEW_GROUPS}):
        said = "no interval can be drawn" if few == 1 else "their intervals are rough guesses about others"
        yield f"only {counted(few, report.groups)}: {said}"


def report_markdown(report: "Report") -> str:
    """The whole text; pictures are named without a folder."""
    parts = [
        _head(report),
        _accuracies(report),
        _folds(report),
        _recalls(report),
        _confidence(report),
        _reading(report),
    ]
    return "\n".join(line for part in parts for line in part)


def _head(report: "Report") -> Iterator[str]:
    bundle = report.bundle
    yield f"# {_plain(bundle.name)} on {_plain(report.split)}"
    yield ""
    revision = f"revision {_plain(bundle.revision)}, {bundle.profile}, sha256 `{bundle.sha256}`"
    yield f"- model: {_plain(bundle.name)}, {revision}"
    yield f"- scored: {_plain(report.split)}"
    yield f"- labels: {_plain(LABELS.get(report.labels, report.labels))}"
    yield from (f"- {_plain(note)}" for note in first_of(report.notes))
    yield from (f"- {warning}" for warning in warnings(report))
    yield ""


def _accuracies(report: "Report") -> Iterator[str]:
    if not report.rows:
        return
    paper = paper_accuracies(report)
    heads = ["", "examples", report.groups, "accuracy", *(["the paper"] if paper else []), "UAR", "macro-F1"]
    yield "## Accuracy"
    yield ""
    yield from _table(heads, _accuracy_rows(report, paper))
    yield ""
    if paper:
        yield f"The paper: {PAPER}, {CLIPS[report.part]} clips{_of_others(report)}."
        yield ""


def _accuracy_rows(report: "Report", paper: Mapping[str, float]) -> Iterator[list[str]]:
    for name, row in report.rows.items():
        theirs = [_theirs(name, paper)] if paper else []
        ours = [percent_with(row.accuracy), *theirs, percent_with(row.uar), percent_with(row.macro_f1)]
        yield [name, f"{row.count:,}", f"{row.groups:,}", *ours]
    if paper:
        yield ["the challenge's baseline", "", "", "", f"{paper['baseline']:.2f}", "", ""]


def _theirs(name: str, paper: Mapping[str, float]) -> str:
    """The paper's figure for a row; the fusion's on test clips is one a loss."""
    by_loss = [f"{share:.2f} ({loss.removeprefix(f'{FUSION}, ')})" for loss, share in paper.items()
               if loss.startswith(f"{name}, ")]  # fmt: skip
    return f"{paper[name]:.2f}" if name in paper else "; ".join(by_loss) or UNKNOWN


def _of_others(report: "Report") -> str:
    """A warning when the clips are not as many as the paper's."""
    fused = report.rows.get(FUSION)
    if fused is None or fused.count == CLIPS[report.part]:
        return ""
    return f"; here {fused.count:,} could be scored, so its figures stand beside, not against, these"


def _folds(report: "Report") -> Iterator[str]:
    if not report.folds:
        return
    most = max(len(item.folds) for item in report.folds)
    paper = [paper_folds(report, item.loss) for item in report.folds]
    any_paper = any(theirs is not None for theirs in paper)
    heads = ["", *(f"fold {number}" for number in range(1, most + 1)), "mean ± deviation", "all together"]
    yield "## Cross-validation"
    yield ""
    yield f"Accuracy; no fold shares {report.groups} with what trained it. The last interval is of all folds' answers."
    yield ""
    rows = []
    for item, theirs in zip(report.folds, paper, strict=True):
        each = [f"{percent(row.accuracy.value)} of {row.count:,}" for row in item.folds]
        together = f"{percent_with(item.pooled.accuracy)} of {item.pooled.count:,}"
        spread = f"{percent(item.mean_accuracy)} ± {percent(item.deviation)}"
        last = [UNKNOWN if theirs is None else f"{theirs:.2f}"] if any_paper else []
        rows.append([WEIGHTINGS[item.loss], *each, *[""] * (most - len(each)), spread, together, *last])
    yield from _table([*heads, "the paper"] if any_paper else heads, rows)
    yield ""


def _recalls(report: "Report") -> Iterator[str]:
    yield "## Recall by emotion"
    yield ""
    yield from _table(["", *EMOTIONS], ([name, *_recall_cells(row)] for name, row in panels(report).items()))
    yield ""
    yield f"![Confusion matrices: rows are what was there, columns what was answered]({CONFUSION})"
    yield ""


def _recall_cells(row: Row) -> Iterator[str]:
    for recall, count in zip(row.recalls, row.class_counts, strict=True):
        yield f"{percent_with(recall)} of {count:,}" if count else UNKNOWN


def _confidence(report: "Report") -> Iterator[str]:
    yield "## Confidence"
    yield ""
    heads = ["", "ECE", "log loss", "Brier", "error of all", "error, surest half", "half over all"]
    yield from _table(heads, ([name, *_confidence_cells(row)] for name, row in panels(report).items()))
    yield ""
    yield f"![Reliability: right answers against confidence, and how many there are of each]({RELIABILITY})"
    yield ""
    yield from _table(
        ["error among the surest", *(f"{100 * coverage:.0f} %" for coverage in _SHOWN)],
        ([name, *_risk_cells(row)] for name, row in panels(report).items()),
    )
    yield ""
    yield f"![Risk against coverage: the error among the surest answers]({RISK})"
    yield ""


def _confidence_cells(row: Row) -> Iterator[str]:
    yield percent_with(row.calibration_error)
    yield number_with(row.log_loss)
    yield number_with(row.brier)
    yield percent(1 - row.accuracy.value)
    yield percent_with(row.half_error)
    yield number_with(row.half_ratio, 2)


def _risk_cells(row: Row) -> Iterator[str]:
    points = {round(point.coverage, 2): point.error for point in row.risk}
    return (percent_with(points[coverage]) for coverage in _SHOWN)


def _reading(report: "Report") -> Iterator[str]:
    yield "## How to read this"
    yield ""
    yield (
        "All figures but log loss, Brier and the ratio are percentages. In parentheses: the 95 % interval of "
        f"{DRAWS:,} bootstrap samples of whole {report.groups}, its percentiles spread for their number. UAR is the "
        "mean of the recalls; macro-F1 the mean F1, both over the emotions that are there. ECE is the expected "
        f"calibration error over {BINS} bins of confidence. The surest half are the answers of the highest confidence."
    )
    yield ""


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table; all columns but the first are aligned to the right."""
    yield f"| {' | '.join(heads)} |"
    yield f"|---|{'---:|' * (len(heads) - 1)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _plain(text: str) -> str:
    """Text in which nothing is taken for Markdown, on one line."""
    return re.sub(r"([\\`*_<>\[\]|#])", r"\\\1", " ".join(text.split()))
