"""What is seen of the open video: picture, boxes, curves, readings and labels, each when it changes."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import partial

import numpy as np
from PySide6.QtCore import QObject

from app.inspection import reading_at
from app.jobs.lanes import Cancelled, Lane
from app.player.player import Player
from app.player.values import Shown
from app.project.values import Correction
from app.session.navigation import segment_at
from app.session.session import Interval, Session
from app.timeline.disagreement import Disagreement, disagreement
from app.timeline.values import Selection, ShownPerson
from app.views.main_window import MainWindow
from app.views.video_view import FaceBox
from engine.values import Analysis, FrameTrack, FusedTrack, MediaInfo, Person, Track


class Showing(QObject):
    """Keeps the window's panels in step with the session and the player."""

    def __init__(self, session: Session, window: MainWindow, player: Player, io: Lane) -> None:
        super().__init__(session)
        self._session, self._window, self._player, self._io = session, window, player, io
        self.disagreement: Disagreement | None = None
        self._shown_s = 0.0
        player.opened.connect(self._on_opened)
        player.failed.connect(self._on_failed)
        player.frame_changed.connect(self._on_frame)
        player.position_changed.connect(self._on_position)
        player.playing_changed.connect(window.transport.set_playing)
        player.speed_changed.connect(window.transport.set_speed)
        session.medium_changed.connect(self._on_medium)
        session.analysis_changed.connect(self._on_analysis)
        session.people_changed.connect(self._on_people)
        session.person_changed.connect(self._on_person)
        session.records_changed.connect(self._on_records)
        session.interval_changed.connect(self._on_interval)
        session.correction_changed.connect(self._on_correction)
        session.blind_changed.connect(self._on_blind)
        timeline = window.timeline
        timeline.seek_requested.connect(player.seek)
        timeline.scrubbing.connect(player.scrub)
        timeline.scrub_ended.connect(player.seek)
        for wanted in (timeline.seek_requested, timeline.scrubbing, timeline.scrub_ended):
            wanted.connect(self._look_without_picture)
        timeline.selection_changed.connect(self._on_selected)
        window.video.person_clicked.connect(session.set_person)

    # A video

    def _on_medium(self) -> None:
        window, session = self._window, self._session
        self._shown_s = 0.0
        window.timeline.clear()
        window.video.set_overlay(())
        window.inspector.set_reading(None, "", 0.0)
        if session.medium is not None:
            window.timeline.set_media(session.medium.duration_s, _NONE, _NONE)
        if session.medium is None:
            window.video.set_message("No video is open", "Double-click one in the library, or drop files here")
            window.transport.set_duration(None)
        elif session.path is None:
            window.video.set_message(
                "This video is not where it was", f"{session.medium.path} — press Find… in the library"
            )
            window.transport.set_duration(None)
        else:
            window.video.set_message("Opening", session.path.name)

    def _on_opened(self, info: MediaInfo) -> None:
        window = self._window
        window.transport.set_duration(info.duration_s)
        window.timeline.set_media(info.duration_s, self._player.frame_times_s, self._cuts())
        if self._session.analysis is not None:
            self._on_analysis()
            self._on_people()
        self._on_records()

    def _on_failed(self, text: str) -> None:
        shown = self._player.media_info is not None
        self._window.video.set_message("This video cannot be shown", text, over_picture=shown)
        self._session.said.emit(text, "error")

    def _on_frame(self, shown: Shown) -> None:
        self._window.video.set_frame(shown)
        self._shown_s = shown.time_s
        if shown.exact:  # else a picture nearby stands in, and what is said is about the moment that was asked for
            self._on_position(shown.time_s)
        self._show_moment()

    def _on_position(self, time_s: float) -> None:
        self._session.time_s = time_s
        self._window.transport.set_time(time_s, self._player.frame_index)
        self._window.timeline.set_playhead(time_s)

    def _look_without_picture(self, time_s: float) -> None:
        """What is known of a moment can be read even where the video cannot be shown."""
        if self._player.media_info is None and self._session.medium is not None:
            self._session.time_s = self._shown_s = time_s
            self._window.timeline.set_playhead(time_s)
            self._show_moment()

    # An analysis

    def _on_analysis(self) -> None:
        analysis = self._session.analysis
        timeline = self._window.timeline
        self.disagreement = None
        if analysis is None:
            return
        timeline.set_media(analysis.media.duration_s, self._player.frame_times_s, self._cuts())
        timeline.set_analysed_until(None)
        timeline.set_gaps(analysis.gaps)
        model = f"{analysis.bundle.name} {analysis.bundle.revision}"
        timeline.set_revision_text(model)
        self._window.status.set_model(model, f"Bundle {analysis.bundle.sha256[:12]}, profile {analysis.bundle.profile}")

    def _cuts(self) -> np.ndarray:
        analysis = self._session.analysis
        gaps = analysis.gaps if analysis is not None else ()
        return np.array([gap.start_s for gap in gaps if gap.kind == "cut"])

    def _on_people(self) -> None:
        self._show_moment()

    def _on_person(self) -> None:
        session, timeline = self._session, self._window.timeline
        analysis = session.analysis
        if analysis is None:
            timeline.set_person(None)
            return
        person = session.shown_person
        timeline.set_person(shown_person(analysis, person, session.name_of(session.person)))
        self._show_disagreement(None)
        if person is not None:
            self._io.submit(partial(_compare, person, analysis), urgent=True, on_done=partial(self._compared, person))
        self._on_records()
        self._show_moment()

    def _compared(self, person: Person, found: Disagreement) -> None:
        if self._session.shown_person is person:
            self._show_disagreement(found)

    def _show_disagreement(self, found: Disagreement | None) -> None:
        self.disagreement = found
        timeline = self._window.timeline
        if found is None:
            timeline.set_disagreement(_NONE, _NONE, _NONE, ())
        else:
            amount = found.amount.astype(np.float64)
            timeline.set_disagreement(found.start_s, found.end_s, amount, found.decided)

    # Labels

    def _on_records(self) -> None:
        session, timeline = self._session, self._window.timeline
        people = tuple((person.id, session.name_of(person.id)) for person in session.people)
        timeline.set_corrections(session.corrections, session.coder, people, session.blind)
        timeline.set_markers(
            [marker for marker in session.markers if not session.blind or marker.coder == session.coder]
        )
        self._show_counts()
        timeline.set_epochs(session.epochs)
        self._show_moment()

    def _show_counts(self) -> None:
        """How far the labelling is: how many uncertain segments hold no label of this coder yet."""
        session = self._session
        if session.medium is None:
            self._window.status.set_counts(None)
            return
        own, uncertain = session.own_corrections, None
        if session.analysis is not None and not session.blind:
            uncertain = sum(_unlabelled(person, own) for person in session.people)
        self._window.status.set_counts(len(own), uncertain)

    def _on_interval(self) -> None:
        interval = self._session.interval
        if interval is None:
            self._window.timeline.clear_selection()
        else:
            self._window.timeline.set_selection(interval.start_s, interval.end_s, interval.person, "fused")

    def _on_selected(self, selection: Selection | None) -> None:
        session = self._session
        session.select_correction(None)
        if selection is None:
            session.set_interval(None)
            return
        session.set_interval(Interval(selection.start_s, selection.end_s, selection.person))

    def _on_correction(self) -> None:
        correction = self._session.correction
        self._window.timeline.set_selected_correction(correction.id if correction is not None else None)
        self._window.inspector.set_correction(correction)

    def _on_blind(self) -> None:
        self._window.timeline.set_blind(self._session.blind)
        self._window.inspector.set_blind(self._session.blind)
        self._on_records()

    # A moment

    def _show_moment(self) -> None:
        """Boxes and readings at the frame that is shown."""
        session, time_s = self._session, self._shown_s
        self._window.video.set_overlay(self._boxes(time_s) if session.path is not None else ())
        reading = None
        if session.analysis is not None:
            reading = reading_at(session.analysis, session.shown_person, time_s, self._player.frame_times_s)
        self._window.inspector.set_reading(reading, session.name_of(session.person), time_s)

    def _boxes(self, time_s: float) -> tuple[FaceBox, ...]:
        return tuple(box for person in self._session.people if (box := self._box(person, time_s)) is not None)

    def _box(self, person: Person, time_s: float) -> FaceBox | None:
        times_s = person.frames.time_s
        row = int(np.searchsorted(times_s, time_s + 1e-6, side="right")) - 1
        if row < 0 or abs(float(times_s[row]) - time_s) > 1e-4:
            return None
        session = self._session
        said = self._said(person, time_s)
        x, y, width, height = (float(part) for part in person.frames.box[row])
        emotion, confidence, uncertain = said if said is not None else (None, 0.0, False)
        return FaceBox(
            person.id, session.name_of(person.id), (x, y, width, height), emotion, confidence, uncertain,
            person.id == session.person,
        )  # fmt: skip

    def _said(self, person: Person, time_s: float) -> tuple[str, float | None, bool] | None:
        """What holds of a person now: the coder's own label, or the prediction where that may be seen."""
        session = self._session
        own = next((c for c in session.own_corrections if _holds(c, person.id, time_s)), None)
        if own is not None:  # who looked and could not say is not told either
            return (own.emotion, None, False) if own.emotion is not None else None
        if session.blind:
            return None
        segment = segment_at(person.segments, time_s)
        return (segment.emotion, segment.confidence, segment.uncertain) if segment is not None else None


