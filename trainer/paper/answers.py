"""What trained networks say of clips, at temperatures fitted on films that train nothing: the rows of the table."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from engine.branches import Branch
from engine.bundle import Calibration, WindowConfig
from engine.emotions import COUNT
from engine.fusion import Fusion
from engine.sound import SOUND_RATE_HZ
from engine.values import BRANCHES, F32, BranchName
from engine.windows import GRID_HZ, SLICE_S, tempered, window_grid
from trainer.calibration import Timeline, fit_fused
from trainer.evaluation import ROWS, Answered, _average  # the same mean as where a bundle is evaluated
from trainer.metrics import fit_temperature
from trainer.paper.data import Materials
from trainer.paper.features import ClipFeatures
from trainer.preparing.values import Prepared
from trainer.stage2 import fuse

Ints = NDArray[np.int64]
SINGLE: Mapping[BranchName, tuple[str, str]] = {
    "frame": (ROWS[0], ROWS[1]), "slice": (ROWS[2], ROWS[3]), "audio": (ROWS[4], ROWS[5]),
}  # fmt: skip
"""Rows of a branch: of each of its answers, and of a clip's together."""


def row_answers(
    materials: Materials, index: Ints, branches: Mapping[BranchName, Branch], features: Sequence[ClipFeatures],
    fusion: Fusion, calibration: Calibration,
) -> dict[str, Answered]:  # fmt: skip
    """Probabilities, truths and films of every row, of the clips at some places; rows without an answer are left out.

    Clips without a face have none of the frame and the slice, those without speech none of the voice.
    """
    answers: dict[str, list[F32]] = defaultdict(list)
    places: dict[str, list[int]] = defaultdict(list)
    for place in index.tolist():
        for name, (each, together) in SINGLE.items():
            rows = getattr(features[place], name)
            rows = rows[features[place].speech] if name == "audio" else rows
            if len(rows):
                given = tempered(_probabilities(branches[name], rows), getattr(calibration, name))
                for row, said in ((each, given), (together, np.asarray(_average(given), np.float32))):
                    answers[row].append(said)
                    places[row] += [place] * len(said)
    answers[ROWS[6]] = [fused_answers(index, features, fusion, calibration)]
    places[ROWS[6]] = index.tolist()
    return {row: _answered(materials, np.concatenate(answers[row]), places[row]) for row in ROWS if row in answers}


def fused_answers(index: Ints, features: Sequence[ClipFeatures], fusion: Fusion, calibration: Calibration) -> F32:
    """(N, 7) probabilities of whole clips, as analysis labels a video."""
    logits = fuse(fusion, [features[place].pooled for place in index])
    return tempered(_softmax(logits), calibration.fused * calibration.posterior)


def fold_answers(materials: Materials, index: Ints, probabilities: F32) -> Answered:
    """Answers about whole clips with their truths and films."""
    return _answered(materials, probabilities, index.tolist())


def calibrated(
    materials: Materials, index: Ints, branches: Mapping[BranchName, Branch], features: Sequence[ClipFeatures],
    fusion: Fusion, config: WindowConfig,
) -> Calibration:  # fmt: skip
    """Temperatures of the branches and of the displayed posterior that fit clips at some places; 1 without any."""
    fitted = {}
    for name in BRANCHES:
        rows = [features[place].audio[features[place].speech] if name == "audio" else getattr(features[place], name)
                for place in index]  # fmt: skip
        counts = [len(some) for some in rows]
        if sum(counts):
            logits = _logits(branches[name], np.concatenate(rows))
            fitted[name] = fit_temperature(logits, np.repeat(materials.emotion[index], counts))
    return replace(calibrated_fusion(materials, index, features, fusion, config), **fitted)


def calibrated_fusion(
    materials: Materials, index: Ints, features: Sequence[ClipFeatures], fusion: Fusion, config: WindowConfig
) -> Calibration:
    """Temperatures before and after smoothing, and the threshold of "uncertain"."""
    lines = [timeline(materials.clips[place], features[place], config) for place in index]
    lines = [line for line in lines if len(line.truth)]
    if not lines:
        return Calibration()
    found = fit_fused(fusion, lines, config)
    return Calibration(fused=found.fused, posterior=found.posterior, uncertain_below=found.uncertain_below)


def timeline(clip: Prepared, features: ClipFeatures, config: WindowConfig) -> Timeline:
    """A clip as analysis shows it: windows of one shot, all of its one emotion; those with nothing in them left out."""
    face, facts = clip.item.facts.face, clip.item.facts
    start_s = clip.example.start_s
    frame_s = np.zeros(0) if face is None else face.time_s[: face.seen] - start_s
    slice_s = np.zeros(0) if face is None else face.slice_start_s - start_s + SLICE_S / 2
    sound_s, second = facts.samples / SOUND_RATE_HZ, np.flatnonzero(features.speech)
    second_s = (second + np.minimum(second + 1, sound_s)) / 2
    end_s = max(sound_s, float(frame_s.max(initial=0)) + 1 / GRID_HZ)
    starts, ends = window_grid(0.0, end_s, config.length_s, config.hop_s)
    frame, slices, audio = features.pooled
    sets = [
        (frame[_within(frame_s, a, b)], slices[_within(slice_s, a, b)], audio[_within(second_s, a, b)])
        for a, b in zip(starts, ends, strict=True)
    ]
    kept = np.flatnonzero([any(len(part) for part in one) for one in sets])
    truth = np.full(len(kept), clip.example.emotion, np.int64)
    changes = ((0.0, end_s, clip.example.emotion),)
    return Timeline(starts[kept], ends[kept], tuple(sets[place] for place in kept), truth, changes)


def _within(times_s: NDArray[np.float64], start_s: float, end_s: float) -> NDArray[np.bool_]:
    return (times_s >= start_s - 1e-6) & (times_s < end_s - 1e-6)


def _answered(materials: Materials, probabilities: F32, places: list[int]) -> Answered:
    films = np.array([materials.film[place] for place in places])
    return probabilities, materials.emotion[places], films


@torch.inference_mode()
def _logits(branch: Branch, rows: np.ndarray) -> F32:
    """(N, 7) of a branch's features (N, D)."""
    logits: F32 = branch.classifier(torch.from_numpy(np.asarray(rows, np.float32))).numpy()
    return logits.reshape(-1, COUNT)


def _probabilities(branch: Branch, rows: np.ndarray) -> F32:
    return _softmax(_logits(branch, rows))


def _softmax(logits: np.ndarray) -> F32:
    return torch.softmax(torch.from_numpy(np.asarray(logits, np.float32)), 1).numpy()
