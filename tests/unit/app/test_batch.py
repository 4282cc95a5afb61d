"""Several inputs: what fails is named, the rest go on, and the exit code sums up."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from app.batch import Exit, Outcome, analyse_each, exit_code
from app.progress import ProgressView
from engine.errors import CancelledError, MediaFormatError, StorageError
from engine.values import Gap, Part, Progress, Track
from tests.analyses import analysis, probabilities

FINE, BROKEN = Path("fine.mp4"), Path("broken.mp4")
FAILED = Outcome(BROKEN, MediaFormatError(BROKEN, "it is empty"))
STOPPED = Outcome(FINE, CancelledError())


def analyser(path, cancelled):
    yield Progress(1.0, 12.0, 25, 0.5)
    yield Part("frame", 0, Track([0.0], [0.04], probabilities(1)))
    if cancelled():
        raise CancelledError
    if path == BROKEN:
        raise MediaFormatError(path, "it is empty")
    gaps = (Gap("unreadable", 10.0, 12.0),) if path.stem == "damaged" else ()
    yield analysis(str(path), gaps=gaps)


def run(paths, deliver=lambda number, made: None, cancelled=lambda: False):
    with ProgressView(Console(file=io.StringIO())) as view:
        return analyse_each(paths, analyser, deliver, view, cancelled)


def test_the_rest_go_on():
    delivered = []
    outcomes = run([FINE, BROKEN, FINE], lambda number, made: delivered.append((number, made.media.path)))
    assert delivered == [(0, "fine.mp4"), (2, "fine.mp4")]
    assert [type(outcome.error) for outcome in outcomes] == [type(None), MediaFormatError, type(None)]


def test_what_cannot_be_written_counts_as_failed():
    def deliver(number, made):
        raise StorageError("out", "no space left on device")

    assert isinstance(run([FINE], deliver)[0].error, StorageError)


def test_interruption_ends_it():
    outcomes = run([FINE, BROKEN], cancelled=lambda: True)
    assert len(outcomes) == 1
    assert isinstance(outcomes[0].error, CancelledError)


def test_a_damaged_video_is_done_and_marked():
    assert run([Path("damaged.mp4")]) == [Outcome(Path("damaged.mp4"), None, damaged=True)]


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ([Outcome(FINE)], Exit.DONE),
        ([Outcome(FINE), Outcome(FINE)], Exit.DONE),
        ([FAILED], Exit.NOTHING_DONE),
        ([FAILED, FAILED], Exit.NOTHING_DONE),
        ([Outcome(FINE), FAILED], Exit.DONE_IN_PART),
        ([Outcome(FINE, damaged=True)], Exit.DONE_IN_PART),
        ([Outcome(FINE), STOPPED], Exit.INTERRUPTED),
        ([FAILED, STOPPED], Exit.INTERRUPTED),
    ],
)
def test_exit_code(outcomes, code):
    assert exit_code(outcomes) is code


def test_the_documented_numbers():
    assert [int(code) for code in Exit] == [0, 1, 2, 3, 130]
