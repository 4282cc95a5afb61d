"""All measurements of the window, one after the other, against the time that each may take.

``python -m tests.bench.window_plan`` makes them without those of the engine; ``python -m tests.bench`` makes both.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from tests.bench.figures import Figure, missed, verdicts
from tests.bench.idle import current_load, kept_to, wait_until_idle
from tests.bench.measure import CHECKOUT, MeasurementError
from tests.bench.projects import long_clip, make_project
from tests.bench.startup import import_times, starting
from tests.bench.window import figures_of

FOLDER: Final = CHECKOUT / ".work/bench/window"
"""Not among temporary files, which may be kept in memory: what is durable there takes no time."""
PARTS: Final = (
    "starting", "scrubbing", "panning", "analysing", "correcting", "opening", "remembering", "rescoring", "one_click",
)  # fmt: skip
ON_A_PROJECT: Final = frozenset({"correcting", "opening", "remembering"})
DEMO: Final = CHECKOUT / "resources/demo/demo.mp4"


def window_figures(cores: int, parts: tuple[str, ...] = PARTS) -> list[Figure]:
    """Take these measurements; each waits for the machine to be idle.

    Raises:
        MeasurementError: one failed.
    """
    found: list[Figure] = []
    with large_project(bool(ON_A_PROJECT & set(parts))) as project, kept_to(cores):
        for part in parts:
            click.echo(f"window: {part} ({wait_until_idle()})", err=True)
            measured = _measurement(part, project)()
            click.echo(verdicts(measured), err=True)  # at once: what was measured is not lost when the rest is stopped
            found += measured
    if any(each.name.startswith("start ") for each in missed(found)):
        click.echo(import_times(), err=True)
    return found


def _measurement(part: str, project: Path) -> Callable[[], list[Figure]]:
    if part == "starting":
        return starting
    if part == "analysing":
        return lambda: figures_of(part, video=str(DEMO))
    return lambda: figures_of(part, **({"project": str(_copy(project))} if part in ON_A_PROJECT else {}))


@contextmanager
def large_project(wanted: bool = True) -> Iterator[Path]:
    """A project of 50 videos that are there and 20,000 corrections; removed afterwards."""
    project = FOLDER / "large.affectline"
    shutil.rmtree(FOLDER, ignore_errors=True)
    try:
        if wanted:
            click.echo("window: making a project of 50 videos and 20,000 corrections", err=True)
            make_project(project, clip=long_clip(FOLDER / "clip.mov"))
        yield project
    finally:
        shutil.rmtree(FOLDER, ignore_errors=True)


def _copy(project: Path) -> Path:
    """A copy beside it, so that no measurement sees what another one left."""
    target = project.with_name("measured.affectline")
    for old in target.parent.glob(f"{target.name}*"):
        old.unlink()
    return Path(shutil.copyfile(project, target))


@click.command()
@click.option("--cores", type=click.IntRange(1), default=2, help="Processor cores to use.")
@click.option("--part", "parts", type=click.Choice(PARTS), multiple=True, help="Only this; may be repeated.")
def main(cores: int, parts: tuple[str, ...]) -> None:
    """Measure the window, on a busy machine too."""
    click.echo(f"{current_load()}", err=True)
    try:
        figures = window_figures(cores, parts or PARTS)
    except MeasurementError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"# Window, {cores} cores\n\n{verdicts(figures)}")


if __name__ == "__main__":
    main()
