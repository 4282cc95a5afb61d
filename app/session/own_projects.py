"""The projects of videos that were opened without one: "My videos", and further ones while that is in use elsewhere."""

import itertools
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from app import places
from app.messages import os_reason
from app.project.errors import ProjectError
from app.project.media_files import full_path
from app.project.store import Project, create_project, open_project
from engine.errors import StorageError


@dataclass(frozen=True, slots=True)
class Own:
    """An own project that can be written, and why it is not the first one, if it is not."""

    project: Project
    note: str = ""


def open_own(videos: Iterable[Path], who: str) -> Own:
    """Open the own project that holds one of these videos, or the first that can be written, made if need be.

    Raises:
        ProjectError, StorageError: none can be made.
    """
    wanted = {Path(video).absolute() for video in videos}
    folder = places.own_project().parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(folder, os_reason(error)) from error
    reason, spare = "", None
    for path in _paths():
        if not os.path.exists(path):
            return spare or _noted(create_project(path, who=who), reason)
        try:
            project = open_project(path, who=who)
        except ProjectError as error:
            reason = reason or error.reason
            continue
        if project.read_only:
            reason = reason or project.read_only_reason or ""
        elif _holds(project, wanted):
            if spare is not None:
                spare.project.close()
            return _noted(project, reason)
        elif spare is None:
            spare = _noted(project, reason)
            continue
        project.close()
    raise AssertionError("there is always another name")


def own_name(path: Path) -> str | None:
    """What an own project is called in the window; None for any other project."""
    first = places.own_project()
    return path.stem if path.parent == first.parent and path.stem.startswith(first.stem) else None


def _paths() -> Iterator[Path]:
    first = places.own_project()
    yield first
    for number in itertools.count(2):
        yield first.with_name(f"{first.stem} {number}{first.suffix}")


def _holds(project: Project, videos: set[Path]) -> bool:
    return any(full_path(project.path.parent, medium) in videos for medium in project.media())


def _noted(project: Project, reason: str) -> Own:
    first, name = places.own_project(), project.path.stem
    if project.path == first:
        return Own(project)
    if reason:
        return Own(project, f"“{first.stem}” cannot be used now ({reason}): this is “{name}”")
    return Own(project, f"This is “{name}”, where the video was put before")
