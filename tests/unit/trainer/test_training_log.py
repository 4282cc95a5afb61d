"""The log of a training: written line by line, read while it grows."""

import json
import math
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import StorageError
from trainer.training_log import Log, LogReader, LogWriter, logged, read_log
from trainer.values import TrainStep

CHECKOUT = Path(__file__).parents[3]
STEP = TrainStep("frame", 1, 2, 3, 8, 1.25, 0.5, 100.0, 7.5, waiting_share=0.25)
END = replace(STEP, step=4, dev_accuracy=0.75, dev_uar=0.5, best_epoch=1, message="Größe, «best»")
STAGES = ("frame", "fusion")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "work" / "training.jsonl"


def write(path: Path, *steps: TrainStep, seed: int = 1) -> None:
    with LogWriter(path, STAGES, seed) as log:
        for step in steps:
            log.write(step)


def test_steps_come_back_as_they_were(path: Path) -> None:
    write(path, STEP, END, seed=5)
    log = read_log(path)
    assert log.steps == (STEP, END)
    (run,) = log.runs
    assert (run.stages, run.seed, log.stages) == (STAGES, 5, STAGES)
    assert run.started.endswith("+00:00")


def test_there_is_no_nan_in_the_file(path: Path) -> None:
    said = TrainStep("features", 1, 1, 0, 1, math.nan, math.inf, 0.0, 0.0, message="on the way")
    write(path, said)
    lines = path.read_text().splitlines()
    assert json.loads(lines[1], parse_constant=pytest.fail)["loss"] is None
    (back,) = read_log(path).steps
    assert math.isnan(back.loss)
    assert math.isnan(back.accuracy)
    assert replace(back, loss=0, accuracy=0) == replace(said, loss=0, accuracy=0)


def test_every_line_is_there_at_once(path: Path) -> None:
    reader = LogReader(path)
    assert reader.read() == Log()
    with LogWriter(path, STAGES, 1) as log:
        assert len(reader.read().runs) == 1
        for number in (1, 2, 3):
            log.write(replace(STEP, step=number))
            assert [step.step for step in reader.read().steps] == list(range(1, number + 1))


def test_a_half_written_line_is_left_for_later(path: Path) -> None:
    write(path, STEP, END)
    whole = path.read_bytes()
    reader = LogReader(path)
    for cut in range(len(whole) - 60, len(whole)):
        path.write_bytes(whole[:cut])
        assert read_log(path).steps == (STEP,)
    assert reader.read().steps == (STEP,)
    path.write_bytes(whole)
    assert reader.read().steps == (STEP, END)


def test_a_run_that_goes_on_begins_a_line_of_its_own(path: Path) -> None:
    write(path, STEP, END)
    path.write_bytes(path.read_bytes()[:-20])  # killed while it wrote
    write(path, END, seed=2)
    log = read_log(path)
    assert log.steps == (STEP, END)
    assert [run.seed for run in log.runs] == [1, 2]


def test_what_was_done_again_counts_once(path: Path) -> None:
    first = [replace(STEP, step=number, loss=1.0) for number in (1, 2, 3, 4)]
    again = [replace(STEP, step=number, loss=2.0) for number in (3, 4, 5)]
    write(path, *first)
    write(path, *again)
    assert [(step.step, step.loss) for step in read_log(path).steps] == [(1, 1), (2, 1), (3, 2), (4, 2), (5, 2)]


def test_stages_do_not_replace_each_other(path: Path) -> None:
    said = TrainStep("features", 1, 1, 0, 1, math.nan, math.nan, 0.0, 0.0, message="on the way")
    write(path, replace(STEP, step=8), said, replace(said, message="further"), replace(STEP, stage="fusion", step=1))
    assert [(step.stage, step.step) for step in read_log(path).steps] == [
        ("frame", 8), ("features", 0), ("features", 0), ("fusion", 1),
    ]  # fmt: skip


def test_lines_that_make_no_sense_are_passed_over(path: Path) -> None:
    write(path, STEP)
    with path.open("ab") as file:
        file.write(b'{"run": 3}\n[1]\n{"stage": "frame"}\n\xff\xfe\n\n7\n')
    write(path, END)
    assert read_log(path).steps == (STEP, END)
    later = json.loads(path.read_text(errors="replace").splitlines()[1]) | {"step": 6, "of_a_later_version": 1}
    with path.open("a") as file:
        file.write(json.dumps(later) + "\n")
    assert read_log(path).steps[-1] == replace(STEP, step=6)


def test_a_log_that_was_replaced_is_read_anew(path: Path) -> None:
    write(path, STEP, END)
    reader = LogReader(path)
    assert len(reader.read().steps) == 2
    path.unlink()
    write(path, STEP)
    assert reader.read().steps == (STEP,)


def test_stages_are_those_seen_where_none_were_planned(path: Path) -> None:
    with LogWriter(path, (), 1) as log:
        log.write(STEP)
        log.write(replace(STEP, stage="audio"))
    assert read_log(path).stages == ("frame", "audio")
    assert Log().stages == ()


def test_steps_are_logged_on_their_way(path: Path) -> None:
    def steps() -> Iterator[TrainStep]:
        yield STEP
        assert read_log(path).steps == (STEP,)
        yield END

    assert list(logged(steps(), path, STAGES, 1)) == [STEP, END]
    assert read_log(path).steps == (STEP, END)


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError):
        LogWriter(tmp_path / "file" / "log", STAGES, 1)
    if Path("/dev/full").exists():
        with pytest.raises(StorageError, match="No space left"):
            LogWriter(Path("/dev/full"), STAGES, 1)


def test_reading_needs_no_torch() -> None:
    code = "import sys, trainer.training_log; sys.exit(bool({'torch', 'librosa', 'scipy', 'numpy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, check=False).returncode == 0
