"""How good a bundle is on labelled data, in the rows of the paper's table, and only on what it has not learned from."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
import torch

from engine.analyse import Options, analyse_with
from engine.bundle import Bundle
from engine.device import choose_device
from engine.errors import CancelledError, DatasetError, MediaError
from engine.media import never
from engine.model import Model
from engine.values import Analysis
from trainer import metrics
from trainer.datasets import emodb, ravdess
from trainer.datasets.example import VoiceClip
from trainer.datasets.fer2013 import FerImages, fer_splits, majority, read_fer2013, usable
from trainer.datasets.manifest import read_manifest
from trainer.datasets.recognise import recognise
from trainer.datasets.sound import read_waves, voice_windows
from trainer.sources import MotionSource

ROWS: Final = (
    "CNN single frame", "CNN average", "C3D single slice", "C3D average", "audio 1 second", "audio clip",
    "multimodal fusion",
)  # fmt: skip
"""Names of the paper's table."""
MADE_SEED: Final = 2017
"""The slices made of FER2013's stills for scoring are the same for everybody."""
Labels = Literal["ferplus", "fer2013"]


@dataclass(frozen=True, slots=True)
class Row:
    """Scores of one row; `recalls` (7,) has NaN for a class without examples."""

    accuracy: float
    uar: float
    count: int
    recalls: tuple[float, ...]
    calibration_error: float


@dataclass(frozen=True, slots=True)
class EvaluationStep:
    """A progress point: `done` of `total` items of a stage."""

    stage: str
    done: int
    total: int
    remaining_s: float


@dataclass(frozen=True, slots=True)
class Report:
    """What an evaluation found. `notes` say what was left out, what is made, and what the bundle has seen."""

    split: str
    labels: str
    rows: dict[str, Row]
    notes: tuple[str, ...]


def evaluate(
    bundle: Bundle, data: Path, labels: Labels = "ferplus", split: str | None = None,
    cancelled: Callable[[], bool] = never,
) -> Iterator[EvaluationStep | Report]:  # fmt: skip
    """Score a bundle; the last thing given is the `Report`.

    Args:
        data: FER2013 (npz, csv or folder), a RAVDESS or EmoDB folder, or a manifest of clips.
        labels: for FER2013, the crowd's majority or the original labels.
        split: for FER2013 `train`, `dev`, `public` (the default) or `private`; for voices `unseen` (the default)
            or `all`.
    Raises:
        DatasetError: the data is missing, broken, or has nothing in that split.
        CancelledError: `cancelled()` became true.
    """
    kind = recognise(data)
    model = Model(bundle, choose_device("auto", bundle.manifest.wide))
    if kind == "fer2013":
        yield from _evaluate_fer(model, data, labels, split or "public", cancelled)
    elif kind == "manifest":
        yield from _evaluate_clips(model, data, cancelled)
    else:
        yield from _evaluate_voices(model, data, split or "unseen", cancelled)


def row(probabilities: np.ndarray, truth: np.ndarray) -> Row:
    """The scores of answers (N, 7) against truths (N,)."""
    answers = probabilities.argmax(1)
    return Row(
        metrics.accuracy(truth, answers), metrics.uar(truth, answers), len(truth),
        tuple(metrics.recalls(truth, answers).tolist()), metrics.calibration_error(probabilities, truth),
    )  # fmt: skip


