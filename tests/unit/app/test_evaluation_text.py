"""Scores as a table and as JSON."""

import json
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

from app.evaluation_text import confusion_lines, report_json, report_lines
from engine.emotions import INDEX
from engine.values import BundleRef
from trainer.evaluation import Report
from trainer.scores import Row, score, score_folds

few = partial(score, draws=50)


def made(count: int, groups: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probabilities, truths without disgust, and groups."""
    rng = np.random.default_rng(seed)
    truth = rng.choice([label for label in range(7) if label != INDEX["disgust"]], count)
    logits = rng.normal(size=(count, 7)) + 2 * np.eye(7)[truth]
    given = np.exp(logits)
    return given / given.sum(axis=1, keepdims=True), truth, np.arange(count) % groups


@pytest.fixture(scope="module")
def row() -> Row:
    return few(*made(2640, 20))


@pytest.fixture
def report(row: Row) -> Report:
    bundle = BundleRef("starter", "1", "ab" * 32, "compact")
    rows = {"CNN single frame": row}
    return Report(bundle, "fer2013", "public", "public", "ferplus", "images", rows, ("26 repeats left out",))


def words(line: str) -> str:
    return " ".join(line.split())


def percents(*figures: float) -> str:
    return " ".join("-" if np.isnan(figure) else f"{100 * figure:.2f}" for figure in figures)


def test_json(report: Report, row: Row) -> None:
    read = json.loads(report_json(report))
    found = read["rows"]["CNN single frame"]
    assert (found["accuracy"], found["count"]) == (round(row.accuracy.value, 6), 2640)
    assert found["recalls"]["disgust"] is None
    assert read["split"] == "public"
    assert read["notes"] == ["26 repeats left out"]


def test_table(report: Report, row: Row) -> None:
    first, note, heads, figures, low, high, said = map(words, report_lines(report))
    assert first == "split: public; labels: ferplus"
    assert note == "26 repeats left out"
    assert heads == "accuracy UAR count ECE recall: angry disgust fear happy neutral sad surprise"
    scores = percents(row.accuracy.value, row.uar.value)
    recalls = percents(*(recall.value for recall in row.recalls))
    assert figures == f"CNN single frame {scores} 2640 {row.calibration_error.value:.3f} {recalls}"
    ends = percents(row.accuracy.low, row.uar.low), f"{row.calibration_error.low:.3f}"
    assert low == f"95 % from {' '.join(ends)} {percents(*(recall.low for recall in row.recalls))}"
    assert high.startswith(f"to {percents(row.accuracy.high, row.uar.high)}")
    assert said == "from, to: 95 % intervals over the images, drawn 1,000 times"


def test_columns_stand_under_one_another(report: Report) -> None:
    _, _, heads, *lines, _ = report_lines(report)
    assert {len(line) for line in (heads, *lines)} == {len(heads)}
    assert heads.index("UAR") + 3 == lines[0].index(f"{100 * report.rows['CNN single frame'].uar.value:.2f}") + 5


def test_one_group_has_no_interval(report: Report) -> None:
    alone = few(*made(30, 1))
    lines = list(report_lines(replace(report, rows={"audio clip": alone})))
    assert not any("95 % from" in line or "times" in line for line in lines)
    assert lines[-1] == "only 1 image: no interval can be drawn"


def test_the_paper_s_figures_stand_beside_its_own_data(report: Report, row: Row) -> None:
    rows = {"CNN single frame": row, "audio clip": row}
    lines = list(report_lines(replace(report, dataset="afew", part="val", rows=rows)))
    heads, frame, _, _, clip, *_ = lines[2:]
    assert words(heads).startswith("accuracy paper UAR")
    assert words(frame).startswith(f"CNN single frame {percents(row.accuracy.value)} 39.95")
    assert words(clip).startswith(f"audio clip {percents(row.accuracy.value)} -")
    assert {len(line) for line in lines[2:-2]} == {len(heads)}
    assert lines[-1] == "paper: Pini et al., ICMI 2017; the challenge's baseline 38.81"


def test_the_paper_s_test_set(report: Report) -> None:
    *_, last = report_lines(replace(report, dataset="afew", part="test"))
    assert "multimodal fusion, cross-entropy 44.56; multimodal fusion, weighted cross-entropy 49.92" in last
    assert last.endswith("baseline 40.47")


@pytest.mark.parametrize(("dataset", "paper"), [("afew", "; paper 48.30"), ("manifest", "")])
def test_folds(report: Report, dataset: Any, paper: str) -> None:
    folds = score_folds("paper", [made(40, 5, seed) for seed in (1, 2)])
    *_, last = report_lines(replace(report, dataset=dataset, rows={}, folds=(folds,)))
    spread = f"mean {percents(folds.mean_accuracy)}, deviation {percents(folds.deviation)}"
    assert last == f"2 folds, weighted cross-entropy: {percents(*folds.accuracies)}; {spread}{paper}"


def test_many_notes_are_cut(report: Report) -> None:
    lines = list(report_lines(replace(report, notes=tuple(f"left out: {number}" for number in range(500)))))
    assert "and 480 more like these" in lines
    assert len(lines) < 30


def test_confusion_in_the_order_of_the_labels(report: Report, row: Row) -> None:
    heads, *lines = map(str.split, confusion_lines(report))
    assert heads == ["CNN", "single", "frame", "angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"]
    assert [line[0] for line in lines] == heads[3:]
    assert [[int(count) for count in line[1:]] for line in lines] == [list(counts) for counts in row.confusion]
