"""Settings as they take effect, and the dialogs of the program itself."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QDialog

from app import actions, places
from app.doctor import Finding, examine
from app.jobs.lanes import Cancelled, Lane
from app.messages import os_reason, sentence
from app.settings import TABLE, Page, Settings, write_settings
from app.timeline.values import LaneLayout, LaneName
from app.views import dialogs, theme
from app.views.main_window import MainWindow
from engine.errors import AffectlineError, StorageError

if TYPE_CHECKING:
    from app.views.keys_sheet import KeysSheet
    from app.views.settings_dialog import SettingsDialog


HINTS = (("next_uncertain", "next uncertain"), ("keys", "keys"))
"""What nobody should have to look for, beside the player."""


class Preferences(QObject):
    """Holds the settings, stores each change at once, and dresses the window accordingly."""

    changed = Signal(str)
    said = Signal(str, str)

    def __init__(
        self, window: MainWindow, settings: Settings, io: Lane, busy: Callable[[], bool], kept: bool = True
    ) -> None:
        super().__init__(window)
        self._window = window
        self.settings = settings
        self._io, self._busy, self._kept = io, busy, kept
        self._keys: KeysSheet | None = None
        self.device = ("", "")
        """The device in use and the reason for it, once they are known."""
        window.timeline.lane_layout_changed.connect(self._lanes_changed)
        window.timeline.modes_changed.connect(self._modes_changed)

    def set(self, key: str, value: Any) -> None:
        """Change a setting; it takes effect and is stored at once."""
        self.use(self.settings.with_(key, value))

    def use(self, settings: Settings) -> None:
        """Change several."""
        before, self.settings = self.settings, settings
        if settings != before:
            self._store()
            self.take_effect()
            for key in TABLE:
                if getattr(settings, key) != getattr(before, key):
                    self.changed.emit(key)

    def remember(self, path: Path) -> None:
        """A file was opened."""
        self.settings = self.settings.opened(path).with_("last_folder", str(path.parent))
        self._store()
        self._show_recent()

    def take_effect(self) -> None:
        """Dress the window by the settings."""
        settings, window = self.settings, self._window
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        theme.apply(app, settings.theme)
        keys = actions.shortcuts(settings.preset, settings.own_shortcuts)
        window.set_shortcuts(keys)
        hints = [f"{actions.key_text(keys[i][0])} {told}" for i, told in HINTS if keys[i]]
        window.transport.set_hint(" · ".join(hints))
        if self._keys is not None:
            self._keys.set_bindings(keys)
        timeline = window.timeline
        layout = LaneLayout.from_dict(settings.lanes)
        if timeline.lane_layout() != layout:
            timeline.set_lane_layout(layout)
        timeline.set_sound_mode(settings.sound_lane)
        timeline.set_frame_mode(settings.frame_lane)
        timeline.set_snap(settings.snap)
        window.review.set_confidence(settings.accept_above)
        window.video.set_overlay_visible(settings.overlays)
        checks = {
            f"theme.{settings.theme}": True, f"sound.{settings.sound_lane}": True,
            f"frame.{settings.frame_lane}": True, "snap": settings.snap, "overlays": settings.overlays,
            **{f"lane.{name}": name not in layout.hidden for name in layout.order},
        }  # fmt: skip
        for action_id, checked in checks.items():
            window.actions_by_id[action_id].setChecked(checked)
        self._show_recent()

    def show_lane(self, name: LaneName, shown: bool) -> None:
        """Show or hide one lane."""
        self.set("lanes", LaneLayout.from_dict(self.settings.lanes).with_shown(name, shown).to_dict())

    def _lanes_changed(self, layout: LaneLayout) -> None:
        self.set("lanes", layout.to_dict())

    def _show_recent(self) -> None:
        recent = tuple(Path(path) for path in self.settings.recent)
        self._window.welcome.set_recent(recent)
        self._window.show_recent(recent)

    def keep_window(self, state: str) -> None:
        """How the window lies."""
        self.settings = self.settings.with_("window", state)
        self._store()

    def _store(self) -> None:
        if not self._kept:
            return
        try:
            write_settings(self.settings)
        except AffectlineError as error:
            self.said.emit(f"settings are not kept: {sentence(error)}", "warning")

    def _modes_changed(self, sound: str, frame: str) -> None:
        self.use(self.settings.with_("sound_lane", sound).with_("frame_lane", frame))

    # Dialogs

    def show_dialog(self, page: Page = "General") -> None:
        """The settings."""
        self._settings_dialog(page).exec()

    def show_keys(self) -> None:
        """The sheet of keys."""
        if self._keys is None:
            self._keys = self._keys_sheet()
        self._keys.show()
        self._keys.raise_()

    def show_about(self) -> None:
        """Version, licences, the model's card."""
        self.dialog("about").exec()

    def show_guide(self) -> None:
        """The guide in the browser: from the checkout it is a file, so nothing goes over the network."""
        guide = places.guide()
        if guide is None:
            self.said.emit("The guide is not installed with this copy; press ? for the keys", "warning")
        else:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(guide)))

    def dialog(self, name: Literal["settings", "keys", "about"]) -> QDialog:
        """A dialog that is not shown yet."""
        if name == "keys":
            return self._keys_sheet()
        if name == "about":
            from app.views.about import AboutDialog

            return AboutDialog(self._window)
        return self._settings_dialog("General")

    def _keys_sheet(self) -> "KeysSheet":
        from app.views.keys_sheet import KeysSheet

        return KeysSheet(actions.shortcuts(self.settings.preset, self.settings.own_shortcuts), self._window)

    def _settings_dialog(self, page: Page) -> QDialog:
        from app.views.settings_dialog import Facts, SettingsDialog

        models = tuple(folder.name for folder in places.bundle_folders())
        dialog = SettingsDialog(self.settings, Facts(models, *self.device), self._window)
        dialog.changed.connect(self.use)
        dialog.delete_features_requested.connect(lambda: self._delete_features(dialog))
        dialog.show_page(page)
        return dialog

    def _delete_features(self, dialog: "SettingsDialog") -> None:
        if self._busy():
            self.said.emit("Features are in use: cancel the analysis first", "warning")
            return
        folder = self.settings.features

        def delete(_cancelled: Cancelled) -> Iterator[None]:
            try:
                shutil.rmtree(folder)
            except FileNotFoundError:
                pass
            except OSError as error:
                raise StorageError(folder, os_reason(error)) from error
            yield None

        self._io.submit(
            delete, urgent=True, on_finished=dialog.measure_store,
            on_failed=lambda text, _error: self.said.emit(text, "error"),
        )  # fmt: skip

    def show_doctor(self) -> None:
        """What is installed and what is missing; found out in the lane of files, for it takes seconds."""
        self.said.emit("Looking at this installation…", "info")

        def look(_cancelled: Cancelled) -> Iterator[tuple[Finding, ...]]:
            yield tuple(examine())

        self._io.submit(look, urgent=True, on_done=self._tell_findings)

    def _tell_findings(self, findings: tuple[Finding, ...]) -> None:
        faulty = sum(bool(finding.remedy) for finding in findings)
        lines = [_line(finding) for finding in findings]
        said = f"{faulty} of {len(findings)} points want mending." if faulty else "Nothing is missing."
        dialogs.tell(self._window, "This installation", said, "\n".join(lines))


def _line(finding: Finding) -> str:
    remedy = f" — {finding.remedy}" if finding.remedy else ""
    return f"{'!' if finding.remedy else ' '} {finding.topic}: {finding.found}{remedy}"
