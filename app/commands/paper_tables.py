"""The paper's table and the confusion matrices for the terminal."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from engine.emotions import EMOTIONS
from trainer.report.document import panels, warnings
from trainer.report.paper import CLIPS, PAPER, paper_lines
from trainer.report.wording import UNKNOWN, first_of, percent, percent_between

if TYPE_CHECKING:
    from trainer.evaluation import Report
    from trainer.scores import Row

_SHADES = ("", "on grey15", "on grey23", "on grey35", "on dodger_blue3")
"""Of a confusion matrix's cells by share of their row, from a fifth on."""


def paper_tables(report: "Report") -> Iterator[Table | Text]:
    """Everything that is printed at the end, top to bottom."""
    yield _accuracies(report)
    yield _recalls(report)
    for name, row in panels(report).items():
        yield _confusion(name, row)
    for line in (*first_of(report.notes), *warnings(report)):
        yield Text(line)


def _accuracies(report: "Report") -> Table:
    table = _table(f"{report.split}: percent, with 95 % intervals over {report.groups}")
    for head in ("accuracy", "", "the paper", "UAR", "macro-F1", "ECE", "surest half wrong", "answers"):
        table.add_column(head, justify="right", no_wrap=True)
    for line in paper_lines(report):
        row = line.row
        table.add_row(
            line.name, percent(line.accuracy), percent_between(row.accuracy) or UNKNOWN,
            UNKNOWN if line.theirs is None else f"{line.theirs:.2f}", percent(row.uar.value),
            percent(row.macro_f1.value), percent(row.calibration_error.value), percent(row.half_error.value),
            f"{row.count:,}",
        )  # fmt: skip
    table.caption = f"{PAPER}: {CLIPS[report.part]} clips; accuracy of folds is their mean, intervals of all answers"
    return table


def _recalls(report: "Report") -> Table:
    table = _table("recall by emotion, percent")
    for emotion in EMOTIONS:
        table.add_column(emotion, justify="right", no_wrap=True)
    for line in paper_lines(report):
        table.add_row(line.name, *(percent(recall.value, 1) for recall in line.row.recalls))
    return table


def _confusion(name: str, row: "Row") -> Table:
    table = _table(f"{name}: a line is what was there, a column what was answered")
    for emotion in EMOTIONS:
        table.add_column(emotion, justify="right", no_wrap=True)
    for emotion, counts in zip(EMOTIONS, row.confusion, strict=True):
        of = max(1, sum(counts))
        cells = [Text(f"{count:,}", style=_SHADES[min(4, 5 * count // of)]) for count in counts]
        table.add_row(emotion, *cells)
    return table


def _table(title: str) -> Table:
    table = Table(title=title, title_justify="left", caption_justify="left", title_style="bold", header_style="")
    table.add_column("", no_wrap=True)
    return table
