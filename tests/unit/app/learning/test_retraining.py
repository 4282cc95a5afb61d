"""One click: a candidate with its answers, or a project that is as it was."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.learning.model_facts import read_facts
from app.learning.retraining import CURRENT, Learned, Order, retraining_steps
from app.learning.revising import in_use, parents_of, read_current
from app.learning.wording import learned_json, learned_lines
from app.project import edits
from app.project.analyses import AnalysisStore
from app.project.errors import RevisionError
from app.project.revisions import RevisionStore
from app.project.store import open_project
from engine.bundle import Bundle
from engine.emotions import EMOTIONS
from engine.errors import CancelledError, TrainingError
from tests.stores import MadeVideo, make_study
from tests.unit.app.learning.conftest import CORRECTIONS, VIDEOS
from trainer.finetune.values import FinetuneStep, Options

QUICK = Options(steps=4, corrections_a_step=8, folds=2, check_every=2)


def never() -> bool:
    return False


def learned(study: Path, bundle_folder: Path, **changes: Any) -> Learned:
    *_, last = retraining_steps(never, Order(study, str(bundle_folder), QUICK, **changes))
    assert isinstance(last, Learned)
    return last


def test_a_click_makes_a_whole_candidate(study: Path, bundle_folder: Path) -> None:
    *steps, last = retraining_steps(never, Order(study, str(bundle_folder), QUICK))
    assert isinstance(last, Learned)
    assert all(isinstance(step, FinetuneStep) for step in steps)
    assert {"examples", "fit", "rescoring"} <= {step.stage for step in steps if isinstance(step, FinetuneStep)}
    assert (last.name, last.parent, last.lessons, last.rescored) == ("1.1", "1", CORRECTIONS, len(VIDEOS))
    with RevisionStore(study) as revisions, AnalysisStore(study) as analyses:
        (revision,) = revisions.all()
        assert (revision.id, revision.state, revision.parent) == (last.revision_id, "candidate", None)
        assert revisions.current() is None
        assert revisions.unscored(revision.id) == ()
        shown = analyses.load("one")
        assert shown is not None
        assert shown.bundle.revision == "1"  # until it is kept
        revisions.keep(revision.id)
        shown = analyses.load("one")
        assert shown is not None
        assert shown.bundle.revision == "1.1"


def test_the_same_order_gives_the_same_weights(study: Path, bundle_folder: Path) -> None:
    one, other = (learned(study, bundle_folder, parent=None) for _ in range(2))
    with RevisionStore(study) as revisions:
        first, second = revisions.get(one.revision_id), revisions.get(other.revision_id)
    assert first.weights_sha256 == second.weights_sha256
    assert [first.name, second.name] == ["1.1", "1.2"]


def test_it_goes_on_from_the_current_revision(study: Path, bundle_folder: Path) -> None:
    first = learned(study, bundle_folder)
    with RevisionStore(study) as revisions:
        revisions.keep(first.revision_id)
    second = learned(study, bundle_folder)
    assert (second.name, second.parent) == ("1.2", "1.1")
    with RevisionStore(study) as revisions:
        made = revisions.get(second.revision_id)
        assert made.parent == first.revision_id
        assert parents_of(revisions, made) == ("1.1", "1")
        assert in_use(revisions, made).parents == ("1.1", "1")
    assert learned(study, bundle_folder, parent=None).parent == "1"
    assert learned(study, bundle_folder, parent=first.revision_id).parent == "1.1"


def test_the_current_revision_is_read_for_the_analyser(study: Path, bundle_folder: Path) -> None:
    assert read_current(study) is None
    made = learned(study, bundle_folder)
    with RevisionStore(study) as revisions:
        revisions.keep(made.revision_id)
    found = read_current(study)
    assert found is not None
    assert (found.name, found.parents) == ("1.1", ("1",))
    assert hash(found) == hash(read_current(study))


@pytest.mark.parametrize("stage", ["examples", "fit", "rescoring"])
def test_cancelled_the_project_is_as_before(study: Path, bundle_folder: Path, stage: str) -> None:
    reached: list[str] = []
    steps = retraining_steps(lambda: stage in reached, Order(study, str(bundle_folder), QUICK))
    with pytest.raises(CancelledError):
        reached.extend(step.stage for step in steps if isinstance(step, FinetuneStep))
    with RevisionStore(study) as revisions, AnalysisStore(study) as analyses:
        assert revisions.all() == ()
        assert {one.revision for media_id in ("one", "two") for one in analyses.revisions_of(media_id)} == {"1"}


def test_closed_while_it_answers_it_leaves_no_candidate(study: Path, bundle_folder: Path) -> None:
    steps: Iterator[Any] = retraining_steps(never, Order(study, str(bundle_folder), QUICK))
    assert any(step.stage == "rescoring" for step in steps)
    steps.close()  # type: ignore[attr-defined]
    with RevisionStore(study) as revisions:
        assert revisions.all() == ()


def test_too_few_corrections_are_refused_with_the_reason(tmp_path: Path, bundle: Bundle, bundle_folder: Path) -> None:
    study = make_study(tmp_path, bundle, [MadeVideo("one", 30.0, 1)], 2)
    with pytest.raises(TrainingError, match="2"):
        learned(study, bundle_folder)


def test_nothing_to_learn_from_says_why(tmp_path: Path, bundle: Bundle, bundle_folder: Path) -> None:
    study = make_study(tmp_path, bundle, [MadeVideo("one", 30.0, 1)], 5)
    shutil.rmtree(tmp_path / "features")
    with pytest.raises(TrainingError) as refused:
        learned(study, bundle_folder)
    assert "5 left out: the features of its video were deleted: analyse it again" in str(refused.value)
    assert "label more" not in str(refused.value)


def test_what_taught_the_parent_teaches_again_and_judges_nothing(study: Path, bundle_folder: Path) -> None:
    first = learned(study, bundle_folder)
    assert first.comparison.corrections is not None
    assert first.comparison.corrections.count == CORRECTIONS
    with RevisionStore(study) as revisions:
        revisions.keep(first.revision_id)
    again = learned(study, bundle_folder)
    assert again.lessons == CORRECTIONS
    assert again.comparison.corrections is None
    assert f"{CORRECTIONS} of {CORRECTIONS} corrections taught an earlier revision: they judge nothing" in (
        again.comparison.notes
    )
    with open_project(study, who="ana") as project:
        some = project.corrections("one")[:4] + project.corrections("two")[:4]
        new = [replace(one, id=f"new-{one.id}", coder="ben") for one in some]
        project.do(replace(edits.together("Label", []), added=tuple(new)))
    more = learned(study, bundle_folder)
    assert more.comparison.corrections is not None
    assert more.comparison.corrections.count == 8
    fresh = learned(study, bundle_folder, parent=None)
    assert fresh.comparison.corrections is not None
    assert fresh.comparison.corrections.count == CORRECTIONS + 8


def test_a_parent_of_other_trunks_is_refused(study: Path, bundle_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = learned(study, bundle_folder)
    facts = read_facts(str(bundle_folder))
    others = replace(facts, name="other", trunks=dict.fromkeys(facts.trunks, "00"))
    monkeypatch.setattr("app.learning.retraining._check_enough", lambda *_: None)
    monkeypatch.setattr("app.learning.retraining.read_facts", lambda _: others)
    with pytest.raises(RevisionError, match="was made for tiny and does not fit other"):
        learned(study, bundle_folder, parent=made.revision_id)


def test_only_what_taught_is_counted(tmp_path: Path, bundle: Bundle, bundle_folder: Path) -> None:
    study = make_study(tmp_path, bundle, VIDEOS, CORRECTIONS)
    with AnalysisStore(study) as analyses:
        known = analyses.load("one")
    assert known is not None
    assert known.features is not None
    Path(known.features, "frame.f16").write_bytes(b"torn")
    found = learned(study, bundle_folder)
    assert found.lessons == sum(count.count for count in found.counts) == CORRECTIONS // 2
    assert found.rescored == 1
    assert any(note.startswith(f"{CORRECTIONS // 2} left out") for note in found.comparison.notes)


def test_a_window_that_has_the_project_open_does_not_hinder_it(study: Path, bundle_folder: Path) -> None:
    with open_project(study, who="ana") as project:
        assert not project.read_only
        assert learned(study, bundle_folder).name == "1.1"


# In words


def test_in_words_and_for_machines(study: Path, bundle_folder: Path) -> None:
    made = learned(study, bundle_folder)
    lines = "\n".join(learned_lines(made, "1.1 is in use: nothing is worse"))
    assert f"revision 1.1, from 1, learned from {CORRECTIONS} corrections" in lines
    assert "2 videos answered again" in lines
    plain = json.loads(learned_json(made, True, "kept"))
    assert (plain["revision"], plain["kept"], plain["lessons"]) == ("1.1", True, CORRECTIONS)
    assert [one["emotion"] for one in plain["classes"]] == list(EMOTIONS)


def test_current_is_the_bundle_where_the_revision_is_of_other_trunks(
    study: Path, bundle_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = learned(study, bundle_folder)
    with RevisionStore(study) as revisions:
        revisions.keep(made.revision_id)
    get: Callable[..., Any] = RevisionStore.current

    def of_others(store: RevisionStore) -> Any:
        return replace(get(store), trunks={"frame": "00", "slice": "00", "audio": "00"})

    monkeypatch.setattr(RevisionStore, "current", of_others)
    assert learned(study, bundle_folder, parent=CURRENT).parent == "1"
