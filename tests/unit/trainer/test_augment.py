"""Random changes of faces and voices."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from trainer import augment
from trainer.augment import FaceAugment, Motion, VoiceAugment
from trainer.datasets.fer2013 import FerImages

NONE = FaceAugment(
    flip=0, rotate_deg=0, scale=0, shift=0, stretch=0, brightness=0, contrast=0, blur=0, erase=0, noise=0
)
STILL = Motion(rotate_deg=0, scale=0, shift=0, turn=0, light=0, shake=0)
QUIET = VoiceAugment(gain_db=0, noisy=0, speed=0)


def only(**ranges: float) -> FaceAugment:
    return FaceAugment(**{**{name: getattr(NONE, name) for name in FaceAugment.__slots__}, **ranges})


@pytest.fixture
def pictures(images: FerImages) -> torch.Tensor:
    return torch.from_numpy(images.pixels[:7]).float()[:, None]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


# Maps


def maps(**changed: float) -> torch.Tensor:
    values = {"angle": 0.0, "scale_x": 1.0, "scale_y": 1.0, "x": 0.0, "y": 0.0} | changed
    return augment.affine(*(torch.tensor([values[name]]) for name in ("angle", "scale_x", "scale_y", "x", "y")))


def six_left(picture: torch.Tensor) -> torch.Tensor:
    """Moved by six pixels, the last column repeated."""
    return torch.cat([picture[..., 6:], picture[..., -1:].expand(-1, -1, -1, 6)], -1)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, lambda picture: picture),
        ({"scale_x": -1.0}, lambda picture: picture.flip(-1)),
        ({"scale_y": -1.0}, lambda picture: picture.flip(-2)),
        ({"angle": math.pi / 2}, lambda picture: picture.rot90(1, (-2, -1))),
        ({"x": 2 * 6 / 48}, six_left),
        ({"y": 2 * 6 / 48}, lambda picture: six_left(picture.mT).mT),
    ],
)
def test_maps_that_move_whole_pixels(
    pictures: torch.Tensor, changed: dict[str, float], expected: Callable[[torch.Tensor], torch.Tensor]
) -> None:
    moved = augment.warp(pictures[:1], maps(**changed))
    torch.testing.assert_close(moved, expected(pictures[:1]), atol=0.02, rtol=0)


def test_scale_reads_from_nearer_the_middle() -> None:
    ramp = torch.arange(48.0).expand(1, 1, 48, 48)
    nearer = augment.warp(ramp, maps(scale_x=0.5, scale_y=0.5))
    torch.testing.assert_close(nearer[0, 0, 0], 23.5 + (torch.arange(48.0) - 23.5) / 2, atol=1e-3, rtol=0)
    assert augment.warp(ramp, maps(), side=24).shape == (1, 1, 24, 24)


def test_face_maps_keep_to_their_ranges() -> None:
    change = FaceAugment()
    found = augment.face_maps(2000, change, rng())
    assert found.shape == (2000, 2, 3)
    turn = torch.atan2(found[:, 1, 0], found[:, 0, 0].abs()) * 180 / math.pi
    assert 11 < turn.abs().max() < 12 * math.exp(2 * change.stretch)
    area = torch.linalg.det(found[:, :, :2])
    assert 0.4 < (area < 0).float().mean() < 0.6  # mirrored half of the time
    assert 0.9 * change.scale < area.abs().log().abs().max() / 2 <= change.scale + 1e-4
    assert 1.9 * change.shift < found[:, :, 2].abs().max() <= 2 * change.shift


# Stills


def test_no_change_is_no_change(pictures: torch.Tensor) -> None:
    torch.testing.assert_close(augment.stills(pictures, NONE, rng()), pictures, atol=0.02, rtol=0)


def test_stills_keep_shape_range_and_input(pictures: torch.Tensor) -> None:
    before = pictures.clone()
    changed = augment.stills(pictures, FaceAugment(), rng())
    assert (changed.shape, changed.dtype) == (pictures.shape, torch.float32)
    assert changed.min() >= 0
    assert changed.max() <= 255
    assert torch.equal(pictures, before)
    assert (changed - pictures).abs().mean(dim=(1, 2, 3)).min() > 5


def test_stills_follow_the_seed(pictures: torch.Tensor) -> None:
    first, again, other = (augment.stills(pictures, FaceAugment(), rng(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_colours_change_together() -> None:
    colour = torch.randint(60, 200, (4, 1, 48, 48)).float().expand(-1, 3, -1, -1)
    changed = augment.stills(colour, only(rotate_deg=12, contrast=0.2, brightness=0.2, blur=1, erase=1), rng())
    assert torch.equal(changed[:, 0], changed[:, 2])


def test_contrast_turns_about_the_mean() -> None:
    picture = torch.linspace(100, 140, 48).expand(50, 1, 48, 48)
    changed = augment.light(picture, only(contrast=0.25), rng())
    torch.testing.assert_close(changed.mean(dim=(1, 2, 3)), torch.full((50,), 120.0))
    gain = changed.std(dim=(1, 2, 3)) / picture.std(dim=(1, 2, 3))
    assert 0.9 * 0.25 < gain.log().abs().max() <= 0.2501


def test_brightness_and_noise_keep_to_their_ranges() -> None:
    grey = torch.full((200, 1, 16, 16), 128.0)
    offset = augment.light(grey, only(brightness=0.2), rng())[:, 0, 0, 0] - 128
    assert 0.9 * 0.2 * 128 < offset.abs().max() <= 0.2 * 128
    strength = augment.light(grey, only(noise=6), rng()).std(dim=(1, 2, 3))
    assert 5 < strength.max() < 7
    assert strength.min() < 1


def test_soften_is_the_binomial_kernel_and_takes_a_share() -> None:
    spike = torch.zeros(400, 1, 9, 9)
    spike[:, :, 4, 4] = 16
    soft = augment.soften(spike, only(blur=1), rng())
    assert soft[0, 0, 3:6, 3:6].tolist() == [[1, 2, 1], [2, 4, 2], [1, 2, 1]]
    torch.testing.assert_close(soft.sum(dim=(1, 2, 3)), torch.full((400,), 16.0))
    flat = torch.full((2, 1, 9, 9), 7.0)
    assert torch.equal(augment.soften(flat, only(blur=1), rng()), flat)  # the edges too
    assert augment.soften(spike, NONE, rng()) is spike
    some = (augment.soften(spike, only(blur=0.2), rng())[:, 0, 4, 4] == 4).float().mean()
    assert 0.13 < some < 0.27


def test_erase_covers_one_rectangle_with_one_grey() -> None:
    ramp = torch.arange(48.0).expand(40, 1, 48, 48)
    covered = augment.erase(ramp.clone(), only(erase=1), rng())
    for picture in covered[:, 0]:
        rows, columns = np.nonzero((picture != ramp[0, 0]).numpy())
        box = picture[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        assert len(box.unique()) == 1
        assert all(48 // 8 <= side < 0.4 * 48 for side in box.shape)
    untouched = augment.erase(ramp.clone(), only(erase=0.25), rng())
    assert 0.5 < (untouched == ramp).flatten(1).all(1).float().mean() < 0.95


# Motion


def test_without_motion_all_frames_are_alike(pictures: torch.Tensor) -> None:
    runs = augment.in_motion(pictures, 16, only(flip=0.5, rotate_deg=12, scale=0.2, contrast=0.2), STILL, rng())
    assert runs.shape == (7, 16, 1, 48, 48)
    torch.testing.assert_close(runs, runs[:, :1].expand_as(runs), atol=1e-3, rtol=0)
    unchanged = augment.in_motion(pictures, 16, NONE, STILL, rng())
    torch.testing.assert_close(unchanged[:, 9], pictures, atol=0.02, rtol=0)


def test_motion_keeps_range_and_follows_the_seed(pictures: torch.Tensor) -> None:
    first, again, other = (augment.in_motion(pictures, 16, FaceAugment(), Motion(), rng(seed)) for seed in (1, 1, 2))
    assert first.min() >= 0
    assert first.max() <= 255
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_pose_drifts_into_another(pictures: torch.Tensor) -> None:
    runs = augment.in_motion(pictures, 16, NONE, Motion(shake=0), rng())
    step = (runs[:, 1:] - runs[:, :-1]).abs().mean(dim=(2, 3, 4))
    whole = (runs[:, -1] - runs[:, 0]).abs().mean(dim=(1, 2, 3))
    assert (whole > 2 * step.max(1).values).all()
    assert (whole > 1).all()


def test_shake_is_from_frame_to_frame(pictures: torch.Tensor) -> None:
    runs = augment.in_motion(pictures, 16, NONE, Motion(0, 0, 0, 0, 0, shake=0.02), rng())
    assert ((runs[:, 1:] - runs[:, :-1]).abs().mean(dim=(2, 3, 4)) > 0.5).all()


# Voices


def test_a_second_has_its_length_and_range() -> None:
    wave = rng(3).uniform(-1, 1, 30_000).astype(np.float32)
    before = wave.copy()
    for seed in range(20):
        second = augment.second_of(wave, 22_050, VoiceAugment(), rng(seed))
        assert (second.shape, second.dtype) == ((22_050,), np.float32)
        assert np.abs(second).max() <= 1
    assert np.array_equal(wave, before)
    first, again, other = (augment.second_of(wave, 22_050, VoiceAugment(), rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_second_is_a_stretch_of_its_clip_either_way_up() -> None:
    wave = np.linspace(0.1, 0.5, 3000, dtype=np.float32)
    seen = set()
    for seed in range(40):
        second = augment.second_of(wave, 1000, QUIET, rng(seed))
        sign = int(np.sign(second[0]))
        start = int(np.abs(wave - abs(second[0])).argmin())
        np.testing.assert_allclose(second, sign * wave[start : start + 1000], atol=1e-6)
        seen.add((sign, start > 1000))
    assert len(seen) == 4


@pytest.mark.parametrize("length", [0, 1, 400, 999])
def test_a_short_clip_is_placed_among_zeros(length: int) -> None:
    wave = np.full(length, 0.25, np.float32)
    starts = set()
    for seed in range(10):
        second = augment.second_of(wave, 1000, QUIET, rng(seed))
        heard = np.flatnonzero(second)
        assert len(heard) == length
        assert length == 0 or heard[-1] - heard[0] == length - 1
        starts |= set(heard[:1].tolist())
    assert length == 0 or len(starts) > 1


def test_gain_noise_and_speed_keep_to_their_ranges() -> None:
    rate_hz = 22_050
    wave = (0.1 * np.sin(2 * np.pi * 441 * np.arange(rate_hz) / rate_hz)).astype(np.float32)
    gain = [
        augment.second_of(wave, rate_hz, VoiceAugment(6, noisy=0, speed=0), rng(seed)).std() / wave.std()
        for seed in range(60)
    ]
    assert 10 ** (-6 / 20) - 1e-3 <= min(gain) < 0.6
    assert 1.7 < max(gain) <= 10 ** (6 / 20) + 1e-3
    noisy = augment.second_of(wave, rate_hz, VoiceAugment(0, (20, 20), noisy=1, speed=0), rng(1))
    noise = min((noisy - wave).std(), (noisy + wave).std())
    assert 20 * math.log10(wave.std() / noise) == pytest.approx(20, abs=0.5)
    halves = [
        augment.second_of(wave, rate_hz // 2, VoiceAugment(0, noisy=0, speed=0.12), rng(seed)) for seed in range(40)
    ]
    pitch_hz = [2 * np.abs(np.fft.rfft(half)).argmax() for half in halves]
    assert 441 * math.exp(-0.12) - 3 < min(pitch_hz) < 410
    assert 475 < max(pitch_hz) < 441 * math.exp(0.12) + 3


def test_a_second_may_run_past_the_end_of_its_clip() -> None:
    wave = np.linspace(0.1, 0.5, 3000, dtype=np.float32)
    heard = set()
    for seed in range(60):
        second = augment.second_of(wave, 1000, replace(QUIET, overhang_s=0.6), rng(seed))
        (there,) = np.nonzero(second)
        assert there.tolist() == list(range(len(there)))  # zeros only after the end
        heard.add(len(there))
    assert 400 <= min(heard) < 600
    assert max(heard) == 1000
    short = augment.second_of(wave[:500], 1000, replace(QUIET, overhang_s=0.6), rng(1))
    assert len(np.flatnonzero(short)) >= 400  # of a short clip never more than half is lost
    assert len(augment.second_of(wave[:0], 1000, replace(QUIET, overhang_s=0.6), rng(1))) == 1000


def test_colour_is_a_smooth_gain_of_the_frequencies() -> None:
    click = np.zeros(2000, np.float32)
    click[1000] = 0.01
    gains_db = []
    for seed in range(40):
        second = augment.second_of(click, 2000, replace(QUIET, colour_db=3), rng(seed))
        gains_db.append(20 * np.log10(np.abs(np.fft.rfft(second)) / 0.01))
    assert np.abs(np.diff(gains_db, axis=1)[:, 5:]).max() < 1  # smooth but for the lowest few hertz
    assert 3 < np.std(gains_db) < 5  # three waves of 3 dB, each at half its power on average
    assert np.abs(np.mean(gains_db)) < 1


def test_a_room_adds_an_echo_after_the_sound() -> None:
    rate_hz = 22_050
    click = np.zeros(rate_hz, np.float32)
    click[4000] = 0.5
    for seed in range(8):
        second = np.abs(augment.second_of(click, rate_hz, replace(QUIET, room=1), rng(seed)))
        assert second[:3999].max() < 1e-6
        assert second[4000] == pytest.approx(0.5, rel=0.05)
        energy = [float((second[at : at + 2000] ** 2).sum()) for at in (4001, 6001, 8001)]
        assert energy[0] > energy[1] > energy[2] > 0
        assert 0.2**2 * 0.9 < (second[4001:] ** 2).sum() / 0.25 < 1.0**2 * 1.1
    dry = [augment.second_of(click, rate_hz, replace(QUIET, room=0.3), rng(seed)) for seed in range(60)]
    assert 0.15 < np.mean([np.abs(second[4100:]).max() > 1e-5 for second in dry]) < 0.5
