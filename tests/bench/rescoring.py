"""How fast corrections come back as answers: ``python -m tests.bench.rescoring [--hours 10] [--corrections 50]``.

Ten hours of made video (one face all the time, speech in every second) are answered by a new revision from their
stored features and stored in the project; and one click leads from corrections to a new revision while a real video is
analysed in the background. Both are told as ratios to analysing the same length of video.
"""

import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import click
import psutil

from tests.bench.figures import Figure, figure, verdicts
from tests.bench.homes import own_home
from tests.bench.idle import current_load
from tests.bench.responsiveness import BUDGET_MS, DEMO, Heartbeat
from tests.bench.window import figures_of

HOURS: Final = 10.0
VIDEO_S: Final = 3600.0
CORRECTIONS: Final = 50
CORRECTED_S: Final = 300.0
PEOPLE: Final = 5
BUDGET_S: Final = 60.0
BUDGET_MB: Final = 300.0
LONGEST_S: Final = 900.0
LOOK_S: Final = 0.02


def rescoring(hours: float = HOURS) -> list[Figure]:
    """Answer made video of that length by a revision, and store what it says."""
    from app.learning.rescoring import rescore
    from tests.stores import MadeVideo, make_study

    bundle, folder = _starter()
    lengths_s = [VIDEO_S] * int(hours) + [3600 * (hours - int(hours))] * (hours > int(hours))
    videos = [MadeVideo(f"video-{number}", length_s, number) for number, length_s in enumerate(lengths_s)]
    with tempfile.TemporaryDirectory(prefix="affectline-bench-", dir=_disk()) as place:
        study = make_study(Path(place), bundle, videos, PEOPLE)
        revision = _candidate(study, folder, bundle)
        with _peak_growth() as grown:
            began_s = time.perf_counter()
            for _ in rescore(lambda: False, study, str(folder), revision):
                pass
            spent_s = time.perf_counter() - began_s
    analysing_s = _analysing_s_per_s(bundle)
    times = analysing_s * sum(lengths_s) / spent_s
    note = f"{times:,.0f} times as fast as analysing, which takes {analysing_s:.2f} s a second of video"
    return [
        figure(f"{hours:g} h of video answered again and stored", [spent_s], BUDGET_S, "longest", "s", note),
        figure("  memory taken meanwhile", [max(grown) / 1e6], BUDGET_MB, "longest", "MB"),
    ]


def one_click(corrections: int = CORRECTIONS) -> list[Figure]:
    """From a click to a candidate with answers, while a video is analysed in the background."""
    from PySide6.QtTest import QTest

    from app.application import qt_application
    from app.jobs.analyser import AnalyserChoice
    from app.jobs.analyses import AnalysisQueue
    from app.jobs.lanes import Lane
    from app.jobs.retrainer import Retrainer
    from tests.stores import MadeVideo, make_study

    qt_application("offscreen")
    bundle, folder = _starter()
    videos = [MadeVideo(f"person-{number}", CORRECTED_S, number) for number in range(PEOPLE)]
    with tempfile.TemporaryDirectory(prefix="affectline-bench-", dir=_disk()) as place:
        study = make_study(Path(place), bundle, videos, corrections)
        lane, heart = Lane("gpu"), Heartbeat()
        queue, retrainer = AnalysisQueue(lane, AnalyserChoice(str(folder))), Retrainer(lane)
        said: list[str] = []
        retrainer.finished.connect(said.append)
        retrainer.failed.connect(said.append)
        queue.enqueue("background", DEMO)
        until_s = time.monotonic() + LONGEST_S
        while not (queue.states()["background"].done or time.monotonic() > until_s):
            QTest.qWait(20)
        first, began_s = len(heart.beats_s), time.perf_counter()
        assert retrainer.start(study, bundle=str(folder)), "another training runs"
        while retrainer.running and time.monotonic() < until_s:
            QTest.qWait(20)
        spent_s = time.perf_counter() - began_s
        blocks_ms, _ = heart.since(first)
        queue.cancel_all()
        retrainer.close()
        lane.close()
        queue.close()
    if len(said) != 1 or " " in said[0]:
        raise SystemExit(f"no revision: {said}")
    times = _analysing_s_per_s(bundle) * PEOPLE * CORRECTED_S / spent_s
    note = f"{times:.1f} times as fast as analysing the {PEOPLE * CORRECTED_S / 60:.0f} min it answers again"
    return [
        figure(f"one click with {corrections} corrections", [spent_s], BUDGET_S, "longest", "s", note),
        figure("  window thread, blocks meanwhile", blocks_ms, BUDGET_MS, "longest"),
    ]


def _starter() -> tuple[Any, Path]:
    from app.places import DEFAULT_BUNDLE, find_bundle
    from engine.bundle import load_bundle

    folder = find_bundle(DEFAULT_BUNDLE)
    return load_bundle(folder), folder


def _candidate(study: Path, folder: Path, bundle: Any) -> str:
    """A revision that answers as the bundle does."""
    from app.learning.model_facts import read_facts
    from app.project.revisions import RevisionStore, new_candidate
    from engine.revised import trained_part

    facts, weights = read_facts(str(folder)), trained_part(bundle)
    made = new_candidate(
        weights, name="1.1", bundle=facts.name, bundle_sha256=facts.sha256, trunks=facts.trunks, parent=None,
        lessons=0, calibration=asdict(bundle.manifest.calibration), comparison={}, manifest={},
    )  # fmt: skip
    with RevisionStore(study) as store:
        store.add(made, weights)
    return made.id


def _analysing_s_per_s(bundle: Any) -> float:
    """How long a second of the demo clip takes to be analysed, the model loaded and warm."""
    from engine.analyse import Options, analyse_with
    from engine.device import choose_device
    from engine.model import Model
    from engine.values import Analysis

    model = Model(bundle, choose_device("cpu", bundle.manifest.wide))
    for _ in analyse_with(DEMO, model, Options(end_s=1.0)):
        pass
    *_, last = analyse_with(DEMO, model)
    assert isinstance(last, Analysis)
    return last.timing.wall_s / last.media.duration_s


def _disk() -> Path:
    """Not among temporary files, which may be kept in memory."""
    folder = Path(__file__).resolve().parents[2] / ".work/bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def _peak_growth() -> Iterator[list[int]]:
    """Bytes that this process takes more than at the beginning, but for files mapped into memory, looked at often."""
    process, over = psutil.Process(), threading.Event()

    def taken() -> int:
        info = process.memory_info()
        return int(info.rss - info.shared)

    before = taken()
    grown = [0]

    def look() -> None:
        while not over.wait(LOOK_S):
            grown.append(taken() - before)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield grown
    finally:
        over.set()
        thread.join()


@click.command()
@click.option("--hours", type=click.FloatRange(0.01), default=HOURS, help="Of made video.")
@click.option("--corrections", type=click.IntRange(10), default=CORRECTIONS)
@click.option("--only", type=click.Choice(["rescoring", "one_click"]), help="Leave the other one out.")
def main(hours: float, corrections: int, only: str | None) -> None:
    """Measure re-scoring and one click, each in a process of its own."""
    click.echo(f"{current_load()}, {os.cpu_count()} cores")
    with own_home():
        if only != "one_click":
            click.echo(verdicts(figures_of("rescoring", hours=hours)))
        if only != "rescoring":
            click.echo(verdicts(figures_of("one_click", corrections=corrections)))


if __name__ == "__main__":
    main()
