"""What the procedure learns from: AFEW, FER2013 and eNTERFACE'05, read, prepared and split once."""

import hashlib
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.emotions import COUNT, EMOTIONS
from engine.errors import DatasetError
from engine.media import never
from engine.speech import is_speech
from trainer.datasets import afew, enterface
from trainer.datasets.example import Clips, Example
from trainer.datasets.fer2013 import FerImages, read_fer2013, targets, usable
from trainer.folds import CrossValidation, cross_validation
from trainer.paper.recipe import PaperRecipe
from trainer.paper.steps import fingerprint
from trainer.paper.values import PaperStep
from trainer.preparing.prepare import prepare
from trainer.preparing.values import Preparation, Prepared

Ints = NDArray[np.int64]
Cancelled = Callable[[], bool]

TRAINING: Final = 0
"""The part of FER2013 that trains."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where the three data sets lie."""

    afew: Path
    fer2013: Path
    enterface: Path


@dataclass(frozen=True, slots=True)
class PaperSets:
    """The data sets as read: `clips` of AFEW's training and validation part, `acted` of eNTERFACE'05."""

    clips: tuple[Example, ...]
    acted: tuple[Example, ...]
    images: FerImages
    stills: Ints
    """Images of FER2013 that train."""
    notes: tuple[str, ...]
    skipped: tuple[str, ...]


def read_sets(places: Places, recipe: PaperRecipe) -> PaperSets:
    """Read the data sets, and see that the procedure can be run on them before hours are spent.

    Raises:
        DatasetError: one of them is missing, broken, has nothing to train on or to score, or too few films for the
            folds.
    """
    clips, acted = afew.read_clips(places.afew), enterface.read_clips(places.enterface)
    images = read_fer2013(places.fer2013)
    used = tuple(example for example in clips.examples if example.split in ("train", "val"))
    for split, folders in (("train", "Train_AFEW or Train"), ("val", "Val_AFEW or Val")):
        if not any(example.split == split for example in used):
            raise DatasetError(places.afew, f"has no clip with an emotion in a folder {folders}")
    split_clips(used, recipe, places.afew)
    stills = np.flatnonzero((images.split == TRAINING) & still_targets(images, recipe).any(axis=1) & trained_on(images))
    if not len(stills):
        raise DatasetError(places.fer2013, "has no image in its part Training")
    if recipe.fer_labels == "ferplus" and images.votes is None:
        raise DatasetError(places.fer2013, "has no FER+ votes; put fer2013new.csv beside it")
    notes = [*_of("AFEW", clips.notes), *_of("eNTERFACE'05", _without_neutral(acted)), *_still_notes(images, stills)]
    skipped = [*_of("AFEW", clips.skipped), *_of("eNTERFACE'05", acted.skipped), *_of("FER2013", images.skipped)]
    return PaperSets(used, tuple(acted.examples), images, stills, tuple(notes), tuple(skipped))


def still_targets(images: FerImages, recipe: PaperRecipe) -> NDArray[np.float32]:
    """(N, 7): FER2013's own labels, as the paper had them, or the crowd's soft votes."""
    if recipe.fer_labels == "ferplus":
        return targets(images)
    return np.eye(COUNT, dtype=np.float32)[images.label]


def trained_on(images: FerImages) -> NDArray[np.bool_]:
    """(N,) images whose label may be trusted to belong to them."""
    return usable(images) if images.votes is not None else ~images.ambiguous


def split_clips(examples: Sequence[Example], recipe: PaperRecipe, data: Path) -> CrossValidation:
    """The folds of the validation part, and what trains and stops what is trained once for all.

    Raises:
        DatasetError: there are fewer films than folds.
    """
    return cross_validation(
        [example.emotion for example in examples],
        [example.group for example in examples],
        np.array([example.split == "val" for example in examples]),
        data=data, count=recipe.folds, dev_share=recipe.dev_share, seed=recipe.seed,
    )  # fmt: skip


