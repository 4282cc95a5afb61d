"""Random changes that make a few faces and voices stand for many. All take a seeded generator and whole batches."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from scipy import fft
from torch.nn import functional as nnf


@dataclass(frozen=True, slots=True)
class FaceAugment:
    """Ranges for still faces; each is drawn uniformly, once a picture.

    Scale stands for looser and tighter boxes than the data set's own; blur for small or compressed video.
    """

    flip: float = 0.5
    rotate_deg: float = 12.0
    scale: float = 0.18
    shift: float = 0.08
    stretch: float = 0.06
    brightness: float = 0.2
    contrast: float = 0.25
    blur: float = 0.2
    erase: float = 0.3
    noise: float = 6.0


def _uniform(rng: np.random.Generator, low: float, high: float, count: int) -> torch.Tensor:
    return torch.from_numpy(rng.uniform(low, high, count).astype(np.float32))


def affine(
    angle: torch.Tensor, scale_x: torch.Tensor, scale_y: torch.Tensor, x: torch.Tensor, y: torch.Tensor
) -> torch.Tensor:
    """(N, 2, 3) maps from output to input coordinates in [-1, 1], for :func:`torch.nn.functional.affine_grid`."""
    cos, sin = torch.cos(angle), torch.sin(angle)
    rows = torch.stack([cos * scale_x, -sin * scale_y, x, sin * scale_x, cos * scale_y, y], 1)
    return rows.reshape(-1, 2, 3)


def warp(pictures: torch.Tensor, maps: torch.Tensor, side: int | None = None) -> torch.Tensor:
    """(N, C, S, S) float through affine maps, edges replicated; `side` of the result, S when None."""
    side = side or pictures.shape[-1]
    grid = nnf.affine_grid(maps, [len(pictures), pictures.shape[1], side, side], align_corners=False)
    return nnf.grid_sample(pictures, grid, mode="bilinear", padding_mode="border", align_corners=False)


def face_maps(count: int, augment: FaceAugment, rng: np.random.Generator) -> torch.Tensor:
    """Random affine maps of faces: flips, turns, tighter and looser boxes, shifts."""
    flip = torch.from_numpy(np.where(rng.random(count) < augment.flip, -1.0, 1.0).astype(np.float32))
    angle = _uniform(rng, -augment.rotate_deg, augment.rotate_deg, count) * math.pi / 180
    scale = torch.exp(_uniform(rng, -augment.scale, augment.scale, count))
    stretch = torch.exp(_uniform(rng, -augment.stretch, augment.stretch, count))
    shifts = [_uniform(rng, -2 * augment.shift, 2 * augment.shift, count) for _ in range(2)]
    return affine(angle, flip * scale * stretch, scale / stretch, *shifts)


def light(pictures: torch.Tensor, augment: FaceAugment, rng: np.random.Generator) -> torch.Tensor:
    """Brightness, contrast, gamma and noise on 0..255 pictures (N, C, S, S), one draw a picture."""
    count = len(pictures)
    shape = (-1, 1, 1, 1)
    gain = torch.exp(_uniform(rng, -augment.contrast, augment.contrast, count)).reshape(shape)
    offset = (_uniform(rng, -augment.brightness, augment.brightness, count) * 128).reshape(shape)
    mean = pictures.mean(dim=(1, 2, 3), keepdim=True)
    noise = torch.from_numpy(rng.standard_normal(pictures.shape, dtype=np.float32))
    strength = _uniform(rng, 0, augment.noise, count).reshape(shape)
    return ((pictures - mean) * gain + mean + offset + noise * strength).clamp(0, 255)


def soften(pictures: torch.Tensor, augment: FaceAugment, rng: np.random.Generator) -> torch.Tensor:
    """Blur a share of the pictures with a 3x3 binomial kernel, once."""
    chosen = torch.from_numpy(np.flatnonzero(rng.random(len(pictures)) < augment.blur))
    if len(chosen) == 0:
        return pictures
    line = torch.tensor([0.25, 0.5, 0.25])
    kernel = (line[:, None] * line[None, :])[None, None]
    some = pictures[chosen]
    flat = some.reshape(-1, 1, *some.shape[2:])
    soft = nnf.conv2d(nnf.pad(flat, (1, 1, 1, 1), mode="replicate"), kernel).reshape(some.shape)
    return pictures.index_copy(0, chosen, soft)


def erase(pictures: torch.Tensor, augment: FaceAugment, rng: np.random.Generator) -> torch.Tensor:
    """Cover a rectangle of a share of the pictures with one grey, as a hand or a hair would. In place."""
    side = pictures.shape[-1]
    for index in np.flatnonzero(rng.random(len(pictures)) < augment.erase):
        height, width = rng.integers(side // 8, int(side * 0.4), 2)
        top, left = rng.integers(0, side - height), rng.integers(0, side - width)
        pictures[index, :, top : top + height, left : left + width] = float(rng.uniform(0, 255))
    return pictures


def stills(pictures: torch.Tensor, augment: FaceAugment, rng: np.random.Generator) -> torch.Tensor:
    """All of it, for a batch of still faces (N, C, S, S) float 0..255."""
    out = warp(pictures, face_maps(len(pictures), augment, rng))
    return erase(light(soften(out, augment, rng), augment, rng), augment, rng)


@dataclass(frozen=True, slots=True)
class Motion:
    """Ranges of the movement that turns a still into 16 frames: how far each quantity drifts from first to last."""

    rotate_deg: float = 8.0
    scale: float = 0.08
    shift: float = 0.05
    turn: float = 0.12
    """Horizontal squeeze, what a turning head looks like from the front."""
    light: float = 0.15
    shake: float = 0.006
    """Standard deviation of the box's jitter from frame to frame, as a share of its side."""


