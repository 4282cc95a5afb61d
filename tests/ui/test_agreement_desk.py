"""Agreement in the real window: two coders, a revision, and disagreements that are settled and undone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from app.agreement.values import CONSENSUS, Agreement
from app.project.store import open_project
from app.project.values import Correction, Edit, new_id, now
from tests.hands import CODER, Hands

SPANS = ((0.0, 2.51, "neutral"), (2.51, 4.0, "happy"), (4.0, 6.27, "sad"), (6.27, 8.0, "fear"))


def label(media_id: str, coder: str, start_s: float, end_s: float, emotion: str) -> Correction:
    return Correction(new_id(), media_id, "person-1", start_s, end_s, emotion, "blank", coder, "both", "", now())


@pytest.fixture
def hands(qapp: QApplication, study: Path) -> Iterator[Hands]:
    """Two coders labelled both clips, and differ about the second segment of each; the panel is in front."""
    with open_project(study) as project:
        labels = [
            label(medium.id, coder, start_s, end_s, "surprise" if coder == "Ben" and emotion == "happy" else emotion)
            for medium in project.media()
            for coder in (CODER, "Ben")
            for start_s, end_s, emotion in SPANS
        ]
        project.do(Edit("Label", (), tuple(labels)))
    made = Hands()
    made.open(study)
    made.keys("Ctrl+Shift+G")
    made.until(lambda: made.window.agreement._standing.agreement is not None)
    yield made
    made.player.pause()
    made.close()


def agreement(hands: Hands) -> Agreement:
    found = hands.window.agreement._standing.agreement
    assert found is not None
    return found


def settled(hands: Hands) -> list[Correction]:
    assert hands.session.project is not None
    return [one for one in hands.session.project.all_corrections() if one.coder == CONSENSUS]


def test_coders_are_compared_at_once(hands: Hands) -> None:
    assert agreement(hands).raters == (CODER, "Ben")
    assert agreement(hands).pairs[0].joint_s == pytest.approx(16.0, abs=0.2)
    assert [(one.start_s, one.end_s, one.said) for one in agreement(hands).disagreements] == [
        (2.51, 4.0, ("happy", "surprise"))
    ] * 2


def test_a_disagreement_is_settled_with_one_key_and_undone(hands: Hands) -> None:
    hands.window.agreement.show_disagreements()
    second = agreement(hands).disagreements[1].media_id
    hands.keys("7")
    hands.until(lambda: hands.session.medium is not None and hands.session.medium.id == second)
    (made,) = settled(hands)
    assert (made.person, made.start_s, made.end_s, made.emotion, made.origin) == (
        "person-1",
        2.51,
        4.0,
        "surprise",
        "blank",
    )
    hands.until(lambda: agreement(hands).disagreements[0].consensus == "surprise")
    assert agreement(hands).raters == (CODER, "Ben"), "who settles is no rater"
    hands.player.pause()
    hands.keys("Ctrl+Z")
    assert settled(hands) == []
    hands.until(lambda: not agreement(hands).disagreements[0].settled)


def test_a_coder_is_compared_with_the_model(hands: Hands) -> None:
    panel = hands.window.agreement
    ana, _ben, model = panel._standing.choices
    panel.chosen.emit((ana, model))
    hands.until(lambda: agreement(hands).raters == (CODER, "starter"))
    assert agreement(hands).disagreements == ()
    assert agreement(hands).pairs[0].kappa.value == pytest.approx(1.0)


def test_what_was_said_in_sight_of_the_model_is_not_blank(hands: Hands) -> None:
    panel = hands.window.agreement
    panel.chosen.emit(panel._standing.choices[1:])
    hands.until(lambda: agreement(hands).raters == ("Ben", "starter"))
    first, second = agreement(hands).disagreements
    panel.settled.emit(first, "happy")
    panel.settled.emit(second, "surprise")
    assert {one.origin for one in settled(hands) if one.emotion == "happy"} == {"accepted"}
    assert {one.origin for one in settled(hands) if one.emotion == "surprise"} == {"edited"}


def test_one_alone_is_told_what_to_do(hands: Hands) -> None:
    panel = hands.window.agreement
    panel.chosen.emit(panel._standing.choices[:1])
    hands.until(lambda: panel._standing.agreement is None)
    assert panel._standing.trouble.startswith("Agreement takes two, and only Ana is there. Choose a second coder")


def test_blind_mode_hides_it(hands: Hands) -> None:
    hands.keys("Ctrl+B")
    assert "Hidden in blind mode" in hands.window.agreement._message.text()
