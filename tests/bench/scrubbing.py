"""How soon a picture is there while somebody scrubs 1080p H.264: ``python -m tests.bench.scrubbing``.

Keyframes are 250 frames apart. What is timed ends when the picture is painted, in a view of the usual size offscreen.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import click
import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray
from PySide6.QtCore import QEventLoop, QTimer, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication

from app.player.player import Player
from app.player.values import Shown
from app.views.video_view import VideoView
from engine.media import PictureReader, open_media
from tests.bench.idle import current_load, kept_to
from tests.bench.measure import CHECKOUT

WIDTH, HEIGHT, RATE, GROUP = 1920, 1080, 25, 250
VIEW_PX: Final = (960, 540)
FIRST_FRAME_S: Final = 0.3
PAINTED_S: Final = 0.05
OPENINGS: Final = 5
RANDOM_SCRUBS: Final = 24
DRAGS: Final = 6
DRAG_STEPS: Final = 45
DRAG_EVERY_MS: Final = 16
LONGEST_WAIT_MS: Final = 15_000


def make_scrub_clip(path: Path, seconds: int) -> Path:
    """Texture that moves, with some noise, so that it is as much work to decode as a real picture."""
    random = np.random.default_rng(7)
    coarse = random.integers(0, 255, (HEIGHT // 8 + 110, WIDTH // 8 + 210), dtype=np.uint8)
    texture = cv2.resize(coarse, None, fx=8, fy=8, interpolation=cv2.INTER_CUBIC)
    noise = random.integers(0, 14, (8, HEIGHT, WIDTH), dtype=np.uint8)
    unfinished = path.with_suffix(".part.mp4")
    with av.open(str(unfinished), "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.gop_size = GROUP
        stream.options = {"preset": "veryfast", "crf": "23", "keyint_min": str(GROUP), "sc_threshold": "0", "bf": "2"}
        for number in range(seconds * RATE):
            container.mux(stream.encode(_frame(texture, noise, number)))
        container.mux(stream.encode())
    return unfinished.replace(path)


def _frame(texture: NDArray[np.uint8], noise: NDArray[np.uint8], number: int) -> VideoFrame:
    top, left = number % 800, 2 * number % 1600
    planes = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
    planes[:HEIGHT] = cv2.add(texture[top : top + HEIGHT, left : left + WIDTH], noise[number % len(noise)])
    frame = VideoFrame.from_ndarray(planes, "yuv420p")
    frame.pts, frame.time_base = number, Fraction(1, RATE)
    return frame


class TimedView(VideoView):
    """Tells when a frame is painted."""

    painted = Signal(object, float)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._shown is not None:
            self.painted.emit(self._shown, time.perf_counter())


@dataclass(slots=True)
class Times:
    """Seconds from asking to painting: any picture, and the exact one."""

    painted_s: list[float]
    exact_s: list[float]


class Hand:
    """Scrubs a player in front of a view."""

    def __init__(self, clip: Path) -> None:
        self._clip = clip
        self._view, self.player = TimedView(), Player()
        self._view.size_changed.connect(self.player.set_view_size)
        self._view.resize(*VIEW_PX)
        self._view.show()
        self.player.frame_changed.connect(self._view.set_frame)
        self._view.painted.connect(self._on_painted)
        self.last: tuple[Shown, float] | None = None
        self._until: Callable[[Shown], bool] | None = None
        self._loop = QEventLoop()

    def open(self) -> float:
        """Seconds until the first picture is painted; returns when the video is indexed as well."""
        self.player.close()
        self._view.clear()
        self.last = None
        opened = QEventLoop()
        self.player.opened.connect(opened.quit)
        began_s = time.perf_counter()
        self.player.open(self._clip)
        painted_s = self._painted(lambda shown: True) - began_s
        if self.player.media_info is None:
            opened.exec()
        return painted_s

    def scrub(self, index: int, times: Times, exact: bool = True) -> None:
        """Go to a frame; wait for the exact picture, or only for the first that is painted."""
        self.last = None
        began_s = time.perf_counter()
        shown_before = self._view._shown
        self.player.scrub(float(self.player.frame_times_s[index]))
        if self._view._shown is shown_before:  # the nearest picture is already there
            times.painted_s.append(time.perf_counter() - began_s)
        else:
            times.painted_s.append(self._painted(lambda shown: True) - began_s)
        if exact:
            times.exact_s.append(self._painted(lambda shown: shown.exact and shown.index == index) - began_s)

    def rest(self, ms: int) -> None:
        """Let time pass."""
        QTimer.singleShot(ms, self._loop.quit)
        self._loop.exec()

    def _painted(self, until: Callable[[Shown], bool]) -> float:
        shown = self._view._shown
        if self.last is not None and until(self.last[0]):
            return self.last[1]
        if self.last is None and shown is not None and self.player.is_playing is False and until(shown):
            self._view.repaint()
            return time.perf_counter()
        self._until = until
        given_up = QTimer(singleShot=True, interval=LONGEST_WAIT_MS)
        given_up.timeout.connect(self._loop.quit)
        given_up.start()
        self._loop.exec()
        self._until = None
        if self.last is None or not until(self.last[0]):
            raise click.ClickException("the picture did not come")
        return self.last[1]

    def _on_painted(self, shown: Shown, at_s: float) -> None:
        self.last = shown, at_s
        if self._until is not None and self._until(shown):
            self._loop.quit()


def group_decode_s(clip: Path) -> list[float]:
    """Seconds to decode each whole group of pictures but the last."""
    media = open_media(clip)
    reader, spent_s = PictureReader(media), []
    for first in range(0, media.info.frame_count - GROUP, GROUP):
        began_s = time.perf_counter()
        for picture in reader.pictures(first):
            if picture.index >= first + GROUP - 1:
                break
        spent_s.append(time.perf_counter() - began_s)
    reader.close()
    return spent_s


def random_scrubs(hand: Hand, count: int) -> Times:
    """Jumps to places all over the video, each waited for."""
    times = Times([], [])
    for index in np.random.default_rng(1).integers(0, len(hand.player.frame_times_s), count).tolist():
        hand.scrub(index, times)
    return times


def drags(hand: Hand) -> Times:
    """Drags with the mouse, both ways, slow and fast; at the end of each the exact picture is waited for."""
    times = Times([], [])
    for places in _drag_places(len(hand.player.frame_times_s)):
        for index in places[:-1]:
            hand.scrub(index, times, exact=False)
            hand.rest(DRAG_EVERY_MS)
        hand.scrub(places[-1], times)
    return times


def _drag_places(count: int) -> Iterator[list[int]]:
    random = np.random.default_rng(2)
    for drag in range(DRAGS):
        speed = float(random.choice([1, 3, 10])) * (-1 if drag % 2 else 1)
        steps = np.cumsum(random.uniform(0.5, 1.5, DRAG_STEPS) * speed)
        start = float(random.uniform(max(0.0, -steps[-1]), min(count - 1.0, count - 1 - steps[-1])))
        yield np.clip(np.rint(start + steps), 0, count - 1).astype(int).tolist()


def line(name: str, spent_s: Sequence[float], budget_s: float | None) -> str:
    """Median and 95th percentile of a time, against its budget."""
    p50, p95 = np.percentile(spent_s, [50, 95])
    told = f"{name:42} p50 {1000 * p50:7.1f} ms   p95 {1000 * p95:7.1f} ms   of {len(spent_s):3}"
    if budget_s is None:
        return told
    return f"{told}   budget {1000 * budget_s:6.0f} ms {'kept' if p95 <= budget_s else 'NOT KEPT'}"


@click.command()
@click.option("--seconds", type=click.IntRange(30), default=60, help="Length of the clip.")
@click.option("--cores", type=click.IntRange(1), default=2, help="Processor cores to use.")
@click.option("--clip", type=click.Path(dir_okay=False, path_type=Path), help="Another video.")
def main(seconds: int, cores: int, clip: Path | None) -> None:
    """Measure opening and scrubbing."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if clip is None:
        clip = CHECKOUT / f".work/bench/scrubbing-{seconds}s.mp4"
        clip.parent.mkdir(parents=True, exist_ok=True)
        if not clip.exists():
            make_scrub_clip(clip, seconds)
    click.echo(f"{clip.name}; the machine: {current_load()}")
    app = QApplication.instance() or QApplication([])
    assert app is not None
    with kept_to(cores) as used:
        hand = Hand(clip)
        openings_s = [hand.open() for _ in range(OPENINGS)]
        at_once = random_scrubs(hand, RANDOM_SCRUBS // 3)
        hand.rest(3000)
        jumps, dragged = random_scrubs(hand, RANDOM_SCRUBS), drags(hand)
        hand.player.close()
        groups_s = group_decode_s(clip)
    group_s = float(np.median(groups_s))
    click.echo(f"{used} cores; a group of {GROUP} pictures is decoded in {group_s:.2f} s, {max(groups_s):.2f} at most")
    click.echo(line("open -> first frame painted", openings_s, FIRST_FRAME_S))
    click.echo(line("jump just after opening -> painted", at_once.painted_s, PAINTED_S))
    click.echo(line("jump just after opening -> exact", at_once.exact_s, group_s))
    click.echo(line("jump -> painted", jumps.painted_s, PAINTED_S))
    click.echo(line("jump -> exact", jumps.exact_s, group_s))
    click.echo(line("drag -> painted", dragged.painted_s, PAINTED_S))
    click.echo(line("end of drag -> exact", dragged.exact_s, group_s))


if __name__ == "__main__":
    main()
