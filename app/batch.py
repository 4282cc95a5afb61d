"""Several videos one after another: what fails is named, the rest go on."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Protocol

from app.progress import ProgressView
from engine.errors import AffectlineError, CancelledError
from engine.values import Analysis, Part, Progress


class Exit(IntEnum):
    """Exit codes of the command line."""

    DONE = 0
    NOTHING_DONE = 1
    WRONG_USAGE = 2
    DONE_IN_PART = 3
    INTERRUPTED = 130


class BugError(AffectlineError):
    """Something that should not have happened, at one input."""

    def __init__(self, path: Path, error: Exception) -> None:
        super().__init__(f"{path} was not analysed, and this is a bug: {type(error).__name__}: {error}")


class Analyser(Protocol):
    """`engine.analyse.analyse` with model, device and options already chosen; the last item is the Analysis."""

    def __call__(
        self, path: Path, cancelled: Callable[[], bool]
    ) -> Iterator[Progress | Part | Analysis]: ...  # pragma: no cover


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one input ended: with an error, or done; `damaged` when parts of the video could not be read."""

    path: Path
    error: AffectlineError | None = None
    damaged: bool = False


def analyse_each(
    paths: Sequence[Path],
    analyser: Analyser,
    deliver: Callable[[int, Analysis], None],
    view: ProgressView,
    cancelled: Callable[[], bool],
) -> list[Outcome]:
    """Analyse the inputs in order and hand each Analysis to `deliver(number, analysis)` before the next begins.

    Returns:
        One outcome an input begun; the last has a CancelledError when the work was interrupted.
    """
    outcomes = []
    for number, path in enumerate(paths):
        name = path.name if len(paths) == 1 else f"{path.name} ({number + 1} of {len(paths)})"
        try:
            analysis = _followed(analyser(path, cancelled), name, view)
            view.clear()
            deliver(number, analysis)
        except CancelledError as error:
            outcomes.append(Outcome(path, error))
            break
        except AffectlineError as error:
            outcomes.append(Outcome(path, error))
        except Exception as error:  # a job's boundary: a bug in one video must not cost the others
            logging.getLogger(__name__).exception("unexpected error at %s", path)
            outcomes.append(Outcome(path, BugError(path, error)))
        else:
            damaged = any(gap.kind == "unreadable" for gap in analysis.gaps)
            outcomes.append(Outcome(path, damaged=damaged))
    return outcomes


def exit_code(outcomes: Sequence[Outcome]) -> Exit:
    """The exit code that sums up the outcomes."""
    errors = [outcome.error for outcome in outcomes if outcome.error is not None]
    if any(isinstance(error, CancelledError) for error in errors):
        return Exit.INTERRUPTED
    if len(errors) == len(outcomes):
        return Exit.NOTHING_DONE
    if errors or any(outcome.damaged for outcome in outcomes):
        return Exit.DONE_IN_PART
    return Exit.DONE


def _followed(steps: Iterator[Progress | Part | Analysis], name: str, view: ProgressView) -> Analysis:
    analysis = None
    for step in steps:
        if isinstance(step, Progress):
            speed = f"{step.frames} frames, {step.frames_per_s:.0f} frames/s"
            view.show(name, step.done_s, step.total_s, speed, step.remaining_s)
        elif isinstance(step, Analysis):
            analysis = step
    assert analysis is not None, "the engine ended without an analysis"
    return analysis
