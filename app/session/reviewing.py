"""The review queue over all videos: read in the background, answered with one key."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from app.jobs.lanes import Cancelled, Lane
from app.player.player import Player
from app.project import edits
from app.project.analyses import AnalysisStore
from app.project.people import shown_person
from app.project.store import Project
from app.project.values import Correction, Origin, PersonNote
from app.review import Candidate
from app.session.analysing import Analysing
from app.session.library import Library
from app.session.session import Session
from app.views.main_window import MainWindow

SETTLE_MS = 300
"""After an edit, so that a person who labels quickly does not wait for the queue each time."""


class Reviewing(QObject):
    """Connects the review panel with the project, the library and the player."""

    def __init__(
        self, session: Session, window: MainWindow, player: Player, library: Library, analysing: Analysing, io: Lane
    ) -> None:
        super().__init__(session)
        self._session, self._panel, self._window = session, window.review, window
        self._player, self._library, self._analysing, self._io = player, library, analysing, io
        self._waiting_for: Candidate | None = None
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._read)
        for changed in (session.library_changed, session.records_changed, session.coder_changed):
            changed.connect(self._settle.start)
        session.project_changed.connect(self._on_project)
        session.blind_changed.connect(lambda: self._panel.set_blind(session.blind))
        window.side.currentChanged.connect(lambda _tab: self._settle.start())
        library.summaries_changed.connect(self._settle.start)
        player.opened.connect(self._on_opened)
        self._panel.opened.connect(self.open)
        self._panel.answered.connect(self._answer)
        self._panel.batch_accept_requested.connect(self._accept_all)

    def open(self, candidate: Candidate) -> None:
        """Show a segment and play it."""
        session = self._session
        if session.medium is not None and session.medium.id == candidate.media_id:
            self._play(candidate)
        else:
            self._waiting_for = candidate
            self._library.open(candidate.media_id)

    def _on_opened(self, _info: object) -> None:
        candidate, self._waiting_for = self._waiting_for, None
        medium = self._session.medium
        if candidate is not None and medium is not None and medium.id == candidate.media_id:
            self._play(candidate)

    def _play(self, candidate: Candidate) -> None:
        self._session.set_person(candidate.person)
        self._window.timeline.scroll_to(candidate.start_s)
        self._player.play_range(candidate.start_s, candidate.end_s)

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
        said = self._panel.candidates()
        made = []
        for media_id in dict.fromkeys(candidate.media_id for candidate in said):
            corrections = project.corrections(media_id)
            for person in dict.fromkeys(one.person for one in said if one.media_id == media_id):
                own = [one for one in said if (one.media_id, one.person) == (media_id, person)]
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
        work = partial(_candidates, self._analysing.store, project.path, names, project.all_notes(), session.coder)
        self._io.submit(work, on_done=partial(self._show, project))

    def _show(self, project: Project, found: "Found") -> None:
        if self._session.project is project:
            self._panel.set_candidates(*found)


Found = tuple[tuple[Candidate, ...], tuple[Correction, ...]]


def _candidates(
    store_of: Callable[[Path], AnalysisStore], path: Path, names: dict[str, str], notes: tuple[PersonNote, ...],
    coder: str, _cancelled: Cancelled,
) -> Iterator[Found]:  # fmt: skip
    """Every predicted segment as the user sees its person, and what the coder said so far."""
    store = store_of(path)
    segments = [one for one in store.segments_of_all() if one.media_id in names]
    people: dict[str, dict[str, None]] = {}
    for one in segments:
        if one.person is not None:
            people.setdefault(one.media_id, {})[one.person] = None
    said = {media_id: [note for note in notes if note.media_id == media_id] for media_id in names}
    found = []
    for one in segments:
        person, name = one.person, None
        if person is not None and said[one.media_id]:
            middle_s = (one.start_s + one.end_s) / 2
            person = shown_person(people[one.media_id], said[one.media_id], person, middle_s)
            if person is None:
                continue
            name = next((note.name for note in said[one.media_id] if note.person == person), None)
        found.append(
            Candidate(
                one.media_id, names[one.media_id], person, one.start_s, one.end_s, one.emotion, one.confidence,
                one.uncertain, one.disagreement, name,
            )
        )  # fmt: skip
    yield tuple(found), tuple(c for c in store.corrections_of_all() if c.coder == coder)
