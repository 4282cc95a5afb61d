"""Revisions as lines and as JSON, and the command that lists, chooses and deletes them."""

import io
import json

import click
import pytest

from app import cli
from app.batch import Exit
from app.commands.revisions import revisions
from app.project.analyses import AnalysisStore
from app.project.errors import NotAProjectError, ProjectNotFoundError, RevisionError
from app.project.revisions import RevisionStore
from app.project.store import create_project
from app.revisions_text import accuracy_text, change_text
from tests.revisions import added, by, comparison, comparison_to_json
from tests.unit.app.project.records import adding, medium


class Terminal(io.StringIO):
    """Somebody who types."""

    def isatty(self):
        return True


def run(capsys, *arguments):
    """The command's exit code and what it printed."""
    code = revisions.main([str(argument) for argument in arguments], standalone_mode=False)
    return code, capsys.readouterr().out


@pytest.fixture
def path(tmp_path):
    """Two videos, three revisions: the first deleted, its child in use, and a candidate that has scored one video."""
    path = tmp_path / "study.affectline"
    with create_project(path) as project, RevisionStore(path) as store, AnalysisStore(path) as analyses:
        project.do(adding(medium(), medium("m2", "b.mp4")))
        first = added(store, 1)
        second = added(store, 2, parent=first.id, lessons=1)
        worse = comparison_to_json(comparison("the guard set lost 2.1 points"))
        third = added(store, 3, parent=second.id, comparison=worse)
        store.delete(first.id)
        store.keep(second.id)
        for media_id in ("m1", "m2"):
            analyses.save(media_id, by("1"))
            analyses.save(media_id, by(second))
        analyses.save("m1", by(third))
    return path


def test_the_list(path, capsys):
    code, said = run(capsys, path)
    heads, third, second, bundle = said.splitlines()
    assert code == 0
    assert heads.split() == ["NAME", "MADE", "FROM", "LEARNED", "FROM", "CORRECTIONS", "GUARD", "SET"]
    assert third.split()[0] == "1.3"
    assert "34 corrections" in third
    assert "40.0 -> 60.0 % (+20.0; +15.0 to +25.0)" in third
    assert "78.0 -> 77.5 % (-0.5; -5.5 to +4.5)" in third
    remarks = "not decided: keep or delete it; not finished: its scores are missing for 1 video; worse in 1 respect"
    assert third.endswith(remarks)
    assert second.split()[:2] == ["*", "1.2"]
    assert "1.1 (gone)  1 correction " in second
    assert "not" not in second
    assert bundle.split() == ["starter", "as", "it", "came"]


def test_an_empty_project(tmp_path, capsys):
    path = tmp_path / "new.affectline"
    create_project(path).close()
    assert run(capsys, path) == (0, "no revisions: nothing was learned from corrections yet\n")
    assert run(capsys, path, "--format", "json") == (0, "[]\n")
    with pytest.raises(RevisionError, match=r"none is called starter"):
        run(capsys, path, "--make-current", "starter")


def test_choosing(path, capsys):
    _, said = run(capsys, path, "--make-current", "1.2")
    code, said = run(capsys, path, "--make-current", "1.3")
    assert code == Exit.DONE_IN_PART  # it has a video to answer, and its bundle is not on this machine
    assert said.splitlines()[1].startswith("*  1.3")
    assert "not decided" not in said
    _, said = run(capsys, path, "--make-current", "starter")
    assert said.splitlines()[-1].startswith("*  starter")
    with pytest.raises(RevisionError, match=r"none is called 1\.1 \(there are: 1\.2, 1\.3\)"):
        run(capsys, path, "--make-current", "1.1")


def test_deleting_asks(path, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", Terminal())
    asked = []
    monkeypatch.setattr(click, "confirm", lambda text, **options: asked.append((text, options)))
    run(capsys, path, "--delete", "1.3")
    assert asked == [("delete revision 1.3 and its scores?", {"abort": True, "err": True})]
    with pytest.raises(RevisionError, match=r"1\.2 is in use; make another one current first"):
        run(capsys, path, "--delete", "1.2", "--yes")
    assert len(asked) == 1
    _, said = run(capsys, path, "--make-current", "starter", "--delete", "1.2", "--yes")
    assert said.startswith("no revisions")


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_no_is_heard(path, capsys, monkeypatch, answer):
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    with pytest.raises(click.Abort):
        run(capsys, path, "--delete", "1.3")
    with RevisionStore(path) as store:
        assert [one.name for one in store.all()] == ["1.2", "1.3"]


def test_where_nobody_can_answer_deleting_wants_yes(path, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    before = path.read_bytes()
    assert cli.run(["revisions", str(path), "--make-current", "1.3", "--delete", "1.2"]) == Exit.WRONG_USAGE
    assert "no terminal to ask at; --yes deletes without asking" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_everything_about_one(path, capsys):
    _, said = run(capsys, path, "--show", "1.3")
    lines = said.splitlines()
    assert lines[0].startswith("revision 1.3 of starter, candidate, made ")
    assert lines[1] == "learned from 34 corrections, beginning with 1.2"
    assert "on the corrections, 34 examples, cross-validated over 4 participants" in lines
    assert "  calibration error  0.080 -> 0.060 (-0.020; -0.040 to +0.000)" in lines
    assert "  angry recall       50.0 -> 75.0 %" in lines
    assert not any("disgust" in line for line in lines)  # there was none
    assert "the guard set lost 2.1 points" in lines
    assert "one class is thin: fear (2)" in lines
    assert f"trunk frame: {'a1' * 32}" in lines
    _, said = run(capsys, path, "--show", "1.2")
    assert "revision 1.2 of starter, in use" in said
    assert "beginning with 1.1, which was deleted" in said


def test_for_programs(path, capsys):
    listed = json.loads(run(capsys, path, "--format", "json")[1])
    second, third = listed
    assert [one["name"] for one in listed] == ["1.2", "1.3"]
    assert (second["current"], second["parent"], second["parent_gone"]) == (True, "1.1", True)
    assert (third["current"], third["parent"], third["parent_gone"], third["unscored"]) == (False, "1.2", False, 1)
    assert third["comparison"]["guard"]["accuracy"]["after"] == 0.775
    assert "manifest" not in third
    (whole,) = json.loads(run(capsys, path, "--format", "json", "--show", "1.3")[1])
    assert whole["manifest"] == {"seed": 3, "corrections": ["c1", "c2"]}


def test_looking_changes_nothing(path, capsys):
    before = path.read_bytes()
    run(capsys, path)
    run(capsys, path, "--show", "1.3")
    assert path.read_bytes() == before


def test_what_is_no_project(tmp_path, capsys):
    with pytest.raises(ProjectNotFoundError):
        run(capsys, tmp_path / "gone.affectline")
    (tmp_path / "letter").write_text("dear")
    with pytest.raises(NotAProjectError):
        run(capsys, tmp_path / "letter")


def test_figures_that_are_not_known():
    nothing = {"before": None, "after": None, "low": None, "high": None}
    assert change_text(nothing) == "-"
    assert change_text({"before": 0.5, "after": 0.25, "low": None, "high": None}) == "50.0 -> 25.0 % (-25.0)"
    assert accuracy_text(None) == accuracy_text({}) == "-"
