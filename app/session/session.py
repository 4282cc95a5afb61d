"""What is open now: the project, a video of it, its analysis, a person, an interval, a correction. Knows no widgets.

Everything that changes tells so by a signal; whoever shows it reads the state again. Edits go through `Session.do`
alone, so that every one is undoable and every failure is told in one sentence.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, TypeVar

from PySide6.QtCore import QObject, Signal

from app.messages import sentence
from app.project.errors import EditError, StaleEditError
from app.project.people import shown_people
from app.project.store import Project
from app.project.values import Correction, Edit, Epoch, Marker, Medium, PersonNote
from engine.errors import AffectlineError
from engine.values import Analysis, Person, Segment

Kind = Literal["info", "warning", "error"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of the open video that a label would go to; of a person, or of the scene (None)."""

    start_s: float
    end_s: float
    person: str | None


class Session(QObject):
    """The state behind the window."""

    leaving = Signal()
    """Another project or video comes: what is still being typed about this one is to be stored now."""
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
    undoable = Signal(str)
    """Something went that a person may want back at once."""

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
        self.own_corrections: tuple[Correction, ...] = ()
        """What the current coder said about the open video."""
        self.markers: tuple[Marker, ...] = ()
        self.epochs: tuple[Epoch, ...] = ()
        self.person: str | None = None
        self._person_chosen = False
        self.interval: Interval | None = None
        self.correction: Correction | None = None
        self.coder = coder
        self.blind = False
        self.time_s = 0.0
        self.undo_name: str | None = None
        self.redo_name: str | None = None

    # What is open

    def set_project(self, project: Project | None) -> None:
        """Show another project; the one before is closed."""
        self.leaving.emit()
        if self.project is not None:
            self.project.close()
        self.project = project
        self._take_medium(None, None)
        self._read_history()
        self.project_changed.emit()
        self.library_changed.emit()

    def set_medium(self, medium: Medium | None, path: Path | None) -> None:
        """Show another video of the project; its analysis comes later, by `set_analysis`."""
        self.leaving.emit()
        self._take_medium(medium, path)

    def _take_medium(self, medium: Medium | None, path: Path | None) -> None:
        self.medium, self.path = medium, path
        self.analysis, self.people, self.time_s = None, (), 0.0
        self.person, self._person_chosen = None, False
        self.interval = self.correction = None
        self._show_records(_NONE)
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
        """Whose curves are shown and whom labels go to; None is the scene. Who is ignored is not shown."""
        ignored = self.analysis is not None and person not in {None, *(shown.id for shown in self.people)}
        if ignored:
            return
        self._person_chosen = True
        if person != self.person:
            self._take_person(person)

    def set_interval(self, interval: Interval | None) -> None:
        """What the next label goes to, in place of a correction."""
        if interval is not None:
            self.select_correction(None)
        if interval != self.interval:
            self.interval = interval
            self.interval_changed.emit()

    def select_correction(self, correction_id: str | None) -> None:
        """The correction that keys and the inspector act on, in place of an interval."""
        found = next((item for item in self.corrections if item.id == correction_id), None)
        if found is not None:
            self.set_interval(None)
        if found != self.correction:
            self.correction = found
            self.correction_changed.emit()

    def set_coder(self, coder: str) -> None:
        """Who labels from now on."""
        if coder != self.coder:
            self.leaving.emit()
            self.coder = coder
            if self.project is not None:
                self.project.set_who(coder)
            self._find_own()
            self.select_correction(None)
            self.coder_changed.emit()
            self.records_changed.emit()

    def set_blind(self, blind: bool) -> None:
        """Hide predictions and what other coders said."""
        if blind != self.blind:
            self.blind = blind
            if blind and self.correction not in self.own_corrections:
                self.select_correction(None)
            self.blind_changed.emit()

    # What may be asked

    @property
    def shown_person(self) -> Person | None:
        """The selected person's answers; None for the scene, or before an analysis."""
        return next((person for person in self.people if person.id == self.person), None)

    def predictions_of(self, person: str | None) -> tuple[Segment, ...]:
        """The predicted segments of a person, or of the scene, that the coder may see: none in blind mode."""
        if self.blind or self.analysis is None:
            return ()
        if person is None:
            return self.analysis.unseen_segments
        return next((shown.segments for shown in self.people if shown.id == person), ())

    @property
    def predictions(self) -> tuple[Segment, ...]:
        """Those of whoever is shown."""
        return self.predictions_of(self.person)

    def name_of(self, person: str | None) -> str:
        """What a person is called: the name given, the id, or "scene"."""
        if person is None:
            return "scene"
        note = self.notes.get(person)
        return note.name if note is not None and note.name else person

    @property
    def writable(self) -> bool:
        return self.project is not None and not self.project.read_only

    @property
    def why_read_only(self) -> str:
        """Why the open project can only be read; empty where it can be changed, or none is open."""
        project = self.project
        return (project.read_only_reason or "") if project is not None and project.read_only else ""

    def medium_of(self, media_id: str) -> Medium | None:
        """A video of the open project, as it is stored."""
        return self.project.medium(media_id) if self.project is not None else None

    # What changes the project

    def do(self, make: Callable[..., Edit], *arguments: object, **named: object) -> Edit | None:
        """Make an edit and store it; None when it cannot be made or stored, which is told, or changes nothing."""
        try:
            edit = make(*arguments, **named)
        except EditError as error:
            self.said.emit(sentence(error), "warning")
            return None
        return None if edit.empty else self._stored(lambda project: project.do(edit), edit)

    def undo(self) -> Edit | None:
        """Take the last edit back."""
        return self._stored(lambda project: project.undo(), None)

    def redo(self) -> Edit | None:
        """Do again what was taken back."""
        return self._stored(lambda project: project.redo(), None)

    def _stored(self, change: Callable[[Project], Edit | None], edit: Edit | None) -> Edit | None:
        project = self.project
        if project is None:
            return None
        was_read_only = project.read_only
        try:
            done = change(project) or edit
        except AffectlineError as error:
            self.said.emit(sentence(error), "error")
            if isinstance(error, StaleEditError):
                self._after(_ANYTHING)
            if project.read_only != was_read_only:
                self.project_changed.emit()
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
        self._read_history()
        if any(isinstance(record, PersonNote | Medium) for record in records):
            self._show_people()
        self.records_changed.emit()

    def _follow_medium(self) -> None:
        if self.project is None or self.medium is None:
            return
        there = self.project.medium(self.medium.id)
        if there is None:
            self.set_medium(None, None)
        else:
            self.medium = there

    # What is read

    def read(self, look: Callable[[], T]) -> T | None:
        """What the project says; None where it cannot be read, which is told."""
        try:
            return look()
        except AffectlineError as error:
            self.said.emit(sentence(error), "error")
            return None

    def _read_records(self) -> None:
        """What people said about the open video; what was known stays where it cannot be read, which is told."""
        if self.project is None or self.medium is None:
            self._show_records(_NONE)
            return
        project, media_id = self.project, self.medium.id
        found = self.read(lambda: _Records(
            project.corrections(media_id), project.markers(media_id), project.epochs(media_id),
            {note.person: note for note in project.notes(media_id)},
        ))  # fmt: skip
        if found is not None:
            self._show_records(found)

    def _show_records(self, records: "_Records") -> None:
        self.corrections, self.markers = records.corrections, records.markers
        self.epochs, self.notes = records.epochs, records.notes
        self._find_own()
        if self.correction is not None:
            self.select_correction(self.correction.id)

    def _find_own(self) -> None:
        self.own_corrections = tuple(item for item in self.corrections if item.coder == self.coder)

    def _read_history(self) -> None:
        """What undo and redo would do."""
        project = self.project
        self.undo_name = self.read(lambda: project.undo_name) if project is not None else None
        self.redo_name = self.read(lambda: project.redo_name) if project is not None else None

    def _show_people(self) -> None:
        """The people as the user sees them; whoever is selected stays, or who took them in, or the one most in view."""
        notes = tuple(self.notes.values())
        self.people = shown_people(self.analysis, notes) if self.analysis is not None else ()
        self.people_changed.emit()
        ids = [person.id for person in self.people]
        person = self.person
        if not self._person_chosen:
            person = ids[0] if ids else None
        elif person is not None and person not in ids:
            heirs = [note.person for note in notes if any(part.person == person for part in note.stretches)]
            person = next((heir for heir in (*heirs, *ids) if heir in ids), None)
        if self.interval is not None and self.interval.person not in {None, *ids}:
            self.set_interval(None)
        self._take_person(person)

    def _take_person(self, person: str | None) -> None:
        """Tells it even of the same one, who may have other answers now."""
        before, self.person = self.person, person
        if self.interval is not None and self.interval.person == before != person:
            self.set_interval(Interval(self.interval.start_s, self.interval.end_s, person))
        self.person_changed.emit()


@dataclass(frozen=True, slots=True)
class _Records:
    """What people said about a video."""

    corrections: tuple[Correction, ...] = ()
    markers: tuple[Marker, ...] = ()
    epochs: tuple[Epoch, ...] = ()
    notes: dict[str, PersonNote] = field(default_factory=dict)


_NONE: Final = _Records()
_ANYTHING: Final = Edit("")
"""Stands for what somebody else may have changed."""
