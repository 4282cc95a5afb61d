"""Appearance: a unit vector that stays with a face and changes with another."""

import cv2
import numpy as np
import pytest

from engine.faces.appearance import SIZE, describe, unit

FACE = (181, 62, 87, 112)


@pytest.fixture(scope="module")
def astronaut():
    return pytest.importorskip("skimage.data").astronaut()


def test_unit_length(astronaut):
    descriptor = describe(astronaut, FACE)
    assert descriptor.shape == (SIZE,)
    assert descriptor.dtype == np.float32
    assert np.linalg.norm(descriptor) == pytest.approx(1, abs=1e-5)


def test_nothing_to_see_has_a_descriptor_too():
    black = describe(np.zeros((40, 40, 3), np.uint8), (5, 5, 20, 20))
    assert np.isfinite(black).all()
    assert np.array_equal(unit(np.zeros(3)), np.zeros(3, np.float32))


def test_like_itself_moved_and_darker_unlike_another(astronaut):
    descriptor = describe(astronaut, FACE)
    darker = (astronaut * 0.9).astype(np.uint8)
    again = descriptor @ describe(darker, (184, 60, 90, 116))
    recoloured = cv2.cvtColor(astronaut, cv2.COLOR_RGB2HSV)
    recoloured[..., 0] = (recoloured[..., 0].astype(int) + 60) % 180
    other = descriptor @ describe(cv2.flip(cv2.cvtColor(recoloured, cv2.COLOR_HSV2RGB), 0), (181, 338, 87, 112))
    assert again > 0.85
    assert other < 0.5
