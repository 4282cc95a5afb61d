"""Where a project's videos are: paths relative to its folder, so that both can be moved together."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Literal

from app.project.values import Medium, new_id, now
from engine.errors import MediaError
from engine.values import MediaInfo

State = Literal["here", "missing", "changed"]


@dataclass(frozen=True, slots=True)
class FoundMedium:
    """Where a video is. `changed`: there is another file of its name; `missing`: there is none, and no `path`."""

    path: Path | None
    state: State


def stored_path(folder: Path, path: Path) -> str:
    """How a project in `folder` names a file: relative to it (POSIX), unless they share no more than the root."""
    full, home = Path(os.path.abspath(path)), Path(os.path.abspath(folder))
    if full.drive != home.drive or full.parts[1:2] != home.parts[1:2]:
        return full.as_posix()
    return Path(os.path.relpath(full, home)).as_posix()


def new_medium(folder: Path, info: MediaInfo) -> Medium:
    """The record of a video that is put into a project."""
    path = stored_path(folder, Path(info.path))
    return Medium(new_id(), path, info.size_bytes, info.sha256, info.duration_s, now())


def full_path(folder: Path, medium: Medium) -> Path:
    """Where a medium's file should be."""
    return Path(os.path.normpath(folder / medium.path))


def find_medium(folder: Path, medium: Medium, *, verify: bool = False, former: Iterable[Path] = ()) -> FoundMedium:
    """Look for a video's file.

    Args:
        verify: compare its content, too, which reads all of it; otherwise its size has to do.
        former: folders in which the project was before it was copied.
    """
    changed = None
    for home in (folder, *former):
        path = full_path(home, medium)
        state = _state(path, medium, verify)
        if state == "here":
            return FoundMedium(path, "here")
        if state == "changed":
            changed = changed or FoundMedium(path, "changed")
    return changed or FoundMedium(None, "missing")


def find_others(folder: Path, found: Medium, path: Path, missing: Iterable[Medium]) -> dict[str, Path]:
    """Where other missing videos are, given where one of them turned up: in the same places beside it.

    Gives paths by media id, of files of the right size.
    """
    old = PurePath(full_path(folder, found))
    others = {}
    for medium in missing:
        if medium.id == found.id:
            continue
        before = full_path(folder, medium)
        for place in (_moved(old, path, before), path.parent / before.name):
            if _state(place, medium, verify=False) == "here":
                others[medium.id] = place
                break
    return others


def _moved(old: PurePath, new: Path, other: Path) -> Path:
    """Where `other` is if its folders moved as `old` did to become `new`."""
    try:
        return Path(os.path.normpath(new.parent / os.path.relpath(other, old.parent)))
    except ValueError:  # on another drive
        return new.parent / other.name


def _state(path: Path, medium: Medium, verify: bool) -> State:
    try:
        if not path.is_file():
            return "missing"
        if path.stat().st_size != medium.size_bytes:
            return "changed"
    except OSError:
        return "missing"
    if not verify:
        return "here"
    from engine.media import content_sha256  # decodes, and so takes a while to import

    try:
        return "here" if content_sha256(path) == medium.sha256 else "changed"
    except MediaError:
        return "missing"
