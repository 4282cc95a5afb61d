"""What is still typed, hidden or lost when the window turns to something else."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.application import own_up
from app.interrupt import interruptible
from app.project import edits
from app.project.analyses import AnalysisStore
from app.project.errors import ProjectStorageError
from app.project.store import create_project, open_project
from app.review import Candidate
from app.screenshot import ScreenshotError, Shot, take
from app.session.session import Interval
from app.settings import Settings
from tests.hands import Hands


def label(hands: Hands, emotion: str | None = "happy") -> None:
    hands.session.set_interval(Interval(1.0, 2.0, "person-1"))
    hands.application.coding.label(emotion)


def other(hands: Hands) -> str:
    project, medium = hands.session.project, hands.session.medium
    assert project is not None
    assert medium is not None
    return next(one.id for one in project.media() if one.id != medium.id)


def counts(hands: Hands) -> dict[str, int]:
    return {entry.media_id: entry.corrections for entry in hands.window.library._model.entries()}


def test_a_note_that_is_not_finished_is_kept_when_the_project_is_closed_by_key(hands: Hands) -> None:
    label(hands)
    project, medium = hands.session.project, hands.session.medium
    assert project is not None
    assert medium is not None
    hands.window.inspector.focus_note()
    hands.type("smiles")
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    assert hands.session.project is None
    with open_project(project.path) as stored:
        assert [one.note for one in stored.corrections(medium.id)] == ["smiles"]


def test_the_note_of_the_label_under_the_playhead(hands: Hands) -> None:
    label(hands)
    hands.session.select_correction(None)
    hands.window.show_review(True)
    hands.go(1.5)
    hands.timeline.setFocus()
    hands.keys("T")
    hands.type("x")
    hands.window.inspector.commit_note()
    assert [one.note for one in hands.session.corrections] == ["x"]


def test_a_segment_that_could_not_be_opened_is_not_played_in_another_video(hands: Hands) -> None:
    library, open_one = hands.application.library, hands.session.medium
    assert open_one is not None
    wanted = other(hands)
    project = hands.session.project
    assert project is not None
    there = library.path_of(project.medium(wanted))  # type: ignore[arg-type]
    assert there is not None
    there.rename(there.with_name("moved.mp4"))
    hands.application.reviewing.open(Candidate(wanted, "two", "person-1", 5.0, 6.0, "sad", 0.4, True))
    hands.settle()
    library.open(open_one.id)
    hands.until(lambda: hands.player.media_info is not None)
    assert (hands.player.is_playing, hands.player.time_s) == (False, 0.0)


def test_labels_of_videos_that_are_not_open_are_counted_too(hands: Hands) -> None:
    wanted = other(hands)
    hands.application.reviewing._answer(Candidate(wanted, "two", "person-1", 5.0, 6.0, "sad", 0.4, True), "sad")
    assert counts(hands)[wanted] == 1
    hands.keys("Ctrl+Z")
    assert counts(hands)[wanted] == 0


def test_blind_hides_the_marks_and_counts_of_other_coders(hands: Hands) -> None:
    session, medium = hands.session, hands.session.medium
    assert medium is not None
    label(hands)
    session.do(edits.add_marker, medium.id, 3.0, "looks sad", session.coder)
    session.set_coder("Zed")
    assert (counts(hands)[medium.id], len(hands.timeline.scene.markers)) == (1, 1)
    session.set_blind(True)
    assert (counts(hands)[medium.id], len(hands.timeline.scene.markers)) == (0, 0)
    session.set_blind(False)
    assert (counts(hands)[medium.id], len(hands.timeline.scene.markers)) == (1, 1)


def test_unsure_hides_the_prediction_on_the_picture(hands: Hands) -> None:
    label(hands, None)
    assert hands.application.showing._said(hands.session.people[0], 1.5) is None


def test_the_log_names_the_coder_of_the_moment(hands: Hands) -> None:
    hands.session.set_coder("Zed")
    label(hands)
    assert hands.session.project is not None
    assert hands.session.project.log()[-1].who == "Zed"


def test_a_lane_hidden_on_the_timeline_is_not_checked_in_the_menu(hands: Hands) -> None:
    hands.timeline.set_lane_shown("gaps", False)
    assert not hands.window.actions_by_id["lane.gaps"].isChecked()


def test_the_volume_is_shown_as_it_is(hands: Hands) -> None:
    assert hands.window.transport._slider.value() == round(100 * hands.player.volume) == 80


def test_a_file_that_comes_back_is_opened_again(hands: Hands) -> None:
    path, medium = hands.session.path, hands.session.medium
    assert path is not None
    assert medium is not None
    aside = path.rename(path.with_name("aside.mp4"))
    hands.application.library.open(medium.id)  # whether the player noticed by itself depends on what it has in memory
    hands.until(lambda: not hands.player.works)
    aside.rename(path)
    hands.application.library.open(medium.id)
    hands.until(lambda: hands.player.works)


def test_a_disk_that_was_pulled_out_is_no_bug(hands: Hands) -> None:
    error = ProjectStorageError("/media/stick/study.affectline", "its disk does not answer")
    own_up(ProjectStorageError, error, None)
    shown = hands.window.status.shown
    assert shown is not None
    assert shown.text.startswith("cannot reach the project /media/stick")


def test_what_was_computed_is_stored_although_the_window_closes_at_once(hands: Hands) -> None:
    session, medium = hands.session, hands.session.medium
    assert session.project is not None
    assert medium is not None
    assert session.analysis is not None
    path, again = session.project.path, replace(session.analysis, bundle=replace(session.analysis.bundle, revision="9"))

    def busy(_cancelled: object) -> Iterator[None]:
        Event().wait(0.2)  # the lane of files is at something else
        yield None

    hands.application.io.submit(busy, urgent=True)
    hands.application.queue.analysed.emit(medium.id, again)
    hands.close()
    with AnalysisStore(path) as store:
        assert store.summaries()[medium.id].revision == "9"


@pytest.mark.usefixtures("qapp")
def test_a_picture_of_an_empty_project_is_refused(tmp_path: Path) -> None:
    create_project(tmp_path / "empty.affectline").close()
    with interruptible(lambda: None) as cancelled, pytest.raises(ScreenshotError, match="no analysed video"):
        take(tmp_path / "empty.affectline", tmp_path / "x.png", Shot(), Settings(), lambda _step: None, cancelled)