def in_motion(
    pictures: torch.Tensor, steps: int, augment: FaceAugment, motion: Motion, rng: np.random.Generator
) -> torch.Tensor:
    """Stills (N, C, S, S) float 0..255 as runs (N, steps, C, S, S): one pose drifts smoothly into another."""
    count = len(pictures)
    shape = (count, 1)
    phase = np.clip(np.linspace(0, 1, steps)[None] * rng.uniform(0.6, 1.6, shape) - rng.uniform(0, 0.4, shape), 0, 1)
    ease = torch.from_numpy(((1 - np.cos(np.pi * phase)) / 2).astype(np.float32))

    def drift(still: torch.Tensor, reach: float) -> torch.Tensor:
        return still[:, None] + _uniform(rng, -reach, reach, count)[:, None] * (ease - 0.5)

    flip = torch.from_numpy(np.where(rng.random(count) < augment.flip, -1.0, 1.0).astype(np.float32))[:, None]
    angle = drift(_uniform(rng, -augment.rotate_deg, augment.rotate_deg, count), motion.rotate_deg) * math.pi / 180
    scale = torch.exp(drift(_uniform(rng, -augment.scale, augment.scale, count), motion.scale))
    turn = torch.exp(drift(_uniform(rng, -augment.stretch, augment.stretch, count), motion.turn))
    shake = torch.from_numpy(rng.normal(0, 2 * motion.shake, (2, count, steps)).astype(np.float32))
    x, y = (
        drift(_uniform(rng, -2 * augment.shift, 2 * augment.shift, count), 2 * motion.shift) + shake[axis]
        for axis in range(2)
    )
    maps = affine(*(value.reshape(-1) for value in (angle, flip * scale * turn, scale / turn, x, y)))
    repeated = pictures[:, None].expand(-1, steps, -1, -1, -1).flatten(0, 1)
    moved: torch.Tensor = warp(repeated, maps).unflatten(0, (count, steps))
    contrast = drift(_uniform(rng, -augment.contrast, augment.contrast, count), motion.light)
    gain = torch.exp(contrast)[..., None, None, None]
    offset = _uniform(rng, -128 * augment.brightness, 128 * augment.brightness, count).reshape(-1, 1, 1, 1, 1)
    mean = moved.mean(dim=(1, 2, 3, 4), keepdim=True)
    noise = torch.from_numpy(rng.standard_normal(moved.shape, dtype=np.float32))
    strength = _uniform(rng, 0, augment.noise, count).reshape(-1, 1, 1, 1, 1)
    return ((moved - mean) * gain + mean + offset + noise * strength).clamp(0, 255)


