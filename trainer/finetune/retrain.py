"""One click: corrections in, a new revision out, with what it brings and everything that makes it again."""

import hashlib
import json
import platform
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

import numpy as np

from engine.bundle import Bundle
from engine.emotions import EMOTIONS
from engine.errors import TrainingError
from engine.media import never
from engine.revised import trained_part
from engine.values import BRANCHES, F64, Ints
from trainer import metrics
from trainer.finetune.calibrating import Judged, recalibrated
from trainer.finetune.contradictions import Contradiction, settled
from trainer.finetune.estimate import Held, chosen_logits, compared, crossed, few, unanswered
from trainer.finetune.examples import Example, Taught, Unusable, examples_of, taught
from trainer.finetune.fit import Cancelled, Heads, answers, fit
from trainer.finetune.progress import Pace
from trainer.finetune.splits import Split, split
from trainer.finetune.values import Comparison, FinetuneStep, Lesson, Options, Retrained, Scored
from trainer.practice import Practice

WATCHED: Final = 600
"""Guard windows that are looked at while training, for the curve; all of them judge the result."""
PACKAGES: Final = ("affectline", "torch", "numpy")


def retrain(
    bundle: Bundle, lessons: Sequence[Lesson], practice: Practice | None, options: Options | None = None,
    cancelled: Cancelled = never, notes: tuple[str, ...] = (),
) -> Iterator[FinetuneStep | Retrained]:  # fmt: skip
    """Learn from corrections. The last thing given is the `Retrained`.

    Args:
        bundle: the parent: a bundle as it came, or a revision of it.
        lessons: corrections; those without features in their store and those that contradict each other are left out,
            and the comparison's notes say so.
        practice: of the bundle (`trainer.practice.read_practice`); without it nothing keeps the model from forgetting
            but the anchor, nothing is known about what it forgets, and the notes say so.
        options: `options.prefer` names the coder whose word holds.
        notes: what else a reader has to know; they come first in the comparison's.
    Raises:
        TrainingError: too few corrections are left; the text says how many and why others were left out.
        CancelledError: at the next step after `cancelled()` turns true. Nothing of it is kept.
    """
    options = options or Options()
    yield FinetuneStep("examples", "reading stored features", 0, len(lessons))
    lessons = sorted(lessons, key=lambda lesson: lesson.id)  # the same corrections in any order give the same weights
    kept, contradictions = settled(lessons, options.prefer)
    examples, unusable = examples_of(kept, bundle)
    left_out = [*_contradiction_notes(contradictions), *_unusable_notes(unusable)]
    if len(examples) < options.least:
        raise TrainingError(too_few(len(examples), options.least, left_out))
    yield from retrain_on(bundle, examples, practice, options, cancelled, (*notes, *left_out))


def retrain_on(
    bundle: Bundle, examples: Sequence[Example], practice: Practice | None, options: Options,
    cancelled: Cancelled = never, notes: tuple[str, ...] = (),
) -> Iterator[FinetuneStep | Retrained]:  # fmt: skip
    """:func:`retrain` on examples that are read already."""
    lessons = taught(examples)
    replay = practice.replay if practice is not None else None
    parent = Heads(bundle)
    parent_answers = answers(parent, lessons.sets)
    parts = split([item.lesson for item in examples], options.folds, options.gap_s, options.seed)
    fits = 1 + sum(len(train) >= options.least for train, _ in parts.folds) if parts else 1
    pace = Pace(options.steps * fits)
    held: Held | None = None
    steps = options.steps
    if parts is not None:
        held = yield from crossed(bundle, lessons, parts, replay, options, pace, cancelled)
        best = held.best_step(lessons.sets.emotion[held.index])
        steps = int(held.steps[best]) if best else options.steps
        pace.total += steps - options.steps
    heads = Heads(bundle)
    guarded = _Guarded(parent, practice)
    for point in fit(heads, lessons, replay, options, steps, few(lessons, options), cancelled):
        yield pace.step("fit", "on all corrections", point, guarded.accuracy(heads))
    yield FinetuneStep("guard", "comparing before and after", pace.total, pace.total)
    judged, fold, cluster = _judged(lessons, parent_answers, held, parts)
    comparison, (before, after) = compared(
        judged, fold, cluster, parts.how if parts else "", guarded.judged(heads), practice
    )
    reached = {name for name in BRANCHES if lessons.teaches[name].any()}
    calibration = recalibrated(
        bundle.manifest.calibration, before, after, parent, heads, practice.guard if practice else None, reached
    )
    comparison = replace(comparison, notes=(*notes, *_notes(lessons, options, practice, parts, judged)))
    weights = trained_part(heads.inside(bundle))
    manifest = _manifest(bundle, examples, options, steps, weights, comparison)
    yield Retrained(weights, calibration, comparison, manifest)


