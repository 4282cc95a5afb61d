"""The audio branch beside a log-mel network that learned from the same people: ``python -m tests.bench.voices``.

Both are trained as the starter's recipe says, unless the work folder has them, and judged on speakers that neither
trained nor chose anything: RAVDESS actors 17 to 20, or with ``--folds`` everybody once. That takes hours on a CPU; it
can be stopped and goes on. Intervals are over speakers.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
import numpy as np
from scipy.special import log_softmax

from engine.branches import AudioConfig, Branch
from tests.bench.measure import CHECKOUT
from tests.bench.report import table
from trainer import metrics
from trainer.datasets import emodb, ravdess
from trainer.datasets.sound import Waves, read_waves
from trainer.datasets.voices import FOLDS, voice_splits
from trainer.intervals import Estimate, clustered_interval, paired_difference
from trainer.sources import VoiceSource
from trainer.stage1 import predict
from trainer.starter.materials import place
from trainer.voices_recipe import VoiceRecipe, VoicesRecipe

FOLDER: Final = click.Path(file_okay=False, path_type=Path)
HELD: Final = tuple(
    actors | {f"emodb-{speaker}" for speaker in speakers}
    for actors, speakers in zip(FOLDS, (("09", "11"), ("10", "12"), ("13",), ("03", "14"), ("08",)), strict=True)
)
"""Five groups of actors with the German speakers that are held out beside them, in each of which somebody is left to
watch the training by."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Answers to seconds (S, 7) and to clips (C, 7), logarithms, with the emotion and the speaker of each."""

    seconds: np.ndarray
    second_emotion: np.ndarray
    second_speaker: np.ndarray
    clips: np.ndarray
    emotion: np.ndarray
    speaker: np.ndarray


def heard(branch: Branch, waves: Waves, config: AudioConfig) -> Heard:
    """What a branch answers; to a clip, the mean over its seconds, as `affectline evaluate` has it."""
    source = VoiceSource(waves, config)
    logs = log_softmax(predict(branch, source, np.arange(len(source.windows))).astype(np.float64), 1)
    of_clip = source.window_clip
    means = np.stack([logs[of_clip == clip].mean(0) for clip in range(len(source.classes))])
    speaker = np.array([clip.person for clip in waves.clips])
    return Heard(logs, source.classes[of_clip], speaker[of_clip], means, source.classes, speaker)


def joined(parts: Sequence[Heard]) -> Heard:
    """Several folds as one."""
    return Heard(*(np.concatenate([getattr(part, name) for part in parts]) for name in Heard.__slots__))


def rows(sides: Mapping[str, Heard]) -> Iterator[list[str]]:
    """Of each side accuracy and UAR of seconds and of clips; then how much more the first has of clips."""
    for name, said in sides.items():
        for what, logs, truth, who in (
            ("second", said.seconds, said.second_emotion, said.second_speaker),
            ("clip", said.clips, said.emotion, said.speaker),
        ):
            answers = logs.argmax(1)
            right = clustered_interval(lambda w, t=truth, a=answers: metrics.accuracy(t, a, w), who)
            uar = metrics.uar(truth, answers)
            yield [f"{name}, {what}", str(len(truth)), _text(right), f"{100 * uar:.1f}"]
    first, *others = sides.values()
    for other in others:
        more = paired_difference(first.emotion, other.clips.argmax(1), first.clips.argmax(1), first.speaker)
        yield ["the first one's lead, clip", str(len(first.emotion)), _text(more), ""]


def _text(found: Estimate) -> str:
    return f"{100 * found.value:.1f} ({100 * found.low:.1f} .. {100 * found.high:.1f})"


def sides_of(data: Path, work: Path, held: frozenset[str], recipe: VoiceRecipe) -> dict[str, Heard]:
    """Both networks on held-out speakers, trained where they are not there."""
    clips = [*ravdess.read_voices(data / "ravdess"), *emodb.read_voices(data / "emodb")]
    splits = voice_splits(clips, test_people=held)
    waves = {name: read_waves(getattr(splits, name)) for name in ("train", "dev", "test")}
    folder = place(work, "voices", recipe, sorted(held)).with_suffix("")
    steps = VoicesRecipe(waves, folder, recipe)
    for step in steps.train():
        if step.dev_accuracy is not None:
            click.echo(f"{step.stage} {step.epoch} of {step.epochs}: {100 * step.dev_accuracy:.1f} %", err=True)
    reference = steps.reference()
    assert reference is not None, "the recipe has a log-mel network"
    nets = {"audio branch": steps.branch(), "log-mel network": reference}
    return {name: heard(net, waves["test"], recipe.audio) for name, net in nets.items()}


@click.command(help=__doc__)
@click.option("--data", type=FOLDER, default=CHECKOUT / "../shared/data")
@click.option("--work", type=FOLDER, default=CHECKOUT / ".work/voices")
@click.option("--folds", is_flag=True, help="Everybody is held out once, with a training for each of five groups.")
def main(data: Path, work: Path, folds: bool) -> None:
    work.mkdir(parents=True, exist_ok=True)
    found = [sides_of(data, work, held, VoiceRecipe()) for held in (HELD if folds else FOLDS[-1:])]
    sides = {name: joined([each[name] for each in found]) for name in found[0]}
    click.echo(table(("speakers held out", "count", "accuracy", "UAR"), list(rows(sides))))


if __name__ == "__main__":
    main()
