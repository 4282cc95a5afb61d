"""How fast each stage trains, beside its bare network: ``python -m tests.bench.training``.

The yardstick is the same network on a batch that is ready: passes forward and backward and a step of AdamW, nothing
else. The loop's share of that speed is what drawing, changing, checking, averaging and waiting leave of it. Sides take
turns in one process, which is the same for all of them; the best of the rounds counts.
"""

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
import torch
from torch import nn

from engine.branches import Branch, audio_branch, frame_branch, slice_branch
from engine.device import Device
from engine.emotions import COUNT
from engine.errors import DeviceError
from engine.fusion import Fusion
from tests.bench.idle import current_load
from tests.bench.report import table
from tests.bench.runs import interleaved
from trainer.datasets.example import VoiceClip
from trainer.datasets.fer2013 import FerImages
from trainer.datasets.sound import RATE_HZ, Waves
from trainer.loop.batches import moved
from trainer.loop.device import autocast, training_device
from trainer.loop.fit import AHEAD
from trainer.loop.schedule import Schedule
from trainer.losses import soft_cross_entropy
from trainer.sources import MotionSource, StillSource, VoiceSource
from trainer.stage1 import Source, train_branch
from trainer.stage2 import FaceBank, Maker, VoiceBank, train_fusion
from trainer.starter.recipe import Recipe
from trainer.values import TrainStep

BARE: Final = "bare network"
AHEAD_SIDE: Final = "loop"
DIRECT: Final = "loop, nothing ahead"
FACES: Final = 512
CLIPS: Final = 64
SECONDS: Final = 3


@dataclass(frozen=True, slots=True)
class Pass:
    """One side once: examples a second, and which share of the time the network did not wait for them."""

    examples_per_s: float
    computing: float = 1.0


@dataclass(frozen=True, slots=True)
class Stage:
    """How a stage trains and what its network is fed: `steps(schedule, folder, ahead)` and `network`, `batch`."""

    steps: Callable[[Schedule, Path, int], Iterator[TrainStep]]
    network: Callable[[], nn.Module]
    logits: Callable[[nn.Module, Any], torch.Tensor]
    batch: Callable[[np.random.Generator], tuple[Any, torch.Tensor]]
    schedule: Schedule


@click.command()
@click.option("--device", "wanted", type=click.Choice(["cpu", "cuda"]), help="By default each that there is.")
@click.option("--batches", type=click.IntRange(3), default=12, help="Of a round; the first one warms up.")
@click.option("--rounds", type=click.IntRange(1), default=3, help="Of which the best counts.")
@click.option("--threads", type=click.IntRange(1), help="Of torch on a CPU; its own choice by default.")
@click.option("--stage", "only", multiple=True, help="Only these of frame, slice, audio, fusion.")
@click.option(
    "--share", type=click.FloatRange(0.01, 1), default=1.0, help="Of the recipe's batch, for a small machine."
)
@click.option("--json", "target", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures here too.")
def main(
    wanted: str | None, batches: int, rounds: int, threads: int | None, only: tuple[str, ...], share: float,
    target: Path | None,
) -> None:  # fmt: skip
    """Measure the throughput of the starter's stages and the share of time in which the network computes."""
    if threads is not None:
        torch.set_num_threads(threads)
    names = [wanted] if wanted else ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
    summary: dict[str, Any] = {"load": asdict(current_load()), "threads": torch.get_num_threads(), "devices": {}}
    click.echo(f"# Training\n\n{torch.get_num_threads()} threads of torch. Before: {current_load()}.")
    for name in names:
        try:
            device = training_device(name)
        except DeviceError as error:
            raise click.ClickException(str(error)) from error
        found = {}
        for stage_name, stage in stages(device, share).items():
            if not only or stage_name in only:
                found[stage_name] = measured(stage, device, batches, rounds)
                click.echo(f"{device.name}: {stage_name} measured", err=True)
        click.echo(f"\n## {device.name}\n\n{told(found)}")
        summary["devices"][device.name] = {
            stage_name: {side: asdict(best) for side, best in sides.items()} for stage_name, sides in found.items()
        }
    if target is not None:
        target.write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")


def measured(stage: Stage, device: Device, batches: int, rounds: int) -> dict[str, Pass]:
    """The best pass of each side."""
    sides = {
        BARE: lambda: bare(stage, device, batches),
        AHEAD_SIDE: lambda: looped(stage, batches, AHEAD),
        DIRECT: lambda: looped(stage, batches, 0),
    }
    best: dict[str, Pass] = {}
    for _, name, found in interleaved(sides, rounds):
        if name not in best or found.examples_per_s > best[name].examples_per_s:
            best[name] = found
    return best


def bare(stage: Stage, device: Device, batches: int) -> Pass:
    """The network on one batch again and again."""
    torch.manual_seed(0)
    network = stage.network().to(device.processor).train()
    inputs, targets = stage.batch(np.random.default_rng(0))
    inputs, targets = moved(inputs, device.processor), targets.to(device.processor)
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-4)
    began_s = 0.0
    for number in range(batches):
        if number == 1:
            _wait(device)
            began_s = time.perf_counter()
        with autocast(device):
            logits = stage.logits(network, inputs)
        optimiser.zero_grad(set_to_none=True)
        soft_cross_entropy(logits, targets).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    _wait(device)
    return Pass((batches - 1) * len(targets) / (time.perf_counter() - began_s))


