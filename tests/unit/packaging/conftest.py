"""The packaging scripts as modules: their folder is no package, so that it does not hide the library `packaging`."""

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "packaging"
NAMES = ("build", "contents", "smoke")


@pytest.fixture
def script(monkeypatch):
    """Imports one of the scripts by name, as Python does that runs it."""
    monkeypatch.setattr(sys, "path", [str(FOLDER), *sys.path])
    before = {name: sys.modules.pop(name) for name in (*NAMES, "setup_venv") if name in sys.modules}

    def load(name: str) -> ModuleType:
        return import_module(name)

    yield load
    for name in (*NAMES, "setup_venv"):
        sys.modules.pop(name, None)
    sys.modules.update(before)
