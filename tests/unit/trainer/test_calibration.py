"""Made timelines, and what is fitted on them."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import log_softmax

from engine.bundle import WindowConfig
from engine.emotions import COUNT, INDEX
from engine.fusion import Fusion, FusionConfig
from engine.windows import SLICE_S, smooth
from trainer import calibration
from trainer.calibration import Timeline, fit_fused, made_timeline
from trainer.stage2 import NEUTRAL, FaceBank, FeatureSet, Maker, Making, VoiceBank

WINDOWS = WindowConfig()
NOTHING: FeatureSet = (np.zeros((0, 0)), np.zeros((0, 0)), np.zeros((0, 0)))


@pytest.fixture
def maker(face_bank: FaceBank, voice_bank: VoiceBank) -> Maker:
    return Maker(face_bank, voice_bank, Making())


@pytest.fixture
def timelines(maker: Maker) -> list[Timeline]:
    return [made_timeline(maker, WINDOWS, np.random.default_rng(seed)) for seed in range(40)]


def shown(rows: np.ndarray) -> set[int]:
    return {int(label) for label in rows[:, :COUNT].argmax(1)} if len(rows) else set()


# Timelines


def test_expressions_follow_each_other(timelines: list[Timeline]) -> None:
    for item in timelines:
        starts, ends, emotions = zip(*item.changes, strict=True)
        assert len(emotions) == 5
        assert starts == (0.0, *ends[:-1])
        lengths = np.subtract(ends, starts) / SLICE_S
        np.testing.assert_allclose(lengths, lengths.round())
        assert lengths.min() > 3.9
        assert lengths.max() < 9.1
    alternating = [all(change[2] == NEUTRAL for change in item.changes[1::2]) for item in timelines]
    assert 0.3 < np.mean(alternating) < 0.75


def test_windows_are_those_of_the_analysis(timelines: list[Timeline]) -> None:
    for item in timelines:
        assert len(item.start_s) == len(item.end_s) == len(item.sets) == len(item.truth)
        assert (np.diff(item.start_s) > 0).all()
        np.testing.assert_allclose(item.end_s - item.start_s, WINDOWS.length_s)
        assert item.start_s[0] >= 0
        assert item.end_s[-1] <= item.changes[-1][1] + 1e-9
        assert all(any(len(part) for part in features) for features in item.sets)
        for middle_s, truth in zip((item.start_s + item.end_s) / 2, item.truth, strict=True):
            assert truth == next(emotion for start_s, end_s, emotion in item.changes if start_s <= middle_s < end_s)


def test_a_window_within_an_expression_holds_that_alone(timelines: list[Timeline]) -> None:
    checked = 0
    for item in timelines:
        for start_s, end_s, features in zip(item.start_s, item.end_s, item.sets, strict=True):
            meant = {emotion for a, b, emotion in item.changes if a <= end_s + 1e-6 and start_s < b}
            assert set.union(*map(shown, features)) <= meant
            within = any(a <= start_s and end_s <= b for a, b, _ in item.changes)
            if within and len(features[0]):
                assert len(features[0]) in (25, 26, 27)  # ten a second
                assert len(features[1]) in (3, 4, 5)
                assert len({*features[0][:, 10], *features[1][:, 10]}) <= 2
                checked += 1
    assert checked > 20


def test_faces_voices_and_both(timelines: list[Timeline]) -> None:
    kinds = []
    for item in timelines:
        face = {len(features[0]) > 0 for features in item.sets}
        voice = any(len(features[2]) for features in item.sets)
        assert len(face) == 1  # a face is there throughout or never
        kinds.append((face.pop(), voice))
        assert all((len(features[0]) > 0) == (len(features[1]) > 0) for features in item.sets)
    assert {kinds.count(kind) > 4 for kind in ((True, False), (False, True), (True, True))} == {True}


def test_timelines_follow_the_generator(maker: Maker) -> None:
    first, again, other = (made_timeline(maker, WINDOWS, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.changes == again.changes != other.changes
    for one, two in zip(first.sets, again.sets, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


# The fit


def chain(count: int, seed: int, strength: float = 2.0) -> tuple[Timeline, np.ndarray]:
    """A timeline drawn from the chain that smoothing assumes, and the log-likelihoods (T, 7) of what was seen.

    What is seen of a state is a standard normal vector about `strength` times the state's axis.
    """
    rng = np.random.default_rng(seed)
    truth = [int(rng.integers(COUNT))]
    for _ in range(count - 1):
        stays = rng.random() < 1 - WINDOWS.hop_s / WINDOWS.stay_s
        truth.append(truth[-1] if stays else int(rng.choice([label for label in range(COUNT) if label != truth[-1]])))
    seen = strength * np.eye(COUNT)[truth] + rng.normal(size=(count, COUNT))
    start_s = WINDOWS.hop_s * np.arange(count)
    edges_s = np.append(start_s + WINDOWS.length_s / 2, start_s[-1] + WINDOWS.length_s)
    changes = tuple(zip(edges_s[:-1] - 0.25, edges_s[1:] - 0.25, truth, strict=True))
    return Timeline(start_s, start_s + WINDOWS.length_s, (NOTHING,) * count, np.array(truth), changes), strength * seen


def fitted(
    monkeypatch: pytest.MonkeyPatch, timelines: list[Timeline], logits: np.ndarray
) -> calibration.FusedCalibration:
    monkeypatch.setattr(calibration, "fuse", lambda *_: logits.astype(np.float32))
    return fit_fused(Fusion(FusionConfig(clusters=2)), timelines, WINDOWS)


@pytest.mark.parametrize("planted", [0.5, 1.0, 4.0])
def test_temperature_recovers_a_planted_one(monkeypatch: pytest.MonkeyPatch, planted: float) -> None:
    made = [chain(80, seed) for seed in range(30)]
    offsets = np.random.default_rng(0).normal(size=(30 * 80, 1))  # logits are known up to a constant a row
    logits = planted * np.concatenate([logs for _, logs in made]) + offsets
    found = fitted(monkeypatch, [item for item, _ in made], logits)
    assert found.fused * found.posterior == pytest.approx(planted, rel=0.25)
    assert found.windows == 30 * 80


def test_accuracy_and_threshold_are_of_the_smoothed_posterior(monkeypatch: pytest.MonkeyPatch) -> None:
    made = [chain(60, seed, strength=1.2) for seed in range(12)]
    timelines, logs = [item for item, _ in made], np.concatenate([rows for _, rows in made])
    found = fitted(monkeypatch, timelines, logs)
    truth = np.concatenate([item.truth for item in timelines])
    middle_s = np.concatenate([(item.start_s + item.end_s) / 2 for item in timelines])
    smoothed = smooth(log_softmax(logs, 1), middle_s, middle_s == middle_s[0], found.fused, WINDOWS.stay_s)
    assert found.accuracy == pytest.approx(np.mean(smoothed.argmax(1) == truth), abs=0.002)
    assert found.accuracy > np.mean(logs.argmax(1) == truth) + 0.05  # smoothing helps a chain
    assert 1 / COUNT - 1e-9 <= found.uncertain_below < 0.99
    assert 12 < found.segments < 12 * 60


def test_threshold_stays_within_what_a_confidence_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    made = [chain(40, seed) for seed in range(4)]
    timelines = [item for item, _ in made]
    right = 9 * np.eye(COUNT)[np.concatenate([item.truth for item in timelines])]
    perfect = fitted(monkeypatch, timelines, right)
    assert perfect.accuracy > 0.99
    assert perfect.uncertain_below == pytest.approx(1 / COUNT)
    wrong = fitted(monkeypatch, timelines, np.roll(right, 1, axis=1))
    assert wrong.accuracy < 0.1
    assert wrong.uncertain_below == 0.99
    assert wrong.fused * wrong.posterior > 10  # what is never right is not to be trusted


def test_smoothing_starts_again_after_a_hole(monkeypatch: pytest.MonkeyPatch) -> None:
    (one, logs), (other, more) = chain(20, 1), chain(10, 2)
    kept = np.r_[0:8, 12:20]
    holed = replace(one, start_s=one.start_s[kept], end_s=one.end_s[kept], truth=one.truth[kept], sets=one.sets[:16])
    noted = []

    def noting(logs: np.ndarray, times_s: np.ndarray, restarts: np.ndarray, *rest: float) -> np.ndarray:
        noted.append(np.flatnonzero(restarts).tolist())
        return smooth(logs, times_s, restarts, *rest)

    monkeypatch.setattr(calibration, "smooth", noting)
    empty = Timeline(np.zeros(0), np.zeros(0), (), np.zeros(0, np.int64), one.changes)
    found = fitted(monkeypatch, [holed, empty, other], np.concatenate([logs[kept], more]))
    assert noted[0] == [0, 8, 16]
    assert found.windows == 26


def test_end_to_end_on_made_timelines(timelines: list[Timeline]) -> None:
    found = fit_fused(Fusion(FusionConfig(clusters=2)).eval(), timelines[:6], WINDOWS)
    assert 0.2 <= found.fused <= 10
    assert 0.05 <= found.posterior <= 20
    assert 1 / COUNT - 1e-9 <= found.uncertain_below <= 0.99
    assert found.windows == sum(len(item.truth) for item in timelines[:6])
    assert INDEX["neutral"] == NEUTRAL
