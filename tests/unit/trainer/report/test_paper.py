"""The paper's own figures, and only beside its own data."""

from collections.abc import Callable

from trainer.evaluation import ROWS, Report
from trainer.report.paper import FOLDS, VALIDATION, paper_accuracies, paper_folds


def test_rows_are_ours() -> None:
    assert set(VALIDATION) == set(ROWS) - {"audio clip"}


def test_validation(afew: Callable[..., Report]) -> None:
    assert paper_accuracies(afew()) == {
        "CNN single frame": 39.95, "CNN average": 44.50, "C3D single slice": 33.31, "C3D average": 31.59,
        "audio 1 second": 33.65, "multimodal fusion": 50.39, "baseline": 38.81,
    }  # fmt: skip


def test_test(afew: Callable[..., Report]) -> None:
    assert paper_accuracies(afew("test")) == {
        "multimodal fusion, cross-entropy": 44.56,
        "multimodal fusion, weighted cross-entropy": 49.92,
        "baseline": 40.47,
    }


def test_folds(afew: Callable[..., Report]) -> None:
    assert (paper_folds(afew(), "none"), paper_folds(afew(), "paper")) == (53.49, 48.30)
    assert paper_folds(afew(), "balanced") is None
    assert set(FOLDS) == {"none", "paper"}


def test_other_data_have_no_figures_of_the_paper(report: Report, afew: Callable[..., Report]) -> None:
    assert paper_accuracies(report) == paper_accuracies(afew("train")) == {}
    assert paper_folds(report, "none") is None
