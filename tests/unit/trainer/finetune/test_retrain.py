"""One click, on feature stores."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from engine.bundle import Bundle
from engine.emotions import COUNT
from engine.errors import CancelledError, TrainingError
from engine.revised import revised
from tests import stores
from tests.unit.trainer.finetune.conftest import QUICK, MakeExample, MakeLesson
from trainer.finetune.examples import STORE_GONE, Example
from trainer.finetune.retrain import content_sha256, retrain, retrain_on
from trainer.finetune.values import FinetuneStep, Lesson, Options, Retrained, Stretch
from trainer.practice import Practice

SHORT = replace(QUICK, steps=6, check_every=3)


def result(
    bundle: Bundle, examples: Sequence[Example], practice: Practice | None, options: Options = SHORT
) -> tuple[Retrained, list[FinetuneStep]]:
    *steps, last = retrain_on(bundle, examples, practice, options)
    assert isinstance(last, Retrained)
    return last, [step for step in steps if isinstance(step, FinetuneStep)]


def test_what_was_corrected_is_learned_and_judged(parent: Bundle, examples: list[Example], practice: Practice) -> None:
    made, steps = result(parent, examples, practice, QUICK)
    assert made.comparison.corrections is not None
    assert made.comparison.guard is not None
    assert made.comparison.corrections.how == "cross-validated over 3 videos of one participant"
    assert made.comparison.corrections.accuracy.difference > 0.4
    assert made.comparison.guard.accuracy.difference > -0.1
    assert [step.stage for step in steps if step.stage != "estimate"][-1] == "guard"
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    assert all(step.guard is not None for step in steps if step.stage == "fit")
    new = revised(parent, made.weights, made.calibration, "1.1", ("1",))
    assert new.sha256 != parent.sha256
    assert made.manifest["weights_sha256"] == hashlib.sha256(made.weights).hexdigest()
    assert made.manifest["steps"] in (20, 40)
    assert made.manifest["scores"]["guard"]["count"] == len(practice.guard)


def test_the_manifest_suffices_to_train_the_same_again(
    parent: Bundle, examples: list[Example], practice: Practice
) -> None:
    first, _ = result(parent, examples, practice)
    again, _ = result(parent, examples, practice, Options(**first.manifest["options"]))
    assert first.weights == again.weights
    assert first.manifest == again.manifest
    assert first.manifest["parent"]["sha256"] == parent.sha256
    assert first.manifest["corrections"] == [item.lesson.id for item in examples]
    assert {"python", "torch", "numpy", "affectline"} <= set(first.manifest["versions"])
    other, _ = result(parent, examples, practice, replace(SHORT, seed=9))
    assert other.manifest["weights_sha256"] != first.manifest["weights_sha256"]


def test_what_corrections_say_has_a_fingerprint(lesson: MakeLesson) -> None:
    said = [lesson(n, n) for n in range(3)]
    moved = [replace(item, store=Path("elsewhere")) for item in said]
    assert content_sha256(said) == content_sha256(moved)
    assert content_sha256(said) != content_sha256([*said[:2], replace(said[2], emotion=6)])


def test_what_was_accepted_by_the_batch_does_not_score(
    parent: Bundle, examples: list[Example], practice: Practice
) -> None:
    some = [Example(replace(item.lesson, scores=at % 3 > 0), item.features) for at, item in enumerate(examples)]
    made, _ = result(parent, some, practice)
    assert made.comparison.corrections is not None
    assert made.comparison.corrections.count == len(examples) - 7
    assert len(made.manifest["corrections"]) == len(examples)


def test_few_corrections_move_one_bias(parent: Bundle, example: MakeExample, practice: Practice) -> None:
    made, _ = result(parent, [example(n, n) for n in range(5)], practice)
    assert any("fewer than 10 corrections" in note for note in made.comparison.notes)
    new = revised(parent, made.weights, made.calibration, "1.1", ("1",))
    assert np.array_equal(new.fusion.hidden.weight, parent.fusion.hidden.weight)
    assert not np.array_equal(new.fusion.out.bias, parent.fusion.out.bias)


def test_one_class_is_said(parent: Bundle, example: MakeExample, practice: Practice) -> None:
    made, _ = result(parent, [example(n, 3) for n in range(12)], practice)
    (note,) = [note for note in made.comparison.notes if "every correction says happy" in note]
    assert "correct what is something else too" in note
    new = revised(parent, made.weights, made.calibration, "1.1", ("1",))
    assert np.array_equal(new.fusion.hidden.weight, parent.fusion.hidden.weight)


def test_without_practice_it_goes_on_and_says_so(parent: Bundle, examples: list[Example]) -> None:
    made, steps = result(parent, examples, None)
    assert made.comparison.guard is None
    assert made.comparison.corrections is not None
    assert any("nothing to practise on" in note for note in made.comparison.notes)
    assert all(step.guard is None for step in steps)


def test_it_stops_when_asked(parent: Bundle, examples: list[Example], practice: Practice) -> None:
    calls = iter([False] * 10 + [True])
    with pytest.raises(CancelledError):
        list(retrain_on(parent, examples, practice, SHORT, lambda: next(calls)))


# From stores


@dataclass(frozen=True, slots=True)
class Study:
    bundle: Bundle
    lessons: tuple[Lesson, ...]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Two made videos of a minute with six right corrections each."""
    folder = tmp_path_factory.mktemp("study")
    bundle = stores.tiny_bundle(folder / "tiny")
    lessons = []
    for number in range(2):
        video = stores.MadeVideo(f"film-{number}", 60.0, seed=number)
        store = stores.make_store(folder / "features", bundle, video)
        lessons += [
            Lesson(
                f"{video.id}-{at}", video.id, "ana", store.folder, (Stretch((0,), 0.0, 60.0),),
                5.0 * at + 1, 5.0 * at + 3, video.emotion(5.0 * at + 1), coder="ana",
            )
            for at in range(6)
        ]  # fmt: skip
    return Study(bundle, tuple(lessons))


