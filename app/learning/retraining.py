"""One click: from the corrections of a project to a candidate revision, with every analysed video answered by it."""

from collections import Counter
from collections.abc import Callable, Generator, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app import places
from app.learning.gather import Gathered, LeftOut, gather
from app.learning.model_facts import ModelFacts, read_facts
from app.learning.rescoring import fitting, model_of, rescore_with, unanswered
from app.learning.revising import applied, in_use
from app.project.analyses import AnalysisStore
from app.project.comparison_json import comparison_to_json
from app.project.revisions import Revision, RevisionStore, new_candidate
from engine.errors import CancelledError, TrainingError
from trainer.finetune.values import ClassCount, Comparison, FinetuneStep, Options, Retrained, class_counts

if TYPE_CHECKING:
    from engine.bundle import Bundle

CURRENT: Final = "current"
Cancelled = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Order:
    """What to learn, and from where.

    `parent` is the id of a revision, None for the bundle as it came, or `CURRENT`, which is the bundle as it came where
    the current revision is of other trunks. `with_batch` lets predictions accepted many at once teach, too. `home` is a
    folder of feature stores, for those that are no longer where they were.
    """

    project: Path
    bundle: str = places.DEFAULT_BUNDLE
    options: Options = field(default_factory=Options)
    parent: str | None = CURRENT
    with_batch: bool = False
    home: Path | None = None


@dataclass(frozen=True, slots=True)
class Learned:
    """A candidate revision, whole in the project, and what it came from."""

    revision_id: str
    name: str
    parent: str
    """Name of the revision that it started from; the bundle's own where it was that as it came."""
    lessons: int
    counts: tuple[ClassCount, ...]
    comparison: Comparison
    left_out: tuple[LeftOut, ...]
    rescored: int
    """How many videos it has answered."""


def retraining_steps(cancelled: Cancelled, order: Order) -> Iterator[FinetuneStep | Learned]:
    """Learn, store the candidate, answer every analysed video with it. The last thing given is the `Learned`.

    Imports torch: for a child process or the command line. Killed at any moment it leaves a project that opens, with
    the current revision as it was and either no candidate or a whole one, whose missing answers
    :func:`app.learning.rescoring.rescore` can add.

    Raises:
        BundleError, ProjectError, RevisionError, WeightsError: something cannot be read, or written.
        TrainingError: nothing can be learned from what there is; the text says why.
        CancelledError: `cancelled()` became true; the project is as before.
    """
    facts = read_facts(order.bundle)
    yield FinetuneStep("examples", "reading corrections", 0, 1)
    gathered = gather(
        order.project, facts, with_batch=order.with_batch, home=order.home, prefer=order.options.prefer
    )  # fmt: skip
    _check_enough(gathered, order.options)
    with RevisionStore(order.project) as revisions, AnalysisStore(order.project) as analyses:
        parent = _parent(revisions, facts, order.parent)
        known = revisions.taught_by(parent.id) if parent is not None else frozenset()
        bundle = _loaded(facts, revisions, parent)
        retrained = yield from _retrained(bundle, facts.folder, gathered, known, order.options, cancelled)
        used = set(retrained.manifest["corrections"])
        lessons = tuple(lesson for lesson in gathered.lessons if lesson.id in used)
        candidate = _stored(revisions, facts, parent, len(lessons), retrained)
        try:
            rescored = yield from _answered(bundle, candidate, order, facts, revisions, analyses, cancelled)
        except (CancelledError, GeneratorExit):
            revisions.discard(candidate.id)
            raise
    yield Learned(
        candidate.id, candidate.name, parent.name if parent is not None else facts.revision, len(lessons),
        class_counts(lessons), retrained.comparison, gathered.left_out, rescored,
    )  # fmt: skip


def _check_enough(gathered: Gathered, options: Options) -> None:
    """Say at once that there is too little to learn from, and why what people said is left out."""
    if len(gathered.lessons) < options.least:
        from trainer.finetune.retrain import too_few

        reasons = Counter(one.why for one in gathered.left_out).most_common()
        left_out = [f"{count} left out: {why}" for why, count in reasons]
        raise TrainingError(too_few(len(gathered.lessons), options.least, left_out))


def _parent(revisions: RevisionStore, facts: ModelFacts, asked: str | None) -> Revision | None:
    if asked is None:
        return None
    if asked != CURRENT:
        return fitting(revisions, asked, facts)
    current = revisions.current()
    return current if current is not None and current.trunks == facts.trunks else None


def _loaded(facts: ModelFacts, revisions: RevisionStore, parent: Revision | None) -> "Bundle":
    from engine.bundle import load_bundle

    bundle = load_bundle(facts.folder)
    return bundle if parent is None else applied(bundle, in_use(revisions, parent))


def _retrained(
    bundle: "Bundle", folder: Path, gathered: Gathered, known: frozenset[str], options: Options, cancelled: Cancelled
) -> Generator[FinetuneStep, None, Retrained]:
    """Learn from all lessons; what the parent learned from, `known`, teaches again but judges nothing.

    The parent answers those rightly because it was told, so before and after on them would both be of no worth.
    """
    from trainer.finetune.retrain import retrain
    from trainer.practice import read_practice

    lessons = [replace(one, scores=one.scores and one.id not in known) for one in gathered.lessons]
    again = sum(one.id in known for one in lessons)
    notes = (f"{again} of {len(lessons)} corrections taught an earlier revision: they judge nothing",) if again else ()
    retrained = None
    for step in retrain(bundle, lessons, read_practice(folder), options, cancelled, notes):
        if isinstance(step, Retrained):
            retrained = step
        else:
            yield step
    assert retrained is not None, "the training ended without a revision"
    return retrained


def _stored(
    revisions: RevisionStore, facts: ModelFacts, parent: Revision | None, lessons: int, retrained: Retrained
) -> Revision:
    candidate = new_candidate(
        retrained.weights,
        name=revisions.next_name(facts.revision),
        bundle=facts.name,
        bundle_sha256=facts.sha256,
        trunks=facts.trunks,
        parent=parent.id if parent is not None else None,
        lessons=lessons,
        calibration=asdict(retrained.calibration),
        comparison=comparison_to_json(retrained.comparison),
        manifest=retrained.manifest,
    )
    revisions.add(candidate, retrained.weights)
    return candidate


def _answered(
    bundle: "Bundle", candidate: Revision, order: Order, facts: ModelFacts, revisions: RevisionStore,
    analyses: AnalysisStore, cancelled: Cancelled,
) -> Generator[FinetuneStep, None, int]:  # fmt: skip
    """Answer all videos with the candidate; how many it could."""
    waiting = unanswered(order.project, analyses, revisions, facts, candidate.name, order.home)
    if not waiting:
        return 0
    model = model_of(applied(bundle, in_use(revisions, candidate)))
    return (yield from rescore_with(model, waiting, analyses, cancelled))
