"""Ctrl-C is a token first and an end second."""

import os
import signal

import pytest

from app.interrupt import SIGNALS, interruptible


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_asks_and_the_second_ends(number):
    heard = []
    with interruptible(lambda: heard.append("once")) as cancelled:
        assert not cancelled()
        os.kill(os.getpid(), number)
        assert cancelled()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert heard == ["once"]


def test_handlers_are_put_back_after_an_error():
    before = [signal.getsignal(number) for number in SIGNALS]
    with pytest.raises(RuntimeError), interruptible(lambda: None):
        raise RuntimeError
    assert [signal.getsignal(number) for number in SIGNALS] == before
