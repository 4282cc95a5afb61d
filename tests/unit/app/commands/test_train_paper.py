"""The command line of the paper's procedure: what it asks for, passes on, and prints."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from app import places
from app.batch import Exit
from app.commands.paper_tables import paper_tables
from app.commands.train_paper import train_paper_command
from engine.values import BundleRef
from trainer.evaluation import ROWS, Report
from trainer.paper.values import PaperResult, PaperStep
from trainer.scores import score, score_folds
from trainer.values import TrainStep

few = partial(score, draws=20)


def made(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probabilities that are mostly right, truths, and films."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 7, count)
    given = np.exp(rng.normal(size=(count, 7)) + 2 * np.eye(7)[truth])
    return given / given.sum(axis=1, keepdims=True), truth, np.arange(count) % 12


@pytest.fixture(scope="module")
def report() -> Report:
    """All rows, and three folds with two losses."""
    rows = {name: few(*made(60, seed)) for seed, name in enumerate(ROWS)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("trainer.scores.score", few)
        folds = tuple(score_folds(loss, [made(20, seed) for seed in range(3)]) for loss in ("none", "paper"))
    return Report(BundleRef("paper", "1", "ab", "compact"), "afew", "val", "AFEW val, 12 films", "afew", "films", rows,
                  ("a note",), folds)  # fmt: skip


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, report: Report) -> list[Any]:
    """Puts a procedure in place that ends at once; what it was given."""
    given: list[Any] = []

    def train_paper(*what: Any) -> Iterator[Any]:
        given.extend(what)
        yield PaperStep("data", 1, 1, 0.0, "AFEW: 3 clips")
        yield PaperStep("features", 1, 3, None)
        yield TrainStep("frame", 1, 2, 3, 6, 1.5, 0.25, 10.0, 3.0, 0.5, 0.4, "finished", 0.1)
        yield PaperResult(report, Path("out/bundle"), Path("out/report.md"), ())

    monkeypatch.setattr("trainer.paper.procedure.train_paper", train_paper)
    return given


def run(tmp_path: Path, *options: str) -> Result:
    data = ("--afew", "AFEW", "--fer2013", "fer2013.csv", "--enterface", "eNTERFACE", "--out", str(tmp_path / "out"))
    command = (*data, "--work", str(tmp_path / "work"), *options)
    return CliRunner().invoke(train_paper_command, command, standalone_mode=False)


def test_the_procedure_gets_what_was_asked_for(tmp_path: Path, asked: list[Any]) -> None:
    result = run(tmp_path, "--folds", "3", "--losses", "paper,plain", "--epochs", "7", "--seed", "4", "--sound", "mp3")
    assert result.return_value == Exit.DONE, result.output
    data, out, work, recipe, _, device, cache = asked
    assert (data.afew, data.fer2013, data.enterface) == (Path("AFEW"), Path("fer2013.csv"), Path("eNTERFACE"))
    assert (out, work, device, cache) == (tmp_path / "out", tmp_path / "work", "cpu", None)
    assert (recipe.profile, recipe.folds, recipe.losses, recipe.seed) == ("compact", 3, ("paper", "none"), 4)
    assert {schedule.epochs for schedule in recipe.schedules.values()} == {7}
    assert recipe.preparation.sound == "mp3"
    assert not recipe.repeat_stage_1


def test_quick_is_tiny(tmp_path: Path, asked: list[Any]) -> None:
    options = ("--quick", "--repeat-stage-1", "--fusion-epochs", "3", "--batch", "8")
    assert run(tmp_path, *options).return_value == Exit.DONE
    recipe = asked[3]
    assert {schedule.batch for schedule in (*recipe.schedules.values(), recipe.fusion_schedule)} == {8}
    assert recipe.frame.width < 0.1
    assert recipe.repeat_stage_1
    assert recipe.fusion_schedule.epochs == 3


def test_says_what_it_does_and_prints_the_table(tmp_path: Path, asked: list[Any]) -> None:
    said = run(tmp_path).output
    assert "AFEW: 3 clips" in said
    assert "frame, epoch 1 of 2: loss 1.500, accuracy 25.0%, 10/s, 10% waiting for data; development 50.0%" in said
    assert "written: out/bundle, out/report.md" in said
    assert "50.39" in said


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        (("--profile", "full"), "the full profile needs published trunks: --trunk frame=NAME"),
        (("--profile", "full", "--quick"), "--quick is of the compact profile"),
        (("--losses", "plain,none"), "'none' is none of plain, paper, balanced"),
        (("--trunk", "face=x"), "'face=x' is no trunk: write frame=NAME"),
        (("--trunk", "frame=nowhere"), "there is no imported trunk 'nowhere'"),
        (("--folds", "1"), "1 is not in the range x>=2"),
    ],
)
def test_wrong_usage_is_said(tmp_path: Path, options: tuple[str, ...], wrong: str) -> None:
    result = run(tmp_path, *options)
    assert wrong in str(result.exception)


def test_trunks_are_found_by_name(tmp_path: Path, asked: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    folders = [tmp_path / name for name in ("facenet-1", "c3d-1", "soundnet-1")]
    for folder in folders:
        folder.mkdir()
    monkeypatch.setattr(places, "trunk_folders", lambda: tuple(folders))
    trunks = [option for name, folder in zip(("frame", "slice", "audio"), folders, strict=True)
              for option in ("--trunk", f"{name}={folder.name}")]  # fmt: skip
    assert run(tmp_path, "--profile", "full", *trunks).return_value == Exit.DONE
    assert dict(asked[3].trunks) == dict(zip(("frame", "slice", "audio"), folders, strict=True))
    assert "--trunk is of the full profile" in str(run(tmp_path, *trunks).exception)


def printed(report: Report, width: int = 130) -> str:
    console = Console(width=width, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    for table in paper_tables(report):
        console.print(table)
    return console.export_text()


def test_the_table_has_the_papers_rows_and_figures(report: Report) -> None:
    lines = printed(report).splitlines()
    for name, theirs in (
        ("CNN single frame", "39.95"), ("CNN average", "44.50"), ("C3D single slice", "33.31"),
        ("C3D average", "31.59"), ("audio 1 second", "33.65"), ("multimodal fusion", "50.39"),
        ("3 folds, cross-entropy", "53.49"), ("3 folds, weighted cross-entropy", "48.30"),
    ):  # fmt: skip
        ours = next(line for line in lines if line.strip().startswith(name))
        assert theirs in ours.split()
    fold = next(line for line in lines if "3 folds, cross-entropy" in line)
    assert f"{100 * report.folds[0].mean_accuracy:.2f}" in fold
    assert "a note" in lines


def test_confusion_matrices_are_in_the_papers_order(report: Report) -> None:
    lines = printed(report).splitlines()
    first = next(at for at, line in enumerate(lines) if line.startswith("multimodal fusion: a line is"))
    below = [line.split() for line in lines[first + 1 :] if line.strip(" ─")]
    assert below[0] == ["angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"]
    counts = report.rows[ROWS[6]].confusion
    for emotion, line, row in zip(below[0], below[1:], counts, strict=False):
        assert line == [emotion, *map(str, row)]


def test_the_tables_fit_a_terminal(report: Report) -> None:
    text = printed(report, 80)
    assert "…" not in text
    assert "surest half" in text
    assert "48.30" in text
