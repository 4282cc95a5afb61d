"""A project of 50 videos and 20,000 corrections in the real window: opened, scrolled, and its videos one by one.

`opening` and `remembering` are measurements of ``tests.bench.window``; both only read the project.
"""

import gc
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import psutil
from PySide6.QtWidgets import QAbstractItemView, QWidget

from app.views.panel_rows import PanelList
from app.views.review_table import ReviewTable
from tests.bench import panning
from tests.bench.figures import Figure, figure
from tests.bench.real_window import Paintings, paint, real_window, wait_until, wait_until_calm
from tests.bench.responsiveness import Heartbeat

if TYPE_CHECKING:
    from app.application import Application

PROJECT_MS: Final = 2000.0
VIDEO_MS: Final = 300.0
FRAME_MS: Final = 1000 / 60
MOST_GROWTH_MB: Final = 30.0
ROUNDS: Final = 5
VIDEOS: Final = 10
MANY_VIDEOS: Final = 20
SETTLED_AFTER: Final = 8
"""Videos until every cache has been filled once."""
SCROLLED_FRAMES: Final = 120


def opening(project: str, rounds: int = ROUNDS, videos: int = VIDEOS) -> list[Figure]:
    """From asking for a project, and for videos of it, to their being painted; then scrolling."""
    path = Path(project)
    with real_window() as application:
        window = application.window
        paintings, heart = Paintings(window), Heartbeat()
        listed_ms, pictured_ms, busy_ms = [], [], []
        for _ in range(rounds):
            listed, pictured, blocks = _opened(application, paintings, heart, path)
            listed_ms.append(listed)
            pictured_ms.append(pictured)
            busy_ms.append(max(blocks))
        videos_ms = [_video_ms(application, paintings, number) for number in range(1, 1 + videos)]
        window.show_review(True)
        wait_until(lambda: window.review.candidates() != ())
        wait_until_calm(application)
        scrolled = {
            "library": _scrolled_ms(window, window.library.findChild(PanelList)),
            "review": _scrolled_ms(window, window.review.findChild(ReviewTable)),
            "timeline": _moved_ms(application),
        }
    first = f"the first time {listed_ms[0]:.0f} ms"
    return [
        figure("large project to library painted", listed_ms, PROJECT_MS, "longest", note=first),
        figure("large project to first frame painted", pictured_ms, PROJECT_MS, "longest"),
        figure("  longest block of the window thread", busy_ms),
        figure("video of it to first frame painted", videos_ms, VIDEO_MS),
        *(figure(f"scrolling its {name}, a frame", ms, FRAME_MS, note=_rate(ms)) for name, ms in scrolled.items()),
    ]


def remembering(project: str, videos: int = MANY_VIDEOS) -> list[Figure]:
    """Whether memory grows while one video is opened after the other."""
    used_mb = []
    with real_window() as application:
        application.files.open([Path(project)])
        wait_until(lambda: application.session.analysis is not None)
        for number in range(1, 1 + videos):
            media = _media(application)
            application.library.open(media[number % len(media)].id)
            wait_until(lambda: application.session.analysis is not None)
            wait_until_calm(application)
            gc.collect()
            used_mb.append(psutil.Process().memory_info().rss / 1e6)
    settled = np.array(used_mb[SETTLED_AFTER:] if videos > SETTLED_AFTER + 1 else used_mb)
    growth_mb = float(np.median(settled[-(-len(settled) // 2) :]) - np.median(settled[: len(settled) // 2]))
    note = f"from {used_mb[0]:.0f} MB to {used_mb[-1]:.0f} MB"
    return [figure(f"memory, growth while opening {videos} videos", [growth_mb], MOST_GROWTH_MB, unit="MB", note=note)]


def _opened(
    application: "Application", paintings: Paintings, heart: Heartbeat, path: Path
) -> tuple[float, float, list[float]]:
    """Milliseconds to the library and to the first picture, and the blocks until nothing runs any more."""
    window = application.window
    application.session.set_project(None)
    wait_until_calm(application)
    rows = window.library.findChild(PanelList).model()
    paintings.wait_for(listed=lambda: rows.rowCount() > 0, pictured=lambda: _has_picture(application))
    beat, began_s = len(heart.beats_s), time.perf_counter()
    application.files.open([path])
    wait_until(lambda: paintings.complete)
    wait_until_calm(application)
    listed, pictured = (1000 * (paintings.at_s[name] - began_s) for name in ("listed", "pictured"))
    return listed, pictured, heart.since(beat)[0].tolist()


def _video_ms(application: "Application", paintings: Paintings, number: int) -> float:
    """Milliseconds to the first picture of another video."""
    media = _media(application)
    media_id = media[number % len(media)].id
    paintings.wait_for(pictured=lambda: _has_picture(application))
    began_s = time.perf_counter()
    application.library.open(media_id)
    wait_until(lambda: paintings.complete)
    took_ms = 1000 * (paintings.at_s["pictured"] - began_s)
    wait_until_calm(application)
    return took_ms


def _media(application: "Application") -> tuple[Any, ...]:
    project = application.session.project
    assert project is not None
    return project.media()


def _has_picture(application: "Application") -> bool:
    return application.session.medium is not None and application.window.video._shown is not None


def _scrolled_ms(window: QWidget, view: QAbstractItemView) -> list[float]:
    """Milliseconds of each frame while a list is scrolled through, down and up again."""
    bar, found = view.verticalScrollBar(), []
    assert bar.maximum() > 0, f"{view.accessibleName()} has nothing to scroll"
    for share in _there_and_back():
        began_s = time.perf_counter()
        bar.setValue(round(share * bar.maximum()))
        paint(window)
        found.append(1000 * (time.perf_counter() - began_s))
    return found


def _there_and_back() -> Iterator[float]:
    half = SCROLLED_FRAMES // 2
    yield from (step / half for step in range(half))
    yield from (1 - step / half for step in range(half))


def _moved_ms(application: "Application") -> list[float]:
    """The same of the timeline: moved along, and zoomed in and out."""
    timeline = application.window.timeline
    made: Any = SimpleNamespace(duration_s=timeline.scene.duration_s)
    motions = (panning.wide_pans, panning.zooms)
    return [ms for motion in motions for ms in panning.frame_ms(timeline, made, motion).tolist()]


def _rate(spent_ms: list[float]) -> str:
    return f"{1000 / float(np.median(spent_ms)):,.0f} frames/s"