def looped(stage: Stage, batches: int, ahead: int) -> Pass:
    """The loop, from the end of its first batch to the end of the last but one, before a checkpoint is written."""
    schedule = replace(stage.schedule, epochs=1, epoch_examples=(batches + 1) * stage.schedule.batch)
    with tempfile.TemporaryDirectory(prefix="affectline-bench-") as folder:
        torch.manual_seed(0)
        times_s, shares = [], []
        for step in stage.steps(schedule, Path(folder), ahead):
            times_s.append(time.perf_counter())
            shares.append(step.waiting_share or 0.0)
    spent_s = times_s[-2] - times_s[0]
    return Pass((batches - 1) * stage.schedule.batch / spent_s, 1 - shares[-2])


def told(found: Mapping[str, Mapping[str, Pass]]) -> str:
    """A Markdown table."""
    head = ["stage", f"{BARE}, examples/s", "loop, examples/s", "of the bare", "computing", "gain of preparing ahead"]
    rows = []
    for name, sides in found.items():
        yardstick, loop, direct = sides[BARE], sides[AHEAD_SIDE], sides[DIRECT]
        rows.append([
            name, f"{yardstick.examples_per_s:,.1f}", f"{loop.examples_per_s:,.1f}",
            f"{loop.examples_per_s / yardstick.examples_per_s:.2f}", f"{loop.computing:.0%}",
            f"{loop.examples_per_s / direct.examples_per_s:.2f}x",
        ])  # fmt: skip
    return table(head, rows)


def stages(device: Device, share: float = 1.0) -> dict[str, Stage]:
    """The starter's stages on made data, whose content costs what real data costs.

    Args:
        share: of the recipe's batches.
    """
    recipe, rng = Recipe(), np.random.default_rng(0)
    label = np.arange(FACES) % COUNT
    pixels = rng.integers(0, 256, (FACES, 48, 48), dtype=np.uint8)
    images = FerImages(pixels, label, None, np.zeros(FACES, np.int64), np.zeros(FACES, np.bool_))
    clips = tuple(VoiceClip(Path(f"{clip}.wav"), clip % COUNT, f"person-{clip}", "made") for clip in range(CLIPS))
    samples = tuple(rng.normal(0, 0.1, SECONDS * RATE_HZ).astype(np.float32) for _ in clips)
    every = np.arange(FACES)
    return {
        "frame": _branch(
            lambda: frame_branch(recipe.frame), StillSource(images, every, recipe.frame),
            _part(recipe.frame_schedule, share), device,
        ),
        "slice": _branch(
            lambda: slice_branch(recipe.slice, batch_norm=True), MotionSource(images, every, recipe.slice),
            _part(recipe.motion_schedule, share), device,
        ),
        "audio": _branch(
            lambda: audio_branch(recipe.audio), VoiceSource(Waves(clips, samples), recipe.audio),
            _part(recipe.voice.steps[0].schedule, share), device,
        ),
        "fusion": _fusion(recipe, _part(recipe.fusion_schedule, share), device),
    }  # fmt: skip


def _part(schedule: Schedule, share: float) -> Schedule:
    return replace(schedule, batch=max(2, round(share * schedule.batch)))


def _branch(make: Callable[[], Branch], source: Source, schedule: Schedule, device: Device) -> Stage:
    def steps(schedule: Schedule, folder: Path, ahead: int) -> Iterator[TrainStep]:
        return train_branch(make(), source, schedule, folder / "checkpoint", device=device, ahead=ahead)

    def logits(network: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
        assert isinstance(network, Branch)
        answers: torch.Tensor = network.classifier(network(inputs))
        return answers

    examples = np.arange(schedule.batch) % len(source.classes)
    return Stage(steps, make, logits, lambda rng: source.batch(examples, rng), schedule)


def _fusion(recipe: Recipe, schedule: Schedule, device: Device) -> Stage:
    from engine.model import padded_sets

    rng = np.random.default_rng(1)
    emotion = np.arange(FACES) % COUNT
    views = rng.normal(0, 1, (FACES, recipe.bank_views, 256)).astype(np.float32)
    faces = FaceBank(views, views[:, :1], np.eye(COUNT, dtype=np.float32)[emotion], emotion)
    seconds = tuple(rng.normal(0, 1, (SECONDS, 128)).astype(np.float32) for _ in range(CLIPS))
    maker = Maker(faces, VoiceBank(seconds, np.arange(CLIPS) % COUNT), recipe.making)

    def steps(schedule: Schedule, folder: Path, ahead: int) -> Iterator[TrainStep]:
        return train_fusion(recipe.fusion, maker, schedule, folder / "fusion", device=device, ahead=ahead)

    def batch(rng: np.random.Generator) -> tuple[Any, torch.Tensor]:
        sets, targets = maker.draw(np.arange(schedule.batch), rng)
        return padded_sets(sets), torch.from_numpy(targets)

    return Stage(steps, lambda: Fusion(recipe.fusion), lambda network, inputs: network(inputs), batch, schedule)


def _wait(device: Device) -> None:
    """Until the GPU has done what it was told."""
    if device.type == "cuda":
        torch.cuda.synchronize()


if __name__ == "__main__":
    main()
