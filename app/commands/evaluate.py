"""``affectline evaluate``: a model's scores on labelled data."""

from functools import partial
from pathlib import Path
from typing import Literal

import click

from app import places
from app.batch import Exit
from app.telling import tell


@click.command()
@click.argument("bundle")
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--labels", default="ferplus", show_default=True, type=click.Choice(["ferplus", "fer2013"]),
    help="For FER data: the crowd's majority, or the original labels.",
)  # fmt: skip
@click.option(
    "--split",
    default=None,
    help="FER2013: public (default), private, train, dev. AFEW: train, val (default), test. "
    "Voices: unseen (default), all.",
)
@click.option("--format", "form", default="text", show_default=True, type=click.Choice(["text", "json"]))
@click.option(
    "--report", "report_folder", default=None, type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
    help="Write report.md, its pictures and report.json into this folder.",
)  # fmt: skip
def evaluate(
    bundle: str, data: Path, labels: Literal["ferplus", "fer2013"], split: str | None, form: str,
    report_folder: Path | None,
) -> int:  # fmt: skip
    """Score BUNDLE on labelled DATA, in the rows of the paper's table that the data allow."""
    from rich.console import Console

    from app.evaluation_text import report_json, report_lines
    from app.interchange.whole_files import require_writable_folder
    from app.interrupt import interruptible
    from app.progress import ProgressView

    folder = places.find_bundle(bundle)
    if report_folder is not None:
        require_writable_folder(report_folder)
    from engine.bundle import load_bundle
    from trainer.evaluation import Report
    from trainer.evaluation import evaluate as score

    report = None
    with interruptible(partial(tell, "stopping")) as cancelled, ProgressView(Console(stderr=True)) as view:
        for step in score(load_bundle(folder), data, labels=labels, split=split, cancelled=cancelled):
            if isinstance(step, Report):
                report = step
            else:
                view.show(step.stage, step.done, step.total, "", step.remaining_s)
    assert report is not None, "the evaluation ended without a report"
    if report_folder is not None:
        from trainer.report.files import write_report

        tell(f"report: {write_report(report, report_folder)}")
    click.echo(report_json(report) if form == "json" else "\n".join(report_lines(report)))
    return Exit.DONE
