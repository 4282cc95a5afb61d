"""Where a stopped training goes on: tensors as safetensors, numbers as JSON inside its header; replaced whole."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from engine.errors import StorageError, WeightsError


def write_tensors(path: Path, tensors: Mapping[str, torch.Tensor], facts: Mapping[str, Any] | None = None) -> None:
    """Write a safetensors file so that a reader sees the old one or the new one, never half of either.

    Raises:
        StorageError: the disk is full or may not be written.
    """
    part = path.with_name(path.name + ".part")
    metadata = {"facts": json.dumps(dict(facts), sort_keys=True)} if facts is not None else None
    data = save({name: tensor.detach().contiguous().cpu() for name, tensor in tensors.items()}, metadata)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise StorageError(path, error.strerror or "cannot be written") from error


def read_tensors(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Tensors and facts of a file written by :func:`write_tensors`.

    Raises:
        WeightsError: the file is damaged or gone.
    """
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
            metadata = file.metadata() or {}
    except (OSError, SafetensorError) as error:
        raise WeightsError(path, "is damaged or gone") from error
    return tensors, json.loads(metadata.get("facts", "{}"))


def group(tensors: Mapping[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    """The tensors whose names start with `prefix` and a slash, without it."""
    return {name[len(prefix) + 1 :]: tensor for name, tensor in tensors.items() if name.startswith(prefix + "/")}
