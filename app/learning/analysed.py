"""The videos of a project whose stored features a model can learn from and answer from: those of its trunks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from app import places
from app.learning.model_facts import ModelFacts, installed
from app.project.analyses import AnalysisStore
from app.project.outline import AnalysisOutline
from app.project.revisions import Revision

Missing = Literal["no analysis", "other model", "no features"]
WHY_MISSING: Final[dict[Missing, str]] = {
    "no analysis": "its video was never analysed: analyse it first",
    "other model": "its video was analysed with another model: analyse it again with this one",
    "no features": "the features of its video were deleted: analyse it again",
}
EVIDENCE: Final = "evidence.safetensors"
"""The file that makes a feature store complete."""


@dataclass(frozen=True, slots=True)
class Analysed:
    """An analysis by the model's trunks, and the folder of its feature store."""

    outline: AnalysisOutline
    store: Path


def analysed(
    media_id: str, analyses: AnalysisStore, model: ModelFacts, revisions: Sequence[Revision], home: Path | None = None
) -> Analysed | Missing:
    """The analysis of a video whose features are of the model's trunks, whatever revision it is by; or what is missing.

    Args:
        home: folder of feature stores, for those that are no longer where they were; the user's by default.
    """
    missing: Missing = "no analysis"
    for outline in analyses.outlines(media_id):
        if not same_trunks(outline, model, revisions):
            missing = "other model" if missing == "no analysis" else missing
            continue
        store = _store(outline, home or places.features())
        if store is not None:
            return Analysed(outline, store)
        missing = "no features"
    return missing


def same_trunks(outline: AnalysisOutline, model: ModelFacts, revisions: Sequence[Revision]) -> bool:
    """Whether an analysis was made with the model's trunks: by the bundle itself, by a revision with the same, or
    by another bundle on this machine that has them."""
    by = outline.bundle
    if by.sha256 == model.sha256:
        return True
    if any((one.bundle, one.name) == (by.name, by.revision) and one.trunks == model.trunks for one in revisions):
        return True
    return any(known.sha256 == by.sha256 and known.trunks == model.trunks for known in installed())


def _store(outline: AnalysisOutline, home: Path) -> Path | None:
    return next((folder for folder in _folders(outline, home) if (folder / EVIDENCE).is_file()), None)


def _folders(outline: AnalysisOutline, home: Path) -> Iterator[Path]:
    if outline.features is not None:
        yield Path(outline.features)
        yield home / Path(outline.features).name
