"""Everything the window can be asked to do: its words, its keys and when it makes sense, in one table."""

from dataclasses import dataclass
from typing import Final, Literal

from app.timeline.values import LANES, LaneName
from engine.emotions import EMOTIONS, LETTERS

Menu = Literal["File", "Edit", "Play", "View", "Label", "Model", "Help"]
When = Literal[
    "always", "open", "project", "edit", "video", "sound", "analysis", "prediction", "accept", "batch", "label",
    "moment", "range", "selection", "correction", "split", "merge", "people", "undo", "redo", "job", "learn",
    "learning", "candidate",
]  # fmt: skip
MENUS: Final[tuple[Menu, ...]] = ("File", "Edit", "Play", "View", "Label", "Model", "Help")

LANE_TITLES: Final[dict[LaneName, str]] = {
    "overview": "Overview",
    "events": "Markers and epochs",
    "sound": "Sound",
    "frame": "Frame",
    "slice": "Slice",
    "voice": "Voice",
    "fused": "Fused",
    "agreement": "Agreement",
    "gaps": "Gaps and cuts",
    "corrections": "Corrections",
}


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do. Of a `group`, one action is checked at a time; a `filled` one is a submenu the window fills.

    Shortcuts are written as Qt's portable text; `separated` draws a line before the action.
    """

    id: str
    text: str
    shortcuts: tuple[str, ...]
    tip: str
    menu: Menu
    checkable: bool = False
    when: When = "always"
    repeats: bool = False
    submenu: str = ""
    group: str = ""
    separated: bool = False
    filled: bool = False


def _choice(group: str, value: str, text: str, tip: str, submenu: str) -> Action:
    return Action(f"{group}.{value}", text, (), tip, "View", checkable=True, submenu=submenu, group=group)


FILE: Final = (
    Action("new_project", "New project…", ("Ctrl+N",), "Make a project file for videos and corrections", "File"),
    Action("open", "Open…", ("Ctrl+O",), "Open a video or a project", "File"),
    Action("open_recent", "Open recent", (), "Videos and projects opened lately", "File", filled=True),
    Action("add_videos", "Add videos…", ("Ctrl+Shift+O",), "Add videos to this project", "File", when="edit",
           separated=True),
    Action("save_copy", "Save a copy…", ("Ctrl+Shift+S",), "Every change is stored already; this writes a second file",
           "File", when="project"),
    Action("export_json", "Export analysis as JSON…", ("Ctrl+Shift+E",), "Everything the analysis of this video says",
           "File", when="analysis", separated=True),
    Action("export_csv", "Export analysis as CSV…", (), "Tables of frames, slices, seconds, windows and segments",
           "File", when="analysis"),
    Action("settings", "Settings…", ("Ctrl+,",), "How the program looks, plays and answers", "File", separated=True),
    Action("close", "Close", ("Ctrl+W",), "Close the project", "File", when="open"),
    Action("quit", "Quit", ("Ctrl+Q",), "Leave; running work is stopped safely", "File"),
)  # fmt: skip

EDIT: Final = (
    Action("undo", "Undo", ("Ctrl+Z",), "Take back the last change", "Edit", when="undo", repeats=True),
    Action("redo", "Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "Make the change again", "Edit", when="redo", repeats=True),
    Action("split", "Split", ("S",), "Cut the correction in two at the playhead", "Edit", when="split",
           separated=True),
    Action("merge", "Merge", ("Shift+S",), "Join the correction with its neighbour of the same emotion", "Edit",
           when="merge"),
    Action("delete", "Delete", ("Backspace", "Del"), "Remove the selected correction", "Edit", when="correction"),
    Action("clear_selection", "Clear selection", ("Esc",), "Select nothing", "Edit", when="video"),
    Action("find", "Find…", ("Ctrl+F",), "Find a video, a person or a note", "Edit", when="open", separated=True),
)  # fmt: skip

PLAY: Final = (
    Action("play", "Play or pause", ("Space",), "Play from the playhead, or stop there", "Play", when="video"),
    Action("play_selection", "Play selection", ("Shift+Space",), "Play what is selected, then stop", "Play",
           when="selection"),
    Action("play_around", "Play around selection", ("Ctrl+Shift+Space",), "Play from a little before to a little after",
           "Play", when="selection"),
    Action("loop", "Loop", ("Ctrl+L",), "Play the selection, or everything, again and again", "Play", checkable=True,
           when="video"),
    Action("previous_frame", "Previous frame", ("Left", ","), "One frame back", "Play", when="video", repeats=True,
           separated=True),
    Action("next_frame", "Next frame", ("Right", "."), "One frame on", "Play", when="video", repeats=True),
    Action("back_second", "Back one second", ("Shift+Left",), "One second back", "Play", when="video", repeats=True),
    Action("forward_second", "Forward one second", ("Shift+Right",), "One second on", "Play", when="video",
           repeats=True),
    Action("start", "To the start", ("Home",), "The first frame", "Play", when="video"),
    Action("end", "To the end", ("End",), "The last frame", "Play", when="video"),
    Action("go_to_time", "Go to time…", ("Ctrl+G",), "Type a time to go to", "Play", when="video"),
    Action("shuttle_back", "Shuttle back", ("J",), "Play backward; again is faster", "Play", when="video",
           separated=True),
    Action("shuttle_stop", "Shuttle stop", ("K",), "Stop the shuttle", "Play", when="video"),
    Action("shuttle_forward", "Shuttle forward", ("L",), "Play forward; again is faster", "Play", when="video"),
    Action("slower", "Slower", ("[",), "The next lower speed", "Play", when="video", separated=True),
    Action("faster", "Faster", ("]",), "The next higher speed", "Play", when="video"),
    Action("normal_speed", "Normal speed", (), "Play at 1x", "Play", when="video"),
    Action("mute", "Mute", ("Ctrl+Shift+M",), "Sound off or on", "Play", checkable=True, when="sound",
           separated=True),
)  # fmt: skip

VIEW: Final = (
    Action("zoom_in", "Zoom in", ("Ctrl++", "Ctrl+="), "See less of the timeline, in more detail", "View",
           when="video", repeats=True),
    Action("zoom_out", "Zoom out", ("Ctrl+-",), "See more of the timeline", "View", when="video", repeats=True),
    Action("zoom_all", "Whole video", ("Ctrl+0",), "The whole video in the timeline", "View", when="video"),
    Action("zoom_selection", "Zoom to selection", ("Ctrl+E",), "What is selected fills the timeline", "View",
           when="selection"),
    *(Action(f"lane.{name}", title, (), f"Show or hide the lane {title.lower()}", "View", checkable=True,
             submenu="Lanes", separated=name == LANES[0]) for name, title in LANE_TITLES.items()),
    Action("lanes_reset", "Usual lanes", (), "All lanes in their usual order and height", "View", submenu="Lanes",
           separated=True),
    _choice("sound", "waveform", "Waveform", "Loudness over time", "Sound as"),
    _choice("sound", "mel", "Mel spectrogram", "Pitch and timbre over time", "Sound as"),
    _choice("frame", "curves", "Curves", "One curve for each emotion", "Frame branch as"),
    _choice("frame", "heat", "Heat strip", "One row for each emotion, stronger is likelier", "Frame branch as"),
    Action("snap", "Snap to frames and cuts", (), "Edges that are dragged stop at frames, cuts and segment ends",
           "View", checkable=True),
    Action("overlays", "Boxes on the video", ("B",), "Show or hide face boxes and labels", "View", checkable=True,
           separated=True),
    Action("blind", "Blind mode", ("Ctrl+B",), "Hide predictions and what other coders said", "View", checkable=True),
    Action("review", "Review queue", ("Ctrl+Shift+R",), "What the model is least sure of, over all videos", "View",
           checkable=True, when="project"),
    Action("training", "Training", ("Ctrl+Shift+T",), "What was corrected becomes a new revision of the model", "View",
           checkable=True, when="project"),
    Action("agreement", "Agreement", ("Ctrl+Shift+G",), "How far coders and revisions agree, and where they do not",
           "View", checkable=True, when="project"),
    Action("theme.system", "As the system", (), "Light or dark as the desktop is", "View", checkable=True,
           submenu="Theme", group="theme", separated=True),
    _choice("theme", "light", "Light", "Dark on light", "Theme"),
    _choice("theme", "dark", "Dark", "Light on dark", "Theme"),
    Action("full_screen", "Full screen", ("F11",), "Nothing but this window", "View", checkable=True),
)  # fmt: skip

LABEL: Final = (
    *(Action(f"label.{name}", f"{digit} {letter} {name}", (str(digit),), f"Say {name}", "Label", when="label")
      for digit, (name, letter) in enumerate(zip(EMOTIONS, LETTERS, strict=True), start=1)),
    Action("label.unsure", "0 unsure", ("0",), "Looked at, and it cannot be said", "Label", when="label"),
    Action("accept", "Accept prediction", ("A",), "Make the segment under the playhead a correction", "Label",
           when="accept", separated=True),
    Action("accept_above", "Accept all above…", ("Ctrl+Shift+A",), "Accept all segments from a confidence on; marked "
           "as batch", "Label", when="batch"),
    Action("mark_in", "Mark in", ("I",), "The range to label starts here", "Label", when="video", separated=True),
    Action("mark_out", "Mark out", ("O",), "The range to label ends here", "Label", when="video"),
    Action("commit", "Commit marks", ("Return", "Enter"), "Make a correction of the marked range", "Label",
           when="range"),
    Action("seen_in.face", "Face", ("Shift+F",), "Seen in the face", "Label", submenu="Seen in", when="correction",
           separated=True),
    Action("seen_in.voice", "Voice", ("Shift+V",), "Heard in the voice", "Label", submenu="Seen in",
           when="correction"),
    Action("seen_in.both", "Both", ("Shift+B",), "In face and voice", "Label", submenu="Seen in", when="correction"),
    Action("note", "Note…", ("T",), "Write a note on the selected correction", "Label", when="correction"),
    Action("marker", "Marker", ("M",), "Mark this moment", "Label", when="moment", separated=True),
    Action("epoch", "Epoch…", ("Shift+M",), "Name the selected range, such as a condition", "Label",
           when="range"),
    Action("previous_segment", "Previous segment", ("Alt+Left",), "To the segment before", "Label", when="video",
           repeats=True, separated=True),
    Action("next_segment", "Next segment", ("Alt+Right",), "To the segment after", "Label", when="video",
           repeats=True),
    Action("next_uncertain", "Next uncertain", ("N",), "To the next segment the model is unsure of", "Label",
           when="prediction", repeats=True),
    Action("previous_uncertain", "Previous uncertain", ("Shift+N",), "To the one before", "Label", when="prediction",
           repeats=True),
    Action("next_disagreement", "Next disagreement", ("D",), "To where the branches next disagree", "Label",
           when="prediction", repeats=True),
    Action("previous_disagreement", "Previous disagreement", ("Shift+D",), "To the one before", "Label",
           when="prediction", repeats=True),
    Action("previous_person", "Previous person", ("Ctrl+Up",), "Curves and labels of the person above", "Label",
           when="people", repeats=True, separated=True),
    Action("next_person", "Next person", ("Ctrl+Down",), "Curves and labels of the person below", "Label",
           when="people", repeats=True),
    Action("coder", "Coder…", ("Ctrl+Shift+C",), "Who is labelling", "Label", separated=True),
)  # fmt: skip

MODEL: Final = (
    Action("analyse", "Analyse this video", ("Ctrl+R",), "Find faces and read frames, slices and voice", "Model",
           when="video"),
    Action("analyse_all", "Analyse all videos", (), "Every video of the project that has no analysis yet", "Model",
           when="edit"),
    Action("cancel", "Cancel analysis", ("Ctrl+.",), "Stop what is running", "Model", when="job"),
    Action("learn", "Learn from corrections", ("Ctrl+Shift+L",), "Make a new revision; nothing is replaced before you "
           "keep it", "Model", when="learn", separated=True),
    Action("cancel_learning", "Cancel training", (), "Stop it; the current revision stays as it is", "Model",
           when="learning"),
    Action("keep_revision", "Keep new revision", ("Ctrl+Shift+K",), "It answers from now on", "Model",
           when="candidate"),
    Action("discard_revision", "Discard new revision", ("Ctrl+Shift+D",), "The current revision stays as it is",
           "Model", when="candidate"),
    Action("revisions", "Revisions", (), "All revisions of this project, to compare and to go back to", "Model",
           when="project"),
    Action("choose_model", "Choose model…", (), "Which bundle answers", "Model", separated=True),
    Action("doctor", "Check this installation…", (), "What is installed, what is missing and how to mend it", "Model"),
)  # fmt: skip

HELP: Final = (
    Action("keys", "Keys", ("?",), "All keys on one sheet", "Help"),
    Action("guide", "Guide", ("F1",), "How to work with the program", "Help"),
    Action("about", "About Affectline", (), "Version, licences, the model's card", "Help", separated=True),
)

ACTIONS: Final[tuple[Action, ...]] = FILE + EDIT + PLAY + VIEW + LABEL + MODEL + HELP

GESTURES: Final = (
    ("Zoom at the mouse", "Ctrl+wheel"),
    ("Scroll in time", "Shift+wheel"),
    ("Scroll in time", "Drag the overview"),
    ("Select a range", "Drag on a lane"),
    ("Move an edge", "Drag the edge"),
    ("… without snapping", "Alt+drag"),
    ("Show another person", "Click a face"),
    ("Step frames", "Wheel on the video"),
)
"""What the mouse does, for the sheet of keys."""
