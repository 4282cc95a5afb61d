"""``affectline analyze``: videos in, files of results out."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app import places
from app.batch import Outcome, analyse_each, exit_code
from app.commands.parameters import Formats, Seconds
from app.messages import sentence
from app.telling import tell
from engine.errors import CancelledError, StorageError

if TYPE_CHECKING:
    from rich.console import Console

    from engine.values import Analysis


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--bundle", default=places.DEFAULT_BUNDLE, show_default=True, metavar="NAME|DIR", help="The model.")
@click.option("--device", default="auto", show_default=True, type=click.Choice(["auto", "cpu", "cuda", "mps"]))
@click.option("--out", default=".", metavar="DIR|-", help="Folder for the results, or - for standard output.")
@click.option(
    "--format", "formats", default="json", show_default=True, type=Formats(), metavar="json,csv", help="What to write."
)
@click.option("--start", type=Seconds(), default=0.0, help="Analyse from this time on: 83.5 or 1:23.5.")
@click.option("--end", type=Seconds(), default=None, help="Analyse up to this time.")
@click.option(
    "--cache", type=click.Path(path_type=Path), default=None, metavar="DIR",
    help="Keep features here instead of in the user's cache folder.",
)  # fmt: skip
@click.option("--no-cache", is_flag=True, help="Keep no features.")
def analyze(
    paths: tuple[Path, ...],
    bundle: str,
    device: str,
    out: str,
    formats: tuple[str, ...],
    start: float,
    end: float | None,
    cache: Path | None,
    no_cache: bool,
) -> int:
    """Analyse videos and write what was found.

    One file for each PATH and format: <stem>.analysis.json, and <stem>.<table>.csv for the tables frames, slices,
    fused, seconds, segments and gaps.
    """
    if end is not None and end <= start:
        raise click.UsageError("--end must be later than --start")
    if cache is not None and no_cache:
        raise click.UsageError("--cache and --no-cache exclude each other")
    if out == "-":
        _check_standard_output(paths, formats)

    from rich.console import Console

    from app.interchange.whole_files import output_stems, require_writable_folder
    from app.interrupt import interruptible
    from app.jobs.analyser import AnalyserChoice, load_analyser
    from app.progress import ProgressView

    if out != "-":
        require_writable_folder(Path(out))
    messages, results = Console(stderr=True), Console()
    with interruptible(lambda: tell("stopping at the next batch; Ctrl-C again stops at once")) as cancelled:
        store = None if no_cache else _feature_store(cache)
        loaded = load_analyser(AnalyserChoice(bundle, device, store, start, end), tell)
        analyser, reason = loaded.analyse, loaded.device.reason
        if out == "-":
            tell(f"device: {reason}")
            deliver: Callable[[int, Analysis], None] = _to_standard_output
        else:
            deliver = partial(_to_folder, Path(out), output_stems(paths), formats, reason, results)
        with ProgressView(messages) as view:
            outcomes = analyse_each(paths, analyser, deliver, view, cancelled)
    for line in outcome_lines(outcomes, len(paths)):
        tell(line)
    return exit_code(outcomes)


def outcome_lines(outcomes: list[Outcome], asked: int) -> Iterator[str]:
    """What failed, what is damaged, and with several inputs how many are done."""
    for outcome in outcomes:
        if outcome.error is not None:
            yield sentence(outcome.error)
        elif outcome.damaged:
            yield f"{outcome.path}: parts of it could not be read; its gaps of kind `unreadable` say which"
    if asked > 1:
        done = sum(outcome.error is None for outcome in outcomes)
        failed = [outcome.path for outcome in outcomes if not isinstance(outcome.error, CancelledError | None)]
        left = asked - done - len(failed)
        names = f", {len(failed)} failed: {', '.join(map(str, failed))}" if failed else ""
        yield f"{done} of {asked} done{names}" + (f", {left} left" if left else "")


def _check_standard_output(paths: tuple[Path, ...], formats: tuple[str, ...]) -> None:
    if len(paths) > 1:
        raise click.UsageError("--out - takes one input")
    if len(formats) > 1:
        raise click.UsageError("--out - takes one format")
    if formats == ("csv",):
        raise click.UsageError("csv is several tables; give a folder with --out DIR")


def _feature_store(asked: Path | None) -> Path | None:
    """The folder asked for, or the user's; without a user's folder that can be written, features are not kept."""
    from app.interchange.whole_files import require_writable_folder

    folder = asked or places.features()
    try:
        require_writable_folder(folder)
    except StorageError:
        if asked is not None:
            raise
        return None
    return folder


def _to_standard_output(_number: int, analysis: "Analysis") -> None:
    from app.interchange.analysis_json import analysis_json
    from app.interchange.whole_files import write_standard_output

    write_standard_output(analysis_json(analysis))


def _to_folder(
    folder: Path,
    stems: tuple[str, ...],
    formats: tuple[str, ...],
    reason: str,
    results: "Console",
    number: int,
    analysis: "Analysis",
) -> None:
    from app.interchange.results import write_results
    from app.timeline_text import run_line, timeline_text

    files = write_results(folder, stems[number], formats, analysis)
    for line in timeline_text(analysis, results.width):
        results.print(line, highlight=False, soft_wrap=True)
    results.print(run_line(analysis, reason), markup=False, highlight=False, soft_wrap=True)
    written = ", ".join(str(path) for path in files)
    results.print(f"written: {written}\n", markup=False, highlight=False, soft_wrap=True)