@dataclass(frozen=True)
class Materials:
    """Everything prepared: `clips` of AFEW that can be fused, `acted` voices, stills, and the folds over `clips`."""

    places: Places
    clips: tuple[Prepared, ...]
    acted: tuple[Prepared, ...]
    images: FerImages
    stills: Ints
    folds: CrossValidation
    notes: tuple[str, ...]
    preparation: tuple[str, ...]
    """The report of what was left out and why, a line each."""

    @cached_property
    def emotion(self) -> Ints:
        """(N,) of the clips."""
        return np.array([clip.example.emotion for clip in self.clips], np.int64)

    @cached_property
    def film(self) -> tuple[str, ...]:
        """Group of each clip."""
        return tuple(clip.example.group for clip in self.clips)

    @cached_property
    def validation(self) -> Ints:
        """Clips of the validation part."""
        return np.flatnonzero([clip.example.split == "val" for clip in self.clips])

    @cached_property
    def still_key(self) -> str:
        """Fingerprint of the stills that train."""
        seal = hashlib.sha256(self.images.pixels[self.stills].tobytes())
        seal.update(self.images.label[self.stills].tobytes())
        if self.images.votes is not None:
            seal.update(self.images.votes[self.stills].tobytes())
        return seal.hexdigest()

    def some(self, index: Ints) -> tuple[Prepared, ...]:
        return tuple(self.clips[place] for place in index)


def clips_key(clips: Iterable[Prepared]) -> str:
    """Fingerprint of prepared clips, in order, and what they are called."""
    return fingerprint([[clip.item.folder.name, clip.example.emotion, clip.example.group] for clip in clips])


def prepare_sets(
    sets: PaperSets, places: Places, recipe: PaperRecipe, cache: Path, cancelled: Cancelled = never,
    device: str = "cpu",
) -> Generator[PaperStep, None, Materials]:  # fmt: skip
    """Faces and sound of AFEW, the sound of eNTERFACE'05, into the cache; returns all of it with its folds.

    Raises:
        DatasetError: the cache is another kind of folder or of a later version; nothing can be used.
        StorageError: the disk is full; what was prepared stays.
        CancelledError: `cancelled()` became true; likewise.
    """
    voices = [replace(example, modality="voice") for example in sets.acted]
    found = yield from prepared(sets.clips, "AFEW", cache, recipe, cancelled, device)
    acted = yield from prepared(voices, "eNTERFACE'05", cache, recipe, cancelled, device)
    clips = tuple(clip for clip in found.examples if _can_be_fused(clip))
    mute = [clip.example.path.name for clip in found.examples if not _can_be_fused(clip)]
    told = [f"left out: {name}: neither a face nor speech" for name in mute]
    for split in ("train", "val"):
        if not any(clip.example.split == split for clip in clips):
            raise DatasetError(places.afew, f"has no clip in its part {split} with a face or speech")
    folds = split_clips([clip.example for clip in clips], recipe, places.afew)
    left_out = len(found.skipped) + len(mute) + len(acted.skipped)
    notes = [*sets.notes, *folds.notes]
    if left_out:
        notes.append(f"{left_out} of {len(sets.clips) + len(sets.acted)} clips could not be used")
    report = [*sets.skipped, *_of("AFEW", [*found.report(), *told]), *_of("eNTERFACE'05", acted.report())]
    return Materials(places, clips, acted.examples, sets.images, sets.stills, folds, tuple(notes), tuple(report))


def prepared(
    examples: Sequence[Example], name: str, cache: Path, recipe: PaperRecipe, cancelled: Cancelled, device: str
) -> Generator[PaperStep, None, Preparation]:
    """One data set's examples, with progress."""
    for step in prepare(examples, cache, recipe.preparation, cancelled, device):
        if isinstance(step, Preparation):
            yield PaperStep(f"prepare {name}", 1, 1, 0.0, f"{name}: {step.report()[0]}")
            return step
        yield PaperStep(f"prepare {name}", step.done, step.total, step.remaining_s)
    raise AssertionError("the preparation ended without a result")


def _can_be_fused(clip: Prepared) -> bool:
    facts = clip.item.facts
    return facts.face is not None or bool(is_speech(facts.speech).any())


def _without_neutral(acted: Clips) -> list[str]:
    """Notes of eNTERFACE'05 but the one on what nobody acted in it, and on there being one person: it is not split."""
    return [note for note in acted.notes if "has no clip of" not in note and "all of it is of one group" not in note]


def _still_notes(images: FerImages, stills: Ints) -> list[str]:
    there = set(images.label[stills].tolist())
    missing = [name for index, name in enumerate(EMOTIONS) if index not in there]
    return [f"FER2013: nothing in Training is labelled {', '.join(missing)}"] if missing else []


def _of(name: str, clauses: Iterable[str]) -> list[str]:
    return [f"{name}: {clause}" for clause in clauses]
