"""What a bundle says of itself without torch, and a revision on its way into another process."""

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from app.jobs.analyser import AnalyserChoice, load_analyser
from app.learning.model_facts import read_facts
from app.learning.revising import RevisionInUse, applied, trunks_of
from engine.bundle import Bundle
from engine.errors import BundleError
from engine.revised import trained_part
from tests.stores import tiny_bundle


@pytest.fixture
def revision(bundle: Bundle) -> RevisionInUse:
    trunks = tuple(sorted(trunks_of(bundle).items()))
    return RevisionInUse("1.1", "ab", trained_part(bundle), (("fused", 2.0),), trunks, ("1",))


def test_facts_are_those_of_the_loaded_bundle(bundle_folder: Path, bundle: Bundle) -> None:
    facts = read_facts(str(bundle_folder))
    assert (facts.name, facts.revision, facts.sha256) == (bundle.ref.name, bundle.ref.revision, bundle.sha256)
    assert facts.trunks == trunks_of(bundle)
    assert facts.folder == bundle_folder


@pytest.mark.parametrize("text", ["", "parts = 3", "name = ["])
def test_a_broken_manifest_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "bundle.toml").write_text(text)
    with pytest.raises(BundleError):
        read_facts(str(tmp_path))


def test_the_window_needs_no_torch_for_any_of_it() -> None:
    modules = "app.learning.gather, app.learning.retraining, app.learning.revising, app.jobs.retrainer"
    code = f"import {modules}, sys; print([m for m in ('torch', 'scipy', 'librosa', 'cv2') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_it_survives_the_way_into_another_process(revision: RevisionInUse) -> None:
    there = pickle.loads(pickle.dumps(AnalyserChoice(revision=revision)))
    assert there == AnalyserChoice(revision=revision)
    assert hash(there) == hash(AnalyserChoice(revision=revision))


def test_it_changes_who_answers_but_no_trunk(bundle: Bundle, revision: RevisionInUse) -> None:
    made = applied(bundle, revision)
    assert (made.ref.name, made.ref.revision) == ("tiny", "1.1")
    assert made.manifest.calibration.fused == 2.0
    assert trunks_of(made) == trunks_of(bundle)


def test_an_analysis_runs_with_the_current_revision(
    bundle_folder: Path, revision: RevisionInUse, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _loaded_with(AnalyserChoice(str(bundle_folder), "cpu", revision=revision), monkeypatch) == "1.1"
    assert _loaded_with(AnalyserChoice(str(bundle_folder), "cpu"), monkeypatch) == "1"


def test_a_revision_of_other_trunks_says_nothing(
    tmp_path: Path, revision: RevisionInUse, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_bundle(tmp_path / "other", "other", seed=1)
    assert _loaded_with(AnalyserChoice(str(tmp_path / "other"), "cpu", revision=revision), monkeypatch) == "1"


def _loaded_with(choice: AnalyserChoice, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name of the revision that answers."""
    from engine import model

    used: list[Bundle] = []
    made = model.Model

    def noted(bundle: Bundle, device: object) -> model.Model:
        used.append(bundle)
        return made(bundle, device)  # type: ignore[arg-type]

    monkeypatch.setattr(model, "Model", noted)
    load_analyser(choice)
    monkeypatch.undo()
    return used[0].ref.revision
