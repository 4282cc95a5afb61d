"""C3D, conv1a to pool5: the trunk of the slice branch.

At width 1: (N, 3, 16, 112, 112) -> (N, 512, 1, 4, 4), 27,655,936 parameters, 38.5 GMAC a slice.
The published network has no batch-norm. Trained from scratch it may have one after each convolution,
which is folded away before the weights are written: what runs is the published topology.
"""

from typing import Final

import torch
from torch import nn

from engine.trunks.layers import ConvNorm, scaled

LAYERS: Final = (
    ("conv1a", 64), ("conv2a", 128), ("conv3a", 256), ("conv3b", 256),
    ("conv4a", 512), ("conv4b", 512), ("conv5a", 512), ("conv5b", 512),
)  # fmt: skip
"""Names after mmaction2's port, with their channels at width 1."""


class C3DTrunk(nn.Module):
    """The trunk at a width.

    Args:
        width: multiplies every channel count.
        batch_norm: True while training from scratch, False for published or folded weights.
        depth: temporal kernel size; 3 is C3D. 1 makes it see single pictures, for a cheap start of the
            spatial half of each kernel (see `trainer/stage1.py`).
    """

    conv1a: ConvNorm
    conv2a: ConvNorm
    conv3a: ConvNorm
    conv3b: ConvNorm
    conv4a: ConvNorm
    conv4b: ConvNorm
    conv5a: ConvNorm
    conv5b: ConvNorm

    def __init__(self, width: float = 1.0, batch_norm: bool = False, depth: int = 3) -> None:
        super().__init__()
        channels = 3
        for name, full in LAYERS:
            out = scaled(full, width)
            conv = nn.Conv3d(channels, out, (depth, 3, 3), padding=(depth // 2, 1, 1))
            norm = nn.BatchNorm3d(out) if batch_norm else nn.Identity()
            self.add_module(name, ConvNorm(conv, norm))
            channels = out
        self.pool1 = nn.MaxPool3d((1, 2, 2), (1, 2, 2))
        self.pool = nn.MaxPool3d(2, 2) if depth > 1 else nn.MaxPool3d((1, 2, 2), (1, 2, 2))
        self.pool5 = nn.MaxPool3d(self.pool.kernel_size, self.pool.stride, padding=(0, 1, 1))
        self.out_channels = channels

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, 16, 112, 112) BGR minus channel means -> (N, out_channels, 4, 4); 16 frames end as one step."""
        x = self.pool1(self.conv1a(x))
        x = self.pool(self.conv2a(x))
        x = self.pool(self.conv3b(self.conv3a(x)))
        x = self.pool(self.conv4b(self.conv4a(x)))
        x = self.pool5(self.conv5b(self.conv5a(x)))
        return x.squeeze(2)

    @staticmethod
    def side(input_px: int) -> int:
        """Side of the feature map for a side of the picture: four halvings, and a padded one."""
        return (input_px // 16 + 2 - 2) // 2 + 1
