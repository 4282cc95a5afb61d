"""Where somebody speaks, second by second.

The network is Silero's voice-activity detector (MIT licence) at 16 kHz, with the weights that ship in the package
`silero-vad`. They are read as tensors into the few layers below: importing that package sets torch to one thread
for the whole process, and its TorchScript file is code (and holds another training of the same network).

The answer for a second depends on that second and the one before it, never on where reading began, so a range
analysed alone gives what the whole video gives.
"""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np
import soxr
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike
from safetensors import SafetensorError
from safetensors.numpy import load_file

from engine.errors import WeightsError
from engine.sound import SOUND_RATE_HZ
from engine.values import F32, F64, Bools

SILENCE_DBFS: Final = -70.0
"""RMS under which a second counts as silent, relative to a full-scale square wave.

Measured on 437 seconds of RAVDESS, which was recorded low: the network hears speech in nine of ten seconds at -60 to
-55 dBFS, in half of those at -65 to -60, in a third at -80 to -65 and in none below.
"""
VOICE_PROBABILITY: Final = 0.5
"""A chunk of 32 ms is voice from here on: the default of the network's authors."""
SPEECH_SHARE: Final = 0.25
"""A second is speech when at least this share of it is voice."""

_RATE_HZ: Final = 16_000
_CHUNK: Final = 512
_OVERLAP: Final = 64
"""Samples of the chunk before that the network sees in front of each chunk."""
_BATCH: Final = 8
"""Pairs of seconds that pass through the network at once; more would bring the matrix library's threads in."""
_WEIGHTS: Final = "silero_vad_16k.safetensors"
_SHAPES: Final = {
    "stft_conv.weight": (258, 1, 256),
    "conv1.weight": (128, 129, 3), "conv1.bias": (128,),
    "conv2.weight": (64, 128, 3), "conv2.bias": (64,),
    "conv3.weight": (64, 64, 3), "conv3.bias": (64,),
    "conv4.weight": (128, 64, 3), "conv4.bias": (128,),
    "lstm_cell.weight_ih": (512, 128), "lstm_cell.bias_ih": (512,),
    "lstm_cell.weight_hh": (512, 128), "lstm_cell.bias_hh": (512,),
    "final_conv.weight": (1, 128, 1), "final_conv.bias": (1,),
}  # fmt: skip


class VoiceNet:
    """Silero's network: a spectrogram by convolution, four convolutions to one vector a chunk, an LSTM over chunks.

    In numpy: its many small steps cost least without a thread pool to meet at each of them.

    Args:
        weights: tensors by their names in the file, each of the shape in `_SHAPES`.
    """

    def __init__(self, weights: Mapping[str, F32]) -> None:
        self._weights = weights

    def __call__(self, wave: F32) -> F32:
        """(N, C * 512) samples at 16 kHz in [-1, 1] -> (N, C) probability of voice; each row starts from rest."""
        rows = len(wave)
        before = np.pad(wave, ((0, 0), (_OVERLAP, 0)))
        chunks = sliding_window_view(before, _OVERLAP + _CHUNK, axis=1)[:, ::_CHUNK].reshape(-1, _OVERLAP + _CHUNK)
        x = np.pad(chunks, ((0, 0), (0, 64)), mode="reflect")[:, :, None]
        x = self._convolution("stft_conv", x, stride=128)
        x = np.sqrt(x[..., :129] ** 2 + x[..., 129:] ** 2)
        for name, stride in (("conv1", 1), ("conv2", 2), ("conv3", 2), ("conv4", 1)):
            x = np.maximum(self._convolution(name, np.pad(x, ((0, 0), (1, 1), (0, 0))), stride), 0)
        states = self._lstm(x.reshape(rows, -1, 128))
        return _sigmoid(self._convolution("final_conv", np.maximum(states, 0), stride=1))[..., 0]

    def _convolution(self, name: str, x: F32, stride: int) -> F32:
        """(M, T, channels) -> (M, T', channels out)."""
        weight, bias = self._weights[f"{name}.weight"], self._weights.get(f"{name}.bias", np.float32(0))
        patches = sliding_window_view(x, weight.shape[2], axis=1)[:, ::stride]
        return _product(patches.reshape(*patches.shape[:2], -1), weight.reshape(len(weight), -1)) + bias

    def _lstm(self, x: F32) -> F32:
        """(N, C, 128) -> hidden states (N, C, 128); gates in torch's order: input, forget, cell, output."""
        weights = self._weights
        recurrent = np.ascontiguousarray(weights["lstm_cell.weight_hh"].T)
        gates = _product(x[:, :, None], weights["lstm_cell.weight_ih"])[:, :, 0]
        gates += weights["lstm_cell.bias_ih"] + weights["lstm_cell.bias_hh"]
        states = np.zeros_like(x)
        hidden = cell = np.zeros_like(x[:, 0])
        for step in range(x.shape[1]):
            enter, keep, new, leave = np.split(gates[:, step] + hidden @ recurrent, 4, axis=1)
            cell = _sigmoid(keep) * cell + _sigmoid(enter) * np.tanh(new)
            hidden = _sigmoid(leave) * np.tanh(cell)
            states[:, step] = hidden
        return states


