"""Raters out of a project: what its coders said, and what its revisions say.

Labels that were accepted in a batch are left out: nobody looked at them one by one.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.agreement.values import CONSENSUS, AgreementError, Rater, Said, Target
from app.project.analyses import AnalysisStore
from app.project.people import parts_of_people
from app.project.revisions import Revision, RevisionStore
from app.project.segments import StoredSegment
from app.project.values import Correction, PersonNote

CURRENT = "current"
"""The name that stands for whatever revision the project uses."""


@dataclass(frozen=True, slots=True)
class Model:
    """A revision of the project, by its id, or a bundle as it came (None)."""

    name: str
    bundle: str
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class Sources:
    """Whom a project can compare. `current` is None where nothing was analysed."""

    coders: tuple[str, ...]
    models: tuple[Model, ...]
    current: Model | None
    corrections: tuple[Correction, ...]
    notes: tuple[PersonNote, ...]


def read_sources(store: AnalysisStore, revisions: RevisionStore) -> Sources:
    """What is there to compare."""
    made = revisions.all()
    bundles = Counter(summary.bundle for summary in store.summaries().values())
    as_they_came = sorted({*bundles, *(one.bundle for one in made)})
    models = tuple(Model(name, name) for name in as_they_came) + tuple(map(_model, made))
    now = revisions.current()
    usual = bundles.most_common(1)
    current = _model(now) if now is not None else Model(usual[0][0], usual[0][0]) if usual else None
    corrections = store.corrections_of_all()
    return Sources(coders_of(corrections), models, current, corrections, store.notes_of_all())


def raters_of(
    sources: Sources, store: AnalysisStore, coders: Sequence[str] | None = None, revisions: Sequence[str] = ()
) -> tuple[Rater, ...]:
    """The raters asked for; by default all coders, or the only one and the current revision.

    Args:
        coders: by name; None for all of them.
        revisions: names of revisions, or of a bundle for what it said as it came, or `CURRENT`.

    Raises:
        AgreementError: somebody is not known, or there are fewer than two.
    """
    if coders is None:
        coders = sources.coders
        if not revisions and len(coders) == 1 and sources.current is not None:
            revisions = (CURRENT,)
    labelled = sorted({one.coder for one in sources.corrections})
    for name in coders:
        if name not in labelled:
            raise AgreementError(f"no label is by {name} (there are labels by: {', '.join(labelled) or 'nobody'})")
    models = dict.fromkeys(_named(sources, name) for name in revisions)
    raters = (
        *(coder_rater(name, sources.corrections) for name in dict.fromkeys(coders)),
        *(model_rater(rater_name(one), store.segments_by(one.revision, one.bundle), sources.notes) for one in models),
    )
    if len(raters) < 2:
        who = f"only {raters[0].name} is there" if raters else "nobody labelled anything here"
        raise AgreementError(f"agreement takes two, and {who}")
    return raters


def consensus_of(sources: Sources) -> Rater:
    """What settled disagreements so far."""
    return coder_rater(CONSENSUS, sources.corrections)


def rater_name(model: Model) -> str:
    """ "revision 1.2", or "starter" for a bundle as it came."""
    return model.name if model.revision is None else f"revision {model.name}"


def _model(revision: Revision) -> Model:
    return Model(revision.name, revision.bundle, revision.id)


def _named(sources: Sources, name: str) -> Model:
    if name == CURRENT and sources.current is not None:
        return sources.current
    for model in sources.models:
        if model.name == name:
            return model
    known = ", ".join(model.name for model in sources.models)
    raise AgreementError(f"there is no revision {name} here" + (f" (there are: {known})" if known else ""))


def coders_of(corrections: Iterable[Correction]) -> tuple[str, ...]:
    """Who labelled anything one by one, by name; whoever settles disagreements is none of them."""
    return tuple(sorted({one.coder for one in corrections if one.origin != "batch"} - {CONSENSUS}))


def coder_rater(name: str, corrections: Iterable[Correction]) -> Rater:
    """What a coder said."""
    said: dict[Target, list[Said]] = defaultdict(list)
    for one in corrections:
        if one.coder == name and one.origin != "batch":
            said[one.media_id, one.person].append(Said(one.start_s, one.end_s, one.emotion))
    return Rater(name, {target: _apart(intervals) for target, intervals in said.items()})


def model_rater(name: str, segments: Iterable[StoredSegment], notes: Iterable[PersonNote]) -> Rater:
    """What a revision says, about the people as the user sees them."""
    said: dict[Target, list[Said]] = defaultdict(list)
    by_media: dict[str, list[StoredSegment]] = defaultdict(list)
    for one in segments:
        by_media[one.media_id].append(one)
    notes_of: dict[str, list[PersonNote]] = defaultdict(list)
    for note in notes:
        notes_of[note.media_id].append(note)
    for media_id, found in by_media.items():
        for person, statement in _shown(found, notes_of[media_id]):
            said[media_id, person].append(statement)
    return Rater(name, {target: _apart(intervals) for target, intervals in said.items()}, is_model=True)


def _shown(segments: Sequence[StoredSegment], notes: Sequence[PersonNote]) -> Iterable[tuple[str | None, Said]]:
    """The segments of one video, cut where the engine's person becomes another one; ignored people are left out."""
    ignored = {note.person for note in notes if note.ignored}
    of_person: dict[str | None, list[StoredSegment]] = defaultdict(list)
    for one in segments:
        of_person[one.person].append(one)
    for one in of_person.pop(None, []):
        yield None, Said(one.start_s, one.end_s, one.emotion)
    people = [person for person in of_person if person is not None]
    for shown, stretches in parts_of_people(people, notes).items():
        if shown in ignored:
            continue
        for part in stretches:
            for one in of_person[part.person]:
                start_s, end_s = max(one.start_s, part.start_s), min(one.end_s, part.end_s)
                if start_s < end_s:
                    yield shown, Said(start_s, end_s, one.emotion)


def _apart(said: Iterable[Said]) -> tuple[Said, ...]:
    """In order of time; of two at one moment, as of merged people, the one that began first."""
    found: list[Said] = []
    for one in sorted(said, key=lambda one: (one.start_s, one.end_s)):
        start_s = max(one.start_s, found[-1].end_s) if found else one.start_s
        if start_s < one.end_s:
            found.append(Said(start_s, one.end_s, one.emotion))
    return tuple(found)
