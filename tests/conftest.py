"""What all tests share: a home of their own, and the folder of example data where there is one."""

from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]


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
