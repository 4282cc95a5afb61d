"""What a file holds, to the byte."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import pytest

from engine.errors import CancelledError, MediaNotFoundError
from engine.media.cancelling import Cancelled, never
from engine.media.content import content_sha256, hashed_meanwhile

CONTENT = bytes(range(256)) * 10_000
"""More than two blocks."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.bin"
    path.write_bytes(CONTENT)
    return path


def hashing() -> bool:
    return any("sha256" in thread.name for thread in threading.enumerate())


def test_the_hash_is_of_every_byte(path: Path) -> None:
    assert content_sha256(path) == hashlib.sha256(CONTENT).hexdigest()


def test_the_same_hash_comes_meanwhile(path: Path) -> None:
    with hashed_meanwhile(path, never) as digest:
        assert digest() == content_sha256(path)
    assert not hashing()


def test_what_fails_meanwhile_is_raised_where_the_hash_is_asked_for(tmp_path: Path) -> None:
    with hashed_meanwhile(tmp_path / "absent", never) as digest, pytest.raises(MediaNotFoundError):
        digest()


def test_nobody_waits_for_a_hash_that_nobody_wants(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = threading.Event()

    def endless(_path: Path, cancelled: Cancelled) -> str:
        begun.set()
        while not cancelled():
            pass
        raise CancelledError("told so")

    monkeypatch.setattr("engine.media.content.content_sha256", endless)
    with hashed_meanwhile(path, never):
        assert begun.wait(10)
        assert hashing()
    assert not hashing()
    with pytest.raises(CancelledError), hashed_meanwhile(path, begun.is_set) as digest:
        digest()
    assert not hashing()
