"""MTCNN's networks against facenet-pytorch's own."""

from pathlib import Path

import pytest
import torch

from engine.errors import WeightsError
from engine.faces import networks
from engine.faces.torchvision_compat import import_facenet_pytorch

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def theirs():
    package = import_facenet_pytorch()
    return package.PNet(), package.RNet(), package.ONet()


@pytest.mark.parametrize(("index", "size"), [(0, (97, 130)), (0, (12, 12)), (1, (24, 24)), (2, (48, 48))])
def test_same_numbers_as_facenet_pytorch(theirs, index, size):
    x = torch.rand(3, 3, *size, generator=torch.Generator().manual_seed(1)) * 2 - 1
    with torch.no_grad():
        probability, shift = networks.load_networks(CPU)[index](x)
        answers = theirs[index](x)
    torch.testing.assert_close(shift, answers[0])
    torch.testing.assert_close(probability, answers[-1][:, 1])


def test_networks_are_for_inference():
    for network in networks.load_networks(CPU):
        assert not network.training
        assert not any(parameter.requires_grad for parameter in network.parameters())


def test_missing_package(monkeypatch):
    monkeypatch.setattr(networks.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(WeightsError, match="not installed"):
        networks.load_networks(CPU)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "missing"),
        (b"", "no readable file"),
        (b"not tensors at all", "no readable file"),
        ({"conv1.weight": torch.zeros(1)}, "not those of ProposalNet"),
        ([1, 2], "not those of ProposalNet"),
    ],
)
def test_unusable_weights(tmp_path: Path, monkeypatch, content, reason):
    if isinstance(content, bytes):
        (tmp_path / "pnet.pt").write_bytes(content)
    elif content is not None:
        torch.save(content, tmp_path / "pnet.pt")
    monkeypatch.setattr(networks, "weights_folder", lambda: tmp_path)
    with pytest.raises(WeightsError, match=reason) as caught:
        networks.load_networks(CPU)
    assert caught.value.path == tmp_path / "pnet.pt"
