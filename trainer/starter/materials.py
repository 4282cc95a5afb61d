"""What the recipe learns from, split once: faces by copy, voices by person."""

import hashlib
import json
from dataclasses import dataclass, is_dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np

from engine.branches import chosen
from engine.emotions import EMOTIONS
from engine.errors import DatasetError
from trainer.datasets import emodb, ravdess
from trainer.datasets.fer2013 import FerImages, FerSplits, fer_splits, majority, read_fer2013, targets
from trainer.datasets.sound import Waves, read_waves
from trainer.datasets.voices import VoiceSplits, voice_splits
from trainer.starter.recipe import FaceLabels

_DIGITS: Final = 12


@dataclass(frozen=True)
class Materials:
    """The data. `waves` are `train`, `dev` and `test` voices."""

    images: FerImages
    faces: FerSplits
    waves: dict[str, Waves]

    @property
    def judged(self) -> np.ndarray:
        """The development images on which the crowd agrees."""
        votes = self.images.votes
        return self.faces.dev if votes is None else self.faces.dev[majority(votes[self.faces.dev]) >= 0]

    @cached_property
    def faces_seal(self) -> str:
        """Names the pictures, their labels and their splits."""
        seal = hashlib.sha256(self.images.pixels.tobytes() + targets(self.images).tobytes())
        seal.update(self.faces.train.tobytes() + self.faces.dev.tobytes())
        return seal.hexdigest()

    @cached_property
    def voices_seal(self) -> str:
        """Names the voices, who speaks, and in which split."""
        seal = hashlib.sha256()
        for name, waves in sorted(self.waves.items()):
            for clip, wave in zip(waves.clips, waves.samples, strict=True):
                seal.update(f"{name} {clip.path.name} {clip.emotion} {clip.person}".encode() + wave.tobytes())
        return seal.hexdigest()


def read_materials(data: Path, face_labels: FaceLabels = "ferplus") -> Materials:
    """Read FER2013, RAVDESS and EmoDB below a folder.

    Raises:
        DatasetError: one of them is missing, broken, or lacks what the recipe cannot do without.
    """
    images = read_fer2013(data)
    if face_labels == "fer2013":
        images = replace(images, votes=None)
    clips = [*ravdess.read_voices(data / "ravdess"), *emodb.read_voices(data / "emodb")]
    splits: VoiceSplits = voice_splits(clips)
    waves = {name: read_waves(getattr(splits, name)) for name in ("train", "dev", "test")}
    materials = Materials(images, fer_splits(images), waves)
    leader = targets(images).argmax(1)
    for purpose, index, heard in (
        ("train on", materials.faces.train, waves["train"]),
        ("choose by", materials.judged, waves["dev"]),
    ):
        missing = sorted(set(EMOTIONS) - {EMOTIONS[label] for label in leader[index]})
        if missing:
            raise DatasetError(data, f"has no face that looks {', '.join(missing)} to {purpose}")
        if not heard.clips:
            raise DatasetError(data, f"has no voice to {purpose}")
    return materials


def place(work: Path, step: str, *depends: Any) -> Path:
    """Where a step keeps its result: a name that changes with whatever it depends on.

    Of a configuration, what has its default value is left out, so that a choice which is new to the program and stays
    as it was before makes no other name.
    """
    plain = [chosen(item) if is_dataclass(item) and not isinstance(item, type) else item for item in depends]
    seal = hashlib.sha256(json.dumps(plain, sort_keys=True, default=str).encode())
    return work / f"{step}-{seal.hexdigest()[:_DIGITS]}.safetensors"
