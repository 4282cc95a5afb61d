"""The recipe of the bundled starter model: compact trunks from scratch, from openly had data, on a CPU.

Each step leaves its result in the work folder; a recipe that was stopped goes on where it was, inside a step from
the last epoch's checkpoint.
"""

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from engine.branches import AudioConfig, Branch, FrameConfig, SliceConfig, audio_branch, frame_branch, slice_branch
from engine.bundle import Calibration, Manifest, WindowConfig, check_bundle_place, write_bundle
from engine.emotions import COUNT, EMOTIONS
from engine.errors import CancelledError, DatasetError
from engine.fusion import Fusion, FusionConfig
from engine.inputs import frame_input, slice_input
from engine.media import never
from engine.values import BranchName
from trainer import metrics
from trainer.calibration import fit_fused, made_timeline
from trainer.checkpoint import read_tensors, write_tensors
from trainer.datasets import emodb, ravdess
from trainer.datasets.fer2013 import FerImages, FerSplits, fer_splits, majority, read_fer2013, targets
from trainer.datasets.sound import Waves, read_waves
from trainer.datasets.voices import VoiceSplits, voice_splits
from trainer.sources import FlatSource, MotionSource, StillSource, VoiceSource
from trainer.spectra import LogMel, start_from_gabor
from trainer.stage1 import Schedule, predict, train_branch
from trainer.stage2 import FaceBank, Maker, Making, VoiceBank, train_fusion
from trainer.values import TrainStep

Cancelled = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Recipe:
    """Every choice of the starter in one place."""

    frame: FrameConfig = field(
        default_factory=lambda: FrameConfig(0.5, (2, 4, 2), input_px=96, margin=0.0, crop_px=48, grey=True, dropout=0.3)
    )
    frame_schedule: Schedule = field(
        default_factory=lambda: Schedule(epochs=16, batch=128, learning_rate=2e-3, weight_decay=0.03, balance=0.3)
    )
    slice: SliceConfig = field(
        default_factory=lambda: SliceConfig(
            0.25, input_px=64, margin=0.0, crop_px=48, grey=True, scale=1 / 64, dropout=0.3
        )
    )
    flat_schedule: Schedule = field(
        default_factory=lambda: Schedule(epochs=10, batch=128, learning_rate=3e-3, weight_decay=0.03, balance=0.3)
    )
    motion_schedule: Schedule = field(
        default_factory=lambda: Schedule(
            epochs=4,
            batch=16,
            learning_rate=5e-4,
            weight_decay=0.03,
            balance=0.3,
            average_decay=0.99,
            epoch_examples=1600,
        )
    )
    audio: AudioConfig = field(default_factory=lambda: AudioConfig(dropout=0.3))
    audio_schedule: Schedule = field(
        default_factory=lambda: Schedule(
            epochs=30, batch=64, learning_rate=2e-3, weight_decay=0.05, balance=0.5, epoch_examples=4096
        )
    )
    fusion: FusionConfig = field(default_factory=lambda: FusionConfig(dropout=0.3))
    making: Making = field(default_factory=Making)
    fusion_schedule: Schedule = field(
        default_factory=lambda: Schedule(
            epochs=10, batch=64, learning_rate=1e-3, weight_decay=0.01, epoch_examples=4096
        )
    )
    bank_views: int = 4
    bank_per_class: int = 700
    timelines: int = 400
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Materials:
    """What the recipe learns from, split once."""

    images: FerImages
    faces: FerSplits
    waves: dict[str, Waves]
    """`train`, `dev` and `test` voices."""

    @property
    def judged(self) -> np.ndarray:
        """The development images on which the crowd agrees."""
        votes = self.images.votes
        return self.faces.dev if votes is None else self.faces.dev[majority(votes[self.faces.dev]) >= 0]


