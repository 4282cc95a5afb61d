"""Progress without a terminal, and remaining time in words."""

import io

import pytest
from rich.console import Console

from app.progress import LINE_EVERY_S, ProgressView, remaining_text


class Clock:
    now_s = 0.0

    def __call__(self):
        return self.now_s


def test_a_line_now_and_then_where_there_is_no_terminal():
    clock, out = Clock(), io.StringIO()
    with ProgressView(Console(file=out), clock) as view:
        view.show("clip.mp4", 1, 10, "25 frames", 9)
        assert out.getvalue() == ""
        clock.now_s = LINE_EVERY_S
        view.show("clip.mp4", 4, 10, "100 frames", 6)
        view.show("clip.mp4", 5, 10, "125 frames", 5)
    assert out.getvalue() == "clip.mp4: 40 %, 100 frames, 6 s left\n"


def test_a_terminal_shows_the_bar():
    out = io.StringIO()
    with ProgressView(Console(file=out, force_terminal=True, force_interactive=True, width=100)) as view:
        view.show("clip.mp4", 4, 10, "100 frames", 6)
        view.clear()
        view.show("[b]odd[/b].mp4", 5, 10, "125 frames", None)
    assert "[b]odd[/b].mp4" in out.getvalue()
    assert "50%" in out.getvalue()


def test_a_line_that_stays():
    out = io.StringIO()
    with ProgressView(Console(file=out)) as view:
        view.say("[bold] is no markup here")
    assert out.getvalue() == "[bold] is no markup here\n"


@pytest.mark.parametrize(
    ("remaining_s", "said"),
    [
        (None, ""),
        (0.2, "0 s left"),
        (89, "89 s left"),
        (90, "2 min left"),
        (5399, "1 h 30 min left"),
        (7500, "2 h 05 min left"),
    ],
)
def test_remaining(remaining_s, said):
    assert remaining_text(remaining_s) == said
