"""What an analysis is about, read from its text alone: no track, no window."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.values import BundleRef, MediaInfo


@dataclass(frozen=True, slots=True)
class AnalysisOutline:
    """A stored analysis without its numbers.

    `tracks` are those of each of the engine's people; `features` is the folder of the feature store, or None when
    features were not kept.
    """

    media: MediaInfo
    bundle: BundleRef
    device: str
    start_s: float
    end_s: float
    tracks: Mapping[str, tuple[int, ...]]
    features: str | None


def outline_of(text: str) -> AnalysisOutline:
    """The outline in the text of `app.project.packing.packed`.

    Raises:
        ValueError: the text is not that of an analysis.
    """
    try:
        plain = json.loads(text)
        return AnalysisOutline(
            MediaInfo(**_members(plain["media"])), BundleRef(**_members(plain["bundle"])), plain["device"],
            plain["start_s"], plain["end_s"], {one["id"]: tuple(one["tracks"]) for one in plain["people"]},
            plain["features"],
        )  # fmt: skip
    except (KeyError, TypeError) as error:
        raise ValueError(f"the stored analysis is incomplete: {error}") from error


def _members(plain: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in plain.items() if name != "is"}
