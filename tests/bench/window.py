"""Measurements of the window, each in a process of its own: ``python -m tests.bench.window NAME '{"argument": ...}'``.

What it prints last are its figures as JSON. Whoever asks calls `figures_of`.
"""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from importlib import import_module
from typing import Any, Final

from tests.bench.figures import Figure
from tests.bench.homes import own_home
from tests.bench.measure import printed_json

MEASUREMENTS: Final = {
    "correcting": "tests.bench.correcting",
    "opening": "tests.bench.opening",
    "remembering": "tests.bench.opening",
    "analysing": "tests.bench.responsiveness",
    "panning": "tests.bench.moving",
    "scrubbing": "tests.bench.moving",
    "rescoring": "tests.bench.rescoring",
    "one_click": "tests.bench.rescoring",
}
"""Names of functions, and where they are."""


def figures_of(name: str, **arguments: Any) -> list[Figure]:
    """Take one of `MEASUREMENTS` in a new process.

    Raises:
        MeasurementError: it failed.
    """
    command = [sys.executable, "-m", "tests.bench.window", name, json.dumps(arguments)]
    return [Figure(**each) for each in printed_json(command)]


def main() -> None:
    """Measure, and print the figures."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    name, arguments = sys.argv[1], json.loads(sys.argv[2])
    with own_home():
        measured: Callable[..., list[Figure]] = getattr(import_module(MEASUREMENTS[name]), name)
        print(json.dumps([asdict(each) for each in measured(**arguments)]))


if __name__ == "__main__":
    main()