def _evaluate_fer(
    model: Model, data: Path, labels: Labels, split: str, cancelled: Callable[[], bool]
) -> Iterator[EvaluationStep | Report]:
    images = read_fer2013(data)
    if labels == "ferplus" and images.votes is None:
        raise DatasetError(data, "has no FER+ votes; put fer2013new.csv beside it, or ask for the labels of fer2013")
    index, truth = _fer_split(images, data, labels, split)
    step = _Pace()
    pixels = images.pixels[index][..., None]
    frames: list[np.ndarray] = []
    for at in _groups(len(index), model.batch["frame"], cancelled):
        crops = pixels[at]
        if not model.bundle.manifest.frame.grey:
            crops = np.repeat(crops, 3, axis=-1)
        frames.append(model.probabilities("frame", model.frame_features(crops)))
        yield step("frames", at.stop, len(index))
    step = _Pace()
    made = MotionSource(images, index, model.bundle.manifest.slice, MADE_SEED)
    slices: list[np.ndarray] = []
    for at in _groups(len(index), model.batch["slice"], cancelled):
        some = range(at.start, at.stop)
        runs = [made.made(np.array([item]), np.random.default_rng([MADE_SEED, item])) for item in some]
        crops = torch.cat(runs).round().to(torch.uint8).permute(0, 1, 3, 4, 2).numpy()
        if not model.bundle.manifest.slice.grey:
            crops = np.repeat(crops, 3, axis=-1)
        slices.append(model.probabilities("slice", model.slice_features(crops)))
        yield step("slices", at.stop, len(index))
    rows = {ROWS[0]: row(np.concatenate(frames), truth), ROWS[2]: row(np.concatenate(slices), truth)}
    notes = [f"slices are made: each of the {len(index)} stills is set in motion, always in the same way"]
    if split in ("train", "dev") and "fer2013:Training" in model.bundle.manifest.groups:
        notes.append("SEEN: this bundle was trained or chosen on these images")
    named = {"public": "PublicTest", "private": "PrivateTest"}.get(split, split)
    yield Report(f"FER2013 {named}", labels, rows, tuple(notes))


