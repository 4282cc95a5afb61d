"""What a bundle takes along to be trained further: windows to practise on, so that it does not forget, and windows to
be judged on. Features only, so that nothing has to be decoded or downloaded.

Both are made windows, of faces and voices that trained nothing: on those it learned from a model does not show what it
forgets. (With such to practise on, fifty corrections cost half a point on other faces; with held-out ones nothing, and
they brought as much.) A face is in many windows: its features are kept once.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Final, Self

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as dump_arrays

from engine.branches import FEATURES
from engine.emotions import COUNT
from engine.errors import BundleError, StorageError
from engine.values import BRANCHES, Bools, BranchName
from trainer.made_windows import FaceBank, Maker, Making, VoiceBank
from trainer.windows import FeatureSet, Made

FILE: Final = "practice.safetensors"
VERSION: Final = "2"
REPLAY: Final = 2000
GUARD: Final = 3500
REPLAY_SHARE: Final = 1 / 3
"""Of the held-out faces and voices; the others guard."""
FEW: Final = 20
"""A class with fewer held-out faces (or clips) gives all of them to the guard set, and practises on this many training
ones."""
VIEWS: Final = 2
"""Frames kept of a face."""
PER_FACE: Final = 12
"""Most windows of a class for each face there is: without it, three faces would be a seventh of a guard set."""
MAKING: Final = Making(frames=12)
"""NetVLAD's descriptor has unit length, so that half the frames of a window say the same."""


