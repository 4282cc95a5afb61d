"""How the audio branch of the starter learns, and the log-mel networks that teach it and that it is measured against.

The branch first learns from seconds as they were recorded, together with their log-mel spectra, until it knows its
speakers by heart. Its trunk then begins anew, on levelled seconds that are changed so much that it no longer can: some
rounds, each with a learning rate that falls to zero (warm restarts, Loshchilov and Hutter, ICLR 2017). Last it learns
from what a committee of log-mel networks and its own earlier selves answers to the very seconds that it hears (Hinton
et al. 2015). All learn from the same speakers; only the branch is shipped.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from engine.branches import AudioConfig, Branch, audio_branch
from engine.media import never
from trainer.augment import VoiceAugment
from trainer.checkpoint import read_tensors, write_tensors
from trainer.datasets.sound import Waves
from trainer.loop.frozen import freeze
from trainer.sources import TaughtVoiceSource, VoiceSource
from trainer.spectra import LogMel, start_from_gabor
from trainer.stage1 import Schedule, train_branch
from trainer.values import TrainStep
from trainer.voice_reference import ReferenceConfig, reference_branch

Cancelled = Callable[[], bool]


def _schedule(epochs: int, learning_rate: float, seed: int) -> Schedule:
    return Schedule(
        epochs=epochs, batch=32, learning_rate=learning_rate, weight_decay=0.05, balance=0.5, epoch_examples=2048,
        seed=seed,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class VoiceStep:
    """One training, of a network that a later one may begin with or be taught by."""

    name: str
    schedule: Schedule
    net: Literal["wave", "mel"] = "wave"
    """The branch, or the log-mel network."""
    start: str = ""
    """The step it goes on from; without one it begins anew, a branch with filters like those of the ear. What goes on
    keeps the filters of its first layer: they have settled, and to train them takes 40 % of the time."""
    new_head: bool = False
    """Only the trunk goes on."""
    as_recorded: bool = False
    """Seconds neither levelled nor changed by more than usual."""
    teachers: tuple[str, ...] = ()
    """Steps whose networks' mean answer to a second is part of its target."""
    share: float = 0.0
    """Which part; the rest is the label."""


STEPS = (
    VoiceStep(
        "recorded",
        Schedule(epochs=30, batch=64, learning_rate=2e-3, weight_decay=0.05, balance=0.5, epoch_examples=4096),
        as_recorded=True,
    ),
    VoiceStep("round-1", _schedule(30, 1e-3, 1), start="recorded", new_head=True),
    VoiceStep("round-2", _schedule(24, 1e-3, 2), start="round-1"),
    VoiceStep("round-3", _schedule(30, 1e-3, 4), start="round-2"),
    VoiceStep("mel-1", _schedule(84, 2e-3, 1), net="mel"),
    VoiceStep("mel-2", _schedule(84, 2e-3, 2), net="mel"),
    VoiceStep("taught-1", _schedule(30, 1e-3, 5), start="round-2", teachers=("mel-1", "round-3"), share=0.8),
    VoiceStep(
        "taught-2", _schedule(80, 1e-3, 6), start="taught-1", teachers=("mel-1", "mel-2", "round-2", "taught-1"),
        share=0.9,
    ),
)  # fmt: skip
"""A log-mel network hears as many seconds as the three rounds together."""


@dataclass(frozen=True, slots=True)
class VoiceRecipe:
    """Configurations and steps. Defaults are those of the bundled model.

    `steps` come in an order in which each finds what it goes on from and learns from; the last one is the branch, the
    first log-mel network is what it is measured against.
    """

    audio: AudioConfig = field(default_factory=lambda: AudioConfig(dropout=0.3, levelled=0.5))
    reference: ReferenceConfig = field(default_factory=ReferenceConfig)
    change: VoiceAugment = field(
        default_factory=lambda: VoiceAugment(speed=0.18, overhang_s=0.6, colour_db=3.0, room=0.15)
    )
    """Of the seconds that all but the first step learn from."""
    steps: tuple[VoiceStep, ...] = STEPS

    def __post_init__(self) -> None:
        known: set[str] = set()
        for step in self.steps:
            missing = {name for name in (step.start, *step.teachers) if name} - known
            if missing or step.name in known:
                raise ValueError(f"{step.name} needs {sorted(missing)} before it and a name of its own")
            known.add(step.name)


class VoicesRecipe:
    """The steps of one recipe; each leaves a file in the work folder, and begins only when its file is not there.

    `audio` is the file of the finished branch.

    Args:
        waves: `train` and `dev` voices, of different people.
    """

    def __init__(
        self, waves: Mapping[str, Waves], work: Path, recipe: VoiceRecipe | None = None, cancelled: Cancelled = never
    ) -> None:
        self.waves, self.recipe, self.cancelled = waves, recipe or VoiceRecipe(), cancelled
        self.steps = {step.name: step for step in self.recipe.steps}
        self.files = {name: work / f"audio-{name}.safetensors" for name in self.steps}
        self.audio = self.files[self.recipe.steps[-1].name]

    def train(self) -> Iterator[TrainStep]:
        """Whatever is not done yet.

        Raises:
            CancelledError, TrainingError, StorageError: as `train_branch`.
        """
        for name, step in self.steps.items():
            if not (self.audio.exists() or self.files[name].exists()):
                yield from self._learn(step)

    def branch(self) -> Branch:
        """The finished branch, ready to infer."""
        return self._trained(self.recipe.steps[-1].name)

    def reference(self) -> Branch | None:
        """The log-mel network that the branch is measured against, ready to infer; None where the recipe has none."""
        names = [step.name for step in self.recipe.steps if step.net == "mel"]
        return self._trained(names[0]) if names else None

    def _network(self, net: str) -> Branch:
        return reference_branch(self.recipe.reference) if net == "mel" else audio_branch(self.recipe.audio)

    def _trained(self, name: str) -> Branch:
        branch = self._network(self.steps[name].net)
        branch.load_state_dict(read_tensors(self.files[name])[0])
        return branch.prepared() if self.steps[name].net == "wave" else branch.eval().requires_grad_(False)

    def _begun(self, step: VoiceStep) -> Branch:
        """The network of a step before its first batch."""
        torch.manual_seed(step.schedule.seed)
        branch = self._network(step.net)
        if step.start:
            known = read_tensors(self.files[step.start])[0]
            if step.new_head:
                known = {**branch.state_dict(), **{key: known[key] for key in known if key.startswith("trunk.")}}
            branch.load_state_dict(known)
            freeze(branch.trunk, ("conv2", "conv3", "conv4"))
        elif step.net == "wave":
            start_from_gabor(branch.trunk.conv1.conv)  # type: ignore[union-attr,arg-type]
        return branch

    def _learn(self, step: VoiceStep) -> Iterator[TrainStep]:
        branch, teachers = self._begun(step), [self._trained(name) for name in step.teachers]
        config = replace(self.recipe.audio, levelled=0.0) if step.as_recorded else self.recipe.audio
        voices = VoiceSource(self.waves["train"], config, None if step.as_recorded else self.recipe.change)
        train = TaughtVoiceSource(voices, teachers, step.share) if teachers else voices
        held = VoiceSource(self.waves["dev"], config)
        mel = LogMel(branch.trunk.out_channels) if step.net == "wave" else None  # type: ignore[arg-type]
        dev = (held, np.arange(len(held.windows)), held.classes[held.window_clip])
        path = self.files[step.name]
        yield from train_branch(
            branch, train, step.schedule, path.with_suffix(".checkpoint"), dev, mel, mel, self.cancelled
        )
        write_tensors(path, branch.state_dict())
