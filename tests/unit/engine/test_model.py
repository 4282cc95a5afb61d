"""A model's answers do not depend on the company they are computed in, to the last bit."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from engine.branches import FEATURES, AudioConfig, FrameConfig, SliceConfig
from engine.bundle import Bundle, Calibration, Manifest
from engine.device import Device
from engine.inputs import frame_input
from engine.model import ANSWER_BATCH, GPU_BATCH, Model, _batch_size, padded_sets
from engine.values import BRANCHES, BranchName

Sets = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]


def crops(name: BranchName, count: int, seed: int = 0) -> NDArray[Any]:
    """What a branch is given: pictures, runs of pictures, waves."""
    random = np.random.default_rng(seed)
    if name == "audio":
        return random.normal(0, 0.1, (count, 22_050)).astype(np.float32)
    shape = (count, 48, 48, 1) if name == "frame" else (count, 16, 48, 48, 1)
    return random.integers(0, 256, shape, dtype=np.uint8)


def features(name: BranchName, count: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).random((count, FEATURES[name]), np.float32)


def computed(model: Model, name: BranchName, items: NDArray[Any]) -> NDArray[np.float16]:
    made: NDArray[np.float16] = getattr(model, f"{name}_features")(items)
    return made


def windows(count: int, seed: int = 0) -> list[Sets]:
    """Sets of all sizes, some branches missing."""
    random = np.random.default_rng(seed)
    counts = zip(random.integers(0, 90, count), random.integers(0, 5, count), random.integers(0, 4, count), strict=True)
    return [
        (features("frame", f, seed + at), features("slice", s, seed + at), features("audio", a, seed + at))
        for at, (f, s, a) in enumerate(counts)
    ]


# Branches


@pytest.mark.parametrize("name", BRANCHES)
def test_features_do_not_depend_on_the_batch(tiny_model: Model, name: BranchName) -> None:
    items = crops(name, 3)
    together = computed(tiny_model, name, items)
    assert together.shape == (3, FEATURES[name])
    assert together.dtype == np.float16
    assert together.std(axis=0).max() > 0
    alone = np.concatenate([computed(tiny_model, name, item[None]) for item in items])
    np.testing.assert_array_equal(alone, together)
    np.testing.assert_array_equal(computed(tiny_model, name, items[::-1]), together[::-1])


@pytest.mark.parametrize("name", BRANCHES)
def test_full_batches_agree_with_padded_ones(tiny_model: Model, name: BranchName) -> None:
    size = tiny_model.batch[name]
    items = crops(name, size)
    np.testing.assert_array_equal(computed(tiny_model, name, items)[:1], computed(tiny_model, name, items[:1]))


@pytest.mark.parametrize("name", BRANCHES)
def test_more_than_a_batch_is_refused(tiny_model: Model, name: BranchName) -> None:
    with pytest.raises(ValueError, match="broadcast"):
        computed(tiny_model, name, crops(name, tiny_model.batch[name] + 1))


@torch.inference_mode()
def test_frame_features_are_the_branch_on_its_input(tiny_model: Model, tiny_bundle: Bundle) -> None:
    items = crops("frame", 2)
    x = frame_input(torch.from_numpy(items).permute(0, 3, 1, 2), tiny_bundle.manifest.frame)
    expected = tiny_bundle.branches["frame"](x).numpy()
    np.testing.assert_allclose(computed(tiny_model, "frame", items), expected, rtol=2e-3, atol=1e-4)


def test_bf16_is_near_fp32_and_leaves_the_bundle_alone(tiny_model: Model, tiny_bundle: Bundle) -> None:
    rough = Model(tiny_bundle, Device("cpu", "bf16", "asked for"))
    for name in BRANCHES:
        items = crops(name, 2)
        exact, near = (computed(model, name, items).astype(np.float32) for model in (tiny_model, rough))
        assert np.abs(exact - near).max() < 0.1 * np.abs(exact).max()
        assert all(p.dtype == torch.float32 for p in tiny_bundle.branches[name].parameters())


def full_profile() -> Bundle:
    """Only its manifest is looked at."""
    return Bundle(None, Manifest("full", "1", "full", ""), "", {}, None)  # type: ignore[arg-type]


def test_batches_of_the_full_profile(cpu: Device) -> None:
    """At most 200 ms of two cores' work, but at least one: a slice alone is more."""
    assert {name: _batch_size(full_profile(), cpu, name) for name in BRANCHES} == {"frame": 14, "slice": 1, "audio": 32}


