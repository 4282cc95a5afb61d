"""The library: videos come in, are opened, found again and removed; each shows how far it is."""

from collections.abc import Callable, Iterable
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
from app.project.values import Medium
from app.session.arriving import Arriving
from app.session.entries import damage_text, entry_of
from app.session.finding import Finding
from app.session.session import Session
from app.views.library import LibraryPanel
from app.views.panel_values import LibraryEntry, counted
from engine.values import Analysis, MediaInfo

R = TypeVar("R")
Summaries = dict[str, AnalysisSummary]


class Library(QObject):
    """Connects the library panel with the project, the player and the queue.

    Signals:
        summaries_changed: what is analysed is known, or changed.
        taken: the path of a file that was opened and is a video of the project now.
    """

    summaries_changed = Signal()
    taken = Signal(Path)

    def __init__(
        self, session: Session, panel: LibraryPanel, player: Player, queue: AnalysisQueue, io: Lane,
        analyse_on_adding: Callable[[], bool],
    ) -> None:  # fmt: skip
        super().__init__(session)
        self._session, self._panel, self._player, self._queue, self._io = session, panel, player, queue, io
        self._analyse_on_adding = analyse_on_adding
        self.finding = Finding(session, io)
        self._arriving = Arriving(session, self.finding, queue, io, analyse_on_adding)
        self._arriving.first_came.connect(self._on_first)
        self.summaries: Summaries = {}
        self._states: dict[str, MediaState] = {}
        self._counts: dict[str, int] = {}
        self._begin_s = 0.0
        session.library_changed.connect(self.refresh)
        session.medium_changed.connect(self._on_medium)
        session.records_changed.connect(self._count)
        session.blind_changed.connect(self._count)
        player.opened.connect(self._on_opened)
        player.failed.connect(self._on_player_failed)
        queue.state_changed.connect(self._on_state)
        queue.analysed.connect(self._on_analysed)
        panel.opened.connect(self.open)
        panel.remove_requested.connect(self.remove)
        panel.cancel_requested.connect(self._cancel)
        panel.analyse_requested.connect(partial(self.analyse, again=True))
        panel.pictures_wanted.connect(self._picture)
        panel.show_in_folder_requested.connect(self._show_in_folder)

    # Bringing in

    def add(self, paths: Iterable[Path], open_first: bool = True) -> None:
        """Add files and folders; the first one is opened as soon as it is known."""
        self._arriving.add(paths, open_first)

    def _on_first(self, media_id: str, path: Path) -> None:
        self.taken.emit(path)
        self.open(media_id)

    # Opening

    def open(self, media_id: str, at_s: float = 0.0) -> None:
        """Show a video: its picture, its labels, and its analysis, which is asked for where there is none."""
        medium, shown = self._session.medium_of(media_id), self._session.medium
        if medium is None:
            return
        path = self._looked_for(medium)
        shows = self._player.works and path is not None and path == self._session.path
        if shown is None or shown.id != media_id or not shows:
            self._begin_s = at_s
            self._session.set_medium(medium, path)

    def path_of(self, medium: Medium) -> Path | None:
        """Where a video lies now; None when it is not there or another file took its place."""
        return self.finding.path_of(medium)

    def replaced_by(self, media_id: str) -> Path | None:
        """The file that took a video's place, if one did."""
        medium = self._session.medium_of(media_id)
        found = self.finding.place_of(medium) if medium is not None else None
        return found.path if found is not None and found.state == "changed" else None

    @property
    def is_playing(self) -> bool:
        return self._player.is_playing

    @property
    def position_s(self) -> float:
        """Where the open video is."""
        return self._player.time_s

    def _looked_for(self, medium: Medium) -> Path | None:
        self.finding.forget(medium)
        self._update(medium.id)
        return self.finding.path_of(medium)

    def _on_medium(self) -> None:
        """The player shows what the session says, and nothing else."""
        session = self._session
        if session.path is None:
            self._player.close()
        else:
            self._player.open(session.path)
        self._panel.set_current(session.medium.id if session.medium is not None else None)

    def _on_opened(self, info: MediaInfo) -> None:
        """A file of the right name and size may still be another video; its content tells."""
        medium, path = self._session.medium, self._session.path
        begin_s, self._begin_s = self._begin_s, 0.0
        if medium is None or path is None:
            return
        if info.sha256 != medium.sha256:
            self._unmask(medium, path)
        elif begin_s:
            self._player.seek(begin_s)

    def _on_analysed(self, media_id: str, analysis: Analysis) -> None:
        medium = self._session.medium_of(media_id)
        if medium is None:
            return
        if analysis.media.sha256 != medium.sha256:
            self._unmask(medium, Path(analysis.media.path))
            return
        damage = damage_text(Path(medium.path).name, analysis)
        if damage:
            self._session.said.emit(damage, "warning")

    def _unmask(self, medium: Medium, path: Path) -> None:
        """A file that looked like a video of the project is another one."""
        self.finding.note_impostor(medium, path)
        self._update(medium.id)
        self._follow_file()
        self._session.said.emit(
            f"{path.name} is another file than the one that was labelled: press Find… in the library", "error"
        )

    def _on_player_failed(self, _text: str) -> None:
        medium = self._session.medium
        if medium is not None:
            self.finding.forget(medium)
            self._update(medium.id)

    def _follow_file(self) -> None:
        """The open video went away, came back, or is somewhere else now."""
        session = self._session
        medium = self._session.medium_of(session.medium.id) if session.medium is not None else None
        if medium is not None and self.path_of(medium) != session.path:
            session.set_medium(medium, self.path_of(medium))

    # Analysing, removing

    def analyse(self, media_ids: Iterable[str], again: bool = False) -> None:
        """Queue videos; those already analysed only when asked for again."""
        for media_id in media_ids:
            medium = self._session.medium_of(media_id)
            path = self.path_of(medium) if medium is not None else None
            if path is not None and (again or media_id not in self.summaries):
                self._queue.enqueue(media_id, path)

    def remove(self, media_ids: Iterable[str]) -> None:
        """Take videos out of the project with what was said about them; undo brings everything back."""
        project = self._session.project
        media = [medium for media_id in media_ids if (medium := self._session.medium_of(media_id)) is not None]
        if project is None or not media:
            return

        def belonging(read: Callable[[str], Iterable[R]]) -> list[R]:
            return [record for medium in media for record in read(medium.id)]

        corrections = belonging(project.corrections)
        edit = self._session.do(
            edits.remove_media, media, corrections, belonging(project.notes), belonging(project.markers),
            belonging(project.epochs),
        )  # fmt: skip
        if edit is not None:
            named = Path(media[0].path).name if len(media) == 1 else f"{len(media)} videos"
            labels = f" with {counted(len(corrections), 'correction')}" if corrections else ""
            self._session.undoable.emit(f"Removed {named}{labels}")

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

    def go_on(self) -> None:
        """What was not analysed yet when the project was closed goes on in the background."""
        project = self._session.project
        if project is not None and not project.read_only and self._analyse_on_adding():
            self.analyse([medium.id for medium in project.media() if medium.id not in self._states])

    def name_of(self, media_id: str) -> str:
        """A video's file name."""
        medium = self._session.medium_of(media_id)
        return Path(medium.path).name if medium is not None else "a video"

    # Showing

    def refresh(self) -> None:
        """Read the list again, and see which videos went away or came back, as when a disk is plugged in."""
        project = self._session.project
        media = project.media() if project is not None else ()
        self.finding.look_again()
        self._counts = self._counted()
        self._stop_all_but({medium.id for medium in media})
        self._panel.set_entries(tuple(self._entry(medium) for medium in media))
        self._panel.set_current(self._session.medium.id if self._session.medium is not None else None)
        self._follow_file()

    def set_summaries(self, summaries: Summaries) -> None:
        """Which videos are analysed, by what."""
        self.summaries = summaries
        self.refresh()
        self.summaries_changed.emit()

    def set_failures(self, failures: dict[str, str]) -> None:
        """Why videos could not be analysed when that was tried last."""
        for media_id, sentence in failures.items():
            self._states.setdefault(media_id, MediaState("failed", sentence=sentence))
            self._update(media_id)

    def note_analysed(self, media_id: str, summary: AnalysisSummary) -> None:
        """One more is analysed."""
        self.summaries[media_id] = summary
        self._states.pop(media_id, None)
        self._update(media_id)
        self.summaries_changed.emit()

    def _stop_all_but(self, media_ids: set[str]) -> None:
        """No analysis goes on of a video that was removed, or whose project was closed."""
        for media_id, state in self._queue.states().items():
            if media_id not in media_ids and state.kind in ("waiting", "analysing"):
                self._queue.cancel(media_id)
        self._states = {media_id: state for media_id, state in self._states.items() if media_id in media_ids}

    def _count(self) -> None:
        """Labels may also have come to videos that are not open, from the review queue or by undo."""
        before, self._counts = self._counts, self._counted()
        for media_id in before.keys() | self._counts.keys():
            if before.get(media_id) != self._counts.get(media_id):
                self._update(media_id)

    def _counted(self) -> dict[str, int]:
        """How many labels each video has; coding blind, those of other coders are none of them."""
        session, project = self._session, self._session.project
        if project is None:
            return {}
        coder = session.coder if session.blind else None
        found = session.read(lambda: project.correction_counts(coder))
        return self._counts if found is None else found

    def _on_state(self, media_id: str, state: MediaState) -> None:
        medium = self._session.medium_of(media_id)
        if medium is None:
            return
        self._states[media_id] = state
        if state.kind == "failed" and state.sentence:
            self.finding.forget(medium)
            self._session.said.emit(state.sentence, "error")
        self._update(media_id)

    def _update(self, media_id: str) -> None:
        medium = self._session.medium_of(media_id)
        if medium is not None:
            self._panel.update_entry(self._entry(medium))

    def _entry(self, medium: Medium) -> LibraryEntry:
        place, state = self.finding.place_of(medium).state, self._states.get(medium.id)
        return entry_of(medium, place, state, self.summaries.get(medium.id), self._counts.get(medium.id, 0))

    def _picture(self, media_ids: Iterable[str]) -> None:
        """Thumbnails of what is in view."""
        for media_id in media_ids:
            medium = self._session.medium_of(media_id)
            path = self.path_of(medium) if medium is not None else None
            if medium is not None and path is not None:
                self._io.submit(
                    partial(video_thumbnail, path, medium.sha256), on_done=partial(self._pictured, media_id)
                )

    def _pictured(self, media_id: str, image: QImage | None) -> None:
        if image is not None:
            self._panel.set_thumbnail(media_id, image)

    # Small things

    def _cancel(self, media_ids: Iterable[str]) -> None:
        for media_id in media_ids:
            self._queue.cancel(media_id)

    def _show_in_folder(self, media_id: str) -> None:
        medium = self._session.medium_of(media_id)
        path = self.path_of(medium) if medium is not None else None
        if path is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))