class _Guarded:
    """The guard set, on which heads are judged and a part of it watched; nothing without one."""

    def __init__(self, parent: Heads, practice: Practice | None) -> None:
        self.guard = practice.guard if practice is not None else None
        if self.guard is not None:
            self.before = answers(parent, self.guard)
            some = np.linspace(0, len(self.guard) - 1, min(WATCHED, len(self.guard))).astype(np.int64)
            self.watched = self.guard.chosen(some)

    def accuracy(self, heads: Heads) -> float | None:
        if self.guard is None:
            return None
        return metrics.accuracy(self.watched.emotion, answers(heads, self.watched).argmax(1))

    def judged(self, heads: Heads) -> Judged | None:
        return Judged(self.before, answers(heads, self.guard), self.guard.emotion) if self.guard is not None else None


def _judged(lessons: Taught, before: F64, held: Held | None, parts: Split | None) -> tuple[Judged, Ints, Ints]:
    """Answers to the held corrections that may judge, the fold and the cluster of each."""
    if held is None or parts is None:
        return unanswered(), np.zeros(0, np.int64), np.zeros(0, np.int64)
    truth = lessons.sets.emotion[held.index]
    after = chosen_logits(held, truth)
    fair = held.fair
    index = held.index[fair]
    return Judged(before[index], after[fair], truth[fair]), held.fold[fair], parts.cluster[index]


# What is said


def too_few(count: int, least: int, notes: Sequence[str]) -> str:
    """Why nothing can be learned, with what to do."""
    have = {0: "there is no correction", 1: "there is 1 correction"}.get(count, f"there are {count} corrections")
    return "; ".join([f"{have} to learn from, and it takes {least}", *(notes or ["label more moments"])])


def _contradiction_notes(found: Sequence[Contradiction]) -> list[str]:
    return [
        f"left out: {pair.first.coder or 'one coder'} says {EMOTIONS[pair.first.emotion]} and "
        f"{pair.second.coder or 'another'} {EMOTIONS[pair.second.emotion]} of {pair.first.participant} in "
        f"{pair.first.media} at {max(pair.first.start_s, pair.second.start_s):.1f} s"
        for pair in found
    ]


def _unusable_notes(found: Sequence[Unusable]) -> list[str]:
    reasons = Counter(item.why for item in found)
    return [f"{count} left out: {why}" for why, count in reasons.items()]


def _notes(
    lessons: Taught, options: Options, practice: Practice | None, parts: Split | None, judged: Judged
) -> list[str]:
    """What a reader has to know to believe the figures."""
    said = []
    classes = sorted(set(lessons.sets.emotion.tolist()))
    if len(classes) == 1:
        said.append(
            f"every correction says {EMOTIONS[classes[0]]}: only how readily it is answered was learned; "
            "correct what is something else too"
        )
    elif len(lessons) < options.least_whole:
        said.append(
            f"with fewer than {options.least_whole} corrections only how readily each emotion is answered was learned"
        )
    if practice is None:
        said.append("this bundle has nothing to practise on: what it forgets is not known")
    if parts is None or not len(judged.truth):
        said.append("nothing could be held out: what it brings to other videos is not known")
    return said


# What makes it again


def _manifest(
    bundle: Bundle, examples: Sequence[Example], options: Options, steps: int, weights: bytes, comparison: Comparison
) -> dict[str, Any]:
    lessons = [item.lesson for item in examples]
    return {
        "parent": {
            "name": bundle.manifest.name, "revision": bundle.manifest.revision, "sha256": bundle.sha256,
            "trunks": {name: bundle.manifest.parts[name].sha256 for name in BRANCHES},
        },
        "corrections": [lesson.id for lesson in lessons],
        "corrections_sha256": content_sha256(lessons),
        "counts": dict(Counter(EMOTIONS[lesson.emotion] for lesson in lessons)),
        "options": asdict(options),
        "steps": steps,
        "device": "cpu fp32",
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}},
        "weights_sha256": hashlib.sha256(weights).hexdigest(),
        "scores": {side.name: _figures(side) for side in (comparison.corrections, comparison.guard) if side},
    }  # fmt: skip


def content_sha256(lessons: Sequence[Lesson]) -> str:
    """A fingerprint of what corrections say, wherever their features lie."""
    plain = [{key: value for key, value in asdict(lesson).items() if key != "store"} for lesson in lessons]
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def _figures(side: Scored) -> dict[str, Any]:
    changes = {name: asdict(getattr(side, name)) for name in ("accuracy", "uar", "calibration")}
    plain = {
        name: {key: None if np.isnan(value) else round(value, 5) for key, value in change.items()}
        for name, change in changes.items()
    }
    return {"count": side.count, "how": side.how, **plain}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"
