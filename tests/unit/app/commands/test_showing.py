"""How steps are shown."""

import io
import math
from dataclasses import replace

import pytest
from rich.console import Console

from app.commands.showing import show_step
from app.progress import ProgressView
from trainer.paper.values import PaperStep
from trainer.values import TrainStep

EPOCH = TrainStep("frame", 2, 3, 20, 30, 1.25, 0.5, 12.0, 30.0, 0.4, 0.3, "", 0.02)


def lines(*steps: PaperStep | TrainStep) -> list[str]:
    """What stays on a screen that is not redrawn, where a line of progress is due at every step."""
    ticks = iter(range(0, 10_000, 100))
    file = io.StringIO()
    with ProgressView(Console(file=file, width=200), lambda: next(ticks)) as view:
        for step in steps:
            show_step(step, view)
    return file.getvalue().splitlines()


def test_an_epoch_that_was_judged_stays() -> None:
    said = lines(EPOCH)
    assert said[0] == (
        "frame, epoch 2 of 3: loss 1.250, accuracy 50.0%, 12/s, 2% waiting for data; development 40.0%, UAR 30.0%"
    )
    assert said[1].startswith("frame, epoch 2 of 3: 67 %, loss 1.250")
    assert not any("development" in line for line in lines(replace(EPOCH, dev_accuracy=None)))


def test_what_a_training_has_to_say() -> None:
    assert "frame: kept epoch 1" in lines(replace(EPOCH, message="kept epoch 1"))


@pytest.mark.parametrize(("step", "told"), [(20, False), (30, True)])
def test_of_a_fusions_short_epochs_the_last_stays(step: int, told: bool) -> None:
    said = lines(replace(EPOCH, stage="fold 2, fusion, cross-entropy", step=step))
    assert any("development" in line for line in said) == told


def test_what_is_no_training_is_a_bar_and_sentences() -> None:
    trunk = replace(EPOCH, stage="frame trunk", loss=math.nan, message="what it makes", dev_accuracy=None)
    said = lines(PaperStep("data", 1, 1, 0.0, "AFEW: 3 clips"), PaperStep("features", 1, 4, 9.0), trunk)
    assert said == ["AFEW: 3 clips", "features: 25 %, 9 s left", "frame trunk: what it makes: 67 %, 12/s, 30 s left"]
