"""The people of the open video: named, told apart, joined, ignored."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtGui import QImage

from app.jobs.lanes import Lane
from app.jobs.thumbnails import face_thumbnail
from app.project import edits
from app.project.people import shown_people
from app.project.values import Edit, Medium, PersonNote
from app.session.session import Session
from app.views.main_window import MainWindow
from app.views.panel_values import PersonEntry
from engine.emotions import EMOTIONS
from engine.values import Person


class Persons(QObject):
    """Connects the people panel with the project."""

    def __init__(self, session: Session, window: MainWindow, io: Lane) -> None:
        super().__init__(session)
        self._session, self._panel, self._window, self._io = session, window.people, window, io
        panel = self._panel
        panel.selected.connect(session.set_person)
        panel.rename_requested.connect(self._rename)
        panel.participant_requested.connect(self._participant)
        panel.merge_requested.connect(self._merge)
        panel.split_requested.connect(self._split)
        panel.ignore_requested.connect(self._ignore)
        panel.voice_requested.connect(self._voice)
        self._seen: set[str] = set()
        session.medium_changed.connect(self._forget_faces)
        session.people_changed.connect(self._show)
        session.project_changed.connect(self._on_project)
        session.person_changed.connect(lambda: panel.set_current(session.person))
        session.blind_changed.connect(self._show)

    def _on_project(self) -> None:
        self._panel.set_read_only(self._session.why_read_only)

    def _forget_faces(self) -> None:
        self._seen.clear()
        self._panel.clear_faces()

    def _everybody(self) -> tuple[Person, ...]:
        session = self._session
        if session.analysis is None:
            return ()
        return shown_people(session.analysis, tuple(session.notes.values()), with_ignored=True)

    def _show(self) -> None:
        session, panel = self._session, self._panel
        everybody = self._everybody()
        scene = PersonEntry(None, "Scene", None, 0.0, False, False, None)
        panel.set_people((*(self._entry(person) for person in everybody), scene) if session.medium is not None else ())
        panel.set_current(session.person)
        project = session.project
        panel.set_participants([one.name for one in project.participants()] if project is not None else [])
        for person in everybody:
            self._picture(person)

    def _entry(self, person: Person) -> PersonEntry:
        session = self._session
        note = session.notes.get(person.id)
        participants = {p.id: p.name for p in session.project.participants()} if session.project is not None else {}
        participant = participants.get(note.participant_id or "") if note is not None else None
        voice = session.medium is not None and session.medium.voice_of == person.id
        return PersonEntry(
            person.id, session.name_of(person.id), participant, person.present_s, note is not None and note.ignored,
            voice, None if session.blind else _leading(person),
        )  # fmt: skip

    def _picture(self, person: Person) -> None:
        session = self._session
        if session.path is None or session.medium is None or not len(person.frames):
            return
        if person.id in self._seen and not session.notes:
            return
        self._seen.add(person.id)
        media_id, path, sha256 = session.medium.id, session.path, session.medium.sha256
        self._io.submit(
            partial(face_thumbnail, path, sha256, person), on_done=partial(self._pictured, media_id, person.id)
        )

    def _pictured(self, media_id: str, person: str, image: QImage | None) -> None:
        if image is not None and self._session.medium is not None and self._session.medium.id == media_id:
            self._panel.set_face(person, image)

    # What the panel asks for

    def _rename(self, person: str, name: str) -> None:
        self._do(lambda medium, notes: edits.rename_person(notes, medium.id, person, name.strip() or None))

    def _participant(self, person: str, name: str) -> None:
        project = self._session.project
        known = project.participants() if project is not None else ()
        self._do(lambda medium, notes: edits.set_participant(notes, known, medium.id, person, name.strip() or None))

    def _merge(self, people: list[str]) -> None:
        corrections = self._session.corrections
        self._do(lambda medium, notes: edits.merge_people(notes, corrections, medium, people))

    def _split(self, person: str) -> None:
        session, analysis = self._session, self._session.analysis
        known = [one.id for one in (*session.people, *(analysis.people if analysis is not None else ()))]
        self._do(
            lambda medium, notes: edits.split_person(notes, session.corrections, medium, person, session.time_s, known)
        )

    def _ignore(self, person: str, ignored: bool) -> None:
        self._do(lambda medium, notes: edits.ignore_person(notes, medium.id, person, ignored))

    def _voice(self, person: str | None) -> None:
        self._do(lambda medium, _notes: edits.set_voice_of(medium, person))

    def _do(self, make: Callable[[Medium, tuple[PersonNote, ...]], Edit]) -> None:
        medium = self._session.medium
        if medium is not None:
            self._session.do(make, medium, tuple(self._session.notes.values()))


def _leading(person: Person) -> str | None:
    """What this person shows for the longest time."""
    spent = dict.fromkeys(EMOTIONS, 0.0)
    for segment in person.segments:
        spent[segment.emotion] += segment.end_s - segment.start_s
    return max(spent, key=lambda name: spent[name]) if person.segments else None
