"""Features of faces and voices by the trained branches: what the fusion learns from."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from engine.branches import AudioConfig, Branch
from engine.emotions import COUNT
from engine.errors import CancelledError
from engine.inputs import frame_input, slice_input
from engine.media import never
from trainer.checkpoint import read_tensors, write_tensors
from trainer.datasets.fer2013 import FerImages, targets
from trainer.datasets.sound import Waves
from trainer.sources import MotionSource, VoiceSource
from trainer.stage2 import FaceBank, VoiceBank
from trainer.starter.materials import Materials, place
from trainer.starter.recipe import Recipe

Cancelled = Callable[[], bool]


def face_banks(
    recipe: Recipe, materials: Materials, branches: tuple[Branch, Branch], made_by: str, work: Path,
    cancelled: Cancelled,
) -> dict[str, FaceBank]:  # fmt: skip
    """Features of training faces, a number of each class, and of all development faces; kept in the work folder.

    Args:
        branches: frame and slice; `made_by` names their weights.
    """
    labels = targets(materials.images)
    leader = labels.argmax(1)
    rng = np.random.default_rng([recipe.seed, 3])
    train = materials.faces.train
    some = [rng.permutation(train[leader[train] == label])[: recipe.bank_per_class] for label in range(COUNT)]
    banks = {}
    for name, index in {"train": np.concatenate(some), "dev": materials.judged}.items():
        path = place(work, f"faces-{name}", made_by, recipe.bank_views, recipe.bank_per_class, recipe.seed)
        if not path.exists():
            frame, slices = _face_features(recipe, materials.images, index, branches, cancelled)
            write_tensors(path, {"frame": torch.from_numpy(frame), "slice": torch.from_numpy(slices)})
        kept = read_tensors(path)[0]
        banks[name] = FaceBank(kept["frame"].numpy(), kept["slice"].numpy(), labels[index], leader[index])
    return banks


@torch.inference_mode()
def _face_features(
    recipe: Recipe, images: FerImages, index: np.ndarray, branches: tuple[Branch, Branch], cancelled: Cancelled
) -> tuple[np.ndarray, np.ndarray]:
    """Features (M, V, 256) of frames and (M, 1, 256) of a slice of each still set in motion."""
    frame, slices = branches
    source = MotionSource(images, index, recipe.slice)
    of_frames, of_slices = [], []
    steps = np.linspace(0, 15, recipe.bank_views).round().astype(int)
    for at in range(0, len(index), 8):
        if cancelled():
            raise CancelledError("training cancelled")
        some = range(at, min(at + 8, len(index)))
        runs = torch.cat([source.made(np.array([i]), np.random.default_rng([recipe.seed, 4, i])) for i in some])
        stills = runs[:, steps].flatten(0, 1)
        of_frames.append(frame(frame_input(stills, recipe.frame)).unflatten(0, (-1, len(steps))))
        of_slices.append(slices(slice_input(runs, recipe.slice))[:, None])
    return tuple(torch.cat(part).half().numpy().astype(np.float32) for part in (of_frames, of_slices))  # type: ignore[return-value]


@torch.inference_mode()
def voice_bank(branch: Branch, waves: Waves, config: AudioConfig, cancelled: Cancelled = never) -> VoiceBank:
    """Features of every clip's seconds."""
    source = VoiceSource(waves, config)
    count = len(source.windows)
    rows = []
    for at in range(0, count, 64):
        if cancelled():
            raise CancelledError("training cancelled")
        rows.append(branch(source.plain(np.arange(at, min(at + 64, count)))))
    features = torch.cat(rows).half().float().numpy()
    clips = tuple(features[source.window_clip == clip] for clip in range(len(source.classes)))
    return VoiceBank(clips, source.classes)