class SpeechDetector:
    """Tells which seconds of sound hold speech.

    Raises:
        WeightsError: the package's weights are missing or not those this network was written for.
    """

    def __init__(self) -> None:
        self._net = _load()

    def shares(self, waves: ArrayLike, before: ArrayLike | None = None, valid_samples: ArrayLike | None = None) -> F32:
        """Share of each second that is speech.

        Args:
            waves: (N, 22050) float32 in [-1, 1], consecutive seconds, mono.
            before: (22050,), the second in front of the first; None where the sound begins.
            valid_samples: (N,) how many samples of each second are sound (0 to 22050), all by default.

        Returns:
            (N,) float32 in [0, 1]: voice as a share of the valid part; 0 for a silent second.

        Raises:
            ValueError: the arrays' shapes are others.
        """
        seconds = np.asarray(waves, np.float32)
        count = len(seconds)
        first = np.zeros(SOUND_RATE_HZ, np.float32) if before is None else np.asarray(before, np.float32)
        valid = np.full(count, SOUND_RATE_HZ) if valid_samples is None else np.asarray(valid_samples, np.int64)
        if seconds.shape != (count, SOUND_RATE_HZ) or first.shape != (SOUND_RATE_HZ,) or valid.shape != (count,):
            raise ValueError(f"shapes {seconds.shape}, {first.shape}, {valid.shape} for seconds of {SOUND_RATE_HZ}")
        shares = np.zeros(count, np.float32)
        heard = np.flatnonzero(~silent(seconds, valid))
        if len(heard):
            previous = np.concatenate([first[None], seconds[:-1]])
            voice = self._voice(np.concatenate([previous[heard], seconds[heard]], axis=1))
            shares[heard] = _share(voice, valid[heard])
        return shares

    def _voice(self, pairs: F32) -> Bools:
        """(N, 44100) pairs of seconds at 22,050 Hz -> (N, C) which chunks, the last ending with the pair, are voice."""
        wave = soxr.resample(np.ascontiguousarray(pairs.T), SOUND_RATE_HZ, _RATE_HZ).T
        lead = -wave.shape[1] % _CHUNK
        padded = np.pad(wave, ((0, 0), (lead, 0)))
        batches = [padded[first : first + _BATCH] for first in range(0, len(padded), _BATCH)]
        return np.concatenate([self._net(batch) for batch in batches]) >= VOICE_PROBABILITY


def silent(waves: ArrayLike, valid_samples: ArrayLike | None = None) -> Bools:
    """Which seconds are silent: RMS of the valid part under `SILENCE_DBFS`.

    Args:
        waves: (N, S) samples in [-1, 1].
        valid_samples: (N,) samples of each row that are sound, all by default; the rest must be zero.

    Returns:
        (N,) bool; True where nothing is valid.
    """
    seconds = np.asarray(waves, np.float32)
    valid = seconds.shape[1] if valid_samples is None else np.asarray(valid_samples)
    energy = np.einsum("ns,ns->n", seconds, seconds)
    return np.asarray(energy <= valid * 10 ** (SILENCE_DBFS / 10))


def is_speech(shares: ArrayLike, least: float = SPEECH_SHARE) -> Bools:
    """(N,) shares -> (N,) bool: which seconds the audio branch may speak for."""
    return np.asarray(shares) >= least


def _share(voice: Bools, valid: ArrayLike) -> F64:
    """(N, C) chunks that end with the second, (N,) valid samples at 22,050 Hz -> (N,) voice by share of valid time."""
    ends = _RATE_HZ - _CHUNK * np.arange(voice.shape[1])[::-1]
    valid_end = np.asarray(valid)[:, None] * (_RATE_HZ / SOUND_RATE_HZ)
    inside = np.clip(np.minimum(ends, valid_end) - np.maximum(ends - _CHUNK, 0), 0, None)
    return np.asarray((inside * voice).sum(axis=1) / inside.sum(axis=1))


def _product(x: F32, weight: F32) -> F32:
    """(..., T, K), (J, K) -> (..., T, J), as many small products: the matrix library keeps those to one thread."""
    return np.asarray(x @ np.ascontiguousarray(weight.T))


def _sigmoid(x: F32) -> F32:
    """By tanh, which does not overflow."""
    return np.asarray(0.5 * np.tanh(0.5 * x) + 0.5)


def _load() -> VoiceNet:
    spec = find_spec("silero_vad")
    if spec is None or not spec.submodule_search_locations:
        raise WeightsError(_WEIGHTS, "the package silero-vad, which holds the speech detector, is not installed")
    path = Path(spec.submodule_search_locations[0]) / "data" / _WEIGHTS
    try:
        weights = load_file(path)
    except (OSError, SafetensorError) as error:
        raise WeightsError(path, "the speech detector's weights cannot be read") from error
    if {name: tensor.shape for name, tensor in weights.items()} != _SHAPES:
        raise WeightsError(path, "these are not the speech detector's weights")
    return VoiceNet(weights)
