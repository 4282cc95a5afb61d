"""The whole loop in the real window with the real engine: correct, learn, look, keep, go back, compare, open again."""

from pathlib import Path

import pytest

from app.project.revisions import RevisionStore
from app.session.session import Interval
from tests import hands as hands_module
from tests.e2e.conftest import CUT_S
from tests.hands import Hands

CORRECTED_S = 0.6
SAID = ("happy", "sad", "surprise")


def correct(hands: Hands, person: str, start_s: float, end_s: float) -> int:
    """Say something of every stretch of a person; how often."""
    count = 0
    hands.session.set_person(person)
    while start_s + CORRECTED_S <= end_s:
        hands.session.set_interval(Interval(start_s, start_s + CORRECTED_S, person))
        hands.application.commands.run(f"label.{SAID[count % len(SAID)]}")
        start_s, count = start_s + CORRECTED_S, count + 1
    hands.settle()
    return count


def answers(hands: Hands) -> tuple[object, ...]:
    """What is shown of the open video: by whom, and its segments."""
    analysis = hands.session.analysis
    assert analysis is not None
    return analysis.bundle.revision, *(person.segments for person in analysis.people)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_correct_learn_keep_roll_back_and_compare(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hands_module, "LONG_S", max(hands_module.LONG_S, 300.0))
    hands = Hands()
    hands.open(project)
    panel, before = hands.window.training, answers(hands)
    base = before[0]
    count = correct(hands, "person-1", 0.0, CUT_S) + correct(hands, "person-2", CUT_S, 8.0)
    said = hands.session.corrections
    hands.window.show_training(True)
    hands.until(lambda: panel.basis.basis.count == count)
    assert panel.basis.learn.isEnabled(), panel.basis.basis.why_not
    assert {share.emotion for share in panel.basis.basis.classes if share.count} == set(SAID)

    # Learn, and look at what it brings
    panel.basis.learn.click()
    hands.until(lambda: panel.page == "verdict" or "error" in {kind for _, kind in hands.told})
    hands.settle()
    verdict = panel.verdict.verdict
    assert verdict is not None, hands.told
    assert verdict.learned_from == count
    assert "same video" in verdict.judged[0].how or len({one.media_id for one in said}) > 1
    assert answers(hands) == before

    # Keep it: the timeline says something else, and nothing that people said changed
    hands.keys("Ctrl+Shift+K")
    hands.until(lambda: answers(hands)[0] == f"{base}.1")
    hands.settle()
    after = answers(hands)
    assert after[1:] != before[1:]
    assert hands.session.corrections == said
    assert [row.name for row in panel.revisions.rows() if row.current] == [f"starter {base}.1"]

    # Side by side, and back to what it was, to the last bit
    panel.compare_requested.emit(None)
    hands.settle()
    assert hands.timeline.scene.rival is not None
    shown = next(person.segments for person in hands.session.people if person.id == hands.session.person)
    assert tuple(hands.timeline.scene.answers.segments.spans.items) == shown
    panel.make_current_requested.emit(None)
    hands.until(lambda: answers(hands)[0] == base)
    hands.settle()
    assert answers(hands) == before
    assert hands.timeline.scene.rival is None

    # The next day
    panel.make_current_requested.emit(verdict.revision_id)
    hands.until(lambda: answers(hands)[0] == f"{base}.1")
    hands.settle()
    hands.close()
    again = Hands()
    again.open(project)
    again.until(lambda: again.application.queue._choice.revision is not None)
    assert answers(again) == after
    assert again.session.corrections == said
    again.close()
    with RevisionStore(project, read_only=True) as store:
        assert [one.name for one in store.all()] == [f"{base}.1"]
