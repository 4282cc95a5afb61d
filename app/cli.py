"""The command line. Results go to files or standard output, progress and messages to standard error.

Everything heavy is imported inside the command that needs it: `affectline --version` does not wait for torch.
"""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

import click

from app import __version__, places
from app.batch import Exit, Outcome, analyse_each, exit_code
from app.display import no_display, no_pictures
from app.interchange import FORMATS
from app.messages import sentence
from app.timeline.clock import parse_clock
from engine.errors import AffectlineError, BundleError, CancelledError, StorageError

VIEWS = ("window", "review", "welcome", "settings", "keys", "about")
if TYPE_CHECKING:
    from rich.console import Console

    from app.progress import ProgressView
    from engine.values import Analysis, Progress


def main() -> None:
    """Run the command line and leave with the documented exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a name that the terminal cannot show is no error
    sys.excepthook = _own_up
    sys.exit(run(sys.argv[1:]))


def _own_up(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What nobody can act on is ours."""
    sys.__excepthook__(kind, error, trace)
    tell("this is a bug in affectline; what is above says where. Files already written are whole")


def run(arguments: list[str]) -> int:
    """The command line without the process: arguments in, exit code out."""
    try:
        return int(cli.main(arguments, prog_name="affectline", standalone_mode=False) or Exit.DONE)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort, CancelledError):
        tell("interrupted")
        return Exit.INTERRUPTED
    except AffectlineError as error:
        tell(sentence(error))
        return Exit.NOTHING_DONE


def tell(message: str) -> None:
    """One line on standard error."""
    click.echo(f"affectline: {message}", err=True)


class Seconds(click.ParamType[float]):
    """A media time: seconds (`83.5`) or a clock (`1:23.5`, `1:02:03`)."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        seconds = parse_clock(str(value))
        if seconds is None:
            self.fail(f"{value!r} is no time in a video: write seconds (83.5) or a clock (1:23.5)", param, ctx)
        return seconds


class Formats(click.ParamType[tuple[str, ...]]):
    """`json`, `csv`, or both with a comma."""

    name = "formats"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        names = tuple(dict.fromkeys(str(value).split(",")))
        for name in names:
            if name not in FORMATS:
                self.fail(f"{name!r} is none of {', '.join(FORMATS)}", param, ctx)
        return names


class Size(click.ParamType[tuple[int, int]]):
    """Width and height in pixels: `1280x800`."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        if isinstance(value, tuple):
            return value
        width, _, height = str(value).lower().partition("x")
        if not (width.isdecimal() and height.isdecimal() and 320 <= int(width) <= 7680 and 240 <= int(height) <= 4320):
            self.fail(f"{value!r} is no size: write 1280x800 (at least 320x240)", param, ctx)
        return int(width), int(height)


