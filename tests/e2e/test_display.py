"""The window on a real display of X11, in a process where opencv was imported before Qt."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
LONGEST_S = 60


@pytest.fixture
def display() -> Iterator[str]:
    """A display that nobody sees, at the first free number."""
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed: apt-get install xvfb")
    number, told = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(told), "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
        pass_fds=[told], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(told)
    try:
        with os.fdopen(number) as reader:
            display = reader.readline().strip()
        assert display, "Xvfb did not start"
        yield f":{display}"
    finally:
        server.terminate()
        server.wait(LONGEST_S)


def test_it_opens_paints_and_closes_beside_opencv(display: str, project: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("QT_")}
    environment |= {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.e2e.on_display", str(project)],
        cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=LONGEST_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    platform, width, height = done.stdout.split()
    assert platform == "xcb"
    assert int(width) > 600
    assert int(height) > 400
    assert "plugin" not in done.stderr.lower()
    assert done.stderr.strip() == ""
