"""Whether a project survives being killed while it learns: ``python -m tests.bench.kill_retraining --kills 100``.

A process stores revisions, the scores of every video by them, makes them current, and deletes them, at random, while
another of its connections edits. It says on a pipe what it is about to do and, when that has returned, that it is done;
at a random moment it is killed. Then the project must open, hold exactly the edits, revisions and scores that were
acknowledged, or those and the step of each kind under way, and all that it lists must be whole.
"""

import json
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import click

from app.project.analyses import AnalysisStore
from app.project.revisions import RevisionStore
from app.project.rows import text_of
from app.project.store import SUFFIX, open_project
from app.project.values import Edit
from engine.values import Analysis
from tests.analyses import person
from tests.bench.kill_editing import (
    CHECKOUT,
    KILLS_OF_ONE_PROJECT,
    LONGEST_STARTING_S,
    MEDIA,
    READY,
    STARTS_KILLED,
    Model,
    edit_of,
    held,
    lines_until_killed,
    new_project,
    next_step,
    same,
)
from tests.revisions import added, by, weights

LONGEST_LEARNING_S: Final = 2.0
MOST_REVISIONS: Final = 4
BETWEEN_EDITS_S: Final = 0.002
EDIT, LEARN = "edit", "learn"
DONE: Final = " done"


@dataclass
class Tally:
    """What happened so far."""

    kills: int = 0
    edits: int = 0
    """Acknowledged, as are `steps` of learning."""
    steps: int = 0
    during_edits: int = 0
    """Kills that struck during an edit, and `during_steps` during a step of learning."""
    during_steps: int = 0
    failures: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Step:
    """What is done to revisions: `add`, `score` a video, `use` (None: the bundle as it came), or `delete`."""

    what: str
    name: str | None
    media_id: str = ""
    seed: int = 0


@dataclass
class Learned:
    """The revisions and scores that a project must hold."""

    seeds: dict[str, int] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    current: str | None = None
    scores: set[tuple[str, str]] = field(default_factory=set)
    """Names of revisions and the videos they scored."""

    def take(self, step: Step) -> None:
        match step.what:
            case "add":
                assert step.name is not None
                self.seeds[step.name] = step.seed
            case "score":
                assert step.name is not None
                self.scores.add((step.name, step.media_id))
            case "use":
                self.current = step.name
                self.kept |= {step.name} - {None}  # type: ignore[arg-type]
            case _:
                assert step.name is not None
                del self.seeds[step.name]
                self.kept.discard(step.name)
                self.scores = {score for score in self.scores if score[0] != step.name}

    def copy(self) -> "Learned":
        return Learned(dict(self.seeds), set(self.kept), self.current, set(self.scores))


def next_learning(draw: random.Random, learned: Learned, store: RevisionStore) -> Step:
    """What could come next: mostly, a new revision scores every video before it is used or deleted."""
    names = list(learned.seeds)
    for name in reversed(names):
        missing = [media_id for media_id in MEDIA if (name, media_id) not in learned.scores]
        if missing and draw.random() < 0.8:
            return Step("score", name, missing[0])
    deletable = [name for name in names if name != learned.current]
    if deletable and (len(names) >= MOST_REVISIONS or draw.random() < 0.2):
        return Step("delete", draw.choice(deletable))
    usable = [name for name in (None, *names) if name != learned.current]
    if usable and draw.random() < 0.5:
        return Step("use", draw.choice(usable))
    return Step("add", store.next_name("1"), seed=draw.randrange(1000))


def _scores(name: str, media_id: str) -> Analysis:
    """An analysis of several pieces that says whose it is."""
    return by(name, device=f"{name} of {media_id}", people=(person(frames=12_000),))


# The process that is killed


