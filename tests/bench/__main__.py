"""How fast the engine and the window are: ``python -m tests.bench``.

The engine is compared with a yardstick and with what the hardware allows, the window with the time it may take. Every
measurement is a process of its own that warms up first. Of the engine the sides take turns, and the best of the rounds
counts. The engine's memory is measured by ``python -m tests.bench.memory``.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import click

from app.places import find_bundle
from engine.errors import BundleError
from tests.bench.figures import verdicts
from tests.bench.idle import Load, current_load, kept_to
from tests.bench.measure import CHECKOUT, FULL, MeasurementError, measure
from tests.bench.report import DECODE, YARDSTICK, Comparison, facts, markdown
from tests.bench.runs import Run, interleaved
from tests.bench.window_plan import window_figures
from tests.bench.yardstick import run_yardstick

SCRIPT: Final = CHECKOUT / "../shared/tools/naive_baseline.py"
CLIPS: Final = tuple(
    CHECKOUT / name
    for name in (
        "../shared/data/clips/talk_d3.mp4",
        "../shared/data/clips/WolfgangLanger_Pexels.mp4",
        "resources/demo/demo.mp4",
    )
)
PRECISIONS: Final = ("fp32", "bf16")
FILE: Final = click.Path(dir_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured: `models` by name (`FULL` or a bundle's folder), on the first `frames` frames of `clip`."""

    clip: Path
    end_s: float | None
    frames: int
    rounds: int
    models: Mapping[str, str]
    script: Path | None

    def compare(self, device: str, cores: int | None) -> Comparison:
        """Measure all sides on one device, in turns, and the rate of its matrix products among them.

        Raises:
            MeasurementError: a side failed.
        """
        sides = self._sides(device)
        rates = {name: partial(measure, "matrix", device=device, precision=name) for name in PRECISIONS}
        runs: dict[str, list[Run]] = {name: [] for name in sides}
        flop_per_s: dict[str, list[float]] = {name: [] for name in rates}
        with kept_to(cores) as used:
            for number, name, result in interleaved({**sides, **rates}, self.rounds):
                if isinstance(result, Run):
                    runs[name].append(result)
                    told = f"{result.frames_per_s:.1f} frames/s"
                else:
                    flop_per_s[name].append(result)
                    told = f"matrix product, {result / 1e9:,.0f} GFLOP/s"
                click.echo(f"{device}, round {number} of {self.rounds}: {name} {told}", err=True)
        return Comparison(device, used, runs, flop_per_s)

    def _sides(self, device: str) -> dict[str, Callable[[], Run]]:
        """On a GPU the engine runs also without the decoding, which is the processor's work."""
        clip = str(self.clip)
        sides: dict[str, Callable[[], Run]] = {}
        if self.script is not None:
            sides[YARDSTICK] = partial(run_yardstick, self.script, clip, device, self.frames)
        for name, model in self.models.items():
            engine = partial(_run, "engine", model=model, device=device, clip=clip, end_s=self.end_s)
            sides[name] = engine
            if device != "cpu":
                sides[f"{name}, decoded before"] = partial(engine, preloaded=True)
        sides[DECODE] = partial(_run, "decode", clip=clip, end_s=self.end_s)
        return sides


@click.command()
@click.option("--clip", type=FILE, help="The video; by default one of the example data, or the demo clip.")
@click.option("--yardstick", "script", type=FILE, default=SCRIPT, help="The script to compare with.")
@click.option("--bundle", default="starter", help="The small model, by name or folder.")
@click.option("--cores", type=click.IntRange(1), default=2, help="Processor cores for what runs without a GPU.")
@click.option("--rounds", type=click.IntRange(1), default=3, help="Of which the best counts.")
@click.option("--seconds", "end_s", type=click.FloatRange(0.1), help="Only the clip's beginning, to try this out.")
@click.option("--force", is_flag=True, help="Measure on a busy machine all the same.")
@click.option("--only", type=click.Choice(["engine", "window"]), help="Leave the other one out.")
@click.option("--json", "target", type=FILE, help="Write the figures to this file too.")
def main(
    clip: Path | None, script: Path, bundle: str, cores: int, rounds: int, end_s: float | None, force: bool,
    only: str | None, target: Path | None,
) -> None:  # fmt: skip
    """Measure the speed of the engine and of the window."""
    load = current_load()
    if not (load.idle or force):
        raise click.ClickException(f"this machine is busy ({load}): stop what runs on it, or insist with --force")
    summary: dict[str, Any] = {"forced": not load.idle, "load_per_core": load.per_core, "busy": load.busy}
    if not load.idle:
        click.echo("Measured with --force on a busy machine: these figures mean little.\n")
    try:
        if only != "window":
            clip = (clip or next(path for path in CLIPS if path.exists())).resolve()
            summary |= _measure_engine(clip, script.resolve(), bundle, cores, rounds, end_s, load)
        if only != "engine":
            figures = window_figures(cores)
            click.echo(f"\n# Window, {cores} cores\n\n{verdicts(figures)}")
            summary["window"] = [asdict(each) for each in figures]
    except MeasurementError as error:
        raise click.ClickException(str(error)) from error
    if target is not None:
        _write(target, summary)


def _measure_engine(
    clip: Path, script: Path, bundle: str, cores: int, rounds: int, end_s: float | None, load: Load
) -> dict[str, Any]:
    """Print the engine's tables; gives the same for machines."""
    models, notes = _models(bundle)
    if not script.exists():
        notes.append(f"There is no yardstick ({script.name}), so nothing is compared with it.")
    machine = measure("machine")
    frames = _run("decode", clip=str(clip), end_s=end_s).frames
    if not frames:
        raise click.ClickException(f"{clip.name} has no picture")
    plan = Plan(clip, end_s, frames, rounds, models, script if script.exists() else None)
    comparisons = [plan.compare(device, cores if device == "cpu" else None) for device in machine["devices"]]
    hardware = ", ".join(filter(None, (machine["processor"], machine["gpu"], f"torch {machine['torch']}")))
    about = f"{clip.name}, {frames} frames. {hardware}. Before: {load}."
    click.echo("\n\n".join(["# Speed", about, *notes, *map(markdown, comparisons)]))
    return _summary(plan, machine, comparisons)


def _models(bundle: str) -> tuple[dict[str, str], list[str]]:
    """The models by name, and what there is to say about them."""
    try:
        folder = find_bundle(bundle).resolve()
    except BundleError as error:
        return {FULL: FULL}, [f"The bundle {bundle} is left out: {error.reason}."]
    return {FULL: FULL, folder.name: str(folder)}, []


def _summary(plan: Plan, machine: dict[str, Any], comparisons: list[Comparison]) -> dict[str, Any]:
    return {
        "clip": plan.clip.name,
        "frames": plan.frames,
        "rounds": plan.rounds,
        "machine": machine,
        "devices": {comparison.device: facts(comparison) for comparison in comparisons},
    }


def _write(target: Path, summary: dict[str, Any]) -> None:
    try:
        target.write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"cannot write {target}: {error.strerror}") from error


def _run(name: str, **arguments: Any) -> Run:
    return Run(**measure(name, **arguments))


if __name__ == "__main__":
    main()
