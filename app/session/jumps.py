"""To the next place worth a look: a segment, an uncertain one, a disagreement, another person."""

from collections.abc import Callable

from PySide6.QtCore import QObject

from app.player.player import Player
from app.session.coding import Coding
from app.session.navigation import at_frames, next_start, previous_start, stretches, uncertain_starts
from app.session.session import Session
from app.session.showing import Showing
from app.views.timeline.view import TimelineView


class Jumps(QObject):
    """Each takes 1 for onward and -1 for back. What was selected is let go of, so that keys act on the new place."""

    def __init__(
        self, session: Session, coding: Coding, player: Player, showing: Showing, timeline: TimelineView
    ) -> None:
        super().__init__(session)
        self._session, self._coding, self._player = session, coding, player
        self._showing, self._timeline = showing, timeline

    def to_segment(self, by: int) -> None:
        """Of whoever is shown, labelled or predicted."""
        session = self._session
        own = {c.start_s for c in session.own_corrections if c.person == session.person}
        self._go(by, tuple(own | {segment.start_s for segment in session.predictions}), "segment")

    def to_uncertain(self, by: int) -> None:
        """A segment that the model is unsure of."""
        self._go(by, uncertain_starts(self._session.predictions), "uncertain segment")

    def to_disagreement(self, by: int) -> None:
        """Where the lane shows that the branches begin to disagree."""
        found, shown = self._showing.disagreement, self._timeline.scene.agreement
        starts_s = stretches(shown.start_s.tolist(), found.marked.tolist()) if found and shown else ()
        self._go(by, starts_s, "disagreement")

    def to_person(self, by: int) -> None:
        """In the order of the list, round and round."""
        session = self._session
        ids = [person.id for person in session.people]
        if ids:
            place = ids.index(session.person) if session.person in ids else -by
            session.set_person(ids[(place + by) % len(ids)])

    def _go(self, by: int, starts_s: tuple[float, ...], what: str) -> None:
        way: Callable[[tuple[float, ...], float], float | None] = next_start if by > 0 else previous_start
        time_s = way(at_frames(starts_s, self._player.frame_times_s), self._player.time_s)
        if time_s is None:
            self._session.said.emit(f"There is no further {what} that way", "info")
            return
        self._coding.clear()
        self._player.seek(time_s)
        self._timeline.scroll_to(time_s)
