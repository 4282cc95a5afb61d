"""What each action of the table does. Every id of the table is here, and nothing else is: a test says so."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject

from app import actions
from app.action_table import LANE_TITLES
from app.actions import State
from app.jobs.analyses import AnalysisQueue
from app.player.player import Player
from app.player.values import SPEEDS
from app.project.values import Edit
from app.session.coding import Coding
from app.session.files import Files
from app.session.jumps import Jumps
from app.session.library import Library
from app.session.preferences import Preferences
from app.session.session import Session
from app.session.showing import Showing
from app.session.training import Training
from app.timeline.clock import clock_text, parse_clock
from app.timeline.values import LaneLayout
from app.views import dialogs
from app.views.main_window import MainWindow
from app.views.typing_keys import TypingKeys
from engine.emotions import EMOTIONS

Done = Callable[[bool], object]


@dataclass(frozen=True, slots=True)
class Parts:
    """Whom commands speak to."""

    session: Session
    window: MainWindow
    player: Player
    queue: AnalysisQueue
    library: Library
    coding: Coding
    showing: Showing
    files: Files
    preferences: Preferences
    training: Training


class Commands(QObject):
    """Runs actions and keeps them switched on and off."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts.session)
        self._parts = parts
        self._jumps = Jumps(parts.session, parts.coding, parts.player, parts.showing, parts.window.timeline)
        self.table: dict[str, Done] = {**self._file(), **self._edit(), **self._play(), **self._view(), **self._label(),
                                       **self._model(), **self._help()}  # fmt: skip
        TypingKeys(parts.window)
        parts.window.triggered.connect(self.run)
        session = parts.session
        for changed in (
            session.project_changed, session.medium_changed, session.analysis_changed, session.people_changed,
            session.person_changed, session.records_changed, session.interval_changed, session.correction_changed,
            session.blind_changed, parts.player.frame_changed, parts.queue.idle, parts.queue.state_changed,
            parts.training.changed,
        ):  # fmt: skip
            changed.connect(self.refresh)
        session.medium_changed.connect(partial(self._show_loop, False))
        session.project_changed.connect(self._ready_for_keys)
        parts.window.library.opened.connect(self._ready_for_keys)
        parts.window.side.currentChanged.connect(self._show_tab)
        self._state: State | None = None
        self.refresh()

    def run(self, action_id: str, checked: bool = False) -> None:
        """Do what an action says."""
        self.table[action_id](checked)
        self.refresh()

    def refresh(self) -> None:
        """Switch actions on and off where something changed."""
        state = self.state()
        if state == self._state:
            return
        self._state = state
        self._parts.window.set_reasons(lambda action: actions.why_not(action, state))
        self._parts.window.inspector.set_label_reason(actions.why_not(actions.BY_ID["label.happy"], state) or "")
        shown = self._parts.window.actions_by_id
        session = self._parts.session  # in blind mode the name of an edit would tell what another coder said
        undo, redo = (None, None) if session.blind else (session.undo_name, session.redo_name)
        shown["undo"].setText(f"Undo {undo}" if undo else "Undo")
        shown["redo"].setText(f"Redo {redo}" if redo else "Redo")

    def state(self) -> State:
        """What there is to act on."""
        session, project, coding = self._parts.session, self._parts.session.project, self._parts.coding
        subject, chosen = coding.subject, session.correction
        return State(
            project=project is not None,
            read_only=session.why_read_only,
            video=session.medium is not None and session.path is not None,
            no_sound=self._parts.player.sound_note or "",
            analysis=session.analysis is not None,
            blind=session.blind,
            range=session.interval is not None,
            selection=session.interval is not None or chosen is not None,
            segment=coding.predicted is not None,
            correction=subject is not None,
            theirs=chosen.coder if chosen is not None and subject is None else "",
            splittable=coding.splittable() is not None,
            mergeable=subject is not None and coding.neighbour(subject) is not None,
            people=len(session.people),
            undo=session.undo_name,
            redo=session.redo_name,
            job=any(state.kind in ("analysing", "waiting") for state in self._parts.queue.states().values()),
            no_lessons=self._parts.training.why_not,
            learning=self._parts.training.running,
            candidate=self._parts.training.candidate is not None,
        )

    # Menus

    def _file(self) -> dict[str, Done]:
        files = self._parts.files
        return {
            "new_project": lambda _: files.new_project(),
            "open": lambda _: files.open_dialog(),
            "open_recent": lambda _: None,
            "add_videos": lambda _: files.add_dialog(),
            "save_copy": lambda _: files.save_copy(),
            "export_json": lambda _: files.export("json"),
            "export_csv": lambda _: files.export("csv"),
            "settings": lambda _: self._parts.preferences.show_dialog(),
            "close": lambda _: files.close(),
            "quit": lambda _: self._parts.window.close(),
        }

    def _edit(self) -> dict[str, Done]:
        coding, session = self._parts.coding, self._parts.session
        return {
            "undo": lambda _: self._go_to_edit(session.undo()),
            "redo": lambda _: self._go_to_edit(session.redo()),
            "split": lambda _: coding.split(),
            "merge": lambda _: coding.merge(),
            "delete": lambda _: coding.delete(),
            "clear_selection": lambda _: coding.clear(),
            "find": lambda _: self._parts.window.library.focus_search(),
        }

    def _play(self) -> dict[str, Done]:
        player = self._parts.player
        return {
            "play": lambda _: player.toggle(),
            "play_selection": lambda _: self._play_interval(0.0),
            "play_around": lambda _: self._play_interval(self._parts.preferences.settings.around_s),
            "loop": self._loop,
            "previous_frame": lambda _: player.step(-1),
            "next_frame": lambda _: player.step(1),
            "back_second": lambda _: player.seek(player.time_s - 1),
            "forward_second": lambda _: player.seek(player.time_s + 1),
            "start": lambda _: player.seek(0.0),
            "end": lambda _: player.seek(self._end_s()),
            "go_to_time": lambda _: self._go_to_time(),
            "shuttle_back": lambda _: player.shuttle(-1),
            "shuttle_stop": lambda _: player.pause(),
            "shuttle_forward": lambda _: player.shuttle(1),
            "slower": lambda _: self._speed(-1),
            "faster": lambda _: self._speed(1),
            "normal_speed": lambda _: player.set_speed(1.0),
            "mute": self._mute,
        }

    def _view(self) -> dict[str, Done]:
        window, preferences = self._parts.window, self._parts.preferences
        timeline = window.timeline
        table: dict[str, Done] = {
            "zoom_in": lambda _: timeline.zoom_in(),
            "zoom_out": lambda _: timeline.zoom_out(),
            "zoom_all": lambda _: timeline.zoom_all(),
            "zoom_selection": lambda _: self._zoom_interval(),
            "lanes_reset": lambda _: preferences.set("lanes", LaneLayout().to_dict()),
            "sound.waveform": lambda _: preferences.set("sound_lane", "waveform"),
            "sound.mel": lambda _: preferences.set("sound_lane", "mel"),
            "frame.curves": lambda _: preferences.set("frame_lane", "curves"),
            "frame.heat": lambda _: preferences.set("frame_lane", "heat"),
            "snap": lambda on: preferences.set("snap", on),
            "overlays": lambda on: preferences.set("overlays", on),
            "blind": self._parts.session.set_blind,
            "review": window.show_review,
            "training": window.show_training,
            "agreement": window.show_agreement,
            "theme.system": lambda _: preferences.set("theme", "system"),
            "theme.light": lambda _: preferences.set("theme", "light"),
            "theme.dark": lambda _: preferences.set("theme", "dark"),
            "full_screen": lambda on: window.showFullScreen() if on else window.showNormal(),
        }
        for name in LANE_TITLES:
            table[f"lane.{name}"] = partial(preferences.show_lane, name)
        return table

    def _label(self) -> dict[str, Done]:
        coding, jumps = self._parts.coding, self._jumps
        table: dict[str, Done] = {f"label.{name}": partial(self._say, name) for name in EMOTIONS}
        return table | {
            "label.unsure": partial(self._say, None),
            "accept": lambda _: coding.accept(),
            "accept_above": lambda _: self._accept_above(),
            "mark_in": lambda _: coding.mark_in(),
            "mark_out": lambda _: coding.mark_out(),
            "commit": lambda _: coding.commit(),
            "seen_in.face": lambda _: coding.set_seen("face"),
            "seen_in.voice": lambda _: coding.set_seen("voice"),
            "seen_in.both": lambda _: coding.set_seen("both"),
            "note": lambda _: self._note(),
            "marker": lambda _: self._marker(),
            "epoch": lambda _: self._epoch(),
            "previous_segment": lambda _: jumps.to_segment(-1),
            "next_segment": lambda _: jumps.to_segment(1),
            "previous_uncertain": lambda _: jumps.to_uncertain(-1),
            "next_uncertain": lambda _: jumps.to_uncertain(1),
            "previous_disagreement": lambda _: jumps.to_disagreement(-1),
            "next_disagreement": lambda _: jumps.to_disagreement(1),
            "previous_person": lambda _: jumps.to_person(-1),
            "next_person": lambda _: jumps.to_person(1),
            "coder": lambda _: self._coder(),
        }

    def _model(self) -> dict[str, Done]:
        library, training = self._parts.library, self._parts.training
        return {
            "learn": lambda _: training.learn(),
            "cancel_learning": lambda _: training.cancel(),
            "keep_revision": lambda _: training.keep(),
            "discard_revision": lambda _: training.discard(),
            "revisions": lambda _: training.revisions.show(),
            "analyse": lambda _: library.analyse_open(),
            "analyse_all": lambda _: library.analyse_all(),
            "cancel": lambda _: self._parts.queue.cancel_all(),
            "choose_model": lambda _: self._parts.preferences.show_dialog("Model and device"),
            "doctor": lambda _: self._parts.preferences.show_doctor(),
        }

    def _help(self) -> dict[str, Done]:
        preferences = self._parts.preferences
        return {
            "keys": lambda _: preferences.show_keys(),
            "guide": lambda _: preferences.show_guide(),
            "about": lambda _: preferences.show_about(),
        }

    # What takes more than a line

    def _ready_for_keys(self, _media_id: str = "") -> None:
        """Letters and digits are meant for the timeline once something is open, not for the field that comes first."""
        if self._parts.session.project is not None:
            self._parts.window.timeline.setFocus()

    def _say(self, emotion: str | None, _checked: bool = False) -> None:
        self._parts.coding.label(emotion)

    def _go_to_edit(self, edit: Edit | None) -> None:
        """After undo and redo, look at what changed, and select the label that came of it."""
        self._parts.files.show_edit(edit)
        session = self._parts.session
        own = {correction.id for correction in session.own_corrections}
        came = [record.id for record in edit.added if record.id in own] if edit is not None else []
        if len(came) == 1:
            session.select_correction(came[0])

    def _span(self) -> tuple[float, float] | None:
        session = self._parts.session
        held = session.correction or session.interval
        return (held.start_s, held.end_s) if held is not None else None

    def _play_interval(self, around_s: float) -> None:
        span = self._span()
        if span is not None:
            self._parts.player.play_range(max(0.0, span[0] - around_s), span[1] + around_s)

    def _loop(self, on: bool) -> None:
        span = self._span() or (0.0, self._end_s())
        self._parts.player.set_loop(*(span if on else (None, None)))
        self._show_loop(on)

    def _show_loop(self, on: bool) -> None:
        self._parts.window.transport.set_loop(on)
        self._parts.window.actions_by_id["loop"].setChecked(on)

    def _mute(self, muted: bool) -> None:
        self._parts.player.set_muted(muted)
        self._show_muted(muted)

    def _show_muted(self, muted: bool) -> None:
        self._parts.window.transport.set_volume(self._parts.player.volume, muted)
        self._parts.window.actions_by_id["mute"].setChecked(muted)

    def _show_tab(self, _place: int) -> None:
        window = self._parts.window
        shown = (("review", window.review), ("training", window.training), ("agreement", window.agreement))
        for action_id, panel in shown:
            window.actions_by_id[action_id].setChecked(window.side.currentWidget() is panel)

    def _end_s(self) -> float:
        return self._parts.player.end_s

    def _speed(self, by: int) -> None:
        player = self._parts.player
        nearest = min(range(len(SPEEDS)), key=lambda at: abs(SPEEDS[at] - abs(player.speed)))
        player.set_speed(SPEEDS[min(max(nearest + by, 0), len(SPEEDS) - 1)])

    def _zoom_interval(self) -> None:
        span = self._span()
        if span is not None:
            self._parts.window.timeline.zoom_to(*span)

    def _go_to_time(self) -> None:
        window = self._parts.window
        text = dialogs.ask_text(
            window, "Go to time", "Time, such as 83.5 or 1:23.5:", clock_text(self._parts.session.time_s)
        )
        if text is None:
            return
        time_s = parse_clock(text)
        if time_s is None:
            self._parts.session.said.emit(f"“{text}” is no time: write seconds (83.5) or a clock (1:23.5)", "warning")
        else:
            self._parts.player.seek(min(time_s, self._end_s()))

    def _accept_above(self) -> None:
        settings = self._parts.preferences.settings
        least = dialogs.ask_number(
            self._parts.window, "Accept all above", "Accept this person's segments from this confidence on:",
            settings.accept_above, 0.5, 1.0,
        )  # fmt: skip
        if least is not None:
            self._parts.preferences.set("accept_above", least)
            self._parts.coding.accept_all(least)

    def _note(self) -> None:
        """Of the selected label or the one under the playhead, which is then selected, so that its note is in view."""
        subject = self._parts.coding.subject
        if subject is not None:
            self._parts.session.select_correction(subject.id)
            self._parts.window.show_review(False)
            self._parts.window.inspector.focus_note()

    def _marker(self) -> None:
        self._parts.coding.add_marker()

    def _epoch(self) -> None:
        name = dialogs.ask_text(self._parts.window, "Epoch", "Name of this range, such as a condition:")
        if name:
            self._parts.coding.add_epoch(name)

    def _coder(self) -> None:
        session = self._parts.session
        known = session.project.coders() if session.project is not None else ()
        name = dialogs.ask_text(
            self._parts.window, "Coder", "Who is labelling (choose, or type a new name):", session.coder, known
        )
        if name:
            self._parts.preferences.set("coder", name)
            session.set_coder(name)
