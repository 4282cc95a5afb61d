"""The menu of a heading: which lanes are shown, in which order, and how high."""

from typing import TYPE_CHECKING, Final

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from app.timeline.values import LANES, LaneLayout, LaneName

if TYPE_CHECKING:
    from app.views.timeline.view import TimelineView

LANE_TITLES: Final[dict[LaneName, str]] = {
    "overview": "Overview",
    "events": "Epochs and markers",
    "sound": "Sound",
    "frame": "Frame branch",
    "slice": "Slice branch",
    "voice": "Voice branch",
    "fused": "Fused label",
    "agreement": "Agreement",
    "gaps": "Gaps and cuts",
    "corrections": "Corrections",
}


class LanesMenu(QMenu):
    """All lanes with a check mark; `name` is the lane whose heading was asked, if any."""

    def __init__(self, view: "TimelineView", name: LaneName | None) -> None:
        super().__init__(view)
        self._view, self._name = view, name
        self.setAccessibleName("Lanes")
        if name is not None:
            self._add_own(name)
        for lane in LANES:
            self._add_check(LANE_TITLES[lane], lane not in view.lane_layout().hidden, lane)
        self.addSeparator()
        usual = self.addAction("Usual lanes")
        usual.setToolTip("All lanes, in their usual order and heights")
        usual.triggered.connect(self._usual)
        self.aboutToHide.connect(self.deleteLater)

    def _add_own(self, name: LaneName) -> None:
        layout = self._view.lane_layout()
        for text, by in (("Move up", -1), ("Move down", 1)):
            action = self.addAction(f"{text}: {LANE_TITLES[name]}")
            action.setData(by)
            action.setEnabled(layout.shifted(name, by) != layout)
            action.triggered.connect(self._move)
        if name == "sound":
            self._add_mode("Mel spectrogram", self._view.scene.sound_mode == "mel", "mel")
        if name == "frame":
            self._add_mode("Strip of heat", self._view.scene.frame_mode == "heat", "heat")
        self.addSeparator()

    def _add_mode(self, text: str, checked: bool, mode: str) -> None:
        action = self.addAction(text)
        action.setCheckable(True)
        action.setChecked(checked)
        action.setData(mode)
        action.toggled.connect(self._set_mode)

    def _add_check(self, text: str, checked: bool, lane: LaneName) -> None:
        action = self.addAction(text)
        action.setCheckable(True)
        action.setChecked(checked)
        action.setData(lane)
        action.toggled.connect(self._show_lane)

    def _asked(self) -> QAction:
        action = self.sender()
        assert isinstance(action, QAction)
        return action

    def _show_lane(self, shown: bool) -> None:
        self._view.set_lane_shown(self._asked().data(), shown)

    def _move(self) -> None:
        assert self._name is not None
        self._view.change_lane_layout(self._view.lane_layout().shifted(self._name, self._asked().data()))

    def _set_mode(self, checked: bool) -> None:
        if self._asked().data() == "mel":
            self._view.set_sound_mode("mel" if checked else "waveform")
        else:
            self._view.set_frame_mode("heat" if checked else "curves")
        self._view.modes_changed.emit(self._view.scene.sound_mode, self._view.scene.frame_mode)

    def _usual(self) -> None:
        self._view.change_lane_layout(LaneLayout())
