"""The review queue over all videos: read in the background, answered with one key."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from app.jobs.lanes import Lane
from app.project import edits
from app.project.store import Project
from app.project.values import Origin
from app.review import Candidate, Review, acceptable
from app.session.analysing import Analysing
from app.session.library import Library
from app.session.review_source import ReviewSource
from app.session.session import Session
from app.session.visiting import Place, Visiting
from app.views.main_window import MainWindow

SETTLE_MS = 300
"""After an edit, so that a person who labels quickly does not wait for the queue each time."""


class Reviewing(QObject):
    """Connects the review panel with the project, the library and the player."""

    def __init__(
        self, session: Session, window: MainWindow, visiting: Visiting, library: Library, analysing: Analysing,
        io: Lane,
    ) -> None:  # fmt: skip
        super().__init__(session)
        self._session, self._panel, self._visiting = session, window.review, visiting
        self._analysing, self._io = analysing, io
        self._source = ReviewSource()
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._read)
        for changed in (session.library_changed, session.records_changed, session.coder_changed):
            changed.connect(self._settle.start)
        session.project_changed.connect(self._on_project)
        session.blind_changed.connect(lambda: self._panel.set_blind(session.blind))
        window.side.currentChanged.connect(lambda _tab: self._settle.start())
        library.summaries_changed.connect(self._on_segments)
        self._panel.opened.connect(self.open)
        self._panel.answered.connect(self._answer)
        self._panel.batch_accept_requested.connect(self._accept_all)

    def _on_segments(self) -> None:
        self._source.note_segments()
        self._settle.start()

    def open(self, candidate: Candidate) -> None:
        """Show a segment and play it."""
        self._visiting.visit(Place(candidate.media_id, candidate.person, candidate.start_s, candidate.end_s))

    def _answer(self, candidate: Candidate, emotion: str | None) -> None:
        session, project = self._session, self._session.project
        if project is None:
            return
        origin: Origin = "accepted" if emotion == candidate.emotion else "edited"
        corrections = session.read(lambda: project.corrections(candidate.media_id))
        done = corrections is not None and session.do(
            edits.label, corrections, candidate.media_id, candidate.person, candidate.start_s, candidate.end_s,
            emotion, session.coder, "blank" if session.blind else origin,
        )  # fmt: skip
        if not done:
            self._settle.start()  # it left the queue too early

    def _accept_all(self, least_confidence: float) -> None:
        """Take over what is confident enough in all videos, as one step that one undo takes back."""
        project = self._session.project
        if project is None:
            return
        sure: dict[str, dict[str | None, list[Candidate]]] = {}
        for one in acceptable(self._panel.candidates(), least_confidence):
            sure.setdefault(one.media_id, {}).setdefault(one.person, []).append(one)
        made = []
        for media_id, people in sure.items():
            corrections = project.corrections(media_id)
            for person, own in people.items():
                made.append(
                    edits.accept_segments(own, corrections, media_id, person, self._session.coder, least_confidence)
                )
        count = sum(len(edit.added) for edit in made)
        if count and self._session.do(edits.together, f"Accept {count} segments", made) is not None:
            self._session.said.emit(f"Accepted {count} segments, marked as batch", "info")

    # Reading

    def _on_project(self) -> None:
        self._panel.set_candidates(())
        self._panel.set_read_only(self._session.why_read_only)

    def _read(self) -> None:
        """Read the queue again, if anybody looks at it."""
        session, project = self._session, self._session.project
        if project is None or not self._panel.isVisible():
            return
        names = {medium.id: Path(medium.path).name for medium in project.media()}
        work = partial(self._source.review, self._analysing.store, project.path, names, session.coder)
        self._io.submit(work, on_done=partial(self._show, project))

    def _show(self, project: Project, review: Review) -> None:
        if self._session.project is project:
            self._panel.set_review(review)