def read_materials(data: Path) -> Materials:
    """Read FER2013, RAVDESS and EmoDB below a folder.

    Raises:
        DatasetError: one of them is missing, broken, or lacks what the recipe cannot do without.
    """
    images = read_fer2013(data)
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
    materials = read_materials(data)
    work = work / fingerprint(recipe, materials)
    yield from train_frame(recipe, materials, work, cancelled)
    yield from train_slice(recipe, materials, work, cancelled)
    yield from train_audio(recipe, materials, work, cancelled)
    branches = load_branches(recipe, work)
    yield _said("features", "features of faces and voices for the fusion")
    banks = face_banks(recipe, materials, branches, work, cancelled)
    voices = {
        name: voice_bank(branches["audio"], materials.waves[name], recipe.audio, cancelled) for name in ("train", "dev")
    }
    yield from _fusion(recipe, banks, voices, work, cancelled)
    fusion = Fusion(recipe.fusion)
    fusion.load_state_dict(read_tensors(work / "fusion.safetensors")[0])
    held = Maker(banks["dev"], voices["dev"], recipe.making)
    yield _said("calibration", "temperatures on held-out faces and speakers")
    calibration, facts = calibrate(recipe, materials, branches, fusion, held)
    write_bundle(out, _manifest(recipe, materials, calibration, facts), branches, fusion.eval())


def fingerprint(recipe: Recipe, materials: Materials) -> str:
    """Names a training by its choices and its data, so that results of another are never taken for its own."""
    seal = hashlib.sha256(json.dumps(asdict(recipe), sort_keys=True).encode())
    seal.update(materials.images.pixels.tobytes() + targets(materials.images).tobytes())
    for name, waves in sorted(materials.waves.items()):
        for clip, wave in zip(waves.clips, waves.samples, strict=True):
            seal.update(f"{name} {clip.path.name} {clip.emotion} {clip.person}".encode() + wave.tobytes())
    return seal.hexdigest()[:16]


def _said(stage: str, message: str) -> TrainStep:
    """A progress point of a step that is over in a minute or two."""
    return TrainStep(stage, 1, 1, 0, 1, math.nan, math.nan, 0.0, 0.0, message=message)


def train_frame(recipe: Recipe, materials: Materials, work: Path, cancelled: Cancelled) -> Iterator[TrainStep]:
    """The frame branch on the crowd's soft votes; leaves ``frame.safetensors``."""
    done = work / "frame.safetensors"
    if done.exists():
        return
    torch.manual_seed(recipe.frame_schedule.seed)
    branch = frame_branch(recipe.frame)
    source = StillSource(materials.images, materials.faces.train, recipe.frame)
    dev = _dev(StillSource(materials.images, materials.judged, recipe.frame))
    yield from train_branch(branch, source, recipe.frame_schedule, work / "frame.checkpoint", dev, cancelled=cancelled)
    write_tensors(done, branch.state_dict())


def train_slice(recipe: Recipe, materials: Materials, work: Path, cancelled: Cancelled) -> Iterator[TrainStep]:
    """The slice branch, first flat (kernels of depth 1, on stills: sixteen times cheaper), then on slices in motion."""
    done = work / "slice.safetensors"
    if done.exists():
        return
    images, faces = materials.images, materials.faces
    torch.manual_seed(recipe.flat_schedule.seed)
    flat = slice_branch(recipe.slice, batch_norm=True, depth=1)
    dev = _dev(FlatSource(images, materials.judged, recipe.slice))
    source = FlatSource(images, faces.train, recipe.slice)
    yield from train_branch(flat, source, recipe.flat_schedule, work / "flat.checkpoint", dev, cancelled=cancelled)
    branch = slice_branch(recipe.slice, batch_norm=True)
    branch.load_state_dict(deepened(flat.state_dict()))
    moving = MotionSource(images, faces.train, recipe.slice)
    few = MotionSource(images, materials.judged[:400], recipe.slice)
    yield from train_branch(
        branch, moving, recipe.motion_schedule, work / "motion.checkpoint", _dev(few), cancelled=cancelled
    )
    write_tensors(done, branch.state_dict())


