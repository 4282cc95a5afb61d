"""MTCNN's three networks (Zhang et al. 2016) with the weights that come with facenet-pytorch 2.5.3.

Module names are facenet-pytorch's, so that its state dicts load as they are. The classes are written here because
importing its own brings in torchvision, which costs seconds and does not import beside every torch; its data folder is
found without importing it. Agreement with facenet-pytorch's classes is part of the tests.
"""

import importlib.util
import pickle
from pathlib import Path
from typing import cast

import torch
from torch import nn

from engine.errors import WeightsError

P_CELL_PX = 12
"""Side of the picture patch behind one cell of the proposal network's map; cells lie 2 pixels apart."""
R_SIDE_PX = 24
O_SIDE_PX = 48


class ProposalNet(nn.Module):
    """P-Net: a face / no-face probability and a box correction for every 12-pixel patch, 2 pixels apart."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 10, 3)
        self.prelu1 = nn.PReLU(10)
        self.pool1 = nn.MaxPool2d(2, 2, ceil_mode=True)
        self.conv2 = nn.Conv2d(10, 16, 3)
        self.prelu2 = nn.PReLU(16)
        self.conv3 = nn.Conv2d(16, 32, 3)
        self.prelu3 = nn.PReLU(32)
        self.conv4_1 = nn.Conv2d(32, 2, 1)
        self.conv4_2 = nn.Conv2d(32, 4, 1)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(N, 3, H, W) in [-1, 1] -> probability (N, h, w), correction (N, 4, h, w) in shares of the box."""
        x = self.pool1(self.prelu1(self.conv1(x)))
        x = self.prelu2(self.conv2(x))
        x = self.prelu3(self.conv3(x))
        return _face_probability(self.conv4_1(x)), self.conv4_2(x)


class RefineNet(nn.Module):
    """R-Net: the same two answers for one candidate of 24 pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 28, 3)
        self.prelu1 = nn.PReLU(28)
        self.pool1 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.conv2 = nn.Conv2d(28, 48, 3)
        self.prelu2 = nn.PReLU(48)
        self.pool2 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.conv3 = nn.Conv2d(48, 64, 2)
        self.prelu3 = nn.PReLU(64)
        self.dense4 = nn.Linear(576, 128)
        self.prelu4 = nn.PReLU(128)
        self.dense5_1 = nn.Linear(128, 2)
        self.dense5_2 = nn.Linear(128, 4)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(N, 3, 24, 24) in [-1, 1] -> probability (N,), correction (N, 4) in shares of the box."""
        x = self.pool1(self.prelu1(self.conv1(x)))
        x = self.pool2(self.prelu2(self.conv2(x)))
        x = self.prelu3(self.conv3(x))
        x = self.prelu4(self.dense4(_caffe_flat(x)))
        return _face_probability(self.dense5_1(x)), self.dense5_2(x)


class OutputNet(nn.Module):
    """O-Net: the same two answers for one candidate of 48 pixels, and five landmarks that nothing here uses."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 3)
        self.prelu1 = nn.PReLU(32)
        self.pool1 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.conv2 = nn.Conv2d(32, 64, 3)
        self.prelu2 = nn.PReLU(64)
        self.pool2 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.conv3 = nn.Conv2d(64, 64, 3)
        self.prelu3 = nn.PReLU(64)
        self.pool3 = nn.MaxPool2d(2, 2, ceil_mode=True)
        self.conv4 = nn.Conv2d(64, 128, 2)
        self.prelu4 = nn.PReLU(128)
        self.dense5 = nn.Linear(1152, 256)
        self.prelu5 = nn.PReLU(256)
        self.dense6_1 = nn.Linear(256, 2)
        self.dense6_2 = nn.Linear(256, 4)
        self.dense6_3 = nn.Linear(256, 10)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(N, 3, 48, 48) in [-1, 1] -> probability (N,), correction (N, 4) in shares of the box."""
        x = self.pool1(self.prelu1(self.conv1(x)))
        x = self.pool2(self.prelu2(self.conv2(x)))
        x = self.pool3(self.prelu3(self.conv3(x)))
        x = self.prelu4(self.conv4(x))
        x = self.prelu5(self.dense5(_caffe_flat(x)))
        return _face_probability(self.dense6_1(x)), self.dense6_2(x)


def load_networks(device: torch.device) -> tuple[ProposalNet, RefineNet, OutputNet]:
    """The three networks with their published weights, for inference.

    Raises:
        WeightsError: facenet-pytorch's weights are missing or are not these networks'.
    """
    folder = weights_folder()
    networks = ProposalNet(), RefineNet(), OutputNet()
    for network, name in zip(networks, ("pnet.pt", "rnet.pt", "onet.pt"), strict=True):
        network.load_state_dict(_read(folder / name, network))
        network.to(device).eval().requires_grad_(False)
    return networks


def weights_folder() -> Path:
    """facenet-pytorch's data folder, beside its modules whether they lie in files or in a packed program's archive."""
    spec = importlib.util.find_spec("facenet_pytorch")
    if spec is None or not spec.submodule_search_locations:
        raise WeightsError("facenet_pytorch", "the package with the face detector's weights is not installed")
    return Path(spec.submodule_search_locations[0], "data")


def _read(path: Path, network: nn.Module) -> dict[str, torch.Tensor]:
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise WeightsError(path, "the face detector's weights are missing") from None
    except (OSError, RuntimeError, pickle.UnpicklingError, EOFError):
        raise WeightsError(path, "this is no readable file of tensors") from None
    want = {key: tensor.shape for key, tensor in network.state_dict().items()}
    have = state.items() if isinstance(state, dict) else ()
    if {key: getattr(tensor, "shape", None) for key, tensor in have} != want:
        raise WeightsError(path, f"its tensors are not those of {type(network).__name__}")
    return cast("dict[str, torch.Tensor]", state)


def _face_probability(logits: torch.Tensor) -> torch.Tensor:
    """Probability of the second of two classes on axis 1."""
    return torch.softmax(logits, 1)[:, 1]


def _caffe_flat(x: torch.Tensor) -> torch.Tensor:
    """(N, C, H, W) -> (N, W * H * C): the order in which the published dense layers count."""
    return x.permute(0, 3, 2, 1).flatten(1)
