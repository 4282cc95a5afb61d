"""What corrections teach from: the stored features of exactly their intervals. Nothing is decoded or run again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, get_args

import numpy as np

from engine.answering.rows import Rows
from engine.branches import FEATURES
from engine.bundle import Bundle
from engine.device import DeviceType, Precision
from engine.emotions import COUNT
from engine.features import FeatureStore, address, open_store
from engine.speech import SPEECH_SHARE
from engine.values import BRANCHES, Bools, BranchName, Ints
from trainer.finetune.values import Lesson
from trainer.practice import FeatureSets, padded
from trainer.windows import FeatureSet

STORE_GONE: Final = "its features are no longer there: analyse the video again"
OTHER_TRUNKS: Final = "its video was analysed with another model: analyse it again with this one"
NOTHING_THERE: Final = "neither a face nor speech was found in it"
MOST_ROWS: Final = 24
"""Rows of a branch that one correction is learned from, every n-th of a longer one. NetVLAD's descriptor has unit
length: more of the same say the same."""

_TEACHES: Final[dict[str, tuple[BranchName, ...]]] = {
    "face": ("frame", "slice"), "voice": ("audio",), "both": BRANCHES, "": (),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Example:
    """A lesson with its features: (T, D) float32 of frames, slices and seconds, T may be 0."""

    lesson: Lesson
    features: FeatureSet

    def teaches(self, branch: BranchName) -> bool:
        """Whether a branch's own classifier may learn from it."""
        return branch in _TEACHES[self.lesson.seen_in] and len(self.features[BRANCHES.index(branch)]) > 0


@dataclass(frozen=True, slots=True)
class Unusable:
    """A lesson that nothing can be learned from, and a clause that says why."""

    lesson: Lesson
    why: str


def features_of(lesson: Lesson, store: FeatureStore, min_speech: float = SPEECH_SHARE) -> Example | str:
    """The stored features of exactly a lesson's interval, or why there are none.

    Frames of the person's tracks in [start_s, end_s), slices whose middle lies in it (none in an interval that is too
    short), and seconds of speech that overlap it enough, unless the voice is somebody else's.
    """
    return _features_of(lesson, store, Rows(store, min_speech))


def _features_of(lesson: Lesson, store: FeatureStore, rows: Rows) -> Example | str:
    known = {track.id: track for track in store.evidence.tracks}
    parts: dict[BranchName, list[Ints]] = {name: [np.zeros(0, np.int64)] for name in BRANCHES}
    for stretch in lesson.stretches:
        start_s, end_s = max(lesson.start_s, stretch.start_s), min(lesson.end_s, stretch.end_s)
        tracks = [known[track] for track in stretch.tracks if track in known]
        if tracks and start_s < end_s:
            face = rows.face(tracks)
            parts["frame"].append(face.frames_within(start_s, end_s))
            parts["slice"].append(face.slices_within(start_s, end_s))
    if lesson.voice:
        parts["audio"].append(rows.sound.within(lesson.start_s, lesson.end_s))
    found = [store.features(name, np.unique(np.concatenate(parts[name]))) for name in BRANCHES]
    if not any(len(part) for part in found):
        return NOTHING_THERE
    return Example(lesson, (found[0], found[1], found[2]))


def examples_of(lessons: Iterable[Lesson], bundle: Bundle) -> tuple[tuple[Example, ...], tuple[Unusable, ...]]:
    """Read the features of lessons from their stores, in their order; a store is opened once."""
    stores: dict[Path, tuple[FeatureStore, Rows] | str] = {}
    examples, unusable = [], []
    for lesson in lessons:
        if lesson.store not in stores:
            stores[lesson.store] = _opened(lesson.store, bundle)
        opened = stores[lesson.store]
        found = opened if isinstance(opened, str) else _features_of(lesson, *opened)
        if isinstance(found, str):
            unusable.append(Unusable(lesson, found))
        else:
            examples.append(found)
    return tuple(examples), tuple(unusable)


def _opened(folder: Path, bundle: Bundle) -> tuple[FeatureStore, Rows] | str:
    store = open_store(folder)
    if store is None:
        return STORE_GONE
    if not made_by(store, bundle):
        return OTHER_TRUNKS
    return store, Rows(store, bundle.manifest.windows.min_speech)


def made_by(store: FeatureStore, bundle: Bundle) -> bool:
    """Whether a store's features are of a bundle's trunks: its folder is named by them, on one of the devices."""
    e = store.evidence
    devices = (f"{kind} {precision}" for kind in get_args(DeviceType) for precision in get_args(Precision))
    settings = {"trunks": bundle.trunk_settings(), "start_s": e.start_s, "end_s": e.end_s}
    return any(address(e.media.sha256, {**settings, "device": name}) == store.folder.name for name in devices)


# As one bank


@dataclass(frozen=True, slots=True)
class Taught:
    """Examples as one bank: set i is of example i. `teaches` says by branch (N,) which its classifier learns from,
    `scores` (N,) which may judge."""

    sets: FeatureSets
    teaches: dict[BranchName, Bools]
    scores: Bools

    def __len__(self) -> int:
        return len(self.sets)

    def chosen(self, index: np.ndarray) -> "Taught":
        """Some of the examples."""
        teaches = {name: flags[index] for name, flags in self.teaches.items()}
        return Taught(self.sets.chosen(index), teaches, self.scores[index])


def taught(examples: Sequence[Example]) -> Taught:
    """Examples to train on, each of unit weight whatever its length; `group` numbers them."""
    rows: dict[BranchName, np.ndarray] = {}
    shown: dict[BranchName, np.ndarray] = {}
    members: dict[BranchName, np.ndarray] = {}
    target = np.eye(COUNT, dtype=np.float32)[[item.lesson.emotion for item in examples]]
    for column, name in enumerate(BRANCHES):
        parts = [_thinned(item.features[column]) for item in examples]
        counts = np.array([len(part) for part in parts], np.int64)
        rows[name] = np.concatenate([np.zeros((0, FEATURES[name])), *parts]).astype(np.float16)
        shown[name] = np.repeat(target, counts, 0)
        first = np.cumsum([0, *counts])
        members[name] = padded([np.arange(a, a + count) for a, count in zip(first, counts, strict=False)])
    emotion = np.array([item.lesson.emotion for item in examples], np.int64)
    sets = FeatureSets(rows, shown, members, target, emotion, np.arange(len(examples)))
    teaches = {name: np.array([item.teaches(name) for item in examples], np.bool_) for name in BRANCHES}
    return Taught(sets, teaches, np.array([item.lesson.scores for item in examples], np.bool_))


def _thinned(part: np.ndarray) -> np.ndarray:
    """At most `MOST_ROWS` rows of a set, evenly spread."""
    if len(part) <= MOST_ROWS:
        return part
    return part[np.linspace(0, len(part) - 1, MOST_ROWS).round().astype(np.int64)]
