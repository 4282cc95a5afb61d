"""The paper's table and the confusion matrices for the terminal."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from engine.emotions import EMOTIONS
from trainer.report.document import panels, warnings
from trainer.report.paper import CLIPS, PAPER, PaperLine, paper_lines
from trainer.report.wording import UNKNOWN, first_of, percent, percent_between

if TYPE_CHECKING:
    from trainer.evaluation import Report
    from trainer.scores import Row

_SHADES = ("", "on grey15", "on grey23", "on grey35", "on dodger_blue3")
"""Of a confusion matrix's cells by share of their row, from a fifth on."""


def paper_tables(report: "Report") -> Iterator[Table | Text]:
    """Everything that is printed at the end, top to bottom; fits a terminal of 80 columns."""
    lines = list(paper_lines(report))
    yield _accuracies(report, lines)
    yield _confidence(lines)
    yield _recalls(lines)
    for name, row in panels(report).items():
        yield _confusion(name, row)
    for line in (*first_of(report.notes), *warnings(report)):
        yield Text(line)


def _accuracies(report: "Report", lines: list[PaperLine]) -> Table:
    title = f"{report.split}: percent, with 95 % intervals over {report.groups}"
    table = _table(title, ("accuracy", "from–to", "the paper", "UAR", "answers"))
    for line in lines:
        row, theirs = line.row, UNKNOWN if line.theirs is None else f"{line.theirs:.2f}"
        ours = percent(line.accuracy), percent_between(row.accuracy) or UNKNOWN
        table.add_row(line.name, *ours, theirs, percent(row.uar.value), f"{row.count:,}")
    table.caption = f"{PAPER}: {CLIPS[report.part]} clips. Of folds: their mean; the interval is of all their answers."
    return table


def _confidence(lines: list[PaperLine]) -> Table:
    table = _table("percent", ("macro-F1", "ECE", "wrong", "of the surest half"))
    for line in lines:
        row = line.row
        shares = row.macro_f1.value, row.calibration_error.value, 1 - row.accuracy.value, row.half_error.value
        table.add_row(line.name, *(percent(share) for share in shares))
    return table


def _recalls(lines: list[PaperLine]) -> Table:
    table = _table("recall by emotion, percent", EMOTIONS)
    for line in lines:
        table.add_row(line.name, *(percent(recall.value, 1) for recall in line.row.recalls))
    return table


def _confusion(name: str, row: "Row") -> Table:
    table = _table(f"{name}: a line is what was there, a column what was answered", EMOTIONS)
    for emotion, counts in zip(EMOTIONS, row.confusion, strict=True):
        of = max(1, sum(counts))
        cells = [Text(f"{count:,}", style=_SHADES[min(4, 5 * count // of)]) for count in counts]
        table.add_row(emotion, *cells)
    return table


def _table(title: str, heads: Sequence[str]) -> Table:
    """A table of names and figures; only names may be wrapped."""
    table = Table(
        title=title, title_justify="left", caption_justify="left", title_style="bold", caption_style="",
        header_style="", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False,
    )  # fmt: skip
    table.add_column("", min_width=22)
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    return table
