"""What a row of the library says."""

import pytest

from app.jobs.analyses import MediaState
from app.project.analyses import AnalysisSummary
from app.project.media_files import State
from app.project.values import Medium
from app.session.entries import entry_of

MEDIUM = Medium("m1", "day 2/clip.mp4", 1000, "ab" * 32, 12.5, "2026-01-01T00:00:00.000+00:00")
DONE = AnalysisSummary("starter", "3", "cd" * 32, "2026-01-01", 1, 2, 0, "happy", 0.7)


@pytest.mark.parametrize(
    ("place", "state", "summary", "kind", "detail"),
    [
        ("here", None, None, "new", "not analysed"),
        ("here", MediaState("waiting"), None, "waiting", "waiting"),
        ("here", MediaState("analysing", 0.4, 93.6), None, "analysing", "analysing, 94 frames/s"),
        ("here", MediaState("analysing"), DONE, "analysing", "analysing"),
        ("here", MediaState("failed", sentence="it is empty"), DONE, "failed", "it is empty"),
        ("here", MediaState("analysed", 1.0), DONE, "analysed", "revision 3"),
        ("here", MediaState("cancelled"), None, "cancelled", "cancelled"),
        ("here", MediaState("cancelled"), DONE, "analysed", "revision 3"),
        ("missing", MediaState("failed", sentence="it went away"), DONE, "missing", ""),
        ("changed", None, DONE, "missing", "another file took its place"),
    ],
)
def test_rows(place: State, state: MediaState | None, summary: AnalysisSummary | None, kind: str, detail: str) -> None:
    entry = entry_of(MEDIUM, place, state, summary, 4)
    assert (entry.media_id, entry.name, entry.duration_s, entry.corrections) == ("m1", "clip.mp4", 12.5, 4)
    assert (entry.state, entry.detail) == (kind, detail)
    assert entry.done == (state.done if kind == "analysing" and state is not None else None)
