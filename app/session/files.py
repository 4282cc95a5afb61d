"""Projects: made, opened, copied, closed; and analyses written out."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from app import places
from app.jobs.lanes import Lane
from app.messages import sentence
from app.project.errors import ProjectError
from app.project.lock import BEAT_S
from app.project.store import SUFFIX, create_project, open_project
from app.project.values import Edit
from app.session.library import Library
from app.session.preferences import Preferences
from app.session.session import Session
from app.views import dialogs
from app.views.main_window import MainWindow
from engine.errors import AffectlineError

HEARTBEAT_MS = round(1000 * BEAT_S)


class Files(QObject):
    """What the File menu and the first page do."""

    def __init__(
        self, session: Session, window: MainWindow, library: Library, preferences: Preferences, io: Lane
    ) -> None:
        super().__init__(session)
        self._session, self._window, self._library = session, window, library
        self._preferences, self._io = preferences, io
        window.files_dropped.connect(self.open)
        window.library.files_dropped.connect(self.open)
        window.library.add_requested.connect(self.add_dialog)
        window.library.find_requested.connect(self.find_dialog)
        welcome = window.welcome
        welcome.open_video.connect(self.add_dialog)
        welcome.open_project.connect(self.open_project_dialog)
        welcome.try_sample.connect(lambda: self.open([places.demo_clip()]))
        welcome.recent_chosen.connect(lambda path: self.open([path]))
        welcome.files_dropped.connect(self.open)
        session.project_changed.connect(self._on_project)
        self._beat = QTimer(self)
        self._beat.timeout.connect(self._keep_lock)

    def open(self, paths: Iterable[Path]) -> None:
        """Open whatever these are: a project, or videos, which go into the open project or else into one's own."""
        paths = [Path(path) for path in paths]
        projects = [path for path in paths if path.suffix.lower() == SUFFIX]
        videos = [path for path in paths if path not in projects]
        if projects and not self.open_project(projects[0]):
            return
        if videos:
            if self._session.project is None and not self.open_own():
                return
            self._library.add(videos)
        for path in [*projects[:1], *(video for video in videos if video.is_file())]:
            self._preferences.remember(path)

    def open_own(self) -> bool:
        """The project in which videos end up that were opened without one. Whether it is open."""
        path = places.own_project()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self._session.said.emit(f"{path.parent} cannot be made: {error.strerror}", "error")
            return False
        return self.open_project(path) if path.exists() else self._create(path)

    def open_project(self, path: Path) -> bool:
        """Open a project file; whether it is open. One that another window has is opened to be read."""
        try:
            project = open_project(path, who=self._session.coder)
        except ProjectError as error:
            self._session.said.emit(sentence(error), "error")
            return False
        self._session.set_project(project)
        if project.read_only:
            self._session.said.emit(f"This project can only be read: {project.read_only_reason}", "warning")
        media = project.media()
        if media:
            self._library.open(media[0].id)
        return True

    def _create(self, path: Path) -> bool:
        try:
            self._session.set_project(create_project(path, who=self._session.coder))
        except ProjectError as error:
            self._session.said.emit(sentence(error), "error")
            return False
        return True

    def close(self) -> None:
        """Close the project; the first page comes back."""
        self._session.set_project(None)

    def show_edit(self, edit: Edit | None) -> None:
        """Go to where an edit that was undone or redone shows."""
        if edit is None:
            return
        records = (*edit.added, *edit.removed)
        media_id = next((getattr(record, "media_id", None) for record in records), None)
        if media_id is not None:
            self._library.open(media_id)
        moment = next((getattr(record, "start_s", None) for record in records), None)
        if moment is not None:
            self._window.timeline.scroll_to(moment)

    # Dialogs

    def new_project(self) -> None:
        """Ask where, and make a project there."""
        path = dialogs.choose_to_save(
            self._window, "New project", f"study-{date.today():%Y}{SUFFIX}", dialogs.ONLY_PROJECTS, SUFFIX
        )
        if path is not None and self._create(path):
            self._preferences.remember(path)

    def open_dialog(self) -> None:
        """Ask for videos or a project."""
        self.open(dialogs.choose_to_open(self._window))

    def add_dialog(self) -> None:
        """Ask for videos."""
        self.open(dialogs.choose_to_open(self._window, "Add videos", dialogs.ONLY_VIDEOS))

    def open_project_dialog(self) -> None:
        """Ask for a project."""
        path = dialogs.choose_one(self._window, "Open project", dialogs.ONLY_PROJECTS)
        if path is not None:
            self.open([path])

    def find_dialog(self, media_id: str) -> None:
        """Ask where a video went."""
        found = dialogs.choose_one(self._window, "Where is this video now?", dialogs.ONLY_VIDEOS)
        if found is not None:
            self._library.relink(media_id, found)

    def save_copy(self) -> None:
        """Write a second file with everything in it."""
        project = self._session.project
        if project is None:
            return
        path = dialogs.choose_to_save(
            self._window, "Save a copy", f"{project.path.stem} copy{SUFFIX}", dialogs.ONLY_PROJECTS, SUFFIX
        )
        if path is None:
            return
        try:
            project.save_copy(path)
        except AffectlineError as error:
            self._session.said.emit(sentence(error), "error")
        else:
            self._session.said.emit(f"Copied to {path}", "info")

    def export(self, form: str) -> None:
        """Write the open video's analysis, as the command line does."""
        session = self._session
        if session.analysis is None or session.medium is None:
            return
        folder = dialogs.choose_folder(self._window, "Folder for the results")
        if folder is None:
            return
        from app.interchange.results import write_results

        analysis, stem = session.analysis, Path(session.medium.path).stem
        self._io.submit(
            lambda _cancelled: iter([write_results(folder, stem, (form,), analysis)]), urgent=True,
            on_done=lambda files: session.said.emit(f"Written: {', '.join(file.name for file in files)}", "info"),
            on_failed=lambda text, _error: session.said.emit(text, "error"),
        )  # fmt: skip

    # What follows

    def _on_project(self) -> None:
        project = self._session.project
        self._window.show_desk(project is not None)
        if project is None:
            self._beat.stop()
            self._window.show_project("", "")
            return
        own = project.path == places.own_project()
        state = "read only" if project.read_only else "all changes stored"
        self._window.inspector.set_read_only((project.read_only_reason or "") if project.read_only else "")
        self._window.show_project("My videos" if own else project.path.name, state)
        if project.read_only:
            self._beat.stop()
        else:
            self._beat.start(HEARTBEAT_MS)

    def _keep_lock(self) -> None:
        project = self._session.project
        if project is None:
            return
        try:
            kept = project.beat()
            project.checkpoint()
        except AffectlineError as error:
            self._session.said.emit(sentence(error), "error")
            kept = False
        if not kept:
            self._beat.stop()
            self._session.project_changed.emit()
            self._session.said.emit(f"This project can only be read now: {project.read_only_reason}", "error")