@dataclass(frozen=True, slots=True)
class FeatureSets:
    """N sets of features of frames, slices and seconds, that may share rows.

    Attributes:
        rows: by branch (R, D) float16.
        row_target: by branch (R, 7) float32, what each row shows by itself.
        members: by branch (N, M) int64, the rows of each set; -1 fills up.
        target: (N, 7) float32, what a set is called.
        emotion: (N,) int64, its leader.
        group: (N,) int64; sets of a group share a face or a voice and say the same thing twice.
    """

    rows: Mapping[BranchName, np.ndarray]
    row_target: Mapping[BranchName, np.ndarray]
    members: Mapping[BranchName, np.ndarray]
    target: np.ndarray
    emotion: np.ndarray
    group: np.ndarray

    def __post_init__(self) -> None:
        count = len(self.target)
        for name in BRANCHES:
            rows, members = self.rows[name], self.members[name]
            fits = (
                rows.ndim == 2 and rows.shape[1] == FEATURES[name]
                and self.row_target[name].shape == (len(rows), COUNT)
                and members.ndim == 2 and len(members) == count
                and (members >= -1).all() and (members < len(rows)).all()
            )  # fmt: skip
            if not fits:
                raise ValueError(f"features of {name}: {rows.shape} with members {members.shape} of {count} sets")
        if self.target.shape != (count, COUNT) or self.emotion.shape != (count,) or self.group.shape != (count,):
            raise ValueError(f"targets {self.target.shape}, emotions {self.emotion.shape}, groups {self.group.shape}")

    def __len__(self) -> int:
        return len(self.target)

    def set_of(self, index: int) -> FeatureSet:
        """One set as features (T, D) float32 of frames, slices and seconds."""
        parts = [self.rows[name][_real(self.members[name][index])].astype(np.float32) for name in BRANCHES]
        return parts[0], parts[1], parts[2]

    def chosen(self, index: np.ndarray) -> Self:
        """Some of the sets, with all of the rows."""
        return replace(
            self,
            members={name: self.members[name][index] for name in BRANCHES},
            target=self.target[index], emotion=self.emotion[index], group=self.group[index],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Practice:
    """The two sets of a bundle, without a face or a voice in common. Of each class as many, as far as faces go."""

    replay: FeatureSets
    guard: FeatureSets


def make_practice(
    train: tuple[FaceBank, VoiceBank],
    held: tuple[FaceBank, VoiceBank],
    replay: int = REPLAY,
    guard: int = GUARD,
    views: int = VIEWS,
    making: Making = MAKING,
    seed: int = 1,
) -> Practice:
    """Make the practice of a bundle from features of its branches.

    Args:
        train: faces and voices that the branches learned from; a few stand in for classes of which too few are held
            out to be divided.
        held: faces and voices that trained nothing (they may have stopped a training or fitted a temperature). They
            are divided: no face and no clip is in both sets.
        views: most frames kept of a face.
    Raises:
        ValueError: a class has no face to practise on, or none to guard.
    """
    rng = np.random.default_rng([seed, 7])
    faces, own_faces = (_viewed(bank, views) for bank in (held[0], train[0]))
    replayed, stand_in = _divided(faces.emotion, own_faces.emotion, rng)
    heard, spoken_in = _divided(held[1].emotion, train[1].emotion, rng)
    mine = _joined(_faces(faces, replayed), _faces(own_faces, stand_in))
    voices = _voices(held[1], heard), _voices(train[1], spoken_in)
    said = VoiceBank(voices[0].seconds + voices[1].seconds, np.concatenate([one.emotion for one in voices]))
    return Practice(
        _made_sets(mine, said, making, replay, np.random.default_rng([seed, 8])),
        _made_sets(_faces(faces, ~replayed), _voices(held[1], ~heard), making, guard, np.random.default_rng([seed, 9])),
    )


def _divided(held: np.ndarray, train: np.ndarray, rng: np.random.Generator) -> tuple[Bools, Bools]:
    """Which of the held-out emotions (N,) are for practice, and which of the training ones (M,) stand in."""
    practised, stand_in = np.zeros(len(held), np.bool_), np.zeros(len(train), np.bool_)
    for label in range(COUNT):
        mine = rng.permutation(np.flatnonzero(held == label))
        if len(mine) >= FEW:
            practised[mine[: round(REPLAY_SHARE * len(mine))]] = True
        else:
            stand_in[rng.permutation(np.flatnonzero(train == label))[:FEW]] = True
    return practised, stand_in


def _viewed(bank: FaceBank, views: int) -> FaceBank:
    return FaceBank(bank.frame[:, :views], bank.slice[:, :views], bank.target, bank.emotion)


def _faces(bank: FaceBank, chosen: Bools) -> FaceBank:
    return FaceBank(bank.frame[chosen], bank.slice[chosen], bank.target[chosen], bank.emotion[chosen])


def _voices(bank: VoiceBank, chosen: Bools) -> VoiceBank:
    return VoiceBank(tuple(bank.seconds[at] for at in np.flatnonzero(chosen)), bank.emotion[chosen])


def _joined(first: FaceBank, second: FaceBank) -> FaceBank:
    return FaceBank(*(np.concatenate([getattr(one, name) for one in (first, second)]) for name in FaceBank.__slots__))


def _made_sets(faces: FaceBank, voices: VoiceBank, making: Making, count: int, rng: np.random.Generator) -> FeatureSets:
    """`count` made windows, or fewer where there are few faces.

    The windows are put together from row numbers in place of features, so that the rows can be shared.
    """
    missing = sorted(set(range(COUNT)) - set(faces.emotion.tolist()))
    if missing:
        raise ValueError(f"no face of the classes {missing} to make windows of")
    frame, slices = faces.frame, faces.slice
    clip_first = np.cumsum([0, *(len(rows) for rows in voices.seconds)])
    numbered = VoiceBank(
        tuple(np.arange(first, stop)[:, None] for first, stop in pairwise(clip_first)),
        voices.emotion,
    )
    maker = Maker(FaceBank(_numbers(frame), _numbers(slices), faces.target, faces.emotion), numbered, making)
    wanted = rng.permutation(np.repeat(np.arange(COUNT), _quotas(faces.emotion, count)))
    made = [maker.window(int(label), rng) for label in wanted]
    sound = np.concatenate([np.zeros((0, FEATURES["audio"]), np.float32), *voices.seconds])
    bank = {"frame": frame.reshape(-1, frame.shape[-1]), "slice": slices.reshape(-1, slices.shape[-1]), "audio": sound}
    shown = {
        "frame": np.repeat(faces.target, frame.shape[1], 0), "slice": np.repeat(faces.target, slices.shape[1], 0),
        "audio": np.eye(COUNT, dtype=np.float32)[np.repeat(voices.emotion, np.diff(clip_first))],
    }  # fmt: skip
    rows, row_target, members = {}, {}, {}
    for column, name in enumerate(BRANCHES):
        lists = [item.features[column].ravel().astype(np.int64) for item in made]
        used = np.unique(np.concatenate(lists))
        rows[name], row_target[name] = bank[name][used].astype(np.float16), shown[name][used].astype(np.float32)
        members[name] = padded([np.searchsorted(used, item) for item in lists])
    groups = [_group(item, faces.emotion, frame.shape[1], clip_first) for item in made]
    return FeatureSets(
        rows, row_target, members, np.stack([item.target for item in made]).astype(np.float32),
        np.array([item.emotion for item in made], np.int64), np.array(groups, np.int64),
    )  # fmt: skip


def _quotas(emotion: np.ndarray, count: int) -> np.ndarray:
    """How many windows of each class (7,): as many of each, of a class with few faces `PER_FACE` for each face."""
    most = PER_FACE * np.bincount(emotion, minlength=COUNT)
    quotas = np.zeros(COUNT, np.int64)
    while (left := count - int(quotas.sum())) > 0 and (quotas < most).any():
        open_classes = np.flatnonzero(quotas < most)
        share = max(1, left // len(open_classes))
        for label in open_classes[:left]:
            quotas[label] += min(share, most[label] - quotas[label])
    return quotas


def _numbers(bank: np.ndarray) -> np.ndarray:
    """(M, V, 1) row numbers in the place of (M, V, D) features."""
    return np.arange(bank.shape[0] * bank.shape[1]).reshape(*bank.shape[:2], 1)


def _group(made: Made, emotion: np.ndarray, views: int, clip_first: np.ndarray) -> int:
    """The face that shows a window's emotion; of a window without a face the clip, numbered after the faces."""
    frames, _, seconds = made.features
    if len(frames):
        faces = frames.ravel().astype(np.int64) // views
        return int(np.bincount(faces[emotion[faces] == made.emotion]).argmax())
    if len(seconds):
        return len(emotion) + int(np.searchsorted(clip_first, seconds[0, 0], "right")) - 1
    return len(emotion) + len(clip_first)


def padded(lists: list[np.ndarray]) -> np.ndarray:
    """Rows of unequal length as (N, M) int64, filled up with -1; M is at least 1."""
    full = np.full((len(lists), max(1, *(len(item) for item in lists)) if lists else 1), -1, np.int64)
    for at, item in enumerate(lists):
        full[at, : len(item)] = item
    return full


def _real(members: np.ndarray) -> np.ndarray:
    return members[members >= 0]


# On disk


def write_practice(folder: Path, practice: Practice) -> None:
    """Put the practice into a bundle's folder.

    Raises:
        StorageError: the folder cannot be written.
    """
    arrays = {}
    for side in ("replay", "guard"):
        sets: FeatureSets = getattr(practice, side)
        for name in BRANCHES:
            arrays[f"{side}/rows/{name}"] = sets.rows[name].astype(np.float16)
            arrays[f"{side}/row_target/{name}"] = sets.row_target[name].astype(np.float16)
            arrays[f"{side}/members/{name}"] = sets.members[name].astype(np.int16)
        arrays[f"{side}/target"] = sets.target.astype(np.float16)
        arrays[f"{side}/emotion"] = sets.emotion.astype(np.int8)
        arrays[f"{side}/group"] = sets.group.astype(np.int32)
    arrays = {key: np.ascontiguousarray(value) for key, value in arrays.items()}
    part = folder / f".{FILE}.part"
    try:
        part.write_bytes(dump_arrays(arrays, {"version": VERSION, "sha256": _seal(arrays)}))
        part.replace(folder / FILE)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StorageError(folder / FILE, error.strerror or "cannot be written") from error


def _seal(arrays: Mapping[str, np.ndarray]) -> str:
    """A fingerprint of names, types, shapes and values."""
    seal = hashlib.sha256()
    for name, value in sorted(arrays.items()):
        seal.update(f"{name} {value.dtype} {value.shape} ".encode() + value.tobytes())
    return seal.hexdigest()


def read_practice(folder: Path | None) -> Practice | None:
    """The practice of a bundle; None when it has none.

    Raises:
        BundleError: it is damaged, or of another version.
    """
    path = folder / FILE if folder is not None else None
    if path is None or not path.exists():
        return None
    try:
        with safe_open(path, framework="np") as file:
            facts = file.metadata() or {}
            version = facts.get("version")
            if version != VERSION:
                raise BundleError(path, f"its version is {version!r}, and this program reads {VERSION!r}")
            arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - it is no mapping
        if facts.get("sha256") != _seal(arrays):
            raise ValueError("they are not what was written")
        return Practice(_sets_of(arrays, "replay"), _sets_of(arrays, "guard"))
    except (OSError, KeyError, ValueError, SafetensorError) as error:
        raise BundleError(path, f"its features to practise on are damaged: {error}") from error


def practice_problems(folder: Path) -> list[str]:
    """What is wrong with the practice of a bundle, a clause each; empty when it is whole, or there is none."""
    try:
        read_practice(folder)
    except BundleError as error:
        return [error.reason]
    return []


def _sets_of(arrays: Mapping[str, np.ndarray], side: str) -> FeatureSets:
    return FeatureSets(
        {name: arrays[f"{side}/rows/{name}"] for name in BRANCHES},
        {name: arrays[f"{side}/row_target/{name}"].astype(np.float32) for name in BRANCHES},
        {name: arrays[f"{side}/members/{name}"].astype(np.int64) for name in BRANCHES},
        arrays[f"{side}/target"].astype(np.float32),
        arrays[f"{side}/emotion"].astype(np.int64),
        arrays[f"{side}/group"].astype(np.int64),
    )
