"""The whole recipe: branches, fusion, temperatures, bundle."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.branches import Branch
from engine.bundle import Calibration, Manifest, check_bundle_place, write_bundle
from engine.emotions import COUNT
from engine.fusion import Fusion
from engine.media import never
from engine.values import BranchName
from trainer.checkpoint import read_tensors
from trainer.practice import make_practice, write_practice
from trainer.stage2 import FaceBank, Maker, VoiceBank, train_fusion
from trainer.starter.banks import face_banks, voice_bank
from trainer.starter.calibrating import calibrate
from trainer.starter.faces import FaceSteps
from trainer.starter.materials import Materials, place, read_materials
from trainer.starter.recipe import Recipe
from trainer.starter.talks import WithTalks, talk_windows
from trainer.values import TrainStep
from trainer.voices_recipe import VoicesRecipe

Cancelled = Callable[[], bool]


def train_starter(
    data: Path, out: Path, work: Path, cancelled: Cancelled = never, recipe: Recipe | None = None
) -> Iterator[TrainStep]:
    """Run the whole recipe and write the bundle to `out`.

    Raises:
        CancelledError: at the next batch after `cancelled()` turns true; what is done stays in `work`.
        DatasetError, StorageError: data missing, disk full.
    """
    check_bundle_place(out)
    recipe = recipe or Recipe()
    materials = read_materials(data, recipe.face_labels)
    faces = FaceSteps(recipe, materials, work, cancelled)
    voices = VoicesRecipe(
        materials.waves, place(work, "voices", recipe.voice, materials.voices_seal).with_suffix(""), recipe.voice,
        cancelled,
    )  # fmt: skip
    learned = f"{voices.audio.parent.name} {voices.audio.name}"
    yield from faces.train()
    yield from voices.train()
    frame, slices = faces.branches()
    branches: dict[BranchName, Branch] = {"frame": frame, "slice": slices, "audio": voices.branch()}
    yield _said("features", "features of faces and voices for the fusion")
    made_by = f"{faces.frame.name} {faces.slice.name}"
    banks = face_banks(recipe, materials, (frame, slices), made_by, work, cancelled)
    heard = {
        name: voice_bank(branches["audio"], materials.waves[name], recipe.audio, cancelled) for name in ("train", "dev")
    }
    clips = sorted((data / "clips").glob("talk_*.mp4")) if recipe.talk_share else []
    kept = place(
        work, "fusion", made_by, learned, recipe.fusion, recipe.making, recipe.fusion_schedule,
        recipe.bank_views, recipe.bank_per_class, recipe.seed, recipe.talk_share, [clip.name for clip in clips],
    )  # fmt: skip
    if not kept.exists():
        described = _manifest(recipe, materials, Calibration(), {})
        seen = place(work, "talks", made_by, learned).with_suffix("")
        talks = talk_windows(clips, described, branches, seen, cancelled) if clips else None
        windows = WithTalks(Maker(banks["train"], heard["train"], recipe.making), talks, recipe.talk_share)
        yield from _fusion(recipe, windows, banks, heard, kept, cancelled)
    fusion = Fusion(recipe.fusion)
    fusion.load_state_dict(read_tensors(kept)[0])
    held = Maker(banks["dev"], heard["dev"], recipe.making)
    yield _said("calibration", "temperatures on held-out faces and speakers")
    calibration, facts = calibrate(recipe, materials, branches, fusion, held)
    write_bundle(out, _manifest(recipe, materials, calibration, facts), branches, fusion.eval())
    write_practice(out, make_practice((banks["train"], heard["train"]), (banks["dev"], heard["dev"]), seed=recipe.seed))


def _said(stage: str, message: str) -> TrainStep:
    """A progress point of a step that is over in a minute or two."""
    return TrainStep(stage, 1, 1, 0, 1, math.nan, math.nan, 0.0, 0.0, message=message)


def _fusion(
    recipe: Recipe, windows: WithTalks, banks: Mapping[str, FaceBank], voices: Mapping[str, VoiceBank], done: Path,
    cancelled: Cancelled,
) -> Iterator[TrainStep]:  # fmt: skip
    held = Maker(banks["dev"], voices["dev"], recipe.making)
    rng = np.random.default_rng([recipe.seed, 5])
    dev = [held.window(int(label), rng) for label in rng.integers(0, COUNT, 1000)]
    yield from train_fusion(recipe.fusion, windows, recipe.fusion_schedule, done, dev, cancelled)


TERMS = (
    "For non-commercial research. Trained on FER2013 (research use; FER+ votes: MIT), RAVDESS (CC BY-NC-SA 4.0, "
    "Livingstone and Russo 2018) and EmoDB (free for research, Burkhardt et al. 2005)."
)


def _manifest(recipe: Recipe, materials: Materials, calibration: Calibration, facts: Mapping[str, Any]) -> Manifest:
    people: Sequence[str] = sorted({clip.person for clip in materials.waves["train"].clips})
    chosen: Sequence[str] = sorted({clip.person for clip in materials.waves["dev"].clips})
    return Manifest(
        name="starter", revision="2", profile="compact", terms=TERMS, frame=recipe.frame, slice=recipe.slice,
        audio=recipe.audio, fusion=recipe.fusion, calibration=calibration, scores=dict(facts),
        data=(
            f"FER2013 Training with FER+ votes, real stills: {len(materials.faces.train)} to train, "
            f"{len(materials.faces.dev)} to choose; slices and face sequences are made from them",
            f"RAVDESS and EmoDB, acted speech: {len(materials.waves['train'].clips)} clips to train, "
            f"{len(materials.waves['dev'].clips)} to choose",
            "pairs of a face and a voice are made: no claim about what the fusion gains from both",
            *(
                ["answers to the training faces by EfficientNet-Lite0, which began with ImageNet weights (Apache 2.0)"]
                if recipe.teacher is not None
                else []
            ),
            *(
                ["talking people in videos, unlabelled: the fusion keeps to what the branches agree on"]
                if recipe.talk_share
                else []
            ),
        ),
        groups=("fer2013:Training", *people, *(f"{person} (chosen by)" for person in chosen)),
    )  # fmt: skip
