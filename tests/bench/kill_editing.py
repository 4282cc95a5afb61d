"""Whether a project survives being killed in the middle of editing: ``python -m tests.bench.kill_editing --kills 200``.

A process edits, undoes and redoes at random, and stores an analysis over and over beside it. It says on a pipe what it
is about to do and, when that has returned, that it is done; at a random moment it is killed. Then the project must hold
exactly what was acknowledged, or that and the one step under way, be whole, and undo and redo must still work.
"""

import json
import os
import random
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import click

from app.project import edits
from app.project.analyses import AnalysisStore
from app.project.packing import packed
from app.project.rows import records_of, text_of
from app.project.store import SUFFIX, Project, create_project, open_project
from app.project.values import Edit, Medium, Record
from engine.emotions import EMOTIONS
from engine.values import Analysis
from tests.analyses import analysis, person

CHECKOUT: Final = Path(__file__).resolve().parents[2]
MEDIA: Final = ("video-1", "video-2")
FIRST_EDIT: Final = "Add 2 videos"
LENGTH_S: Final = 60.0
PEOPLE: Final = ("person-1", "person-2", None)
KILLS_OF_ONE_PROJECT: Final = 20
STEPS_TAKEN_BACK: Final = 20
READY: Final = "ready"
LONGEST_EDITING_S: Final = 0.25
LONGEST_STARTING_S: Final = 0.4
STARTS_KILLED: Final = 0.15
"""Share of the kills that strike while the project is being opened."""


@dataclass
class Tally:
    """What happened so far."""

    kills: int = 0
    acknowledged: int = 0
    half_done: int = 0
    """Kills that struck during a step."""
    failures: list[str] = field(default_factory=list)


@dataclass
class Model:
    """What the project must hold: records by their ids, and what can be undone and redone."""

    records: dict[str, Record] = field(default_factory=dict)
    done: list[Edit] = field(default_factory=list)
    undone: list[Edit] = field(default_factory=list)

    def take(self, step: str, edit: Edit | None = None) -> None:
        """Do an edit, or undo or redo."""
        if step == "undo":
            self.undone.append(self.done.pop())
            self._apply(self.undone[-1].reversed())
            return
        if edit is None:
            edit = self.undone.pop()
        else:
            self.undone.clear()
        self.done.append(edit)
        self._apply(edit)

    def _apply(self, edit: Edit) -> None:
        for record in edit.removed:
            del self.records[record.id]
        self.records.update((record.id, record) for record in edit.added)

    def copy(self) -> "Model":
        return Model(dict(self.records), list(self.done), list(self.undone))


# The process that is killed


def edit_forever(path: Path, seed: str | None) -> None:
    """Edit until killed, telling each step before and after it."""
    draw = random.Random(seed)
    with open_project(path, who="bench") as project:
        threading.Thread(target=_store_forever, args=(path, project.media()[0].id), daemon=True).start()
        print(READY, flush=True)
        while True:
            step, edit = next_step(draw, project)
            told = {"step": step}
            if edit is not None:
                told |= {"name": edit.name, "removed": text_of(edit.removed), "added": text_of(edit.added)}
            print(json.dumps(told), flush=True)
            if edit is not None:
                project.do(edit)
            elif step == "undo":
                project.undo()
            else:
                project.redo()
            print("done", flush=True)


def next_step(draw: random.Random, project: Project) -> tuple[str, Edit | None]:
    kind = draw.random()
    if kind < 0.2 and project.undo_name != FIRST_EDIT:
        return "undo", None
    if kind < 0.3 and project.redo_name:
        return "redo", None
    while True:
        edit = _random_edit(draw, project)
        if not edit.empty:
            return "do", edit


def _random_edit(draw: random.Random, project: Project) -> Edit:
    medium = draw.choice(project.media())
    corrections = project.corrections(medium.id)
    kind = draw.random()
    if kind < 0.1:
        name = f"name {draw.randrange(1000)}"
        return edits.rename_person(project.notes(medium.id), medium.id, draw.choice(PEOPLE[:2]), name)
    if kind < 0.2:
        return edits.add_marker(medium.id, draw.uniform(0, LENGTH_S), "here", "bench")
    if kind < 0.3 and len(markers := project.markers(medium.id)) > 5:
        return edits.delete(markers)
    if kind < 0.4 and corrections:
        return edits.delete(draw.sample(corrections, min(3, len(corrections))))
    if kind < 0.5 and corrections:
        return edits.relabel(draw.choice(corrections), draw.choice(EMOTIONS))
    start_s = draw.uniform(0, LENGTH_S - 1)
    end_s = draw.uniform(start_s + 0.01, LENGTH_S)
    end_s = min(end_s, start_s + draw.choice((0.5, 5, 30)))
    return edits.label(
        corrections, medium.id, draw.choice(PEOPLE), start_s, end_s, draw.choice(EMOTIONS), "bench", "blank"
    )


def _store_forever(path: Path, media_id: str) -> None:
    made = _long_analysis()
    with AnalysisStore(path) as store:
        while True:
            store.save(media_id, made)


def _long_analysis() -> Analysis:
    """One of several pieces."""
    return analysis(people=(person(frames=20_000),))


# The process that kills


