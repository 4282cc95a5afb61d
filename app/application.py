"""The window's composition root: makes every part, joins them, and lets them go in order."""

import gc
import logging
import os
import signal
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QMessageLogContext, QObject, Qt, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtGui import QCloseEvent, QGuiApplication
from PySide6.QtWidgets import QApplication

from app import __version__
from app.garbage import GarbageCollector
from app.jobs.analyser import AnalyserChoice
from app.jobs.analyses import AnalysisQueue
from app.jobs.lanes import Lane
from app.jobs.retrainer import Retrainer
from app.learning.revising import RevisionInUse
from app.messages import sentence
from app.player.player import Player
from app.project.lock import person_here
from app.session.agreeing import Agreeing
from app.session.analysing import Analysing
from app.session.coding import Coding
from app.session.commands import Commands, Parts
from app.session.files import Files
from app.session.library import Library
from app.session.persons import Persons
from app.session.preferences import Preferences
from app.session.reviewing import Reviewing
from app.session.revisions import Revisions
from app.session.session import Session
from app.session.showing import Showing
from app.session.timeline_menu import TimelineMenu
from app.session.training import Training
from app.session.visiting import Visiting
from app.settings import Settings, read_settings
from app.views import dialogs, theme
from app.views.dialogs import Answer
from app.views.main_window import MainWindow
from engine.errors import AffectlineError

log = logging.getLogger(__name__)
CLOSE_WAIT_S = 2.0
WARM_UP_MS = 2_000
"""After the window is shown, the model is loaded, so that the device in use and its reason can be seen."""
VOLUME_RESTS_MS = 500
SIGNALS_MS = 200
"""How often Python gets its turn to hear a signal from the terminal."""


def qt_application(platform: str | None = None) -> QApplication:
    """The one QApplication. opencv's own Qt plugins, should it have been imported, are kept out."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    os.environ.pop("QT_QPA_PLATFORM_PLUGIN_PATH", None)
    if platform is not None:
        os.environ["QT_QPA_PLATFORM"] = platform
    qInstallMessageHandler(_log_qt)
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    app = QApplication(sys.argv[:1])
    app.setApplicationName("Affectline")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("affectline")
    return app


def _log_qt(kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
    """Qt's own remarks (of plugins and sound servers, mostly) belong into a log, not on a terminal."""
    serious = kind in (QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg)
    logging.getLogger("qt").log(logging.ERROR if serious else logging.DEBUG, text)


