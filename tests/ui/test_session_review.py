"""The review queue in the real window: over all videos, in place, one key each."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from app.project.errors import ProjectFullError
from app.project.store import Project
from app.project.values import Edit
from app.review import Candidate
from tests.hands import Hands


@pytest.fixture
def hands(qapp: QApplication, study: Path) -> Iterator[Hands]:
    """At the queue."""
    made = Hands()
    made.open(study)
    made.keys("Ctrl+Shift+R")
    made.until(lambda: made.window.review.current() is not None)
    made.window.review.focus_queue()
    yield made
    made.player.pause()
    made.close()


def current(hands: Hands) -> Candidate:
    found = hands.window.review.current()
    assert found is not None
    return found


def left(hands: Hands) -> int:
    return len(hands.window.review.candidates())


def test_it_holds_the_segments_of_all_videos_least_certain_first(hands: Hands) -> None:
    names = {candidate.video_name for candidate in hands.window.review.candidates()}
    assert names == {"one.mp4", "two.mp4"}
    assert current(hands).confidence == min(c.confidence for c in hands.window.review.candidates())


def test_enter_opens_the_video_shows_the_person_and_plays(hands: Hands) -> None:
    other = next(c for c in hands.window.review.candidates() if c.video_name == "two.mp4" and c.person == "person-2")
    hands.window.review.opened.emit(other)
    hands.until(lambda: hands.player.is_playing)
    hands.player.pause()
    hands.until(lambda: hands.session.analysis is not None)
    assert hands.session.medium is not None
    assert hands.session.medium.id == other.media_id
    assert hands.session.person == "person-2"


def test_a_scene_of_another_video_is_shown_as_the_scene(hands: Hands) -> None:
    other = next(c for c in hands.window.review.candidates() if c.video_name == "two.mp4" and c.person is None)
    hands.window.review.opened.emit(other)
    hands.until(lambda: hands.player.is_playing and hands.session.analysis is not None)
    assert hands.session.person is None


def test_a_key_answers_and_goes_on_and_the_keys_stay_with_the_queue(hands: Hands) -> None:
    count = left(hands)
    first = current(hands)
    hands.keys("A")
    second = current(hands)
    hands.keys("2")
    third = current(hands)
    hands.keys("0")
    assert len({first, second, third}) == 3
    hands.until(lambda: left(hands) == count - 3)
    project = hands.session.project
    assert project is not None
    said = {(c.media_id, c.person, c.start_s): (c.emotion, c.origin) for c in project.all_corrections()}
    assert second.emotion != "disgust"
    assert said == {
        (first.media_id, first.person, first.start_s): (first.emotion, "accepted"),
        (second.media_id, second.person, second.start_s): ("disgust", "edited"),
        (third.media_id, third.person, third.start_s): (None, "edited"),
    }


def test_blind_answers_start_from_nothing(hands: Hands) -> None:
    first = current(hands)
    hands.keys("Ctrl+B", "6")
    project = hands.session.project
    assert project is not None
    (made,) = project.all_corrections()
    assert (made.media_id, made.emotion, made.origin) == (first.media_id, "sad", "blank")


def test_many_are_accepted_over_all_videos_and_one_undo_takes_them_back(hands: Hands) -> None:
    hands.window.review.batch_accept_requested.emit(0.9)
    project = hands.session.project
    assert project is not None
    made = project.all_corrections()
    assert len({c.media_id for c in made}) == 2
    assert len(made) == 6
    assert {c.origin for c in made} == {"batch"}
    hands.keys("Ctrl+Z")
    assert project.all_corrections() == ()


def test_an_answer_that_cannot_be_stored_is_told_and_comes_back(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Project, edit: Edit) -> None:
        raise ProjectFullError(self.path, "the disk is full")

    monkeypatch.setattr(Project, "do", full)
    count, first = left(hands), current(hands)
    hands.keys("A")
    (said, kind) = hands.told[-1]
    assert kind == "error"
    assert "the disk is full" in said
    hands.until(lambda: left(hands) == count and first in [w.candidate for w in hands.window.review._model.waiting()])