def test_batches_on_a_gpu() -> None:
    gpu = Device("cuda", "bf16", "")
    assert {name: _batch_size(full_profile(), gpu, name) for name in BRANCHES} == GPU_BATCH


@pytest.mark.parametrize("width", [0.01, 0.5, 1.0, 4.0])
@pytest.mark.parametrize("side", [32, 112, 320])
def test_batches_stay_in_bounds(cpu: Device, width: float, side: int) -> None:
    manifest = replace(
        full_profile().manifest,
        frame=FrameConfig(width, input_px=side), slice=SliceConfig(width, input_px=side), audio=AudioConfig(width),
    )  # fmt: skip
    sizes = {name: _batch_size(replace(full_profile(), manifest=manifest), cpu, name) for name in BRANCHES}
    assert 1 <= sizes["slice"] <= 8
    assert sizes["slice"] <= sizes["frame"] <= 32
    assert 1 <= sizes["audio"] <= 32


# Answers


@pytest.mark.parametrize("name", BRANCHES)
def test_probabilities_are_a_softmax_at_the_temperature(tiny_bundle: Bundle, cpu: Device, name: BranchName) -> None:
    cooler = replace(tiny_bundle.manifest, calibration=Calibration(**{name: 2.5}))
    rows = features(name, 3)
    linear = tiny_bundle.branches[name].classifier[1]
    assert isinstance(linear, torch.nn.Linear)
    logits = rows @ linear.weight.detach().numpy().T + linear.bias.detach().numpy()
    expected = np.exp(logits / 2.5) / np.exp(logits / 2.5).sum(1, keepdims=True)
    answers = Model(replace(tiny_bundle, manifest=cooler), cpu).probabilities(name, rows)
    assert answers.dtype == np.float32
    np.testing.assert_allclose(answers, expected, rtol=1e-4)


@pytest.mark.parametrize("name", BRANCHES)
@pytest.mark.parametrize("step", [1, 7, 33, ANSWER_BATCH])
def test_probabilities_do_not_depend_on_the_rows_beside(tiny_model: Model, name: BranchName, step: int) -> None:
    rows = features(name, 2 * ANSWER_BATCH + 3)
    pieces = [tiny_model.probabilities(name, rows[at : at + step]) for at in range(0, len(rows), step)]
    np.testing.assert_array_equal(np.concatenate(pieces), tiny_model.probabilities(name, rows))


@pytest.mark.parametrize("step", [1, 7, ANSWER_BATCH])
def test_windows_do_not_depend_on_the_windows_beside(tiny_model: Model, step: int) -> None:
    sets = windows(ANSWER_BATCH + 9)
    together = tiny_model.fuse(sets)
    assert together.shape == (len(sets), 7)
    np.testing.assert_allclose(together.sum(1), 1, rtol=1e-5)
    assert together.std(axis=0).max() > 0
    pieces = [tiny_model.fuse(sets[at : at + step]) for at in range(0, len(sets), step)]
    np.testing.assert_array_equal(np.concatenate(pieces), together)


@torch.inference_mode()
def test_windows_agree_with_the_padded_batch_of_training(tiny_model: Model) -> None:
    sets = windows(6)
    expected = torch.softmax(tiny_model.fusion(padded_sets(sets)), 1).numpy()
    np.testing.assert_allclose(tiny_model.fuse(sets), expected, rtol=1e-4, atol=1e-6)


def test_nothing_asked_nothing_answered(tiny_model: Model) -> None:
    assert tiny_model.fuse([]).shape == (0, 7)
    assert tiny_model.probabilities("frame", features("frame", 0)).shape == (0, 7)


def test_padded_sets_mask_what_is_not_there() -> None:
    one, other = windows(1, seed=1)[0], (features("frame", 2), features("slice", 0), features("audio", 1))
    batch = padded_sets([one, other])
    for column, name in enumerate(BRANCHES):
        values, mask = getattr(batch, name), getattr(batch, f"{name}_mask")
        counts = [len(one[column]), len(other[column])]
        assert values.shape == (2, max(counts), FEATURES[name])
        assert mask.sum(1).tolist() == counts
        np.testing.assert_array_equal(values[0, : counts[0]].numpy(), one[column])
        assert float(values[~mask].abs().sum()) == 0


def test_padded_sets_of_one_set_of_nothing_have_a_row() -> None:
    batch = padded_sets([(features("frame", 0), features("slice", 0), features("audio", 0))])
    assert batch.frame.shape == (1, 1, 256)
    assert not batch.frame_mask.any()
