"""The model that the procedure ends with, as a bundle."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.branches import Branch
from engine.bundle import Bundle, Calibration, Manifest, load_bundle, write_bundle
from engine.fusion import Fusion
from engine.values import BranchName
from trainer.losses import WEIGHTINGS
from trainer.paper.branches import trunk_key
from trainer.paper.data import Materials
from trainer.paper.recipe import PaperRecipe
from trainer.scores import FoldScores, Row

NAME = "paper"
TERMS = (
    "For non-commercial research, as the data sets that trained it: AFEW (EmotiW challenge licence), FER2013 (research "
    "use) and eNTERFACE'05 (free for research)."
)


def unwritten_bundle(
    recipe: PaperRecipe, branches: Mapping[BranchName, Branch], fusion: Fusion, calibration: Calibration | None = None
) -> Bundle:
    """The networks as a bundle that is nowhere on disk yet, to compute features with."""
    manifest = Manifest(
        NAME, "1", recipe.profile, TERMS, recipe.frame, recipe.slice, recipe.audio, recipe.fusion, recipe.windows,
        calibration or Calibration(),
    )  # fmt: skip
    return Bundle(None, manifest, "", branches, fusion)


def write_paper_bundle(
    folder: Path, recipe: PaperRecipe, materials: Materials, branches: Mapping[BranchName, Branch], fusion: Fusion,
    calibration: Calibration, rows: Mapping[str, Row], folds: Sequence[FoldScores],
) -> Bundle:  # fmt: skip
    """Write the model that the training part taught, with what it scored on the validation part.

    Raises:
        StorageError: the folder cannot be written, or holds other things.
    """
    split = materials.folds
    films = {name: sorted({materials.film[place] for place in index}) for name, index in
             (("train", split.train), ("dev", split.dev))}  # fmt: skip
    people = sorted({clip.example.group for clip in materials.acted})
    groups = ("fer2013:Training", *films["train"], *people, *(f"{film} (chosen by)" for film in films["dev"]))
    manifest = unwritten_bundle(recipe, branches, fusion, calibration).manifest
    write_bundle(folder, _filled(manifest, materials, recipe, groups, _scores(rows, folds)), branches, fusion)
    return load_bundle(folder)


def _filled(
    manifest: Manifest, materials: Materials, recipe: PaperRecipe, groups: tuple[str, ...], scores: Mapping[str, Any]
) -> Manifest:
    split = materials.folds
    data = (
        f"AFEW training part, clips of films: {len(split.train)} to train, {len(split.dev)} to choose",
        f"FER2013 Training by the labels of {recipe.fer_labels}: {len(materials.stills)} stills",
        f"eNTERFACE'05, acted: the voices of {len(materials.acted)} clips",
    )
    trunks = tuple(f"{name} trunk {key}" for name in recipe.trunks if (key := trunk_key(recipe, name)))
    return replace(manifest, data=data, parents=trunks, groups=groups, scores=scores)


def _scores(rows: Mapping[str, Row], folds: Sequence[FoldScores]) -> dict[str, Any]:
    """What the manifest says of them: shares of 1, four digits."""
    said: dict[str, Any] = {
        name: {"count": row.count, "accuracy": round(row.accuracy.value, 4), "uar": round(row.uar.value, 4)}
        for name, row in rows.items()
    }
    for item in folds:
        name = f"{len(item.folds)} folds, {WEIGHTINGS[item.loss]}"
        said[name] = {"accuracy": round(item.mean_accuracy, 4), "folds": [round(one, 4) for one in item.accuracies]}
    return said
