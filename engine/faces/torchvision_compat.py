"""facenet-pytorch beside a torch for which the installed torchvision was not built.

The package index's torchvision for Linux is made for the CUDA build of torch. Beside the CPU build its compiled
operators do not load, and `import torchvision` ends in ``RuntimeError: operator torchvision::nms does not exist``,
raised where it describes the result shapes of `nms` and its quantised twin. Of torchvision's operators facenet-pytorch
calls `nms` alone.

The engine needs neither package's code to analyse a video: `engine.faces.networks` reads facenet-pytorch's weights
without importing it. This module is for comparisons with facenet-pytorch's own detector and FaceNet.
"""

import importlib
import sys
from types import ModuleType

import torch

from engine.faces.suppression import suppress

_MISSING = "operator torchvision::nms does not exist"
_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_libraries: list[torch.library.Library] = []  # an operator lives as long as its library


def import_facenet_pytorch() -> ModuleType:
    """Import facenet-pytorch; where torchvision cannot be imported for want of `nms`, with the `nms` of this module.

    Returns:
        The module `facenet_pytorch`.

    Raises:
        ImportError: facenet-pytorch or torchvision is not installed.
        RuntimeError: torchvision fails to import for another reason than the missing operator.
    """
    try:
        importlib.import_module("torchvision")
    except RuntimeError as error:
        if _MISSING not in str(error):
            raise
        _import_torchvision_without_operators()
    return importlib.import_module("facenet_pytorch")


def _import_torchvision_without_operators() -> None:
    library = torch.library.Library("torchvision", "FRAGMENT")
    for schema in _SCHEMAS:
        library.define(schema)
    _libraries.append(library)
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]  # half imported
    for name in ("torchvision.ops", "torchvision.ops.boxes"):
        # torchvision's own function asks for all compiled operators before it calls this one
        vars(importlib.import_module(name))["nms"] = nms


def nms(boxes: torch.Tensor, scores: torch.Tensor, iou_threshold: float) -> torch.Tensor:
    """Greedy non-maximum suppression, as torchvision defines it.

    Args:
        boxes: (N, 4) float, x1 y1 x2 y2.
        scores: (N,) float above 0.
        iou_threshold: a box goes when it overlaps a better one by more than this.

    Returns:
        (K,) int64, what is kept, best score first.
    """
    kept = suppress(boxes.detach().cpu().double().numpy(), scores.detach().cpu().numpy(), iou_threshold)
    return torch.from_numpy(kept).to(boxes.device)
