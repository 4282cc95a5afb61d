"""SoundNet-8, conv1 to conv4 after batch-norm and ReLU: the trunk of the audio branch.

At width 1: (N, 1, 22050) -> (N, 128, 22), 116,432 parameters. Pooling leaves lengths 11026, 1378, 690, 86, 44, 23
for one second at 22,050 Hz; the paper says 22 steps, so the first 22 are taken.
"""

from typing import cast

import torch
from torch import nn

from engine.trunks.layers import ConvNorm, scaled

STEPS = 22
NORM_EPS = 1e-5


def _conv(inputs: int, outputs: int, kernel: int, stride: int, pad: int) -> ConvNorm:
    return ConvNorm(nn.Conv1d(inputs, outputs, kernel, stride, pad), nn.BatchNorm1d(outputs, eps=NORM_EPS))


class SoundNetTrunk(nn.Module):
    """The trunk at a width."""

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        one, two, three, four = (scaled(channels, width) for channels in (16, 32, 64, 128))
        self.conv1 = _conv(1, one, 64, 2, 32)
        self.conv2 = _conv(one, two, 32, 2, 16)
        self.conv3 = _conv(two, three, 16, 2, 8)
        self.conv4 = _conv(three, four, 8, 2, 4)
        self.pool = nn.MaxPool1d(8)
        self.out_channels = four

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 1, 22050) in [-256, 256] -> (N, out_channels, 22)."""
        x = self.pool(self.conv1(x))
        x = self.pool(self.conv2(x))
        return cast("torch.Tensor", self.conv4(self.conv3(x))[..., :STEPS])
