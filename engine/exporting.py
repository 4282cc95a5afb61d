"""A revised bundle as a folder that others can use.

Trunks and heads are copied byte for byte: their fingerprints stay, and with them everything that was stored of videos.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import torch

from engine.bundle import MANIFEST, Bundle, Manifest, _payload, _toml, _write_folder, check_bundle_place
from engine.errors import BundleError
from engine.revised import TRAINED
from engine.values import BRANCHES

CARD: Final = "MODEL_CARD.md"


def write_revised(
    folder: Path, bundle: Bundle, manifest: Manifest, source: Path, others: Mapping[str, bytes] | None = None
) -> None:
    """Write a bundle that :func:`engine.revised.revised` gave, all or nothing.

    Args:
        manifest: the bundle's, with what is to be told differently about it; parts and sizes must stay.
        source: folder of the bundle that it was revised from.
        others: files to lay beside, by name.
    Raises:
        BundleError: a part of the source cannot be read.
        StorageError: the folder cannot be written, or holds other things.
    """
    check_bundle_place(folder)
    files = dict(others or {})
    for name in BRANCHES:
        part = manifest.parts[name].file
        try:
            files[part] = (source / part).read_bytes()
        except OSError as error:
            raise BundleError(source, f"its part {name} ({part}) cannot be read") from error
    trained = manifest.parts[TRAINED]
    files[trained.file] = _payload(bundle.branches, bundle.fusion, torch.float32)[TRAINED][0]
    _write_folder(folder, {**files, MANIFEST: _toml(manifest)})
