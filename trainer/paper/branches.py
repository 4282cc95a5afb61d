"""Stage 1: the three branches, each by itself, on what the paper gives it.

Frame: AFEW's training frames and FER2013. Slice: AFEW. Audio: AFEW and eNTERFACE'05. Which epoch is kept is chosen on
films of AFEW's training part that train nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from engine.branches import Branch, audio_branch, frame_branch, slice_branch
from engine.bundle import read_trunk
from engine.device import Device
from engine.errors import DatasetError, WeightsError
from engine.media import never
from engine.values import BRANCHES, BranchName
from trainer.loop.device import CPU
from trainer.loop.frozen import freeze
from trainer.paper.data import Materials, clips_key, still_targets
from trainer.paper.recipe import PaperRecipe
from trainer.paper.sources import FrameSource, SecondSource, SliceSource
from trainer.paper.steps import Step
from trainer.preparing.values import Prepared
from trainer.stage1 import Schedule, train_branch
from trainer.trunk_cache import train_frozen
from trainer.values import TrainStep

Ints = NDArray[np.int64]
KINDS: Final[dict[BranchName, str]] = {"frame": "facenet", "slice": "c3d", "audio": "soundnet"}
"""Of published trunks."""
TRUNK_ROWS: Final = "trunks"
"""Folder of what frozen trunks make of each example; it may be deleted at any time."""


LEAST_TO_CHOOSE: Final = 30
"""Clips for development. Of fewer, one clip more or less says nothing about an epoch: trainings then run to the end."""
ONCE: Final = 0
"""The number of what is trained once for all folds."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one training of the branches learns from: clips by their place in the materials.

    `number` sets its random numbers and results apart: `ONCE`, or the fold.
    """

    number: int
    train: Ints
    dev: Ints


def branch_steps(recipe: PaperRecipe, materials: Materials, lesson: Lesson, work: Path) -> dict[BranchName, Step]:
    """The steps that leave the branches of a lesson, with all that they depend on."""
    train, dev = clips_key(materials.some(lesson.train)), clips_key(materials.some(lesson.dev))
    own = {
        "frame": {"views": recipe.frame_views, "stills": materials.still_key, "labels": recipe.fer_labels},
        "slice": {},
        "audio": {"views": recipe.second_views, "acted": clips_key(materials.acted)},
    }
    return {
        name: Step(work, name, {
            "train": train, "dev": dev, "judged": recipe.judged_views, "config": asdict(getattr(recipe, name)),
            "schedule": asdict(_schedule(recipe, name, lesson)), "trunk": trunk_key(recipe, name), **own[name],
        })
        for name in BRANCHES
    }  # fmt: skip


def train_branches(
    recipe: PaperRecipe, materials: Materials, lesson: Lesson, steps: Mapping[BranchName, Step],
    cancelled: Callable[[], bool] = never, device: Device = CPU,
) -> Iterator[TrainStep]:  # fmt: skip
    """Train the branches that are not there yet; each leaves the result of its step.

    Raises:
        DatasetError: there is nothing for a branch to learn from.
        TrainingError: a loss is no longer a number, or memory ended; the last epoch's checkpoint stays.
        StorageError, CancelledError: likewise.
    """
    label = f"fold {lesson.number}, " if lesson.number else ""
    for name, step in steps.items():
        if step.done:
            continue
        schedule = _schedule(recipe, name, lesson)
        source = _source(recipe, materials, name, materials.some(lesson.train), True)
        dev = _source(recipe, materials, name, materials.some(lesson.dev), False)
        if not len(source.classes):
            raise DatasetError(materials.places.afew, f"has nothing to train the {name} branch on")
        branch = fresh_branch(recipe, name, schedule.seed)
        judged = (dev, np.arange(len(dev.classes)), dev.classes) if len(dev.classes) else None
        step.folder.mkdir(parents=True, exist_ok=True)
        if name in recipe.trunks:
            rows = step.folder / TRUNK_ROWS
            training = train_frozen(
                branch, source, schedule, step.checkpoint, rows, judged, cancelled=cancelled, device=device
            )
        else:
            training = train_branch(
                branch, source, schedule, step.checkpoint, judged, cancelled=cancelled, device=device
            )
        for told in training:
            yield replace(told, stage=f"{label}{told.stage}")
        step.keep(branch.state_dict())


def trained_branches(recipe: PaperRecipe, steps: Mapping[BranchName, Step]) -> dict[BranchName, Branch]:
    """The branches as their steps left them, ready to infer."""
    branches = {name: fresh_branch(recipe, name, 0) for name in BRANCHES}
    for name, branch in branches.items():
        branch.load_state_dict(steps[name].read())
    return {name: branch.prepared() for name, branch in branches.items()}


def fresh_branch(recipe: PaperRecipe, name: BranchName, seed: int) -> Branch:
    """A branch before training: on its published trunk, which stays as it is, or all from scratch."""
    torch.manual_seed(seed)
    trunk = recipe.trunks.get(name)
    if name == "frame":
        branch = frame_branch(recipe.frame)
    elif name == "slice":
        branch = slice_branch(recipe.slice, batch_norm=trunk is None)
    else:
        branch = audio_branch(recipe.audio)
    if trunk is not None:
        branch.trunk.load_state_dict(read_trunk(trunk)[0])
        freeze(branch.trunk)
    return branch


def on_trunks(recipe: PaperRecipe) -> PaperRecipe:
    """The recipe with inputs as its published trunks want them.

    Raises:
        WeightsError: a folder holds no imported trunk, or one of another kind.
    """
    for name, folder in recipe.trunks.items():
        facts = read_trunk(folder)[1]
        if facts["kind"] != KINDS[name]:
            raise WeightsError(folder, f"is a trunk of kind {facts['kind']}; the {name} branch wants {KINDS[name]}")
        if name == "frame":
            recipe = replace(recipe, frame=replace(recipe.frame, normalisation=facts["normalisation"]))
    return recipe


def trunk_key(recipe: PaperRecipe, name: BranchName) -> str | None:
    """Fingerprint of a branch's published trunk; None for one from scratch."""
    folder = recipe.trunks.get(name)
    return None if folder is None else str(read_trunk(folder)[1]["sha256"])


def _schedule(recipe: PaperRecipe, name: BranchName, lesson: Lesson) -> Schedule:
    return chosen_by(lesson, recipe.seeded(recipe.schedules[name], BRANCHES.index(name) + 1, lesson.number))


def chosen_by(lesson: Lesson, schedule: Schedule) -> Schedule:
    """The schedule as it is where there are clips enough to choose an epoch by; else it runs its length."""
    return schedule if len(lesson.dev) >= LEAST_TO_CHOOSE else replace(schedule, patience=None)


def _source(
    recipe: PaperRecipe, materials: Materials, name: BranchName, clips: tuple[Prepared, ...], training: bool
) -> FrameSource | SliceSource | SecondSource:
    """What a branch learns from, the further data set included, or is judged by."""
    if name == "slice":
        return SliceSource(clips, recipe.slice)
    if name == "audio":
        views = recipe.second_views if training else recipe.judged_views
        return SecondSource((*clips, *materials.acted) if training else clips, recipe.audio, views)
    if not training:
        return FrameSource(clips, recipe.frame, recipe.judged_views)
    images, some = materials.images, materials.stills
    return FrameSource(
        clips, recipe.frame, recipe.frame_views, (images.pixels[some], still_targets(images, recipe)[some])
    )
