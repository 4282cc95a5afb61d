"""`affectline train paper`: the paper's procedure, from the data sets to its table."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from app import places
from app.batch import Exit
from app.commands.showing import show_step
from app.telling import tell

if TYPE_CHECKING:
    from engine.values import BranchName
    from trainer.losses import Weighting
    from trainer.paper.recipe import PaperRecipe

LOSSES: Final[dict[str, "Weighting"]] = {"plain": "none", "paper": "paper", "balanced": "balanced"}
"""What the losses are called here, and in the trainer."""
BRANCHES: Final[tuple["BranchName", ...]] = ("frame", "slice", "audio")


class Losses(click.ParamType[tuple[str, ...]]):
    """One or several losses with commas."""

    name = "losses"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        names = tuple(dict.fromkeys(str(value).split(",")))
        for name in names:
            if name not in LOSSES:
                self.fail(f"{name!r} is none of {', '.join(LOSSES)}", param, ctx)
        return names


class Trunk(click.ParamType[tuple[str, Path]]):
    """`frame=NAME` or `frame=DIR`: an imported trunk for a branch."""

    name = "trunk"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Path]:
        if isinstance(value, tuple):
            return value
        branch, sign, said = str(value).partition("=")
        if branch not in BRANCHES or not sign or not said:
            self.fail(f"{value!r} is no trunk: write frame=NAME, slice=NAME or audio=NAME", param, ctx)
        known = {folder.name: folder for folder in places.trunk_folders()}
        folder = known.get(said, Path(said))
        if not folder.is_dir():
            named = f" (imported: {', '.join(known)})" if known else "; affectline bundle import-trunk brings one"
            self.fail(f"there is no imported trunk {said!r}{named}", param, ctx)
        return branch, folder


@click.command("paper")
@click.option("--afew", required=True, type=click.Path(path_type=Path), metavar="DIR", help="Train_AFEW and Val_AFEW.")
@click.option(
    "--fer2013", required=True, type=click.Path(path_type=Path), metavar="FILE|DIR", help="csv, npz, folders."
)
@click.option("--enterface", required=True, type=click.Path(path_type=Path), metavar="DIR", help="The subjects.")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="DIR", help="For bundle and report.")
@click.option(
    "--work", default=None, type=click.Path(path_type=Path), metavar="DIR",
    help="Results of each step, from which a stopped run goes on; default in the user's cache.",
)  # fmt: skip
@click.option(
    "--cache", default=None, type=click.Path(path_type=Path), metavar="DIR",
    help="Prepared faces and sound, if not in the work folder.",
)  # fmt: skip
@click.option("--profile", default="compact", show_default=True, type=click.Choice(["compact", "full"]))
@click.option(
    "--trunk", "trunks", multiple=True, type=Trunk(), metavar="BRANCH=NAME|DIR",
    help="An imported trunk that stays frozen; the full profile wants one for each branch.",
)  # fmt: skip
@click.option("--folds", default=5, show_default=True, type=click.IntRange(2), help="Of the validation part.")
@click.option(
    "--losses", default="plain,paper", show_default=True, type=Losses(), metavar="plain,paper,balanced",
    help="Of stage 2; the first makes the bundle.",
)  # fmt: skip
@click.option("--repeat-stage-1", is_flag=True, help="Train the branches anew for each fold, too.")
@click.option("--fer-labels", default="fer2013", show_default=True, type=click.Choice(["fer2013", "ferplus"]))
@click.option(
    "--sound", default="exact", show_default=True, type=click.Choice(["exact", "mp3"]),
    help="Keep samples as they are heard, or as the paper's mono mp3.",
)  # fmt: skip
@click.option("--epochs", default=None, type=click.IntRange(1), help="Of each branch.")
@click.option("--fusion-epochs", default=None, type=click.IntRange(1), help="Of each fusion.")
@click.option("--batch", default=None, type=click.IntRange(2), help="Examples at once, at most: for little memory.")
@click.option("--quick", is_flag=True, help="Tiny networks, two epochs each: to see the procedure run, not to learn.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0, 10**6))
@click.option("--device", default="cpu", show_default=True, type=click.Choice(["auto", "cpu", "cuda", "mps"]))
def train_paper_command(
    afew: Path, fer2013: Path, enterface: Path, out: Path, work: Path | None, cache: Path | None, device: str,
    **choices: Any,
) -> int:  # fmt: skip
    """Train and score as Pini et al. (ICMI 2017) did, and print their table beside ours. Resumes where it was.

    Both stages, with each loss over subject-independent folds of AFEW's validation part; ends with a bundle and a
    report in OUT.
    """
    _check_usage(choices)
    from rich.console import Console

    from app.commands.paper_tables import paper_tables
    from app.interchange.whole_files import require_writable_folder
    from app.interrupt import interruptible
    from app.progress import ProgressView

    work = work or places.training_work("paper")
    require_writable_folder(out)
    require_writable_folder(work)
    from trainer.paper.data import Places
    from trainer.paper.procedure import train_paper
    from trainer.paper.values import PaperResult

    result = None
    notice = partial(tell, "stopping; the same command goes on from here")
    with interruptible(notice) as cancelled, ProgressView(Console(stderr=True)) as view:
        data = Places(afew, fer2013, enterface)
        for step in train_paper(data, out, work, _recipe(choices), cancelled, device, cache):
            if isinstance(step, PaperResult):
                result = step
            else:
                show_step(step, view)
    assert result is not None, "the procedure ended without a result"
    console = Console()
    for table in paper_tables(result.report):
        console.print(table, "", highlight=False)
    click.echo(f"written: {result.bundle}, {result.text}")
    return Exit.DONE


def _check_usage(choices: dict[str, Any]) -> None:
    given = [branch for branch, _ in choices["trunks"]]
    missing = [branch for branch in BRANCHES if branch not in given]
    if choices["quick"] and choices["profile"] == "full":
        raise click.UsageError("--quick is of the compact profile")
    if choices["profile"] == "full" and missing:
        raise click.UsageError(
            f"the full profile needs published trunks: --trunk {missing[0]}=NAME "
            "(affectline bundle import-trunk brings one), or --profile compact trains from scratch"
        )
    if choices["profile"] == "compact" and given:
        raise click.UsageError("--trunk is of the full profile: published trunks are wider than the compact ones")


def _recipe(choices: dict[str, Any]) -> "PaperRecipe":
    from dataclasses import replace

    from trainer.paper.recipe import limited, paper_recipe, quick_recipe

    recipe = quick_recipe() if choices["quick"] else paper_recipe(choices["profile"], dict(choices["trunks"]))
    recipe = replace(
        recipe, losses=tuple(LOSSES[name] for name in choices["losses"]), folds=choices["folds"],
        repeat_stage_1=choices["repeat_stage_1"], fer_labels=choices["fer_labels"], sound=choices["sound"],
        seed=choices["seed"],
    )  # fmt: skip
    return limited(recipe, choices["epochs"], choices["fusion_epochs"], choices["batch"])
