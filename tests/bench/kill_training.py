"""Whether a training survives being killed: ``python -m tests.bench.kill_training MADE --kills 10``.

MADE is what `tests.made.afew_layout` writes. The paper's procedure is run once undisturbed, and once killed at random
moments and started again until it is through; both must end with the same weights and scores. A first run that is there
from before is taken for the undisturbed one, and prepared clips are shared, so that kills strike trainings.
"""

import random
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Final

import click

from tests.training_runs import ended_with, started

LONGEST_STARTING_S: Final = 5.0
"""Before this, a process that was started has hardly read its modules."""


@click.command()
@click.argument("made", type=click.Path(path_type=Path, exists=True))
@click.option("--kills", default=10, show_default=True, type=click.IntRange(1))
@click.option("--every", default=60.0, show_default=True, help="Seconds a run lives, at most.")
@click.option("--work", default=None, type=click.Path(path_type=Path), help="Default beside MADE.")
@click.option("--seed", default=0, show_default=True)
@click.argument("options", nargs=-1)
def main(made: Path, kills: int, every: float, work: Path | None, seed: int, options: tuple[str, ...]) -> None:
    """Kill, go on, compare. OPTIONS after -- are those of `affectline train paper`."""
    work = work or made / "killing"
    shared = ("--cache", str(work / "prepared"), *options)
    alone = work / "alone"
    if not (alone / "report.json").exists():
        click.echo("undisturbed ...")
        _finish(started(made, alone, work / "work-alone", *shared))
    rng = random.Random(seed)
    killed = work / "killed"
    for folder in (killed, work / "work-killed"):
        shutil.rmtree(folder, ignore_errors=True)
    struck = 0
    while struck < kills:
        process = started(made, killed, work / "work-killed", *shared)
        time.sleep(LONGEST_STARTING_S + rng.random() * every)
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGKILL)
        process.communicate()
        struck += 1
        click.echo(f"killed {struck} of {kills}")
    _finish(started(made, killed, work / "work-killed", *shared))
    same = ended_with(killed) == ended_with(alone)
    click.echo(f"{struck} kills: {'the same weights and scores' if same else 'DIFFERENT weights or scores'}")
    raise SystemExit(not same)


def _finish(process: "subprocess.Popen[str]") -> None:
    said, _ = process.communicate()
    if process.returncode:
        raise click.ClickException(said)


if __name__ == "__main__":
    main()
