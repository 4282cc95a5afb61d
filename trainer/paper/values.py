"""What the procedure says while it runs and when it is done."""

from dataclasses import dataclass
from pathlib import Path

from trainer.evaluation import Report


@dataclass(frozen=True, slots=True)
class PaperStep:
    """A progress point of what is no training: `done` of `total` of a stage, and what is to be said of it for good."""

    stage: str
    done: float
    total: float
    remaining_s: float | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class PaperResult:
    """The end: scores, the model that was scored on the validation part, and the folder of the report."""

    report: Report
    bundle: Path
    text: Path
    preparation: tuple[str, ...]
