"""What all tests share: a home of their own, and the folder of example data where there is one."""

import os
import shlex
from pathlib import Path

import pytest

from app.system_libraries import install_command, missing_libraries

CHECKOUT = Path(__file__).resolve().parents[1]


LACKING = missing_libraries()
"""Without these Qt does not load at all; then the window's tests are left out, and the run says so."""

os.environ["PYTEST_QT_API"] = "pyside6"
pytest_plugins = [] if LACKING else ["pytestqt.plugin"]
collect_ignore = ["ui", "e2e"] if LACKING else []


def pytest_report_header() -> str | None:
    """The first lines of a run."""
    if not LACKING:
        return None
    return f"the window's tests are left out: the system lacks libraries; {shlex.join(install_command(LACKING))}"


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the bundles and caches of the person who runs it."""
    home = tmp_path_factory.mktemp("home")
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(home))


@pytest.fixture(scope="session")
def example_data() -> Path:
    """The folder of example data beside the checkout; the test is skipped where it is absent."""
    folder = CHECKOUT / "../shared/data"
    if not folder.is_dir():
        pytest.skip("no example data beside the checkout")
    return folder
