"""The fusion network: what is missing, what is padding, and the way by sums."""

import numpy as np
import pytest
import torch

from engine.branches import FEATURES
from engine.fusion import Fusion, FusionConfig, FusionInput
from engine.values import BRANCHES

LENGTHS = {"frame": 6, "slice": 3, "audio": 2}


@pytest.fixture
def fusion() -> Fusion:
    torch.manual_seed(0)
    return Fusion(FusionConfig(clusters=2)).eval().requires_grad_(False)


def batch(sets: int = 3, seed: int = 0, **changes: torch.Tensor) -> FusionInput:
    random = np.random.default_rng(seed)
    values = {}
    for name in BRANCHES:
        features = random.normal(0, 1, (sets, LENGTHS[name], FEATURES[name])).astype(np.float32)
        values[name] = torch.from_numpy(features)
        values[f"{name}_mask"] = torch.ones(sets, LENGTHS[name], dtype=torch.bool)
    return FusionInput(**{**values, **changes})


def nothing(name: str, sets: int = 3) -> dict[str, torch.Tensor]:
    return {f"{name}_mask": torch.zeros(sets, LENGTHS[name], dtype=torch.bool)}


def test_sizes(fusion: Fusion) -> None:
    assert fusion(batch()).shape == (3, 7)
    assert fusion.hidden.in_features == 384
    assert Fusion(FusionConfig()).frame_fc.in_features == 8 * 256


@pytest.mark.parametrize("name", BRANCHES)
def test_a_missing_branch_is_zeros_where_it_joins_the_others(fusion: Fusion, name: str) -> None:
    joined: list[torch.Tensor] = []
    fusion.hidden.register_forward_pre_hook(lambda _, given: joined.append(given[0]))
    whole = batch()
    fusion(whole)
    fusion(batch(**nothing(name)))
    place = slice(*{"frame": (0, 128), "slice": (128, 256), "audio": (256, 384)}[name])
    assert joined[0][:, place].abs().sum() > 0
    assert torch.equal(joined[1][:, place], torch.zeros(3, 128))
    others = torch.ones(384, dtype=torch.bool)
    others[place] = False
    assert torch.equal(joined[1][:, others], joined[0][:, others])


@pytest.mark.parametrize("name", BRANCHES)
def test_what_is_masked_does_not_matter(fusion: Fusion, name: str) -> None:
    garbage = torch.full((3, LENGTHS[name], FEATURES[name]), 1e4)
    with_garbage = fusion(batch(**{name: garbage}, **nothing(name)))
    torch.testing.assert_close(with_garbage, fusion(batch(**nothing(name))), rtol=0, atol=0)


def test_nothing_at_all_still_gives_numbers(fusion: Fusion) -> None:
    logits = fusion(batch(**nothing("frame"), **nothing("slice"), **nothing("audio")))
    assert torch.isfinite(logits).all()


@pytest.mark.parametrize("name", BRANCHES)
def test_padding_does_not_matter(fusion: Fusion, name: str) -> None:
    whole = batch()
    longer = torch.cat([getattr(whole, name), torch.full((3, 4, FEATURES[name]), 7.0)], 1)
    mask = torch.cat([getattr(whole, f"{name}_mask"), torch.zeros(3, 4, dtype=torch.bool)], 1)
    padded = batch(**{name: longer, f"{name}_mask": mask})
    torch.testing.assert_close(fusion(padded), fusion(whole))


def test_voice_is_the_mean_over_seconds(fusion: Fusion) -> None:
    whole = batch()
    same = whole.audio.mean(1, keepdim=True).expand(-1, LENGTHS["audio"], -1)
    torch.testing.assert_close(fusion(batch(audio=same)), fusion(whole))


def test_forward_is_from_sums(fusion: Fusion) -> None:
    whole = batch(frame_mask=torch.tensor([[True] * 6, [True] * 2 + [False] * 4, [False] * 6]))
    there = [getattr(whole, f"{name}_mask").any(1) for name in BRANCHES]
    frames = fusion.frame_vlad.sums(whole.frame, whole.frame_mask)
    slices = fusion.slice_vlad.sums(whole.slice, whole.slice_mask)
    by_sums = fusion.from_sums(frames, there[0], slices, there[1], whole.audio.mean(1), there[2])
    torch.testing.assert_close(by_sums, fusion(whole))


def test_dropout_works_in_training_only(fusion: Fusion) -> None:
    whole = batch()
    assert torch.equal(fusion(whole), fusion(whole))
    fusion.train()
    torch.manual_seed(0)
    assert not torch.equal(fusion(whole), fusion(whole))
