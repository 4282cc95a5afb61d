"""The timeline: what is shown comes in by setters, what a person does goes out by signals."""

import time
from collections.abc import Sequence
from typing import Final

import numpy as np
from PySide6.QtCore import QPoint, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QScrollBar, QWidget

from app.project.values import Correction, Epoch, Marker
from app.timeline.axis import Axis
from app.timeline.partial import PartialResults
from app.timeline.values import LANES, FrameMode, Hit, LaneLayout, LaneName, Selection, ShownPerson, Sound, SoundMode
from app.views.timeline.answers import Agreement, Answers, LatelyShown, Rival, Segments
from app.views.timeline.canvas import Band, Canvas
from app.views.timeline.drags import SNAP_PX
from app.views.timeline.gestures import Gestures
from app.views.timeline.lanes_menu import LanesMenu
from app.views.timeline.scene import Scene
from engine.values import F64, Gap, Part, Segment

BRANCH_LANES: Final = ("frame", "slice", "voice", "fused", "agreement")
ZOOM_A_KEY: Final = 1.6
PARTS_EVERY_MS: Final = 200
PARTS_SHARE: Final = 10
"""Putting parts together takes at most one part in this many of the time."""
LINES_A_NOTCH: Final = 3.0


class TimelineView(QWidget):
    """All lanes on one axis of media time.

    Signals:
        seek_requested: a click; media seconds.
        scrubbing, scrub_ended: while the playhead is dragged, and where it was let go.
        selection_changed: a `Selection`, or None when it was given up.
        correction_clicked: its id.
        correction_moved: id, new start and end, once an end or the whole was let go.
        segment_clicked: an `engine.values.Segment` and whose it is (None: the scene).
        marker_clicked, epoch_clicked: the id. marker_moved: id and new time.
        range_changed: start and end of what is in view.
        context_menu: a `Hit` and a point of the screen.
        lane_layout_changed: a `LaneLayout` that a person made; modes_changed: sound mode and frame mode likewise.
    """

    seek_requested = Signal(float)
    scrubbing = Signal(float)
    scrub_ended = Signal(float)
    selection_changed = Signal(object)
    correction_clicked = Signal(str)
    correction_moved = Signal(str, float, float)
    segment_clicked = Signal(object, object)
    marker_clicked = Signal(str)
    marker_moved = Signal(str, float)
    epoch_clicked = Signal(str)
    range_changed = Signal(float, float)
    context_menu = Signal(object, QPoint)
    lane_layout_changed = Signal(object)
    modes_changed = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scene = Scene()
        self.canvas = Canvas(self.scene, self)
        self._bar = QScrollBar()
        self._bar.setAccessibleName("Scroll the lanes")
        self._bar.valueChanged.connect(self.canvas.set_scroll)
        self._snaps = True
        self._parts = PartialResults()
        self._lately = LatelyShown()
        self._parts_timer = QTimer(self, singleShot=True, interval=PARTS_EVERY_MS)
        self._parts_timer.timeout.connect(self._show_parts)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.canvas)
        layout.addWidget(self._bar)
        self.canvas.content_changed.connect(self._fit_bar)
        self._gestures = Gestures(self)
        self.setFocusProxy(self.canvas)
        self.setAccessibleName("Timeline")
        self.setAccessibleDescription("Lanes of answers and corrections over the time of the video")
        self.canvas.arrange()

    # What is shown: the video

    def set_media(self, duration_s: float, frame_times_s: F64 | Sequence[float], cuts_s: F64 | Sequence[float]) -> None:
        """Another video, or more that is known of this one: the view goes back to all of it if the length changed."""
        scene = self.scene
        changed = duration_s != scene.duration_s
        scene.duration_s = duration_s
        scene.frame_times_s, scene.cuts_s = np.asarray(frame_times_s, np.float64), np.asarray(cuts_s, np.float64)
        scene.landmarks = None
        if changed:
            scene.playhead_s, scene.selection = 0.0, None
            self.show_axis(Axis.whole(duration_s, self.canvas.lanes_px))
        self.canvas.invalidate()
        self.canvas.arrange()

    def clear(self) -> None:
        """Nothing is open. How the lanes are laid out and shown stays."""
        kept = self.scene
        fresh = Scene(sound_mode=kept.sound_mode, frame_mode=kept.frame_mode, blind=kept.blind, coder=kept.coder)
        self.scene = self.canvas.scene = fresh
        self._parts, self._lately = PartialResults(), LatelyShown()
        self._parts_timer.stop()
        self.canvas.set_hover(None, None)
        self.show_axis(Axis.whole(0.0, self.canvas.lanes_px))
        self._changed()

    def set_gaps(self, gaps: Sequence[Gap]) -> None:
        """What is missing where, of all people; cuts come with `set_media`."""
        self.scene.all_gaps = tuple(gap for gap in gaps if gap.kind != "cut")
        self.scene.sort_gaps()
        self.canvas.invalidate("gaps", "voice")

    def set_sound(self, picture: Sound | None, note: str) -> None:
        """The waveform and spectrogram, and what there is to say of the sound."""
        self.scene.sound, self.scene.sound_note = picture, note
        self.canvas.invalidate("sound")

    # What is shown: answers

    def set_person(self, person: ShownPerson | None) -> None:
        """Whose answers the branch lanes show; None shows nobody's, or what a running analysis has so far."""
        scene = self.scene
        scene.person = person
        if person is not None:
            self._parts = PartialResults()
            scene.answers = self._lately.answers(person)
        else:
            scene.answers, scene.agreement = None, None
            self._show_parts()
        scene.sort_gaps()
        self._changed()

    def append_part(self, part: Part) -> None:
        """New rows of a running analysis. They are drawn a few times a second, as long as no person is shown."""
        self._parts.append(part)
        if not self._parts_timer.isActive():
            self._parts_timer.start()

    def set_analysed_until(self, time_s: float | None) -> None:
        """How far a running analysis has come; None when none runs."""
        if time_s != self.scene.analysed_until_s:
            self.scene.analysed_until_s = time_s
            self.canvas.invalidate("overview", *BRANCH_LANES)

    def set_disagreement(
        self, start_s: F64 | Sequence[float], end_s: F64 | Sequence[float], amount: F64 | Sequence[float],
        decided: Sequence[str],
    ) -> None:  # fmt: skip
        """Per window of the person shown: how much the branches disagree (0..1), and which decided."""
        times = np.asarray(start_s, np.float64), np.asarray(end_s, np.float64)
        self.scene.agreement = Agreement.of(*times, np.asarray(amount, np.float64), tuple(decided))
        self.canvas.invalidate("agreement")

    def set_revision_text(self, text: str) -> None:
        """Which model answered: below the heading of the fused lane."""
        self.scene.revision_text = text
        self.canvas.invalidate("fused")

    def set_rival(self, text: str, segments: Sequence[Segment] = (), unseen: Sequence[Segment] = ()) -> None:
        """What another revision says of the person shown, below what the current one says; no text takes it away."""
        had = self.scene.rival is not None
        self.scene.rival = Rival(text, Segments.of(segments), Segments.of(unseen)) if text else None
        self.canvas.invalidate("fused")
        if had != bool(text):
            self.canvas.arrange()

    # What is shown: what people said

    def set_corrections(
        self, corrections: Sequence[Correction], coder: str, people: Sequence[tuple[str, str]], blind: bool
    ) -> None:
        """All corrections of the video; `people` are ids and names in the order of their lanes."""
        scene = self.scene
        blind_changed = blind != scene.blind
        scene.corrections, scene.coder, scene.people = tuple(corrections), coder, tuple(people)
        scene.blind = blind
        scene.landmarks = None
        scene.sort_corrections()
        self.canvas.invalidate(*(() if blind_changed else ("corrections", "overview")))
        self.canvas.arrange()

    def set_blind(self, blind: bool) -> None:
        """Hide predictions and what other coders said."""
        self.set_corrections(self.scene.corrections, self.scene.coder, self.scene.people, blind)

    def set_markers(self, markers: Sequence[Marker]) -> None:
        """All markers of the video."""
        self.scene.markers = tuple(markers)
        self._events_changed()

    def set_epochs(self, epochs: Sequence[Epoch]) -> None:
        """All epochs of the video."""
        self.scene.epochs = tuple(epochs)
        self._events_changed()

    def set_selected_correction(self, correction_id: str | None) -> None:
        """The correction with the border and the handles."""
        if correction_id != self.scene.selected_correction:
            self.scene.selected_correction = correction_id
            self.canvas.invalidate("corrections")

    # What is shown: playhead, selection, view

    def set_playhead(self, time_s: float) -> None:
        """Move it; the view turns the page when it runs out of view, and follows a jump.

        A person who has scrolled away from a running playhead is left alone.
        """
        before_s, axis = self.scene.playhead_s, self.canvas.axis
        if time_s == before_s:
            return
        self.canvas.move_playhead(time_s)
        self.show_axis(axis.following(before_s, time_s))

    def set_selection(self, start_s: float, end_s: float, person: str | None, lane: str) -> None:
        """Select a range; tells nobody."""
        self.show_selection(Selection(start_s, end_s, person, lane))

    def clear_selection(self) -> None:
        """Select nothing; tells nobody."""
        self.show_selection(None)

    def set_snap(self, snap: bool) -> None:
        """Whether edges stick to frames, cuts and ends of segments."""
        self._snaps = snap

    def set_sound_mode(self, mode: SoundMode) -> None:
        """What the sound lane shows."""
        self.scene.sound_mode = mode
        self.canvas.invalidate("sound")

    def set_frame_mode(self, mode: FrameMode) -> None:
        """What the frame lane shows."""
        self.scene.frame_mode = mode
        self.canvas.invalidate("frame")

    def lane_layout(self) -> LaneLayout:
        """Which lanes are shown, in which order and how high."""
        return self.canvas.layout_of_lanes

    def set_lane_layout(self, layout: LaneLayout) -> None:
        """As it was stored; tells nobody."""
        if layout != self.canvas.layout_of_lanes:
            self.canvas.layout_of_lanes = layout
            self.canvas.invalidate()
            self.canvas.arrange()

    def change_lane_layout(self, layout: LaneLayout) -> None:
        """As a person wants it."""
        self.set_lane_layout(layout)
        self.lane_layout_changed.emit(layout)

    def set_lane_shown(self, name: LaneName, shown: bool) -> None:
        """Show or hide a lane, as a person wants it."""
        self.change_lane_layout(self.lane_layout().with_shown(name, shown))

    def lanes_menu(self, band: Band | None = None) -> LanesMenu:
        """A menu of the lanes, with more for the one it was asked on; it deletes itself once it is closed."""
        name = band.lane.name if band is not None and band.lane.name in LANES else None
        return LanesMenu(self, name)

    # Where one looks

    def visible_range(self) -> tuple[float, float]:
        """What is in view, media seconds."""
        return self.canvas.axis.start_s, self.canvas.axis.end_s

    def zoom_in(self) -> None:
        """Closer around the playhead, or around the middle when it is out of view."""
        self.zoom_at(ZOOM_A_KEY, self._zoom_centre_s())

    def zoom_out(self) -> None:
        """Wider."""
        self.zoom_at(1 / ZOOM_A_KEY, self._zoom_centre_s())

    def zoom_all(self) -> None:
        """All of the video."""
        self.show_axis(Axis.whole(self.scene.duration_s, self.canvas.lanes_px))

    def zoom_to(self, start_s: float, end_s: float) -> None:
        """Exactly this stretch, if the video has it."""
        self.show_axis(self.canvas.axis.shown(start_s, end_s))

    def zoom_at(self, factor: float, time_s: float) -> None:
        """Closer or wider around a moment, which stays where it is."""
        self.show_axis(self.canvas.axis.zoomed(factor, time_s))

    def scroll_to(self, time_s: float) -> None:
        """Bring a moment into the middle if it is out of view."""
        axis = self.canvas.axis
        if not axis.start_s <= time_s <= axis.end_s:
            self.show_axis(axis.panned(time_s - (axis.start_s + axis.end_s) / 2))

    # For gestures

    def show_axis(self, axis: Axis) -> None:
        """Look at another stretch."""
        if axis != self.canvas.axis:
            self.canvas.set_axis(axis)
            self.range_changed.emit(axis.start_s, axis.end_s)

    def show_selection(self, selection: Selection | None) -> None:
        """The selection as it is now."""
        if selection != self.scene.selection:
            self.scene.selection = selection
            self.canvas.update()

    def show_preview(self, preview: Correction | Marker | None) -> None:
        """What is dragged, as it would be."""
        self.scene.preview = preview
        self.canvas.invalidate("corrections", "events")

    def snapped(self, time_s: float, snap: bool) -> float:
        """Where an edge goes that is let go near a moment."""
        if not (snap and self._snaps):
            return time_s
        return self.scene.snapper().snapped(time_s, SNAP_PX / self.canvas.axis.px_per_s)

    def click(self, hit: Hit) -> None:
        """A click on a lane: the selection is given up, the playhead goes there, and what was hit is told."""
        if hit.correction is not None:
            return
        if self.scene.selection is not None:
            self.clear_selection()
            self.selection_changed.emit(None)
        self.seek_requested.emit(hit.time_s)
        if hit.segment is not None:
            self.segment_clicked.emit(hit.segment, hit.person)
        if hit.epoch is not None:
            self.epoch_clicked.emit(hit.epoch)

    def select_segment(self, hit: Hit) -> None:
        """The range of a predicted segment."""
        assert hit.segment is not None
        self.show_selection(Selection(hit.segment.start_s, hit.segment.end_s, hit.person, hit.lane))
        self.selection_changed.emit(self.scene.selection)

    def select_epoch(self, hit: Hit) -> None:
        """The range of an epoch."""
        epoch = next(epoch for epoch in self.scene.epochs if epoch.id == hit.epoch)
        self.show_selection(Selection(epoch.start_s, epoch.end_s, hit.person, hit.lane))
        self.selection_changed.emit(self.scene.selection)

    def scroll_lanes(self, notches: float) -> None:
        """Up and down."""
        self._bar.setValue(self._bar.value() + round(notches * LINES_A_NOTCH * self.canvas.ink.line_px))

    # Inner

    def _changed(self) -> None:
        self.scene.landmarks = None
        self.canvas.invalidate()
        self.canvas.arrange()

    def _events_changed(self) -> None:
        self.scene.landmarks = None
        self.canvas.invalidate("events")
        self.canvas.arrange()

    def _show_parts(self) -> None:
        if self.scene.person is not None or not self._parts:
            return
        began_s = time.perf_counter()
        self.scene.answers = Answers.of_parts(self._parts)
        took_ms = (time.perf_counter() - began_s) * 1000
        self._parts_timer.setInterval(max(PARTS_EVERY_MS, round(took_ms * PARTS_SHARE)))
        self.canvas.invalidate(*BRANCH_LANES)

    def _zoom_centre_s(self) -> float:
        start_s, end_s = self.visible_range()
        playhead_s = self.scene.playhead_s
        return playhead_s if start_s <= playhead_s <= end_s else (start_s + end_s) / 2

    def _fit_bar(self) -> None:
        room_px = self.canvas.height() - self.canvas.pinned_px
        self._bar.setRange(0, max(self.canvas.content_px - room_px, 0))
        self._bar.setPageStep(max(room_px, 1))
        self._bar.setSingleStep(round(self.canvas.ink.line_px))
        self._bar.setVisible(self._bar.maximum() > 0)
