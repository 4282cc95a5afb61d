"""The table of actions: the promised keys, no clash in any preset, and a reason for everything that is off."""

import dataclasses
import re

import pytest

from app.action_table import ACTIONS, LANE_TITLES, MENUS
from app.actions import BY_ID, PRESETS, State, conflicts, holders, key_text, normal_key, shortcuts, why_not
from app.timeline.values import LANES
from engine.emotions import EMOTIONS

EVERYTHING = State(
    project=True, video=True, analysis=True, range=True, selection=True, segment=True, correction=True,
    splittable=True, mergeable=True, people=2, undo="Label sad", redo="Label happy", job=True,
    learning=True, candidate=True,
)  # fmt: skip

PROMISED = {
    "play": ("Space",),
    "play_selection": ("Shift+Space",),
    "play_around": ("Ctrl+Shift+Space",),
    "previous_frame": ("Left", ","),
    "next_frame": ("Right", "."),
    "back_second": ("Shift+Left",),
    "forward_second": ("Shift+Right",),
    "shuttle_back": ("J",),
    "shuttle_stop": ("K",),
    "shuttle_forward": ("L",),
    "mark_in": ("I",),
    "mark_out": ("O",),
    "commit": ("Return", "Enter"),
    "label.unsure": ("0",),
    "delete": ("Backspace", "Del"),
    "split": ("S",),
    "previous_segment": ("Alt+Left",),
    "next_segment": ("Alt+Right",),
    "next_uncertain": ("N",),
    "previous_uncertain": ("Shift+N",),
    "next_disagreement": ("D",),
    "marker": ("M",),
    "loop": ("Ctrl+L",),
    "go_to_time": ("Ctrl+G",),
    "find": ("Ctrl+F",),
    "zoom_in": ("Ctrl++", "Ctrl+="),
    "zoom_out": ("Ctrl+-",),
    "zoom_all": ("Ctrl+0",),
    "zoom_selection": ("Ctrl+E",),
    "start": ("Home",),
    "end": ("End",),
    "undo": ("Ctrl+Z",),
    "redo": ("Ctrl+Shift+Z", "Ctrl+Y"),
    "keys": ("?",),
    "full_screen": ("F11",),
    "previous_person": ("Ctrl+Up",),
    "next_person": ("Ctrl+Down",),
}


@pytest.mark.parametrize(("action", "keys"), PROMISED.items())
def test_promised_keys(action, keys):
    assert shortcuts("Affectline", {})[action] == keys


def test_seven_labels_have_their_digits():
    assert [BY_ID[f"label.{name}"].shortcuts for name in EMOTIONS] == [(str(digit),) for digit in range(1, 8)]


def test_the_table_is_sound():
    assert len(BY_ID) == len(ACTIONS)
    assert {action.menu for action in ACTIONS} == set(MENUS)
    assert tuple(LANE_TITLES) == LANES
    assert all(action.checkable for action in ACTIONS if action.group)
    assert all(action.tip and not action.tip.endswith(".") for action in ACTIONS)


@pytest.mark.parametrize("preset", PRESETS)
def test_no_preset_gives_a_key_twice_or_to_nothing(preset):
    assert conflicts(shortcuts(preset, {})) == {}
    assert set(PRESETS[preset]) <= set(BY_ID)


@pytest.mark.parametrize("preset", PRESETS)
def test_no_key_needs_a_number_pad(preset):
    for action, keys in shortcuts(preset, {}).items():
        usable = [key for key in keys if not re.search(r"Num\+|^Enter$", key)]
        assert usable or not keys, action


def test_an_unknown_preset_means_the_usual_keys():
    assert shortcuts("Final Cut", {}) == shortcuts("Affectline", {})


def test_a_preset_changes_only_what_it_names():
    elan, usual = shortcuts("ELAN", {}), shortcuts("Affectline", {})
    assert elan["play"][0] == "Ctrl+Space"
    assert {action for action in usual if elan[action] != usual[action]} <= set(PRESETS["ELAN"])


def test_an_own_key_is_taken_from_who_had_it():
    keys = shortcuts("Affectline", {"accept": "ctrl+Z"})
    assert keys["accept"] == ("ctrl+Z",)
    assert keys["undo"] == ()
    assert conflicts(keys) == {}


def test_several_own_keys_or_none():
    keys = shortcuts("Affectline", {"marker": "M F9", "split": "", "no_such_action": "Q"})
    assert keys["marker"] == ("M", "F9")
    assert keys["split"] == ()
    assert "no_such_action" not in keys


def test_two_own_keys_that_clash_are_told():
    keys = shortcuts("Affectline", {"marker": "F9", "split": "F9"})
    assert conflicts(keys) == {"F9": ("split", "marker")}
    assert holders("f9", keys) == ("split", "marker")


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("shift+ctrl+z", "Ctrl+Shift+Z"),
        ("Ctrl++", "Ctrl++"),
        ("+", "+"),
        ("Delete", "Del"),
        ("PageUp", "Pgup"),
        (",", ","),
    ],
)
def test_one_spelling_for_a_key(written, normal):
    assert normal_key(written) == normal


@pytest.mark.parametrize(("key", "shown"), [("Shift+Left", "Shift+←"), ("Ctrl++", "Ctrl++"), ("Return", "Enter")])
def test_keys_as_people_read_them(key, shown):
    assert key_text(key) == shown


def test_everything_can_be_done_when_everything_is_there():
    assert [action.id for action in ACTIONS if why_not(action, EVERYTHING)] == []


def test_with_nothing_open_only_some_things_can_be_done():
    free = {action.id for action in ACTIONS if why_not(action, State()) is None}
    assert {"open", "new_project", "settings", "keys", "about", "quit", "coder"} <= free
    assert not free & {"play", "undo", "analyse", "label.happy", "close", "cancel", "add_videos"}


@pytest.mark.parametrize(
    ("action", "change", "said"),
    [
        ("play", {"video": False}, "open a video first"),
        ("undo", {"undo": None}, "nothing to undo"),
        ("label.sad", {"selection": False, "correction": False, "segment": False}, "I and O"),
        ("label.sad", {"read_only": "Ana has it open"}, "Ana has it open"),
        ("next_uncertain", {"blind": True}, "blind"),
        ("accept", {"segment": False}, "segment"),
        ("export_csv", {"analysis": False}, "analyse this video"),
        ("mute", {"no_sound": "this video has no sound"}, "this video has no sound"),
        ("next_person", {"people": 1}, "nobody else"),
        ("cancel", {"job": False}, "no analysis is running"),
        ("split", {"splittable": False}, "inside a correction"),
        ("delete", {"correction": False}, "select a correction first"),
        ("delete", {"correction": False, "theirs": "JD"}, "this label is JD's"),
        ("epoch", {"range": False}, "select a range first"),
        ("merge", {"mergeable": False}, "beside another"),
        ("close", {"project": False, "video": False}, "nothing is open"),
    ],
)
def test_what_is_off_says_why(action, change, said):
    assert said in why_not(BY_ID[action], dataclasses.replace(EVERYTHING, **change))


def test_a_label_needs_any_one_of_three_targets():
    none = dataclasses.replace(EVERYTHING, selection=False, correction=False, segment=False)
    for target in ("selection", "correction", "segment"):
        assert why_not(BY_ID["label.fear"], dataclasses.replace(none, **{target: True})) is None
