"""Which action can be done now and why not, and which keys it has. No widgets here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.action_table import ACTIONS, GESTURES, LANE_TITLES, MENUS, Action, Menu, When

__all__ = [
    "ACTIONS", "BY_ID", "GESTURES", "LANE_TITLES", "MENUS", "PRESETS", "Action", "Menu", "State", "When",
    "conflicts", "holders", "key_text", "normal_key", "shortcuts", "why_not",
]  # fmt: skip

BY_ID: Final[dict[str, Action]] = {action.id: action for action in ACTIONS}


@dataclass(frozen=True, slots=True)
class State:
    """What is there to act on. `read_only` and `no_sound` say why, and are empty where nothing is in the way."""

    project: bool = False
    read_only: str = ""
    video: bool = False
    no_sound: str = ""
    analysis: bool = False
    blind: bool = False
    range: bool = False
    """An interval is selected that a new label would go to."""
    selection: bool = False
    """An interval or a correction is selected."""
    segment: bool = False
    """A segment lies in the range, or else under the playhead."""
    correction: bool = False
    """One of the coder's own is selected, or lies under the playhead."""
    theirs: str = ""
    """Whose the selected correction is, if it is another coder's."""
    splittable: bool = False
    """The playhead lies inside a correction."""
    mergeable: bool = False
    """A correction beside it says the same."""
    people: int = 0
    undo: str | None = None
    redo: str | None = None
    """What would be undone and done again."""
    job: bool = False
    no_lessons: str = ""
    """Why nothing can be learned now; empty where it can."""
    learning: bool = False
    candidate: bool = False
    """A new revision waits to be kept or discarded."""


_NEEDS: Final[dict[When, tuple[str, ...]]] = {
    "always": (),
    "open": ("open",),
    "project": ("project",),
    "edit": ("project", "writable"),
    "video": ("video",),
    "sound": ("video", "sound"),
    "analysis": ("video", "analysis"),
    "prediction": ("video", "analysis", "sighted"),
    "accept": ("video", "writable", "analysis", "sighted", "segment"),
    "batch": ("video", "writable", "analysis", "sighted"),
    "label": ("video", "writable", "target"),
    "moment": ("video", "writable"),
    "range": ("video", "writable", "range"),
    "selection": ("video", "selection"),
    "correction": ("video", "writable", "correction"),
    "split": ("video", "writable", "splittable"),
    "merge": ("video", "writable", "mergeable"),
    "people": ("video", "people"),
    "undo": ("project", "writable", "undo"),
    "redo": ("project", "writable", "redo"),
    "job": ("job",),
    "learn": ("project", "writable", "lessons"),
    "learning": ("learning",),
    "candidate": ("project", "writable", "candidate"),
}


def why_not(action: Action, state: State) -> str | None:
    """The sentence a disabled action shows; None where it can be done."""
    return next((said for need in _NEEDS[action.when] if (said := _missing(need, state))), None)


def _missing(need: str, state: State) -> str | None:
    """What is in the way of one need, if anything is."""
    met, said = {
        "open": (state.project or state.video, "nothing is open"),
        "project": (state.project, "open or make a project first"),
        "writable": (not state.read_only, f"this project can only be read: {state.read_only}"),
        "video": (state.video, "open a video first"),
        "sound": (not state.no_sound, state.no_sound),
        "analysis": (state.analysis, "analyse this video first"),
        "sighted": (not state.blind, "predictions are hidden in blind mode"),
        "segment": (state.segment, "put the playhead on a segment first"),
        "target": (
            state.selection or state.correction or state.segment,
            "select a range first: drag on a lane, or mark it with I and O",
        ),
        "range": (state.range, "select a range first: drag on a lane, or mark it with I and O"),
        "selection": (state.selection, "select a range first: drag on a lane, or mark it with I and O"),
        "correction": (
            state.correction,
            f"this label is {state.theirs}'s, and only they change it" if state.theirs else "select a correction first",
        ),
        "splittable": (state.splittable, "put the playhead inside a correction first"),
        "mergeable": (state.mergeable, "select a correction beside another of the same emotion first"),
        "people": (state.people > 1, "there is nobody else in this video"),
        "undo": (state.undo is not None, "there is nothing to undo"),
        "redo": (state.redo is not None, "there is nothing to redo"),
        "job": (state.job, "no analysis is running"),
        "lessons": (not state.no_lessons, state.no_lessons),
        "learning": (state.learning, "no training is running"),
        "candidate": (state.candidate, "no new revision waits to be kept"),
    }[need]
    return None if met else said


