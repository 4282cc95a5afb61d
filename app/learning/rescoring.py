"""Every analysed video answered again by another revision, from its stored features: seconds for hours of video."""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.learning.analysed import Analysed, analysed
from app.learning.model_facts import ModelFacts, read_facts
from app.learning.revising import applied, in_use
from app.project.analyses import AnalysisStore
from app.project.errors import RevisionError
from app.project.revisions import Revision, RevisionStore
from app.project.store import open_project
from app.project.values import Medium
from engine.errors import CancelledError
from engine.values import Analysis, Timing
from trainer.finetune.values import FinetuneStep

if TYPE_CHECKING:
    from engine.bundle import Bundle
    from engine.model import Model

TELL_S: Final = 0.1
"""Time between two points of progress."""
Cancelled = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A video that a revision has not answered yet."""

    medium: Medium
    analysed: Analysed


def rescore(
    cancelled: Cancelled, project: Path, bundle: str, revision: str | None, home: Path | None = None
) -> Iterator[FinetuneStep]:
    """Answer all videos that lack it with a revision of the project, and store what it says. Imports torch.

    Args:
        bundle: name or folder of the bundle that the revision was made from.
        revision: its id; None for the bundle as it came.
        home: folder of feature stores, for those that are no longer where they were.

    Raises:
        BundleError, RevisionError, ProjectError, WeightsError: something cannot be read, or written.
        CancelledError: `cancelled()` became true; videos that are done stay done.
    """
    facts = read_facts(bundle)
    with RevisionStore(project) as revisions, AnalysisStore(project) as analyses:
        asked = fitting(revisions, revision, facts) if revision is not None else None
        name = asked.name if asked is not None else facts.revision
        waiting = unanswered(project, analyses, revisions, facts, name, home)
        if waiting:
            from engine.bundle import load_bundle

            loaded = load_bundle(facts.folder)
            model = model_of(loaded if asked is None else applied(loaded, in_use(revisions, asked)))
            yield from rescore_with(model, waiting, analyses, cancelled)


def fitting(revisions: RevisionStore, revision: str, model: ModelFacts) -> Revision:
    """A revision by its id, where it was made for the trunks of that bundle.

    Raises:
        RevisionError: there is none, or it was made for other trunks, on whose features alone it can answer.
    """
    found = revisions.get(revision)
    if dict(found.trunks) != dict(model.trunks):
        reason = f"{found.name} was made for {found.bundle} and does not fit {model.name}: choose {found.bundle}"
        raise RevisionError(revisions.path, reason)
    return found


def model_of(bundle: "Bundle") -> "Model":
    """A bundle's heads and fusion, which run on the processor whatever the trunks run on."""
    from engine.device import choose_device
    from engine.model import Model

    return Model(bundle, choose_device("cpu"))


def unanswered(
    project: Path, analyses: AnalysisStore, revisions: RevisionStore, model: ModelFacts, revision: str,
    home: Path | None = None,
) -> tuple[Waiting, ...]:  # fmt: skip
    """Videos whose features a model can answer from, and that have no analysis by that revision of it yet."""
    with open_project(project, read_only=True) as opened:
        media = opened.media()
    made = revisions.all()
    found = []
    for medium in media:
        if any((one.bundle, one.revision) == (model.name, revision) for one in analyses.revisions_of(medium.id)):
            continue
        known = analysed(medium.id, analyses, model, made, home)
        if isinstance(known, Analysed):
            found.append(Waiting(medium, known))
    return tuple(found)


def rescore_with(
    model: "Model", waiting: Sequence[Waiting], analyses: AnalysisStore, cancelled: Cancelled
) -> Generator[FinetuneStep, None, int]:
    """Answer videos one after another and store each as soon as it is done; how many were."""
    clock = _Clock([one.medium.duration_s for one in waiting])
    stored = 0
    for number, one in enumerate(waiting):
        for share in (steps := Kept(again(model, one.analysed))):
            if cancelled():
                raise CancelledError("the re-scoring was cancelled")
            if clock.is_due():
                yield clock.step(number, share, Path(one.medium.path).name)
        if steps.result is not None:
            analyses.save(one.medium.id, steps.result)
            stored += 1
        yield clock.step(number, 1.0, Path(one.medium.path).name)
    return stored


def again(model: "Model", known: Analysed) -> Generator[float, None, Analysis | None]:
    """A new analysis from the stored features of an old one, the same as analysing the video would give; the share that
    is done on the way. None when the features were deleted meanwhile."""
    from engine.answers import answering
    from engine.features import open_store

    began = time.perf_counter()
    store = open_store(known.store)
    if store is None:
        return None
    answers = yield from answering(store, model)
    old = known.outline
    spent_s = time.perf_counter() - began
    return Analysis(
        media=old.media, bundle=model.bundle.ref, device=old.device, start_s=old.start_s, end_s=old.end_s,
        **{name: getattr(answers, name) for name in answers.__slots__},
        timing=Timing(spent_s, 0.0, {"fusion": spent_s}), features=str(known.store),
    )  # fmt: skip


class Kept:
    """A generator's steps, and what it returned."""

    def __init__(self, steps: Generator[float, None, Analysis | None]) -> None:
        self._steps = steps
        self.result: Analysis | None = None

    def __iter__(self) -> Iterator[float]:
        self.result = yield from self._steps


class _Clock:
    """Progress over videos of different lengths, in seconds of video."""

    def __init__(self, lengths_s: Sequence[float]) -> None:
        self._lengths_s = lengths_s
        self._began = self._told = time.monotonic()

    def is_due(self) -> bool:
        return time.monotonic() - self._told >= TELL_S

    def step(self, number: int, share: float, name: str) -> FinetuneStep:
        self._told = time.monotonic()
        total_s = sum(self._lengths_s)
        done_s = sum(self._lengths_s[:number]) + share * self._lengths_s[number]
        remaining_s = (self._told - self._began) * (total_s - done_s) / done_s if done_s > 0 else None
        return FinetuneStep("rescoring", f"re-scoring {name}", round(done_s), round(total_s), remaining_s)
