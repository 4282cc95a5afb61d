"""The procedure's steps on disk: a result is a file whose name says what it was made of.

A file that is there is whole and is of the same data, choices and earlier steps, so it is not made again; whatever
changes gives another name. So a procedure that was killed anywhere is gone on with by running it again.
"""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch

from trainer.checkpoint import read_tensors, write_tensors

VERSION: Final = 1
"""Of how results are made. Raise it when a step gives something else from the same inputs."""
_DIGITS: Final = 16


def fingerprint(facts: object) -> str:
    """A name for plain values: 16 hexadecimal digits."""
    said = json.dumps({"version": VERSION, "facts": facts}, sort_keys=True, default=str)
    return hashlib.sha256(said.encode()).hexdigest()[:_DIGITS]


@dataclass(frozen=True, slots=True)
class Step:
    """One step and the place of its result."""

    folder: Path
    name: str
    needs: Mapping[str, Any]

    @property
    def key(self) -> str:
        """Fingerprint of everything the result depends on."""
        return fingerprint({"step": self.name, **self.needs})

    @property
    def path(self) -> Path:
        """The result, or the folder of its parts."""
        return self.folder / f"{self.name}-{self.key}"

    @property
    def file(self) -> Path:
        return self.path.with_name(f"{self.path.name}.safetensors")

    @property
    def checkpoint(self) -> Path:
        """Where a training within the step goes on."""
        return self.path.with_name(f"{self.path.name}.checkpoint")

    @property
    def done(self) -> bool:
        return self.file.exists()

    def keep(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Write the result whole; what only led to it goes.

        Raises:
            StorageError: the disk is full or may not be written.
        """
        write_tensors(self.file, tensors, {"step": self.name, "needs": json.loads(json.dumps(self.needs, default=str))})
        with suppress(OSError):
            self.checkpoint.unlink(missing_ok=True)

    def read(self) -> dict[str, torch.Tensor]:
        """The result.

        Raises:
            WeightsError: the file is damaged.
        """
        return read_tensors(self.file)[0]
