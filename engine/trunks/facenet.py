"""Inception-ResNet-v1 up to and with `block8`, no pooling: the trunk of the frame branch.

At width 1, repeats (5, 10, 5) and 160 pixels: (N, 3, 160, 160) -> (N, 1792, 3, 3), 22,564,096 parameters,
1.418 GMAC a picture. Module names are those of facenet-pytorch, so that its state dicts load as they are.
"""

from typing import cast

import torch
from torch import nn

from engine.trunks.layers import ConvNorm, scaled

NORM_EPS = 1e-3  # TensorFlow's value, with which the published weights were trained


def _conv(
    inputs: int, outputs: int, kernel: int | tuple[int, int], stride: int = 1, pad: int | tuple[int, int] = 0
) -> ConvNorm:
    return ConvNorm(nn.Conv2d(inputs, outputs, kernel, stride, pad, bias=False), nn.BatchNorm2d(outputs, eps=NORM_EPS))


class Residual(nn.Module):
    """Parallel paths, concatenated, projected by a 1x1 convolution, scaled and added to the input."""

    def __init__(self, channels: int, paths: list[nn.Module], joined: int, scale: float, relu: bool = True) -> None:
        super().__init__()
        for index, path in enumerate(paths):
            self.add_module(f"branch{index}", path)
        self.paths = len(paths)
        self.conv2d = nn.Conv2d(joined, channels, 1)
        self.scale = scale
        self.relu = relu

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        joined = torch.cat([getattr(self, f"branch{index}")(x) for index in range(self.paths)], 1)
        out = x + self.conv2d(joined) * self.scale
        return torch.relu_(out) if self.relu else out


class Reduction(nn.Module):
    """Parallel paths and a stride-2 max pooling, concatenated."""

    def __init__(self, paths: list[nn.Module]) -> None:
        super().__init__()
        for index, path in enumerate(paths):
            self.add_module(f"branch{index}", path)
        self.paths = len(paths)
        self.pool = nn.MaxPool2d(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        parts = [getattr(self, f"branch{index}")(x) for index in range(self.paths)]
        return torch.cat([*parts, self.pool(x)], 1)


class FaceNetTrunk(nn.Module):
    """The trunk at a width and repeat counts.

    Args:
        width: multiplies every channel count; 1 is the published network.
        repeats: how many Block35, Block17 and Block8 (the last without its ReLU-less twin `block8`).
    """

    def __init__(self, width: float = 1.0, repeats: tuple[int, int, int] = (5, 10, 5)) -> None:
        super().__init__()

        def c(channels: int) -> int:
            return scaled(channels, width)

        self.conv2d_1a = _conv(3, c(32), 3, 2)
        self.conv2d_2a = _conv(c(32), c(32), 3)
        self.conv2d_2b = _conv(c(32), c(64), 3, pad=1)
        self.maxpool_3a = nn.MaxPool2d(3, 2)
        self.conv2d_3b = _conv(c(64), c(80), 1)
        self.conv2d_4a = _conv(c(80), c(192), 3)
        self.conv2d_4b = _conv(c(192), c(256), 3, 2)
        a, a_in = c(256), c(32)
        self.repeat_1 = nn.Sequential(*(self._block35(a, a_in) for _ in range(repeats[0])))
        b0, b1 = c(384), c(256)
        self.mixed_6a = Reduction([
            _conv(a, b0, 3, 2),
            nn.Sequential(_conv(a, c(192), 1), _conv(c(192), c(192), 3, pad=1), _conv(c(192), b1, 3, 2)),
        ])  # fmt: skip
        b = b0 + b1 + a
        self.repeat_2 = nn.Sequential(*(self._block17(b, c(128)) for _ in range(repeats[1])))
        self.mixed_7a = Reduction([
            nn.Sequential(_conv(b, c(256), 1), _conv(c(256), c(384), 3, 2)),
            nn.Sequential(_conv(b, c(256), 1), _conv(c(256), c(256), 3, 2)),
            nn.Sequential(_conv(b, c(256), 1), _conv(c(256), c(256), 3, pad=1), _conv(c(256), c(256), 3, 2)),
        ])  # fmt: skip
        top = c(384) + 2 * c(256) + b
        self.repeat_3 = nn.Sequential(*(self._block8(top, c(192), 0.20) for _ in range(repeats[2])))
        self.block8 = self._block8(top, c(192), 1.0, relu=False)
        self.out_channels = top

    @staticmethod
    def _block35(channels: int, inner: int) -> Residual:
        paths: list[nn.Module] = [
            _conv(channels, inner, 1),
            nn.Sequential(_conv(channels, inner, 1), _conv(inner, inner, 3, pad=1)),
            nn.Sequential(_conv(channels, inner, 1), _conv(inner, inner, 3, pad=1), _conv(inner, inner, 3, pad=1)),
        ]
        return Residual(channels, paths, 3 * inner, 0.17)

    @staticmethod
    def _block17(channels: int, inner: int) -> Residual:
        paths: list[nn.Module] = [
            _conv(channels, inner, 1),
            nn.Sequential(
                _conv(channels, inner, 1),
                _conv(inner, inner, (1, 7), pad=(0, 3)),
                _conv(inner, inner, (7, 1), pad=(3, 0)),
            ),
        ]
        return Residual(channels, paths, 2 * inner, 0.10)

    @staticmethod
    def _block8(channels: int, inner: int, scale: float, relu: bool = True) -> Residual:
        paths: list[nn.Module] = [
            _conv(channels, inner, 1),
            nn.Sequential(
                _conv(channels, inner, 1),
                _conv(inner, inner, (1, 3), pad=(0, 1)),
                _conv(inner, inner, (3, 1), pad=(1, 0)),
            ),
        ]
        return Residual(channels, paths, 2 * inner, scale, relu)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, S, S) normalised RGB -> (N, out_channels, h, w); 160 pixels give 3x3, 112 give 2x2."""
        x = self.conv2d_2b(self.conv2d_2a(self.conv2d_1a(x)))
        x = self.conv2d_4b(self.conv2d_4a(self.conv2d_3b(self.maxpool_3a(x))))
        x = self.repeat_2(self.mixed_6a(self.repeat_1(x)))
        return cast("torch.Tensor", self.block8(self.repeat_3(self.mixed_7a(x))))

    @staticmethod
    def side(input_px: int) -> int:
        """Side of the feature map for a side of the picture."""
        side = (input_px - 3) // 2 + 1 - 2  # conv2d_1a, conv2d_2a
        side = (side - 3) // 2 + 1 - 2  # maxpool_3a, conv2d_4a
        for _ in range(3):  # conv2d_4b, mixed_6a, mixed_7a
            side = (side - 3) // 2 + 1
        return side
