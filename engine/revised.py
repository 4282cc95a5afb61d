"""A bundle after fine-tuning: the same trunks and heads under other classifiers, NetVLADs and fusion.

What the trunks made of a video stays valid, so a revision answers from stored features at once.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from torch import nn

from engine.branches import Branch
from engine.bundle import Bundle, Calibration, _part, _payload, _sha256, _toml, _under
from engine.errors import WeightsError
from engine.fusion import Fusion
from engine.values import BRANCHES

TRAINED: Final = "fusion"
"""The part of a bundle that is trained on features alone."""


def trained_part(bundle: Bundle) -> bytes:
    """What fine-tuning touches, as safetensors bytes: float32 tensors by the names of the bundle's part `fusion`.

    `classifier.<branch>.1.weight|bias` of the three branches, and `fusion.*` of the NetVLADs and the fusion network.
    """
    return _payload(bundle.branches, bundle.fusion, torch.float32)[TRAINED][0]


def revised(
    bundle: Bundle, weights: bytes, calibration: Calibration, revision: str, parents: tuple[str, ...]
) -> Bundle:
    """The bundle with other weights in its trained part. Trunks and heads are shared, not copied, and nothing changes.

    Args:
        weights: as :func:`trained_part` gives them; any float precision.
        parents: the revisions it came from, the nearest first.

    Returns:
        A bundle in evaluation mode with a fingerprint of its own and no folder.

    Raises:
        WeightsError: `weights` are no safetensors, lack or add a tensor, or have other shapes than the bundle's, or a
            number in them is not finite.
    """
    state = _read(bundle, weights, revision)
    branches = {name: _branch(bundle.branches[name], state) for name in BRANCHES}
    with torch.device("meta"):  # the tensors come from the state
        fusion = Fusion(bundle.manifest.fusion)
    fusion.load_state_dict(_under(state, "fusion", ""), assign=True)
    fusion.eval().requires_grad_(False)
    part = _part(TRAINED, *_payload(branches, fusion, torch.float32)[TRAINED])
    manifest = replace(
        bundle.manifest, revision=revision, parents=parents, calibration=calibration,
        parts={**bundle.manifest.parts, TRAINED: part},
    )  # fmt: skip
    return Bundle(None, manifest, _sha256(_toml(manifest)), branches, fusion)


def _branch(branch: Branch, state: Mapping[str, torch.Tensor]) -> Branch:
    """A branch around the same trunk and head, with the classifier of a state."""
    dropout = branch.classifier[0]
    assert isinstance(dropout, nn.Dropout)
    made = Branch(branch.name, branch.trunk, branch.head, dropout.p)
    made.classifier.load_state_dict(_under(state, f"classifier.{branch.name}", ""))
    return made.eval().requires_grad_(False)


def _read(bundle: Bundle, weights: bytes, revision: str) -> dict[str, torch.Tensor]:
    try:
        given = {name: value.float() for name, value in load_tensors(weights).items()}
    except SafetensorError as error:
        raise WeightsError(revision, f"they are no safetensors ({error})") from error
    wanted = _payload(bundle.branches, bundle.fusion, torch.float32)[TRAINED][1]
    if given.keys() != wanted.keys():
        name = min(given.keys() ^ wanted.keys())
        raise WeightsError(revision, f"{name} is {'missing' if name in wanted else 'nothing that this bundle has'}")
    for name, value in given.items():
        if value.shape != wanted[name].shape:
            shapes = " and not ".join("x".join(map(str, one.shape)) or "one number" for one in (value, wanted[name]))
            raise WeightsError(revision, f"{name} is {shapes}, as the bundle {bundle.manifest.name} wants it")
        if not torch.isfinite(value).all():
            raise WeightsError(revision, f"{name} holds something that is no number")
    return given
