"""What a bundle on disk is, from its manifest alone: read without torch, which takes seconds to import."""

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from app import places
from engine.errors import BundleError
from engine.values import BRANCHES


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """`sha256` is the bundle's fingerprint, as every analysis by it names it; `trunks` those of its branches."""

    folder: Path
    name: str
    revision: str
    sha256: str
    trunks: Mapping[str, str]


def installed() -> Iterator[ModelFacts]:
    """Of every bundle on this machine whose manifest can be read."""
    for folder in places.bundle_folders():
        try:
            yield _known(str(folder), (folder / places.MANIFEST).stat().st_mtime_ns)
        except (BundleError, OSError):
            continue


@lru_cache(maxsize=64)
def _known(folder: str, _changed_ns: int) -> ModelFacts:
    """Read once as long as it stays the same: whole libraries are gone through with it."""
    return read_facts(folder)


def read_facts(bundle: str) -> ModelFacts:
    """Of a bundle given by name or folder.

    Raises:
        BundleError: it is not there, or its manifest cannot be read.
    """
    folder = places.find_bundle(bundle)
    try:
        text = (folder / places.MANIFEST).read_bytes()
        plain = tomllib.loads(text.decode())
        trunks: dict[str, str] = {name: plain["parts"][name]["sha256"] for name in BRANCHES}
        return ModelFacts(folder, plain["name"], plain["revision"], hashlib.sha256(text).hexdigest(), trunks)
    except OSError as error:
        raise BundleError(folder, error.strerror or "cannot be read") from error
    except (KeyError, TypeError, ValueError) as error:  # what tomllib raises is a ValueError
        raise BundleError(folder, f"{places.MANIFEST} is broken: {error}") from error
