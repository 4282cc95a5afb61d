"""Copies and near-duplicates among smooth random pictures, whose hashes lie about 32 bits apart."""

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from trainer import hygiene


def pictures(count: int, seed: int = 0) -> np.ndarray:
    """Unlike pictures (N, 48, 48) uint8."""
    coarse = np.random.default_rng(seed).integers(0, 256, (count, 8, 8), np.uint8)
    return np.stack([cv2.resize(grid, (48, 48), interpolation=cv2.INTER_CUBIC) for grid in coarse])


def portrait() -> np.ndarray:
    picture = astronaut()
    return np.asarray(cv2.resize(cv2.cvtColor(picture[50:220, 140:310], cv2.COLOR_RGB2GRAY), (48, 48)))


def bits(first: np.ndarray, second: np.ndarray) -> int:
    one, other = hygiene.perceptual_hash(np.stack([first, second]))
    return int(np.bitwise_count(one ^ other))


def test_hash_outlives_small_changes() -> None:
    face = portrait()
    _, compressed = cv2.imencode(".jpg", face, [cv2.IMWRITE_JPEG_QUALITY, 60])
    darker = (0.7 * face + 20).astype(np.uint8)
    assert bits(face, face) == 0
    assert bits(face, np.asarray(cv2.imdecode(compressed, cv2.IMREAD_GRAYSCALE))) <= hygiene.NEAR_BITS
    assert bits(face, darker) <= hygiene.NEAR_BITS
    assert bits(face, cv2.GaussianBlur(face, (0, 0), 1)) <= hygiene.NEAR_BITS


def test_hash_tells_pictures_apart() -> None:
    face = portrait()
    assert bits(face, face[:, ::-1]) > 2 * hygiene.NEAR_BITS
    hashes = hygiene.perceptual_hash(pictures(200))
    apart = np.bitwise_count(hashes[:, None] ^ hashes)[np.triu_indices(200, 1)]
    assert apart.min() > hygiene.NEAR_BITS
    assert np.median(apart) == 32


def test_hash_does_not_depend_on_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    some = pictures(30)
    whole = hygiene.perceptual_hash(some)
    monkeypatch.setattr(hygiene, "_BLOCK", 7)
    assert whole.dtype == np.uint64
    assert whole.tolist() == hygiene.perceptual_hash(some).tolist()
    assert len(hygiene.perceptual_hash(some[:0])) == 0


def test_near_duplicates_against_counting_bits() -> None:
    rng = np.random.default_rng(0)
    hashes, others = (rng.integers(0, 2**16, size, np.uint64) for size in (300, 40))
    expected = [any((int(one) ^ int(other)).bit_count() <= 2 for other in others) for one in hashes]
    assert 0 < sum(expected) < 300
    assert hygiene.near_duplicates(hashes, others, max_bits=2).tolist() == expected
    assert not hygiene.near_duplicates(hashes, others[:0], max_bits=64).any()


def test_groups_follow_chains() -> None:
    # 0-1-2 is a chain of single bits; 3 is far from all; 4 equals 3
    hashes = np.array([0b000, 0b001, 0b011, 0xFF00, 0xFF00], np.uint64)
    group = hygiene.near_groups(hashes, max_bits=1)
    assert group[0] == group[1] == group[2]
    assert group[3] == group[4] != group[0]
    assert len(np.unique(hygiene.near_groups(hashes, max_bits=0))) == 4
    assert len(hygiene.near_groups(hashes[:0])) == 0


def test_pixel_copies_are_exact() -> None:
    some = pictures(6)
    others = some[[4, 1]].copy()
    others[0, 5, 5] ^= 1
    assert np.flatnonzero(hygiene.pixel_copies(some, others)).tolist() == [1]
    assert not hygiene.pixel_copies(some, others[:0]).any()


def test_repeats_leave_the_first() -> None:
    some = pictures(3)[[0, 1, 0, 2, 1, 0]]
    assert hygiene.repeats(some).tolist() == [False, False, True, False, True, True]
