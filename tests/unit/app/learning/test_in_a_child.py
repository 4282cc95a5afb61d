"""Learning in a process of its own, which may be killed at any moment."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.jobs.child import Child, ChildLostError
from app.learning.rescoring import rescore
from app.learning.retraining import Order, retraining_steps
from app.project.revisions import RevisionStore
from app.project.store import open_project
from trainer.finetune.values import Options

QUICK = Options(steps=4, corrections_a_step=8, folds=2, check_every=2)


def never() -> bool:
    return False


@pytest.fixture
def child() -> Iterator[Child]:
    made = Child("training")
    yield made
    made.close()


def test_killed_while_it_answers_it_leaves_a_whole_candidate_that_can_be_finished(
    study: Path, bundle_folder: Path, child: Child
) -> None:
    with open_project(study, read_only=True) as project:
        said = project.all_corrections()
    steps = child.steps(retraining_steps, Order(study, str(bundle_folder), QUICK), cancelled=never)
    assert any(step.stage == "rescoring" for step in steps)
    assert child._process is not None
    child._process._process.kill()
    with pytest.raises(ChildLostError):
        list(steps)
    with RevisionStore(study) as revisions:
        (revision,) = revisions.all()
        assert (revision.state, revisions.current()) == ("candidate", None)
        assert len(revisions.weights(revision.id)) == revision.size_bytes
        assert revisions.unscored(revision.id)
    list(rescore(never, study, str(bundle_folder), revision.id))
    with RevisionStore(study) as revisions:
        assert revisions.unscored(revision.id) == ()
    with open_project(study) as project:
        assert project.all_corrections() == said
        assert project.integrity_check() is None
