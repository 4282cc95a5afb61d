"""The folder of prepared examples: whose it is, which version made it, and what killed processes left in it."""

import json
import os
import re
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from engine.errors import DatasetError, StorageError
from trainer.preparing.settings import VERSION

MARKER_NAME: Final = "prepared-examples.json"
LEFTOVER_S: Final = 24 * 3600

_ITEM: Final = re.compile(r"[0-9a-f]{32}")
_UNFINISHED: Final = re.compile(r"\.[0-9a-f]{32}-.*")


def claim(folder: Path) -> bool:
    """Make a folder ready to hold prepared examples of this version.

    Those of an earlier version are removed, to be made again.

    Returns:
        Whether there were any.

    Raises:
        DatasetError: it holds something else, or what a later version of the program prepared.
        StorageError: it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        made_by = _version(folder)
        if made_by is not None and made_by > VERSION:
            reason = f"a later version of this program prepared it (form {made_by}, this one knows {VERSION})"
            raise DatasetError(folder, f"{reason}; choose another folder")
        stale = _items(folder) if made_by != VERSION else []
        for item in stale:
            shutil.rmtree(item)
        if made_by != VERSION:
            _mark(folder)
        _remove_leftovers(folder)
    except OSError as error:
        raise StorageError(folder, error.strerror or "cannot be written") from error
    return bool(stale)


def _version(folder: Path) -> int | None:
    """The version that a folder's examples are of, None for an empty folder.

    Raises:
        DatasetError: something else is in it.
    """
    marker = folder / MARKER_NAME
    if marker.is_file():
        with suppress(ValueError, KeyError, TypeError):
            return int(json.loads(marker.read_text(encoding="utf-8"))["version"])
        return 0
    if any(not _UNFINISHED.fullmatch(entry.name) for entry in folder.iterdir()):
        raise DatasetError(folder, "is not empty and holds no prepared examples; choose another folder")
    return None


def _mark(folder: Path) -> None:
    part = folder / f"{MARKER_NAME}.part"
    part.write_text(json.dumps({"version": VERSION}), encoding="utf-8")
    os.replace(part, folder / MARKER_NAME)


def _items(folder: Path) -> list[Path]:
    return [entry for entry in folder.iterdir() if _ITEM.fullmatch(entry.name)]


def _remove_leftovers(folder: Path) -> None:
    """Remove unfinished items to which nothing was written for a day."""
    for entry in folder.iterdir():
        if _UNFINISHED.fullmatch(entry.name):
            with suppress(OSError):  # another process may be removing it too
                last_s = max(path.stat().st_mtime for path in (entry, *entry.iterdir()))
                if time.time() - last_s > LEFTOVER_S:
                    shutil.rmtree(entry)
