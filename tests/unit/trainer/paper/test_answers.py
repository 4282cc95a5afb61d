"""Features of clips, and what networks say of them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.branches import Branch
from engine.bundle import Calibration, WindowConfig
from engine.device import Device
from engine.emotions import COUNT
from engine.errors import CancelledError
from engine.fusion import Fusion
from engine.model import Model
from engine.values import BRANCHES, BranchName
from trainer.evaluation import ROWS
from trainer.paper.answers import calibrated, fused_answers, row_answers, timeline
from trainer.paper.branches import fresh_branch
from trainer.paper.bundle import unwritten_bundle
from trainer.paper.data import Materials
from trainer.paper.features import ClipFeatures, clip_features
from trainer.paper.recipe import PaperRecipe
from trainer.paper.values import PaperStep
from trainer.preparing.item import Item
from trainer.preparing.values import Prepared

Make = Callable[..., Prepared]
CPU = Device("cpu", "fp32", "test")


@pytest.fixture(scope="module")
def branches(quick: PaperRecipe) -> dict[BranchName, Branch]:
    return {name: fresh_branch(quick, name, 3).prepared() for name in BRANCHES}


@pytest.fixture(scope="module")
def fusion(quick: PaperRecipe) -> Fusion:
    torch.manual_seed(0)
    return Fusion(quick.fusion).eval()


@pytest.fixture(scope="module")
def model(quick: PaperRecipe, branches: dict[BranchName, Branch], fusion: Fusion) -> Model:
    return Model(unwritten_bundle(quick, branches, fusion), CPU)


def features_of(model: Model, items: list[Item], folder: Path, **how: object) -> tuple[ClipFeatures, ...]:
    work = clip_features(model, items, folder, "features", **how)  # type: ignore[arg-type]
    steps: list[PaperStep] = []
    while True:
        try:
            steps.append(next(work))
        except StopIteration as done:
            assert [step.done for step in steps] == list(range(1, len(items) + 1))
            found: tuple[ClipFeatures, ...] = done.value
            return found


# Features


def test_a_clip_has_features_of_all_that_there_is(model: Model, make: Make, tmp_path: Path) -> None:
    whole, voice, silent = (make(3, "one", face=face, speech=speech) for face, speech in
                            ((True, True), (False, True), (True, False)))  # fmt: skip
    found = features_of(model, [one.item for one in (whole, voice, silent)], tmp_path)
    shapes = [(one.frame.shape, one.slice.shape, one.audio.shape) for one in found]
    assert shapes == [((8, 256), (1, 256), (2, 128)), ((0, 256), (0, 256), (2, 128)), ((8, 256), (1, 256), (2, 128))]
    assert [len(one.pooled[2]) for one in found] == [2, 2, 0]  # seconds without speech are not fused
    direct = model.frame_features(np.asarray(whole.item.frames()))
    np.testing.assert_array_equal(found[0].frame, direct)


def test_features_are_computed_once(model: Model, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    items = [make(label, "one").item for label in range(3)]
    first = features_of(model, items, tmp_path)
    (tmp_path / f"{items[1].folder.name}.safetensors").write_bytes(b"noise")  # damaged: made again
    made: list[int] = []
    real = model.slice_features
    monkeypatch.setattr(model, "slice_features", lambda crops: (made.append(len(crops)), real(crops))[1])
    again = features_of(model, items, tmp_path)
    assert made == [1]
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.frame, other.frame)


def test_features_stop_between_clips(model: Model, make: Make, tmp_path: Path) -> None:
    items = [make(label, "one").item for label in range(3)]
    asked = iter([False, False, True])
    with pytest.raises(CancelledError):
        features_of(model, items, tmp_path, cancelled=lambda: next(asked))
    assert len(list(tmp_path.iterdir())) == 2


# Answers


def marked(frames: int, slices: int, seconds: int, speech: tuple[bool, ...]) -> ClipFeatures:
    rng = np.random.default_rng(frames)
    return ClipFeatures(
        *(rng.random((count, width)).astype(np.float16) for count, width in
          ((frames, 256), (slices, 256), (seconds, 128))),
        np.array(speech, np.bool_),
    )  # fmt: skip


@pytest.fixture
def two(materials: Materials, make: Make) -> tuple[Materials, tuple[ClipFeatures, ...]]:
    """A clip with everything, and one with a voice alone of which one second of two is speech."""
    clips = (make(2, "a", "val"), make(5, "b", "val", face=False))
    features = (marked(6, 2, 2, (True, True)), marked(0, 0, 2, (False, True)))
    return replace(materials, clips=clips), features


def test_rows_hold_what_each_branch_can_say(
    two: tuple[Materials, tuple[ClipFeatures, ...]], branches: dict[BranchName, Branch], fusion: Fusion
) -> None:
    materials, features = two
    found = row_answers(materials, np.arange(2), branches, features, fusion, Calibration())
    assert {name: len(found[name][0]) for name in ROWS} == dict(zip(ROWS, (6, 1, 2, 1, 3, 2, 2), strict=True))
    assert found[ROWS[4]][1].tolist() == [2, 2, 5]
    assert found[ROWS[4]][2].tolist() == ["a", "a", "b"]
    for given, _, _ in found.values():
        np.testing.assert_allclose(given.sum(axis=1), 1, atol=1e-5)


def test_temperatures_make_answers_less_sure(
    two: tuple[Materials, tuple[ClipFeatures, ...]], branches: dict[BranchName, Branch], fusion: Fusion
) -> None:
    materials, features = two
    sure, calm = (
        row_answers(materials, np.arange(2), branches, features, fusion, calibration)
        for calibration in (Calibration(frame=0.1, fused=0.1), Calibration(frame=5.0, fused=2.0, posterior=2.0))
    )
    for row in (ROWS[0], ROWS[6]):
        assert (sure[row][0].argmax(axis=1) == calm[row][0].argmax(axis=1)).all()
        assert sure[row][0].max() > calm[row][0].max()


def test_answers_about_clips_are_those_of_a_bundle(
    two: tuple[Materials, tuple[ClipFeatures, ...]], model: Model, fusion: Fusion
) -> None:
    _, features = two
    ours = fused_answers(np.arange(2), features, fusion, Calibration())
    np.testing.assert_allclose(ours, model.fuse([one.pooled for one in features]), atol=1e-5)


def test_temperatures_fit_the_clips_given(
    materials: Materials, branches: dict[BranchName, Branch], fusion: Fusion
) -> None:
    features = [marked(8, 1, 2, (True, True)) for _ in materials.clips]
    fitted = calibrated(materials, np.arange(7), branches, features, fusion, WindowConfig())
    for name in (*BRANCHES, "fused", "posterior"):
        assert 0.05 <= getattr(fitted, name) <= 20
    assert fitted.frame > 1  # random answers deserve no confidence
    assert 1 / COUNT <= fitted.uncertain_below <= 0.99


def test_without_clips_nothing_is_fitted(
    materials: Materials, branches: dict[BranchName, Branch], fusion: Fusion
) -> None:
    none = np.zeros(0, np.int64)
    assert calibrated(materials, none, branches, [], fusion, WindowConfig()) == Calibration()


def test_a_clip_as_windows(make: Make) -> None:
    clip = make(4, "a")  # frames to 0.32 s, sound to 1.5 s
    line = timeline(clip, marked(8, 1, 2, (True, True)), WindowConfig())
    assert (line.start_s.tolist(), line.end_s.tolist(), line.truth.tolist()) == ([0.0], [1.5], [4])
    assert [len(part) for part in line.sets[0]] == [8, 1, 2]
    assert line.changes == ((0.0, 1.5, 4),)
    quiet = timeline(make(4, "a", face=False), marked(0, 0, 2, (False, False)), WindowConfig())
    assert len(quiet.truth) == 0
