"""How good a bundle is on labelled data, in the rows of the paper's table, and only on what it has not learned from."""

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
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
from engine.values import Analysis, BundleRef
from trainer.datasets.example import Example, VoiceClip, shortcomings
from trainer.datasets.fer2013 import FerImages, fer_splits, majority, read_fer2013, usable
from trainer.datasets.recognise import Layout, read_clips, recognise
from trainer.datasets.sound import read_waves, voice_windows
from trainer.report.wording import counted
from trainer.scores import FoldScores, Row, score
from trainer.sources import MotionSource

ROWS: Final = (
    "CNN single frame", "CNN average", "C3D single slice", "C3D average", "audio 1 second", "audio clip",
    "multimodal fusion",
)  # fmt: skip
"""Names of the paper's table, and `audio clip` beside them."""
MADE_SEED: Final = 2017
"""The slices made of FER2013's stills for scoring are the same for everybody."""
Labels = Literal["ferplus", "fer2013"]

_NAMES: Final[dict[Layout, str]] = {
    "afew": "AFEW", "enterface": "eNTERFACE'05", "ravdess": "RAVDESS", "crema_d": "CREMA-D", "emodb": "EmoDB",
    "manifest": "manifest",
}  # fmt: skip
_LABELS: Final[dict[Layout, str]] = {"afew": "afew", "manifest": "manifest"}
"""Of the others the labels are what was acted."""
_FEW: Final = 8
"""So many groups are named; of more there is the number."""

