"""How soon a label is stored after its key, and how long the window is busy with it.

The window is the real one, on a project of 50 videos and 20,000 corrections, with the review queue in sight. Keys are
pressed as a keyboard would. An edit counts as stored once a second connection to the file sees it.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.project.store import Project
from app.project.values import Edit
from app.session.session import Interval
from tests.bench.figures import Figure, figure
from tests.bench.projects import CODERS
from tests.bench.real_window import paint, real_window, rest, wait_until, wait_until_calm
from tests.bench.responsiveness import Heartbeat

if TYPE_CHECKING:
    from app.application import Application

STORED_MS: Final = 20.0
BUSY_MS: Final = 50.0
WARM_UP: Final = 6
PRESSES: Final = 40
LABELS: Final = tuple(Qt.Key(Qt.Key.Key_1.value + number) for number in range(7))
QUEUE_READ_S: Final = 1.0
"""Until the review queue has been read again after an edit."""


class Witness:
    """A second connection to a project, which looks for edits as soon as they are said to be stored."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None)
        self.seen_s: list[float] = []

    def sees(self, edit: Edit) -> None:
        """Note when an edit is seen.

        Raises:
            AssertionError: it is not stored.
        """
        for record in edit.added:
            row = self._db.execute("SELECT 1 FROM corrections WHERE id = ?", [record.id]).fetchone()
            assert row is not None, f"{edit.name} is not stored"
        for record in edit.removed:
            if all(record.id != other.id for other in edit.added):
                assert not self._db.execute("SELECT 1 FROM corrections WHERE id = ?", [record.id]).fetchone()
        self.seen_s.append(time.perf_counter())

    def close(self) -> None:
        """Close the connection."""
        self._db.close()


@contextmanager
def watched(project: Project, witness: Witness) -> Iterator[None]:
    """Let the witness look right after each edit, undo and redo."""

    def then_look(change: Callable[..., Edit | None]) -> Callable[..., Edit | None]:
        def changed(*given: Any) -> Edit | None:
            done = change(*given)
            edit = given[0] if given else done
            if edit is not None:
                witness.sees(edit)
            return done

        return changed

    with (
        patch.object(project, "do", then_look(project.do)),
        patch.object(project, "undo", then_look(project.undo)),
        patch.object(project, "redo", then_look(project.redo)),
    ):
        yield


class Keyboard:
    """Presses keys in the window and notes what came of each."""

    def __init__(self, application: "Application", witness: Witness) -> None:
        self._window, self._witness = application.window, witness
        self.stored_ms: list[float] = []
        self.busy_ms: list[float] = []

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """One key: it must store something; then the window paints what changed."""
        paint(self._window)
        self._witness.seen_s.clear()
        began_s = time.perf_counter()
        QTest.keyClick(self._window.timeline.canvas, key, modifiers)
        paint(self._window)
        ended_s = time.perf_counter()
        if len(self._witness.seen_s) != 1:
            raise AssertionError(f"{key.name} stored {len(self._witness.seen_s)} edits")
        self.stored_ms.append((self._witness.seen_s[0] - began_s) * 1000)
        self.busy_ms.append((ended_s - began_s) * 1000)

    def forget(self) -> None:
        """Begin anew."""
        self.stored_ms, self.busy_ms = [], []


def correcting(project: str, presses: int = PRESSES) -> list[Figure]:
    """Labels given, changed, taken back and removed on a project that is there; it is changed by it."""
    path = Path(project)
    plain_ms = plain_commits_ms(path.parent)
    with real_window(coder=CODERS[0]) as application:
        application.window.show_review(True)
        application.files.open([path])
        wait_until(lambda: application.session.analysis is not None)
        wait_until_calm(application)
        stored, held = application.session.project, Witness(path)
        assert stored is not None
        with closing(held), watched(stored, held):
            labels, others = _presses(application, held, presses)
            after_ms = _queue_read_ms(application, Keyboard(application, held))
    note = f"a bare commit here {sorted(plain_ms)[len(plain_ms) // 2]:.1f} ms"
    return [
        figure("label key to row seen by another connection", labels.stored_ms, STORED_MS, note=note),
        figure("  its window thread, until painted", labels.busy_ms, BUSY_MS, "longest"),
        figure("undo, redo, relabel, delete to row seen", others.stored_ms, STORED_MS),
        figure("  their window thread, until painted", others.busy_ms, BUSY_MS, "longest"),
        figure("window thread while the review queue follows", after_ms, BUSY_MS, "longest"),
    ]


def _presses(application: "Application", witness: Witness, count: int) -> tuple[Keyboard, Keyboard]:
    """New labels; and what else keys do to them."""
    session, window = application.session, application.window
    window.timeline.canvas.setFocus()
    wait_until(window.timeline.canvas.hasFocus)
    labels, others = Keyboard(application, witness), Keyboard(application, witness)
    length_s = session.analysis.media.duration_s if session.analysis is not None else 0.0
    for number in range(-WARM_UP, count):
        if number == 0:
            labels.forget()
            others.forget()
        start_s = (number + WARM_UP) * (length_s - 10) / (count + WARM_UP)
        session.set_interval(Interval(start_s, start_s + 3.1, session.person))
        labels.press(LABELS[number % 7])
        others.press(LABELS[(number + 1) % 7])  # the new label is selected
        others.press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        others.press(Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
        if number % 4 == 0:
            others.press(Qt.Key.Key_Delete)
        session.select_correction(None)
        rest(0.02)
    return labels, others


def _queue_read_ms(application: "Application", keyboard: Keyboard) -> list[float]:
    """Blocks of the window thread (ms) while it lives on after labels, with the review queue in sight."""
    session, heart = application.session, Heartbeat()
    blocks: list[float] = []
    for number in range(4):
        session.select_correction(None)
        session.set_interval(Interval(20.0 * number, 20.0 * number + 2, session.person))
        keyboard.press(LABELS[number])
        first = len(heart.beats_s)
        rest(QUEUE_READ_S)
        blocks += heart.since(first)[0].tolist()
    return blocks


def plain_commits_ms(folder: Path, count: int = 50) -> list[float]:
    """Milliseconds of the smallest durable transactions on this disk: the yardstick."""
    path = folder / "plain.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = wal")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("CREATE TABLE IF NOT EXISTS numbers (number)")
        spent_ms = []
        for number in range(count):
            began_s = time.perf_counter()
            db.execute("INSERT INTO numbers VALUES (?)", [number])
            spent_ms.append((time.perf_counter() - began_s) * 1000)
    path.unlink()
    return spent_ms
