"""Stage 2 on whole clips: NetVLADs, the layers after them and the fusion, on the features of branches that stay."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from engine.device import Device
from engine.fusion import Fusion
from engine.media import never
from trainer.loop.device import CPU
from trainer.losses import WEIGHTINGS, Weighting
from trainer.paper.branches import Lesson, chosen_by
from trainer.paper.data import Ints, Materials, clips_key
from trainer.paper.features import ClipFeatures
from trainer.paper.recipe import PaperRecipe
from trainer.paper.steps import Step
from trainer.stage1 import Schedule
from trainer.stage2 import ClipWindows, train_fusion
from trainer.values import TrainStep


def fusion_step(
    recipe: PaperRecipe, materials: Materials, lesson: Lesson, loss: Weighting, features: str, work: Path
) -> Step:
    """The step that leaves the fusion of a lesson; `features` is the key of those it learns from."""
    return Step(work, f"fusion-{loss}", {
        "features": features, "train": clips_key(materials.some(lesson.train)),
        "dev": clips_key(materials.some(lesson.dev)), "config": asdict(recipe.fusion),
        "schedule": asdict(_schedule(recipe, lesson, loss)),
    })  # fmt: skip


def train_clip_fusion(
    recipe: PaperRecipe, materials: Materials, lesson: Lesson, loss: Weighting, features: Sequence[ClipFeatures],
    step: Step, cancelled: Callable[[], bool] = never, device: Device = CPU,
) -> Iterator[TrainStep]:  # fmt: skip
    """Train the fusion of a lesson unless it is there.

    Raises:
        TrainingError: the loss is no longer a number, or memory ended; the last epoch's checkpoint stays.
        StorageError, CancelledError: likewise.
    """
    if step.done:
        return
    train, dev = (_windows(materials, features, index) for index in (lesson.train, lesson.dev))
    schedule = _schedule(recipe, lesson, loss)
    for told in train_fusion(recipe.fusion, train, schedule, step.file, dev.made(), cancelled, device):
        yield replace(told, stage=stage_name(lesson.number, loss))


def stage_name(number: int, loss: Weighting) -> str:
    """What the training of a lesson's fusion is called."""
    return f"{f'fold {number}, ' if number else ''}fusion, {WEIGHTINGS[loss]}"


def trained_fusion(recipe: PaperRecipe, step: Step) -> Fusion:
    """The fusion as its step left it, ready to infer."""
    fusion = Fusion(recipe.fusion)
    fusion.load_state_dict(step.read())
    return fusion.eval().requires_grad_(False)


def _windows(materials: Materials, features: Sequence[ClipFeatures], index: Ints) -> ClipWindows:
    return ClipWindows([features[place].pooled for place in index], materials.emotion[index])


def _schedule(recipe: PaperRecipe, lesson: Lesson, loss: Weighting) -> Schedule:
    """Every loss starts from the same random numbers, so that they differ by the loss alone."""
    return replace(chosen_by(lesson, recipe.seeded(recipe.fusion_schedule, 4, lesson.number)), weighting=loss)
