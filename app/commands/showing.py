"""How the progress of a preparation or a training is shown."""

import math
from typing import TYPE_CHECKING

from app.progress import ProgressView
from trainer.values import TrainStep

if TYPE_CHECKING:
    from trainer.paper.values import PaperStep


def show_step(step: "PaperStep | TrainStep", view: ProgressView) -> None:
    """A bar that moves; a line that stays after an epoch that was judged, and where a step has something to say."""
    if isinstance(step, TrainStep):
        _show_training(step, view)
        return
    if step.message:
        view.say(step.message)
    else:
        view.show(step.stage, step.done, step.total, "", step.remaining_s)


def _show_training(step: TrainStep, view: ProgressView) -> None:
    if math.isnan(step.loss):  # no training: features, answers, or what is over in a minute
        if step.step == 0:
            view.say(step.message)
            return
        name = f"{step.stage}: {step.message}" if step.message else step.stage
        view.show(name, step.step, step.steps, f"{step.examples_per_s:.0f}/s", step.remaining_s)
        return
    name = f"{step.stage}, epoch {step.epoch} of {step.epochs}"
    waiting = "" if step.waiting_share is None else f", {step.waiting_share:.0%} waiting for data"
    speed = f"loss {step.loss:.3f}, accuracy {step.accuracy:.1%}, {step.examples_per_s:.0f}/s{waiting}"
    brief = "fusion" in step.stage and step.step < step.steps  # of many short epochs the last one says enough
    if step.dev_accuracy is not None and not brief:
        uar = "" if step.dev_uar is None else f", UAR {step.dev_uar:.1%}"
        view.say(f"{name}: {speed}; development {step.dev_accuracy:.1%}{uar}")
    if step.message:
        view.say(f"{step.stage}: {step.message}")
    view.show(name, step.step, step.steps, speed, step.remaining_s)