class Application(QObject):
    """Everything behind one window. `close()` ends all threads and the child process.

    Args:
        settings: as they are to begin with.
        kept: whether changed settings are stored.
    """

    def __init__(self, settings: Settings, kept: bool = True, parent: QObject | None = None) -> None:
        super().__init__(parent)
        app = QApplication.instance()
        assert isinstance(app, QApplication), "qt_application() comes first"
        theme.apply(app, settings.theme)
        self._garbage = GarbageCollector(self)
        self.window = window = MainWindow()
        self.session = session = Session(settings.coder or person_here(), self)
        self.io, self.gpu = Lane("io", self), Lane("gpu", self)
        self.player = Player(self)
        self.queue = AnalysisQueue(self.gpu, choice_of(settings), parent=self)
        self.preferences = Preferences(window, settings, self.io, lambda: self.gpu.busy, kept)
        self.library = Library(
            session,
            window.library,
            self.player,
            self.queue,
            self.io,
            lambda: self.preferences.settings.analyse_on_adding,
        )
        self.coding = Coding(session)
        self.showing = Showing(session, window, self.player, self.io)
        self.persons = Persons(session, window, self.io)
        self.analysing = Analysing(session, window, self.queue, self.io, self.library)
        self.visiting = Visiting(session, window, self.player, self.library)
        self.reviewing = Reviewing(session, window, self.visiting, self.library, self.analysing, self.io)
        self.agreeing = Agreeing(session, window, self.visiting, self.library, self.analysing, self.io)
        self.files = Files(session, window, self.library, self.preferences, self.io, self._may_leave_project)
        self.retrainer = Retrainer(self.gpu, parent=self)
        now = lambda: self.preferences.settings  # noqa: E731
        self.revisions = Revisions(session, window, self.analysing, self.library, self.visiting, self.io, now)
        self.training = Training(session, window, self.retrainer, self.revisions, self.library, self.visiting, now)
        self._in_use: RevisionInUse | None = None
        self.commands = Commands(
            Parts(session, window, self.player, self.queue, self.library, self.coding, self.showing, self.files,
                  self.preferences, self.training)
        )  # fmt: skip
        self.menu = TimelineMenu(session, window)
        self._keep_volume = QTimer(self, singleShot=True, interval=VOLUME_RESTS_MS)
        self._keep_volume.timeout.connect(lambda: self.preferences.set("volume", self.player.volume))
        self._closed = False
        self._connect()
        self.preferences.take_effect()
        self.player.set_volume(settings.volume)
        window.transport.set_volume(settings.volume)
        window.restore_layout(settings.window)
        window.show_desk(False)

    def _connect(self) -> None:
        window, session, coding, run = self.window, self.session, self.coding, self.commands.run
        for teller in (session, self.preferences):
            teller.said.connect(window.status.say)
        session.undoable.connect(lambda text: window.status.say(text, "info", undo=True))
        window.closing.connect(self._on_closing)
        window.status.undo_clicked.connect(lambda: run("undo"))
        window.recent_chosen.connect(lambda path: self.files.open([path]))
        self.preferences.changed.connect(self._on_setting)
        transport = window.transport
        transport.start_requested.connect(lambda: run("start"))
        transport.end_requested.connect(lambda: run("end"))
        transport.step_requested.connect(self.player.step)
        transport.toggle_requested.connect(self.player.toggle)
        transport.loop_toggled.connect(lambda on: run("loop", on))
        transport.mute_toggled.connect(lambda muted: run("mute", muted))
        self.player.sound_note_changed.connect(transport.set_sound_note)
        transport.speed_chosen.connect(self.player.set_speed)
        transport.volume_changed.connect(self._set_volume)
        window.video.step_requested.connect(self.player.step)
        window.video.size_changed.connect(self.player.set_view_size)
        window.video.full_screen_requested.connect(window.actions_by_id["full_screen"].trigger)
        inspector = window.inspector
        inspector.note_changed.connect(coding.set_note)
        session.leaving.connect(inspector.commit_note)
        inspector.seen_in_changed.connect(coding.set_seen_in)
        inspector.interval_changed.connect(coding.move)
        inspector.emotion_changed.connect(coding.relabel)
        inspector.delete_requested.connect(coding.remove)
        inspector.label_clicked.connect(coding.label)
        timeline = window.timeline
        timeline.correction_clicked.connect(session.select_correction)
        timeline.correction_moved.connect(coding.move)
        timeline.marker_moved.connect(coding.move_marker)
        timeline.seek_requested.connect(lambda _time_s: session.select_correction(None))
        self.revisions.in_use_changed.connect(self._use_revision)
        self.queue.device_known.connect(self._on_device)
        session.analysis_changed.connect(self._show_stored_device)

    def show(self, paths: Iterable[Path] = ()) -> None:
        """Show the window, then open what was asked for: the window is there before anything else is loaded."""
        self.window.show()
        gc.freeze()  # what the program is made of stays; looking through it again would stop the window for 60 ms
        paths = tuple(paths)
        if paths:
            QTimer.singleShot(0, lambda: self.files.open(paths))

    @property
    def busy(self) -> bool:
        """Whether anything runs, or the picture asked for is still on its way."""
        return self.io.busy or self.gpu.busy or self.player.busy or self.retrainer.busy

    def _on_setting(self, key: str) -> None:
        settings = self.preferences.settings
        if key in ("model", "device", "feature_folder"):
            self._choose()
        elif key == "coder" and settings.coder:
            self.session.set_coder(settings.coder)
        elif key == "volume":
            self.player.set_volume(settings.volume)

    def _use_revision(self, revision: RevisionInUse | None) -> None:
        self._in_use = revision
        self._choose()

    def _choose(self) -> None:
        """What is analysed from now on is answered by the project's current revision."""
        self.queue.use(replace(choice_of(self.preferences.settings), revision=self._in_use))

    def _on_device(self, name: str, reason: str) -> None:
        self.preferences.device = (name, reason)
        self.window.status.set_device(name, reason)

    def _show_stored_device(self) -> None:
        """Until the model is loaded, the device that the stored analysis came from."""
        analysis = self.session.analysis
        if analysis is not None and self.queue.device is None:
            self.window.status.set_device(analysis.device, "This analysis was computed on it")

    def _set_volume(self, volume: float) -> None:
        self.player.set_volume(volume)
        self._keep_volume.start()  # once the slider rests

    def _on_closing(self, event: QCloseEvent) -> None:
        if self._may_stop("Close Affectline?", "Stop and close", self._what_would_stop()):
            self.close()
        else:
            event.ignore()

    def _may_leave_project(self) -> bool:
        """Whether another project may take the place of this one, after asking where a training would be lost."""
        return self._may_stop("Leave this project?", "Stop and leave", self._training_lost())

    def _may_stop(self, title: str, stopping: str, lost: str) -> bool:
        """Ask before something is lost; where nothing would be, nothing is asked."""
        stay, leave = Answer("Stay", "cancel"), Answer(stopping, "destroy")
        return not lost or dialogs.ask(self.window, title, lost, (stay, leave)) is leave

    def _training_lost(self) -> str:
        running = "A training is running. It would be lost; the current revision and all corrections stay."
        return running if self.retrainer.running else ""

    def _what_would_stop(self) -> str:
        """What closing the window would cut short; empty where nothing runs."""
        said = [lost] if (lost := self._training_lost()) else []
        if any(state.kind in ("analysing", "waiting") for state in self.queue.states().values()):
            said.append("An analysis is running. What is stored stays; the video it is at will start again next time.")
        return " ".join(said)

    def close(self) -> None:
        """Let everything go: nothing that runs can hold the process."""
        if self._closed:
            return
        self._closed = True
        self.window.inspector.commit_note()
        self.preferences.keep_window(self.window.layout_state())
        self.player.close()
        self.analysing.finish_storing()
        self.retrainer.close()
        ended = {lane.name: lane.close(CLOSE_WAIT_S) for lane in (self.gpu, self.io)}
        self.queue.close()
        if ended[self.io.name]:  # else it still uses the connections
            self.analysing.close()
        for name in (name for name, over in ended.items() if not over):
            log.warning("the lane %s was still busy when the window closed", name)
        self.session.set_project(None)
        self._garbage.close()


