"""Log-mel spectra as a second task for a waveform network, and filters like those of the ear to start from."""

import librosa
import numpy as np
import torch
from torch import nn
from torch.nn import functional as nnf

from engine.branches import AUDIO_RATE_HZ
from engine.trunks.soundnet import STEPS

MELS = 64
_FFT = 1024
_HOP = AUDIO_RATE_HZ // STEPS


class LogMel(nn.Module):
    """Predicts a second's log-mel spectrum, one column a step of the trunk, from the trunk's features.

    A waveform network from scratch finds useful filters slowly; the spectrum, which needs no labels, tells it what is
    there. Used in training only.
    """

    window: torch.Tensor
    filters: torch.Tensor

    def __init__(self, channels: int, weight: float = 0.3) -> None:
        super().__init__()
        self.out = nn.Conv1d(channels, MELS, 1)
        self.weight = weight
        self.register_buffer("window", torch.hann_window(_FFT), persistent=False)
        mel = librosa.filters.mel(sr=AUDIO_RATE_HZ, n_fft=_FFT, n_mels=MELS, fmin=50.0)
        self.register_buffer("filters", torch.from_numpy(mel), persistent=False)

    def spectrum(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 1, 22050) in [-256, 256] -> (N, 64, 22) standardised log-mel powers."""
        spectrum = torch.stft(x[:, 0], _FFT, _HOP, window=self.window, return_complex=True)[..., :STEPS]
        powers = torch.log(self.filters @ spectrum.abs().square() + 1e-2)
        return (powers - powers.mean((1, 2), keepdim=True)) / (powers.std((1, 2), keepdim=True) + 1e-3)

    def forward(self, maps: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """The weighted squared error of the prediction from the trunk's maps (N, C, 22) of inputs (N, 1, 22050)."""
        with torch.no_grad():
            wanted = self.spectrum(x)
        return self.weight * nnf.mse_loss(self.out(maps), wanted)


@torch.no_grad()
def start_from_gabor(conv: nn.Conv1d, low_hz: float = 80.0, high_hz: float = 6000.0) -> None:
    """Set a first layer's filters (out, 1, width) to windowed cosines and sines, equally spaced on the mel scale."""
    out, _, width = conv.weight.shape
    centres_hz = librosa.mel_to_hz(np.linspace(librosa.hz_to_mel(low_hz), librosa.hz_to_mel(high_hz), (out + 1) // 2))
    time_s = (np.arange(width) - (width - 1) / 2) / AUDIO_RATE_HZ
    for index in range(out):
        phase = np.pi / 2 * (index % 2)
        wave = np.hanning(width) * np.cos(2 * np.pi * centres_hz[index // 2] * time_s + phase)
        conv.weight[index, 0] = torch.from_numpy((wave / np.linalg.norm(wave)).astype(np.float32))
    if conv.bias is not None:
        conv.bias.zero_()
