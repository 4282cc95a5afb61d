"""The quick C3D gives what the plain one gives."""

import pytest
import torch
from torch import nn

from engine.trunks.c3d import C3DTrunk
from engine.trunks.winograd import CACHED_TILES, QuickC3D, WinogradConv3d


def plain(conv: nn.Conv3d, x: torch.Tensor, pooled: bool) -> torch.Tensor:
    """Convolution, pooling and ReLU on (T, H, W, C)."""
    y = torch.relu(conv(x.permute(3, 0, 1, 2)[None]))
    if pooled:
        y = nn.functional.max_pool3d(y, 2)
    return y[0].permute(1, 2, 3, 0)


@pytest.mark.parametrize("tile", [2, 4])
@pytest.mark.parametrize("pooled", [False, True])
@pytest.mark.parametrize("shape", [(4, 8, 8), (2, 12, 20), (6, 14, 14)])
@torch.inference_mode()
def test_layer_equals_the_plain_convolution(tile: int, pooled: bool, shape: tuple[int, int, int]) -> None:
    torch.manual_seed(1)
    conv = nn.Conv3d(5, 7, 3, padding=1)
    x = torch.randn(*shape, 5)
    expected = plain(conv, x, pooled)
    got = WinogradConv3d(conv, tile, pooled)(x)
    assert got.shape == expected.shape
    torch.testing.assert_close(got, expected, atol=1e-5, rtol=1e-4)


@torch.inference_mode()
def test_sizes_that_no_tile_fits_are_padded_and_cut() -> None:
    torch.manual_seed(2)
    conv = nn.Conv3d(3, 4, 3, padding=1)
    x = torch.randn(3, 7, 9, 3)
    torch.testing.assert_close(WinogradConv3d(conv, 4, False)(x), plain(conv, x, False), atol=1e-5, rtol=1e-4)


@torch.inference_mode()
def test_steps_done_in_groups_meet_without_a_seam() -> None:
    torch.manual_seed(3)
    conv = nn.Conv3d(2, 3, 3, padding=1)
    x = torch.randn(6, 60, 60, 2)
    assert CACHED_TILES // (15 * 15) < 6, "the test needs more than one group"
    torch.testing.assert_close(WinogradConv3d(conv, 4, True)(x), plain(conv, x, True), atol=1e-5, rtol=1e-4)


@torch.inference_mode()
def test_whole_trunk_equals_the_plain_one_and_ignores_the_batch() -> None:
    torch.manual_seed(4)
    trunk = C3DTrunk().eval()
    slices = torch.randn(2, 3, 16, 112, 112) * 50
    expected = trunk(slices[:1])
    quick = QuickC3D(trunk)
    got = quick(slices[:1])
    assert got.shape == expected.shape == (1, 512, 4, 4)
    assert float((got - expected).abs().max()) < 1e-4 * float(expected.abs().max())
    assert torch.equal(quick(slices)[:1], got)
