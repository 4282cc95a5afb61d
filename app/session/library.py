"""The library: videos come in, are opened, found again and removed; each shows how far it is."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QImage

from app.jobs.analyses import AnalysisQueue, MediaState
from app.jobs.lanes import Lane
from app.jobs.thumbnails import video_thumbnail
from app.player.player import Player
from app.project import edits
from app.project.analyses import AnalysisSummary
from app.project.media_files import find_medium, find_others, new_medium, stored_path
from app.project.values import Medium
from app.session.adding import Seen, look_at, video_files
from app.session.session import Session
from app.views.library import LibraryPanel
from app.views.panel_values import LibraryEntry

R = TypeVar("R")
Summaries = dict[str, AnalysisSummary]


class Library(QObject):
    """Connects the library panel with the project, the player and the queue."""

    summaries_changed = Signal()

    def __init__(
        self, session: Session, panel: LibraryPanel, player: Player, queue: AnalysisQueue, io: Lane,
        analyse_on_adding: Callable[[], bool],
    ) -> None:  # fmt: skip
        super().__init__(session)
        self._session, self._panel, self._player, self._queue, self._io = session, panel, player, queue, io
        self._analyse_on_adding = analyse_on_adding
        self.summaries: Summaries = {}
        self._states: dict[str, MediaState] = {}
        self._paths: dict[str, Path | None] = {}
        self._changed: dict[str, bool] = {}
        self._pictured: set[str] = set()
        self._open_first = False
        session.library_changed.connect(self.refresh)
        session.records_changed.connect(self._count)
        queue.state_changed.connect(self._on_state)
        panel.opened.connect(self.open)
        panel.remove_requested.connect(self.remove)
        panel.cancel_requested.connect(self._cancel)
        panel.analyse_requested.connect(self.analyse)
        panel.pictures_wanted.connect(self._picture)
        panel.show_in_folder_requested.connect(self._show_in_folder)

    # Bringing in

    def add(self, paths: Iterable[Path], open_first: bool = True) -> None:
        """Add files and folders; the first one is opened as soon as it is known."""
        files = video_files(paths)
        session = self._session
        if not files:
            session.said.emit("There is no video in what was dropped", "warning")
            return
        if not session.writable:
            reason = session.project.read_only_reason if session.project is not None else "no project is open"
            session.said.emit(f"Videos cannot be added: {reason}", "error")
            return
        self._open_first = open_first
        self._io.submit(
            lambda cancelled: look_at(files, cancelled), urgent=True,
            on_partial=self._take, on_failed=lambda text, _error: session.said.emit(text, "error"),
        )  # fmt: skip

    def _take(self, seen: Seen) -> None:
        session = self._session
        if seen.info is None:
            session.said.emit(seen.problem or f"{seen.path.name} cannot be used", "error")
            return
        if session.project is None:
            return
        known = next((medium for medium in session.project.media() if medium.sha256 == seen.info.sha256), None)
        if known is None:
            known = new_medium(session.project.path.parent, seen.info)
            if session.do(edits.add_media, (known,)) is None:
                return
            if self._analyse_on_adding():
                self._queue.enqueue(known.id, seen.path)
        elif self.path_of(known) is None:
            session.do(edits.relink, known, stored_path(session.project.path.parent, seen.path))
            self.refresh()
        if self._open_first:
            self._open_first = False
            self.open(known.id)

    # Opening and finding

    def open(self, media_id: str) -> None:
        """Show a video: its picture, its labels, and its analysis, which is asked for where there is none."""
        session = self._session
        medium = self._medium(media_id)
        if medium is None or (
            session.medium is not None and session.medium.id == media_id and session.path is not None
        ):
            return
        path = self.path_of(medium)
        session.set_medium(medium, path)
        self._panel.set_current(media_id)
        if path is None:
            self._player.close()
        else:
            self._player.open(path)

    def path_of(self, medium: Medium) -> Path | None:
        """Where a video lies now; None when it is not there or another file took its place."""
        if medium.id not in self._paths:
            project = self._session.project
            found = (
                find_medium(project.path.parent, medium, former=project.former_folders())
                if project is not None
                else None
            )
            self._changed[medium.id] = found is not None and found.state == "changed"
            self._paths[medium.id] = found.path if found is not None and found.state == "here" else None
        return self._paths[medium.id]

    def relink(self, media_id: str, path: Path) -> None:
        """The file that was moved was shown to us. It must be the same one; others beside it are found with it."""
        self._open_first = self._session.medium is not None and self._session.medium.id == media_id
        medium = self._medium(media_id)
        if medium is None:
            return
        self._io.submit(
            lambda cancelled: look_at((path,), cancelled), urgent=True,
            on_partial=lambda seen: self._relinked(medium, seen),
        )  # fmt: skip

    def _relinked(self, medium: Medium, seen: Seen) -> None:
        session = self._session
        if seen.info is None or session.project is None:
            session.said.emit(seen.problem or "that file cannot be read", "error")
            return
        if seen.info.sha256 != medium.sha256:
            session.said.emit(
                f"{seen.path.name} is another video than the one that was labelled; add it as a new one instead",
                "error",
            )
            return
        folder = session.project.path.parent
        lost = [other for other in session.project.media() if other.id != medium.id and self.path_of(other) is None]
        found = {medium: seen.path}
        for other in lost:
            place = find_others(folder, medium, seen.path, (other,)).get(other.id)
            if place is not None:
                found[other] = place
        done = [edits.relink(one, stored_path(folder, path)) for one, path in found.items()]
        session.do(edits.together, done[0].name if len(done) == 1 else f"Find {len(done)} videos", done)
        self._paths.clear()
        self.refresh()
        if session.medium is not None and session.medium.id == medium.id:
            session.set_medium(None, None)
            self.open(medium.id)

    # Analysing, removing

    def analyse(self, media_ids: Iterable[str], again: bool = False) -> None:
        """Queue videos; those already analysed only when asked for again."""
        for media_id in media_ids:
            medium = self._medium(media_id)
            path = self.path_of(medium) if medium is not None else None
            if path is not None and (again or media_id not in self.summaries):
                self._queue.enqueue(media_id, path)

    def remove(self, media_ids: Iterable[str]) -> None:
        """Take videos out of the project with what was said about them; undo brings everything back."""
        project = self._session.project
        if project is None:
            return
        media = [medium for media_id in media_ids if (medium := self._medium(media_id)) is not None]
        for medium in media:
            self._queue.cancel(medium.id)

        def belonging(read: Callable[[str], Iterable[R]]) -> list[R]:
            return [record for medium in media for record in read(medium.id)]

        self._session.do(
            edits.remove_media, media, belonging(project.corrections), belonging(project.notes),
            belonging(project.markers), belonging(project.epochs),
        )  # fmt: skip

    def analyse_open(self) -> None:
        """The open video, now, and before everything that waits."""
        session = self._session
        if session.medium is not None and session.path is not None:
            self._queue.ask_for(session.medium.id, session.path)

    def analyse_all(self) -> None:
        """Queue all videos that have no analysis yet."""
        project = self._session.project
        if project is not None:
            self.analyse([medium.id for medium in project.media()])

    def name_of(self, media_id: str) -> str:
        """A video's file name."""
        medium = self._medium(media_id)
        return Path(medium.path).name if medium is not None else "a video"

    # Showing

    def refresh(self) -> None:
        """Read the list again."""
        project = self._session.project
        media = project.media() if project is not None else ()
        self._paths.clear()
        self._counts = project.correction_counts() if project is not None else {}
        self._panel.set_entries(tuple(self._entry(medium) for medium in media))
        self._panel.set_current(self._session.medium.id if self._session.medium is not None else None)

    def set_summaries(self, summaries: Summaries) -> None:
        """Which videos are analysed, by what."""
        self.summaries = summaries
        self.refresh()
        self.summaries_changed.emit()

    def note_analysed(self, media_id: str, summary: AnalysisSummary) -> None:
        """One more is analysed."""
        self.summaries[media_id] = summary
        self._states.pop(media_id, None)
        self._update(media_id)
        self.summaries_changed.emit()

    def _count(self) -> None:
        medium, project = self._session.medium, self._session.project
        if medium is not None and project is not None:
            self._counts[medium.id] = len(self._session.corrections)
            self._update(medium.id)

    def _on_state(self, media_id: str, state: MediaState) -> None:
        self._states[media_id] = state
        if state.kind == "failed" and state.sentence:
            self._session.said.emit(state.sentence, "error")
        self._update(media_id)

    def _update(self, media_id: str) -> None:
        medium = self._medium(media_id)
        if medium is not None:
            self._panel.update_entry(self._entry(medium))

    def _entry(self, medium: Medium) -> LibraryEntry:
        corrections = self._counts.get(medium.id, 0)
        name = Path(medium.path).name
        entry = LibraryEntry(medium.id, name, medium.duration_s, "new", None, "not analysed", corrections)
        state = self._states.get(medium.id)
        if self.path_of(medium) is None:
            detail = "another file took its place" if self._changed.get(medium.id) else "file not found"
            return replace(entry, state="missing", detail=detail)
        if state is not None and state.kind not in ("analysed", "cancelled"):
            return replace(entry, state=state.kind, done=state.done, detail=_state_text(state))
        summary = self.summaries.get(medium.id)
        if summary is not None:
            return replace(entry, state="analysed", detail=f"revision {summary.revision}")
        if state is not None and state.kind == "cancelled":
            return replace(entry, state="cancelled", detail="cancelled")
        return entry

    def _picture(self, media_ids: Iterable[str]) -> None:
        """Thumbnails of what is in view."""
        for media_id in media_ids:
            medium = self._medium(media_id)
            path = self.path_of(medium) if medium is not None else None
            if medium is not None and path is not None and media_id not in self._pictured:
                self._pictured.add(media_id)
                self._io.submit(
                    partial(video_thumbnail, path, medium.sha256), on_done=partial(self._pictured_done, media_id)
                )

    def _pictured_done(self, media_id: str, image: QImage | None) -> None:
        if image is not None:
            self._panel.set_thumbnail(media_id, image)

    # Small things

    def _medium(self, media_id: str) -> Medium | None:
        project = self._session.project
        if project is None:
            return None
        return next((medium for medium in project.media() if medium.id == media_id), None)

    def _cancel(self, media_ids: Iterable[str]) -> None:
        for media_id in media_ids:
            self._queue.cancel(media_id)

    def _show_in_folder(self, media_id: str) -> None:
        medium = self._medium(media_id)
        path = self.path_of(medium) if medium is not None else None
        if path is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))


def _state_text(state: MediaState) -> str:
    match state.kind:
        case "waiting":
            return "waiting"
        case "analysing":
            return f"analysing, {state.frames_per_s:.0f} frames/s" if state.frames_per_s else "analysing"
        case _:
            return state.sentence or state.kind
