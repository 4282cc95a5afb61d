"""Log-mel spectra and filters to start from."""

import librosa
import numpy as np
import pytest
import torch
from torch import nn

from engine.branches import AUDIO_RATE_HZ
from trainer.spectra import MELS, LogMel, start_from_gabor

FFT, HOP, STEPS = 1024, 1002, 22


def waves(count: int = 2) -> np.ndarray:
    """A rising tone and noise, (N, 22050) float32."""
    time_s = np.arange(AUDIO_RATE_HZ) / AUDIO_RATE_HZ
    rising = np.sin(2 * np.pi * (200 + 2000 * time_s) * time_s)
    noise = np.random.default_rng(0).normal(0, 0.1, AUDIO_RATE_HZ)
    return np.stack([rising, noise][:count]).astype(np.float32)


def test_spectrum_agrees_with_librosa() -> None:
    given = 256 * waves()
    found = LogMel(8).spectrum(torch.from_numpy(given)[:, None]).numpy()
    assert found.shape == (2, MELS, STEPS)
    for wave, columns in zip(given, found, strict=True):
        power = librosa.feature.melspectrogram(
            y=wave, sr=AUDIO_RATE_HZ, n_fft=FFT, hop_length=HOP, n_mels=MELS, fmin=50, pad_mode="reflect"
        )[:, :STEPS]
        logs = np.log(power + 1e-2)
        np.testing.assert_allclose(columns, (logs - logs.mean()) / (logs.std(ddof=1) + 1e-3), atol=2e-3)


def test_spectrum_is_standardised_whatever_the_level() -> None:
    x = torch.from_numpy(256 * waves())[:, None]
    mel = LogMel(8)
    spectrum = mel.spectrum(x)
    torch.testing.assert_close(spectrum.mean((1, 2)), torch.zeros(2), atol=1e-4, rtol=0)
    torch.testing.assert_close(spectrum.std((1, 2)), torch.ones(2), atol=1e-2, rtol=0)
    torch.testing.assert_close(mel.spectrum(x[1:] / 4), spectrum[1:], atol=0.05, rtol=0)  # no bin of noise is silent
    assert torch.isfinite(mel.spectrum(torch.zeros(1, 1, AUDIO_RATE_HZ))).all()


def test_loss_is_the_weighted_squared_error() -> None:
    x = torch.from_numpy(256 * waves())[:, None]
    mel = LogMel(8, weight=0.5)
    nn.init.zeros_(mel.out.weight)
    nn.init.zeros_(mel.out.bias)
    maps = torch.randn(2, 8, STEPS, requires_grad=True)
    expected = 0.5 * mel.spectrum(x).square().mean()
    torch.testing.assert_close(mel(maps, x), expected)
    nn.init.ones_(mel.out.weight)
    mel(maps, x).backward()
    assert maps.grad is not None
    assert mel.out.weight.grad is not None
    assert maps.grad.abs().sum() > 0


def test_spectra_can_be_learned_from_maps_that_hold_them() -> None:
    x = torch.from_numpy(256 * waves())[:, None]
    mel = LogMel(MELS)
    with torch.no_grad():
        mel.out.weight.copy_(torch.eye(MELS)[..., None])
        mel.out.bias.zero_()
    assert float(mel(mel.spectrum(x), x).detach()) == 0


def test_only_what_is_trained_is_kept() -> None:
    assert set(LogMel(8).state_dict()) == {"out.weight", "out.bias"}


@pytest.mark.parametrize("out", [8, 16])
def test_filters_peak_at_rising_frequencies(out: int) -> None:
    conv = nn.Conv1d(1, out, 64, 2, 32)
    start_from_gabor(conv)
    filters = conv.weight.detach().numpy()[:, 0]
    np.testing.assert_allclose(np.linalg.norm(filters, axis=1), 1, rtol=1e-5)
    assert conv.bias is not None
    assert not conv.bias.any()
    # cosine and sine of one frequency are the two parts of a filter with a single peak
    peak_hz = np.abs(np.fft.fft(filters[0::2] - 1j * filters[1::2], 8192)).argmax(1) * AUDIO_RATE_HZ / 8192
    wanted_hz = librosa.mel_to_hz(np.linspace(*librosa.hz_to_mel([80.0, 6000.0]), out // 2))
    assert (np.diff(peak_hz) > 0).all()
    np.testing.assert_allclose(peak_hz[1:], wanted_hz[1:], atol=20)


def test_filters_of_an_odd_number_without_bias() -> None:
    conv = nn.Conv1d(1, 5, 64, bias=False)
    start_from_gabor(conv, 500, 2000)
    assert torch.isfinite(conv.weight).all()
    peak_hz = np.abs(np.fft.rfft(conv.weight.detach().numpy()[:, 0], 8192)).argmax(1) * AUDIO_RATE_HZ / 8192
    assert np.diff(peak_hz[0::2]).min() > 100
    assert peak_hz[0] == pytest.approx(500, abs=60)
    assert peak_hz[4] == pytest.approx(2000, abs=60)
