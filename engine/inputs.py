"""From crops and waves (uint8, float) to what the trunks eat. Training and analysis use these same functions."""

import math
from typing import Final

import torch
from torch.nn import functional as nnf

from engine.branches import AudioConfig, FrameConfig, SliceConfig

LEVEL_RMS: Final = 0.1
"""The root mean square to which sound is levelled: that of loud speech close to a microphone."""
FAINTEST_RMS: Final = 1e-3
"""Sound fainter than this is not raised further: it is mostly the recording's own noise."""


def _sized(pictures: torch.Tensor, side: int) -> torch.Tensor:
    """(N, C, S, S) float to (N, C, side, side), bilinear."""
    if pictures.shape[-1] == side:
        return pictures
    return nnf.interpolate(pictures, size=(side, side), mode="bilinear", align_corners=False)


def frame_input(crops: torch.Tensor, config: FrameConfig) -> torch.Tensor:
    """Crops to the frame branch's input.

    Args:
        crops: (N, C, S, S) uint8 or float 0..255, RGB, or one channel when the bundle is grey.
    Returns:
        (N, 3, input_px, input_px) float32, normalised.
    """
    x = _sized(crops.float(), config.input_px)
    if config.normalisation == "prewhiten":
        count = 3 * config.input_px**2
        x = x.expand(-1, 3, -1, -1)
        spread = x.std(dim=(1, 2, 3), keepdim=True, unbiased=False).clamp_min(1 / math.sqrt(count))
        return (x - x.mean(dim=(1, 2, 3), keepdim=True)) / spread
    return ((x - 127.5) / 128.0).expand(-1, 3, -1, -1)


def slice_input(crops: torch.Tensor, config: SliceConfig) -> torch.Tensor:
    """Runs of face crops to the slice branch's input.

    Args:
        crops: (N, T, C, S, S) uint8 or float 0..255, RGB, or one channel when the bundle is grey; T is 16
            (1 for the flat start of training).
    Returns:
        (N, 3, T, input_px, input_px) float32: BGR minus the channel means, times the scale.
    """
    n, t, c = crops.shape[:3]
    x = _sized(crops.reshape(n * t, c, *crops.shape[3:]).float(), config.input_px)
    x = x.flip(1).expand(-1, 3, -1, -1)
    mean = torch.tensor(config.mean_bgr, dtype=x.dtype, device=x.device).reshape(1, 3, 1, 1)
    x = (x - mean) * config.scale
    return x.reshape(n, t, 3, config.input_px, config.input_px).transpose(1, 2)


def audio_input(waves: torch.Tensor, config: AudioConfig) -> torch.Tensor:
    """(N, 22050) in [-1, 1] to (N, 1, 22050), in [-amplitude, amplitude] unless it is levelled."""
    if config.levelled:
        rms = waves.square().mean(1, keepdim=True).sqrt().clamp_min(FAINTEST_RMS)
        waves = waves * (LEVEL_RMS / rms) ** config.levelled
    return (waves * config.amplitude)[:, None]
