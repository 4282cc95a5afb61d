"""How the audio branch of the starter learns: from labels, then also from a committee of log-mel networks.

A waveform network that learns from some dozen speakers what to listen for learns much about these speakers. Networks
that begin with a log-mel spectrum need not learn that; what they answer to a changed second of sound says more about it
than its label (Hinton et al. 2015). They learn from the same speakers and nobody else, are never shipped, and each of
them is also the reference that the branch is measured against.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

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


def _reference_schedule(seed: int, mixup: float = 0.0) -> Schedule:
    return Schedule(
        epochs=30, batch=32, learning_rate=2e-3, weight_decay=0.05, balance=0.5, epoch_examples=2048, seed=seed,
        mixup=mixup,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class VoiceRecipe:
    """Configurations and schedules. Defaults are those of the bundled model."""

    audio: AudioConfig = field(default_factory=lambda: AudioConfig(levelled=0.5, dropout=0.3))
    labelled_schedule: Schedule = field(
        default_factory=lambda: Schedule(
            epochs=30, batch=64, learning_rate=2e-3, weight_decay=0.05, balance=0.5, epoch_examples=4096
        )
    )
    """On the labels alone."""
    reference: ReferenceConfig = field(default_factory=ReferenceConfig)
    reference_schedules: tuple[Schedule, ...] = field(
        default_factory=lambda: (_reference_schedule(seed=1), _reference_schedule(seed=2, mixup=0.3))
    )
    """One for each of the committee; beside the branch itself."""
    change: VoiceAugment = field(
        default_factory=lambda: VoiceAugment(speed=0.18, overhang_s=0.6, colour_db=3.0, room=0.15)
    )
    """Of the seconds that references learn from, and the branch with them."""
    again_schedule: Schedule = field(
        default_factory=lambda: Schedule(
            epochs=30, batch=32, learning_rate=1e-3, weight_decay=0.05, balance=0.5, epoch_examples=2048
        )
    )
    taught_schedule: Schedule = field(
        default_factory=lambda: Schedule(
            epochs=20, batch=32, learning_rate=1e-3, weight_decay=0.05, balance=0.5, epoch_examples=2048, seed=3
        )
    )
    taught_share: float = 0.5
    """How much of a target is the committee's answer; the rest is the label."""


class VoicesRecipe:
    """The steps of one recipe; each leaves a file in the work folder, and begins only when its file is not there.

    `labelled`, `references`, `again` and `audio` are those files; the last holds the finished branch.

    Args:
        waves: `train` and `dev` voices, of different people.
    """

    def __init__(
        self, waves: Mapping[str, Waves], work: Path, recipe: VoiceRecipe | None = None, cancelled: Cancelled = never
    ) -> None:
        self.waves, self.recipe, self.cancelled = waves, recipe or VoiceRecipe(), cancelled
        self.labelled = work / "audio-labelled.safetensors"
        self.references = tuple(
            work / f"audio-reference-{number}.safetensors"
            for number, _ in enumerate(self.recipe.reference_schedules, start=1)
        )
        self.again = work / "audio-again.safetensors"
        self.audio = work / "audio.safetensors"

    def train(self) -> Iterator[TrainStep]:
        """Whatever is not done yet.

        Raises:
            CancelledError, TrainingError, StorageError: as `train_branch`.
        """
        if self.audio.exists():
            return
        yield from self._labelled()
        for schedule, path in zip(self.recipe.reference_schedules, self.references, strict=True):
            yield from self._reference(schedule, path)
        yield from self._again()
        yield from self._taught()

    def branch(self) -> Branch:
        """The finished branch, ready to infer."""
        branch = audio_branch(self.recipe.audio)
        branch.load_state_dict(read_tensors(self.audio)[0])
        return branch.prepared()

    def committee(self) -> list[Branch]:
        """The trained references, ready to infer."""
        found = []
        for path in self.references:
            branch = reference_branch(self.recipe.reference)
            branch.load_state_dict(read_tensors(path)[0])
            found.append(branch.eval().requires_grad_(False))
        return found

    def _labelled(self) -> Iterator[TrainStep]:
        """The branch on the labels alone, on sound as loud as it was recorded, with the log-mel spectrum beside them.

        Only its trunk goes on.
        """
        if self.labelled.exists():
            return
        schedule, config = self.recipe.labelled_schedule, replace(self.recipe.audio, levelled=0.0)
        torch.manual_seed(schedule.seed)
        branch = audio_branch(config)
        start_from_gabor(branch.trunk.conv1.conv)  # type: ignore[union-attr,arg-type]
        source, held = (VoiceSource(self.waves[name], config) for name in ("train", "dev"))
        yield from self._learn(branch, source, held, schedule, self.labelled, with_spectrum=True)

    def _reference(self, schedule: Schedule, path: Path) -> Iterator[TrainStep]:
        """One network on log-mel spectra, on the labels alone."""
        if path.exists():
            return
        torch.manual_seed(schedule.seed)
        branch = reference_branch(self.recipe.reference)
        yield from self._learn(branch, self._changed(), self._held(), schedule, path)

    def _again(self) -> Iterator[TrainStep]:
        """The branch anew but for its trunk, on the labels, of seconds that are changed far more.

        The first layer's filters stay: they have settled, and they take 40 % of the time to train.
        """
        if self.again.exists():
            return
        schedule = self.recipe.again_schedule
        torch.manual_seed(schedule.seed)
        branch = self._with_settled_filters()
        known = {name: value for name, value in read_tensors(self.labelled)[0].items() if name.startswith("trunk.")}
        branch.trunk.load_state_dict({name.removeprefix("trunk."): value for name, value in known.items()})
        yield from self._learn(branch, self._changed(), self._held(), schedule, self.again, with_spectrum=True)

    def _taught(self) -> Iterator[TrainStep]:
        """The branch on, on the labels and what it and the committee answered to the very same seconds."""
        schedule = self.recipe.taught_schedule
        torch.manual_seed(schedule.seed)
        branch = self._with_settled_filters()
        itself = audio_branch(self.recipe.audio)
        for each in (branch, itself):
            each.load_state_dict(read_tensors(self.again)[0])
        source = TaughtVoiceSource(
            self._changed(), [*self.committee(), itself.prepared()], self.recipe.taught_share
        )  # fmt: skip
        yield from self._learn(branch, source, self._held(), schedule, self.audio, with_spectrum=True)

    def _with_settled_filters(self) -> Branch:
        branch = audio_branch(self.recipe.audio)
        freeze(branch.trunk, ("conv2", "conv3", "conv4"))
        return branch

    def _changed(self) -> VoiceSource:
        return VoiceSource(self.waves["train"], self.recipe.audio, self.recipe.change)

    def _held(self) -> VoiceSource:
        return VoiceSource(self.waves["dev"], self.recipe.audio)

    def _learn(
        self, branch: Branch, source: VoiceSource | TaughtVoiceSource, held: VoiceSource, schedule: Schedule,
        path: Path, with_spectrum: bool = False,
    ) -> Iterator[TrainStep]:  # fmt: skip
        mel = LogMel(branch.trunk.out_channels) if with_spectrum else None  # type: ignore[arg-type]
        dev = (held, np.arange(len(held.windows)), held.classes[held.window_clip])
        checkpoint = path.with_suffix(".checkpoint")
        yield from train_branch(branch, source, schedule, checkpoint, dev, mel, mel, self.cancelled)
        write_tensors(path, branch.state_dict())
