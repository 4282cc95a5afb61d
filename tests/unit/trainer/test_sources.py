"""Batches for the three branches."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.branches import AudioConfig, FrameConfig, SliceConfig, audio_branch
from engine.emotions import COUNT, FERPLUS_COLUMNS, INDEX
from engine.inputs import frame_input, slice_input
from trainer.augment import FaceAugment, Motion
from trainer.datasets.fer2013 import FerImages, soft_targets
from trainer.datasets.sound import RATE_HZ, Waves
from trainer.sources import FlatSource, MotionSource, StillSource, TaughtVoiceSource, VoiceSource

SOME = np.array([2, 5, 11, 20])


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def picked(images: FerImages) -> torch.Tensor:
    return torch.from_numpy(images.pixels[SOME])[:, None]


# Stills


def test_still_batches(images: FerImages, frame_config: FrameConfig) -> None:
    source = StillSource(images, SOME, frame_config)
    inputs, targets = source.batch(np.array([3, 0, 0]), rng())
    assert (inputs.shape, inputs.dtype) == ((3, 3, 96, 96), torch.float32)
    assert inputs.is_contiguous(memory_format=torch.channels_last)
    assert inputs.min() >= (0 - 127.5) / 128
    assert inputs.max() <= (255 - 127.5) / 128
    assert targets.argmax(1).tolist() == images.label[SOME[[3, 0, 0]]].tolist() == source.classes[[3, 0, 0]].tolist()
    assert not torch.equal(inputs[1], inputs[2])  # each draws its own change


def test_still_batches_follow_the_generator(images: FerImages, frame_config: FrameConfig) -> None:
    source = StillSource(images, SOME, frame_config)
    first, again, other = (source.batch(np.arange(4), rng(seed))[0] for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_plain_stills_are_the_input_of_analysis(images: FerImages, frame_config: FrameConfig) -> None:
    source = StillSource(images, SOME, frame_config)
    expected = frame_input(picked(images), frame_config)
    assert torch.equal(source.plain(np.arange(4)), expected)
    for index in range(4):
        assert torch.equal(source.plain(np.array([index])), expected[index : index + 1])
    assert torch.equal(source.plain(np.array([3, 1])), expected[[3, 1]])


def test_targets_are_the_crowd_s_or_those_given(images: FerImages, frame_config: FrameConfig) -> None:
    votes = np.zeros((len(images), len(FERPLUS_COLUMNS)), np.float32)
    votes[:, FERPLUS_COLUMNS.index("sadness")] = 6
    votes[:, FERPLUS_COLUMNS.index("fear")] = 4
    source = StillSource(replace(images, votes=votes), SOME, frame_config)
    np.testing.assert_array_equal(source.targets.numpy(), soft_targets(votes)[SOME])
    assert source.classes.tolist() == [INDEX["sad"]] * 4
    given = np.eye(COUNT, dtype=np.float32)[[0, 1, 2, 3]]
    assert StillSource(images, SOME, frame_config, targets=given).classes.tolist() == [0, 1, 2, 3]


def test_flat_slices_are_stills_of_one_step(images: FerImages, slice_config: SliceConfig) -> None:
    source = FlatSource(images, SOME, slice_config)
    inputs, targets = source.batch(np.arange(4), rng())
    assert inputs.shape == (4, 3, 1, 32, 32)
    assert targets.argmax(1).tolist() == images.label[SOME].tolist()
    assert torch.equal(source.plain(np.arange(4)), slice_input(picked(images)[:, None], slice_config))


# Motion


def test_motion_batches(images: FerImages, slice_config: SliceConfig) -> None:
    source = MotionSource(images, SOME, slice_config)
    inputs, targets = source.batch(np.array([1, 3]), rng())
    assert (inputs.shape, inputs.dtype) == ((2, 3, 16, 32, 32), torch.float32)
    assert targets.argmax(1).tolist() == source.classes[[1, 3]].tolist() == images.label[SOME[[1, 3]]].tolist()
    made = source.made(np.array([1, 3]), rng())
    assert made.shape == (2, 16, 1, 48, 48)
    assert made.min() >= 0
    assert made.max() <= 255
    assert torch.equal(slice_input(made, slice_config), inputs)


def test_plain_slices_are_fixed_whatever_the_batch(images: FerImages, slice_config: SliceConfig) -> None:
    source = MotionSource(images, SOME, slice_config, seed=4)
    whole = source.plain(np.arange(4))
    source.batch(np.arange(4), rng())
    for order in ([0], [3], [2, 1], [3, 2, 1, 0]):
        assert torch.equal(source.plain(np.array(order)), whole[order])
    assert torch.equal(MotionSource(images, SOME, slice_config, seed=4).plain(np.arange(4)), whole)
    assert not torch.equal(MotionSource(images, SOME, slice_config, seed=5).plain(np.arange(4)), whole)


def test_ranges_of_motion_are_taken(images: FerImages, slice_config: SliceConfig) -> None:
    still = MotionSource(images, SOME, slice_config, change=FaceAugment(noise=0), motion=Motion(0, 0, 0, 0, 0, 0))
    made = still.made(np.arange(4), rng())
    torch.testing.assert_close(made, made[:, :1].expand_as(made), atol=1e-3, rtol=0)


# Voices


def test_plain_seconds_are_all_of_the_clips(waves: Waves, audio_config: AudioConfig) -> None:
    source = VoiceSource(waves, audio_config)
    assert source.classes.tolist() == [INDEX["angry"], INDEX["happy"], INDEX["sad"]]
    assert source.window_clip.tolist() == [0, 1, 1, 2, 2]  # 0.4, 1 + 0.5, 1 + 1 (0.1 s is too short)
    plain = source.plain(np.arange(5))
    assert plain.shape == (5, 1, RATE_HZ)
    np.testing.assert_allclose(plain[3, 0], 256 * waves.samples[2][:RATE_HZ], rtol=1e-6)
    np.testing.assert_allclose(plain[2, 0, : RATE_HZ // 2], 256 * waves.samples[1][RATE_HZ:], rtol=1e-6)
    assert not plain[2, 0, RATE_HZ // 2 :].any()
    assert torch.equal(source.plain(np.array([4, 1])), plain[[4, 1]])


def test_voice_batches_are_by_clip(waves: Waves, audio_config: AudioConfig) -> None:
    source = VoiceSource(waves, audio_config, smoothing=0.07)
    inputs, targets = source.batch(np.array([2, 0, 2]), rng())
    assert (inputs.shape, inputs.dtype) == ((3, 1, RATE_HZ), torch.float32)
    assert 1 < inputs.abs().max() <= 256
    torch.testing.assert_close(targets.sum(1), torch.ones(3))
    assert targets[1].tolist() == pytest.approx([0.94, *[0.01] * 6])
    assert targets.argmax(1).tolist() == [INDEX["sad"], INDEX["angry"], INDEX["sad"]]
    first, again, other = (source.batch(np.arange(3), rng(seed))[0] for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_others_teach_what_they_answer_to_the_same_seconds(waves: Waves, audio_config: AudioConfig) -> None:
    torch.manual_seed(0)
    others = [audio_branch(audio_config).prepared() for _ in range(2)]
    plain = VoiceSource(waves, audio_config)
    inputs, labels = plain.batch(np.arange(3), rng(5))
    taught = TaughtVoiceSource(plain, others, share=0.7)
    same, targets = taught.batch(np.arange(3), rng(5))
    assert torch.equal(same, inputs)
    answers = [torch.softmax(other.classifier(other(inputs)), 1) for other in others]
    torch.testing.assert_close(targets, 0.3 * labels + 0.7 * (answers[0] + answers[1]) / 2)
    assert not targets.requires_grad
    torch.testing.assert_close(TaughtVoiceSource(plain, others, 0.0).batch(np.arange(3), rng(5))[1], labels)
    assert taught.classes.tolist() == plain.classes.tolist()
    assert torch.equal(taught.plain(np.arange(5)), plain.plain(np.arange(5)))
