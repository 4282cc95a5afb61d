"""The whole procedure, on prepared clips."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.bundle import PARTS, load_bundle, verify_bundle
from engine.errors import CancelledError, StorageError, TrainingError
from trainer.evaluation import ROWS
from trainer.paper.branches import ONCE, Lesson, branch_steps
from trainer.paper.data import Materials
from trainer.paper.procedure import BUNDLE, LOG, PREPARATION, stages, train_paper
from trainer.paper.recipe import PaperRecipe, limited
from trainer.paper.sources import SliceSource
from trainer.paper.values import PaperResult
from trainer.report.record import report_json
from trainer.training_log import read_log
from trainer.values import TrainStep

pytestmark = [pytest.mark.usefixtures("instead_of_media"), pytest.mark.slow, pytest.mark.timeout(900)]

Run = Callable[..., tuple[list[TrainStep], PaperResult]]


@pytest.fixture
def run(tmp_path: Path, materials: Materials, quick: PaperRecipe) -> Run:
    """Runs the procedure in one folder; what it trained, and its result."""

    def go(recipe: PaperRecipe = quick, out: str = "out", work: str = "work", **how: Any) -> Any:
        steps = list(train_paper(materials.places, tmp_path / out, tmp_path / work, recipe, **how))
        assert isinstance(steps[-1], PaperResult)
        return [step for step in steps if isinstance(step, TrainStep)], steps[-1]

    return go


def weights(bundle: Path) -> dict[str, str]:
    """Fingerprints of a bundle's parts."""
    return {name: part.sha256 for name, part in load_bundle(bundle).manifest.parts.items()}


class After:
    """Turns true once it was asked a number of times."""

    def __init__(self, times: int) -> None:
        self.left = times

    def __call__(self) -> bool:
        self.left -= 1
        return self.left < 0


def test_from_data_to_table(tmp_path: Path, run: Run, quick: PaperRecipe) -> None:
    told, result = run()
    report = result.report
    assert tuple(report.rows) == ROWS
    assert report.rows[ROWS[6]].count == 12
    assert report.rows[ROWS[1]].count == 11  # one has no face
    assert report.rows[ROWS[5]].count == 12
    folds = [(item.loss, len(item.folds), item.pooled.count) for item in report.folds]
    assert folds == [("none", 2, 12), ("paper", 2, 12)]
    assert (
        list(dict.fromkeys(step.stage for step in told))
        == stages(quick)
        == list(read_log(tmp_path / "work" / LOG).stages)
    )
    assert result.text.read_text().startswith("# paper on AFEW val, 4 films")
    assert json.loads((tmp_path / "out/report.json").read_text())["paper"]["CNN average"] == 0.445
    assert (tmp_path / "out" / PREPARATION).read_text().splitlines()[:1] == ["a note"]

    assert verify_bundle(result.bundle) == []
    manifest = load_bundle(result.bundle).manifest
    assert set(manifest.parts) == set(PARTS)
    films = {group.split(" (")[0] for group in manifest.groups}
    assert films == {"fer2013:Training", "enterface-01", "train-0", "train-1", "train-2"}
    assert sum("(chosen by)" in group for group in manifest.groups) == 1
    assert manifest.scores["multimodal fusion"]["count"] == 12

    again, same = run()
    assert again == []  # nothing is made twice
    assert weights(same.bundle) == weights(result.bundle)
    assert report_json(same.report) == report_json(report)


def test_stopped_anywhere_it_ends_as_one_left_alone(run: Run, materials: Materials, tmp_path: Path) -> None:
    _, alone = run(out="alone", work="work-alone")
    for asked in (3, 9, 15, 27, 29):  # in the frame branch, features twice, and in the fusions of two folds
        with pytest.raises(CancelledError):
            run(cancelled=After(asked))
    _, stopped = run()
    assert weights(stopped.bundle) == weights(alone.bundle)
    assert report_json(stopped.report) == report_json(alone.report)


def test_another_seed_is_another_training(materials: Materials, quick: PaperRecipe, tmp_path: Path) -> None:
    lesson = Lesson(ONCE, materials.folds.train, materials.folds.dev)
    longer = limited(quick, epochs=9)
    keys = [
        [step.key for step in branch_steps(recipe, materials, lesson, tmp_path).values()]
        for recipe in (quick, replace(quick, seed=2), longer, replace(quick, frame_views=3))
    ]
    assert len({key for some in keys[:3] for key in some}) == 9
    assert keys[3][0] != keys[0][0]
    assert keys[3][1:] == keys[0][1:]  # what a branch does not depend on does not train it anew
    other = replace(lesson, number=2)
    assert not set(keys[0]) & {step.key for step in branch_steps(quick, materials, other, tmp_path).values()}


def test_stage_1_can_be_repeated_for_each_fold(run: Run, quick: PaperRecipe) -> None:
    recipe = replace(limited(quick, 1, 1), repeat_stage_1=True, losses=("paper",))
    told, result = run(recipe)
    assert list(dict.fromkeys(step.stage for step in told)) == stages(recipe)
    assert "fold 2, audio" in stages(recipe)
    assert any("stages 1 and 2 are repeated" in note for note in result.report.notes)
    assert [item.loss for item in result.report.folds] == ["paper"]


def test_a_loss_that_is_no_number_stops_and_keeps_what_was_done(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = SliceSource.batch

    def broken(self: SliceSource, *given: Any) -> Any:
        inputs, targets = real(self, *given)
        return inputs * float("nan"), targets

    with monkeypatch.context() as patch:
        patch.setattr(SliceSource, "batch", broken)
        with pytest.raises(TrainingError, match="stage slice stopped: the loss is not a number in epoch 1"):
            run()
    assert [path.name.split("-")[0] for path in (tmp_path / "work").glob("*.safetensors")] == ["frame"]
    told, _ = run()
    assert told[0].stage == "slice"


def test_a_place_that_holds_other_things_is_refused_at_once(run: Run, tmp_path: Path) -> None:
    place = tmp_path / "out" / BUNDLE
    place.mkdir(parents=True)
    (place / "thesis.txt").write_text("mine")
    with pytest.raises(StorageError, match="holds other things"):
        run()
    assert not (tmp_path / "work").exists()