def kill_once(path: Path, model: Model, draw: random.Random, tally: Tally) -> Model:
    """Let a process edit, kill it, and compare; gives the model as the project is now."""
    command = [sys.executable, "-m", "tests.bench.kill_editing", "--child", str(path), "--seed", str(draw.random())]
    begun = time.monotonic()
    pending: tuple[str, Edit | None] | None = None
    deadline = begun + draw.uniform(0, LONGEST_STARTING_S) if draw.random() < STARTS_KILLED else None
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=CHECKOUT) as process:
        for line in lines_until_killed(process, deadline, draw.uniform(0, LONGEST_EDITING_S)):
            if line == "done":
                assert pending is not None
                model.take(*pending)
                pending = None
                tally.acknowledged += 1
            elif line != READY:
                told = json.loads(line)
                pending = told["step"], edit_of(told)
    if process.returncode != -signal.SIGKILL:
        tally.failures.append(f"kill {tally.kills + 1}: the process had ended by itself ({process.returncode})")
    tally.kills += 1
    tally.half_done += pending is not None
    return _compared(path, model, pending, tally)


def edit_of(told: dict[str, str]) -> Edit | None:
    if "name" not in told:
        return None
    return Edit(told["name"], records_of(told["removed"]), records_of(told["added"]))


def lines_until_killed(process: "subprocess.Popen[bytes]", deadline: float | None, editing_s: float) -> Iterator[str]:
    """Whole lines that the process wrote, until it is killed: at the deadline, or so long after it is ready."""
    assert process.stdout is not None
    pipe, rest, alive = process.stdout.fileno(), b"", True
    while True:
        if alive and deadline is not None and time.monotonic() >= deadline:
            process.kill()
            alive = False
        wait_s = 0.001 if deadline is not None else 10.0
        if alive and not select.select([pipe], [], [], wait_s)[0]:
            continue
        read = os.read(pipe, 1 << 16)
        if not read:
            return
        *lines, rest = (rest + read).split(b"\n")
        for line in lines:
            if line == READY.encode() and deadline is None:
                deadline = time.monotonic() + editing_s
            yield line.decode()


def _compared(path: Path, model: Model, pending: tuple[str, Edit | None] | None, tally: Tally) -> Model:
    def fail(what: str) -> None:
        tally.failures.append(f"kill {tally.kills}: {what}")

    with open_project(path, who="bench") as project:
        if project.read_only:
            fail(f"it can only be read: {project.read_only_reason}")
            return model
        records = held(project)
        if records != model.records and pending is not None:
            model = model.copy()
            model.take(*pending)
        if records != model.records:
            fail("what it holds is not what was acknowledged")
        wrong = project.integrity_check()
        if wrong is not None:
            fail(wrong)
        _take_back(project, model, fail)
        with AnalysisStore(path) as store:
            stored = store.load(project.media()[0].id)
            if stored is not None and not same(stored, _long_analysis()):
                fail("half an analysis is listed")
            store.sweep()
    return model


def _take_back(project: Project, model: Model, fail: Callable[[str], None]) -> None:
    """Undo and redo some steps, and see that each leads where it should."""
    steps = min(STEPS_TAKEN_BACK, len(model.done) - 1)  # never the videos themselves
    for step in ["undo"] * steps + ["redo"] * steps:
        (project.undo if step == "undo" else project.redo)()
        model.take(step)
        if held(project) != model.records:
            fail(f"{step} led somewhere else")
            return


def held(project: Project) -> dict[str, Record]:
    """Everything in the project."""
    records: list[Record] = [*project.media(), *project.participants(), *project.all_corrections()]
    records += project.all_notes()
    for medium in project.media():
        records += [*project.markers(medium.id), *project.epochs(medium.id)]
    return {record.id: record for record in records}


def same(one: Analysis, other: Analysis) -> bool:
    (text, arrays), (other_text, other_arrays) = packed(one), packed(other)
    return text == other_text and all(arrays[name].tobytes() == other_arrays[name].tobytes() for name in other_arrays)


def new_project(path: Path) -> Model:
    """A project of two videos, and what it holds."""
    media = tuple(Medium(name, f"{name}.mp4", 1, "ab" * 32, LENGTH_S, "2026-01-01") for name in MEDIA)
    model = Model()
    with create_project(path) as project:
        edit = edits.add_media(media)
        project.do(edit)
        model.take("do", edit)
    return model


def kill_until(kills: int, tally: Tally, seed: str | None, tally_file: Path | None = None) -> Tally:
    """Go on until there are so many kills; the tally is written after each."""
    draw = random.Random(seed)
    while tally.kills < kills and not tally.failures:
        with tempfile.TemporaryDirectory(prefix="affectline-kill-") as folder:
            path = Path(folder, f"study{SUFFIX}")
            model = new_project(path)
            for _ in range(min(KILLS_OF_ONE_PROJECT, kills - tally.kills)):
                model = kill_once(path, model, draw, tally)
                if tally_file is not None:
                    tally_file.write_text(json.dumps(asdict(tally), indent=1) + "\n", encoding="utf-8")
    return tally


@click.command()
@click.option("--kills", type=click.IntRange(1), default=200)
@click.option("--tally", "tally_file", type=click.Path(path_type=Path), help="Goes on from it, and is kept up to date.")
@click.option("--seed", type=str, help="For the same steps again; the moments of the kills stay their own.")
@click.option("--child", type=click.Path(path_type=Path), hidden=True)
def main(kills: int, tally_file: Path | None, seed: str | None, child: Path | None) -> None:
    """Kill a process that edits, again and again."""
    if child is not None:
        edit_forever(child, seed)
    tally = Tally()
    if tally_file is not None and tally_file.exists():
        tally = Tally(**json.loads(tally_file.read_text(encoding="utf-8")))
    kill_until(kills, tally, seed, tally_file)
    click.echo(
        f"{tally.kills} kills, {tally.half_done} of them during a step; {tally.acknowledged} steps acknowledged, "
        f"{len(tally.failures)} failures"
    )
    for failure in tally.failures:
        click.echo(failure)
    sys.exit(bool(tally.failures))


if __name__ == "__main__":
    main()
