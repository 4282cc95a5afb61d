"""C3D at full width on a CPU, in less than half the time: the same numbers up to rounding.

Its 3x3x3 convolutions are bound by multiplications. Winograd's minimal filtering in the two spatial directions (Lavin
and Gray, CVPR 2016) makes a tile of m x m outputs with (m + 2)^2 products for each channel pair and temporal tap, not
9 m^2: for m = 4 a quarter. The three temporal taps stay a plain sum. Pooling is done on the tiles, before bias and
ReLU, which it commutes with; the first layer, bound by memory, runs a frame at a time.
"""

import math
from typing import Final

import torch
from torch import nn

from engine.trunks.c3d import LAYERS, C3DTrunk

_F2: Final = (
    [[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]],
    [[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]],
    [[1, 1, 1, 0], [0, 1, -1, -1]],
)
_F4: Final = (
    [
        [4, 0, -5, 0, 1, 0], [0, -4, -4, 1, 1, 0], [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0], [0, 2, -1, -2, 1, 0], [0, 4, 0, -5, 0, 1],
    ],
    [
        [1 / 4, 0, 0], [-1 / 6, -1 / 6, -1 / 6], [-1 / 6, 1 / 6, -1 / 6],
        [1 / 24, 1 / 12, 1 / 6], [1 / 24, -1 / 12, 1 / 6], [0, 0, 1],
    ],
    [[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]],
)  # fmt: skip
"""Matrices B^T, G and A^T of F(2, 3) and F(4, 3)."""

CACHED_TILES: Final = 400
"""Tiles transformed at a time: their products then stay in the processor's cache."""


def _halved(y: torch.Tensor, dim: int) -> torch.Tensor:
    """Maximum over neighbouring pairs along one dimension; an odd last one is dropped, as max pooling does."""
    even = y.shape[dim] // 2 * 2
    return torch.maximum(*(y[(slice(None),) * dim + (slice(start, even, 2),)] for start in (0, 1)))


