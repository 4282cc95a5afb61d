"""Files that appear whole or not at all: written beside their place under another name, then renamed."""

import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from app.messages import os_reason
from engine.errors import StorageError


def write_whole(files: Mapping[Path, Iterable[str]]) -> None:
    """Write several UTF-8 files from pieces of text; none takes its place before all are written.

    Raises:
        StorageError: one cannot be written; no half-written file is left behind.
    """
    parts = {path: path.with_name(f".{path.name}.{os.getpid()}.part") for path in files}
    path = Path()
    try:
        for path, pieces in files.items():
            with parts[path].open("w", encoding="utf-8", errors="surrogateescape", newline="") as out:
                out.writelines(pieces)
                out.flush()
                os.fsync(out.fileno())
        for path in files:
            os.replace(parts[path], path)
    except OSError as error:
        raise StorageError(path, os_reason(error)) from error
    finally:
        for part in parts.values():
            _remove(part)


def write_standard_output(pieces: Iterable[str]) -> None:
    """Write pieces of text to standard output.

    Raises:
        StorageError: its disk is full or its reader went away.
    """
    try:
        sys.stdout.writelines(pieces)
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left must not fail again at exit
        raise StorageError("standard output", os_reason(error)) from error


def require_writable_folder(folder: Path) -> None:
    """Make the folder if need be and see that files can be made in it.

    Raises:
        StorageError: it is no folder, or nothing can be written there.
    """
    probe = folder / f".affectline.{os.getpid()}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
    except FileExistsError as error:
        raise StorageError(folder, "it is a file, not a folder") from error
    except OSError as error:
        raise StorageError(folder, os_reason(error)) from error
    finally:
        _remove(probe)


def _remove(path: Path) -> None:
    with suppress(OSError):  # where it cannot be removed it could not be made either
        path.unlink(missing_ok=True)


def output_stems(paths: Iterable[Path]) -> tuple[str, ...]:
    """A name for the output of each input: its stem, and `-2`, `-3` ... for further inputs of one stem.

    Names differ by more than case, for file systems that do not tell case apart.
    """
    taken: set[str] = set()
    stems = []
    for path in paths:
        stem, number = path.stem, 1
        while stem.casefold() in taken:
            number += 1
            stem = f"{path.stem}-{number}"
        taken.add(stem.casefold())
        stems.append(stem)
    return tuple(stems)
