"""Temporal pooling of the three branches and their fusion into one of seven emotions."""

from dataclasses import dataclass
from typing import cast

import torch
from torch import nn

from engine.branches import FEATURES
from engine.emotions import COUNT
from engine.netvlad import NetVLAD


@dataclass(frozen=True, slots=True)
class FusionConfig:
    """Sizes of what comes after the branches."""

    clusters: int = 8
    pooled: int = 128
    hidden: int = 128
    dropout: float = 0.5


@dataclass(frozen=True, slots=True)
class FusionInput:
    """A batch of feature sets, padded: features (N, T, D), masks (N, T) of the real ones.

    A row whose mask is empty says that the branch is missing there; the fusion then goes without it.
    """

    frame: torch.Tensor
    frame_mask: torch.Tensor
    slice: torch.Tensor
    slice_mask: torch.Tensor
    audio: torch.Tensor
    audio_mask: torch.Tensor


class Fusion(nn.Module):
    """NetVLAD + FC 128 for frames and slices, the mean over seconds for sound; 384 -> FC 128 -> FC 7.

    A missing branch gives zeros, as it does in training under modality dropout.
    """

    def __init__(self, config: FusionConfig) -> None:
        super().__init__()
        self.frame_vlad = NetVLAD(FEATURES["frame"], config.clusters)
        self.slice_vlad = NetVLAD(FEATURES["slice"], config.clusters)
        self.frame_fc = nn.Linear(config.clusters * FEATURES["frame"], config.pooled)
        self.slice_fc = nn.Linear(config.clusters * FEATURES["slice"], config.pooled)
        self.drop = nn.Dropout(config.dropout)
        self.hidden = nn.Linear(2 * config.pooled + FEATURES["audio"], config.hidden)
        self.out = nn.Linear(config.hidden, COUNT)

    def forward(self, batch: FusionInput) -> torch.Tensor:
        """(N, 7) logits."""
        heard = batch.audio_mask.any(1)
        count = batch.audio_mask.sum(1, keepdim=True).clamp_min(1).to(batch.audio.dtype)
        voice = (batch.audio * batch.audio_mask[..., None].to(batch.audio.dtype)).sum(1) / count
        return self.from_sums(
            self.frame_vlad.sums(batch.frame, batch.frame_mask), batch.frame_mask.any(1),
            self.slice_vlad.sums(batch.slice, batch.slice_mask), batch.slice_mask.any(1), voice, heard,
        )  # fmt: skip

    def from_sums(
        self, frames: torch.Tensor, has_frames: torch.Tensor, slices: torch.Tensor, has_slices: torch.Tensor,
        voice: torch.Tensor, has_voice: torch.Tensor,
    ) -> torch.Tensor:  # fmt: skip
        """(N, 7) logits from NetVLAD sums (N, K, D), the mean voice feature (N, 128), and (N,) what is there."""
        face = torch.relu(self.frame_fc(self.drop(NetVLAD.described(frames)))) * has_frames[:, None].to(frames.dtype)
        motion = torch.relu(self.slice_fc(self.drop(NetVLAD.described(slices)))) * has_slices[:, None].to(slices.dtype)
        voice = voice * has_voice[:, None].to(voice.dtype)
        joined = torch.cat([face, motion, voice], 1)
        return cast("torch.Tensor", self.out(self.drop(torch.relu(self.hidden(self.drop(joined))))))
