"""What is open now: the project, a video of it, its analysis, a person, an interval, a correction. Knows no widgets.

Everything that changes tells so by a signal; whoever shows it reads the state again. Edits go through `Session.do`
alone, so that every one is undoable and every failure is told in one sentence.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, Signal

from app.messages import sentence
from app.project.errors import EditError
from app.project.people import shown_people
from app.project.store import Project
from app.project.values import Correction, Edit, Epoch, Marker, Medium, PersonNote
from engine.errors import AffectlineError
from engine.values import Analysis, Person

Kind = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of the open video that a label would go to; of a person, or of the scene (None)."""

    start_s: float
    end_s: float
    person: str | None


class Session(QObject):
    """The state behind the window."""

    project_changed = Signal()
    library_changed = Signal()
    medium_changed = Signal()
    analysis_changed = Signal()
    people_changed = Signal()
    person_changed = Signal()
    records_changed = Signal()
    interval_changed = Signal()
    correction_changed = Signal()
    coder_changed = Signal()
    blind_changed = Signal()
    said = Signal(str, str)

    def __init__(self, coder: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.project: Project | None = None
        self.medium: Medium | None = None
        self.path: Path | None = None
        """Where the open video lies; None while it is missing."""
        self.analysis: Analysis | None = None
        self.people: tuple[Person, ...] = ()
        self.notes: dict[str, PersonNote] = {}
        self.corrections: tuple[Correction, ...] = ()
        self.markers: tuple[Marker, ...] = ()
        self.epochs: tuple[Epoch, ...] = ()
        self.person: str | None = None
        self.interval: Interval | None = None
        self.correction: Correction | None = None
        self.coder = coder
        self.blind = False
        self.time_s = 0.0

    # What is open

    def set_project(self, project: Project | None) -> None:
        """Show another project; the one before is closed."""
        if self.project is not None:
            self.project.close()
        self.project = project
        self.set_medium(None, None)
        self.project_changed.emit()
        self.library_changed.emit()

    def set_medium(self, medium: Medium | None, path: Path | None) -> None:
        """Show another video of the project; its analysis comes later, by `set_analysis`."""
        self.medium, self.path = medium, path
        self.analysis, self.people, self.person, self.time_s = None, (), None, 0.0
        self.interval = self.correction = None
        self._read_records()
        self.medium_changed.emit()
        self.analysis_changed.emit()
        self.people_changed.emit()
        self.person_changed.emit()
        self.records_changed.emit()
        self.interval_changed.emit()
        self.correction_changed.emit()

    def set_analysis(self, analysis: Analysis | None) -> None:
        """What the engine says about the open video."""
        self.analysis = analysis
        self.analysis_changed.emit()
        self._show_people()

    def set_person(self, person: str | None) -> None:
        """Whose curves are shown and whom labels go to; None is the scene."""
        if person != self.person:
            self.person = person
            if self.interval is not None:
                self.set_interval(Interval(self.interval.start_s, self.interval.end_s, person))
            self.person_changed.emit()

    def set_interval(self, interval: Interval | None) -> None:
        """What the next label goes to."""
        if interval != self.interval:
            self.interval = interval
            self.interval_changed.emit()

    def select_correction(self, correction_id: str | None) -> None:
        """The correction that keys and the inspector act on."""
        found = next((item for item in self.corrections if item.id == correction_id), None)
        if found != self.correction:
            self.correction = found
            self.correction_changed.emit()

    def set_coder(self, coder: str) -> None:
        """Who labels from now on."""
        self.coder = coder
        self.coder_changed.emit()
        self.records_changed.emit()

    def set_blind(self, blind: bool) -> None:
        """Hide predictions and what other coders said."""
        self.blind = blind
        self.blind_changed.emit()

    # What may be asked

    @property
    def shown_person(self) -> Person | None:
        """The selected person's answers; None for the scene, or before an analysis."""
        return next((person for person in self.people if person.id == self.person), None)

    @property
    def own_corrections(self) -> tuple[Correction, ...]:
        """What the current coder said about the open video."""
        return tuple(item for item in self.corrections if item.coder == self.coder)

    def name_of(self, person: str | None) -> str:
        """What a person is called: the name given, the id, or "scene"."""
        if person is None:
            return "scene"
        note = self.notes.get(person)
        return note.name if note is not None and note.name else person

    @property
    def writable(self) -> bool:
        return self.project is not None and not self.project.read_only

    # What changes the project

    def do(self, make: Callable[..., Edit], *arguments: object, **named: object) -> Edit | None:
        """Make an edit and store it; None when it cannot be made or stored, which is told, or changes nothing."""
        try:
            edit = make(*arguments, **named)
        except EditError as error:
            self.said.emit(sentence(error), "warning")
            return None
        return self._stored(lambda project: project.do(edit), edit) if edit.removed or edit.added else None

    def undo(self) -> Edit | None:
        """Take the last edit back."""
        return self._stored(lambda project: project.undo(), None)

    def redo(self) -> Edit | None:
        """Do again what was taken back."""
        return self._stored(lambda project: project.redo(), None)

    def _stored(self, change: Callable[[Project], Edit | None], edit: Edit | None) -> Edit | None:
        if self.project is None:
            return None
        try:
            done = change(self.project) or edit
        except AffectlineError as error:
            self.said.emit(sentence(error), "error")
            return None
        if done is not None:
            self._after(done)
        return done

    def _after(self, edit: Edit) -> None:
        """Read again what an edit may have changed."""
        records = (*edit.removed, *edit.added)
        if any(isinstance(record, Medium) for record in records):
            self._follow_medium()
            self.library_changed.emit()
        self._read_records()
        if any(isinstance(record, PersonNote | Medium) for record in records):
            self._show_people()
        self.records_changed.emit()

    def _follow_medium(self) -> None:
        if self.project is None or self.medium is None:
            return
        there = next((medium for medium in self.project.media() if medium.id == self.medium.id), None)
        if there is None:
            self.set_medium(None, None)
        else:
            self.medium = there

    def _read_records(self) -> None:
        if self.project is None or self.medium is None:
            self.corrections, self.markers, self.epochs, self.notes = (), (), (), {}
        else:
            media_id = self.medium.id
            self.corrections = tuple(self.project.corrections(media_id))
            self.markers = tuple(self.project.markers(media_id))
            self.epochs = tuple(self.project.epochs(media_id))
            self.notes = {note.person: note for note in self.project.notes(media_id)}
        if self.correction is not None:
            self.select_correction(self.correction.id)

    def _show_people(self) -> None:
        """The people as the user sees them; the one selected stays, or the one most in view takes over."""
        notes = tuple(self.notes.values())
        self.people = shown_people(self.analysis, notes) if self.analysis is not None else ()
        self.people_changed.emit()
        if self.person not in {person.id for person in self.people}:
            self.person = self.people[0].id if self.people else None
        self.person_changed.emit()
