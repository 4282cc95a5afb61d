"""Raters out of a project: whose words count, and about whom."""

from math import inf
from pathlib import Path

import pytest

from app.agreement.reading import (
    CURRENT,
    Model,
    Sources,
    coder_rater,
    coders_of,
    consensus_of,
    model_rater,
    raters_of,
    read_sources,
)
from app.agreement.values import AgreementError
from app.project import edits
from app.project.analyses import AnalysisStore
from app.project.revisions import RevisionStore
from app.project.segments import StoredSegment
from app.project.store import create_project
from app.project.values import Edit, Stretch
from tests.analyses import analysis
from tests.unit.app.agreement.raters import ONE, said
from tests.unit.app.project.records import correction, medium, note


def segment(start_s: float, end_s: float, emotion: str, person: str | None = "person-1") -> StoredSegment:
    return StoredSegment("m1", person, start_s, end_s, emotion, 0.8, False)


def test_batches_are_left_out_and_unsure_is_kept() -> None:
    corrections = (
        correction("c1", 0, 1), correction("c2", 1, 2, None), correction("c3", 2, 3, origin="batch"),
        correction("c4", 3, 4, coder="ben"),
    )  # fmt: skip
    assert coder_rater("ana", corrections).said == {ONE: said((0, 1, "happy"), (1, 2, None))}


def test_coders_are_those_who_looked_themselves() -> None:
    corrections = (
        correction("c1", 0, 1, coder="ben"), correction("c2", 1, 2, coder="ana"),
        correction("c3", 2, 3, coder="lazy", origin="batch"), correction("c4", 3, 4, coder="consensus"),
    )  # fmt: skip
    assert coders_of(corrections) == ("ana", "ben")


def test_a_revision_speaks_about_people_as_the_user_sees_them() -> None:
    segments = (
        segment(0, 4, "happy"),
        segment(4, 8, "sad"),
        segment(0, 3, "fear", "person-2"),
        segment(8, 9, "sad", None),
    )
    notes = (
        note("person-1", stretches=(Stretch("person-1", 0.0, 6.0),)),
        note("person-3", stretches=(Stretch("person-1", 6.0, inf),)),
        note("person-2", ignored=True),
    )
    assert model_rater("starter", segments, notes).said == {
        ("m1", "person-1"): said((0, 4, "happy"), (4, 6, "sad")),
        ("m1", "person-3"): said((6, 8, "sad")),
        ("m1", None): said((8, 9, "sad")),
    }
    plain = model_rater("starter", segments, ())
    assert plain.is_model
    assert set(plain.said) == {("m1", "person-1"), ("m1", "person-2"), ("m1", None)}


def test_of_merged_people_one_speaks_at_a_time() -> None:
    segments = (segment(0, 4, "happy"), segment(2, 6, "sad", "person-2"), segment(3, 4, "fear", "person-2"))
    merged = (note(stretches=(Stretch("person-1", 0.0, inf), Stretch("person-2", 0.0, inf))),)
    assert model_rater("starter", segments, merged).said == {ONE: said((0, 4, "happy"), (4, 6, "sad"))}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Ana and Ben labelled a video, Ana one that the starter answered; a third coder accepted in a batch."""
    path = tmp_path / "study.affectline"
    labels = (
        correction("c1", 0, 4, "happy"), correction("c2", 0, 4, "sad", coder="ben"),
        correction("c3", 0, 4, "sad", coder="consensus"), correction("c4", 4, 5, "sad", coder="lazy", origin="batch"),
    )  # fmt: skip
    with create_project(path) as made:
        made.do(edits.add_media([medium()]))
        made.do(Edit("Label", (), labels))
    with AnalysisStore(path) as store:
        store.save("m1", analysis("clip.mp4"))
    return path


def sources(project: Path) -> tuple[Sources, AnalysisStore]:
    store = AnalysisStore(project, read_only=True)
    with RevisionStore(project, read_only=True) as revisions:
        return read_sources(store, revisions), store


def test_what_a_project_can_compare(project: Path) -> None:
    found, store = sources(project)
    with store:
        assert found.coders == ("ana", "ben")
        assert found.models == (Model("starter", "starter"),)
        assert found.current == Model("starter", "starter")
        assert consensus_of(found).said == {ONE: said((0, 4, "sad"))}
        assert [rater.name for rater in raters_of(found, store)] == ["ana", "ben"]
        with_model = raters_of(found, store, ("ben",), (CURRENT,))
        assert [(rater.name, rater.is_model) for rater in with_model] == [("ben", False), ("starter", True)]
        assert with_model[1].said[ONE] == said((0, 6, "neutral"), (6, 10, "happy"))


def test_a_single_coder_is_compared_with_the_model(project: Path) -> None:
    found, store = sources(project)
    with store:
        alone = Sources(("ana",), found.models, found.current, found.corrections, found.notes)
        assert [rater.name for rater in raters_of(alone, store)] == ["ana", "starter"]


@pytest.mark.parametrize(
    ("coders", "revisions", "sentence"),
    [
        (("ana", "eve"), (), "no label is by eve (there are labels by: ana, ben, consensus, lazy)"),
        (("ana",), ("2.7",), "there is no revision 2.7 here (there are: starter)"),
        (("ana",), (), "agreement takes two, and only ana is there"),
        ((), (), "agreement takes two, and nobody labelled anything here"),
    ],
)
def test_who_cannot_be_compared_is_told(
    project: Path, coders: tuple[str, ...], revisions: tuple[str, ...], sentence: str
) -> None:
    found, store = sources(project)
    with store, pytest.raises(AgreementError) as error:
        raters_of(found, store, coders, revisions)
    assert str(error.value) == sentence
