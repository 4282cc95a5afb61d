"""Agreement in the window: computed in the background whenever somebody looks at it; disagreements are settled here."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from app.agreement.compare import compare
from app.agreement.reading import Sources, consensus_of, rater_name, raters_of, read_sources
from app.agreement.values import BLANK, CONSENSUS, AgreementError, Disagreement, Rater, Target
from app.jobs.lanes import Cancelled, Lane
from app.messages import sentence
from app.project import edits
from app.project.analyses import AnalysisStore
from app.project.revisions import RevisionStore
from app.project.store import Project
from app.project.values import Origin
from app.session.analysing import Analysing
from app.session.library import Library
from app.session.session import Session
from app.session.visiting import Place, Visiting
from app.views.agreement.values import Choice, Standing
from app.views.main_window import MainWindow

SETTLE_MS = 300
"""After an edit, so that a person who labels quickly does not wait for figures each time."""
HOW_TO = "Choose a second coder (Label, Coder…), or analyse the videos and compare with the model."


class Agreeing(QObject):
    """Connects the agreement panel with the project and the player."""

    def __init__(
        self, session: Session, window: MainWindow, visiting: Visiting, library: Library, analysing: Analysing,
        io: Lane,
    ) -> None:  # fmt: skip
        super().__init__(session)
        self._session, self._panel, self._visiting = session, window.agreement, visiting
        self._analysing, self._io = analysing, io
        self._asked: tuple[Choice, ...] | None = None
        self._standing = Standing()
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._read)
        for changed in (session.library_changed, session.records_changed, library.summaries_changed):
            changed.connect(self._settle.start)
        window.side.currentChanged.connect(lambda _tab: self._settle.start())
        session.project_changed.connect(self._on_project)
        session.blind_changed.connect(lambda: self._panel.set_blind(session.blind))
        self._panel.chosen.connect(self._choose)
        self._panel.opened.connect(self._visit)
        self._panel.settled.connect(self._settle_one)

    def _on_project(self) -> None:
        self._asked = None
        self._show(Standing())
        self._panel.set_read_only(self._session.why_read_only)

    def _choose(self, choices: tuple[Choice, ...]) -> None:
        self._asked = choices
        self._read()

    def _visit(self, one: Disagreement) -> None:
        self._visiting.visit(Place(one.media_id, one.person, one.start_s, one.end_s))

    def _settle_one(self, one: Disagreement, emotion: str | None) -> None:
        """An ordinary label by the coder "consensus", which one undo takes back."""
        session, project = self._session, self._session.project
        if project is None:
            return
        corrections = session.read(lambda: project.corrections(one.media_id))
        if corrections is not None:
            session.do(
                edits.label, corrections, one.media_id, one.person, one.start_s, one.end_s, emotion, CONSENSUS,
                self._origin(one, emotion),
            )  # fmt: skip

    def _origin(self, one: Disagreement, emotion: str | None) -> Origin:
        """A label that was given in sight of what a model says there is no blank one."""
        agreement = self._standing.agreement
        models = {choice.key for choice in self._standing.chosen if choice.is_model}
        raters = agreement.raters if agreement is not None else ()
        said = [answer for rater, answer in zip(raters, one.said, strict=True) if rater in models and answer != BLANK]
        if not said:
            return "blank"
        return "accepted" if emotion in said else "edited"

    # Reading

    def _read(self) -> None:
        """Compare again, if anybody looks at it."""
        project = self._session.project
        if project is None or not self._panel.isVisible():
            return
        names = {medium.id: Path(medium.path).name for medium in project.media()}
        work = partial(_standing, self._analysing.store, project.path, names, self._asked)
        self._io.submit(work, on_done=partial(self._shown, project), on_failed=self._failed)

    def _shown(self, project: Project, standing: Standing) -> None:
        if self._session.project is project:
            self._show(standing)

    def _show(self, standing: Standing) -> None:
        self._standing = standing
        self._panel.set_standing(standing)

    def _failed(self, text: str, _error: object) -> None:
        self._session.said.emit(text, "error")


def _standing(
    store_of: Callable[[Path], AnalysisStore], path: Path, names: Mapping[str, str], asked: tuple[Choice, ...] | None,
    _cancelled: Cancelled,
) -> Iterator[Standing]:  # fmt: skip
    """How the raters asked for stand; by default those that `raters_of` takes."""
    store = store_of(path)
    with RevisionStore(path, read_only=True) as revisions:
        sources = read_sources(store, revisions)
    choices = choices_of(sources)
    people: dict[Target, str] = {(note.media_id, note.person): note.name for note in sources.notes if note.name}
    try:
        raters = _raters(sources, store, asked)
    except AgreementError as error:
        trouble = sentence(error)
        yield Standing(choices, asked or (), None, f"{trouble[:1].upper()}{trouble[1:]}. {HOW_TO}", names, people)
        return
    chosen = tuple(
        choice
        for choice in choices
        if (choice.key, choice.is_model) in {(rater.name, rater.is_model) for rater in raters}
    )
    yield Standing(choices, chosen, compare(raters, tuple(names), consensus=consensus_of(sources)), "", names, people)


def _raters(sources: Sources, store: AnalysisStore, asked: tuple[Choice, ...] | None) -> tuple[Rater, ...]:
    if asked is None:
        return raters_of(sources, store)
    models = {rater_name(model): model.name for model in sources.models}
    coders = [choice.key for choice in asked if not choice.is_model and choice.key in sources.coders]
    return raters_of(sources, store, coders, [models[one.key] for one in asked if one.is_model and one.key in models])


def choices_of(sources: Sources) -> tuple[Choice, ...]:
    """Coders, then bundles as they came, then the project's revisions."""
    models = (
        Choice(rater_name(one), f"{one.name} as it came" if one.revision is None else rater_name(one), is_model=True)
        for one in sources.models
    )
    return (*(Choice(name, name) for name in sources.coders), *models)
