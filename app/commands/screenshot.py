"""``affectline screenshot``: a picture of the window, without a display."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from app import places
from app.batch import Exit
from app.commands.parameters import Seconds, Size
from app.display import no_pictures
from app.telling import tell

if TYPE_CHECKING:
    from engine.values import Progress

VIEWS = ("window", "review", "training", "agreement", "welcome", "settings", "keys", "about")
"""As `app.screenshot.VIEWS`, which is imported with Qt and only when a picture is wanted."""


@click.command()
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
