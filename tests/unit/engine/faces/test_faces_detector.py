"""The cascade against facenet-pytorch's own, and what it does with pictures that hold no face."""

import numpy as np
import pytest

from engine.faces.detector import FaceDetector, Halvings
from engine.faces.torchvision_compat import import_facenet_pytorch


@pytest.fixture(scope="module")
def detector():
    return FaceDetector()


@pytest.fixture(scope="module")
def astronaut():
    return pytest.importorskip("skimage.data").astronaut()


@pytest.fixture(scope="module")
def two_faces(astronaut):
    """The portrait beside itself at another place: (512, 800, 3)."""
    picture = np.full((512, 800, 3), 90, np.uint8)
    picture[:, :400] = astronaut[:, :400]
    picture[100:, 400:] = astronaut[:412, 50:450]
    return picture


def corners(box):
    return np.concatenate([box[:, :2], box[:, :2] + box[:, 2:]], 1)


def overlap(a, b):
    """IoU of two boxes x1 y1 x2 y2."""
    shared = np.maximum(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0).prod()
    return shared / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - shared)


def test_agrees_with_facenet_pytorch(two_faces):
    theirs = import_facenet_pytorch().MTCNN(keep_all=True, min_face_size=40)
    picture = two_faces[:, :640]
    ours = FaceDetector(min_face_px=40).detect([picture])[0]
    boxes, scores = theirs.detect(picture)
    assert len(ours) == len(boxes) == 2
    for box, score in zip(boxes.astype(float), scores, strict=True):
        overlaps = [overlap(box, mine) for mine in corners(ours.box)]
        assert max(overlaps) > 0.85
        assert ours.score[int(np.argmax(overlaps))] == pytest.approx(score, abs=0.02)


def test_surest_first_in_the_frame_s_own_pixels(detector, two_faces):
    found = detector.detect([two_faces])[0]
    assert found.box.dtype == found.score.dtype == np.float32
    assert found.box.shape == (2, 4)
    assert (np.diff(found.score) <= 0).all()
    centres = sorted((found.box[:, :2] + found.box[:, 2:] / 2).tolist())
    assert centres == [pytest.approx([225, 118], abs=12), pytest.approx([575, 218], abs=12)]


def test_large_pictures_are_searched_small(astronaut):
    twice = np.repeat(np.repeat(astronaut, 2, 0), 2, 1)
    small = FaceDetector(work_px=512, min_face_px=40)
    one, two = small.detect([astronaut])[0], small.detect([twice])[0]
    np.testing.assert_allclose(two.box, 2 * one.box, atol=0.5)


def test_a_face_s_numbers_do_not_depend_on_its_batch(detector, two_faces):
    black = np.zeros_like(two_faces)
    alone = detector.detect([two_faces])[0]
    together = detector.detect([two_faces[:, ::-1].copy(), black, two_faces, two_faces])
    assert [len(found) for found in together] == [2, 0, 2, 2]
    for found in together[2:]:
        assert np.array_equal(found.box, alone.box)
        assert np.array_equal(found.score, alone.score)


@pytest.mark.parametrize("shape", [(1, 1), (5, 7), (11, 300), (12, 12), (19, 19), (20, 20), (3, 4000), (64, 48)])
@pytest.mark.parametrize("value", [0, 255])
def test_no_face_in_plain_pictures_of_any_size(detector, shape, value):
    found = detector.detect([np.full((*shape, 3), value, np.uint8)] * 2)
    assert [(item.box.shape, item.score.shape) for item in found] == [((0, 4), (0,))] * 2


def test_no_pictures(detector):
    assert detector.detect([]) == []


def test_read_only_pictures_will_do(detector, astronaut):
    frozen = astronaut.copy()
    frozen.flags.writeable = False
    assert len(detector.detect([frozen])[0]) == 1


def test_faces_smaller_than_asked_for_are_not_looked_for(astronaut):
    assert len(FaceDetector(min_face_px=300).detect([astronaut])[0]) == 0


class TestHalvings:
    def test_levels_halve(self):
        levels = Halvings.of(np.zeros((100, 210, 3), np.uint8)).levels
        assert [level.shape[:2] for level in levels] == [(100, 210), (50, 105), (25, 52), (12, 26)]

    def test_resized_averages(self):
        checks = np.repeat((np.indices((96, 96)).sum(0) % 2 * 200)[..., None], 3, 2).astype(np.uint8)
        resized = Halvings.of(checks).resized((16, 16))
        assert resized.shape == (16, 16, 3)
        assert np.abs(resized.astype(int) - 100).max() <= 1

    @pytest.mark.parametrize("side", [12.0, 24.0, 31.0, 48.0, 77.0, 100.0])
    def test_patches_lie_where_they_should(self, side):
        ramp = np.zeros((128, 160, 3), np.uint8)
        ramp[..., 0], ramp[..., 1] = np.arange(160)[None], np.arange(128)[:, None]
        patch = Halvings.of(ramp).patches(np.array([[20, 10, 20 + side, 10 + side]]), 24)[0].astype(float)
        wanted = (np.arange(24) + 0.5) / 24 * side - 0.5
        np.testing.assert_allclose(patch[12, :, 0], 20 + wanted, atol=1.1)
        np.testing.assert_allclose(patch[:, 12, 1], 10 + wanted, atol=1.1)

    def test_no_patches(self):
        assert Halvings.of(np.zeros((50, 50, 3), np.uint8)).patches(np.empty((0, 4)), 24).shape == (0, 24, 24, 3)