Answered = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Probabilities (N, 7), truths (N,) and groups (N,) of one row."""


@dataclass(frozen=True, slots=True)
class EvaluationStep:
    """A progress point: `done` of `total` items of a stage."""

    stage: str
    done: int
    total: int
    remaining_s: float


@dataclass(frozen=True, slots=True)
class Report:
    """What an evaluation found.

    `part` is the split by its name (``public``, ``unseen``, ``val``), `split` says in words what was scored; `groups`
    what the intervals are drawn over ("speakers"). `notes` say what was left out, what is made, and what the bundle has
    seen. `folds` are those of a training that was cross-validated.
    """

    bundle: BundleRef
    dataset: Layout
    part: str
    split: str
    labels: str
    groups: str
    rows: Mapping[str, Row]
    notes: tuple[str, ...] = ()
    folds: tuple[FoldScores, ...] = ()


Steps = Iterator[EvaluationStep | Report]


def evaluate(
    bundle: Bundle, data: Path, labels: Labels = "ferplus", split: str | None = None,
    cancelled: Callable[[], bool] = never,
) -> Steps:  # fmt: skip
    """Score a bundle; the last thing given is the `Report`.

    Args:
        data: FER2013 (npz, csv or folder), a folder of AFEW, eNTERFACE'05, RAVDESS, CREMA-D or EmoDB, or a manifest of
            clips.
        labels: for FER2013, the crowd's majority or the original labels.
        split: for FER2013 `train`, `dev`, `public` (the default) or `private`; for AFEW `train`, `val` (the default) or
            `test`; for other clips `unseen` (the default) or `all`.
    Raises:
        DatasetError: the data is missing, broken, or has nothing in that split.
        CancelledError: `cancelled()` became true.
    """
    kind = recognise(data)
    model = Model(bundle, choose_device("auto", bundle.manifest.wide))
    if kind == "fer2013":
        yield from _evaluate_fer(model, data, labels, split or "public", cancelled)
    else:
        yield from _evaluate_clips(model, data, kind, split or ("val" if kind == "afew" else "unseen"), cancelled)


def _score_rows(
    answered: Mapping[str, Answered], cancelled: Callable[[], bool]
) -> Generator[EvaluationStep, None, dict[str, Row]]:
    """The scores of every row, with their intervals, which takes a while for many answers."""
    rows, step = {}, _Pace()
    for number, (name, answers) in enumerate(answered.items(), start=1):
        _stop_if(cancelled)
        rows[name] = score(*answers)
        yield step("scores", number, len(answered))
    return rows


def _evaluate_fer(model: Model, data: Path, labels: Labels, split: str, cancelled: Callable[[], bool]) -> Steps:
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
    answered = {ROWS[0]: (np.concatenate(frames), truth, index), ROWS[2]: (np.concatenate(slices), truth, index)}
    rows = yield from _score_rows(answered, cancelled)
    notes = [f"slices are made: each of the {len(index)} stills is set in motion, always in the same way"]
    if split in ("train", "dev") and "fer2013:Training" in model.bundle.manifest.groups:
        notes.append("SEEN: this bundle was trained or chosen on these images")
    named = {"public": "PublicTest", "private": "PrivateTest"}.get(split, split)
    yield Report(
        model.bundle.ref, "fer2013", split, f"FER2013 {named}", labels, "images", rows, tuple(notes)
    )  # fmt: skip


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


def _evaluate_clips(model: Model, data: Path, kind: Layout, split: str, cancelled: Callable[[], bool]) -> Steps:
    clips = read_clips(data)
    kept, notes = _chosen(clips.examples, model.bundle, data, kind, split)
    reasons = list(clips.skipped)
    unit = _unit(kind, kept)
    judge = _hear if _voices_only(kept) else _watch
    answers = yield from judge(model, kept, reasons, cancelled)
    lacks = shortcomings(clips.examples)  # what the table shows anyway, or what matters to a training only
    notes = [*(note for note in clips.notes if note not in lacks), *notes, *(f"left out: {why}" for why in reasons)]
    if not any(answers.values()):
        raise DatasetError(data, "; ".join(["has no clip that could be scored", *reasons[:3]]))
    rows = yield from _score_rows({name: _together(some) for name, some in answers.items() if some}, cancelled)
    people = sorted({group for some in answers.values() for _, _, group in some})
    which = counted(len(people), unit) + (f": {', '.join(people)}" if len(people) <= _FEW else "")
    part = f" {split}" if kind == "afew" else ""
    labels = _LABELS.get(kind, "acted")
    yield Report(
        model.bundle.ref, kind, split, f"{_NAMES[kind]}{part}, {which}", labels, unit, rows, tuple(notes)
    )  # fmt: skip


def _unit(kind: Layout, examples: Sequence[Example]) -> str:
    """What the groups are; speakers where there is nothing to see."""
    if kind == "afew":
        return "films"
    return "speakers" if _voices_only(examples) else "people"


def _voices_only(examples: Sequence[Example]) -> bool:
    return all(example.modality == "voice" for example in examples)


def _chosen(
    examples: Sequence[Example], bundle: Bundle, data: Path, kind: Layout, split: str
) -> tuple[list[Example], list[str]]:
    """The examples of a split that the bundle has not seen, or all, marked, where it has seen them all."""
    parts = ("train", "val", "test") if kind == "afew" else ("unseen", "all")
    if split not in parts:
        raise DatasetError(data, f"has no split {split!r}: it is one of {', '.join(parts)}")
    asked = [example for example in examples if kind != "afew" or example.split == split]
    if not asked:
        raise DatasetError(data, f"has no clip with an emotion in its split {split}")
    seen = frozenset(group.split(" (")[0] for group in bundle.manifest.groups)
    known = {example.group for example in asked} & seen
    kept = [example for example in asked if example.group not in seen]
    unit = _unit(kind, asked)
    if not known:
        return asked, []
    if split == "all" or not kept:
        which = "every one" if not kept else str(len(known))
        return asked, [f"SEEN: {which} of the {unit} trained or chose this bundle"]
    left = counted(len(asked) - len(kept), "clips")
    return kept, [f"left out: {left} of {counted(len(known), unit)} that trained or chose this bundle"]


ClipAnswers = dict[str, list[tuple[np.ndarray, int, str]]]
"""By row: answers (K, 7) of each clip, what it is called, and its group."""


def _together(clips: Sequence[tuple[np.ndarray, int, str]]) -> Answered:
    answers, truth, groups = zip(*clips, strict=True)
    counts = [len(some) for some in answers]
    return np.concatenate(answers), np.repeat(truth, counts), np.repeat(groups, counts)


def _hear(
    model: Model, examples: Sequence[Example], reasons: list[str], cancelled: Callable[[], bool]
) -> Generator[EvaluationStep, None, ClipAnswers]:
    """The voices alone of clips without a picture; why some could not be heard goes to `reasons`."""
    waves = read_waves([VoiceClip(item.path, item.emotion, item.group, "") for item in examples])
    reasons += waves.skipped
    found: ClipAnswers = {ROWS[4]: [], ROWS[5]: []}
    step = _Pace()
    for number, (clip, wave) in enumerate(zip(waves.clips, waves.samples, strict=True), start=1):
        _stop_if(cancelled)
        windows = voice_windows(wave).samples
        answers = np.concatenate([
            model.probabilities("audio", model.audio_features(windows[group]))
            for group in _groups(len(windows), model.batch["audio"], cancelled)
        ])  # fmt: skip
        found[ROWS[4]].append((answers, clip.emotion, clip.person))
        found[ROWS[5]].append((_average(answers), clip.emotion, clip.person))
        yield step("voices", number, len(waves.clips))
    return found


def _watch(
    model: Model, examples: Sequence[Example], reasons: list[str], cancelled: Callable[[], bool]
) -> Generator[EvaluationStep, None, ClipAnswers]:
    """Every row: each clip is analysed as a video, and its most present person judged."""
    found: ClipAnswers = {name: [] for name in ROWS}
    step = _Pace()
    for number, example in enumerate(examples, start=1):
        try:
            rows = _clip_rows(_analysed(model, example.path, example.start_s, example.end_s, cancelled))
        except MediaError as error:
            reasons.append(f"{example.path.name}: {error.reason}")
        else:
            if not rows:
                reasons.append(f"{example.path.name}: neither a face nor a voice was found in it")
            for name, answers in rows.items():
                found[name].append((answers, example.emotion, example.group))
        yield step("clips", number, len(examples))
    return found


def _analysed(model: Model, path: Path, start_s: float, end_s: float | None, cancelled: Callable[[], bool]) -> Analysis:
    for item in analyse_with(path, model, Options(start_s, end_s), cancelled):
        if isinstance(item, Analysis):
            return item
    raise CancelledError("evaluation cancelled")


def _clip_rows(analysis: Analysis) -> dict[str, np.ndarray]:
    """What a clip gives to each row: answers (K, 7)."""
    found: dict[str, np.ndarray] = {}
    if analysis.people:
        person = analysis.people[0]
        for single, average, track in ((ROWS[0], ROWS[1], person.frames), (ROWS[2], ROWS[3], person.slices)):
            if len(track):
                found[single], found[average] = track.probabilities, _average(track.probabilities)
    speech = analysis.seconds.probabilities[analysis.seconds.speech]
    if len(speech):
        found[ROWS[4]], found[ROWS[5]] = speech, _average(speech)
    if analysis.label is not None:
        found[ROWS[6]] = analysis.label.probabilities[None]
    return found


def _average(answers: np.ndarray) -> np.ndarray:
    """(T, 7) probabilities of one clip as (1, 7): the normalised geometric mean."""
    logs = np.log(np.maximum(answers, 1e-9)).mean(0, keepdims=True)
    powers = np.exp(logs - logs.max())
    return np.asarray(powers / powers.sum())


class _Pace:
    """Makes progress points; the remaining time is from the pace so far."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self, stage: str, done: int, total: int) -> EvaluationStep:
        spent_s = time.monotonic() - self._began
        return EvaluationStep(stage, done, total, spent_s / done * (total - done))


def _groups(count: int, size: int, cancelled: Callable[[], bool]) -> Iterator[slice]:
    for at in range(0, count, size):
        _stop_if(cancelled)
        yield slice(at, min(at + size, count))


def _stop_if(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise CancelledError("evaluation cancelled")
