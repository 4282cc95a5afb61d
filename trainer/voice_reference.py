"""A small convolutional network on log-mel spectra, against which the waveform network is measured.

It is a branch with another trunk and head, so it is trained by the same loop, on the same seconds, with the same
regularisation. It is never shipped.
"""

from dataclasses import dataclass
from typing import cast

import librosa
import torch
from torch import nn

from engine.branches import AUDIO_RATE_HZ, FEATURES, Branch

_FFT = 1024
_HOP = 512
_SILENCE = 1e-3
"""Power below which a band counts as silent, of sound in [-256, 256]: below the rounding of 16 bits."""


@dataclass(frozen=True, slots=True)
class ReferenceConfig:
    """Log-mel bands, 43 columns a second, four blocks of 3x3 convolutions."""

    mels: int = 64
    channels: tuple[int, ...] = (16, 32, 64, 96)
    dropout: float = 0.3
    band_mask: int = 8
    """In training two runs of up to so many bands are hidden (Park et al., Interspeech 2019),"""
    time_mask: int = 8
    """and one run of up to so many columns."""


class MelTrunk(nn.Module):
    """(N, 1, 22050) sound -> (N, C, mels / 8, 5) maps of its log-mel spectrum."""

    window: torch.Tensor
    filters: torch.Tensor

    def __init__(self, config: ReferenceConfig) -> None:
        super().__init__()
        self.config = config
        self.norm = nn.BatchNorm1d(config.mels)
        self.register_buffer("window", torch.hann_window(_FFT), persistent=False)
        mel = librosa.filters.mel(sr=AUDIO_RATE_HZ, n_fft=_FFT, n_mels=config.mels, fmin=50.0, fmax=10_000.0)
        self.register_buffer("filters", torch.from_numpy(mel), persistent=False)
        layers: list[nn.Module] = []
        inputs = 1
        for number, outputs in enumerate(config.channels):
            layers += [
                nn.MaxPool2d(2) if number > 1 else nn.Identity(),  # the first block halves by its stride
                nn.Conv2d(inputs, outputs, 3, stride=1 if number else 2, padding=1, bias=False),
                nn.BatchNorm2d(outputs),
                nn.ReLU(inplace=True),
            ]
            inputs = outputs
        self.blocks = nn.Sequential(*layers)
        self.out_channels = inputs

    def spectrum(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 1, 22050) -> (N, mels, 44) natural logarithms of power."""
        spectrum = torch.stft(x[:, 0], _FFT, _HOP, window=self.window, return_complex=True)
        return torch.log(self.filters @ spectrum.abs().square() + _SILENCE)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            spectrum = self.spectrum(x)
        spectrum = self.norm(spectrum)
        if self.training:
            spectrum = masked(spectrum, self.config)
        return cast("torch.Tensor", self.blocks(spectrum[:, None]))


def masked(spectra: torch.Tensor, config: ReferenceConfig) -> torch.Tensor:
    """Spectra (N, mels, T) with random runs of bands and of columns at zero, the mean after the norm."""
    bands = _runs(len(spectra), spectra.shape[1], config.band_mask) | _runs(
        len(spectra), spectra.shape[1], config.band_mask
    )
    columns = _runs(len(spectra), spectra.shape[2], config.time_mask)
    return spectra.masked_fill(bands[:, :, None] | columns[:, None, :], 0.0)


def _runs(count: int, length: int, most: int) -> torch.Tensor:
    """(count, length) True on one run a row of up to `most`, anywhere."""
    size = torch.randint(0, most + 1, (count, 1))
    start = (torch.rand(count, 1) * (length - size + 1)).long()
    place = torch.arange(length)[None]
    return (place >= start) & (place < start + size)


class PooledHead(nn.Module):
    """Mean over bands, mean and maximum over time, FC 128: the feature of a second."""

    def __init__(self, channels: int, dropout: float) -> None:
        super().__init__()
        self.drop = nn.Dropout(dropout)
        self.fc = nn.Linear(2 * channels, FEATURES["audio"])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.mean(2)
        return torch.relu(self.fc(self.drop(torch.cat([x.mean(2), x.amax(2)], 1))))


def reference_branch(config: ReferenceConfig) -> Branch:
    """(N, 1, 22050) -> (N, 128), and a classifier, as the audio branch has them."""
    trunk = MelTrunk(config)
    return Branch("audio", trunk, PooledHead(trunk.out_channels, config.dropout), config.dropout)
