"""What an analysis is about, without its numbers."""

import pytest

from app.project.outline import AnalysisOutline, outline_of
from app.project.packing import packed
from tests.analyses import analysis, empty_analysis


def test_the_outline_is_that_of_the_analysis() -> None:
    whole = analysis(features="/somewhere/0123")
    text, _ = packed(whole)
    assert outline_of(text) == AnalysisOutline(
        whole.media, whole.bundle, "cpu fp32", 0.0, 12.0, {"person-1": (0,)}, "/somewhere/0123"
    )


def test_nobody_and_no_features() -> None:
    outline = outline_of(packed(empty_analysis())[0])
    assert (outline.tracks, outline.features) == ({}, None)


@pytest.mark.parametrize("text", ["{}", "[]", '{"media": {"is": "MediaInfo"}}', "no JSON"])
def test_what_is_no_analysis_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        outline_of(text)
