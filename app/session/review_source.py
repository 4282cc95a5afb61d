"""Where the review queue comes from: read and made in the lane of files, away from the window."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from app.jobs.lanes import Cancelled
from app.project.analyses import AnalysisStore
from app.project.people import parts_of_people
from app.project.revisions import RevisionStore
from app.project.segments import StoredSegment
from app.project.values import PersonNote, Stretch
from app.review import Candidate, Columns, Review, RevisionScore, columns_of, prepare


class ReviewSource:
    """Reads the queue in the lane of files; segments are looked at again only when they or their people changed."""

    def __init__(self) -> None:
        self._columns: Columns | None = None
        self._made_of: object = None
        self._segments_changed = 0

    def note_segments(self) -> None:
        """An analysis was stored, or another revision is current."""
        self._segments_changed += 1

    def review(
        self, store_of: Callable[[Path], AnalysisStore], path: Path, names: dict[str, str], coder: str,
        _cancelled: Cancelled,
    ) -> Iterator[Review]:  # fmt: skip
        """All queues, from every predicted segment as the user sees its person and what the coder said so far."""
        store = store_of(path)
        notes = store.notes_of_all()
        made_of = (path, names, notes, self._segments_changed)
        columns = self._columns
        if columns is None or made_of != self._made_of:
            columns = columns_of(candidates_of(store.segments_of_all(), names, notes))
            self._columns, self._made_of = columns, made_of
        yield prepare(columns, [one for one in store.corrections_of_all() if one.coder == coder], revision_scores(path))


def candidates_of(
    segments: Iterable[StoredSegment], names: dict[str, str], notes: Iterable[PersonNote]
) -> tuple[Candidate, ...]:
    """Segments as the user sees their people: each belongs to whoever its middle belongs to.

    Args:
        names: of the videos, by id; segments of others are left out.
    """
    given = [one for one in segments if one.media_id in names]
    shown = _Shown(given, notes)
    found = []
    for one in given:
        seen = shown.person_of(one)
        if seen is not None:
            person, name = seen
            found.append(
                Candidate(
                    one.media_id, names[one.media_id], person, one.start_s, one.end_s, one.emotion, one.confidence,
                    one.uncertain, one.disagreement, name,
                )
            )  # fmt: skip
    return tuple(found)


class _Shown:
    """Whose the engine's people are, looked up quickly."""

    def __init__(self, segments: Iterable[StoredSegment], notes: Iterable[PersonNote]) -> None:
        people: dict[str, dict[str, None]] = defaultdict(dict)
        for one in segments:
            if one.person is not None:
                people[one.media_id][one.person] = None
        said: dict[str, list[PersonNote]] = defaultdict(list)
        for note in notes:
            said[note.media_id].append(note)
        self._names = {(note.media_id, note.person): note.name for notes in said.values() for note in notes}
        self._ignored = {(note.media_id, note.person) for notes in said.values() for note in notes if note.ignored}
        self._parts: dict[tuple[str, str], list[tuple[Stretch, str]]] = defaultdict(list)
        for media_id, about in said.items():
            for person, stretches in parts_of_people(people[media_id], about).items():
                for part in stretches:
                    self._parts[media_id, part.person].append((part, person))

    def person_of(self, segment: StoredSegment) -> tuple[str | None, str | None] | None:
        """Who is shown and under which name; None where that person is to be ignored."""
        person = segment.person
        if person is None:
            return None, None
        middle_s = (segment.start_s + segment.end_s) / 2
        parts = self._parts.get((segment.media_id, person))
        if parts is not None:
            person = next((whose for part, whose in parts if part.start_s <= middle_s < part.end_s), None)
        if person is None or (segment.media_id, person) in self._ignored:
            return None
        return person, self._names.get((segment.media_id, person))


def revision_scores(path: Path) -> tuple[RevisionScore, ...]:
    """How accurate the project's revisions are on what was corrected."""
    from app.project.comparison_json import comparison_from_json  # knows the trainer, which the window does without

    with RevisionStore(path, read_only=True) as revisions:
        made = [(one.name, comparison_from_json(one.comparison).corrections) for one in revisions.all()]
    return tuple(RevisionScore(name, on.accuracy.before, on.accuracy.after) for name, on in made if on is not None)
