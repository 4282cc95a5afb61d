"""Where the project's videos are now: looked for, found again, or replaced by another file."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.jobs.lanes import Lane
from app.project import edits
from app.project.media_files import FoundMedium, find_medium, find_others, stored_path
from app.project.values import Medium
from app.session.adding import Seen, look_at
from app.session.session import Session


class Finding(QObject):
    """Knows where each video of the open project lies.

    Signals:
        other_chosen: a video's id and the `Seen` of a file that is not that video, so that somebody has to decide.
    """

    other_chosen = Signal(str, object)

    def __init__(self, session: Session, io: Lane) -> None:
        super().__init__(session)
        self._session, self._io = session, io
        self._places: dict[str, FoundMedium] = {}
        self._impostors: dict[str, Path] = {}
        session.project_changed.connect(self._forget_all)

    def place_of(self, medium: Medium) -> FoundMedium:
        """Where a video lies, as of when it was last looked for."""
        project = self._session.project
        if project is None:
            return FoundMedium(None, "missing")
        if medium.id not in self._places:
            found = find_medium(project.path.parent, medium, former=project.former_folders())
            if found.path is not None and found.path == self._impostors.get(medium.id):
                found = FoundMedium(found.path, "changed")
            self._places[medium.id] = found
        return self._places[medium.id]

    def path_of(self, medium: Medium) -> Path | None:
        """Its file; None when that is not there or another one took its place."""
        found = self.place_of(medium)
        return found.path if found.state == "here" else None

    def look_again(self) -> None:
        """Ask the disk again when somebody wants to know."""
        self._places.clear()

    def forget(self, medium: Medium) -> None:
        """Look for one video anew when it is asked for."""
        self._places.pop(medium.id, None)

    def note_impostor(self, medium: Medium, path: Path) -> None:
        """A file of the right name and size turned out to be another video."""
        self._impostors[medium.id] = path
        self.forget(medium)

    def relink(self, media_id: str, path: Path) -> None:
        """Somebody showed where a video is. It must be the same one; others beside it are found with it."""
        self._io.submit(
            lambda cancelled: look_at((path,), cancelled), urgent=True, on_partial=partial(self._shown, media_id)
        )

    def use_instead(self, media_id: str, seen: Seen) -> None:
        """Go on with another file: what people said stays at its times."""
        project, medium, info = self._session.project, self._session.medium_of(media_id), seen.info
        if project is None or medium is None or info is None:
            return
        same = next((one for one in project.media() if one.sha256 == info.sha256), None)
        if same is not None:
            self._session.said.emit(f"{seen.path.name} is in the project already, as {Path(same.path).name}", "error")
            return
        self._impostors.pop(media_id, None)
        self._session.do(
            edits.relink, medium, stored_path(project.path.parent, seen.path), size_bytes=info.size_bytes,
            sha256=info.sha256, duration_s=info.duration_s,
        )  # fmt: skip

    def found_again(self, medium: Medium, path: Path) -> None:
        """Store where a video is now, and where others are that were lost with it."""
        project = self._session.project
        if project is None:
            return
        folder = project.path.parent
        lost = [other for other in project.media() if self.path_of(other) is None]
        others = find_others(folder, medium, path, lost)
        done = [edits.relink(medium, stored_path(folder, path))]
        done += [edits.relink(one, stored_path(folder, others[one.id])) for one in lost if one.id in others]
        self._impostors.pop(medium.id, None)
        self._session.do(edits.together, done[0].name if len(done) == 1 else f"Find {len(done)} videos", done)
        if len(done) > 1:
            self._session.said.emit(f"{len(done)} videos were found again", "info")

    def _shown(self, media_id: str, seen: Seen) -> None:
        medium = self._session.medium_of(media_id)
        if medium is None:
            return
        if seen.info is None:
            self._session.said.emit(f"{seen.path.name} cannot be used: {seen.reason}", "error")
        elif seen.info.sha256 == medium.sha256:
            self.found_again(medium, seen.path)
        else:
            self.other_chosen.emit(media_id, seen)

    def _forget_all(self) -> None:
        self._places.clear()
        self._impostors.clear()
