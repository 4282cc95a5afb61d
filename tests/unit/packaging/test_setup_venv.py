"""The set-up: does nothing when up to date, and says what it may not do itself."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from app.system_libraries import Library

CHECKOUT = Path(__file__).resolve().parents[3]
GONE = (Library("libgone.so.1", "libgone1", "nothing"),)


@pytest.fixture
def setup(tmp_path, monkeypatch):
    """The script as a module, for a checkout in an empty folder; `setup.steps` are the steps that change something."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    spec = spec_from_file_location("setup_venv", CHECKOUT / "packaging/setup_venv.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_text(name)
    module.ROOT, module.VENV = tmp_path, tmp_path / ".venv"
    module.STAMP = module.VENV / "stamp"
    module.steps = []
    monkeypatch.setattr(module, "runs", lambda python: module.VENV.is_dir())
    monkeypatch.setattr(module, "missing_libraries", lambda: ())
    monkeypatch.setattr(module, "call", lambda command: made(module, command))
    return module


def made(module, command):
    module.steps.append(" ".join(command[1:4]))
    module.VENV.mkdir(exist_ok=True)


def test_the_second_time_there_is_nothing_to_do(setup):
    setup.main()
    assert setup.steps == ["-m venv --clear", "-m pip --disable-pip-version-check"]
    setup.main()
    assert len(setup.steps) == 2


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_changed_requirements_are_installed_into_the_same_environment(setup, name):
    setup.main()
    (setup.ROOT / name).write_text("changed")
    setup.main()
    assert setup.steps[2:] == ["-m pip --disable-pip-version-check"]


def test_an_installation_that_failed_is_done_again(setup, monkeypatch):
    def fail(command):
        raise SystemExit("no network")

    with monkeypatch.context() as patched:
        patched.setattr(setup, "call", fail)
        with pytest.raises(SystemExit):
            setup.main()
    setup.main()
    assert len(setup.steps) == 2


def test_libraries_it_may_not_install_are_named_with_the_command(setup, monkeypatch, capsys):
    monkeypatch.setattr(setup, "missing_libraries", lambda: GONE)
    monkeypatch.setattr(setup, "apt", lambda command: False)
    setup.provide_libraries()
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "libgone.so.1" in told
    assert "apt-get install -y --no-install-recommends libgone1" in told


def test_package_lists_are_fetched_only_when_installing_fails_without(setup, monkeypatch):
    ran = []

    def quietly(command):
        ran.append(command[1])
        return ran != ["install"]

    monkeypatch.setattr(setup, "quietly", quietly)
    monkeypatch.setattr("shutil.which", lambda name: name)
    monkeypatch.setattr("os.geteuid", lambda: 0, raising=False)
    assert setup.apt(["apt-get", "install", "-y", "--no-install-recommends", "libgone1"])
    assert ran == ["install", "update", "install"]


def test_constraints_are_names_and_versions_alone():
    lines = (CHECKOUT / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert all(pin.count("==") == 1 and "/" not in pin and "+" not in pin and "@" not in pin for pin in pins)
    assert pins == sorted(pins, key=lambda pin: pin.partition("==")[0])
    assert not any(pin.startswith(("nvidia", "triton", "pip==")) for pin in pins)
