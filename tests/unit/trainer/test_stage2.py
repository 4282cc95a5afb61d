"""Made windows and the fusion that learns from them."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.emotions import COUNT, INDEX
from engine.errors import CancelledError, TrainingError
from engine.fusion import Fusion, FusionConfig
from tests.trainings import sets
from trainer import metrics
from trainer.checkpoint import read_tensors
from trainer.stage1 import Schedule
from trainer.stage2 import NEUTRAL, ClipWindows, FaceBank, Maker, Making, VoiceBank, fuse, train_fusion

ALL = Making(pure=1, wrong_voice=0, no_face=0, no_slices=0, no_voice=0)
"""Every window has all of its branches, and they agree."""
SAD, SURPRISE = INDEX["sad"], INDEX["surprise"]
TINY = FusionConfig(clusters=7, pooled=32, hidden=32, dropout=0.0)
SHORT = Schedule(epochs=4, batch=32, learning_rate=1e-2, epoch_examples=256)
Make = Callable[..., Maker]


@pytest.fixture
def make(face_bank: FaceBank, voice_bank: VoiceBank) -> Make:
    """Makes a maker."""
    return lambda making=ALL, faces=face_bank, voices=voice_bank: Maker(faces, voices, making)


def shown(rows: np.ndarray) -> list[int]:
    """The emotion that each row of features says it is of."""
    return [int(label) for label in rows[:, :COUNT].argmax(1)]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


# Made windows


@pytest.mark.parametrize("emotion", range(COUNT))
def test_a_pure_window_shows_one_face(make: Make, emotion: int) -> None:
    made = make(replace(ALL, frames=10, slices=3)).window(emotion, rng(emotion))
    frames, slices, voice = made.features
    assert (frames.shape, slices.shape) == ((10, 256), (3, 256))
    assert set(shown(frames)) == set(shown(slices)) == {emotion} == {made.emotion}
    assert len({*frames[:, 10], *slices[:, 10]}) == 1  # the same person throughout
    assert made.target.tolist() == np.eye(COUNT)[emotion].tolist()
    if emotion == SURPRISE:  # of which there is no voice
        assert voice.shape == (0, 128)
    else:
        assert 2 <= len(voice) <= 3
        assert set(shown(voice)) == {emotion}
        assert set(np.diff(voice[:, 10])) == {1}  # seconds that follow each other


def test_an_expression_comes_out_of_neutral_and_goes_back(make: Make) -> None:
    maker = make(replace(ALL, pure=0, frames=40, least_peak=0.4))
    shares, edges = [], Counter()
    for seed in range(200):
        frames, slices, _ = maker.window(SAD, rng(seed)).features
        at = np.flatnonzero(np.array(shown(frames)) == SAD)
        assert set(shown(frames)) | set(shown(slices)) <= {SAD, NEUTRAL}
        assert at[-1] - at[0] + 1 == len(at)  # one peak, without a break
        assert len({*frames[at, 10]}) == 1
        shares.append(len(at) / 40)
        edges[at[0] == 0, at[-1] == 39] += 1
    assert min(shares) >= 0.4 - 1 / 40
    assert 0.65 < np.mean(shares) < 0.75  # uniform from 0.4 to 1
    assert edges[False, False] > 100
    assert set(shown(maker.window(NEUTRAL, rng()).features[0])) == {NEUTRAL}


def test_branches_are_left_out_in_their_shares(make: Make) -> None:
    making = Making()
    maker = make(making)
    draws = rng()
    windows = [maker.window(SAD, draws) for _ in range(3000)]
    there = np.array([[len(part) > 0 for part in made.features] for made in windows])
    face, slices, voice = there.T
    assert np.mean(~face) == pytest.approx(making.no_face, abs=0.025)
    assert np.mean(~slices[face]) == pytest.approx(making.no_slices, abs=0.025)
    assert not slices[~face].any()
    of_surprise = making.wrong_voice / 7  # of which there is no voice
    missing = making.no_voice + (1 - making.no_voice) * of_surprise
    assert np.mean(~voice[face]) == pytest.approx(missing, abs=0.03)
    assert voice[~face].all()
    assert there.any(1).all()
    alone = [made for made, seen in zip(windows, face, strict=True) if not seen]
    assert all(set(shown(made.features[2])) == {SAD} for made in alone)  # with nothing else to go by, it is right
    both = [shown(made.features[2])[0] for made, (a, _, c) in zip(windows, there, strict=True) if a and c]
    share = making.wrong_voice * 5 / 7 / (1 - of_surprise)  # an exchanged voice may be of the same emotion
    assert np.mean(np.array(both) != SAD) == pytest.approx(share, abs=0.04)


def test_a_lone_voice_is_called_by_its_own_name(make: Make, face_bank: FaceBank) -> None:
    soft = replace(face_bank, target=np.full((35, COUNT), 1 / COUNT, np.float32))
    assert make(replace(ALL, no_face=1), faces=soft).window(SAD, rng()).target.tolist() == np.eye(COUNT)[SAD].tolist()
    assert make(ALL, faces=soft).window(SAD, rng()).target.tolist() == soft.target[0].tolist()


def test_windows_follow_the_generator(make: Make) -> None:
    def drawn(seed: int) -> list[list[float]]:
        maker, draws = make(Making()), rng(seed)
        return [np.concatenate([part.ravel() for part in maker.window(SAD, draws).features]).tolist() for _ in range(5)]

    assert drawn(1) == drawn(1) != drawn(2)


def test_voices_are_cut_to_the_most_asked_for(make: Make) -> None:
    lengths = {len(make().voice(SAD, rng(seed), most=4)) for seed in range(20)}
    assert lengths == {2, 4}  # a clip of two seconds and one of five


# The fusion


def test_fusion_learns_what_can_be_told_apart(tmp_path: Path, make: Make) -> None:
    maker = make(Making(wrong_voice=0))
    draws = rng(9)
    dev = [maker.window(int(label), draws) for label in np.arange(70) % COUNT]
    steps = list(train_fusion(TINY, maker, SHORT, tmp_path / "fusion", dev))
    assert [(step.stage, step.epoch, step.step, step.steps) for step in steps] == [
        ("fusion", at // 8 + 1, at + 1, 32) for at in range(32)
    ]
    assert [step.step for step in steps if step.dev_accuracy is not None] == [8, 16, 24, 32]
    assert steps[-1].loss < 0.3 * steps[0].loss
    assert steps[-1].remaining_s == 0
    fusion = Fusion(TINY)
    fusion.load_state_dict(read_tensors(tmp_path / "fusion")[0])
    answers = fuse(fusion, [made.features for made in dev]).argmax(1)
    truth = [made.emotion for made in dev]
    assert steps[-1].dev_accuracy == metrics.accuracy(truth, answers)
    assert steps[-1].dev_uar == metrics.uar(truth, answers)
    seen = [any(len(part) for part in made.features) for made in dev]
    assert np.mean((answers == truth)[seen]) > 0.95


def test_the_same_seed_gives_the_same_fusion(tmp_path: Path, make: Make) -> None:
    kept = []
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        maker = make(Making())
        dev = [maker.window(SAD, rng())]
        list(train_fusion(TINY, maker, replace(SHORT, epochs=1, seed=seed), tmp_path / name, dev))
        kept.append(read_tensors(tmp_path / name)[0])
    assert all(torch.equal(kept[0][name], kept[1][name]) for name in kept[0])
    assert not torch.equal(kept[0]["out.weight"], kept[2]["out.weight"])


def test_centres_start_among_the_features(tmp_path: Path, make: Make, face_bank: FaceBank) -> None:
    still = replace(SHORT, epochs=1, learning_rate=0.0)
    maker = make()
    list(train_fusion(TINY, maker, still, tmp_path / "fusion", [maker.window(SAD, rng())]))
    state = read_tensors(tmp_path / "fusion")[0]
    for name, bank in (("frame", face_bank.frame), ("slice", face_bank.slice)):
        centres, first = state[f"{name}_vlad.centres"].numpy(), bank[:, 0]
        spread = np.linalg.norm(first - first.mean(0), axis=1).mean()
        nearest = np.linalg.norm(first[:, None] - centres, axis=2).min(1)
        assert nearest.mean() < 0.8 * spread


def test_a_stopped_fusion_leaves_nothing(tmp_path: Path, make: Make) -> None:
    asked = iter([False, False, True])
    maker = make()
    with pytest.raises(CancelledError):
        list(train_fusion(TINY, maker, SHORT, tmp_path / "fusion", [], lambda: next(asked)))
    assert list(tmp_path.iterdir()) == []


def test_a_loss_that_is_no_number_says_where(tmp_path: Path, make: Make, face_bank: FaceBank) -> None:
    maker = make(ALL, faces=replace(face_bank, target=face_bank.target * np.float32("nan")))
    with pytest.raises(TrainingError, match="not a number in epoch 1, batch 1"):
        list(train_fusion(TINY, maker, SHORT, tmp_path / "fusion", []))


def test_answers_do_not_depend_on_the_batch(make: Make) -> None:
    torch.manual_seed(0)
    fusion, draws = Fusion(FusionConfig()).train(), rng()
    maker = make(Making())
    sets = [maker.window(int(label), draws).features for label in np.arange(20) % COUNT]
    whole = fuse(fusion, sets)
    assert whole.shape == (20, COUNT)
    assert not fusion.training
    np.testing.assert_allclose(fuse(fusion, sets, batch=3), whole, atol=1e-5)


# Real clips


@pytest.fixture
def clips() -> ClipWindows:
    """Two clips of each emotion that are easily told apart."""
    return ClipWindows(sets(14), np.arange(14) % COUNT)


def fusion_of(path: Path) -> Fusion:
    fusion = Fusion(TINY)
    fusion.load_state_dict(read_tensors(path)[0])
    return fusion


def test_a_handful_of_clips_is_overfitted(tmp_path: Path, clips: ClipWindows) -> None:
    schedule = Schedule(epochs=40, batch=7, learning_rate=1e-2, weight_decay=0, average_decay=0.5)
    steps = list(train_fusion(TINY, clips, schedule, tmp_path / "fusion"))
    assert steps[0].loss > 1.5
    assert steps[-1].loss < 0.02
    answers = fuse(fusion_of(tmp_path / "fusion"), clips.sets)
    assert answers.argmax(1).tolist() == clips.classes.tolist()


def test_with_branches_left_out_any_branch_will_do(tmp_path: Path, clips: ClipWindows) -> None:
    schedule = Schedule(epochs=60, batch=7, learning_rate=1e-2, average_decay=0.9, left_out=0.5)
    list(train_fusion(TINY, clips, schedule, tmp_path / "fusion"))
    fusion = fusion_of(tmp_path / "fusion")
    for kept in range(3):
        alone = [tuple(part if column == kept else part[:0] for column, part in enumerate(item)) for item in clips.sets]
        answers = fuse(fusion, alone).argmax(1)  # type: ignore[arg-type]
        assert np.mean(answers == clips.classes) > 0.9


def test_stopped_anywhere_it_ends_where_an_undisturbed_one_does(tmp_path: Path, clips: ClipWindows) -> None:
    schedule = Schedule(epochs=3, batch=4, learning_rate=1e-2, left_out=0.3, weighting="balanced", patience=2)
    config = replace(TINY, dropout=0.4)
    dev = clips.made()
    list(train_fusion(config, clips, schedule, tmp_path / "whole", dev))
    whole = read_tensors(tmp_path / "whole")[0]
    for stop in (0, 5, 8, 11):
        done = tmp_path / f"stopped-{stop}"
        asked = iter([False] * stop + [True])
        with pytest.raises(CancelledError):
            list(train_fusion(config, clips, schedule, done, dev, lambda: next(asked)))  # noqa: B023 (called here)
        rest = list(train_fusion(config, clips, schedule, done, dev))
        assert rest[0].step == stop // 4 * 4 + 1
        kept = read_tensors(done)[0]
        assert all(torch.equal(kept[name], value) for name, value in whole.items())
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"whole", "stopped-0", "stopped-5", "stopped-8", "stopped-11"}  # no checkpoint


def test_clips_without_slices_train_all_the_same(tmp_path: Path) -> None:
    bare = [(frames, slices[:0], seconds) for frames, slices, seconds in sets(14)]
    clips = ClipWindows(bare, np.arange(14) % COUNT)
    schedule = replace(SHORT, epochs=20, batch=7, epoch_examples=None)
    steps = list(train_fusion(TINY, clips, schedule, tmp_path / "fusion"))
    assert steps[-1].loss < 0.5 * steps[0].loss
