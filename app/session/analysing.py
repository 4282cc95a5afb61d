"""Analyses: asked for, seen while they grow, stored, and shown; never one computed twice."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from threading import Event
from typing import Final

from PySide6.QtCore import QObject

from app.jobs.analyses import AnalysisQueue, MediaState
from app.jobs.lanes import Cancelled, Lane
from app.project.analyses import AnalysisStore, AnalysisSummary
from app.session.library import Library
from app.session.session import Session
from app.timeline.sound_pictures import SoundPicture, sound_picture
from app.views.main_window import MainWindow
from app.views.status import Job
from engine.values import Analysis, Part, Progress

LONGEST_STORING_S: Final = 20.0
"""An analysis of three hours is stored in about five seconds."""


class Analysing(QObject):
    """Connects the queue with the project, the library and the timeline."""

    def __init__(
        self, session: Session, window: MainWindow, queue: AnalysisQueue, io: Lane, library: Library,
    ) -> None:  # fmt: skip
        super().__init__(session)
        self._session, self._window, self._queue, self._io, self._library = session, window, queue, io, library
        self._stores: dict[Path, AnalysisStore] = {}
        self._read_only: set[Path] = set()
        self._running: str | None = None
        self._loading: object = None
        self._storing: list[Event] = []
        session.project_changed.connect(self._on_project)
        session.medium_changed.connect(self._on_medium)
        queue.part.connect(self._on_part)
        queue.progressed.connect(self._on_progress)
        queue.state_changed.connect(self._on_state)
        queue.analysed.connect(self._on_analysed)
        queue.idle.connect(window.status.clear_job)
        window.status.cancel_clicked.connect(self.cancel)

    def finish_storing(self) -> None:
        """Wait, when the window closes, until what was computed is stored: it took longer than this will."""
        for stored in self._storing:
            stored.wait(LONGEST_STORING_S)

    def close(self) -> None:
        """Stop the lane from using the project."""
        for store in self._stores.values():
            store.close()
        self._stores.clear()

    def cancel(self) -> None:
        """Stop the analysis whose progress is shown."""
        if self._running is not None:
            self._queue.cancel(self._running)

    def reload(self) -> None:
        """Another revision answers: show what it says of the open video and of all others."""
        project, medium = self._session.project, self._session.medium
        if project is None:
            return
        path = project.path

        def read(_cancelled: Cancelled) -> Iterator[tuple[dict[str, AnalysisSummary], dict[str, str]]]:
            yield self.store(path).summaries(), self.store(path).failures()

        self._io.submit(
            read, urgent=True, on_done=lambda found: self._summaries_read(path, *found), on_failed=self._said
        )
        if medium is not None and self._session.analysis is not None:
            self._load(path, medium.id)

    # Stored analyses, in the lane of files

    def store(self, path: Path) -> AnalysisStore:
        """The lane's own connection; made and used in the lane."""
        if path not in self._stores:
            self._stores[path] = AnalysisStore(path, read_only=path in self._read_only)
        return self._stores[path]

    def _on_project(self) -> None:
        project = self._session.project
        self._library.set_summaries({})
        self._read_only = {project.path} if project is not None and project.read_only else set()
        self._io.submit(self._let_go, urgent=True)
        if project is None:
            return
        path = project.path

        def read(_cancelled: Cancelled) -> Iterator[tuple[dict[str, AnalysisSummary], dict[str, str]]]:
            yield self.store(path).summaries(), self.store(path).failures()

        self._io.submit(
            read, urgent=True, on_done=lambda found: self._summaries_read(path, *found), on_failed=self._said
        )

    def _let_go(self, _cancelled: Cancelled) -> Iterator[None]:
        """No file stays open of a project that was closed; one that can be written now is opened so."""
        self.close()
        yield None

    def _summaries_read(self, path: Path, found: dict[str, AnalysisSummary], failures: dict[str, str]) -> None:
        if self._session.project is not None and self._session.project.path == path:
            self._library.set_summaries(found)
            self._library.set_failures(failures)
            self._library.go_on()

    def _on_medium(self) -> None:
        session = self._session
        self._loading = None
        if session.medium is None or session.project is None:
            return
        self._load(session.project.path, session.medium.id)
        if session.path is not None:
            self._picture_sound(session.medium.id, session.medium.sha256, session.path)

    def _load(self, path: Path, media_id: str) -> None:
        """Read what is stored of a video, or have it analysed."""
        self._loading, video = media_id, self._session.path

        def read(_cancelled: Cancelled) -> Iterator[Analysis | None]:
            yield self.store(path).load(media_id)

        self._io.submit(
            read, urgent=True, on_done=lambda analysis: self._loaded(media_id, video, analysis), on_failed=self._said
        )

    def _loaded(self, media_id: str, video: Path | None, analysis: Analysis | None) -> None:
        if self._loading != media_id:
            return
        if analysis is not None and self._is_about(media_id, analysis):
            self._session.set_analysis(analysis)
        elif video is not None and self._session.analysis is None:  # it may have been analysed meanwhile
            self._queue.ask_for(media_id, video)

    # Analyses that run

    def _on_part(self, media_id: str, part: Part) -> None:
        if self._is_open(media_id):
            self._window.timeline.append_part(part)

    def _on_progress(self, media_id: str, progress: Progress) -> None:
        if self._is_open(media_id):
            self._window.timeline.set_analysed_until(progress.done_s)
        self._show_job(media_id, progress)

    def _on_state(self, media_id: str, state: MediaState) -> None:
        if state.kind in ("failed", "cancelled") and self._is_open(media_id):
            self._window.timeline.set_analysed_until(None)
        if state.kind == "analysing" and state.done is None:
            self._show_job(media_id, None)
        project = self._session.project
        if state.kind == "failed" and project is not None and not project.read_only:
            self._io.submit(partial(self._keep_failure, project.path, media_id, state.sentence or ""), urgent=True)

    def _keep_failure(self, path: Path, media_id: str, sentence: str, _cancelled: Cancelled) -> Iterator[None]:
        self.store(path).save_failure(media_id, sentence)
        yield None

    def _show_job(self, media_id: str, progress: Progress | None) -> None:
        self._running = media_id
        waiting = sum(state.kind == "waiting" for state in self._queue.states().values())
        name = f"Analysing {self._library.name_of(media_id)}"
        if progress is None:
            self._window.status.set_job(Job(name, waiting=waiting))
            return
        share = progress.done_s / progress.total_s if progress.total_s > 0 else 0.0
        total = round(progress.frames / share) if share > 0 else 0
        self._window.status.set_job(
            Job(name, progress.frames, total, "frames", progress.frames_per_s, progress.remaining_s, waiting)
        )

    def _on_analysed(self, media_id: str, analysis: Analysis) -> None:
        project = self._session.project
        if project is None or not self._is_about(media_id, analysis):
            return
        if self._is_open(media_id):
            self._session.set_analysis(analysis)
        if project.read_only:
            return
        path = project.path

        stored = Event()
        self._storing = [one for one in self._storing if not one.is_set()] + [stored]

        def store(_cancelled: Cancelled) -> Iterator[AnalysisSummary | None]:
            try:
                self.store(path).save(media_id, analysis)
            finally:
                stored.set()
            yield self.store(path).summaries().get(media_id)

        self._io.submit(
            store, urgent=True, on_done=lambda summary: self._stored(path, media_id, summary), on_failed=self._said
        )

    def _stored(self, path: Path, media_id: str, summary: AnalysisSummary | None) -> None:
        """Tell, unless the video was removed or another project opened meanwhile."""
        project = self._session.project
        if summary is not None and project is not None and project.path == path:
            self._library.note_analysed(media_id, summary)

    def _is_about(self, media_id: str, analysis: Analysis) -> bool:
        """Whether an analysis is of the file that the project means, and not of one that took its place."""
        medium = self._session.medium_of(media_id)
        return medium is not None and medium.sha256 == analysis.media.sha256

    def _is_open(self, media_id: str) -> bool:
        return self._session.medium is not None and self._session.medium.id == media_id

    # Sound

    def _picture_sound(self, media_id: str, sha256: str, video: Path) -> None:
        self._io.submit(
            lambda cancelled: sound_picture(video, sha256, cancelled),
            on_done=lambda picture: self._show_sound(media_id, picture), on_failed=self._said,
        )  # fmt: skip

    def _show_sound(self, media_id: str, picture: SoundPicture | None) -> None:
        if self._is_open(media_id):
            self._window.timeline.set_sound(picture, picture.note if picture is not None else "no sound track")

    def _said(self, text: str, _error: object) -> None:
        self._session.said.emit(text, "error")