class _Teller:
    """Whole lines from two threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def say(self, line: str) -> None:
        with self._lock:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()


def learn_forever(path: Path, seed: str | None, learned: Learned) -> None:
    """Learn until killed, and edit beside it, telling each step before and after it."""
    teller = _Teller()
    draw = random.Random(seed)
    with RevisionStore(path) as revisions, AnalysisStore(path) as analyses:
        threading.Thread(target=_edit_forever, args=(path, f"{seed} edits", teller), daemon=True).start()
        while True:
            step = next_learning(draw, learned, revisions)
            teller.say(f"{LEARN} {json.dumps(asdict(step))}")
            _do(step, revisions, analyses)
            learned.take(step)
            teller.say(LEARN + DONE)


def _do(step: Step, revisions: RevisionStore, analyses: AnalysisStore) -> None:
    match step.what:
        case "add":
            parent = revisions.current()
            added(revisions, step.seed, name=step.name, parent=parent.id if parent is not None else None)
        case "score":
            assert step.name is not None
            analyses.save(step.media_id, _scores(step.name, step.media_id))
        case "use":
            revisions.make_current(revisions.named(step.name).id if step.name is not None else None)
        case _:
            assert step.name is not None
            revisions.delete(revisions.named(step.name).id)


def _edit_forever(path: Path, seed: str, teller: _Teller) -> None:
    draw = random.Random(seed)
    with open_project(path, who="bench") as project:
        teller.say(READY)
        while True:
            step, edit = next_step(draw, project)
            told = {"step": step}
            if edit is not None:
                told |= {"name": edit.name, "removed": text_of(edit.removed), "added": text_of(edit.added)}
            teller.say(f"{EDIT} {json.dumps(told)}")
            if edit is not None:
                project.do(edit)
            else:
                (project.undo if step == "undo" else project.redo)()
            teller.say(EDIT + DONE)
            time.sleep(BETWEEN_EDITS_S)


# The process that kills


@dataclass
class Expected:
    """What a project must hold, and what was under way when its process was killed."""

    edited: Model
    learned: Learned = field(default_factory=Learned)
    edit: tuple[str, Edit | None] | None = None
    step: Step | None = None

    def hear(self, line: str, tally: Tally) -> None:
        """Note what the process is about to do, or has done."""
        kind, _, told = line.partition(" ")
        match kind, told:
            case ("edit", "done"):
                assert self.edit is not None
                self.edited.take(*self.edit)
                self.edit = None
                tally.edits += 1
            case ("learn", "done"):
                assert self.step is not None
                self.learned.take(self.step)
                self.step = None
                tally.steps += 1
            case ("edit", _):
                plain = json.loads(told)
                self.edit = plain["step"], edit_of(plain)
            case ("learn", _):
                self.step = Step(**json.loads(told))


def kill_once(path: Path, expected: Expected, draw: random.Random, tally: Tally) -> None:
    """Let a process learn and edit, kill it, and compare; afterwards `expected` is what the project holds."""
    known = {
        **asdict(expected.learned),
        "kept": sorted(expected.learned.kept),
        "scores": sorted(expected.learned.scores),
    }
    command = [
        sys.executable, "-m", "tests.bench.kill_retraining", "--child", str(path), "--seed", str(draw.random()),
        "--known", json.dumps(known),
    ]  # fmt: skip
    begun = time.monotonic()
    deadline = begun + draw.uniform(0, LONGEST_STARTING_S) if draw.random() < STARTS_KILLED else None
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=CHECKOUT) as process:
        for line in lines_until_killed(process, deadline, draw.uniform(0, LONGEST_LEARNING_S)):
            expected.hear(line, tally)
    if process.returncode != -signal.SIGKILL:
        tally.failures.append(f"kill {tally.kills + 1}: the process had ended by itself ({process.returncode})")
    tally.kills += 1
    tally.during_edits += expected.edit is not None
    tally.during_steps += expected.step is not None
    _compare(path, expected, tally)


def _compare(path: Path, expected: Expected, tally: Tally) -> None:
    def fail(what: str) -> None:
        tally.failures.append(f"kill {tally.kills}: {what}")

    with open_project(path, who="bench") as project:
        if project.read_only:
            fail(f"it can only be read: {project.read_only_reason}")
            return
        records = held(project)
        if records != expected.edited.records and expected.edit is not None:
            expected.edited.take(*expected.edit)
        if records != expected.edited.records:
            fail("what people said is not what was acknowledged")
        with RevisionStore(path) as revisions, AnalysisStore(path) as analyses:
            found = _learned(revisions, analyses, fail)
            if found != expected.learned and expected.step is not None:
                expected.learned.take(expected.step)
            if found != expected.learned:
                fail(f"it learned {found}, and {expected.learned} was acknowledged")
            analyses.sweep()
            _count_pieces(revisions, expected.learned, fail)
        wrong = project.integrity_check()
        if wrong is not None:
            fail(wrong)
    expected.edit = expected.step = None


def _learned(revisions: RevisionStore, analyses: AnalysisStore, fail: Callable[[str], None]) -> Learned:
    """What is listed; all of it must be whole."""
    found = Learned()
    for revision in revisions.all():
        seed = found.seeds[revision.name] = revision.manifest["seed"]
        if revisions.weights(revision.id) != weights(seed):
            fail(f"revision {revision.name} is not whole")
        if revision.state == "kept":
            found.kept.add(revision.name)
    current = revisions.current()
    found.current = current.name if current is not None else None
    for media_id in MEDIA:
        for summary in analyses.revisions_of(media_id):
            found.scores.add((summary.revision, media_id))
            stored = analyses.load(media_id, summary.revision)
            if stored is None or not same(stored, _scores(summary.revision, media_id)):
                fail(f"the scores of {media_id} by {summary.revision} are not whole")
    return found


def _count_pieces(store: RevisionStore, learned: Learned, fail: Callable[[str], None]) -> None:
    """After a sweep nothing is left of what was not finished or was deleted."""
    for sql, wanted in (
        ("SELECT count(*) FROM analyses", len(learned.scores)),
        ("SELECT count(DISTINCT analysis) FROM analysis_pieces", len(learned.scores)),
        ("SELECT count(DISTINCT revision) FROM revision_pieces", len(learned.seeds)),
    ):
        there = store._rows(sql)[0][0]
        if there != wanted:
            fail(f"{sql}: {there}, not {wanted}")


def kill_until(kills: int, tally: Tally, seed: str | None, tally_file: Path | None = None) -> Tally:
    """Go on until there are so many kills; the tally is written after each."""
    draw = random.Random(seed)
    while tally.kills < kills and not tally.failures:
        with tempfile.TemporaryDirectory(prefix="affectline-kill-") as folder:
            path = Path(folder, f"study{SUFFIX}")
            expected = Expected(new_project(path))
            for _ in range(min(KILLS_OF_ONE_PROJECT, kills - tally.kills)):
                kill_once(path, expected, draw, tally)
                if tally_file is not None:
                    tally_file.write_text(json.dumps(asdict(tally), indent=1) + "\n", encoding="utf-8")
    return tally


def _known(text: str) -> Learned:
    plain: dict[str, Any] = json.loads(text)
    scores = {(name, media_id) for name, media_id in plain["scores"]}
    return Learned(plain["seeds"], set(plain["kept"]), plain["current"], scores)


@click.command()
@click.option("--kills", type=click.IntRange(1), default=100)
@click.option("--tally", "tally_file", type=click.Path(path_type=Path), help="Goes on from it, and is kept up to date.")
@click.option("--seed", type=str, help="For the same steps again; the moments of the kills stay their own.")
@click.option("--child", type=click.Path(path_type=Path), hidden=True)
@click.option("--known", type=str, hidden=True)
def main(kills: int, tally_file: Path | None, seed: str | None, child: Path | None, known: str | None) -> None:
    """Kill a process that learns, again and again."""
    if child is not None:
        learn_forever(child, seed, _known(known or "{}"))
    tally = Tally()
    if tally_file is not None and tally_file.exists():
        tally = Tally(**json.loads(tally_file.read_text(encoding="utf-8")))
    kill_until(kills, tally, seed, tally_file)
    click.echo(
        f"{tally.kills} kills, {tally.during_steps} of them during a step of learning, {tally.during_edits} during"
        f" an edit; {tally.steps} steps and {tally.edits} edits acknowledged, {len(tally.failures)} failures"
    )
    for failure in tally.failures:
        click.echo(failure)
    sys.exit(bool(tally.failures))


if __name__ == "__main__":
    main()