def choice_of(settings: Settings) -> AnalyserChoice:
    """What analyses run with, by the settings."""
    return AnalyserChoice(settings.model, settings.device, settings.features)


def own_up(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What nobody can act on is ours: told, logged, and the window stays."""
    if isinstance(error, AffectlineError):  # such as a disk that was pulled out
        log.warning("not told where it happened", exc_info=(kind, error, trace))
        text = sentence(error)
    else:
        log.error("unexpected error", exc_info=(kind, error, trace))
        text = f"this is a bug in affectline: {kind.__name__}: {error}. Nothing stored is lost"
    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, MainWindow):
            widget.status.say(text, "error")


def run_window(paths: tuple[Path, ...]) -> int:
    """Open the window on files and stay until it is closed; the exit code."""
    app = qt_application()
    sys.excepthook = own_up
    settings, complaints = read_settings()
    application = Application(settings)
    if settings.last_folder:
        dialogs.remember_folder(Path(settings.last_folder))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _frame: app.exit(128 + number))
    hearing = QTimer(interval=SIGNALS_MS)
    hearing.timeout.connect(lambda: None)
    hearing.start()
    application.show(paths)
    QTimer.singleShot(WARM_UP_MS, application.queue.warm_up)
    for complaint in complaints:
        application.window.status.say(complaint, "warning")
    code = int(app.exec())
    application.close()
    return code
