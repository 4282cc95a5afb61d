"""``affectline revisions --make-current``: what the one made current has not answered yet is answered."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from safetensors.torch import load, save

from app import cli, places
from app.batch import Exit
from app.learning import rescoring
from app.learning.model_facts import read_facts
from app.project.analyses import AnalysisStore
from app.project.revisions import Revision, RevisionStore, new_candidate
from engine.bundle import Bundle
from engine.errors import CancelledError
from engine.revised import trained_part


@pytest.fixture
def half(study: Path, bundle_folder: Path, bundle: Bundle) -> Revision:
    """A candidate that was stopped after the first of two videos."""
    facts = read_facts(str(bundle_folder))
    weights = save({name: value * 1.5 for name, value in load(trained_part(bundle)).items()})
    made = new_candidate(
        weights, name="1.1", bundle=facts.name, bundle_sha256=facts.sha256, trunks=facts.trunks, parent=None,
        lessons=3, calibration={"fused": 1.5}, comparison={}, manifest={},
    )  # fmt: skip
    with RevisionStore(study) as store:
        store.add(made, weights)
    list(rescoring.rescore(lambda: False, study, str(bundle_folder), made.id))
    forget(study, "two", "1.1")
    return made


def forget(study: Path, media_id: str, revision: str) -> None:
    """As if a video had never been answered by a revision."""
    with RevisionStore(study) as store, store._changing():
        store._db.execute(
            "UPDATE analyses SET whole = 0, writer = NULL WHERE media_id = ? AND revision = ?", [media_id, revision]
        )


@pytest.fixture
def installed(bundle_folder: Path) -> Path:
    """The bundle, on this machine."""
    return Path(shutil.copytree(bundle_folder, places.own_bundles() / bundle_folder.name))


def answered(study: Path) -> dict[str, set[str]]:
    """The revisions that have answered each video."""
    with AnalysisStore(study, read_only=True) as store:
        return {media_id: {one.revision for one in store.revisions_of(media_id)} for media_id in ("one", "two")}


def current(study: Path) -> Revision | None:
    with RevisionStore(study, read_only=True) as store:
        return store.current()


def make_current(study: Path, name: str) -> int:
    return cli.run(["revisions", str(study), "--make-current", name])


def test_what_is_missing_is_answered(
    study: Path, half: Revision, installed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert make_current(study, "1.1") == Exit.DONE
    assert answered(study) == {"one": {"1", "1.1"}, "two": {"1", "1.1"}}
    said = capsys.readouterr()
    assert "affectline: 1 video answered by 1.1\n" in said.err
    assert "not finished" not in said.out
    assert make_current(study, "1.1") == Exit.DONE
    assert "answered" not in capsys.readouterr().err


def test_the_bundle_as_it_came_answers_too_where_it_is_installed(
    study: Path, half: Revision, bundle_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert make_current(study, "1.1") == Exit.DONE_IN_PART
    forget(study, "one", "1")
    capsys.readouterr()
    assert make_current(study, half.bundle) == Exit.DONE
    assert answered(study)["one"] == {"1.1"}
    assert "affectline" not in capsys.readouterr().err
    shutil.copytree(bundle_folder, places.own_bundles() / bundle_folder.name)
    assert make_current(study, half.bundle) == Exit.DONE
    assert answered(study)["one"] == {"1", "1.1"}
    assert "affectline: 1 video answered by 1\n" in capsys.readouterr().err
    assert current(study) is None


@pytest.mark.parametrize("other", [True, False])
def test_a_bundle_that_is_not_there_is_named(
    study: Path, half: Revision, bundle_folder: Path, capsys: pytest.CaptureFixture[str], other: bool
) -> None:
    if other:  # on the same trunks, but what it says goes by its own name
        folder = shutil.copytree(bundle_folder, places.own_bundles() / "other")
        text = (folder / places.MANIFEST).read_text()
        (folder / places.MANIFEST).write_text(text.replace(f'name = "{half.bundle}"', 'name = "other"', 1))
    assert make_current(study, "1.1") == Exit.DONE_IN_PART
    assert current(study) is not None
    said = capsys.readouterr()
    assert f"cannot use the bundle {half.bundle}: revision 1.1 " in said.err
    assert "import " in said.err
    assert "not finished: its scores are missing for 1 video" in said.out


def test_interrupted_it_stays_current(
    study: Path, half: Revision, installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(_cancelled: Callable[[], bool], *_: object) -> Iterator[None]:
        raise CancelledError("the re-scoring was cancelled")
        yield

    monkeypatch.setattr(rescoring, "rescore", stopped)
    assert make_current(study, "1.1") == Exit.INTERRUPTED
    found = current(study)
    assert found is not None
    assert found.id == half.id
