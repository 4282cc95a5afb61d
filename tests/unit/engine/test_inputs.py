"""From crops and waves to what the trunks eat, beside the formulas written out in numpy."""

import numpy as np
import pytest
import torch

from engine.branches import AudioConfig, FrameConfig, SliceConfig
from engine.inputs import audio_input, frame_input, slice_input


def pictures(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8))


def test_fixed_normalisation() -> None:
    crops = pictures(2, 3, 8, 8)
    x = frame_input(crops, FrameConfig(input_px=8))
    assert x.dtype == torch.float32
    np.testing.assert_allclose(x.numpy(), (crops.numpy() - 127.5) / 128, rtol=1e-6)


def test_prewhitening_is_by_picture() -> None:
    crops = pictures(2, 3, 8, 8)
    crops[1] //= 4
    x = frame_input(crops, FrameConfig(input_px=8, normalisation="prewhiten"))
    for whitened, crop in zip(x.numpy(), crops.numpy().astype(np.float64), strict=True):
        np.testing.assert_allclose(whitened, (crop - crop.mean()) / crop.std(), rtol=1e-4, atol=1e-5)


def test_prewhitening_a_flat_picture_does_not_divide_by_zero() -> None:
    flat = torch.full((1, 3, 8, 8), 9, dtype=torch.uint8)
    assert torch.equal(frame_input(flat, FrameConfig(input_px=8, normalisation="prewhiten")), torch.zeros(1, 3, 8, 8))


@pytest.mark.parametrize("normalisation", ["fixed", "prewhiten"])
def test_grey_pictures_become_three_equal_channels(normalisation: str) -> None:
    grey = pictures(2, 1, 8, 8)
    config = FrameConfig(input_px=8, normalisation=normalisation)
    x = frame_input(grey, config)
    assert torch.equal(x[:, :1].expand(-1, 3, -1, -1), x)
    torch.testing.assert_close(x, frame_input(grey.expand(-1, 3, -1, -1), config))


def test_crops_are_brought_to_the_input_size() -> None:
    ramp = torch.arange(4.0).repeat(4, 1)[None, None].expand(1, 3, 4, 4) * 10
    x = frame_input(ramp, FrameConfig(input_px=8)) * 128 + 127.5
    assert x.shape == (1, 3, 8, 8)
    np.testing.assert_allclose(x[0, 0, 0].numpy(), [0, 2.5, 7.5, 12.5, 17.5, 22.5, 27.5, 30], atol=1e-4)


def test_slices_are_bgr_minus_the_channel_means() -> None:
    crops = pictures(2, 16, 3, 8, 8)
    x = slice_input(crops, SliceConfig(input_px=8, mean_bgr=(1.0, 2.0, 3.0), scale=0.5))
    bgr = crops.numpy()[:, :, ::-1].astype(np.float64)
    expected = (bgr - np.array([1.0, 2.0, 3.0]).reshape(3, 1, 1)) * 0.5
    np.testing.assert_allclose(x.numpy(), expected.transpose(0, 2, 1, 3, 4), rtol=1e-6)


def test_grey_slices() -> None:
    grey = pictures(1, 16, 1, 8, 8)
    config = SliceConfig(input_px=8)
    assert torch.equal(slice_input(grey, config), slice_input(grey.expand(-1, -1, 3, -1, -1), config))


@pytest.mark.parametrize("steps", [1, 16])
def test_steps_of_a_slice_keep_their_order_and_size(steps: int) -> None:
    crops = torch.arange(steps, dtype=torch.uint8).reshape(1, steps, 1, 1, 1).expand(2, -1, 3, 4, 4)
    x = slice_input(crops, SliceConfig(input_px=8, mean_bgr=(0.0, 0.0, 0.0)))
    assert x.shape == (2, 3, steps, 8, 8)
    np.testing.assert_allclose(x[1, 2, :, 0, 0].numpy(), np.arange(steps), atol=1e-4)


def test_waves_are_scaled() -> None:
    waves = torch.tensor([[-1.0, 0.0, 0.25]])
    assert audio_input(waves, AudioConfig()).tolist() == [[[-256.0, 0.0, 64.0]]]
    assert audio_input(waves, AudioConfig(amplitude=2.0)).tolist() == [[[-2.0, 0.0, 0.5]]]


def test_levelled_waves_differ_less_in_level() -> None:
    wave = torch.sin(torch.arange(2000.0))[None]
    waves = torch.cat([0.2 * wave, 0.02 * wave, 2e-5 * wave, 0 * wave])
    rms = waves.square().mean(1).sqrt()
    equal = audio_input(waves, AudioConfig(amplitude=1.0, levelled=1.0))[:, 0].square().mean(1).sqrt()
    torch.testing.assert_close(equal[:2], torch.full((2,), 0.1))
    torch.testing.assert_close(equal[2], rms[2] * 100)  # raised by 40 dB at most
    assert equal[3] == 0
    half = audio_input(waves, AudioConfig(amplitude=1.0, levelled=0.5))[:, 0].square().mean(1).sqrt()
    torch.testing.assert_close(half[0] / half[1], (rms[0] / rms[1]).sqrt())
    one = audio_input(waves[1:2], AudioConfig(levelled=0.5))
    torch.testing.assert_close(one, audio_input(waves, AudioConfig(levelled=0.5))[1:2])  # each second by itself
