"""What somebody needs to know before using a bundle that was made from corrections: data, terms, scores, limits."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from app.revisions_text import change_text
from engine.emotions import EMOTIONS

if TYPE_CHECKING:
    from app.project.revisions import Revision
    from engine.bundle import Manifest


def model_card(manifest: "Manifest", revision: "Revision") -> str:
    """Markdown. Counts, never names: neither of participants nor of videos."""
    return "\n".join(_lines(manifest, revision)) + "\n"


def _lines(manifest: "Manifest", revision: "Revision") -> Iterator[str]:
    yield f"# {manifest.name}, revision {manifest.revision}"
    yield ""
    yield f"Made with Affectline from {manifest.parents[-1]}."
    yield "Its trunks are as they were; its classifiers, NetVLADs and fusion were trained further on"
    yield f"{revision.lessons} corrections ({revision.made_at[:10]})."
    yield ""
    yield "## Data and terms"
    yield ""
    yield from (f"- {line}" for line in manifest.data)
    yield ""
    yield f"Terms of the bundle it was made from: {manifest.terms}"
    counts = revision.manifest.get("counts")
    if counts:
        yield ""
        yield f"Corrections by emotion: {', '.join(f'{emotion} {counts.get(emotion, 0)}' for emotion in EMOTIONS)}."
    yield ""
    yield "## Scores"
    yield ""
    yield from _scores(revision.comparison)
    yield "## Weaknesses"
    yield ""
    yield "It was fitted to the people of one project, and may be worse for others: look at the guard set above."
    yield "It reads displayed expression, not what somebody feels: do not decide about people with it."
    yield from (f"- {sentence}" for sentence in revision.comparison.get("worse", ()))


def _scores(comparison: Mapping[str, Any]) -> Iterator[str]:
    """Before and after, in percent, with the paired 95 % interval of the difference."""
    sides = [(title, comparison.get(key)) for key, title in (("corrections", "corrections"), ("guard", "guard set"))]
    there = [(title, scored) for title, scored in sides if scored]
    if not there:
        yield "None were measured."
        yield ""
        return
    yield "| | " + " | ".join(f"{title}, {scored['count']} examples" for title, scored in there) + " |"
    yield "|---|" + "---|" * len(there)
    for name, title in (("accuracy", "accuracy"), ("uar", "unweighted average recall")):
        yield f"| {title} | " + " | ".join(change_text(scored[name]) for _, scored in there) + " |"
    yield "| calibration error | " + " | ".join(change_text(scored["calibration"], 1, "") for _, scored in there) + " |"
    for place, emotion in enumerate(EMOTIONS):
        yield f"| recall of {emotion} | " + " | ".join(_recall(scored, place) for _, scored in there) + " |"
    yield ""
    for title, scored in there:
        if scored["how"]:
            yield f"{title.capitalize()}: {scored['how']}."
    yield ""


def _recall(scored: Mapping[str, Any], place: int) -> str:
    before, after = scored["recall_before"][place], scored["recall_after"][place]
    return "-" if before is None or after is None else f"{100 * before:.1f} -> {100 * after:.1f} %"