def _compare(person: Person, analysis: Analysis, _cancelled: Cancelled) -> Iterator[Disagreement]:
    yield disagreement(person, analysis.seconds)


def shown_person(analysis: Analysis, person: Person | None, name: str) -> ShownPerson:
    """What the branch lanes show of a person; of the scene, the voice and what was fused while nobody was in view."""
    if person is None:
        return ShownPerson(
            None, name, _NO_FRAMES, _NO_SLICES, analysis.seconds, _NO_FUSED, (), analysis.unseen,
            analysis.unseen_segments,
        )  # fmt: skip
    return ShownPerson(
        person.id, name, person.frames, person.slices, analysis.seconds, person.fused, person.segments,
        analysis.unseen, analysis.unseen_segments,
    )  # fmt: skip


def _unlabelled(person: Person, corrections: Iterable[Correction]) -> int:
    """How many uncertain segments hold no label yet. A coder's labels of one person are in order and never overlap."""
    said = [correction for correction in corrections if correction.person == person.id]
    starts_s = [correction.start_s for correction in said]
    count = 0
    for segment in person.segments:
        middle_s = (segment.start_s + segment.end_s) / 2
        place = bisect_right(starts_s, middle_s) - 1
        count += segment.uncertain and not (place >= 0 and middle_s < said[place].end_s)
    return count


def _holds(correction: Correction, person: str, time_s: float) -> bool:
    return correction.person == person and correction.start_s <= time_s < correction.end_s


_NONE = np.zeros(0)
_NO_ROWS = np.zeros((0, 7), np.float32)
_NO_FRAMES = FrameTrack(_NONE, np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, bool), _NO_ROWS)
_NO_SLICES = Track(_NONE, _NONE, _NO_ROWS)
_NO_FUSED = FusedTrack(_NONE, _NONE, _NO_ROWS, _NO_ROWS, ())
