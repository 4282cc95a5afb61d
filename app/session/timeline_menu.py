"""What a right click on the timeline offers: for a correction, a predicted segment, a marker, an epoch, or a moment."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QMenu

from app.project import edits
from app.project.values import Epoch, Marker
from app.session.session import Interval, Session
from app.timeline.values import Hit
from app.views import dialogs
from app.views.main_window import MainWindow

SAY = ("label.angry", "label.disgust", "label.fear", "label.happy", "label.neutral", "label.sad", "label.surprise",
       "label.unsure")  # fmt: skip
OF_CORRECTION = ("split", "merge", "note", "seen_in.face", "seen_in.voice", "seen_in.both", "delete")
OF_MOMENT = ("marker", "epoch", "mark_in", "mark_out", "zoom_selection", "zoom_all")


class TimelineMenu(QObject):
    """Makes the menu of what was hit; it asks for the same actions as the menus and keys do."""

    def __init__(self, session: Session, window: MainWindow) -> None:
        super().__init__(session)
        self._session, self._window = session, window
        window.timeline.context_menu.connect(self.show)

    def show(self, hit: Hit, at: QPoint) -> None:
        """Put the menu up where the mouse is."""
        self.menu(hit).popup(at)

    def menu(self, hit: Hit) -> QMenu:
        """The menu of a place; what was hit is selected first, so that it is clear what is meant."""
        menu = QMenu(self._window)
        menu.setToolTipsVisible(True)
        marker = next((one for one in self._session.markers if one.id == hit.marker), None)
        epoch = next((one for one in self._session.epochs if one.id == hit.epoch), None)
        if marker is not None:
            own = marker.coder == self._session.coder
            self._add(menu, "Marker text…", partial(self._edit_marker, marker), own)
            self._add(menu, "Delete marker", partial(self._session.do, edits.delete, (marker,)), own)
        elif epoch is not None:
            self._add(menu, "Rename epoch…", partial(self._edit_epoch, epoch))
            self._add(menu, "Delete epoch", partial(self._session.do, edits.delete, (epoch,)))
        elif hit.correction is not None:
            self._session.select_correction(hit.correction)
            self._add_actions(menu, SAY)
            menu.addSeparator()
            self._add_actions(menu, OF_CORRECTION)
        elif hit.segment is not None:
            self._session.set_interval(Interval(hit.segment.start_s, hit.segment.end_s, hit.person))
            self._add_actions(menu, ("accept", *SAY))
            menu.addSeparator()
            self._add_actions(menu, ("play_selection", "zoom_selection", "accept_above"))
        else:
            self._add_actions(menu, OF_MOMENT)
        menu.aboutToHide.connect(menu.deleteLater)
        return menu

    def _add_actions(self, menu: QMenu, ids: tuple[str, ...]) -> None:
        for action_id in ids:
            menu.addAction(self._window.actions_by_id[action_id])

    def _add(self, menu: QMenu, text: str, act: Callable[[], object], own: bool = True) -> None:
        entry = menu.addAction(text, act)
        entry.setEnabled(self._session.writable and own)
        entry.setToolTip("" if own else "another coder made it")

    def _edit_marker(self, marker: Marker) -> None:
        text = dialogs.ask_text(self._window, "Marker", "What is to be remembered here:", marker.text)
        if text is not None:
            self._session.do(edits.edit_marker, marker, text=text)

    def _edit_epoch(self, epoch: Epoch) -> None:
        name = dialogs.ask_text(self._window, "Epoch", "Name of this range, such as a condition:", epoch.name)
        if name:
            self._session.do(edits.edit_epoch, epoch, name=name)
