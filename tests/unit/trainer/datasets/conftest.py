"""Folders laid out like the real data sets; the readers look at names only, so the files are empty."""

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def laid_out(tmp_path: Path) -> Callable[..., Path]:
    """Make empty files below a folder of a given name."""

    def make(home: str, *names: str) -> Path:
        for name in names:
            (tmp_path / home / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / home / name).touch()
        return tmp_path / home

    return make
