"""What a row of the library says about a video."""

from dataclasses import replace
from pathlib import PurePath

from app.jobs.analyses import MediaState
from app.project.analyses import AnalysisSummary
from app.project.media_files import State
from app.project.values import Medium
from app.timeline.clock import clock_text
from app.views.panel_values import LibraryEntry, counted
from engine.values import Analysis


def entry_of(
    medium: Medium, place: State, state: MediaState | None, summary: AnalysisSummary | None, corrections: int
) -> LibraryEntry:
    """The row of a video: whether it is there comes first, then what happens to it, then what is stored."""
    name = PurePath(medium.path).name
    entry = LibraryEntry(medium.id, name, medium.duration_s, "new", None, "not analysed", corrections)
    if place != "here":
        return replace(entry, state="missing", detail="another file took its place" if place == "changed" else "")
    if state is not None and state.kind not in ("analysed", "cancelled"):
        return replace(entry, state=state.kind, done=state.done, detail=_state_text(state))
    if summary is not None:
        return replace(entry, state="analysed", detail=f"revision {summary.revision}")
    if state is not None and state.kind == "cancelled":
        return replace(entry, state="cancelled", detail="cancelled")
    return entry


def damage_text(name: str, analysis: Analysis) -> str:
    """Where a damaged video ended, or what is missing of it; empty of one that could be read whole."""
    holes = [gap for gap in analysis.gaps if gap.kind == "unreadable"]
    if not holes:
        return ""
    if len(holes) == 1 and holes[0].end_s >= analysis.end_s:
        return f"{name} is damaged: it can be read up to {clock_text(holes[0].start_s)}"
    return f"{name} is damaged: {counted(len(holes), 'part')} of it cannot be read, as the lane of gaps shows"


def _state_text(state: MediaState) -> str:
    match state.kind:
        case "waiting":
            return "waiting"
        case "analysing":
            return f"analysing, {state.frames_per_s:.0f} frames/s" if state.frames_per_s else "analysing"
        case _:
            return state.sentence or state.kind
