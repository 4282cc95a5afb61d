"""How long a large project takes to open: ``python -m tests.bench.projects``.

It has 50 videos, each with an analysis, and 20,000 corrections. What is measured is what has to be read before the
window can show its library and the corrections of one video.
"""

import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from app.project import edits
from app.project.analyses import AnalysisStore
from app.project.store import SUFFIX, Project, create_project, open_project
from app.project.values import Correction, Medium
from engine.emotions import EMOTIONS
from engine.values import Analysis, Segment
from tests.analyses import analysis, fused, person
from tests.bench.measure import measure
from tests.bench.memory import PIECE_FRAMES, PIECE_S, repeated
from tests.bench.report import table

BUDGET_S: Final = 2.0
ROUNDS: Final = 5
LABEL_S: Final = 1.5
CODERS: Final = ("ana", "ben")


def make_project(
    path: Path, videos: int = 50, corrections: int = 20_000, minutes: float = 10, clip: Path | None = None
) -> None:
    """Write a project with that many corrections spread evenly, by two coders, on analysed videos.

    Args:
        clip: a video of that length, of which each video becomes a copy; without one they are not there.
    """
    media = tuple(_medium(number, minutes) for number in range(videos))
    if clip is not None:
        from engine.media import content_sha256

        sha256 = content_sha256(clip)
        media = tuple(_there(path.parent, replace(medium, sha256=sha256), clip) for medium in media)
    draw = random.Random(0)
    with create_project(path, who=CODERS[0]) as project, AnalysisStore(path) as store:
        project.do(edits.add_media(media))
        share = [corrections // videos + (number < corrections % videos) for number in range(videos)]
        for medium, count in zip(media, share, strict=True):
            said = tuple(_correction(medium, number, draw) for number in range(count))
            for first in range(0, count, 100):
                project.do(replace(edits.together("Label", []), added=said[first : first + 100]))
            store.save(medium.id, _analysis(medium))


def _medium(number: int, minutes: float) -> Medium:
    path, added_at = f"films/{number:03}.mov", f"2026-01-01 {number:03}"
    return Medium(f"video-{number}", path, 10**8, f"{number:064x}", minutes * 60, added_at)


def _there(folder: Path, medium: Medium, clip: Path) -> Medium:
    """The medium with a file, which costs no room where the disk knows links."""
    target = folder / medium.path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        os.link(clip, target)
    except OSError:
        shutil.copyfile(clip, target)
    return replace(medium, size_bytes=target.stat().st_size)


def long_clip(path: Path, minutes: float = 10) -> Path:
    """A clip of two people, about so long.

    Raises:
        MeasurementError: it could not be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    piece = path.with_name("piece.mov")
    measure("face_clip", path=str(piece), width=960, height=540, frames=PIECE_FRAMES)
    return repeated(piece, PIECE_S, max(1, round(60 * minutes / PIECE_S)), path)


def _correction(medium: Medium, number: int, draw: random.Random) -> Correction:
    start_s = number // len(CODERS) * LABEL_S
    return Correction(
        f"{medium.id}-{number}", medium.id, "person-1", start_s, start_s + LABEL_S * 0.9, draw.choice(EMOTIONS),
        "blank", CODERS[number % len(CODERS)], "both", "", "2026-01-01T00:00:00.000+00:00",
    )  # fmt: skip


def _analysis(medium: Medium) -> Analysis:
    """Two people in view all the time, at 25 frames a second."""
    segments = tuple(
        Segment(start_s, start_s + 5.0, EMOTIONS[start_s % len(EMOTIONS)], 0.5 + start_s % 50 / 100, start_s % 2 == 0)
        for start_s in range(0, int(medium.duration_s), 5)
    )
    somebody = replace(person(1, int(medium.duration_s * 25), segments), fused=fused(int(medium.duration_s * 2)))
    return analysis(medium.path, people=(somebody, replace(somebody, id="person-2")))


def _opened(path: Path) -> Project:
    """Everything that the first sight of a project needs."""
    project = open_project(path)
    media = project.media()
    project.correction_counts()
    project.coders()
    project.participants()
    project.corrections(media[0].id)
    project.notes(media[0].id)
    with AnalysisStore(path) as store:
        store.summaries()
        store.failures()
    return project


def _best_s(work: Callable[[], Any], rounds: int = ROUNDS) -> float:
    def once() -> float:
        begun = time.perf_counter()
        work()
        return time.perf_counter() - begun

    return min(once() for _ in range(rounds))


def measured(path: Path) -> dict[str, float]:
    """Seconds that each part takes, the best of several rounds."""
    figures = {"open, with what the library and one video show": _best_s(lambda: _opened(path).close())}
    with open_project(path) as project, AnalysisStore(path) as store:
        media = project.media()
        figures["corrections of one video"] = _best_s(lambda: project.corrections(media[-1].id))
        figures["corrections of all videos"] = _best_s(project.all_corrections)
        figures["segments of all videos, for the review queue"] = _best_s(store.segments_of_all)
        figures["analysis of one video"] = _best_s(lambda: store.load(media[-1].id))
        figures["one edit"] = _best_s(lambda: project.do(edits.add_marker(media[0].id, 1.0, "", "ana")), 50)
        figures["check of the whole file"] = _best_s(project.integrity_check, 1)
    return figures


@click.command()
@click.option("--videos", type=click.IntRange(1), default=50)
@click.option("--corrections", type=click.IntRange(0), default=20_000)
@click.option("--keep", type=click.Path(path_type=Path, dir_okay=False), help="Make it there, and leave it.")
def main(videos: int, corrections: int, keep: Path | None) -> None:
    """Make a large project and measure reading it."""
    with tempfile.TemporaryDirectory(prefix="affectline-bench-") as folder:
        path = keep or Path(folder, f"large{SUFFIX}")
        make_project(path, videos, corrections)
        figures = measured(path)
        size_mb = path.stat().st_size / 1e6
    click.echo(f"# A project of {videos} videos and {corrections:,} corrections, {size_mb:.0f} MB\n")
    click.echo(table(["what", "ms"], [[what, f"{1e3 * time_s:.1f}"] for what, time_s in figures.items()]))
    open_s = next(iter(figures.values()))
    click.echo(f"\nOpen: {'within' if open_s <= BUDGET_S else 'MORE THAN'} {BUDGET_S:g} s.")


if __name__ == "__main__":
    main()