def _fer_split(images: FerImages, data: Path, labels: Labels, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Which images, and what they are called."""
    splits = fer_splits(images)
    if split == "private":
        index = np.flatnonzero((images.split == 2) & usable(images))
    elif split in ("train", "dev", "public"):
        index = getattr(splits, "public_by_fer2013" if (split, labels) == ("public", "fer2013") else split)
    else:
        raise DatasetError(data, f"has no split {split!r}: it is one of train, dev, public, private")
    truth = images.label[index] if labels == "fer2013" or images.votes is None else majority(images.votes[index])
    index, truth = index[truth >= 0], truth[truth >= 0]
    if not len(index):
        raise DatasetError(data, f"has no image in its split {split} to score")
    return index, truth


def _evaluate_voices(
    model: Model, data: Path, split: str, cancelled: Callable[[], bool]
) -> Iterator[EvaluationStep | Report]:
    if split not in ("unseen", "all"):
        raise DatasetError(data, f"has no split {split!r}: voices have unseen and all")
    clips = ravdess.read_voices(data) if recognise(data) == "ravdess" else emodb.read_voices(data)
    seen = _seen_people(model.bundle)
    kept = [clip for clip in clips if clip.person not in seen] if split == "unseen" else clips
    notes = _voice_notes(clips, kept, seen, split)
    if not kept:
        kept, notes = clips, ["SEEN: every speaker trained or chose this bundle"]
    waves = read_waves(kept)
    notes += [f"left out: {reason}" for reason in waves.skipped]
    if not waves.clips:
        raise DatasetError(data, "has no voice that could be scored: " + "; ".join(notes[:3]))
    step = _Pace()
    seconds: list[np.ndarray] = []
    by_clip: list[np.ndarray] = []
    for at in _groups(len(waves.clips), 1, cancelled):
        windows = voice_windows(waves.samples[at.start]).samples
        answers = np.concatenate([
            model.probabilities("audio", model.audio_features(windows[group]))
            for group in _groups(len(windows), model.batch["audio"], cancelled)
        ])  # fmt: skip
        seconds.append(answers)
        by_clip.append(_average(answers))
        yield step("voices", at.stop, len(waves.clips))
    truth = np.array([clip.emotion for clip in waves.clips])
    rows = {
        ROWS[4]: row(np.concatenate(seconds), np.repeat(truth, [len(item) for item in seconds])),
        ROWS[5]: row(np.stack(by_clip), truth),
    }
    people = sorted({clip.person for clip in waves.clips})
    yield Report(f"{len(people)} speakers: {', '.join(people)}", "acted", rows, tuple(notes))


def _seen_people(bundle: Bundle) -> frozenset[str]:
    """People who trained or chose a bundle."""
    return frozenset(group.split(" (")[0] for group in bundle.manifest.groups)


def _voice_notes(clips: Sequence[VoiceClip], kept: Sequence[VoiceClip], seen: frozenset[str], split: str) -> list[str]:
    known = {clip.person for clip in clips} & seen
    if split == "all" and known:
        return [f"SEEN: {len(known)} of the speakers trained or chose this bundle"]
    if len(kept) < len(clips):
        return [f"left out: {len(clips) - len(kept)} clips of {len(known)} speakers who trained or chose this bundle"]
    return []


def _average(answers: np.ndarray) -> np.ndarray:
    """(T, 7) probabilities of one clip as (7,): the normalised geometric mean."""
    logs = np.log(np.maximum(answers, 1e-9)).mean(0)
    powers = np.exp(logs - logs.max())
    return np.asarray(powers / powers.sum())


def _evaluate_clips(model: Model, data: Path, cancelled: Callable[[], bool]) -> Iterator[EvaluationStep | Report]:
    """Every row, on a manifest of clips: each is analysed as a video, and its most present person judged."""
    manifest = read_manifest(data)
    notes = [f"left out: {reason}" for reason in manifest.skipped]
    seen = _seen_people(model.bundle)
    gathered: dict[str, list[tuple[np.ndarray, int]]] = {name: [] for name in ROWS}
    people: set[str] = set()
    step = _Pace()
    for number, example in enumerate(manifest.examples, start=1):
        if example.person in seen:
            notes.append(f"left out: {example.path.name}, whose person the bundle has seen")
            continue
        try:
            analysis = _analysed(model, example.path, example.start_s, example.end_s, cancelled)
        except MediaError as error:
            notes.append(f"left out: {example.path.name}: {error.reason}")
            continue
        people.add(example.person)
        for name, answers in _clip_rows(analysis).items():
            gathered[name] += [(answer, example.emotion) for answer in answers]
        yield step("clips", number, len(manifest.examples))
    rows = {
        name: row(np.stack([answer for answer, _ in found]), np.array([truth for _, truth in found]))
        for name, found in gathered.items()
        if found
    }
    if not rows:
        raise DatasetError(data, "has no clip that could be scored: " + "; ".join(notes[:3]))
    yield Report(f"{len(people)} people", "manifest", rows, tuple(notes))


def _analysed(model: Model, path: Path, start_s: float, end_s: float | None, cancelled: Callable[[], bool]) -> Analysis:
    for item in analyse_with(path, model, Options(start_s, end_s), cancelled):
        if isinstance(item, Analysis):
            return item
    raise CancelledError("evaluation cancelled")


def _clip_rows(analysis: Analysis) -> dict[str, list[np.ndarray]]:
    """What a clip gives to each row: answers (7,)."""
    found: dict[str, list[np.ndarray]] = {}
    if analysis.people:
        person = analysis.people[0]
        for single, average, track in ((ROWS[0], ROWS[1], person.frames), (ROWS[2], ROWS[3], person.slices)):
            if len(track):
                found[single] = list(track.probabilities)
                found[average] = [_average(track.probabilities)]
    speech = analysis.seconds.probabilities[analysis.seconds.speech]
    if len(speech):
        found[ROWS[4]], found[ROWS[5]] = list(speech), [_average(speech)]
    if analysis.label is not None:
        found[ROWS[6]] = [analysis.label.probabilities]
    return found


class _Pace:
    """Makes progress points; the remaining time is from the pace so far."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self, stage: str, done: int, total: int) -> EvaluationStep:
        spent_s = time.monotonic() - self._began
        return EvaluationStep(stage, done, total, spent_s / done * (total - done))


def _groups(count: int, size: int, cancelled: Callable[[], bool]) -> Iterator[slice]:
    for at in range(0, count, size):
        if cancelled():
            raise CancelledError("evaluation cancelled")
        yield slice(at, min(at + size, count))
