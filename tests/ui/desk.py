"""The real window, with a process that pretends to analyse: for tests of what a person sees and is told."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.application import Application
from app.jobs.analyser import DeviceKnown, device_step
from app.project.store import SUFFIX, create_project
from app.session.session import Interval
from app.settings import Settings
from app.views.panel_values import LibraryEntry
from engine.media import open_media
from engine.values import Analysis, Gap, Progress
from tests.analyses import analysis
from tests.media import make_clip, numbered_frames

WAIT_MS = 10_000
Steps = Iterator[Any]


def clip(path: Path, frames: int = 50, **options: Any) -> Path:
    """A short video whose content depends on its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shade = sum(path.stem.encode()) % 80
    return make_clip(path, [picture + shade for picture in numbered_frames(frames)], **options)


def analysis_of(path: Path) -> Analysis:
    """What the pretended process answers: about this very file, and as long as it is."""
    media = open_media(path)
    unreadable = tuple(Gap("unreadable", gap.start_s, gap.end_s) for gap in media.unreadable)
    made = analysis(str(path))
    return replace(made, media=media.info, end_s=media.info.duration_s, gaps=unreadable)


class Studio:
    """Stands for the child process: each video takes the steps that its test gives it, when the test lets it."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.ways: dict[str, Callable[[Path], Steps]] = {}
        self.gates: dict[str, Event] = defaultdict(Event)
        self.choices: list[Any] = []

    def steps(self, work: Callable[..., Any], *arguments: Any, cancelled: Callable[[], bool]) -> Steps:
        yield DeviceKnown("cpu fp32", "no GPU found")
        if work is device_step:
            return
        choice, path = arguments
        self.choices.append(choice)
        self.begun.append(path.name)
        try:
            yield from self.ways.get(path.name, self.usual)(path)
        finally:
            self.ended.append(path.name)

    def usual(self, path: Path) -> Steps:
        yield Progress(1.0, 2.0, 25, 1.0)
        yield analysis_of(path)

    def held(self, path: Path) -> Steps:
        """Works on, a little at a time, until its gate opens."""
        while not self.gates[path.name].wait(0.01):
            yield Progress(1.0, 2.0, 25, 1.0)
        yield from self.usual(path)

    def hold(self, *names: str) -> None:
        self.ways |= dict.fromkeys(names, self.held)

    def failing(self, name: str, error: Exception) -> None:
        def way(_path: Path) -> Steps:
            yield Progress(1.0, 2.0, 25, 1.0)
            raise error

        self.ways[name] = way

    def close(self) -> None:
        for gate in self.gates.values():
            gate.set()


class Desk:
    """A window on a project of its own, everything it says, and what its library shows."""

    def __init__(self, qtbot: QtBot, settings: Settings | None = None) -> None:
        self.qtbot = qtbot
        self.application = Application(settings or Settings(theme="light", coder="ana"), kept=False)
        self.session, self.window = self.application.session, self.application.window
        self.library, self.files, self.player = (
            self.application.library, self.application.files, self.application.player,
        )  # fmt: skip
        self.said: list[tuple[str, str]] = []
        for teller in (self.session, self.application.preferences):
            teller.said.connect(lambda text, kind: self.said.append((kind, text)))
        self.session.undoable.connect(lambda text: self.said.append(("undo", text)))
        self.window.resize(1280, 800)
        self.window.show()

    def begin(self, folder: Path, *videos: Path) -> Path:
        """Make a project and put videos into it."""
        path = folder / f"study{SUFFIX}"
        self.session.set_project(create_project(path, who="ana"))
        self.open(*videos)
        return path

    def open(self, *paths: Path) -> None:
        """Open files, and wait until nothing is on its way any more."""
        if paths:
            self.files.open(paths)
        self.settle()

    def settle(self) -> None:
        """Until nothing runs but what a test holds back."""
        self.qtbot.waitUntil(lambda: not self.application.io.busy and not self._analysing_freely(), timeout=WAIT_MS)
        opening = lambda: self.session.path is not None and self.player.media_info is None  # noqa: E731
        self.qtbot.waitUntil(lambda: not opening() or self.failed_to_open, timeout=WAIT_MS)
        self.qtbot.waitUntil(lambda: not self.application.io.busy, timeout=WAIT_MS)

    def _analysing_freely(self) -> bool:
        held = any(not gate.is_set() for gate in self.studio.gates.values())
        return self.application.gpu.busy and not held

    @property
    def failed_to_open(self) -> bool:
        return any("cannot read" in text for _, text in self.said)

    @property
    def studio(self) -> Studio:
        studio = self.application.queue._process
        assert isinstance(studio, Studio)
        return studio

    def entries(self) -> dict[str, LibraryEntry]:
        """The rows of the library by name."""
        return {entry.name: entry for entry in self.window.library._model.entries()}

    def texts(self, kind: str) -> list[str]:
        return [text for said, text in self.said if said == kind]

    @property
    def errors(self) -> list[str]:
        return self.texts("error")

    def run(self, action: str) -> None:
        self.application.commands.run(action)

    def media_id(self, name: str) -> str:
        return self.entries()[name].media_id

    def close(self) -> None:
        self.studio.close()
        self.application.close()
        self.window.hide()
        self.window.deleteLater()


def say(desk: Desk, emotion: str, start_s: float = 0.2) -> None:
    """Label half a second of the open video, as a key press does."""
    desk.session.set_interval(Interval(start_s, start_s + 0.5, desk.session.person))
    desk.run(f"label.{emotion}")


def emotions(desk: Desk) -> list[str | None]:
    """The labels of the open video, by time."""
    return [correction.emotion for correction in desk.session.corrections]


@pytest.fixture(name="studio")
def pretending(monkeypatch: pytest.MonkeyPatch) -> Studio:
    made = Studio()
    monkeypatch.setattr("app.jobs.analyses.Child", lambda _name: made)
    monkeypatch.setattr("app.session.analysing.sound_picture", lambda *_: iter([None]))  # takes a child of its own
    return made


@pytest.fixture(name="desk")
def window(qtbot: QtBot, studio: Studio) -> Iterator[Desk]:
    made = Desk(qtbot)
    yield made
    made.close()
