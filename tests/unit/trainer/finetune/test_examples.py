"""Features of exactly an interval, from a store and nothing else."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.bundle import Bundle
from engine.emotions import COUNT
from engine.features import FeatureStore
from engine.values import BRANCHES
from engine.windows import SLICE_S
from tests import stores
from tests.unit.trainer.finetune.conftest import MakeExample, MakeLesson
from trainer.finetune.examples import (
    MOST_ROWS,
    NOTHING_THERE,
    OTHER_TRUNKS,
    STORE_GONE,
    Example,
    examples_of,
    features_of,
    taught,
)
from trainer.finetune.values import Stretch

VIDEO = stores.MadeVideo("film", 20.0)
SHOT_S = 10.0
"""Track 0 is the first shot, track 1 the second."""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return stores.tiny_bundle(tmp_path_factory.mktemp("bundle") / "tiny")


@pytest.fixture(scope="module")
def store(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> FeatureStore:
    return stores.make_store(tmp_path_factory.mktemp("features"), bundle, VIDEO, SHOT_S)


def found(item: Example | str) -> Example:
    assert isinstance(item, Example), item
    return item


def rows(store: FeatureStore, start_s: float, end_s: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features between two times, by their own times alone."""
    e = store.evidence
    middle_s = e.slice_start_s + SLICE_S / 2
    inside = [
        (e.times_s >= start_s) & (e.times_s < end_s), (middle_s >= start_s) & (middle_s < end_s),
        (np.minimum(e.second + 1, end_s) - np.maximum(e.second, start_s)) >= 0.5,
    ]  # fmt: skip
    parts = [store.features(name, np.flatnonzero(mask)) for name, mask in zip(BRANCHES, inside, strict=True)]
    return parts[0], parts[1], parts[2]


@pytest.mark.parametrize(("start_s", "end_s"), [(2.0, 4.0), (8.3, 11.7), (0.0, 20.0), (19.0, 25.0)])
def test_the_features_are_those_of_the_interval(
    lesson: MakeLesson, store: FeatureStore, start_s: float, end_s: float
) -> None:
    given = found(features_of(lesson(start_s=start_s, end_s=end_s, stretches=(Stretch((0, 1), 0.0, 20.0),)), store))
    for part, expected in zip(given.features, rows(store, start_s, end_s), strict=True):
        assert part.dtype == np.float32
        assert (part == expected).all()


def test_shorter_than_a_slice_it_is_frames_alone(lesson: MakeLesson, store: FeatureStore) -> None:
    frames, slices, _ = found(features_of(lesson(start_s=2.0, end_s=2.2, voice=False), store)).features
    assert len(frames) == 5
    assert len(slices) == 0


def test_another_persons_voice_is_left_out(lesson: MakeLesson, store: FeatureStore) -> None:
    mine, others = (found(features_of(lesson(0, voice=voice), store)).features[2] for voice in (True, False))
    assert len(mine) == 2
    assert len(others) == 0


def test_tracks_count_only_while_they_were_the_person(lesson: MakeLesson, store: FeatureStore) -> None:
    parts = (Stretch((0,), 0.0, 9.0), Stretch((1,), 12.0, 20.0))
    frames = found(features_of(lesson(start_s=8.0, end_s=13.0, stretches=parts), store)).features[0]
    expected = np.concatenate([rows(store, 8.0, 9.0)[0], rows(store, 12.0, 13.0)[0]])
    assert (frames == expected).all()


def test_a_track_told_twice_counts_once(lesson: MakeLesson, store: FeatureStore) -> None:
    twice = (Stretch((0,), 0.0, 9.0), Stretch((0,), 2.0, 9.0))
    assert len(found(features_of(lesson(start_s=3.0, end_s=4.0, stretches=twice), store)).features[0]) == 25


