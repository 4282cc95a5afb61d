"""The branches: sizes of the full profile and of narrow ones, and being made ready."""

import pytest
import torch
from torch import nn

from engine.branches import (
    FEATURES,
    AudioConfig,
    Branch,
    FrameConfig,
    PictureHead,
    SliceConfig,
    SoundHead,
    audio_branch,
    frame_branch,
    slice_branch,
)

NARROW_FRAME = FrameConfig(0.125, (1, 1, 1), input_px=96, head_channels=8)
NARROW_SLICE = SliceConfig(0.125, input_px=64, head_channels=8)
NARROW_AUDIO = AudioConfig(0.25, head_channels=16, lstm=(16, 128))


def full_branches() -> list[tuple[Branch, torch.Tensor]]:
    return [
        (frame_branch(FrameConfig()), torch.zeros(2, 3, 160, 160)),
        (slice_branch(SliceConfig()), torch.zeros(2, 3, 16, 112, 112)),
        (audio_branch(AudioConfig()), torch.zeros(2, 1, 22_050)),
    ]


def narrow_branches() -> list[tuple[Branch, torch.Tensor]]:
    torch.manual_seed(0)
    return [
        (frame_branch(NARROW_FRAME), torch.randn(2, 3, 96, 96)),
        (slice_branch(NARROW_SLICE, batch_norm=True), torch.randn(2, 3, 16, 64, 64)),
        (audio_branch(NARROW_AUDIO), torch.randn(2, 1, 22_050)),
    ]


def test_full_profile_has_the_documented_sizes() -> None:
    with torch.device("meta"):
        for branch, x in full_branches():
            branch.eval()
            assert branch(x).shape == (2, FEATURES[branch.name])
            assert branch.classifier(branch(x)).shape == (2, 7)
    assert FEATURES == {"frame": 256, "slice": 256, "audio": 128}


def test_full_heads_are_those_of_the_paper() -> None:
    with torch.device("meta"):
        (frame, _), (motion, _), (audio, _) = full_branches()
    for branch, side in ((frame, 3), (motion, 4)):
        head = branch.head
        assert isinstance(head, PictureHead)
        assert (head.conv.out_channels, head.conv.kernel_size, head.fc.in_features) == (256, (3, 3), 256 * side * side)
    assert isinstance(audio.head, SoundHead)
    assert (audio.head.conv.out_channels, audio.head.lstm1.hidden_size, audio.head.lstm2.hidden_size) == (512, 128, 128)


@torch.inference_mode()
def test_narrow_branches_give_features_of_the_same_sizes() -> None:
    for branch, x in narrow_branches():
        assert branch.eval()(x).shape == (2, FEATURES[branch.name])


@torch.inference_mode()
def test_features_of_pictures_are_not_negative() -> None:
    for branch, x in narrow_branches()[:2]:
        assert branch.eval()(x).min() >= 0


@pytest.mark.parametrize("kernel", [1, 3])
def test_the_head_keeps_the_side_of_the_map(kernel: int) -> None:
    head = PictureHead(4, 3, 8, kernel, 16, 0.5)
    assert head(torch.zeros(2, 4, 3, 3)).shape == (2, 16)


@torch.inference_mode()
def test_the_sound_head_gives_its_last_state() -> None:
    torch.manual_seed(0)
    head = SoundHead(4, 8, (6, 5), 0.5).eval()
    x = torch.randn(1, 4, 22)
    states, _ = head.lstm2(head.lstm1(torch.relu(head.conv(x)).transpose(1, 2))[0])
    torch.testing.assert_close(head(x), states[:, -1])


@torch.inference_mode()
def test_prepared_branches_say_the_same_without_batch_norms() -> None:
    for branch, x in narrow_branches():
        before = branch.eval()(x)
        prepared = branch.prepared()
        assert prepared is branch
        assert not any(isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d) for part in branch.modules())
        assert not any(parameter.requires_grad for parameter in branch.parameters())
        assert not branch.training
        torch.testing.assert_close(branch(x), before, rtol=1e-3, atol=1e-5)


def test_the_flat_start_of_the_slice_branch_takes_single_pictures() -> None:
    with torch.device("meta"):
        flat = slice_branch(NARROW_SLICE, batch_norm=True, depth=1).eval()
        assert flat(torch.zeros(2, 3, 1, 64, 64)).shape == (2, 256)
