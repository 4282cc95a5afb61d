"""Every edit of a project as a pure function: records as they are in, an `Edit` out. Nothing is stored here.

They raise `EditError`, with a sentence, for what cannot be done.
"""

from app.project.edits.corrections import (
    MIN_INTERVAL_S,
    accept_segments,
    label,
    merge,
    move,
    move_edge,
    relabel,
    set_note,
    set_seen_in,
    split,
    unlabelled,
)
from app.project.edits.marks import add_epoch, add_marker, delete, edit_epoch, edit_marker, together
from app.project.edits.media import add_media, relink, remove_media, set_voice_of
from app.project.edits.people import ignore_person, merge_people, rename_person, set_participant, split_person

__all__ = [
    "MIN_INTERVAL_S",
    "accept_segments",
    "add_epoch",
    "add_marker",
    "add_media",
    "delete",
    "edit_epoch",
    "edit_marker",
    "ignore_person",
    "label",
    "merge",
    "merge_people",
    "move",
    "move_edge",
    "relabel",
    "relink",
    "remove_media",
    "rename_person",
    "set_note",
    "set_participant",
    "set_seen_in",
    "set_voice_of",
    "split",
    "split_person",
    "together",
    "unlabelled",
]
