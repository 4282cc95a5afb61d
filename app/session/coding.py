"""Labels, marks, markers and epochs: what keys and mouse mean, as edits of the project."""

from collections.abc import Callable

from PySide6.QtCore import QObject

from app.project import edits
from app.project.values import Correction, Edit, Origin, SeenIn
from app.session.navigation import segment_at
from app.session.session import Interval, Session
from engine.values import Segment


class Coding(QObject):
    """Turns what a person asks for into edits; says in one sentence why nothing happened."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._last_emotion: str | None = None
        self.in_s: float | None = None

    # Choosing what a label goes to

    def mark_in(self) -> None:
        """The interval begins at the playhead; it ends where it ended, or waits for the end."""
        session = self._session
        self.in_s = session.time_s
        if session.interval is not None and session.interval.end_s > self.in_s:
            self._choose(self.in_s, session.interval.end_s)
        else:
            session.set_interval(None)
            session.said.emit("Start marked: go to the end and press O", "info")

    def mark_out(self) -> None:
        """The interval ends at the playhead."""
        session = self._session
        start_s = session.interval.start_s if session.interval is not None else self.in_s
        if start_s is None or start_s >= session.time_s:
            session.said.emit("Mark the start first (I), then the end after it (O)", "warning")
            return
        self._choose(start_s, session.time_s)

    def choose_segment(self, segment: Segment) -> None:
        """Take a predicted segment's interval."""
        self._choose(segment.start_s, segment.end_s)

    def _choose(self, start_s: float, end_s: float) -> None:
        session = self._session
        session.select_correction(None)
        session.set_interval(Interval(start_s, end_s, session.person))

    # Labels

    def label(self, emotion: str | None) -> bool:
        """Give the selected correction, the interval, or the segment under the playhead a label; None is unsure.

        Returns whether something was stored.
        """
        session = self._session
        if session.correction is not None:
            return self._did(session.correction.id, edits.relabel, session.correction, emotion)
        interval, origin = self._target(emotion)
        if interval is None:
            session.said.emit("Select a range first: drag on the timeline, or mark it with I and O", "warning")
            return False
        self._last_emotion = emotion
        return self._label(interval, emotion, origin)

    def accept(self) -> bool:
        """The prediction as it stands becomes the label; where there is none, the last label given is repeated."""
        session = self._session
        interval, _ = self._target(None)
        if interval is None:
            session.said.emit(
                "There is nothing to accept here: no range is selected and no prediction is shown", "warning"
            )
            return False
        segment = segment_at(self._segments(), (interval.start_s + interval.end_s) / 2)
        if segment is not None:
            exact = (segment.start_s, segment.end_s) == (interval.start_s, interval.end_s)
            return self._label(interval, segment.emotion, "accepted" if exact else "edited")
        if self._last_emotion is None:
            session.said.emit("Press 1 to 7 to say what it is", "warning")
            return False
        return self._label(interval, self._last_emotion, "blank")

    def accept_all(self, least_confidence: float) -> int:
        """Accept the shown person's segments above a confidence, marked as a batch; how many labels came of it."""
        session = self._session
        if session.medium is None or not self._segments():
            session.said.emit("There are no predictions to accept", "warning")
            return 0
        edit = session.do(
            edits.accept_segments, self._segments(), session.corrections, session.medium.id, session.person,
            session.coder, least_confidence,
        )  # fmt: skip
        if edit is None:
            session.said.emit(f"No segment from {least_confidence:.2f} on is without a label", "info")
            return 0
        session.said.emit(f"{edit.name}: marked as batch", "info")
        return len(edit.added)

    def _target(self, emotion: str | None) -> tuple[Interval | None, Origin]:
        session = self._session
        if session.interval is not None:
            return session.interval, self._origin(session.interval, emotion)
        segment = segment_at(self._segments(), session.time_s)
        if segment is None:
            return None, "blank"
        interval = Interval(segment.start_s, segment.end_s, session.person)
        return interval, self._origin(interval, emotion)

    def _origin(self, interval: Interval, emotion: str | None) -> Origin:
        """Whether a label on this interval starts from a prediction that the coder saw."""
        for segment in self._segments():
            if (segment.start_s, segment.end_s) == (interval.start_s, interval.end_s):
                return "accepted" if segment.emotion == emotion else "edited"
        return "blank"

    def _segments(self) -> tuple[Segment, ...]:
        """The predictions that are shown: none in blind mode."""
        session = self._session
        if session.blind or session.analysis is None:
            return ()
        shown = session.shown_person
        return shown.segments if shown is not None else ()

    def _label(self, interval: Interval, emotion: str | None, origin: Origin, seen_in: SeenIn = "both") -> bool:
        session = self._session
        if session.medium is None:
            return False
        edit = session.do(
            edits.label, session.corrections, session.medium.id, interval.person, interval.start_s, interval.end_s,
            emotion, session.coder, origin, seen_in,
        )  # fmt: skip
        if edit is None:
            return False
        made = next((r for r in edit.added if _is(r, interval.start_s, interval.end_s)), None)
        session.select_correction(made.id if made is not None else None)
        session.set_interval(None)
        self.in_s = None
        return True

    # Changing what is there

    def move(self, correction_id: str, start_s: float, end_s: float) -> bool:
        """A correction's edges were dragged; it wins over its neighbours of the same coder and person."""
        found = self._found(correction_id)
        if found is None:
            return False
        return self._did(correction_id, edits.move, found, start_s, end_s, self._session.corrections)

    def split(self) -> bool:
        """Cut the selected correction, or the one under the playhead, in two."""
        session = self._session
        found = session.correction or self._under_playhead()
        if found is None or not found.start_s < session.time_s < found.end_s:
            session.said.emit("The playhead is not inside one of your labels", "warning")
            return False
        return self._did(None, edits.split, found, session.time_s)

    def merge(self) -> bool:
        """Join the selected correction with the next one of the same label."""
        session = self._session
        found = session.correction or self._under_playhead()
        if found is None:
            session.said.emit("Select a label to merge with the next one", "warning")
            return False
        following = self.following(found)
        if following is None or following.emotion != found.emotion:
            session.said.emit("The next label of this person is another one: only equal labels merge", "warning")
            return False
        return self._did(found.id, edits.merge, (found, following), session.corrections)

    def following(self, correction: Correction | None) -> Correction | None:
        """The coder's next label of the same person."""
        if correction is None:
            return None
        later = [
            other for other in self._session.own_corrections
            if other.person == correction.person and other.start_s > correction.start_s
        ]  # fmt: skip
        return min(later, key=lambda other: other.start_s, default=None)

    def delete(self) -> bool:
        """Remove the selected correction, or the one under the playhead."""
        found = self._session.correction or self._under_playhead()
        if found is None:
            self._session.said.emit("No label is selected", "warning")
            return False
        return self._did(None, edits.delete, (found,))

    def relabel(self, correction_id: str, emotion: str | None) -> bool:
        """Another label for a correction."""
        found = self._found(correction_id)
        return found is not None and self._did(correction_id, edits.relabel, found, emotion)

    def set_note(self, correction_id: str, note: str) -> bool:
        """What the coder wants to remember about it."""
        found = self._found(correction_id)
        return found is not None and self._did(correction_id, edits.set_note, found, note)

    def set_seen_in(self, correction_id: str, seen_in: SeenIn) -> bool:
        """Whether it shows in the face, the voice or both."""
        found = self._found(correction_id)
        return found is not None and self._did(correction_id, edits.set_seen_in, found, seen_in)

    def set_seen(self, seen_in: SeenIn) -> bool:
        """The same, of the selected correction or the one under the playhead."""
        found = self._session.correction or self._under_playhead()
        return found is not None and self.set_seen_in(found.id, seen_in)

    def remove(self, correction_id: str) -> bool:
        """Remove one correction."""
        found = self._found(correction_id)
        return found is not None and self._did(None, edits.delete, (found,))

    # Markers and epochs

    def add_marker(self, text: str = "") -> bool:
        """A marker at the playhead."""
        session = self._session
        if session.medium is None:
            return False
        return session.do(edits.add_marker, session.medium.id, session.time_s, text, session.coder) is not None

    def move_marker(self, marker_id: str, time_s: float) -> bool:
        """A marker was dragged."""
        found = next((marker for marker in self._session.markers if marker.id == marker_id), None)
        return found is not None and self._session.do(edits.edit_marker, found, time_s=time_s) is not None

    def add_epoch(self, name: str) -> bool:
        """The selected interval becomes a named epoch."""
        session = self._session
        if session.medium is None or session.interval is None:
            session.said.emit("Select the range of the epoch first", "warning")
            return False
        interval = session.interval
        return session.do(edits.add_epoch, session.medium.id, interval.start_s, interval.end_s, name) is not None

    # Small things

    def _did(self, select: str | None, make: Callable[..., Edit], *arguments: object) -> bool:
        """Make and store an edit, and select what came of it."""
        if self._session.do(make, *arguments) is None:
            return False
        self._session.select_correction(select)
        return True

    def _found(self, correction_id: str) -> Correction | None:
        return next((item for item in self._session.own_corrections if item.id == correction_id), None)

    def _under_playhead(self) -> Correction | None:
        session = self._session
        held = [c for c in session.own_corrections if c.start_s <= session.time_s < c.end_s]
        return next((c for c in held if c.person == session.person), held[0] if held else None)


def _is(record: object, start_s: float, end_s: float) -> bool:
    return isinstance(record, Correction) and (record.start_s, record.end_s) == (start_s, end_s)
