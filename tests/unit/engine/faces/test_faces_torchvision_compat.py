"""facenet-pytorch can be imported and used beside a torch that torchvision was not built for."""

import importlib

import pytest
import torch

from engine.faces import torchvision_compat


def test_detector_of_facenet_pytorch_runs():
    astronaut = pytest.importorskip("skimage.data").astronaut()
    package = torchvision_compat.import_facenet_pytorch()
    boxes, scores = package.MTCNN(min_face_size=40).detect(astronaut)
    assert len(boxes) == 1
    assert scores[0] > 0.99


def test_importing_twice_gives_the_same_module():
    first = torchvision_compat.import_facenet_pytorch()
    assert torchvision_compat.import_facenet_pytorch() is first


def test_another_failure_is_not_hidden(monkeypatch):
    def broken(name):
        raise RuntimeError("something else")

    monkeypatch.setattr(importlib, "import_module", broken)
    with pytest.raises(RuntimeError, match="something else"):
        torchvision_compat.import_facenet_pytorch()


def test_nms_keeps_the_best_of_what_overlaps():
    boxes = torch.tensor([[0.0, 0, 10, 10], [1, 0, 11, 10], [100, 0, 110, 10], [0, 0, 10, 4]])
    scores = torch.tensor([0.7, 0.9, 0.5, 0.8])
    kept = torchvision_compat.nms(boxes, scores, 0.5)
    assert kept.dtype == torch.int64
    assert kept.tolist() == [1, 3, 2]


def test_nms_of_nothing():
    assert torchvision_compat.nms(torch.empty(0, 4), torch.empty(0), 0.5).shape == (0,)