@dataclass(frozen=True, slots=True)
class VoiceAugment:
    """Ranges for seconds of sound."""

    gain_db: float = 6.0
    snr_db: tuple[float, float] = (10.0, 40.0)
    noisy: float = 0.5
    speed: float = 0.12
    """Faster and higher, slower and lower, by linear interpolation."""
    overhang_s: float = 0.0
    """A second may end up to this long after its clip does, with zeros there, as a clip's last second mostly does."""
    colour_db: float = 0.0
    """How much a microphone favours some frequencies: standard deviation of each of three slow waves of the gain."""
    room: float = 0.0
    """Share that is heard in a room: with an echo of noise that dies away within 0.1 to 0.5 s."""


def second_of(wave: np.ndarray, samples: int, augment: VoiceAugment, rng: np.random.Generator) -> np.ndarray:
    """A random second out of a clip (T,), changed; shorter clips are placed at random and padded with zeros."""
    speed = math.exp(rng.uniform(-augment.speed, augment.speed))
    wanted = int(samples * speed)
    overhang = min(round(augment.overhang_s * samples), len(wave))
    if len(wave) + overhang >= wanted:
        start = rng.integers(0, len(wave) + overhang - wanted + 1)
        piece = wave[start : start + wanted]
        piece = np.pad(piece, (0, wanted - len(piece)))
    else:
        piece = np.zeros(wanted, np.float32)
        start = rng.integers(0, wanted - len(wave) + 1)
        piece[start : start + len(wave)] = wave
    second = np.interp(np.linspace(0, wanted - 1, samples), np.arange(wanted), piece)
    if augment.colour_db or augment.room:
        second = _recorded(second, augment, rng)
    second *= 10 ** (rng.uniform(-augment.gain_db, augment.gain_db) / 20) * rng.choice([-1.0, 1.0])
    if rng.random() < augment.noisy:
        level = math.sqrt(float(np.mean(second**2)) + 1e-12) * 10 ** (-rng.uniform(*augment.snr_db) / 20)
        second = second + rng.standard_normal(samples) * level
    return np.asarray(np.clip(second, -1, 1), np.float32)


def _recorded(second: np.ndarray, augment: VoiceAugment, rng: np.random.Generator) -> np.ndarray:
    """A second (T,) as another microphone, and for a share of them another room, would have it."""
    samples = len(second)
    tail = samples // 2 if rng.random() < augment.room else 0
    spectrum = fft.rfft(second.astype(np.float32), samples + tail)
    place = np.linspace(0, 1, len(spectrum)) ** 0.5  # slow in terms of the ear: a wave spans more hertz higher up
    waves = rng.normal(0, augment.colour_db, 3) @ np.cos(np.pi * np.outer([1, 2, 3], place))
    spectrum *= (10 ** (waves / 20)).astype(np.float32)
    if tail:
        time_s = np.arange(tail) / samples
        echo = rng.standard_normal(tail) * np.exp(-6.9 * time_s / rng.uniform(0.1, 0.5))
        echo *= rng.uniform(0.2, 1.0) / np.linalg.norm(echo)
        echo[0] = 1.0
        spectrum *= fft.rfft(echo.astype(np.float32), samples + tail)
    return np.asarray(fft.irfft(spectrum, samples + tail)[:samples])
