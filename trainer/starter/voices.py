"""The step that learns from voices."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

from engine.branches import Branch, audio_branch
from trainer.checkpoint import read_tensors, write_tensors
from trainer.sources import VoiceSource
from trainer.spectra import LogMel, start_from_gabor
from trainer.stage1 import train_branch
from trainer.starter.materials import Materials, place
from trainer.starter.recipe import Recipe
from trainer.values import TrainStep

Cancelled = Callable[[], bool]


class VoiceSteps:
    """The audio branch on random seconds of speech, with the log-mel spectrum as a second task."""

    def __init__(self, recipe: Recipe, materials: Materials, work: Path, cancelled: Cancelled) -> None:
        self.recipe, self.materials, self.cancelled = recipe, materials, cancelled
        self.audio = place(work, "audio", recipe.audio, recipe.audio_schedule, materials.voices_seal)

    def train(self) -> Iterator[TrainStep]:
        """The branch, when it is not done yet."""
        if self.audio.exists():
            return
        recipe, waves = self.recipe, self.materials.waves
        torch.manual_seed(recipe.audio_schedule.seed)
        branch = audio_branch(recipe.audio)
        start_from_gabor(branch.trunk.conv1.conv)  # type: ignore[union-attr,arg-type]
        mel = LogMel(branch.trunk.out_channels)  # type: ignore[arg-type]
        source = VoiceSource(waves["train"], recipe.audio)
        held = VoiceSource(waves["dev"], recipe.audio)
        dev = (held, np.arange(len(held.windows)), held.classes[held.window_clip])
        checkpoint = self.audio.with_suffix(".checkpoint")
        yield from train_branch(
            branch, source, recipe.audio_schedule, checkpoint, dev, mel, mel, cancelled=self.cancelled
        )  # fmt: skip
        write_tensors(self.audio, branch.state_dict())

    def branch(self) -> Branch:
        """Trained, ready to infer."""
        branch = audio_branch(self.recipe.audio)
        branch.load_state_dict(read_tensors(self.audio)[0])
        return branch.prepared()