PRESETS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "Affectline": {},
    "ELAN": {
        "play": ("Ctrl+Space", "Space"),
        "previous_frame": ("Ctrl+Left", "Left", ","),
        "next_frame": ("Ctrl+Right", "Right", "."),
        "start": ("Ctrl+B", "Home"),
        "end": ("Ctrl+E", "End"),
        "commit": ("Alt+N", "Ctrl+Return", "Return", "Enter"),
        "delete": ("Alt+D", "Backspace", "Del"),
        "clear_selection": ("Alt+C", "Esc"),
        "blind": ("Ctrl+Shift+B",),
        "zoom_selection": ("Ctrl+Shift+Z",),
        "redo": ("Ctrl+Y",),
    },
    "BORIS": {
        "previous_frame": ("/", "Left", ","),
        "next_frame": ("*", "Right", "."),
        "back_second": ("Down", "Shift+Left"),
        "forward_second": ("Up", "Shift+Right"),
    },
    "Video editor": {
        "split": ("Ctrl+K", "S"),
        "zoom_in": ("=", "Ctrl++", "Ctrl+="),
        "zoom_out": ("-", "Ctrl+-"),
        "zoom_all": ("\\", "Ctrl+0"),
        "previous_segment": ("Up", "Alt+Left"),
        "next_segment": ("Down", "Alt+Right"),
        "clear_selection": ("Alt+X", "Esc"),
    },
}
"""What is different from the table for people who come from elsewhere."""


def shortcuts(preset: str, own: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Every action's keys. A key the person gave to one action is taken from all that had it by default.

    Args:
        preset: one of `PRESETS`; any other name means none.
        own: keys by action, separated by spaces; an empty text means no key at all.
    """
    given = {action: tuple(text.split()) for action, text in own.items() if action in BY_ID}
    taken = {normal_key(key) for keys in given.values() for key in keys}
    usual = PRESETS.get(preset, {})
    made = {}
    for action in ACTIONS:
        keys = usual.get(action.id, action.shortcuts)
        made[action.id] = given.get(action.id, tuple(key for key in keys if normal_key(key) not in taken))
    return made


def conflicts(bindings: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Keys that more than one action has, each with those actions."""
    users: dict[str, list[str]] = {}
    for action, keys in bindings.items():
        for key in dict.fromkeys(normal_key(key) for key in keys):
            users.setdefault(key, []).append(action)
    return {key: tuple(actions) for key, actions in users.items() if len(actions) > 1}


def holders(key: str, bindings: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The actions that have a key."""
    sought = normal_key(key)
    return tuple(action for action, keys in bindings.items() if sought in map(normal_key, keys))


_MODIFIERS: Final = ("Ctrl", "Alt", "Shift", "Meta")
_SAME_KEY: Final = {"delete": "del", "escape": "esc", "pageup": "pgup", "pagedown": "pgdown"}


def normal_key(key: str) -> str:
    """One spelling for a key however it was written: "shift+ctrl+z" is "Ctrl+Shift+Z"."""
    plain = "+" if key.endswith("+") else key.rsplit("+", 1)[-1]
    held = {part.lower() for part in key[: len(key) - len(plain)].split("+")}
    plain = _SAME_KEY.get(plain.lower(), plain.lower())
    return "+".join([name for name in _MODIFIERS if name.lower() in held] + [plain.capitalize()])


_SIGNS: Final = {"left": "←", "right": "→", "up": "↑", "down": "↓", "return": "Enter", "backspace": "Backspace"}


def key_text(key: str) -> str:
    """A key as people read it: "Shift+←"."""
    plain = "+" if key.endswith("+") else key.rsplit("+", 1)[-1]
    return key[: len(key) - len(plain)] + _SIGNS.get(plain.lower(), plain)
