"""Videos answered again from stored features: the same as analysing them, only what is missing, and stoppable."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load, save

from app.learning.analysed import Analysed, analysed
from app.learning.model_facts import read_facts
from app.learning.rescoring import rescore
from app.project.analyses import AnalysisStore
from app.project.errors import RevisionError
from app.project.revisions import Revision, RevisionStore, new_candidate
from engine.answers import answer
from engine.bundle import Bundle, Calibration
from engine.errors import CancelledError
from engine.features import open_store
from engine.model import Model
from engine.revised import revised, trained_part
from tests.stores import CPU


def never() -> bool:
    return False


@pytest.fixture
def weights(bundle: Bundle) -> bytes:
    """Weights that answer differently from the bundle's."""
    return save({name: value * 1.5 for name, value in load(trained_part(bundle)).items()})


@pytest.fixture
def candidate(study: Path, bundle_folder: Path, weights: bytes) -> Revision:
    facts = read_facts(str(bundle_folder))
    made = new_candidate(
        weights, name="1.1", bundle=facts.name, bundle_sha256=facts.sha256, trunks=facts.trunks, parent=None,
        lessons=3, calibration={"fused": 1.5}, comparison={}, manifest={},
    )  # fmt: skip
    with RevisionStore(study) as store:
        store.add(made, weights)
    return made


def test_every_video_is_answered_as_an_analysis_would(
    study: Path, bundle_folder: Path, bundle: Bundle, weights: bytes, candidate: Revision
) -> None:
    steps = list(rescore(never, study, str(bundle_folder), candidate.id))
    assert {step.stage for step in steps} == {"rescoring"}
    assert (steps[-1].done, steps[-1].total, steps[-1].remaining_s) == (160, 160, 0.0)
    model = Model(revised(bundle, weights, Calibration(fused=1.5), "1.1", ("1",)), CPU)
    with AnalysisStore(study) as analyses, RevisionStore(study) as revisions:
        assert revisions.unscored(candidate.id) == ()
        for media_id in ("one", "two"):
            before, after = analyses.load(media_id, "1"), analyses.load(media_id, "1.1")
            assert before is not None
            assert after is not None
            assert after.bundle == model.bundle.ref
            assert (after.media, after.device, after.features) == (before.media, before.device, before.features)
            store = open_store(Path(str(after.features)))
            assert store is not None
            expected = answer(store, model)
            np.testing.assert_array_equal(after.people[0].fused.raw, expected.people[0].fused.raw)
            assert after.people[0].segments == expected.people[0].segments
            assert not np.array_equal(after.people[0].fused.raw, before.people[0].fused.raw)


def test_only_what_lacks_it_is_answered(study: Path, bundle_folder: Path, candidate: Revision) -> None:
    bundle = str(bundle_folder)
    first = next(step for step in rescore(never, study, bundle, candidate.id) if step.done >= 80)
    assert first.message == "re-scoring one.mp4"
    with RevisionStore(study) as revisions:
        assert revisions.unscored(candidate.id) == ("two",)
    assert {step.message for step in rescore(never, study, bundle, candidate.id)} == {"re-scoring two.mp4"}
    assert list(rescore(never, study, bundle, candidate.id)) == []


def test_the_bundle_as_it_came_answers_what_it_lacks(study: Path, bundle_folder: Path) -> None:
    assert list(rescore(never, study, str(bundle_folder), None)) == []
    with AnalysisStore(study) as analyses:
        before = analyses.load("one", "1")
        with analyses._changing():
            analyses._db.execute("UPDATE analyses SET revision = '0' WHERE media_id = 'one'")
    assert {step.message for step in rescore(never, study, str(bundle_folder), None)} == {"re-scoring one.mp4"}
    with AnalysisStore(study) as analyses:
        again = analyses.load("one", "1")
    assert before is not None
    assert again is not None
    assert (again.bundle, again.people[0].segments) == (before.bundle, before.people[0].segments)


def test_stopped_it_keeps_what_is_done(study: Path, bundle_folder: Path, candidate: Revision) -> None:
    done: list[int] = []
    steps = rescore(lambda: 80 in done, study, str(bundle_folder), candidate.id)
    with pytest.raises(CancelledError):
        done.extend(step.done for step in steps)
    with RevisionStore(study) as revisions:
        assert revisions.unscored(candidate.id) == ("two",)


def test_a_video_whose_features_are_gone_is_left_as_it_is(
    study: Path, bundle_folder: Path, candidate: Revision, monkeypatch: pytest.MonkeyPatch
) -> None:
    hide: Callable[[Path], None] = lambda folder: None  # noqa: E731
    monkeypatch.setattr("engine.features.open_store", hide)
    steps = list(rescore(never, study, str(bundle_folder), candidate.id))
    assert steps[-1].done == 160
    with RevisionStore(study) as revisions:
        assert revisions.unscored(candidate.id) == ("one", "two")


def test_a_revision_of_other_trunks_is_refused(
    study: Path, bundle_folder: Path, candidate: Revision, weights: bytes
) -> None:
    other = replace(candidate, id="other", name="1.2", bundle="theirs", trunks=dict.fromkeys(candidate.trunks, "00"))
    with RevisionStore(study) as store:
        store.add(other, weights)
    with pytest.raises(RevisionError, match=r"1\.2 was made for theirs and does not fit tiny: choose theirs"):
        list(rescore(never, study, str(bundle_folder), "other"))
    with AnalysisStore(study) as analyses:
        assert {one.revision for one in analyses.revisions_of("one")} == {"1"}


def test_what_another_installed_bundle_analysed_with_the_same_trunks_is_answered(
    study: Path, bundle_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "mine"
    shutil.copytree(bundle_folder, mine)
    manifest = mine / "bundle.toml"
    manifest.write_text(manifest.read_text().replace('name = "tiny"', 'name = "mine"'))
    model = read_facts(str(mine))
    with AnalysisStore(study) as analyses:
        assert analysed("one", analyses, model, ()) == "other model"
        monkeypatch.setattr("app.places.bundle_folders", lambda: [bundle_folder, tmp_path / "none", mine])
        found = analysed("one", analyses, model, ())
    assert isinstance(found, Analysed)
    assert found.outline.bundle.name == "tiny"


def test_a_video_of_other_trunks_is_left_as_it_is(study: Path, bundle_folder: Path, candidate: Revision) -> None:
    with AnalysisStore(study) as analyses:
        known = analyses.load("one")
        assert known is not None
        other = replace(known, bundle=replace(known.bundle, name="other", sha256="cd" * 32))
        with analyses._changing():
            analyses._db.execute(
                "DELETE FROM segments WHERE analysis IN (SELECT id FROM analyses WHERE media_id = 'one')"
            )
            analyses._db.execute("UPDATE analyses SET whole = 0 WHERE media_id = 'one'")
        analyses.save("one", other)
    assert {step.message for step in rescore(never, study, str(bundle_folder), candidate.id)} == {"re-scoring two.mp4"}