class FilesOrCommands(click.Group):
    """A group in which `affectline FILE` means `affectline open FILE`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if self.get_command(ctx, args[0]) is None and Path(args[0]).exists():
            return "open", self.get_command(ctx, "open"), args
        return super().resolve_command(ctx, args)


@click.group(cls=FilesOrCommands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="affectline", message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context) -> int:
    """Reads emotion out of video: a label every frame, slice and second, and a fused one, on this machine alone."""
    return _window(()) if context.invoked_subcommand is None else Exit.DONE


@cli.command("open", short_help="Open the window.")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
def open_window(files: tuple[Path, ...]) -> int:
    """Open FILES, videos or one project, in the window. Bare `affectline FILE...` is the same."""
    return _window(files)


def _window(files: tuple[Path, ...]) -> int:
    for file in files:
        if not file.exists():
            raise click.UsageError(f"there is no {file}")
    problem = no_display()
    if problem is not None:
        tell(problem)
        return Exit.NOTHING_DONE
    from app.application import run_window

    return run_window(files)


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--theme", default="light", show_default=True, type=click.Choice(["light", "dark"]))
@click.option("--size", default="1280x800", show_default=True, type=Size(), metavar="WxH", help="In pixels.")
@click.option("--at", type=Seconds(), default=None, help="The moment that is shown.")
@click.option("--range", "stretch", nargs=2, type=Seconds(), default=None, metavar="START END", help="In the timeline.")
@click.option("--person", default=1, show_default=True, type=click.IntRange(1), help="Whose curves, by time on screen.")
@click.option("--view", default="window", show_default=True, type=click.Choice(VIEWS), help="What the picture is of.")
@click.option("--sound", default="waveform", show_default=True, type=click.Choice(["waveform", "mel"]))
@click.option("--frames", default="curves", show_default=True, type=click.Choice(["curves", "heat"]))
@click.option("--bundle", default=places.DEFAULT_BUNDLE, show_default=True, metavar="NAME|DIR", help="The model.")
@click.option("--device", default="auto", show_default=True, type=click.Choice(["auto", "cpu", "cuda", "mps"]))
@click.option("--coder", default="", help="Whose corrections are in front; default who is signed in.")
def screenshot(
    file: Path, out: Path, theme: Literal["light", "dark"], size: tuple[int, int], at: float | None,
    stretch: tuple[float, float] | None, person: int, view: Any, sound: Literal["waveform", "mel"],
    frames: Literal["curves", "heat"], bundle: str, device: Literal["auto", "cpu", "cuda", "mps"], coder: str,
) -> int:  # fmt: skip
    """Write a picture of the window to OUT (PNG), after FILE (a video or a project) was analysed. Needs no display."""
    if stretch is not None and stretch[1] <= stretch[0]:
        raise click.UsageError("--range: END must be later than START")
    problem = no_pictures()
    if problem is not None:
        tell(problem)
        return Exit.NOTHING_DONE
    from rich.console import Console

    from app.interrupt import interruptible
    from app.progress import ProgressView
    from app.screenshot import Shot, take
    from app.settings import Settings

    start_s, end_s = stretch or (None, None)
    shot = Shot(size[0], size[1], theme, at, start_s, end_s, person, view, sound, frames)
    with interruptible(partial(tell, "stopping")) as cancelled, ProgressView(Console(stderr=True)) as bar:

        def progressed(step: "Progress") -> None:
            speed = f"{step.frames} frames, {step.frames_per_s:.0f} frames/s"
            bar.show(file.name, step.done_s, step.total_s, speed, step.remaining_s)

        take(file, out, shot, Settings(model=bundle, device=device, coder=coder), progressed, cancelled)
    click.echo(f"written: {out}")
    return Exit.DONE


@cli.command()
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


@cli.group()
def train() -> None:
    """Train models."""


@train.command("starter")
@click.option("--data", required=True, type=click.Path(path_type=Path), metavar="DIR", help="FER2013, RAVDESS, EmoDB.")
@click.option(
    "--out", default=Path("starter"), show_default=True, type=click.Path(path_type=Path), metavar="DIR",
    help="Folder of the bundle.",
)  # fmt: skip
@click.option(
    "--work", default=None, type=click.Path(path_type=Path), metavar="DIR",
    help="Folder of checkpoints, from which a killed training resumes; default in the user's cache.",
)  # fmt: skip
def train_starter_command(data: Path, out: Path, work: Path | None) -> int:
    """Train the bundled model from scratch: branches, aggregation, fusion, temperatures. Resumes where it was."""
    from rich.console import Console

    from app.interchange.whole_files import require_writable_folder
    from app.interrupt import interruptible
    from app.progress import ProgressView

    work = work or places.training_work("starter")
    require_writable_folder(out.absolute().parent)
    require_writable_folder(work)
    from trainer.starter.train import train_starter

    notice = partial(tell, "stopping; the same command resumes from the last checkpoint")
    with interruptible(notice) as cancelled, ProgressView(Console(stderr=True)) as view:
        for step in train_starter(data, out, work, cancelled):
            _show_step(step, view)
    click.echo(f"written: {out}")
    return Exit.DONE


def _show_step(step: Any, view: "ProgressView") -> None:
    if step.message:  # a step that is over in a minute or two, without batches to count
        view.say(step.message)
        return
    name = f"{step.stage}, epoch {step.epoch} of {step.epochs}"
    speed = f"loss {step.loss:.3f}, accuracy {step.accuracy:.1%}, {step.examples_per_s:.0f}/s"
    if step.dev_accuracy is not None:
        uar = "" if step.dev_uar is None else f", UAR {step.dev_uar:.1%}"
        view.say(f"{name}: {speed}; development {step.dev_accuracy:.1%}{uar}")
    view.show(name, step.step, step.steps, speed, step.remaining_s)


@cli.command()
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


@cli.group()
def bundle() -> None:
    """List, describe and check models; bring in published weights."""


@bundle.command("list")
def bundle_list() -> int:
    """Installed bundles and imported trunks: name, revision, profile, size, folder."""
    from engine.bundle import read_manifest

    for folder in places.bundle_folders():
        try:
            manifest = read_manifest(folder)
            what = f"{manifest.revision} {manifest.profile}"
        except BundleError as error:
            what = error.reason
        click.echo(f"{folder.name:<24} {what:<20} {_size_mb(folder):7.1f} MB  {folder}")
    for folder in places.trunk_folders():
        click.echo(f"{folder.name:<24} {'trunk':<20} {_size_mb(folder):7.1f} MB  {folder}")
    return Exit.DONE


def _size_mb(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.iterdir()) / 1e6


@bundle.command("info")
@click.argument("name", metavar="NAME|DIR")
@click.option("--format", "form", default="text", show_default=True, type=click.Choice(["text", "json"]))
def bundle_info(name: str, form: str) -> int:
    """What a bundle is: origin, sizes, scores, data, terms, fingerprints."""
    folder = places.find_bundle(name)
    from engine.bundle import read_manifest

    manifest = asdict(read_manifest(folder))
    click.echo(json.dumps(manifest, indent=1) if form == "json" else "\n".join([str(folder), *_outline(manifest)]))
    return Exit.DONE


def _outline(members: dict[str, Any], indent: str = "  ") -> Iterator[str]:
    for name, member in members.items():
        if isinstance(member, dict):
            yield f"{indent}{name}"
            yield from _outline(member, indent + "  ")
        elif isinstance(member, list | tuple):
            yield f"{indent}{name}: {', '.join(str(item) for item in member)}"
        else:
            yield f"{indent}{name}: {member}"


@bundle.command("verify")
@click.argument("names", nargs=-1, metavar="[NAME|DIR]...")
def bundle_verify(names: tuple[str, ...]) -> int:
    """Check every byte of bundles (all installed ones by default) against their fingerprints."""
    from engine.bundle import verify_bundle

    folders = [places.find_bundle(name) for name in names] or list(places.bundle_folders())
    faulty = 0
    for folder in folders:
        problems = verify_bundle(folder)
        faulty += bool(problems)
        click.echo(f"{folder}: {'; '.join(problems) or 'as it was made'}")
    if not faulty:
        return Exit.DONE
    return Exit.NOTHING_DONE if faulty == len(folders) else Exit.DONE_IN_PART


@bundle.command("import-trunk")
@click.argument("kind", type=click.Choice(["facenet", "c3d", "soundnet"]))
@click.argument("file", type=click.Path(path_type=Path))
def bundle_import_trunk(kind: Literal["facenet", "c3d", "soundnet"], file: Path) -> int:
    """Read other people's weights, tensors only, and keep them as a trunk of this program."""
    from engine.bundle import import_trunk
    from engine.published import read_published

    trunk = read_published(kind, file)
    click.echo(f"read as {trunk.source_format}; {trunk.note}")
    click.echo(f"written: {import_trunk(trunk, places.own_trunks())}")
    return Exit.DONE


@cli.command()
def doctor() -> int:
    """Versions, devices, decoders, models, and what is missing."""
    from app.doctor import examine

    faulty = 0
    for finding in examine():
        faulty += bool(finding.remedy)
        mark, remedy = ("!", f"; to mend: {finding.remedy}") if finding.remedy else (" ", "")
        click.echo(f"{mark} {finding.topic:<18} {finding.found}{remedy}")
    click.echo(f"{faulty} to mend" if faulty else "nothing is missing")
    return Exit.NOTHING_DONE if faulty else Exit.DONE
