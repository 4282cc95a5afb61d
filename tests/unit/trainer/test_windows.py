"""Clips as windows, and branches left out by chance."""

import numpy as np
import pytest

from engine.emotions import COUNT
from tests.trainings import sets
from trainer import windows as windows_module
from trainer.windows import ClipWindows, FeatureSet, thinned


@pytest.fixture
def clips() -> ClipWindows:
    return ClipWindows(sets(9), np.arange(9) % COUNT)


def there(features: FeatureSet) -> tuple[bool, ...]:
    return tuple(len(part) > 0 for part in features)


def test_clips_are_drawn_as_they_are(clips: ClipWindows) -> None:
    drawn, targets = clips.draw(np.array([8, 2]), np.random.default_rng())
    assert drawn[0] is clips.sets[8]
    assert targets.argmax(1).tolist() == [1, 2]
    assert (targets.shape, targets.dtype) == ((2, COUNT), np.float32)


def test_soft_labels_may_be_given() -> None:
    soft = np.full((3, COUNT), 1 / COUNT, np.float32)
    clips = ClipWindows(sets(3), np.arange(3), soft)
    assert clips.draw(np.array([1]), np.random.default_rng())[1].tolist() == soft[:1].tolist()
    assert [(made.emotion, made.target.tolist()) for made in clips.made()] == [
        (at, soft[0].tolist()) for at in range(3)
    ]


def test_all_frames_and_slices_are_examples(clips: ClipWindows, monkeypatch: pytest.MonkeyPatch) -> None:
    frames, slices = clips.examples()
    assert (frames.shape, slices.shape) == ((54, 256), (18, 256))
    monkeypatch.setattr(windows_module, "START_ROWS", 10)
    few, _ = clips.examples()
    assert np.array_equal(few, frames[::6])  # of all clips, at most ten
    bare = ClipWindows([(part[0], part[1][:0], part[2]) for part in clips.sets], clips.classes)
    assert bare.examples()[1].shape == (0, 256)


def test_branches_are_left_out_by_chance_but_never_all(clips: ClipWindows) -> None:
    rng = np.random.default_rng(0)
    kept = np.array([there(thinned(clips.sets[0], 0.3, rng)) for _ in range(4000)])
    assert kept.any(1).all()
    # all three by 0.3^3, of which one comes back, each as often
    np.testing.assert_allclose(1 - kept.mean(0), 0.3 - 0.027 / 3, atol=0.02)
    always = np.array([there(thinned(clips.sets[0], 1.0, rng)) for _ in range(300)])
    assert (always.sum(1) == 1).all()
    assert (always.mean(0) > 0.2).all()


def test_what_is_not_there_is_not_what_stays(clips: ClipWindows) -> None:
    frames, slices, seconds = clips.sets[0]
    rng = np.random.default_rng(0)
    for _ in range(50):
        assert there(thinned((frames[:0], slices, seconds[:0]), 0.9, rng)) == (False, True, False)
        assert there(thinned((frames[:0], slices[:0], seconds[:0]), 0.9, rng)) == (False, False, False)
    assert thinned(clips.sets[0], 0.0, rng) == clips.sets[0]
