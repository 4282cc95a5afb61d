"""Projects: made, opened, copied, closed; and analyses written out."""

import os
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication

from app import places
from app.jobs.lanes import Cancelled, Lane
from app.messages import sentence
from app.project.connection import checkpoint_file
from app.project.copies import copy_project
from app.project.errors import ProjectError, told
from app.project.lock import BEAT_S
from app.project.store import SUFFIX, Project, create_project, open_project
from app.project.values import Edit, Medium
from app.session.adding import Seen
from app.session.library import Library
from app.session.own_projects import open_own, own_name
from app.session.preferences import Preferences
from app.session.session import Session
from app.views import dialogs
from app.views.dialogs import CANCEL, Answer
from app.views.main_window import MainWindow
from engine.errors import AffectlineError

HEARTBEAT_MS = round(1000 * BEAT_S)
OWN_FAILED = "videos cannot be kept here: {}. Make a project elsewhere first (File, New project)"


class Files(QObject):
    """What the File menu and the first page do.

    Args:
        may_leave: asks, where the open project has something running that would be lost; whether to go on.
    """

    def __init__(
        self, session: Session, window: MainWindow, library: Library, preferences: Preferences, io: Lane,
        may_leave: Callable[[], bool],
    ) -> None:  # fmt: skip
        super().__init__(session)
        self._session, self._window, self._library = session, window, library
        self._preferences, self._io, self._may_leave = preferences, io, may_leave
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
        session.medium_changed.connect(self._on_medium)
        library.taken.connect(preferences.remember)
        library.finding.other_chosen.connect(self._ask_about_other)
        QGuiApplication.instance().applicationStateChanged.connect(self._on_application_state)  # type: ignore[union-attr]
        self._failing = False
        self._beat = QTimer(self, interval=HEARTBEAT_MS)
        self._beat.timeout.connect(self.keep_lock)

    def open(self, paths: Iterable[Path]) -> None:
        """Open whatever these are: a project, or videos, which go into the open project or else into one's own."""
        paths = [Path(path) for path in paths]
        projects = [path for path in paths if path.suffix.lower() == SUFFIX]
        videos = [path for path in paths if path not in projects]
        if projects and not self.open_project(projects[0]):
            return
        if len(projects) > 1:
            self._session.said.emit(f"One project is open at a time: this is {projects[0].name}", "warning")
        if videos and (self._session.project is not None or self._open_own(videos)):
            self._library.add(videos)

    def open_project(self, path: Path) -> bool:
        """Open a project file; whether it is open. One that another window has is opened to be read."""
        path, opened = Path(os.path.abspath(path)), self._session.project
        if opened is not None and not opened.read_only and opened.path == path:
            return True
        if opened is not None and opened.path != path and not self._may_leave():
            return False
        try:
            project = open_project(path, who=self._session.coder)
        except ProjectError as error:
            self._session.said.emit(sentence(error), "error")
            return False
        self._show(project)
        self._preferences.remember(path)
        if project.read_only:
            self._session.said.emit(f"This project can only be read: {project.read_only_reason}", "warning")
        return True

    def _open_own(self, videos: Iterable[Path]) -> bool:
        """The project in which videos end up that were opened without one. Whether it is open."""
        try:
            own = open_own(videos, self._session.coder)
        except AffectlineError as error:
            self._session.said.emit(OWN_FAILED.format(sentence(error)), "error")
            return False
        self._session.set_project(own.project)
        if own.note:
            self._preferences.remember(own.project.path)
            self._session.said.emit(own.note, "warning")
        return True

    def _create(self, path: Path) -> bool:
        try:
            self._session.set_project(create_project(path, who=self._session.coder))
        except ProjectError as error:
            self._session.said.emit(sentence(error), "error")
            return False
        return True

    def _show(self, project: Project) -> None:
        """Show a project with the first of its videos that is there."""
        self._session.set_project(project)
        media = project.media()
        there = (medium for medium in media if self._library.path_of(medium) is not None)
        first = next(there, media[0] if media else None)
        if first is not None:
            self._library.open(first.id)

    def close(self) -> None:
        """Close the project; the first page comes back."""
        if self._may_leave():
            self._session.set_project(None)

    def show_edit(self, edit: Edit | None) -> None:
        """Go to where an edit that was undone or redone shows."""
        if edit is None:
            return
        records = (*edit.added, *edit.removed)
        first = next(iter(records), None)
        media_id = first.id if isinstance(first, Medium) else getattr(first, "media_id", None)
        if media_id is not None:
            self._library.open(media_id)
        moments = (getattr(record, "start_s", getattr(record, "time_s", None)) for record in records)
        moment = next((moment for moment in moments if moment is not None), None)
        if moment is not None:
            self._window.timeline.scroll_to(moment)

    # Dialogs

    def new_project(self) -> None:
        """Ask where, and make a project there."""
        path = dialogs.choose_to_save(
            self._window, "New project", f"study-{date.today():%Y}{SUFFIX}", dialogs.ONLY_PROJECTS, SUFFIX
        )
        if path is not None and self._may_leave() and self._create(path):
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
        """Ask where a video went; where another file took its place, what to do with that."""
        replaced = self._library.replaced_by(media_id)
        found = replaced or dialogs.choose_one(self._window, "Where is this video now?", dialogs.ONLY_VIDEOS)
        if found is not None:
            self._library.finding.relink(media_id, found)

    def _ask_about_other(self, media_id: str, seen: Seen) -> None:
        """A file was shown, or found, that is not the video that was labelled."""
        name = self._library.name_of(media_id)
        find, use = Answer("Find the right one…"), Answer("Use this one", "destroy")
        question = (
            f"{seen.path} is not the file {name} that was labelled. You can use it all the same, if it is the same"
            " recording in another form: the labels stay at their times, and it is analysed anew."
        )
        answer = dialogs.ask(self._window, "This is another video", question, (find, use, CANCEL))
        if answer is use:
            self._library.finding.use_instead(media_id, seen)
        elif answer is find:
            found = dialogs.choose_one(self._window, "Where is this video now?", dialogs.ONLY_VIDEOS)
            if found is not None:
                self._library.finding.relink(media_id, found)

    def save_copy(self) -> None:
        """Write a second file with everything in it."""
        session, project = self._session, self._session.project
        if project is None:
            return
        path = dialogs.choose_to_save(
            self._window, "Save a copy", f"{project.path.stem} copy{SUFFIX}", dialogs.ONLY_PROJECTS, SUFFIX
        )
        if path is None:
            return
        source = project.path

        def copy(_cancelled: Cancelled) -> Iterator[Path]:
            copy_project(source, path)
            yield path

        self._io.submit(
            copy, urgent=True, on_done=lambda made: session.said.emit(f"Copied to {made}", "info"),
            on_failed=lambda text, _error: session.said.emit(text, "error"),
        )  # fmt: skip

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
        project, window = self._session.project, self._window
        self._failing = False
        window.show_desk(project is not None)
        if project is None:
            self._beat.stop()
            window.show_project("", "")
            return
        state = "read only" if project.read_only else "all changes stored"
        window.inspector.set_read_only(self._session.why_read_only)
        window.show_project(own_name(project.path) or project.path.name, state)
        self._beat.start()

    def _on_medium(self) -> None:
        medium = self._session.medium
        replaced = self._library.replaced_by(medium.id) if medium is not None else None
        if replaced is not None:
            detail = f"{replaced.name} is not the file that was labelled — press Find… in the library"
            self._window.video.set_message("Another file took its place", detail)

    def keep_lock(self) -> None:
        """Tell other windows that this one is there; where another one is, see whether it still is."""
        project = self._session.project
        if project is None:
            return
        try:
            if project.read_only:
                self._become_writer(project)
            else:
                self._stay_writer(project)
        except AffectlineError as error:
            if not self._failing:
                self._session.said.emit(sentence(error), "error")
            self._failing = True
        else:
            self._failing = False

    def _stay_writer(self, project: Project) -> None:
        if project.beat():
            self._io.submit(partial(_checkpoint, project.path))
        else:
            self._session.project_changed.emit()
            self._session.said.emit(f"This project can only be read now: {project.read_only_reason}", "error")

    def _become_writer(self, project: Project) -> None:
        """Whoever had the project open is gone: from now on it can be changed here, and nothing moves on the screen."""
        session = self._session
        if self._library.is_playing or not project.may_take_over():
            return
        writable = open_project(project.path, who=session.coder)
        if writable.read_only:
            writable.close()
            return
        media_id, time_s = session.medium.id if session.medium is not None else None, self._library.position_s
        session.set_project(writable)
        if media_id is not None:
            self._library.open(media_id, time_s)
        session.said.emit("This project can be changed here now", "info")

    def _on_application_state(self, state: Qt.ApplicationState) -> None:
        """Somebody comes back from elsewhere, where files may have been moved and windows closed."""
        if state == Qt.ApplicationState.ApplicationActive and self._session.project is not None:
            self.keep_lock()
            self._library.refresh()


def _checkpoint(path: Path, _cancelled: Cancelled) -> Iterator[bool]:
    with told(path):
        yield checkpoint_file(path)
