"""The text of a report, line by line where it matters."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from trainer.evaluation import Report
from trainer.report.document import CONFUSION, RELIABILITY, RISK, panels, report_markdown
from trainer.report.wording import percent_with
from trainer.scores import Row


def lines_with(text: str, start: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(start)]


def tables(text: str) -> list[list[str]]:
    """The lines of each table."""
    found = re.findall(r"(?:^\|.*\n?)+", text, re.M)
    return [table.splitlines() for table in found]


def test_what_was_scored_comes_first(report: Report) -> None:
    head = report_markdown(report).splitlines()
    assert head[0] == "# starter on manifest, 30 people"
    assert head[2] == f"- model: starter, revision 1, compact, sha256 `{'ab' * 32}`"
    assert "- labels: as the manifest says" in head
    assert "- SEEN: 2 of the people" in head
    assert "- only 2 people: their intervals are rough guesses about others" in head


def test_names_of_files_are_no_markdown(report: Report) -> None:
    assert r"- left out: \_\_init\_\_\*.mp4: \<it\> is broken" in report_markdown(report)
    broken = replace(report, notes=("a\nb | c",))
    assert r"- a b \| c" in report_markdown(broken)


def test_accuracy_with_counts_and_intervals(report: Report, rows: dict[str, Row]) -> None:
    row = rows["CNN single frame"]
    text = report_markdown(report)
    said = f"{percent_with(row.accuracy)} | {percent_with(row.uar)} | {percent_with(row.macro_f1)} |"
    assert f"| CNN single frame | 300 | 30 | {said}" in text
    assert "|  | examples | people | accuracy | UAR | macro-F1 |" in text
    assert "the paper" not in text


def test_recalls_with_their_counts(report: Report, rows: dict[str, Row]) -> None:
    text = report_markdown(report)
    row = rows["multimodal fusion"]
    cells = next(line for line in lines_with(text, "| multimodal fusion |") if " of " in line).split(" | ")
    assert cells[1] == f"{percent_with(row.recalls[0])} of {row.class_counts[0]}"
    assert cells[-1] == "– |"


def test_risk_in_steps(report: Report, rows: dict[str, Row]) -> None:
    table = next(table for table in tables(report_markdown(report)) if "error among the surest" in table[0])
    assert table[0] == "| error among the surest | 20 % | 40 % | 50 % | 60 % | 80 % | 100 % |"
    assert percent_with(rows["CNN single frame"].half_error) in table[2]


def test_tables_are_even(report: Report, afew: Callable[..., Report], folds: tuple[Any, ...]) -> None:
    for some in (report, afew(folds=folds), afew("test")):
        found = tables(report_markdown(some))
        assert len(found) >= 4
        for table in found:
            assert len({line.replace(r"\|", "").count("|") for line in table}) == 1, table


def test_the_paper_s_figures_stand_beside_its_own_data(afew: Callable[..., Report]) -> None:
    text = report_markdown(afew())
    assert "|  | examples | films | accuracy | the paper | UAR | macro-F1 |" in text
    assert " | 39.95 | " in lines_with(text, "| CNN single frame |")[0]
    assert lines_with(text, "| the challenge's baseline |") == ["| the challenge's baseline |  |  |  | 38.81 |  |  |"]
    assert "The paper: Pini et al., ICMI 2017, 383 clips; here 40 could be scored" in text


def test_the_paper_s_test_figures_are_by_loss(afew: Callable[..., Report]) -> None:
    text = report_markdown(afew("test"))
    assert "| 44.56 (cross-entropy); 49.92 (weighted cross-entropy) |" in lines_with(text, "| multimodal fusion |")[0]
    assert " | – | " in lines_with(text, "| CNN single frame |")[0]


def test_folds(afew: Callable[..., Report], folds: tuple[Any, ...]) -> None:
    text = report_markdown(afew(folds=folds))
    assert "|  | fold 1 | fold 2 | fold 3 | mean ± deviation | all together | the paper |" in text
    plain, weighted = lines_with(text, "| cross-entropy |")[0], lines_with(text, "| weighted cross-entropy |")[0]
    assert plain.endswith(" of 105 | 53.49 |")
    assert weighted.endswith(" of 105 | 48.30 |")
    assert f"{100 * folds[0].mean_accuracy:.2f} ± {100 * folds[0].deviation:.2f}" in plain


def test_folds_of_other_data_stand_alone(report: Report, folds: tuple[Any, ...]) -> None:
    text = report_markdown(replace(report, folds=folds))
    assert "| mean ± deviation | all together |\n" in text


def test_folds_without_rows(report: Report, folds: tuple[Any, ...]) -> None:
    alone = replace(report, rows={}, folds=folds)
    assert list(panels(alone)) == ["3 folds, cross-entropy", "3 folds, weighted cross-entropy"]
    text = report_markdown(alone)
    assert "## Accuracy" not in text
    assert len(lines_with(text, "| 3 folds, cross-entropy |")) == 3


def test_every_picture_is_shown_and_described(report: Report) -> None:
    shown = dict(re.findall(r"!\[(.+)\]\((.+)\)", report_markdown(report)))
    assert sorted(shown.values()) == sorted([CONFUSION, RELIABILITY, RISK])
    assert all(len(said) > 20 for said in shown)


def test_one_person_has_no_interval(report: Report, rows: dict[str, Row]) -> None:
    one = replace(report, rows={"multimodal fusion": replace(rows["multimodal fusion"], groups=1)})
    assert "- only 1 person: no interval can be drawn" in report_markdown(one)
