"""``affectline train``: models from labelled data."""

from functools import partial
from pathlib import Path
from typing import Literal

import click

from app import places
from app.batch import Exit
from app.telling import tell


@click.group()
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
@click.option(
    "--face-labels", default="ferplus", show_default=True, type=click.Choice(["ferplus", "fer2013"]),
    help="The crowd's votes, or FER2013's own labels as the paper used them.",
)  # fmt: skip
def train_starter_command(
    data: Path, out: Path, work: Path | None, face_labels: Literal["ferplus", "fer2013"]
) -> int:  # fmt: skip
    """Train the bundled model from scratch: branches, aggregation, fusion, temperatures. Resumes where it was."""
    from rich.console import Console

    from app.commands.showing import show_step
    from app.interchange.whole_files import require_writable_folder
    from app.interrupt import interruptible
    from app.progress import ProgressView

    work = work or places.training_work("starter")
    require_writable_folder(out.absolute().parent)
    require_writable_folder(work)
    from trainer.starter.recipe import Recipe
    from trainer.starter.train import train_starter

    notice = partial(tell, "stopping; the same command resumes from the last checkpoint")
    with interruptible(notice) as cancelled, ProgressView(Console(stderr=True)) as view:
        for step in train_starter(data, out, work, cancelled, Recipe(face_labels=face_labels)):
            show_step(step, view)
    click.echo(f"written: {out}")
    return Exit.DONE
