"""What a project says about learning: its lessons and its revisions. Read in the lane of files."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.jobs.lanes import Cancelled
from app.messages import sentence
from app.project.analyses import AnalysisStore
from app.project.revisions import Revision, RevisionStore
from app.session.lessons import Lessons, read_lessons
from engine.errors import AffectlineError


@dataclass(frozen=True, slots=True)
class Known:
    """The lessons and all revisions, in the order in which they were made."""

    lessons: Lessons = field(default_factory=Lessons)
    revisions: tuple[Revision, ...] = ()
    current: Revision | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    """Of all revisions there ever were, by id."""
    unscored: Mapping[str | None, int] = field(default_factory=dict)
    """How many analysed videos a revision has not labelled yet, by its id; None is the bundle as it came."""

    @property
    def candidate(self) -> Revision | None:
        """The newest one that waits to be kept or discarded."""
        return next((one for one in reversed(self.revisions) if one.state == "candidate"), None)

    @property
    def base(self) -> str:
        """The bundle as it came: "starter 1"."""
        return f"{self.lessons.bundle} {self.lessons.revision}".strip()

    @property
    def start(self) -> str:
        """What a training would start from: the current revision, unless that is one of another bundle."""
        current = self.current
        fits = current is not None and dict(current.trunks) == dict(self.lessons.trunks)
        return f"{current.bundle} {current.name}" if current is not None and fits else self.base

    def find(self, revision_id: str | None) -> Revision | None:
        """A revision by its id."""
        return next((one for one in self.revisions if one.id == revision_id), None)


def read_known(
    project: Path, bundle: str, features: Path, videos: Mapping[str, str], _cancelled: Cancelled
) -> Iterator[Known]:
    """Everything, as one value; arguments as of `read_lessons`.

    Raises:
        ProjectError: it cannot be read.
    """
    with RevisionStore(project, read_only=True) as store:
        revisions, current, names = store.all(), store.current(), store.names()
        unscored: dict[str | None, int] = {one.id: len(store.unscored(one.id)) for one in revisions}
    try:
        lessons = read_lessons(project, bundle, features, videos)
    except AffectlineError as error:  # revisions can be looked at without the bundle
        lessons = Lessons(problem=sentence(error))
    with AnalysisStore(project, read_only=True) as analyses:
        made = [{(one.bundle, one.revision) for one in analyses.revisions_of(media_id)} for media_id in videos]
    unscored[None] = sum(bool(by) and (lessons.bundle, lessons.revision) not in by for by in made)
    yield Known(lessons, revisions, current, names, unscored)
