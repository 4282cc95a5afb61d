"""`affectline prepare`: faces and sound of labelled clips, once and on disk."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import click

from app.batch import Exit
from app.telling import tell

if TYPE_CHECKING:
    from trainer.preparing.values import Preparation

SHOWN: Final = 20
"""Lines of the report that are printed; the file has all."""


@click.command("prepare")
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--cache", required=True, type=click.Path(path_type=Path), metavar="DIR", help="New, or from before.")
@click.option("--profile", default="compact", show_default=True, type=click.Choice(["compact", "full"]))
@click.option(
    "--sound", default="exact", show_default=True, type=click.Choice(["exact", "mp3"]),
    help="Keep samples as they are heard, or as the paper's mono mp3.",
)  # fmt: skip
@click.option("--voices", is_flag=True, help="The sound alone, as `train paper` wants of eNTERFACE'05.")
@click.option("--device", default="cpu", show_default=True, type=click.Choice(["auto", "cpu", "cuda", "mps"]))
def prepare_command(
    data: Path, cache: Path, profile: Literal["compact", "full"], sound: Literal["exact", "mp3"], voices: bool,
    device: str,
) -> int:  # fmt: skip
    """Find the faces and the sound of the labelled clips of DATA, and keep them for training.

    A stopped preparation goes on where it was. What was left out and why is printed, and kept in the cache as
    preparation-<layout>.txt.
    """
    from rich.console import Console

    from app.interchange.whole_files import require_writable_folder
    from app.interrupt import interruptible
    from app.progress import ProgressView

    require_writable_folder(cache.absolute().parent)
    from dataclasses import replace

    from engine.device import choose_device
    from trainer.datasets.recognise import read_clips, recognise
    from trainer.paper.recipe import paper_recipe
    from trainer.preparing.prepare import prepare
    from trainer.preparing.values import Preparation

    layout, clips = recognise(data), read_clips(data)
    for note in clips.notes:
        tell(note)
    examples = [replace(one, modality="voice") for one in clips.examples] if voices else list(clips.examples)
    settings = replace(paper_recipe(profile), sound=sound).preparation
    found = None
    notice = partial(tell, "stopping; the same command goes on from here")
    with interruptible(notice) as cancelled, ProgressView(Console(stderr=True)) as view:
        for step in prepare(examples, cache, settings, cancelled, choose_device(device).type):
            if isinstance(step, Preparation):
                found = step
            else:
                said = f"{step.done:.0f} of {step.total}, {step.skipped} left out"
                view.show(step.name, step.done, step.total, said, step.remaining_s)
    assert found is not None, "the preparation ended without a result"
    report = (*found.report(), *(f"left out: {why}" for why in clips.skipped))
    path = cache / f"preparation-{layout}.txt"
    _keep(path, report)
    for line in report[:SHOWN]:
        click.echo(line)
    if len(report) > SHOWN:
        click.echo(f"and {len(report) - SHOWN:,} more lines")
    click.echo(f"written: {path}")
    return _code(found)


def _keep(path: Path, lines: tuple[str, ...]) -> None:
    from app.messages import os_reason
    from engine.errors import StorageError

    try:
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    except OSError as error:
        raise StorageError(path, os_reason(error)) from error


def _code(found: "Preparation") -> Exit:
    """Done in part when a file could not be read; a clip without a face or a voice is no failure."""
    if not found.examples:
        return Exit.NOTHING_DONE
    return Exit.DONE_IN_PART if any(remark.what == "unreadable" for remark in found.skipped) else Exit.DONE
