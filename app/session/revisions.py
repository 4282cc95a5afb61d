"""The revisions of the open project, as the window sees them: which one answers, what each brings, two side by side."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from app.jobs.lanes import Cancelled, Lane
from app.learning.revising import RevisionInUse, in_use
from app.project.revisions import Revision, RevisionStore
from app.session.analysing import Analysing
from app.session.comparing import Comparing, changes_between
from app.session.known import Known, read_known
from app.session.learned import base_name, made_text, revision_rows, verdict_of
from app.session.library import Library
from app.session.session import Session
from app.session.visiting import Place, Visiting
from app.settings import Settings
from app.views import dialogs
from app.views.dialogs import CANCEL, Answer
from app.views.main_window import MainWindow
from app.views.panel_values import counted
from app.views.training.values import ChangedRow, Verdict

SETTLE_MS: Final = 400
"""After an edit, so that a person who labels quickly does not wait for the counting each time."""


class Revisions(QObject):
    """Reads what the project knows of learning, and changes which revision answers.

    Signals:
        known_changed: it was read again, or another project is open.
        chosen: id of a revision that was made current just now; None is the bundle as it came.
        in_use_changed: a `RevisionInUse` that answers from now on; None is the bundle as it came.
    """

    known_changed = Signal()
    chosen = Signal(object)
    in_use_changed = Signal(object)

    def __init__(
        self, session: Session, window: MainWindow, analysing: Analysing, library: Library, visiting: Visiting,
        io: Lane, settings: Callable[[], Settings],
    ) -> None:  # fmt: skip
        super().__init__(session)
        self._session, self._window, self._panel = session, window, window.training
        self._analysing, self._visiting, self._io, self._settings = analysing, visiting, io, settings
        self.known: Known | None = None
        self._path: Path | None = None
        self.comparing = Comparing(session, window, analysing, io)
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self.read)
        for news in (session.records_changed, session.library_changed, library.summaries_changed):
            news.connect(self._settle.start)
        session.project_changed.connect(self._on_project)
        session.blind_changed.connect(lambda: self._panel.set_blind(session.blind))
        panel = self._panel
        panel.change_opened.connect(self._open_change)
        panel.make_current_requested.connect(self.make_current)
        panel.compare_requested.connect(self.compare)
        panel.comparing_ended.connect(self.comparing.end)
        panel.scores_requested.connect(self._show_scores)
        panel.delete_requested.connect(self.delete)

    # What is asked for

    def make_current(self, revision_id: str | None) -> None:
        """Let another revision answer from now on; None is the bundle as it came. A candidate is thereby kept."""
        if self.known is not None:
            found = self.known.find(revision_id)
            name = f"Revision {found.name}" if found is not None else self.known.base
            self._change(
                lambda store: store.make_current(revision_id), f"{name} answers from now on",
                lambda: self.chosen.emit(revision_id),
            )  # fmt: skip

    def discard(self, candidate: Revision) -> None:
        """Delete a new revision that was not kept, after asking."""
        if self._is_sure("Discard", candidate):
            self._change(lambda store: store.discard(candidate.id), f"Discarded revision {candidate.name}")

    def delete(self, revision_id: str) -> None:
        """Delete a revision and its labels, after asking."""
        found = self.known.find(revision_id) if self.known is not None else None
        if found is not None and self._is_sure("Delete", found):
            self._change(lambda store: store.delete(revision_id), f"Deleted revision {found.name}")

    def compare(self, revision_id: str | None) -> None:
        """Lay a revision beside the current one, on the timeline and as a list of what differs."""
        if self.known is None:
            return
        other, now = self.known.find(revision_id), self.known.current
        made = other or now
        if made is not None and other != now:
            self.comparing.begin(now, other, base_name(made), made.bundle, self.videos())

    def show(self) -> None:
        """Bring the list to the front."""
        self._window.show_training(True)
        self._panel.show_revisions()

    def show_verdict(self, revision: Revision) -> None:
        """What a revision brings, and the stretches that it calls otherwise than its parent."""
        known, project = self.known, self._session.project
        if known is None or project is None:
            return
        verdict = verdict_of(revision, known.names, known.unscored.get(revision.id, 0))
        panel = self._panel
        shown = panel.verdict.verdict
        if not verdict.candidate:
            panel.show_scores(verdict, ())
        elif shown is None or (shown.revision_id, shown.unfinished) != (verdict.revision_id, verdict.unfinished):
            panel.show_verdict(verdict, ())
        else:
            panel.show_candidate()
            return
        panel.set_read_only(self._session.why_read_only)
        parent = known.find(revision.parent)
        before = parent.id if parent is not None else None
        work = partial(changes_between, project.path, self.videos(), before, revision.id)
        self._io.submit(work, on_done=partial(self._show_changes, verdict), on_failed=self.tell_error)

    def videos(self) -> dict[str, str]:
        """Names of the videos by id."""
        project = self._session.project
        return {medium.id: Path(medium.path).name for medium in project.media()} if project is not None else {}

    # Reading

    def reload(self) -> None:
        """More of what the current revision says is stored: show it."""
        self._analysing.reload()
        self.read()

    def read(self) -> None:
        """Read again what there is to learn from, and the revisions."""
        project, settings = self._session.project, self._settings()
        if project is not None:
            work = partial(read_known, project.path, settings.model, settings.features, self.videos())
            self._io.submit(work, on_done=partial(self._know, project.path), on_failed=self.tell_error)

    def tell_error(self, text: str, _error: object) -> None:
        """For the lane's handlers."""
        self._session.said.emit(text, "error")

    def _on_project(self) -> None:
        project = self._session.project
        path = project.path if project is not None else None
        self._panel.set_read_only(self._session.why_read_only)
        if path != self._path:  # else it only became writable, or stopped being so
            self._path, self.known = path, None
            self._panel.set_revisions(())
            self.in_use_changed.emit(None)
        self.known_changed.emit()
        self.read()

    def _know(self, path: Path, known: Known) -> None:
        if path != self._path:
            return
        before, self.known = self.known, known
        self._panel.set_revisions(revision_rows(known.revisions, known.current, known.base, known.unscored))
        if before is None or _id(before.current) != _id(known.current):
            self._read_in_use(path)
            if before is not None:
                self._analysing.reload()
        self.known_changed.emit()

    def _read_in_use(self, path: Path) -> None:
        """Fetch the weights of the revision that answers now: analyses that begin from now on use it."""

        def work(_cancelled: Cancelled) -> Iterator[RevisionInUse | None]:
            with RevisionStore(path, read_only=True) as store:
                current = store.current()
                yield in_use(store, current) if current is not None else None

        self._io.submit(work, urgent=True, on_done=partial(self._use, path), on_failed=self.tell_error)

    def _use(self, path: Path, found: RevisionInUse | None) -> None:
        if path == self._path:
            self.in_use_changed.emit(found)

    # A verdict

    def _show_scores(self, revision_id: str) -> None:
        found = self.known.find(revision_id) if self.known is not None else None
        if found is not None:
            self.show_verdict(found)

    def _show_changes(self, verdict: Verdict, rows: tuple[ChangedRow, ...]) -> None:
        view = self._panel.verdict if verdict.candidate else self._panel.scores
        if view.verdict is verdict:
            view.set_changes(rows)

    def _open_change(self, row: ChangedRow) -> None:
        self._visiting.visit(Place(row.media_id, row.person, row.start_s, row.end_s))

    # Changing

    def _is_sure(self, doing: str, revision: Revision) -> bool:
        sure = Answer(doing, "destroy")
        question = f"It was made on {made_text(revision.made_at)} from {counted(revision.lessons, 'correction')}. "
        question += "Its labels go with it; corrections stay."
        return dialogs.ask(self._window, f"{doing} revision {revision.name}?", question, (CANCEL, sure)) is sure

    def _change(
        self, change: Callable[[RevisionStore], None], done: str, after: Callable[[], None] = lambda: None
    ) -> None:
        project = self._session.project
        if project is None:
            return
        path = project.path

        def work(_cancelled: Cancelled) -> Iterator[None]:
            with RevisionStore(path) as store:
                change(store)
            yield None

        def tell(_nothing: None) -> None:
            self._session.said.emit(done, "info")
            self.read()
            if path == self._path:
                after()

        def own_up(text: str, error: object) -> None:
            self.tell_error(text, error)
            self.read()  # what is shown is not what is there, such as a revision that somebody deleted meanwhile

        self.comparing.end()
        self._io.submit(work, urgent=True, on_done=tell, on_failed=own_up)


def _id(revision: Revision | None) -> str | None:
    return revision.id if revision is not None else None