def deepened(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Kernels of depth 1 as the middle of kernels of depth 3: the same answers for a face that does not move."""
    return {
        name: torch.nn.functional.pad(value, (0, 0, 0, 0, 1, 1)) if value.dim() == 5 else value
        for name, value in state.items()
    }


def train_audio(recipe: Recipe, materials: Materials, work: Path, cancelled: Cancelled) -> Iterator[TrainStep]:
    """The audio branch on random seconds of speech, with the log-mel spectrum as a second task."""
    done = work / "audio.safetensors"
    if done.exists():
        return
    torch.manual_seed(recipe.audio_schedule.seed)
    branch = audio_branch(recipe.audio)
    start_from_gabor(branch.trunk.conv1.conv)  # type: ignore[union-attr,arg-type]
    mel = LogMel(branch.trunk.out_channels)  # type: ignore[arg-type]
    source = VoiceSource(materials.waves["train"], recipe.audio)
    held = VoiceSource(materials.waves["dev"], recipe.audio)
    dev = (held, np.arange(len(held.windows)), held.classes[held.window_clip])
    yield from train_branch(branch, source, recipe.audio_schedule, work / "audio.checkpoint", dev, mel, mel, cancelled)
    write_tensors(done, branch.state_dict())


def load_branches(recipe: Recipe, work: Path) -> dict[BranchName, Branch]:
    """The trained branches, ready to infer."""
    branches: dict[BranchName, Branch] = {
        "frame": frame_branch(recipe.frame),
        "slice": slice_branch(recipe.slice, batch_norm=True),
        "audio": audio_branch(recipe.audio),
    }
    for name, branch in branches.items():
        branch.load_state_dict(read_tensors(work / f"{name}.safetensors")[0])
    return {name: branch.prepared() for name, branch in branches.items()}


def face_banks(
    recipe: Recipe, materials: Materials, branches: Mapping[BranchName, Branch], work: Path, cancelled: Cancelled
) -> dict[str, FaceBank]:
    """Features of training faces, a number of each class, and of all development faces; kept in the work folder."""
    labels = targets(materials.images)
    leader = labels.argmax(1)
    rng = np.random.default_rng([recipe.seed, 3])
    train = materials.faces.train
    some = [rng.permutation(train[leader[train] == label])[: recipe.bank_per_class] for label in range(COUNT)]
    banks = {}
    for name, index in {"train": np.concatenate(some), "dev": materials.judged}.items():
        path = work / f"faces-{name}.safetensors"
        if not path.exists():
            frame, slices = _face_features(recipe, materials.images, index, branches, cancelled)
            write_tensors(path, {"frame": torch.from_numpy(frame), "slice": torch.from_numpy(slices)})
        kept = read_tensors(path)[0]
        banks[name] = FaceBank(kept["frame"].numpy(), kept["slice"].numpy(), labels[index], leader[index])
    return banks


@torch.inference_mode()
def _face_features(
    recipe: Recipe, images: FerImages, index: np.ndarray, branches: Mapping[BranchName, Branch], cancelled: Cancelled
) -> tuple[np.ndarray, np.ndarray]:
    """Features (M, V, 256) of frames and (M, 1, 256) of a slice of each still set in motion."""
    source = MotionSource(images, index, recipe.slice)
    frames, slices = [], []
    steps = np.linspace(0, 15, recipe.bank_views).round().astype(int)
    for at in range(0, len(index), 8):
        if cancelled():
            raise CancelledError("training cancelled")
        some = range(at, min(at + 8, len(index)))
        runs = torch.cat([source.made(np.array([i]), np.random.default_rng([recipe.seed, 4, i])) for i in some])
        stills = runs[:, steps].flatten(0, 1)
        frames.append(branches["frame"](frame_input(stills, recipe.frame)).unflatten(0, (-1, len(steps))))
        slices.append(branches["slice"](slice_input(runs, recipe.slice))[:, None])
    return torch.cat(frames).half().numpy().astype(np.float32), torch.cat(slices).half().numpy().astype(np.float32)


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


def _fusion(
    recipe: Recipe, banks: Mapping[str, FaceBank], voices: Mapping[str, VoiceBank], work: Path, cancelled: Cancelled
) -> Iterator[TrainStep]:
    done = work / "fusion.safetensors"
    if done.exists():
        return
    held = Maker(banks["dev"], voices["dev"], recipe.making)
    rng = np.random.default_rng([recipe.seed, 5])
    dev = [held.window(int(label), rng) for label in rng.integers(0, COUNT, 1000)]
    maker = Maker(banks["train"], voices["train"], recipe.making)
    yield from train_fusion(recipe.fusion, maker, recipe.fusion_schedule, done, dev, cancelled)


def calibrate(
    recipe: Recipe, materials: Materials, branches: Mapping[BranchName, Branch], fusion: Fusion, held: Maker
) -> tuple[Calibration, dict[str, Any]]:
    """Temperatures of the branches and of the displayed posterior on held-out faces and speakers, and what they did."""
    temperatures, facts = {}, {}
    sources = {
        "frame": _dev(StillSource(materials.images, materials.judged, recipe.frame)),
        "slice": _dev(MotionSource(materials.images, materials.judged, recipe.slice)),
    }
    voice = VoiceSource(materials.waves["dev"], recipe.audio)
    sources["audio"] = (voice, np.arange(len(voice.windows)), voice.classes[voice.window_clip])
    for name, (source, index, truth) in sources.items():
        logits = predict(branches[name], source, index)  # type: ignore[index]
        temperatures[name] = metrics.fit_temperature(logits, truth)
        facts[f"dev_{name}"] = {
            "count": len(truth), "accuracy": round(metrics.accuracy(truth, logits.argmax(1)), 4),
            "uar": round(metrics.uar(truth, logits.argmax(1)), 4),
        }  # fmt: skip
    rng = np.random.default_rng([recipe.seed, 6])
    made = [made_timeline(held, WindowConfig(), rng) for _ in range(recipe.timelines)]
    fused = fit_fused(fusion, made, WindowConfig())
    facts["dev_made_timelines"] = {
        "windows": fused.windows, "segments": fused.segments, "accuracy": round(fused.accuracy, 4),
    }  # fmt: skip
    return Calibration(
        **temperatures, fused=fused.fused, posterior=fused.posterior, uncertain_below=fused.uncertain_below
    ), facts


def _dev(source: StillSource | MotionSource) -> tuple[Any, np.ndarray, np.ndarray]:
    """A source with all of its examples and their classes."""
    return source, np.arange(len(source.classes)), source.classes


TERMS = (
    "For non-commercial research. Trained on FER2013 (research use; FER+ votes: MIT), RAVDESS (CC BY-NC-SA 4.0, "
    "Livingstone and Russo 2018) and EmoDB (free for research, Burkhardt et al. 2005)."
)


def _manifest(recipe: Recipe, materials: Materials, calibration: Calibration, facts: Mapping[str, Any]) -> Manifest:
    people: Sequence[str] = sorted({clip.person for clip in materials.waves["train"].clips})
    chosen: Sequence[str] = sorted({clip.person for clip in materials.waves["dev"].clips})
    return Manifest(
        name="starter", revision="1", profile="compact", terms=TERMS, frame=recipe.frame, slice=recipe.slice,
        audio=recipe.audio, fusion=recipe.fusion, calibration=calibration, scores=dict(facts),
        data=(
            f"FER2013 Training with FER+ votes, real stills: {len(materials.faces.train)} to train, "
            f"{len(materials.faces.dev)} to choose; slices and face sequences are made from them",
            f"RAVDESS and EmoDB, acted speech: {len(materials.waves['train'].clips)} clips to train, "
            f"{len(materials.waves['dev'].clips)} to choose",
            "pairs of a face and a voice are made: no claim about what the fusion gains from both",
        ),
        groups=("fer2013:Training", *people, *(f"{person} (chosen by)" for person in chosen)),
    )  # fmt: skip