def finished(study: Study, lessons: Sequence[Lesson], options: Options = SHORT) -> Retrained:
    *_, last = retrain(study.bundle, lessons, None, options)
    assert isinstance(last, Retrained)
    return last


def test_the_order_of_corrections_does_not_matter(study: Study) -> None:
    assert finished(study, study.lessons).weights == finished(study, study.lessons[::-1]).weights


def test_what_is_left_out_is_said(study: Study, tmp_path: Path) -> None:
    gone = replace(study.lessons[0], id="gone", store=tmp_path / "gone")
    first = study.lessons[1]
    other = replace(first, id="other", coder="bob", emotion=(first.emotion + 1) % COUNT)
    made = finished(study, [*study.lessons, gone, other])
    notes = made.comparison.notes
    assert any(f"1 left out: {STORE_GONE}" in note for note in notes)
    (told,) = [note for note in notes if "bob" in note]
    assert "ana says" in told
    assert "of ana in film-0 at 6.0 s" in told
    assert first.id not in made.manifest["corrections"]
    assert len(made.manifest["corrections"]) == len(study.lessons) - 1


def test_one_coder_may_have_the_last_word(study: Study) -> None:
    first = study.lessons[1]
    other = replace(first, id="other", coder="bob", emotion=(first.emotion + 1) % COUNT)
    made = finished(study, [*study.lessons, other], replace(SHORT, prefer="bob"))
    assert "other" in made.manifest["corrections"]
    assert first.id not in made.manifest["corrections"]


def test_too_few_are_refused_with_the_reason(study: Study, tmp_path: Path) -> None:
    gone = replace(study.lessons[2], store=tmp_path / "gone")
    with pytest.raises(TrainingError) as told:
        list(retrain(study.bundle, [*study.lessons[:2], gone], None, SHORT))
    assert "there are 2 corrections to learn from, and it takes 3" in str(told.value)
    assert STORE_GONE in str(told.value)
    with pytest.raises(TrainingError, match="there is no correction"):
        list(retrain(study.bundle, [], None, SHORT))
