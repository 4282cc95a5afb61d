"""Panning and scrubbing as figures: what ``tests.bench.panning`` and ``tests.bench.scrubbing`` print by themselves."""

import numpy as np

from tests.bench.figures import Figure, figure
from tests.bench.measure import CHECKOUT


def panning(hours: float = 3.0) -> list[Figure]:
    """Frames of a moving timeline of three hours and two people."""
    from tests.bench import panning as bench

    return [
        figure(
            f"timeline of {hours:g} h: {name}, a frame", spent_ms, bench.BUDGET_MS,
            note=f"{1000 / float(np.median(spent_ms)):,.0f} frames/s",
        )
        for name, spent_ms in bench.measure(hours * 3600).items()
    ]  # fmt: skip


def scrubbing(seconds: int = 60, jumps: int = 24) -> list[Figure]:
    """Opening and scrubbing 1080p H.264 with keyframes 250 frames apart; the clip is made if it is not there."""
    from PySide6.QtWidgets import QApplication

    from tests.bench import scrubbing as bench

    clip = CHECKOUT / f".work/bench/scrubbing-{seconds}s.mp4"
    clip.parent.mkdir(parents=True, exist_ok=True)
    if not clip.exists():
        bench.make_scrub_clip(clip, seconds)
    app = QApplication.instance() or QApplication([])
    hand = bench.Hand(clip)
    opened_s = [hand.open() for _ in range(bench.OPENINGS)]
    at_once = bench.random_scrubs(hand, jumps // 3)
    hand.rest(3000)
    jumped, dragged = bench.random_scrubs(hand, jumps), bench.drags(hand)
    hand.player.close()
    groups_s = bench.group_decode_s(clip)
    del app
    group_ms, painted_ms = 1000 * float(np.median(groups_s)), 1000 * bench.PAINTED_S
    note = f"one group of pictures is decoded in {group_ms:.0f} ms"
    return [
        figure("1080p: open to first frame painted", _ms(opened_s), 1000 * bench.FIRST_FRAME_S),
        figure("scrub: jump to a painted frame", _ms(jumped.painted_s), painted_ms),
        figure("scrub: jump to the exact frame", _ms(jumped.exact_s), group_ms, note=note),
        figure("scrub: drag to a painted frame", _ms(dragged.painted_s), painted_ms),
        figure("scrub: end of drag to the exact frame", _ms(dragged.exact_s), group_ms),
        figure("scrub: jump just after opening, painted", _ms(at_once.painted_s), painted_ms),
        figure("scrub: jump just after opening, exact", _ms(at_once.exact_s), group_ms),
    ]


def _ms(spent_s: list[float]) -> list[float]:
    return [1000 * each for each in spent_s]
