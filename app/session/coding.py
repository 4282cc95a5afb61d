"""Labels, marks, markers and epochs: what keys and mouse mean, as edits of the project.

Keys act on what is selected: a correction or an interval. Where nothing is, they act on what lies under the playhead:
the coder's own label of whoever is shown, or else the predicted segment.
"""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject

from app.project import edits
from app.project.values import Correction, Edit, Origin, SeenIn
from app.session.navigation import segment_at
from app.session.session import Interval, Session
from engine.values import Segment

SELECT_FIRST: Final = "Select a range first: drag on the timeline, or mark it with I and O"
NO_LABEL: Final = "Select one of your labels, or put the playhead on one"
MERGE_OVER_S: Final = 1.0
"""Labels farther apart are not merged: the time between them would be labelled unseen."""


class Coding(QObject):
    """Turns what a person asks for into edits; says in one sentence why nothing happened."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._last_emotion: str | None = None
        self._in_s: float | None = None
        session.medium_changed.connect(self.forget_mark)

    # Choosing what a label goes to

    def mark_in(self) -> None:
        """The interval begins at the playhead; it ends where it ended, or waits for the end."""
        session, before = self._session, self._session.interval
        self._in_s = session.time_s
        if before is not None and before.end_s > self._in_s:
            session.set_interval(Interval(self._in_s, before.end_s, before.person))
        else:
            session.select_correction(None)
            session.set_interval(None)
            session.said.emit("Start marked: go to the end and press O", "info")

    def mark_out(self) -> None:
        """The interval ends at the playhead."""
        session, before = self._session, self._session.interval
        start_s = before.start_s if before is not None else self._in_s
        if start_s is None or start_s >= session.time_s:
            session.said.emit("Mark the start first (I), then the end after it (O)", "warning")
            return
        person = before.person if before is not None else session.person
        session.set_interval(Interval(start_s, session.time_s, person))

    def clear(self) -> None:
        """Nothing is selected any more, and no start waits for its end."""
        self._session.select_correction(None)
        self._session.set_interval(None)
        self.forget_mark()

    def forget_mark(self) -> None:
        """There is no start that waits for its end any more."""
        self._in_s = None

    @property
    def subject(self) -> Correction | None:
        """The coder's own label that keys act on: the selected one, or the one under the playhead."""
        session = self._session
        if session.correction is not None:
            return session.correction if session.correction.coder == session.coder else None
        return self._under_playhead() if session.interval is None else None

    @property
    def predicted(self) -> Segment | None:
        """The prediction about the middle of the interval, or under the playhead."""
        session = self._session
        interval = session.interval
        if interval is None:
            return segment_at(session.predictions, session.time_s)
        middle_s = (interval.start_s + interval.end_s) / 2
        return segment_at(session.predictions_of(interval.person), middle_s)

    # Labels

    def label(self, emotion: str | None) -> bool:
        """Give the selected correction, the interval, or what lies under the playhead a label; None is unsure.

        What another coder said stays; the label becomes this coder's own about the same interval.

        Returns whether something was stored.
        """
        subject, self._last_emotion = self.subject, emotion
        if subject is not None:
            return self._did(subject, edits.relabel, subject, emotion)
        interval = self._target()
        if interval is None:
            self._session.said.emit(SELECT_FIRST, "warning")
            return False
        return self._label(interval, emotion, self._origin(interval, emotion))

    def accept(self) -> bool:
        """The prediction becomes the label: over the interval, or else as long as it is."""
        session, segment = self._session, self.predicted
        if segment is None:
            session.said.emit("There is no prediction to accept here", "warning")
            return False
        interval = session.interval or Interval(segment.start_s, segment.end_s, session.person)
        return self._label(interval, segment.emotion, self._origin(interval, segment.emotion))

    def commit(self) -> bool:
        """Make a label of the interval: what is predicted there, or where nothing is, the last label again."""
        session = self._session
        if self.predicted is not None:
            return self.accept()
        if session.interval is None:
            session.said.emit(SELECT_FIRST, "warning")
            return False
        if self._last_emotion is None:
            session.said.emit("Press 1 to 7 to say what it is", "warning")
            return False
        return self._label(session.interval, self._last_emotion, "blank")

    def accept_all(self, least_confidence: float) -> int:
        """Accept the shown person's segments above a confidence, marked as a batch; how many labels came of it."""
        session = self._session
        if session.medium is None or not session.predictions:
            session.said.emit("There are no predictions to accept", "warning")
            return 0
        edit = edits.accept_segments(
            session.predictions, session.corrections, session.medium.id, session.person, session.coder,
            least_confidence,
        )  # fmt: skip
        if edit.empty:
            session.said.emit(f"No segment from {least_confidence:.2f} on is without a label", "info")
            return 0
        if session.do(lambda: edit) is None:
            return 0
        session.said.emit(f"{edit.name}: marked as batch", "info")
        return len(edit.added)

    def _target(self) -> Interval | None:
        """Where a new label goes."""
        session = self._session
        if session.interval is not None:
            return session.interval
        held: Correction | Segment | None = session.correction or self.predicted
        if held is None:
            return None
        person = held.person if isinstance(held, Correction) else session.person
        return Interval(held.start_s, held.end_s, person)

    def _origin(self, interval: Interval, emotion: str | None) -> Origin:
        """Whether a label on this interval starts from a prediction that the coder saw."""
        for segment in self._session.predictions_of(interval.person):
            if (segment.start_s, segment.end_s) == (interval.start_s, interval.end_s):
                return "accepted" if segment.emotion == emotion else "edited"
        return "blank"

    def _label(self, interval: Interval, emotion: str | None, origin: Origin) -> bool:
        session = self._session
        if session.medium is None:
            return False
        edit = session.do(
            edits.label, session.corrections, session.medium.id, interval.person, interval.start_s, interval.end_s,
            emotion, session.coder, origin,
        )  # fmt: skip
        if edit is None:
            return False
        self.forget_mark()
        session.select_correction(edit.added[0].id)
        return True

    # Changing what is there

    def move(self, correction_id: str, start_s: float, end_s: float) -> bool:
        """A correction's edges were dragged; it wins over its neighbours of the same coder and person."""
        found = self._mine(correction_id)
        return found is not None and self._did(found, edits.move, found, start_s, end_s, self._session.corrections)

    def splittable(self) -> Correction | None:
        """The label that is cut at the playhead: the selected one, or another one that lies there."""
        time_s = self._session.time_s
        return next(
            (c for c in (self.subject, self._under_playhead()) if c is not None and c.start_s < time_s < c.end_s), None
        )

    def split(self) -> bool:
        """Cut a label in two at the playhead; the second part is selected, for another label."""
        session, found = self._session, self.splittable()
        if found is None:
            session.said.emit("The playhead is not inside one of your labels", "warning")
            return False
        edit = session.do(edits.split, found, session.time_s)
        if edit is None:
            return False
        session.select_correction(edit.added[-1].id)
        return True

    def merge(self) -> bool:
        """Join a label with the one beside it that says the same: the next, or else the one before."""
        found = self.subject
        if found is None:
            self._session.said.emit(NO_LABEL, "warning")
            return False
        other = self.neighbour(found)
        if other is None:
            self._session.said.emit("Only equal labels at most a second apart merge", "warning")
            return False
        both = sorted((found, other), key=lambda one: one.start_s)
        return self._did(both[0], edits.merge, both, self._session.corrections)

    def neighbour(self, correction: Correction) -> Correction | None:
        """What `merge` joins a label with."""
        own = [c for c in self._session.own_corrections if c.person == correction.person]
        place = next((at for at, one in enumerate(own) if one.id == correction.id), None)
        if place is None:
            return None
        following = [one for one in own[place + 1 : place + 2] if one.start_s - correction.end_s <= MERGE_OVER_S]
        before = [one for one in own[max(place - 1, 0) : place] if correction.start_s - one.end_s <= MERGE_OVER_S]
        return next((other for other in following + before if other.emotion == correction.emotion), None)

    def delete(self) -> bool:
        """Remove the selected label, or the one under the playhead."""
        found = self.subject
        if found is None:
            self._session.said.emit(NO_LABEL, "warning")
            return False
        return self._session.do(edits.delete, (found,)) is not None

    def remove(self, correction_id: str) -> bool:
        """Remove one label."""
        found = self._mine(correction_id)
        return found is not None and self._session.do(edits.delete, (found,)) is not None

    def relabel(self, correction_id: str, emotion: str | None) -> bool:
        """Another emotion for a label."""
        found = self._mine(correction_id)
        return found is not None and self._session.do(edits.relabel, found, emotion) is not None

    def set_note(self, correction_id: str, note: str) -> bool:
        """What the coder wants to remember about it."""
        found = self._mine(correction_id)
        return found is not None and self._session.do(edits.set_note, found, note) is not None

    def set_seen_in(self, correction_id: str, seen_in: SeenIn) -> bool:
        """Whether it shows in the face, the voice or both."""
        found = self._mine(correction_id)
        return found is not None and self._session.do(edits.set_seen_in, found, seen_in) is not None

    def set_seen(self, seen_in: SeenIn) -> bool:
        """The same, of the selected label or the one under the playhead."""
        found = self.subject
        return found is not None and self._did(found, edits.set_seen_in, found, seen_in)

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
        if found is not None and found.coder != self._session.coder:
            self._session.said.emit(f"This marker is {found.coder}'s", "warning")
            self._session.records_changed.emit()  # it goes back to where it was
            return False
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

    def _did(self, select: Correction, make: Callable[..., Edit], *arguments: object) -> bool:
        """Make and store an edit, and select the label that it was about."""
        done = self._session.do(make, *arguments)
        self._session.select_correction(select.id)
        return done is not None

    def _mine(self, correction_id: str) -> Correction | None:
        """One of the coder's own labels; that it is somebody else's is told."""
        session = self._session
        found = next((item for item in session.corrections if item.id == correction_id), None)
        if found is not None and found.coder != session.coder:
            session.said.emit(f"This label is {found.coder}'s, and only they change it", "warning")
            return None
        return found

    def _under_playhead(self) -> Correction | None:
        session = self._session
        return next(
            (c for c in session.own_corrections
             if c.person == session.person and c.start_s <= session.time_s < c.end_s), None,
        )  # fmt: skip
