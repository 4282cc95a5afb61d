"""Going to a stretch of any video of the project and playing it."""

from dataclasses import dataclass

from PySide6.QtCore import QObject

from app.player.player import Player
from app.session.library import Library
from app.session.session import Session
from app.views.main_window import MainWindow


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a video, of a person or of the scene (None)."""

    media_id: str
    person: str | None
    start_s: float
    end_s: float


class Visiting(QObject):
    """Opens the video first where another one is open."""

    def __init__(self, session: Session, window: MainWindow, player: Player, library: Library) -> None:
        super().__init__(session)
        self._session, self._window, self._player, self._library = session, window, player, library
        self._waiting_for: Place | None = None
        player.opened.connect(self._on_opened)

    def visit(self, place: Place) -> None:
        """Show a stretch and play it."""
        medium = self._session.medium
        if medium is not None and medium.id == place.media_id:
            self._waiting_for = None
            self._play(place)
        else:
            self._waiting_for = place
            self._library.open(place.media_id)

    def _on_opened(self, _info: object) -> None:
        place, self._waiting_for = self._waiting_for, None
        medium = self._session.medium
        if place is not None and medium is not None and medium.id == place.media_id:
            self._play(place)

    def _play(self, place: Place) -> None:
        self._session.set_person(place.person)
        self._window.timeline.scroll_to(place.start_s)
        self._player.play_range(place.start_s, place.end_s)
