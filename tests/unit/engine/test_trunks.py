"""The trunks are the published networks: sizes, folding, and FaceNet's numbers beside facenet-pytorch's own."""

import pytest
import torch
from torch import nn

from engine.faces.torchvision_compat import import_facenet_pytorch
from engine.trunks.c3d import C3DTrunk
from engine.trunks.facenet import FaceNetTrunk
from engine.trunks.layers import fold_batch_norms, scaled
from engine.trunks.soundnet import SoundNetTrunk


def parameter_count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def unsettled(module: nn.Module, seed: int = 0) -> nn.Module:
    """With batch-norms as after some training: no factor, offset, mean or variance is what it was made as."""
    generator = torch.Generator().manual_seed(seed)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d):
            for tensor in (part.weight.data, part.running_var):
                tensor.copy_(0.5 + torch.rand(tensor.shape, generator=generator))
            for tensor in (part.bias.data, part.running_mean):
                tensor.copy_(0.2 * torch.randn(tensor.shape, generator=generator))
    return module.eval()


def assert_agree(one: torch.Tensor, other: torch.Tensor) -> None:
    """To a hundred-thousandth of the largest number."""
    torch.testing.assert_close(one, other, rtol=0, atol=1e-5 * float(other.abs().max()))


def test_full_width_counts() -> None:
    with torch.device("meta"):
        assert parameter_count(FaceNetTrunk()) == 22_564_096
        assert parameter_count(C3DTrunk()) == 27_655_936
        assert parameter_count(SoundNetTrunk()) == 116_432


@torch.inference_mode()
def test_full_width_shapes() -> None:
    with torch.device("meta"):
        assert FaceNetTrunk().eval()(torch.zeros(2, 3, 160, 160)).shape == (2, 1792, 3, 3)
        assert FaceNetTrunk().eval()(torch.zeros(2, 3, 112, 112)).shape == (2, 1792, 2, 2)
        assert C3DTrunk().eval()(torch.zeros(2, 3, 16, 112, 112)).shape == (2, 512, 4, 4)
        assert SoundNetTrunk().eval()(torch.zeros(2, 1, 22_050)).shape == (2, 128, 22)


@torch.inference_mode()
@pytest.mark.parametrize(
    ("trunk", "shape"),
    [
        (FaceNetTrunk(0.25, (1, 2, 1)), (1, 3, 112, 112)),
        (C3DTrunk(0.125, batch_norm=True), (1, 3, 16, 56, 56)),
        (C3DTrunk(0.125, batch_norm=True, depth=1), (1, 3, 1, 56, 56)),
        (SoundNetTrunk(0.5), (1, 1, 22_050)),
    ],
)
def test_folding_changes_nothing_but_the_count(trunk: nn.Module, shape: tuple[int, ...]) -> None:
    trunk = unsettled(trunk)
    x = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    before = trunk(x)
    channels = before.shape[1]
    assert channels == trunk.out_channels
    fold_batch_norms(trunk)
    assert_agree(trunk(x), before)
    assert not any("running" in name for name in trunk.state_dict())


def test_folded_c3d_is_the_published_topology() -> None:
    folded = fold_batch_norms(unsettled(C3DTrunk(0.125, batch_norm=True)))
    assert folded.state_dict().keys() == C3DTrunk(0.125).state_dict().keys()


def test_widths_are_multiples_of_eight() -> None:
    assert [scaled(channels, 0.3) for channels in (16, 80, 192, 256)] == [8, 24, 56, 80]
    assert scaled(80, 1) == 80


@torch.inference_mode()
def test_soundnet_takes_the_first_22_steps() -> None:
    trunk = unsettled(SoundNetTrunk(0.5))
    wave = torch.randn(1, 1, 22_050, generator=torch.Generator().manual_seed(2))
    steps = trunk.conv4(trunk.conv3(trunk.pool(trunk.conv2(trunk.pool(trunk.conv1(wave))))))
    assert steps.shape[-1] == 23
    assert torch.equal(trunk(wave), steps[..., :22])


@torch.inference_mode()
def test_facenet_agrees_with_facenet_pytorch() -> None:
    torch.manual_seed(3)
    theirs = unsettled(import_facenet_pytorch().InceptionResnetV1(pretrained=None))
    seen: list[torch.Tensor] = []
    theirs.block8.register_forward_hook(lambda _module, _inputs, output: seen.append(output))
    ours = FaceNetTrunk().eval()
    ours.load_state_dict({n: t for n, t in theirs.state_dict().items() if not n.startswith("last_")})
    x = torch.randn(1, 3, 160, 160)
    theirs(x)
    (block8,) = seen
    assert float(block8.min()) < 0  # no ReLU at the end
    assert_agree(ours(x), block8)
