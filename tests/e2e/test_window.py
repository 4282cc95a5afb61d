"""A coder's day in the real window: open, analyse, step, correct with keys and mouse, undo, close, reopen, undo."""

import json
import pickle
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from app.inspection import reading_at
from engine.emotions import EMOTIONS
from engine.values import Analysis
from tests.hands import CODER, Hands

FRAME_S = 0.04
CHECKOUT = Path(__file__).resolve().parents[2]
COMMAND_LINE = """
import pickle, sys
from pathlib import Path
from app import cli
from app.interchange import results
write = results.write_results
def kept(folder, stem, formats, analysis):
    Path(sys.argv[1]).write_bytes(pickle.dumps(analysis))
    return write(folder, stem, formats, analysis)
results.write_results = kept
sys.exit(cli.run(["analyze", sys.argv[2], "--out", sys.argv[3], "--no-cache"]))
"""


def test_the_engine_found_both_people_and_the_window_shows_them(hands: Hands) -> None:
    analysis = hands.session.analysis
    assert analysis is not None
    assert [person.id for person in hands.session.people] == ["person-1", "person-2"]
    assert analysis.media.path.endswith("clip.mp4")
    assert hands.session.people[0].segments
    assert hands.timeline.scene.person is not None
    assert hands.timeline.scene.person.id == "person-1"
    assert len(hands.timeline.scene.answers.segments) == len(hands.session.people[0].segments)
    assert hands.window.status.device.text() == analysis.device


def test_frames_are_stepped_and_the_inspector_follows(hands: Hands) -> None:
    hands.keys("Right", "Right", ".")
    assert hands.session.time_s == pytest.approx(3 * FRAME_S)
    assert hands.player.frame_index == 3
    hands.keys(",", "Left")
    assert hands.session.time_s == pytest.approx(FRAME_S)
    hands.keys("Shift+Right", "Shift+Right", "Shift+Left")
    assert hands.session.time_s == pytest.approx(1 + FRAME_S)
    hands.keys("End")
    assert hands.player.frame_index == 199
    hands.keys("Home")
    assert hands.session.time_s == 0.0
    assert "person-1" in hands.window.inspector.text()


def test_a_whole_day(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["baseline", "Ben"])
    monkeypatch.setattr("app.views.dialogs.ask_text", lambda *_: next(answers))
    monkeypatch.setattr("app.views.dialogs.ask_number", lambda *_: 0.5)
    hands = Hands()
    hands.open(project)

    # Drag a range, label it, change one's mind, drag its edge, cut it, join it again
    hands.drag("fused", 1.0, 2.0)
    hands.keys("4", "6")
    hands.drag("corrections", 2.0, 3.0)
    assert hands.labels() == [("person-1", 1.0, 3.0, "sad")]
    hands.go(2.0)
    hands.keys("S")
    assert hands.labels() == [("person-1", 1.0, 2.0, "sad"), ("person-1", 2.0, 3.0, "sad")]
    hands.keys("Shift+S", "Shift+F")
    assert hands.labels() == [("person-1", 1.0, 3.0, "sad")]

    # A note: letters and digits go into it, and nowhere else
    hands.keys("T")
    hands.type("looks down at 4s")
    QTest.keyClick(QApplication.focusWidget(), "\r")
    assert hands.only().note == "looks down at 4s"
    assert hands.only().emotion == "sad"

    # Marks, a marker, an epoch
    hands.keys("Esc")
    hands.go(3.6)
    hands.keys("I")
    hands.go(4.4)
    hands.keys("O", "Return", "Esc", "M")
    assert [label[:3] for label in hands.labels()] == [("person-1", 1.0, 3.0), ("person-1", 3.6, 4.4)]
    hands.drag("sound", 0.4, 4.0)
    hands.keys("Shift+M", "Esc")
    assert [epoch.name for epoch in hands.session.epochs] == ["baseline"]

    # The other person: named, labelled, and the rest of both accepted
    hands.keys("Ctrl+Down")
    hands.window.people.rename_requested.emit("person-2", "Eve")
    assert hands.session.name_of("person-2") == "Eve"
    hands.go(6.0)
    hands.keys("7")
    assert hands.labels()[-1][0] == "person-2"
    hands.keys("Ctrl+Up", "Ctrl+Shift+A")
    assert "batch" in {correction.origin for correction in hands.session.corrections}

    # Somebody else codes blind
    hands.keys("Ctrl+Shift+C", "Ctrl+B")
    assert hands.session.coder == "Ben"
    hands.drag("frame", 1.0, 2.0)
    hands.keys("1")
    assert [c.emotion for c in hands.session.own_corrections] == ["angry"]

    # All of it is there after a restart, and can be taken back
    before = hands.session.corrections
    hands.close()
    again = Hands()
    again.open(project)
    assert again.session.coder == CODER
    assert again.session.corrections == before
    assert again.session.name_of("person-2") == "Eve"
    undone = 0
    while again.session.corrections or again.session.markers or again.session.epochs or again.session.notes:
        again.keys("Ctrl+Z")
        undone += 1
        assert undone < 30
    assert again.session.name_of("person-2") == "person-2"
    for _ in range(undone):
        again.keys("Ctrl+Y")
    assert again.session.corrections == before
    again.close()