def test_the_scene_is_its_voice(lesson: MakeLesson, store: FeatureStore) -> None:
    frames, slices, seconds = found(features_of(lesson(1, stretches=()), store)).features
    assert (len(frames), len(slices), len(seconds)) == (0, 0, 2)


def test_nothing_in_the_interval_is_a_reason(lesson: MakeLesson, store: FeatureStore) -> None:
    assert features_of(lesson(start_s=500.0, end_s=502.0), store) == NOTHING_THERE
    assert features_of(lesson(0, stretches=(Stretch((9,), 0.0, 99.0),), voice=False), store) == NOTHING_THERE


def test_speech_is_told_by_its_share(lesson: MakeLesson, store: FeatureStore) -> None:
    assert len(found(features_of(lesson(0), store, min_speech=0.5)).features[2]) == 2
    assert len(found(features_of(lesson(0), store, min_speech=1.5)).features[2]) == 0


def test_lessons_are_read_from_their_stores_in_order(
    lesson: MakeLesson, bundle: Bundle, store: FeatureStore, tmp_path: Path
) -> None:
    here = [lesson(n, store=store.folder) for n in (1, 0)]
    gone = lesson(2, store=tmp_path / "gone")
    examples, unusable = examples_of([here[0], gone, here[1]], bundle)
    assert [item.lesson for item in examples] == here
    assert [(item.lesson, item.why) for item in unusable] == [(gone, STORE_GONE)]


def test_features_of_other_trunks_are_refused(
    lesson: MakeLesson, bundle: Bundle, store: FeatureStore, tmp_path: Path
) -> None:
    other = stores.tiny_bundle(tmp_path / "other", "other", seed=5)
    examples, unusable = examples_of([lesson(store=store.folder)], other)
    assert examples == ()
    assert unusable[0].why == OTHER_TRUNKS
    revision = replace(bundle, manifest=replace(bundle.manifest, revision="1.1"))
    assert len(examples_of([lesson(store=store.folder)], revision)[0]) == 1


def test_seen_in_decides_which_classifier_learns(example: MakeExample) -> None:
    taught_by = {
        seen_in: [name for name in BRANCHES if example(0, 1, seen_in).teaches(name)]
        for seen_in in ("face", "voice", "both", "")
    }  # fmt: skip
    assert taught_by == {"face": ["frame", "slice"], "voice": ["audio"], "both": list(BRANCHES), "": []}


def test_a_branch_that_is_not_there_learns_nothing(example: MakeExample) -> None:
    full = example(0, 1, "both")
    none = np.zeros((0, 128), np.float32)
    assert not Example(full.lesson, (*full.features[:2], none)).teaches("audio")


def test_a_long_correction_counts_as_much_as_a_short_one(example: MakeExample) -> None:
    short = example(0, 1, "both")
    frames = np.arange(1000, dtype=np.float32)[:, None] * np.ones(256, np.float32)
    long = Example(short.lesson, (frames, *short.features[1:]))
    sets = taught([short, long]).sets
    assert len(sets) == 2
    kept = sets.set_of(1)[0][:, 0]
    assert len(kept) == MOST_ROWS
    assert kept[0] == 0
    assert kept[-1] == 999
    assert np.ptp(np.diff(kept)) <= 1.5


def test_what_is_taught_is_what_was_said(example: MakeExample) -> None:
    given = [example(n, n % COUNT, "face") for n in range(9)]
    made = taught(given)
    assert made.sets.emotion.tolist() == [n % COUNT for n in range(9)]
    for at, item in enumerate(given):
        for part, kept in zip(item.features, made.sets.set_of(at), strict=True):
            assert np.abs(part - kept).max() < 4e-3  # float16
    some = made.chosen(np.array([4, 2]))
    assert some.sets.emotion.tolist() == [4, 2]
    assert some.teaches["frame"].tolist() == [True, True]
    assert some.teaches["audio"].tolist() == [False, False]


def test_nothing_is_taught_by_nothing() -> None:
    assert len(taught([])) == 0
