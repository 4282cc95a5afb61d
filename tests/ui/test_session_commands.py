"""Commands and the state behind them: nothing without a command, reasons for what is off, and errors of the store."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.actions import ACTIONS, BY_ID
from app.project import errors
from app.project.errors import ProjectStorageError, StaleEditError
from app.project.store import Project, open_project
from app.session.session import Session
from tests.hands import Hands

LEFT_OUT = {"quit", "close", "settings", "choose_model", "about", "guide", "keys", "doctor", "full_screen", "analyse"}
"""They end what is tested here, open windows or programs, or take a while."""
STORING = [
    errors.ProjectFullError, errors.ProjectReadOnlyError, errors.ProjectBusyError, errors.ProjectLockedError,
    errors.ProjectStorageError, errors.ProjectDamagedError, errors.StaleEditError,
]  # fmt: skip


@pytest.fixture
def no_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every question is thought better of."""
    for name in ("choose_one", "choose_to_save", "choose_folder", "ask_text", "ask_number"):
        monkeypatch.setattr(f"app.views.dialogs.{name}", lambda *_args, **_named: None)
    monkeypatch.setattr("app.views.dialogs.choose_to_open", lambda *_args, **_named: [])


def failing(error: Exception) -> Callable[..., None]:
    def fail(*_args: object) -> None:
        raise error

    return fail


def test_every_action_has_a_command_and_nothing_else_has(hands: Hands) -> None:
    assert set(hands.application.commands.table) == set(BY_ID)
    assert set(hands.window.actions_by_id) == set(BY_ID)


def test_what_is_off_says_why_and_what_is_on_says_what_it_does(hands: Hands) -> None:
    hands.application.commands.run("close")
    for action in ACTIONS:
        shown = hands.window.actions_by_id[action.id]
        assert (shown.toolTip() == action.tip) == shown.isEnabled()
    assert not hands.window.actions_by_id["play"].isEnabled()
    assert hands.window.actions_by_id["play"].toolTip() == "open a video first"


@pytest.mark.usefixtures("no_answers")
def test_every_action_can_be_asked_for_at_any_time(hands: Hands) -> None:
    asked = [action.id for action in ACTIONS if action.id not in LEFT_OUT and not action.filled]
    for prepare in (lambda: None, lambda: hands.drag("fused", 1.0, 2.0), lambda: hands.keys("4")):
        prepare()
        for action_id in asked:
            hands.window.actions_by_id[action_id].trigger()
        hands.settle()
        hands.session.set_blind(False)
    hands.application.commands.run("close")
    for action_id in asked:
        hands.window.actions_by_id[action_id].trigger()
    assert hands.session.project is None


@pytest.mark.parametrize("kind", STORING)
def test_an_edit_that_cannot_be_stored_is_told_and_loses_nothing(
    hands: Hands, monkeypatch: pytest.MonkeyPatch, kind: type[errors.ProjectError]
) -> None:
    hands.drag("fused", 1.0, 2.0)
    hands.keys("4", "Esc")
    before = hands.session.corrections
    hands.drag("fused", 4.0, 5.0)
    with monkeypatch.context() as patch:
        patch.setattr(Project, "do", failing(kind(Path("study.affectline"), "for a reason")))
        hands.keys("6")
    assert hands.told[-1] == (f"{kind.doing} study.affectline: for a reason", "error")
    assert "for a reason" in hands.message
    assert hands.session.corrections == before
    assert hands.session.interval is not None
    hands.keys("6")
    assert [label[3] for label in hands.labels()] == ["happy", "sad"]


@pytest.mark.parametrize("key", ["Ctrl+Z", "Ctrl+Y"])
def test_undo_and_redo_that_fail_are_told_and_can_be_tried_again(
    hands: Hands, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    hands.drag("fused", 1.0, 2.0)
    hands.keys("4")
    if key == "Ctrl+Y":
        hands.keys("Ctrl+Z")
    before = hands.labels()
    with monkeypatch.context() as patch:
        for name in ("undo", "redo"):
            patch.setattr(Project, name, failing(errors.ProjectFullError(Path("p"), "the disk is full")))
        hands.keys(key)
    assert "the disk is full" in hands.message
    assert hands.labels() == before
    hands.keys(key)
    assert hands.labels() != before


@pytest.mark.parametrize("reading", ["corrections", "markers", "epochs", "notes"])
def test_records_that_cannot_be_read_again_are_told_and_stay_as_they_were(
    hands: Hands, monkeypatch: pytest.MonkeyPatch, reading: str
) -> None:
    hands.drag("fused", 1.0, 2.0)
    hands.keys("4")
    before = hands.labels()
    with monkeypatch.context() as patch:
        patch.setattr(Project, reading, failing(ProjectStorageError("p", "its disk does not answer")))
        hands.keys("6")
    assert "does not answer" in hands.message
    assert hands.labels() == before
    hands.keys("5")
    assert "has changed" in hands.message
    assert hands.labels() == [("person-1", 1.0, 2.0, "sad")]
    hands.keys("5")
    assert hands.labels() == [("person-1", 1.0, 2.0, "neutral")]


def test_what_changed_meanwhile_is_read_again(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    hands.drag("fused", 1.0, 2.0)
    hands.keys("4")
    project = hands.session.project
    assert project is not None
    monkeypatch.setattr(hands.session, "corrections", ())
    with monkeypatch.context() as patch:
        patch.setattr(Project, "do", failing(StaleEditError(project.path, "what the edit was made for has changed")))
        hands.keys("M")
    assert "has changed" in hands.message
    assert hands.labels() == [("person-1", 1.0, 2.0, "happy")]


def test_a_project_that_another_window_took_over_can_only_be_read_and_says_so(hands: Hands) -> None:
    hands.drag("fused", 1.0, 2.0)
    hands.keys("4")
    project = hands.session.project
    assert project is not None
    with open_project(project.path, take_over=True):
        hands.keys("6")
        assert "took it over" in hands.message
        assert hands.labels() == [("person-1", 1.0, 2.0, "happy")]
        for action_id in ("label.sad", "delete", "undo", "marker"):
            assert not hands.window.actions_by_id[action_id].isEnabled()
            assert "took it over" in hands.window.actions_by_id[action_id].toolTip()


def test_an_edit_that_changes_nothing_is_none(hands: Hands) -> None:
    hands.drag("fused", 1.0, 2.0)
    hands.keys("4", "4")
    hands.keys("Ctrl+Z")
    assert hands.labels() == []
    assert hands.session.undo_name == "Add 2 videos"


def test_the_coder_changes_once(hands: Hands, qtbot) -> None:
    heard: list[str] = []
    hands.session.coder_changed.connect(lambda: heard.append(hands.session.coder))
    hands.session.set_coder("Ben")
    hands.session.set_coder("Ben")
    assert heard == ["Ben"]


def test_a_session_without_a_project_refuses_kindly(qapp) -> None:
    session = Session("Ana")
    assert session.undo() is None
    assert session.redo() is None
    assert session.name_of(None) == "scene"
    assert session.predictions == ()
    assert not session.writable


def test_the_seconds_keys_add_up_while_pictures_are_still_on_their_way(hands: Hands) -> None:
    for _ in range(3):
        hands.window.actions_by_id["forward_second"].trigger()
    hands.settle()
    assert hands.player.time_s == pytest.approx(3.0, abs=0.04)
