"""The whole procedure: data, faces and sound, stage 1, features, stage 2 per fold and loss, scores, bundle, report.

Every step leaves its result in the work folder under a name that says what it was made of (see `steps`), and goes on
inside itself from what it left: killed anywhere and run again, it ends with the same weights.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.branches import Branch
from engine.bundle import check_bundle_place
from engine.device import Device, choose_device
from engine.errors import StorageError
from engine.fusion import Fusion
from engine.media import never
from engine.model import Model
from engine.values import BRANCHES, BranchName, BundleRef
from trainer.evaluation import Answered, Report
from trainer.loop.device import training_device
from trainer.losses import WEIGHTINGS, Weighting
from trainer.paper.answers import calibrated, calibrated_fusion, fold_answers, fused_answers, row_answers
from trainer.paper.branches import (
    LEAST_TO_CHOOSE,
    ONCE,
    Lesson,
    branch_steps,
    on_trunks,
    train_branches,
    trained_branches,
)
from trainer.paper.bundle import unwritten_bundle, write_paper_bundle
from trainer.paper.data import Materials, PaperSets, Places, prepare_sets, read_sets
from trainer.paper.features import ClipFeatures, clip_features
from trainer.paper.fusing import fusion_step, stage_name, train_clip_fusion, trained_fusion
from trainer.paper.recipe import PaperRecipe
from trainer.paper.steps import Step
from trainer.paper.values import PaperResult, PaperStep
from trainer.report.files import write_report
from trainer.report.wording import counted
from trainer.scores import FoldScores, Row, score, score_folds
from trainer.training_log import LogWriter
from trainer.values import TrainStep

BUNDLE: Final = "bundle"
PREPARATION: Final = "preparation.txt"
CACHE: Final = "prepared"
LOG: Final = "training.jsonl"

Said = PaperStep | TrainStep
Cancelled = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Procedure:
    """What all steps share. `device` trains, `model_device` computes features."""

    recipe: PaperRecipe
    materials: Materials
    work: Path
    device: Device
    model_device: Device
    cancelled: Cancelled


@dataclass(frozen=True, slots=True)
class Taught:
    """Branches of one lesson, and what they know about every clip; `key` names the features."""

    branches: Mapping[BranchName, Branch]
    features: tuple[ClipFeatures, ...]
    key: str


def train_paper(
    places: Places, out: Path, work: Path, recipe: PaperRecipe, cancelled: Cancelled = never, device: str = "cpu",
    cache: Path | None = None,
) -> Iterator[Said | PaperResult]:  # fmt: skip
    """Run the procedure; the last thing given is the `PaperResult`.

    Args:
        out: folder for ``bundle``, ``report.md`` with its pictures and ``report.json``, and ``preparation.txt``.
        work: folder of results and checkpoints, from which a stopped procedure goes on.
        device: `auto`, `cpu`, `cuda` or `mps`, for faces, training and features.
        cache: folder of prepared clips, if not ``prepared`` in `work`.
    Raises:
        DatasetError: a data set is missing, broken, or cannot be split.
        WeightsError: a trunk or a result on disk is damaged.
        TrainingError: a loss is no longer a number, or memory ended.
        StorageError: the disk is full.
        CancelledError: `cancelled()` became true.
        After each of them, what was done stays.
    """
    check_bundle_place(out / BUNDLE)
    with LogWriter(work / LOG, stages(recipe), recipe.seed) as log:
        for step in _steps(places, out, work, on_trunks(recipe), cancelled, device, cache or work / CACHE):
            if isinstance(step, TrainStep):
                log.write(step)
            yield step


def stages(recipe: PaperRecipe) -> list[str]:
    """The trainings of a procedure in order, as their steps are called."""
    planned = [*BRANCHES, stage_name(ONCE, recipe.losses[0])]
    for loss in recipe.losses:
        for fold in range(1, recipe.folds + 1):
            if recipe.repeat_stage_1 and loss == recipe.losses[0]:
                planned += [f"fold {fold}, {branch}" for branch in BRANCHES]
            planned.append(stage_name(fold, loss))
    return planned


def _steps(
    places: Places, out: Path, work: Path, recipe: PaperRecipe, cancelled: Cancelled, device: str, cache: Path
) -> Iterator[Said | PaperResult]:
    trains, computes = training_device(device), choose_device(device, min(recipe.frame.width, recipe.slice.width) >= 1)
    sets = read_sets(places, recipe)
    yield from _said(_read(sets))
    materials = yield from prepare_sets(sets, places, recipe, cache, cancelled, trains.type)
    _write_lines(out / PREPARATION, (*materials.notes, *materials.preparation))
    yield from _said([*materials.notes, f"preparation: {out / PREPARATION}"])
    run = Procedure(recipe, materials, work, trains, computes, cancelled)

    split = materials.folds
    once = Lesson(ONCE, split.train, split.dev)
    taught = yield from _taught(run, once)
    fusion = yield from _fused(run, once, taught, recipe.losses[0])
    folds = []
    for loss in recipe.losses:
        answers = yield from _cross_validated(run, taught, loss)
        folds.append(score_folds(loss, answers))
    yield PaperStep("scores", 0, 1)
    calibration = calibrated(materials, split.dev, taught.branches, taught.features, fusion, recipe.windows)
    answered = row_answers(
        materials, materials.validation, taught.branches, taught.features, fusion, calibration
    )  # fmt: skip
    rows = {name: score(*answers) for name, answers in answered.items()}
    bundle = write_paper_bundle(
        out / BUNDLE, recipe, materials, taught.branches, fusion, calibration, rows, folds
    )  # fmt: skip
    report = _report(bundle.ref, run, rows, folds)
    yield PaperResult(report, out / BUNDLE, write_report(report, out), materials.preparation)


def _taught(run: Procedure, lesson: Lesson) -> Generator[Said, None, Taught]:
    """Stage 1 of a lesson, and the features of all clips."""
    steps = branch_steps(run.recipe, run.materials, lesson, run.work)
    yield from train_branches(run.recipe, run.materials, lesson, steps, run.cancelled, run.device)
    branches = trained_branches(run.recipe, steps)
    model = Model(unwritten_bundle(run.recipe, branches, Fusion(run.recipe.fusion)), run.model_device)
    place = Step(run.work, "features", {name: steps[name].key for name in BRANCHES})
    stage = f"fold {lesson.number}, features" if lesson.number else "features"
    items = [clip.item for clip in run.materials.clips]
    features = yield from clip_features(model, items, place.path, stage, run.cancelled)
    return Taught(branches, features, place.key)


def _fused(run: Procedure, lesson: Lesson, taught: Taught, loss: Weighting) -> Generator[Said, None, Fusion]:
    """Stage 2 of a lesson with a loss."""
    step = fusion_step(run.recipe, run.materials, lesson, loss, taught.key, run.work)
    yield from train_clip_fusion(
        run.recipe, run.materials, lesson, loss, taught.features, step, run.cancelled, run.device
    )
    return trained_fusion(run.recipe, step)


def _cross_validated(run: Procedure, taught: Taught, loss: Weighting) -> Generator[Said, None, list[Answered]]:
    """What the fusion of each fold says of the clips it did not see."""
    answers = []
    for fold in run.materials.folds.folds:
        lesson = Lesson(fold.number, fold.train, fold.dev)
        own = (yield from _taught(run, lesson)) if run.recipe.repeat_stage_1 else taught
        fusion = yield from _fused(run, lesson, own, loss)
        calibration = calibrated_fusion(run.materials, fold.dev, own.features, fusion, run.recipe.windows)
        given = fused_answers(fold.scored, own.features, fusion, calibration)
        answers.append(fold_answers(run.materials, fold.scored, given))
    return answers


def _report(ref: BundleRef, run: Procedure, rows: Mapping[str, Row], folds: Sequence[FoldScores]) -> Report:
    recipe, materials = run.recipe, run.materials
    films = counted(len({materials.film[place] for place in materials.validation}), "films")
    again = "stages 1 and 2 are repeated" if recipe.repeat_stage_1 else "stage 2 is repeated on the same branches"
    notes = [
        f"{recipe.profile} profile, seed {recipe.seed}; stage 1 on {len(materials.folds.train)} training clips, "
        f"{len(materials.stills)} stills and {len(materials.acted)} acted voices; "
        f"{len(materials.folds.dev)} training clips {_purpose(materials)}",
        f"rows: trained on the training part alone, the fusion with {WEIGHTINGS[recipe.losses[0]]}",
        f"folds: each trained on the training part and the other folds; for each, {again}",
        *materials.notes,
    ]
    return Report(ref, "afew", "val", f"AFEW val, {films}", "afew", "films", rows, tuple(notes), tuple(folds))


def _purpose(materials: Materials) -> str:
    """What the clips for development did."""
    if len(materials.folds.dev) >= LEAST_TO_CHOOSE:
        return "chose epochs and temperatures"
    return f"chose temperatures; fewer than {LEAST_TO_CHOOSE} choose no epoch: trainings ran to the end"


def _read(sets: PaperSets) -> list[str]:
    parts = {split: [one for one in sets.clips if one.split == split] for split in ("train", "val")}
    told = ", ".join(
        f"{len(some)} in {split} ({counted(len({one.group for one in some}), 'films')})"
        for split, some in parts.items()
    )
    people = counted(len({one.group for one in sets.acted}), "people")
    return [
        f"AFEW: {told}", f"FER2013: {len(sets.stills):,} stills", f"eNTERFACE'05: {len(sets.acted)} clips of {people}"
    ]  # fmt: skip


def _said(messages: Sequence[str]) -> Iterator[PaperStep]:
    for message in messages:
        yield PaperStep("data", 1, 1, 0.0, message)


def _write_lines(path: Path, lines: Sequence[str]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    except OSError as error:
        raise StorageError(path, error.strerror or "cannot be written") from error