class WinogradConv3d(nn.Module):
    """What a padded 3x3x3 convolution, max pooling by two (or none) and ReLU do, on (T, H, W, C).

    Args:
        conv: the convolution; its weights are transformed once, here.
        tile: m, the side of an output tile: 4, or 2 for small maps.
        pooled: whether a 2x2x2 max pooling follows.
    """

    data: torch.Tensor
    inverse: torch.Tensor
    weight: torch.Tensor
    bias: torch.Tensor

    def __init__(self, conv: nn.Conv3d, tile: int, pooled: bool) -> None:
        super().__init__()
        bt, g, at = (torch.tensor(matrix, dtype=torch.float64) for matrix in (_F4 if tile == 4 else _F2))
        self.tile = tile
        self.pooled = pooled
        w = conv.weight.detach().double()  # (O, I, 3, 3, 3)
        w = torch.einsum("ia,oktab,jb->ijtko", g, w, g).flatten(0, 1)  # (P * P, 3, I, O)
        assert conv.bias is not None
        self.register_buffer("data", torch.kron(bt, bt).float())
        self.register_buffer("inverse", torch.kron(at, at).float())
        self.register_buffer("weight", w.float().contiguous())
        self.register_buffer("bias", conv.bias.detach().float())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(T, H, W, I) -> (T, H, W, O), or half of each when pooled."""
        m = self.tile
        steps, height, width, inputs = x.shape
        rows, columns = math.ceil(height / m), math.ceil(width / m)
        padded = x.new_zeros(steps + 2, rows * m + 2, columns * m + 2, inputs)
        padded[1:-1, 1 : height + 1, 1 : width + 1] = x
        group = max(2, CACHED_TILES // (rows * columns) // 2 * 2)
        parts = [self._some(padded[at : at + group + 2], rows, columns) for at in range(0, steps, group)]
        y = parts[0] if len(parts) == 1 else torch.cat(parts)
        half = 2 if self.pooled else 1
        return torch.relu_(y[:, : height // half, : width // half] + self.bias)

    def _some(self, padded: torch.Tensor, rows: int, columns: int) -> torch.Tensor:
        """A few steps: padded (t + 2, H + 2, W + 2, I) -> (t, rows * m, columns * m, O), or half of each."""
        m, p = self.tile, self.tile + 2
        steps, inputs = len(padded) - 2, padded.shape[-1]
        tiles = padded.unfold(1, p, m).unfold(2, p, m)  # (t + 2, rows, columns, I, P, P)
        patches = tiles.permute(4, 5, 0, 1, 2, 3).reshape(p * p, -1)
        v = (self.data @ patches).view(p * p, steps + 2, rows * columns, inputs)
        count = steps * rows * columns
        z = torch.bmm(v[:, :steps].reshape(p * p, count, inputs), self.weight[:, 0])
        for tap in (1, 2):
            z.baddbmm_(v[:, tap : tap + steps].reshape(p * p, count, inputs), self.weight[:, tap])
        outputs = z.shape[-1]
        y = (self.inverse @ z.view(p * p, -1)).view(m, m, steps, rows, columns, outputs)
        if self.pooled:  # tiles begin at even places, so pairs lie within them
            y = _halved(_halved(_halved(y, 0), 1), 2)
        side, _, steps = y.shape[:3]
        return y.permute(2, 3, 0, 4, 1, 5).reshape(steps, rows * side, columns * side, outputs)


class QuickC3D(nn.Module):
    """A prepared :class:`engine.trunks.c3d.C3DTrunk` for 112-pixel slices in float32 on a CPU.

    Each slice is computed by itself, so its numbers do not depend on what else is in the batch.
    """

    first: torch.Tensor
    first_bias: torch.Tensor

    def __init__(self, trunk: C3DTrunk) -> None:
        super().__init__()
        convs = {name: getattr(trunk, name).conv for name, _ in LAYERS}
        self.register_buffer(
            "first", convs["conv1a"].weight.detach().flatten(1, 2).contiguous(memory_format=torch.channels_last)
        )
        self.register_buffer("first_bias", convs["conv1a"].bias.detach())
        self.middle = nn.Sequential(
            WinogradConv3d(convs["conv2a"], 4, True),
            WinogradConv3d(convs["conv3a"], 4, False),
            WinogradConv3d(convs["conv3b"], 4, True),
            WinogradConv3d(convs["conv4a"], 2, False),
            WinogradConv3d(convs["conv4b"], 2, True),
        )
        self.conv5a, self.conv5b, self.pool5 = trunk.conv5a, trunk.conv5b, trunk.pool5
        self.out_channels = trunk.out_channels

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, 16, 112, 112) -> (N, out_channels, 4, 4)."""
        return torch.cat([self._slice(item[None]) for item in x])

    def _slice(self, x: torch.Tensor) -> torch.Tensor:
        x = self.middle(self._opened(x)).permute(3, 0, 1, 2)[None]
        x = x.contiguous(memory_format=torch.channels_last_3d)
        x = self.conv5b(self.conv5a(x))
        return torch.as_tensor(self.pool5(x)).squeeze(2)

    def _opened(self, x: torch.Tensor) -> torch.Tensor:
        """conv1a and pool1, a frame at a time: (1, 3, T, H, W) -> (T, H / 2, W / 2, 64).

        The three temporal taps become channels of a flat convolution, for which there are faster kernels.
        """
        around = nn.functional.pad(x[0], (0, 0, 0, 0, 1, 1))  # (3, T + 2, H, W)
        steps = x.shape[2]
        taps = torch.stack([around[:, tap : tap + steps] for tap in range(3)], 1).flatten(0, 1)
        flat = taps.transpose(0, 1).contiguous(memory_format=torch.channels_last)  # (T, 9, H, W)
        pooled = [
            nn.functional.max_pool2d(nn.functional.conv2d(flat[at : at + 1], self.first, self.first_bias, padding=1), 2)
            for at in range(steps)
        ]
        return torch.relu_(torch.cat(pooled)).permute(0, 2, 3, 1)
