"""A home of its own for what is measured."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

HOMES: Final = ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")


@contextmanager
def own_home() -> Iterator[None]:
    """Neither settings nor caches of the person who measures are read or written by this process and its children."""
    with tempfile.TemporaryDirectory(prefix="affectline-home-") as home:
        os.environ.update(dict.fromkeys(HOMES, home))
        yield
