"""What trained branches know about every prepared clip, once and on disk: a file a clip."""

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from engine.branches import FEATURES
from engine.errors import CancelledError, WeightsError
from engine.media import never
from engine.model import Model
from engine.speech import is_speech
from engine.values import BRANCHES, Bools
from trainer.checkpoint import read_tensors, write_tensors
from trainer.paper.values import PaperStep
from trainer.preparing.item import Item
from trainer.stage2 import FeatureSet

F16 = NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class ClipFeatures:
    """Features of one clip: frames (F, 256), slices (L, 256), seconds (S, 128), and in which somebody speaks (S,)."""

    frame: F16
    slice: F16
    audio: F16
    speech: Bools

    @property
    def pooled(self) -> FeatureSet:
        """What the fusion pools of the whole clip: everything seen, and the seconds of speech."""
        return (
            self.frame.astype(np.float32), self.slice.astype(np.float32), self.audio[self.speech].astype(np.float32)
        )  # fmt: skip


def clip_features(
    model: Model, items: Sequence[Item], folder: Path, stage: str, cancelled: Callable[[], bool] = never
) -> Generator[PaperStep, None, tuple[ClipFeatures, ...]]:
    """The features of prepared clips, computed where they are not in the folder yet.

    Raises:
        StorageError: the disk is full; what is there stays.
        CancelledError: at the next clip after `cancelled()` turns true; likewise.
    """
    began_s, made = time.monotonic(), 0
    found = []
    for number, item in enumerate(items):
        if cancelled():
            raise CancelledError("features cancelled")
        path = folder / f"{item.folder.name}.safetensors"
        features = _stored(path)
        if features is None:
            features = _computed(model, item)
            named = {name: torch.from_numpy(getattr(features, name)) for name in (*BRANCHES, "speech")}
            write_tensors(path, named)
            made += 1
        found.append(features)
        spent_s = time.monotonic() - began_s
        yield PaperStep(stage, number + 1, len(items), spent_s / max(1, made) * (len(items) - number - 1))
    return tuple(found)


def _stored(path: Path) -> ClipFeatures | None:
    """What is in a file; None when there is none, or a damaged one, which is made again."""
    if not path.exists():
        return None
    try:
        tensors, _ = read_tensors(path)
        return ClipFeatures(**{name: tensors[name].numpy() for name in (*BRANCHES, "speech")})
    except (WeightsError, KeyError):
        return None


def _computed(model: Model, item: Item) -> ClipFeatures:
    frames = item.frames()
    seen = [
        model.frame_features(np.array(frames[at : at + model.batch["frame"]]))
        for at in range(0, len(frames), model.batch["frame"])
    ]
    count = 0 if item.facts.face is None else len(item.facts.face.slice_rows)
    size = model.batch["slice"]
    moved = [model.slice_features(item.slices(slice(at, at + size))) for at in range(0, count, size)]
    seconds, speech = item.seconds()
    size = model.batch["audio"]
    heard = [model.audio_features(seconds.samples[at : at + size]) for at in range(0, len(seconds.length), size)]
    return ClipFeatures(
        _together(seen, FEATURES["frame"]), _together(moved, FEATURES["slice"]), _together(heard, FEATURES["audio"]),
        np.asarray(is_speech(speech[: len(seconds.length)]), np.bool_),
    )  # fmt: skip


def _together(rows: list[np.ndarray], width: int) -> F16:
    return np.concatenate([np.zeros((0, width), np.float16), *rows])
