"""The record holds everything, in plain values."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from engine.emotions import EMOTIONS
from trainer.evaluation import Report
from trainer.report.record import report_json, report_record
from trainer.scores import Row


def test_what_was_scored(report: Report) -> None:
    read = json.loads(report_json(report))
    assert read["schema"] == "affectline.evaluation/1"
    assert read["emotions"] == list(EMOTIONS)
    assert read["bundle"] == {"name": "starter", "revision": "1", "sha256": "ab" * 32, "profile": "compact"}
    assert (read["dataset"], read["split"], read["labels"]) == ("manifest", "manifest, 30 people", "manifest")
    assert read["part"] == "unseen"
    assert (read["groups"], read["level"]) == ("people", 0.95)
    assert read["notes"][1] == "SEEN: 2 of the people"
    assert (read["folds"], read["paper"]) == ([], {})


def test_a_row(report: Report, rows: dict[str, Row]) -> None:
    row = rows["CNN single frame"]
    read = json.loads(report_json(report))["rows"]["CNN single frame"]
    assert (read["count"], read["groups"]) == (300, 30)
    assert read["accuracy"] == round(row.accuracy.value, 6)
    assert read["intervals"]["accuracy"] == [round(row.accuracy.low, 6), round(row.accuracy.high, 6)]
    assert read["recalls"]["sad"] == round(row.recalls[5].value, 6)
    assert read["intervals"]["recalls"]["sad"] == [round(row.recalls[5].low, 6), round(row.recalls[5].high, 6)]
    assert sum(read["class_counts"].values()) == 300
    assert read["confusion"] == [list(counts) for counts in row.confusion]
    assert [bin_["count"] for bin_ in read["reliability"]] == [bin_.count for bin_ in row.bins]
    assert read["reliability"][-1]["end"] == 1
    assert [point["coverage"] for point in read["risk_coverage"]] == [point.coverage for point in row.risk]
    assert read["risk_coverage"][-1]["error"] == pytest.approx(1 - read["accuracy"], abs=1e-6)
    assert read["risk_coverage"][24]["interval"] == read["intervals"]["half_error"]


def test_what_is_unknown_is_null(report: Report) -> None:
    read = json.loads(report_json(report))["rows"]["multimodal fusion"]
    assert read["recalls"]["surprise"] is None
    assert read["intervals"]["recalls"]["surprise"] == [None, None]
    assert read["class_counts"]["surprise"] == 0


def test_folds_and_the_paper_s_figures(afew: Callable[..., Report], folds: tuple[Any, ...]) -> None:
    read = report_record(afew(folds=folds))
    assert read["paper"]["multimodal fusion"] == 0.5039
    plain, weighted = read["folds"]
    assert (plain["loss"], plain["paper"], weighted["paper"]) == ("none", 0.5349, 0.483)
    assert plain["counts"] == [30, 35, 40]
    assert plain["mean_accuracy"] == pytest.approx(sum(plain["accuracies"]) / 3, abs=1e-6)
    assert plain["pooled"]["count"] == 105


def test_one_fold_has_no_deviation(report: Report, folds: tuple[Any, ...]) -> None:
    alone = replace(folds[0], folds=folds[0].folds[:1])
    read = json.loads(report_json(replace(report, folds=(alone,))))
    assert read["folds"][0]["deviation"] is None
    assert read["folds"][0]["paper"] is None
