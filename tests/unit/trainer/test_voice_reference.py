"""The log-mel network that the waveform network is measured against."""

from dataclasses import replace
from pathlib import Path

import librosa
import numpy as np
import torch

from engine.branches import AUDIO_RATE_HZ, AudioConfig
from engine.emotions import COUNT
from trainer.datasets.example import VoiceClip
from trainer.datasets.sound import Waves
from trainer.sources import VoiceSource
from trainer.stage1 import Schedule, predict, train_branch
from trainer.voice_reference import MelTrunk, ReferenceConfig, masked, reference_branch

SMALL = ReferenceConfig(mels=32, channels=(4, 8, 8, 8), dropout=0.1)


def tones(count: int = 2) -> torch.Tensor:
    """(N, 1, 22050): tones of 300, 600, ... Hz in noise."""
    time_s = np.arange(AUDIO_RATE_HZ) / AUDIO_RATE_HZ
    rng = np.random.default_rng(0)
    waves = [40 * np.sin(2 * np.pi * 300 * (n + 1) * time_s) + rng.normal(0, 1, len(time_s)) for n in range(count)]
    return torch.from_numpy(np.stack(waves).astype(np.float32))[:, None]


def test_spectrum_agrees_with_librosa() -> None:
    x = tones()
    found = MelTrunk(ReferenceConfig()).spectrum(x).numpy()
    for wave, columns in zip(x[:, 0].numpy(), found, strict=True):
        power = librosa.feature.melspectrogram(
            y=wave, sr=AUDIO_RATE_HZ, n_fft=1024, hop_length=512, n_mels=64, fmin=50, fmax=10_000, pad_mode="reflect"
        )
        np.testing.assert_allclose(columns, np.log(power + 1e-3), atol=2e-3)


def test_silence_is_a_number() -> None:
    branch = reference_branch(SMALL).eval()
    assert torch.isfinite(branch.classifier(branch(torch.zeros(2, 1, AUDIO_RATE_HZ)))).all()


def test_it_has_the_shape_of_the_audio_branch() -> None:
    branch = reference_branch(ReferenceConfig()).eval()
    maps = branch.trunk(tones())
    assert maps.shape[:2] == (2, 96)
    features = branch(tones())
    assert features.shape == (2, 128)
    assert branch.classifier(features).shape == (2, COUNT)
    assert branch.name == "audio"
    assert sum(value.numel() for value in branch.parameters()) < 120_000


def test_masks_hide_runs_of_bands_and_columns_in_training_only() -> None:
    spectra = torch.ones(300, 32, 44)
    torch.manual_seed(0)
    hidden = masked(spectra, replace(SMALL, band_mask=4, time_mask=6)) == 0
    bands, columns = hidden.all(2), hidden.all(1)
    torch.testing.assert_close(hidden, bands[:, :, None] | columns[:, None, :])
    assert 6 < bands.sum(1).max() <= 2 * 4
    assert columns.sum(1).max() == 6
    starts = (columns.int().diff(dim=1, prepend=torch.zeros(300, 1, dtype=torch.int32)) == 1).sum(1)
    assert starts.max() == 1  # one run of columns
    assert set(columns.any(0).tolist()) == {True}  # anywhere
    assert torch.equal(masked(spectra, replace(SMALL, band_mask=0, time_mask=0)), spectra)
    branch = reference_branch(SMALL).eval()
    assert torch.equal(branch(tones()), branch(tones()))


def test_an_earlier_part_is_not_moved_by_what_follows_it() -> None:
    trunk = MelTrunk(SMALL).eval()
    first = tones(1)
    later = first.clone()
    later[..., AUDIO_RATE_HZ * 3 // 4 :] = 0
    changed = (trunk.spectrum(first) - trunk.spectrum(later)).abs().amax((0, 1))
    assert changed[: 44 * 3 // 4 - 2].max() < 1e-4
    assert changed[-5:].min() > 1


def test_it_learns_textures_through_the_common_loop(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    time_s = np.arange(AUDIO_RATE_HZ) / AUDIO_RATE_HZ
    tone, noise = np.sin(2 * np.pi * 600 * time_s), rng.normal(0, 1, len(time_s))
    textures = (tone, noise, noise * (time_s % 0.2 < 0.05))
    clips = tuple(VoiceClip(Path(f"{number}.wav"), number % 3, "someone", "made") for number in range(12))
    samples = tuple((rng.uniform(0.05, 0.2) * textures[clip.emotion]).astype(np.float32) for clip in clips)
    source = VoiceSource(Waves(clips, samples), AudioConfig())
    torch.manual_seed(0)
    branch = reference_branch(SMALL)
    schedule = Schedule(epochs=6, batch=12, learning_rate=1e-2, epoch_examples=48, average_decay=0.8)
    steps = list(train_branch(branch, source, schedule, tmp_path / "checkpoint"))
    answers = predict(branch, source, np.arange(12)).argmax(1)
    assert answers.tolist() == source.classes.tolist()
    assert steps[-1].loss < steps[0].loss


def test_only_what_training_changes_is_kept() -> None:
    names = set(reference_branch(SMALL).state_dict())
    assert not any("window" in name or "filters" in name for name in names)
    assert {"trunk.norm.running_mean", "head.fc.weight", "classifier.1.weight"} <= names
