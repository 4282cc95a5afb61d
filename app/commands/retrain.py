"""``affectline retrain``: learn from the corrections of a project, without a window."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app import places
from app.batch import Exit
from app.telling import tell

if TYPE_CHECKING:
    from app.learning.retraining import Learned


@click.command()
@click.argument("project", type=click.Path(path_type=Path))
@click.option("--bundle", default=places.DEFAULT_BUNDLE, show_default=True, metavar="NAME|DIR", help="The model.")
@click.option(
    "--from", "parent", default="current", show_default=True, metavar="NAME",
    help="The revision to start from; the bundle's own name is the bundle as it came.",
)  # fmt: skip
@click.option("--seed", default=None, type=click.IntRange(0), help="The same seed gives the same revision.")
@click.option("--steps", default=None, type=click.IntRange(1), help="Most steps of the training.")
@click.option("--prefer", default="", metavar="CODER", help="Whose word holds where two contradict each other.")
@click.option("--batch-accepted", is_flag=True, help="Learn from predictions accepted many at once, too.")
@click.option(
    "--keep/--no-keep", "keep", default=None,
    help="Use the new revision from now on, or leave it a candidate; by default it is kept when nothing is worse.",
)  # fmt: skip
@click.option("--format", "form", default="text", show_default=True, type=click.Choice(["text", "json"]))
def retrain(
    project: Path, bundle: str, parent: str, seed: int | None, steps: int | None, prefer: str, batch_accepted: bool,
    keep: bool | None, form: str,
) -> int:  # fmt: skip
    """Learn from the corrections of PROJECT.

    Prints what was learned from and left out, and before and after: cross-validated on the corrections, and on the
    guard set. Every analysed video is answered again by the new revision.
    """
    from rich.console import Console

    from app.interrupt import interruptible
    from app.learning.model_facts import read_facts
    from app.learning.retraining import CURRENT, Learned, Order, retraining_steps
    from app.learning.wording import learned_json, learned_lines
    from app.progress import ProgressView
    from app.project.revisions import RevisionStore
    from trainer.finetune.values import Options

    options = Options()
    options = replace(options, seed=options.seed if seed is None else seed, steps=steps or options.steps, prefer=prefer)
    start: str | None = CURRENT
    if parent != CURRENT:
        with RevisionStore(project, read_only=True) as store:
            start = None if parent in (bundle, read_facts(bundle).name) else store.named(parent).id
    order = Order(project, bundle, options, start, batch_accepted)
    learned = None
    notice = partial(tell, "stopping; the project stays as it was")
    with interruptible(notice) as cancelled, ProgressView(Console(stderr=True)) as view:
        for step in retraining_steps(cancelled, order):
            if isinstance(step, Learned):
                learned = step
            else:
                view.show(step.message or step.stage, step.done, step.total, "", step.remaining_s)
    assert learned is not None, "the retraining ended without a revision"
    kept, fate = _decided(keep, learned)
    if kept:
        with RevisionStore(project) as store:
            store.keep(learned.revision_id)
    click.echo(learned_json(learned, kept, fate) if form == "json" else "\n".join(learned_lines(learned, fate)))
    return Exit.DONE


def _decided(keep: bool | None, learned: "Learned") -> tuple[bool, str]:
    """Whether a revision is kept, and a clause that says why."""
    if keep is None:
        if learned.comparison.worse:
            return False, f"{learned.name} is not in use: something is worse (--keep uses it all the same)"
        return True, f"{learned.name} is in use: nothing is worse"
    return keep, f"{learned.name} is in use, as asked" if keep else f"{learned.name} is a candidate, as asked"
