"""How the audio branch of the starter learns, and the log-mel network that teaches it and that it is measured against.

The branch first learns from seconds as they were recorded, together with their log-mel spectra, until it knows its
speakers by heart. Its trunk then begins anew, on levelled seconds that are changed so much that it no longer can: some
rounds, each with a learning rate that falls to zero (warm restarts, Loshchilov and Hutter, ICLR 2017). Last it learns
from what the log-mel network and itself, a round later, answer to the very seconds that it hears (Hinton et al. 2015).
All learn from the same speakers; only the branch is shipped.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
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


def _schedule(epochs: int, learning_rate: float, seed: int) -> Schedule:
    return Schedule(
        epochs=epochs, batch=32, learning_rate=learning_rate, weight_decay=0.05, balance=0.5, epoch_examples=2048,
        seed=seed,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class VoiceRecipe:
    """Configurations and schedules. Defaults are those of the bundled model."""

    audio: AudioConfig = field(default_factory=lambda: AudioConfig(dropout=0.3, levelled=0.5))
    recorded_schedule: Schedule = field(
        default_factory=lambda: Schedule(
            epochs=30, batch=64, learning_rate=2e-3, weight_decay=0.05, balance=0.5, epoch_examples=4096
        )
    )
    """On seconds as they were recorded."""
    change: VoiceAugment = field(
        default_factory=lambda: VoiceAugment(speed=0.18, overhang_s=0.6, colour_db=3.0, room=0.15)
    )
    """Of the seconds that all but the first step learn from."""
    rounds: tuple[Schedule, ...] = field(
        default_factory=lambda: (_schedule(30, 1e-3, 1), _schedule(24, 1e-3, 2), _schedule(30, 1e-3, 4))
    )
    """The first begins with a new head, each other one where the one before ended. The last one teaches: what is taught
    goes on from the one before it, or, of a single one, from that."""
    reference: ReferenceConfig = field(default_factory=ReferenceConfig)
    reference_schedule: Schedule = field(default_factory=lambda: _schedule(84, 2e-3, 1))
    """As many seconds as all rounds have."""
    taught_schedule: Schedule = field(default_factory=lambda: _schedule(30, 1e-3, 5))
    taught_share: float = 0.8
    """How much of a target is what the teachers answer; the rest is the label."""


class VoicesRecipe:
    """The steps of one recipe; each leaves a file in the work folder, and begins only when its file is not there.

    `audio` is the file of the finished branch, `measured` that of the log-mel network.

    Args:
        waves: `train` and `dev` voices, of different people.
    """

    def __init__(
        self, waves: Mapping[str, Waves], work: Path, recipe: VoiceRecipe | None = None, cancelled: Cancelled = never
    ) -> None:
        self.waves, self.recipe, self.cancelled = waves, recipe or VoiceRecipe(), cancelled
        self.recorded = work / "audio-recorded.safetensors"
        self.rounds = tuple(
            work / f"audio-round-{number}.safetensors" for number, _ in enumerate(self.recipe.rounds, start=1)
        )
        self.measured = work / "audio-reference.safetensors"
        self.audio = work / "audio.safetensors"

    def train(self) -> Iterator[TrainStep]:
        """Whatever is not done yet.

        Raises:
            CancelledError, TrainingError, StorageError: as `train_branch`.
        """
        if self.audio.exists():
            return
        yield from self._recorded()
        for number in range(len(self.rounds)):
            yield from self._round(number)
        yield from self._reference()
        yield from self._taught()

    def branch(self) -> Branch:
        """The finished branch, ready to infer."""
        branch = audio_branch(self.recipe.audio)
        branch.load_state_dict(read_tensors(self.audio)[0])
        return branch.prepared()

    def reference(self) -> Branch:
        """The trained reference, ready to infer."""
        branch = reference_branch(self.recipe.reference)
        branch.load_state_dict(read_tensors(self.measured)[0])
        return branch.eval().requires_grad_(False)

    def _recorded(self) -> Iterator[TrainStep]:
        """The branch on sound as loud as it was recorded, from filters like those of the ear."""
        if self.recorded.exists():
            return
        schedule, config = self.recipe.recorded_schedule, replace(self.recipe.audio, levelled=0.0)
        torch.manual_seed(schedule.seed)
        branch = audio_branch(config)
        start_from_gabor(branch.trunk.conv1.conv)  # type: ignore[union-attr,arg-type]
        train, held = (VoiceSource(self.waves[name], config) for name in ("train", "dev"))
        yield from self._fit(branch, train, held, schedule, self.recorded, with_spectrum=True)

    def _reference(self) -> Iterator[TrainStep]:
        """The log-mel network, on the same seconds, changed alike."""
        if self.measured.exists():
            return
        schedule = self.recipe.reference_schedule
        torch.manual_seed(schedule.seed)
        yield from self._learn(reference_branch(self.recipe.reference), schedule, self.measured)

    def _round(self, number: int) -> Iterator[TrainStep]:
        """A round; the first layer's filters stay: they have settled, and to train them takes 40 % of the time."""
        schedule, path = self.recipe.rounds[number], self.rounds[number]
        if path.exists():
            return
        torch.manual_seed(schedule.seed)
        branch = self._with_settled_filters()
        if number:
            branch.load_state_dict(read_tensors(self.rounds[number - 1])[0])
        else:
            known = read_tensors(self.recorded)[0]
            trunk = {name.removeprefix("trunk."): known[name] for name in known if name.startswith("trunk.")}
            branch.trunk.load_state_dict(trunk)
        yield from self._learn(branch, schedule, path, with_spectrum=True)

    def _taught(self) -> Iterator[TrainStep]:
        """The branch under its teachers."""
        schedule = self.recipe.taught_schedule
        torch.manual_seed(schedule.seed)
        branch, later = self._with_settled_filters(), audio_branch(self.recipe.audio)
        branch.load_state_dict(read_tensors(self.rounds[-2:][0])[0])
        later.load_state_dict(read_tensors(self.rounds[-1])[0])
        teachers = self.reference(), later.prepared()
        yield from self._learn(branch, schedule, self.audio, with_spectrum=True, teachers=teachers)

    def _with_settled_filters(self) -> Branch:
        branch = audio_branch(self.recipe.audio)
        freeze(branch.trunk, ("conv2", "conv3", "conv4"))
        return branch

    def _learn(
        self, branch: Branch, schedule: Schedule, path: Path, with_spectrum: bool = False,
        teachers: Sequence[Branch] = (),
    ) -> Iterator[TrainStep]:  # fmt: skip
        """A branch, on changed seconds."""
        voices = VoiceSource(self.waves["train"], self.recipe.audio, self.recipe.change)
        train = TaughtVoiceSource(voices, teachers, self.recipe.taught_share) if teachers else voices
        held = VoiceSource(self.waves["dev"], self.recipe.audio)
        yield from self._fit(branch, train, held, schedule, path, with_spectrum)

    def _fit(
        self, branch: Branch, train: VoiceSource | TaughtVoiceSource, held: VoiceSource, schedule: Schedule, path: Path,
        with_spectrum: bool,
    ) -> Iterator[TrainStep]:  # fmt: skip
        mel = LogMel(branch.trunk.out_channels) if with_spectrum else None  # type: ignore[arg-type]
        dev = (held, np.arange(len(held.windows)), held.classes[held.window_clip])
        checkpoint = path.with_suffix(".checkpoint")
        yield from train_branch(branch, train, schedule, checkpoint, dev, mel, mel, self.cancelled)
        write_tensors(path, branch.state_dict())
