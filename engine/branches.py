"""A branch: trunk, head (to the stored feature) and stage-1 classifier, with the numbers that describe it.

Features are what the feature store keeps: 256 for a frame, 256 for a slice, 128 for a second of sound.
"""

from dataclasses import dataclass, fields
from typing import Any, cast

import torch
from torch import nn

from engine.emotions import COUNT
from engine.trunks.c3d import C3DTrunk
from engine.trunks.facenet import FaceNetTrunk
from engine.trunks.layers import fold_batch_norms
from engine.trunks.soundnet import SoundNetTrunk
from engine.values import BranchName

SLICE_FRAMES = 16
AUDIO_RATE_HZ = 22_050
FEATURES: dict[BranchName, int] = {"frame": 256, "slice": 256, "audio": 128}


@dataclass(frozen=True, slots=True)
class FrameConfig:
    """The frame branch. Defaults are the full profile: the published Inception-ResNet-v1 at 160 pixels."""

    width: float = 1.0
    repeats: tuple[int, int, int] = (5, 10, 5)
    input_px: int = 160
    margin: float = 0.3
    """Share of the face box added on each side; that of the images the trunk was trained on."""
    crop_px: int = 160
    """Side at which faces are cut from the picture; then brought to `input_px`. That of the training images:
    a network that learned from 48-pixel faces reads finer detail wrongly."""
    grey: bool = False
    """True when the training images had no colour; three equal channels are fed."""
    normalisation: str = "fixed"
    """`fixed`: (x - 127.5) / 128. `prewhiten`: per image (x - mean) / max(std, 1 / sqrt(n)), for the Keras FaceNet."""
    head_channels: int = 256
    head_kernel: int = 3
    dropout: float = 0.5


@dataclass(frozen=True, slots=True)
class SliceConfig:
    """The slice branch. Defaults are the full profile: C3D of Sports-1M."""

    width: float = 1.0
    input_px: int = 112
    margin: float = 0.3
    crop_px: int = 112
    grey: bool = False
    mean_bgr: tuple[float, float, float] = (90.25, 97.66, 101.41)
    scale: float = 1.0
    """What the centred pixels are multiplied by; 1 for published weights."""
    head_channels: int = 256
    head_kernel: int = 3
    dropout: float = 0.5


@dataclass(frozen=True, slots=True)
class AudioConfig:
    """The audio branch. Defaults are the full profile; the paper scales sound to [-256, 256]."""

    width: float = 1.0
    amplitude: float = 256.0
    head_channels: int = 512
    lstm: tuple[int, int] = (128, 128)
    dropout: float = 0.5
    levelled: float = 0.0
    """Share of a second's level, in decibels, that is taken out: 0 leaves sound as loud as it was recorded, 1 makes
    every second equally loud."""


def chosen(config: Any) -> dict[str, Any]:
    """What a configuration sets apart from its defaults: a choice that is new to the program, and stays as it was
    before, makes no other model of it."""
    values = ((known.name, known.default, getattr(config, known.name)) for known in fields(config))
    return {name: value for name, default, value in values if value != default}


class PictureHead(nn.Module):
    """conv2D + ReLU, then FC 256 + ReLU: a feature map to the feature that is stored."""

    def __init__(self, channels: int, side: int, inner: int, kernel: int, out: int, dropout: float) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, inner, kernel, padding=kernel // 2)
        self.drop = nn.Dropout(dropout)
        self.fc = nn.Linear(inner * side * side, out)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.conv(x)).flatten(1)
        return torch.relu(self.fc(self.drop(x)))


class SoundHead(nn.Module):
    """conv1D + ReLU, then two LSTM levels; the last state is the feature of a second."""

    def __init__(self, channels: int, inner: int, lstm: tuple[int, int], dropout: float) -> None:
        super().__init__()
        self.conv = nn.Conv1d(channels, inner, 3, padding=1)
        self.drop = nn.Dropout(dropout)
        self.lstm1 = nn.LSTM(inner, lstm[0], batch_first=True)
        self.lstm2 = nn.LSTM(lstm[0], lstm[1], batch_first=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.conv(x)).transpose(1, 2)
        x, _ = self.lstm1(self.drop(x))
        x, _ = self.lstm2(self.drop(x))
        return x[:, -1]


class Branch(nn.Module):
    """Trunk and head; calling it gives the feature. The classifier is apart: it is fine-tuned without the trunk."""

    def __init__(self, name: BranchName, trunk: nn.Module, head: nn.Module, dropout: float) -> None:
        super().__init__()
        self.name = name
        self.trunk = trunk
        self.head = head
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(FEATURES[name], COUNT))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Normalised input -> features (N, 256) or (N, 128), before the classifier."""
        return cast("torch.Tensor", self.head(self.trunk(x)))

    def prepared(self) -> "Branch":
        """For inference: batch-norms folded, evaluation mode. In place."""
        fold_batch_norms(self.trunk)
        return self.eval().requires_grad_(False)


def frame_branch(config: FrameConfig) -> Branch:
    """(N, 3, S, S) -> (N, 256)."""
    trunk = FaceNetTrunk(config.width, config.repeats)
    side, out = trunk.side(config.input_px), FEATURES["frame"]
    head = PictureHead(trunk.out_channels, side, config.head_channels, config.head_kernel, out, config.dropout)
    return Branch("frame", trunk, head, config.dropout)


def slice_branch(config: SliceConfig, batch_norm: bool = False, depth: int = 3) -> Branch:
    """(N, 3, 16, S, S) -> (N, 256). `batch_norm` and `depth` as in :class:`C3DTrunk`, for training from scratch."""
    trunk = C3DTrunk(config.width, batch_norm, depth)
    side, out = trunk.side(config.input_px), FEATURES["slice"]
    head = PictureHead(trunk.out_channels, side, config.head_channels, config.head_kernel, out, config.dropout)
    return Branch("slice", trunk, head, config.dropout)


def audio_branch(config: AudioConfig) -> Branch:
    """(N, 1, 22050) -> (N, 128)."""
    trunk = SoundNetTrunk(config.width)
    head = SoundHead(trunk.out_channels, config.head_channels, config.lstm, config.dropout)
    return Branch("audio", trunk, head, config.dropout)