def test_two_people_are_merged_and_parted_again(hands: Hands) -> None:
    hands.drag("fused", 1.0, 2.0)
    hands.keys("4", "Esc", "Ctrl+Down")
    hands.window.people.merge_requested.emit(["person-1", "person-2"])
    assert [person.id for person in hands.session.people] == ["person-1"]
    assert hands.session.person == "person-1"
    assert hands.session.people[0].segments[-1].end_s > 7.0
    hands.go(6.0)
    hands.keys("5")
    assert [label[0] for label in hands.labels()] == ["person-1", "person-1"]
    hands.keys("Ctrl+Z", "Ctrl+Z")
    assert [person.id for person in hands.session.people] == ["person-1", "person-2"]
    assert hands.labels() == [("person-1", 1.0, 2.0, "happy")]


def test_the_review_queue_is_answered_with_one_key_after_the_other(hands: Hands) -> None:
    hands.keys("Ctrl+Shift+R")
    review = hands.window.review
    hands.until(lambda: review.current() is not None)
    count = len(review.candidates())
    assert count >= 2
    review.focus_queue()
    first = review.current()
    hands.keys("A")
    second = review.current()
    assert second != first
    hands.until(lambda: hands.player.is_playing or hands.session.time_s > second.start_s)
    hands.keys("0")
    hands.player.pause()
    hands.until(lambda: len(review.candidates()) == count - 2)
    said = {(c.person, c.start_s): (c.emotion, c.origin) for c in hands.session.corrections}
    assert said[first.person, first.start_s] == (first.emotion, "accepted")
    assert said[second.person, second.start_s] == (None, "edited")


def test_typing_in_a_field_labels_nothing(hands: Hands) -> None:
    hands.drag("fused", 1.0, 2.0)
    hands.keys("Ctrl+F")
    field = QApplication.focusWidget()
    assert isinstance(field, QLineEdit)
    hands.type("4 sad? im")
    assert field.text() == "4 sad? im"
    assert hands.labels() == []
    assert hands.session.markers == ()
    assert not hands.player.is_playing


def test_the_inspector_says_what_the_command_line_writes_bit_for_bit(
    hands: Hands, project: Path, tmp_path: Path
) -> None:
    alone, written = _analysed_by_command_line(project.parent / "clip.mp4", tmp_path)
    assert hands.session.analysis is not alone
    for person, by_itself, in_file in zip(hands.session.people, alone.people, written["people"], strict=True):
        hands.session.set_person(person.id)
        for row in range(0, len(person.frames), 24):
            hands.go(float(person.frames.time_s[row]))
            here = reading_at(hands.session.analysis, person, hands.session.time_s)
            there = reading_at(alone, by_itself, hands.session.time_s)
            shown = hands.window.inspector.text().splitlines()[-len(EMOTIONS) :]
            for place, name in enumerate(("fused", "frame", "slice", "second"), start=1):
                ours, theirs = getattr(here, name), getattr(there, name)
                assert ours.reason == theirs.reason
                if ours.probabilities is not None:
                    digits = np.array([np.float32(line.split("\t")[place]) for line in shown])
                    assert ours.probabilities.dtype == theirs.probabilities.dtype == np.float32
                    assert ours.probabilities.tobytes() == theirs.probabilities.tobytes() == digits.tobytes()
            assert in_file["frames"]["probabilities"][row] == _rounded(here.frame.probabilities)
        said = [(s["start_s"], s["end_s"], s["emotion"], s["confidence"]) for s in in_file["segments"]]
        assert said == [(s.start_s, s.end_s, s.emotion, round(s.confidence, 6)) for s in person.segments]


def _analysed_by_command_line(clip: Path, folder: Path) -> tuple[Analysis, dict[str, Any]]:
    """What `affectline analyze` computed, without stored features, and what it wrote.

    In a process of its own, as it is run: other tests of this one may have given torch fewer threads, and sums over
    another number of threads differ in their last bit.
    """
    kept = folder / "analysis.pickle"
    command = [sys.executable, "-c", COMMAND_LINE, str(kept), str(clip), str(folder / "out")]
    subprocess.run(command, check=True, cwd=CHECKOUT)
    return pickle.loads(kept.read_bytes()), json.loads((folder / "out" / "clip.analysis.json").read_text())


def _rounded(row: np.ndarray) -> list[float]:
    return [round(float(value), 6) for value in row]


def test_nothing_is_left_when_the_window_is_closed(project: Path) -> None:
    children, threads = psutil.Process().children(), set(threading.enumerate())
    hands = Hands()
    hands.open(project)
    hands.application.library.analyse_open()
    hands.until(lambda: any(thread.name == "affectline-gpu" for thread in set(threading.enumerate()) - threads))
    hands.until(lambda: len(psutil.Process().children()) > len(children))
    hands.close_in_a_hurry()
    left = set(threading.enumerate()) - threads
    assert [thread.name for thread in left if thread.name.startswith("affectline")] == []
    assert [child for child in psutil.Process().children() if child not in children] == []
