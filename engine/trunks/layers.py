"""What the trunks share: scaled channel counts, and batch-norm folded into the convolution before it."""

from typing import Any, cast

import torch
from torch import nn


def scaled(channels: int, width: float) -> int:
    """`channels` times `width`, as a multiple of eight (what vector units like), at least eight."""
    return channels if width == 1 else max(8, round(channels * width / 8) * 8)


def _folded(conv: Any, norm: Any) -> nn.Module:
    """A convolution (of one, two or three dimensions) that does what `conv` and then `norm`, in evaluation, do."""
    folded = type(conv)(conv.in_channels, conv.out_channels, conv.kernel_size, conv.stride, conv.padding)
    if conv.weight.is_meta:  # shapes alone; arithmetic on them would import torch's compiler, which takes seconds
        return cast("nn.Module", folded)
    factor = norm.weight.detach() / torch.sqrt(norm.running_var + norm.eps)
    shape = (-1, *([1] * (conv.weight.dim() - 1)))
    before = conv.bias.detach() if conv.bias is not None else torch.zeros_like(norm.running_mean)
    with torch.no_grad():
        folded.weight.copy_(conv.weight * factor.reshape(shape))
        folded.bias.copy_((before - norm.running_mean) * factor + norm.bias)
    return cast("nn.Module", folded)


class ConvNorm(nn.Module):
    """Convolution, batch-norm, ReLU. :meth:`fold` merges the first two for inference, in place."""

    def __init__(self, conv: nn.Module, norm: nn.Module) -> None:
        super().__init__()
        self.conv = conv
        self.bn = norm
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return cast("torch.Tensor", self.relu(self.bn(self.conv(x))))

    def fold(self) -> None:
        if not isinstance(self.bn, nn.Identity):
            self.conv, self.bn = _folded(self.conv, self.bn), nn.Identity()


def fold_batch_norms(module: nn.Module) -> nn.Module:
    """Merge every batch-norm of `module` into its convolution, in place; numbers change by rounding only."""
    for part in module.modules():
        if isinstance(part, ConvNorm):
            part.fold()
    return module.eval()
