"""A world small enough to learn in a second: a feature says its emotion, and one person's features say another."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.branches import FEATURES, AudioConfig
from engine.bundle import Bundle, Manifest, new_bundle
from engine.emotions import COUNT
from engine.fusion import FusionConfig
from engine.values import BRANCHES
from tests.unit.trainer.conftest import FRAME, SLICE
from trainer.finetune.examples import Example, Taught, taught
from trainer.finetune.fit import Heads, fit
from trainer.finetune.values import Lesson, Options, SeenIn, Stretch
from trainer.made_windows import FaceBank, Making, VoiceBank
from trainer.practice import Practice, make_practice

QUICK = Options(
    steps=40,
    check_every=20,
    corrections_a_step=8,
    learning_rate=3e-3,
    replay_least=0.5,
    replay_most=0.5,
    anchor=1.0,
    folds=3,
)
MAKING = Making(frames=3, slices=2, wrong_voice=0.0)
MANIFEST = Manifest(
    "tiny", "1", "compact", "none", frame=FRAME, slice=SLICE, audio=AudioConfig(0.25, head_channels=16, lstm=(8, 128)),
    fusion=FusionConfig(clusters=2, dropout=0.1),
)  # fmt: skip
MakeLesson = Callable[..., Lesson]
MakeExample = Callable[..., Example]


@pytest.fixture(scope="session")
def practice() -> Practice:
    """Windows whose features 0 to 6 say the emotion; other faces in the guard set than in the replay set."""
    return make_practice(banks(0), banks(1), replay=140, guard=105, making=MAKING)


@pytest.fixture(scope="session")
def parent(practice: Practice) -> Bundle:
    """A bundle that reads those features well: random trunks, and a fusion that learned from the replay windows."""
    bundle = new_bundle(MANIFEST)
    heads = Heads(bundle)
    options = replace(QUICK, anchor=0.0, corrections_a_step=16)
    sets = practice.replay
    teaches = {name: (sets.members[name] >= 0).any(1) for name in BRANCHES}
    lessons = Taught(sets, teaches, np.ones(len(sets), np.bool_))
    for _ in fit(heads, lessons, None, options, 60, biases_only=False):
        pass
    return heads.inside(bundle)


@pytest.fixture
def lesson() -> MakeLesson:
    """A lesson of two seconds; the same number is the same moment."""

    def make(number: int = 0, emotion: int = 0, **changes: object) -> Lesson:
        start_s = 10.0 * number
        plain = Lesson(
            f"c{number:03}", "film", "ana", Path("store"), (Stretch((0,), 0.0, 1e6),), start_s, start_s + 2.0, emotion
        )
        return replace(plain, **changes)  # type: ignore[arg-type]

    return make


@pytest.fixture
def example(lesson: MakeLesson) -> MakeExample:
    """An example of somebody whose features of an emotion look like the next one, with a mark that tells them."""

    def make(number: int, emotion: int, seen_in: SeenIn = "", **changes: object) -> Example:
        return Example(lesson(number, emotion, seen_in=seen_in, **changes), strange_features(emotion, number))

    return make


@pytest.fixture
def examples(example: MakeExample) -> list[Example]:
    """Twenty-one of them, three of each emotion, in three videos of one person."""
    return [example(number, number % COUNT, media=f"film-{number // COUNT}") for number in range(3 * COUNT)]


@pytest.fixture
def lessons(examples: Sequence[Example]) -> Taught:
    return taught(examples)


def strange_features(emotion: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    sets = []
    for name, count in zip(BRANCHES, (5, 2, 1), strict=True):
        rows = rng.normal(0, 0.1, (count, FEATURES[name])).astype(np.float32)
        rows[:, (emotion + 1) % COUNT] += 2
        rows[:, 20 + emotion] += 4
        sets.append(rows)
    return sets[0], sets[1], sets[2]


def banks(seed: int, faces: int = 4, clips: int = 2) -> tuple[FaceBank, VoiceBank]:
    """Faces and clips of each emotion."""
    rng = np.random.default_rng(seed)
    emotion = np.repeat(np.arange(COUNT), faces)
    voices = np.repeat(np.arange(COUNT), clips)

    def rows(labels: np.ndarray, views: int, size: int) -> np.ndarray:
        made = rng.normal(0, 0.1, (len(labels), views, size)).astype(np.float32)
        made[np.arange(len(labels)), :, labels] += 4
        return made

    return (
        FaceBank(rows(emotion, 3, 256), rows(emotion, 1, 256), np.eye(COUNT, dtype=np.float32)[emotion], emotion),
        VoiceBank(tuple(rows(voices, 2, 128)), voices),
    )
