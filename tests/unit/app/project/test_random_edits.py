"""Hundreds of random edits, undone and redone: the store always holds what a plain model of it holds."""

import random
import uuid
from itertools import pairwise

import pytest

from app.project import edits
from app.project.errors import EditError
from app.project.store import create_project, open_project
from app.project.values import Edit
from engine.emotions import EMOTIONS
from engine.values import Segment
from tests.unit.app.project.records import medium

STEPS = 300
LENGTH_S = 30.0
PEOPLE = ("person-1", "person-2")
CODERS = ("ana", "ben")


class Model:
    """Records by table and id, and two stacks."""

    def __init__(self):
        self.records, self.done, self.undone = {}, [], []

    def do(self, edit):
        self.done.append(edit)
        self.undone.clear()
        self.apply(edit)

    def undo(self):
        self.undone.append(self.done.pop())
        self.apply(self.undone[-1].reversed())

    def redo(self):
        self.done.append(self.undone.pop())
        self.apply(self.done[-1])

    def apply(self, edit):
        for record in edit.removed:
            assert self.records.pop((type(record), record.id)) == record
        for record in edit.added:
            assert (type(record), record.id) not in self.records
            self.records[type(record), record.id] = record


def held(project):
    found = [*project.media(), *project.participants(), *project.all_corrections(), *project.all_notes()]
    for one in project.media():
        found += [*project.markers(one.id), *project.epochs(one.id)]
    return {(type(record), record.id): record for record in found}


def random_edit(draw, project):
    one = draw.choice(project.media())
    said, notes = project.corrections(one.id), project.notes(one.id)
    known = {*PEOPLE, *(note.person for note in notes)}
    person, coder, emotion = draw.choice([None, *sorted(known)]), draw.choice(CODERS), draw.choice([None, *EMOTIONS])
    start_s, end_s = sorted(round(draw.uniform(0, LENGTH_S), draw.choice([0, 3, 9])) for _ in range(2))
    end_s = min(end_s, start_s + draw.choice([0.5, 3.0, LENGTH_S]))
    somebody = person or "person-1"
    target = draw.choice(said) if said else None

    makers = [
        lambda: edits.label(said, one.id, person, start_s, end_s, emotion, coder, "blank"),
        lambda: edits.label(said, one.id, person, start_s, end_s, emotion, coder, "edited", "face", "note"),
        lambda: edits.accept_segments(
            [Segment(start_s, end_s, "sad", draw.random(), False)], said, one.id, person, coder, 0.5
        ),
        lambda: edits.rename_person(notes, one.id, somebody, draw.choice(["", "Ana", "Bea"])),
        lambda: edits.set_participant(notes, project.participants(), one.id, somebody, draw.choice(["P1", "P2", ""])),
        lambda: edits.ignore_person(notes, one.id, somebody, draw.random() < 0.5),
        lambda: edits.merge_people(notes, said, one, draw.sample(sorted(known), 2)),
        lambda: edits.split_person(notes, said, one, somebody, start_s, known),
        lambda: edits.set_voice_of(one, person),
        lambda: edits.add_marker(one.id, start_s, "here", coder),
        lambda: edits.add_epoch(one.id, start_s, start_s + 1, "calm"),
        lambda: edits.relink(one, f"{draw.randrange(100)}.mp4"),
    ]
    if target is not None:
        makers += [
            lambda: edits.move(target, start_s, end_s, said),
            lambda: edits.move_edge(target, draw.choice(["start", "end"]), start_s, said),
            lambda: edits.relabel(target, emotion),
            lambda: edits.split(target, (target.start_s + target.end_s) / 2),
            lambda: edits.merge(draw.sample(said, min(2, len(said))), said),
            lambda: edits.set_note(target, draw.choice(["", "why"])),
            lambda: edits.set_seen_in(target, draw.choice(["face", "voice", "both"])),
            lambda: edits.delete([target]),
        ]
    marks = (*project.markers(one.id), *project.epochs(one.id))
    if len(marks) > 8:
        makers.append(lambda: edits.delete(marks))
    if draw.random() < 0.03 and len(project.media()) > 1:
        return edits.remove_media([one], said, notes, project.markers(one.id), project.epochs(one.id))
    return draw.choice(makers)()


@pytest.mark.parametrize("seed", range(3))
def test_the_store_equals_the_model(path, seed, monkeypatch):
    draw, model, ids = random.Random(seed), Model(), random.Random(seed)
    monkeypatch.setattr("app.project.values.uuid.uuid4", lambda: uuid.UUID(int=ids.getrandbits(128)))
    project = create_project(path)
    first = edits.add_media([medium(), medium("m2", "b.mp4"), medium("m3", "c.mp4")])
    project.do(first)
    model.do(first)
    refused = most = 0
    for _ in range(STEPS):
        kind = draw.random()
        if kind < 0.2 and len(model.done) > 1:
            project.undo()
            model.undo()
        elif kind < 0.35 and model.undone:
            project.redo()
            model.redo()
        elif kind < 0.37:
            project.close()
            project = open_project(path)
        else:
            try:
                edit = random_edit(draw, project)
            except EditError:
                refused += 1
                continue
            project.do(edit)
            if not edit.empty:
                model.do(edit)
        assert held(project) == model.records
        assert_no_overlap(project)
        most = max(most, len(project.all_corrections()))
        assert project.undo_name == (model.done[-1].name if model.done else None)
        assert project.redo_name == (model.undone[-1].name if model.undone else None)
    assert refused < STEPS / 4
    assert most > 10
    while project.undo():
        model.undo()
    assert held(project) == model.records == {}
    assert project.integrity_check() is None
    project.close()


def assert_no_overlap(project):
    for one in project.media():
        said = project.corrections(one.id)
        for voice in {(record.person, record.coder) for record in said}:
            mine = [record for record in said if (record.person, record.coder) == voice]
            assert all(earlier.end_s <= later.start_s for earlier, later in pairwise(mine))
            assert all(record.end_s - record.start_s > edits.MIN_INTERVAL_S - 1e-6 for record in mine)


def test_the_model_is_strict():
    with pytest.raises(KeyError):
        Model().do(Edit("x", (medium(),)))
